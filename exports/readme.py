"""The README of a bundle: what is where, what is missing, and how to reproduce the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.cleaned import cleaned
from comparison.words.remarks import reported_words
from exports.contents import PICTURES, TABLE_FILE
from exports.manifest import command_again, versions
from exports.replay import replay_seeds
from language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from charts.theme import RunStyle
    from comparison.document import Document
    from engine import Experiment
    from exports.contents import Contents


def readme(
    document: Document,
    styles: list[RunStyle],
    contents: Contents,
    remarks: list[str],
) -> bytes:
    """Return what is where, and how to reproduce the numbers."""
    known = {
        "experiment.json": _("every setting, in a file that you can open in Descent Lab"),
        "results.csv": _("where every run ended"),
        "histories.csv": _(
            "losses, scores and norms; `steps` says how many values each row stands for"
        ),
        TABLE_FILE: _("your table as it was understood: the command takes it with --data"),
        "data.csv": _("the rows as the network sees them"),
        "start.csv": _("where every run starts"),
        "batches.csv": _("the rows used in every update"),
        "noise.csv": _("the gradient noise added in every update"),
        "schedule.csv": _("what multiplies the learning rate in every update"),
        "figures/": _("the charts as pages that open in a browser, even offline"),
        "scripts/": _(
            "every run in other libraries, as far as their optimizers can be made to match"
        ),
        "manifest.json": _(
            "versions, seeds, what the runs have in common, and the SHA-256 of every file"
        ),
    }
    there = [name for name in known if contents.has(name)]
    lines = [
        "# Descent Lab",
        _("A comparison of optimizers, made by Descent Lab."),
        *(f"**{remark}**" for remark in remarks),
        "\n".join(f"- `{name}`: {known[name]}" for name in (*there, "manifest.json")),
        _("Tables are UTF-8 with a byte order mark, which Python calls utf-8-sig."),
        "## " + _("Runs"),
        _("The number at the end of a script's name is the number of its run in the tables.")
        if contents.has("scripts/")
        else "",
        _("`batches` says which rows of `batches.csv` belong to the run.")
        if "batches.csv" in contents.files
        else "",
        "\n".join(_runs(document, styles)),
        *reported_words(document.experiment),
        *reported_words(document.experiment, "batch_loss"),
        "## " + _("Reproducing the numbers"),
        *install_lines(versions()),
        _("With Descent Lab: repeat the same training to the end.")
        if remarks
        else _("With Descent Lab: make the same files again, apart from times and rendered SVG."),
        f"    {command_again('.../experiment.json', contents, '.../')}",
        *_with_scripts(document.experiment, contents.files),
    ]
    return as_markdown([*lines, *left_out_lines(contents)])


def install_lines(made_with: Mapping[str, str]) -> list[str]:
    """Return with which versions a bundle was made, and how to install them."""
    return [
        _("Made with {versions}.").format(
            versions=", ".join(f"{name} {version}" for name, version in made_with.items())
        ),
        _("Install Descent Lab from its folder, with the package versions it was tested with:"),
        "    pip install . -c requirements.txt",
    ]


def left_out_lines(contents: Contents) -> list[str]:
    """Return what is missing or incomplete, and why; nothing if all is there."""
    # Whether pictures can be drawn depends on the machine; the manifest tells.
    missing = {name: reason for name, reason in contents.left_out.items() if name != PICTURES}
    lines = "\n".join(f"- `{name}`: {reason}" for name, reason in missing.items())
    return ["## " + _("Left out"), lines] if lines else []


def as_markdown(parts: Iterable[str]) -> bytes:
    """Return the parts of a README, with a blank line between them."""
    return ("\n\n".join(filter(None, parts)) + "\n").encode("utf-8", "backslashreplace")


def _with_scripts(experiment: Experiment, files: Mapping[str, bytes]) -> list[str]:
    """Return how to run the scripts of the bundle; nothing if there are none."""
    scripts = [path for path in files if path.startswith("scripts/")]
    own = [path for path in scripts if path.startswith("scripts/pytorch_")]
    lines = []
    if own:
        text = _(
            "With PyTorch alone, in this folder: repeat a run update by update and see how far its"
            " losses differ."
        )
        numpy = " numpy" if any(b"import numpy" in files[path] for path in own) else ""
        lines += [text, f"    pip install torch{numpy}\n    python {own[0]}"]
        seeds = replay_seeds(experiment)
        if len(seeds) > 1:
            text = _(
                "By default the script uses the first seed. To use another, give it after the"
                " script's name:"
            )
            lines += [text, f"    python {own[0]} {seeds[-1]}"]
    if len(scripts) > len(own):
        lines.append(_("Each script for another library says in its first lines what to install."))
    return lines


def _runs(document: Document, styles: list[RunStyle]) -> list[str]:
    """Return a line for every run: its number, its name, and which batches it uses."""
    experiment = document.experiment
    if experiment.problem.kind == "function":
        return [f"{number}. {one_line(style.name)}" for number, style in enumerate(styles, 1)]
    group_of = {
        position: group
        for group, members in enumerate(experiment.groups(), 1)
        for position in members
    }
    return [
        f"{position + 1}. {one_line(style.name)} (`batches` = {group_of[position]})"
        for position, style in enumerate(styles)
    ]


def one_line(name: str) -> str:
    """Return a name as Markdown text on one line."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#!|" else mark for mark in cleaned(name))
