"""The README of a sweep's bundle: what came of it, its columns, and how to train it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.sweep.scores import best_sections
from comparison.words.sweeps import axes_words, lanes_words, unfinished_words
from exports.contents import TABLE_FILE
from exports.manifest import spoken
from exports.readme import as_markdown, install_lines, left_out_lines, one_line
from language import _
from sweeps.store import RESULTS_FILE, SPEC_FILE, WORKERS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comparison.sweep.look import Look
    from exports.contents import Contents
    from exports.printed import Contract


def sweep_readme(
    look: Look, contents: Contents, caption: Contract, made_with: Mapping[str, str]
) -> bytes:
    """Return what a bundle is, and how to train its sweep again.

    Args:
        look: how the sweep is looked at.
        contents: all other files, but for the manifest.
        caption: what is equal between the settings, and what is not.
        made_with: versions by their names.
    """
    unfinished = unfinished_words(look.lanes)
    equal, unequal = caption
    contract = [
        *(f"- {one_line(sentence)}" for sentence in equal),
        *(f"- **{one_line(sentence)}**" for sentence in unequal),
    ]
    return as_markdown(
        [
            "# Descent Lab",
            _("A sweep of optimizers, made by Descent Lab."),
            one_line(axes_words(look.spec)),
            lanes_words(look.lanes),
            *(f"**{remark}**" for remark in unfinished),
            _files(contents),
            _("Tables are UTF-8 with a byte order mark, which Python calls utf-8-sig."),
            "## " + _("What the runs have in common"),
            "\n".join(contract),
            *_best(look),
            *_columns(look, contents),
            *_again(contents, made_with, is_whole=not unfinished),
            *left_out_lines(contents),
        ]
    )


def command_again(contents: Contents) -> str:
    """Return the command that trains a bundle's sweep again."""
    data = f" --data {TABLE_FILE}" if contents.has(TABLE_FILE) else ""
    return f"python -m descent_lab sweep {SPEC_FILE}{data} --to DIR{spoken()}"


def _files(contents: Contents) -> str:
    known = {
        SPEC_FILE: _("the sweep, in a file that the command takes"),
        "experiment.json": _("the page with its settings, in a file that Descent Lab opens"),
        TABLE_FILE: _("your table as it was understood: the command takes it with --data"),
        RESULTS_FILE: _("a row for each lane"),
        "results.csv": _("the same for spreadsheets"),
        "settings.csv": _("a row for each setting: medians and quartiles over the seeds"),
        WORKERS_FILE: _("who trained each lane, and why one failed"),
        "figures/": _("the charts as pages that open in a browser, even offline"),
    }
    there = {name: what for name, what in known.items() if contents.has(name)}
    there["manifest.json"] = _("versions, what is equal, and the SHA-256 of every file")
    return "\n".join(f"- `{name}`: {what}" for name, what in there.items())


def _best(look: Look) -> list[str]:
    """Return each run's best setting, and which run ends lowest."""
    parts = []
    for section in best_sections(look):
        parts += ["## " + one_line(section.title), one_line(" ".join(section.sentences))]
        if section.rows:
            lines = [_line(section.rows[0]), "|" + " --- |" * len(section.rows[0])]
            parts.append("\n".join([*lines, *(_line(row.values()) for row in section.rows)]))
    return parts


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(one_line, cells)) + " |"


def _columns(look: Look, contents: Contents) -> list[str]:
    """Return what the columns of the tables hold."""
    of_lanes = {
        "`setting`, `seed`": _("which lane; the table is sorted by them"),
        "`run`, `rule`, `optimizer`": _(
            "the number of the run in the base, its rule, and the rule with all hyperparameters"
        ),
        _codes(axis.field for axis in look.spec.settings.axes): _("the values of the axes"),
        "`key`": _("SHA-256 of all that decides the lane's numbers"),
        "`status`, `last_step`": _("what ended it, and at which update"),
        "`training_loss_first`, `_final`, `_best`": _(
            "at step 0, at the end, and the lowest of all recorded; the same for other quantities."
            " Infinite where the lane diverged"
        ),
    }
    if look.spec.targets:
        targets = ", ".join(f"{target:g}" for target in look.spec.targets)
        of_lanes["`first_step_1`, …"] = _(
            "the first recorded step at or below the targets ({targets}); empty if there is none"
        ).format(targets=targets)
    if look.spec.curve_points:
        of_lanes["`curve`, `curve_steps`"] = _("the loss at so many recorded steps, and these")
    of_settings = {
        "`name`": _("what the page calls the run"),
        "`n`, `diverged`, `failed`": _(
            "how many seeds have a result, how many of these diverged, how many could not be"
            " trained"
        ),
        "`…_median`, `…_first_quartile`, `…_third_quartile`": _(
            "over the seeds that have a result; what diverged is infinite in all of them, and so"
            " is the time to a target that was not reached"
        ),
    }
    told = {"results": of_lanes, "settings.csv": of_settings}
    if "results.csv" not in contents.files:
        del told["results"]
    return ["## " + _("Columns"), *(_list(name, columns) for name, columns in told.items())]


def _list(name: str, columns: Mapping[str, str]) -> str:
    lines = (f"- {column}: {what}" for column, what in columns.items() if column)
    return "\n".join([f"`{name}`:", "", *lines])


def _codes(fields: Iterable[str]) -> str:
    return ", ".join(f"`{field}`" for field in dict.fromkeys(fields))


def _again(contents: Contents, made_with: Mapping[str, str], *, is_whole: bool) -> Sequence[str]:
    """Return how to train the sweep again."""
    return [
        "## " + _("Reproducing the numbers"),
        *install_lines(made_with),
        _("Train the sweep again: the table of its lanes is the same, byte for byte.")
        if is_whole
        else _("Train the sweep to its end:"),
        f"    {command_again(contents)}",
    ]
