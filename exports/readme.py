"""The README of a bundle: what is where, what is missing, and how to reproduce the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.names import cleaned
from exports.contents import PICTURES
from exports.manifest import command_again, versions
from exports.replay import replay_seeds
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        "experiment.json": _("everything that was set, to be opened in Descent Lab"),
        "results.csv": _("where every run ended"),
        "histories.csv": _("losses, scores and norms; `steps` says for how many a row stands"),
        "data.csv": _("the rows as the network sees them"),
        "start.csv": _("where every run starts"),
        "batches.csv": _("the rows of every update"),
        "noise.csv": _("the gradient noise of every update"),
        "figures/": _("the charts as pages that open in a browser, without a network"),
        "scripts/": _("every run in other libraries, as far as their rules can be made equal"),
        "manifest.json": _("versions, seeds, what is equal, and the SHA-256 of every file"),
    }
    there = [name for name in known if contents.has(name)]
    lines = [
        "# Descent Lab",
        _("A comparison of optimizers, made by Descent Lab."),
        *(f"**{remark}**" for remark in remarks),
        "\n".join(f"- `{name}`: {known[name]}" for name in (*there, "manifest.json")),
        _("Tables are UTF-8 with its mark in front, which Python calls utf-8-sig."),
        "## " + _("Runs"),
        _("The number at the end of a script's name is that of its run in the tables.")
        if contents.has("scripts/")
        else "",
        _("`batches` says which rows of `batches.csv` are those of the run.")
        if "batches.csv" in contents.files
        else "",
        "\n".join(_runs(document, styles)),
        "## " + _("The numbers again"),
        _("Made with {versions}.").format(
            versions=", ".join(f"{name} {version}" for name, version in versions().items())
        ),
        _("Install Descent Lab from its folder, with the versions that it is tested with:"),
        "    pip install . -c requirements.txt",
        _("With Descent Lab: the same training, to its end.")
        if remarks
        else _("With Descent Lab: the same files, but for times and drawn SVG."),
        f"    {command_again('.../experiment.json')}",
        *_with_scripts(document.experiment, contents.files),
    ]
    # Whether pictures can be drawn depends on the machine; the manifest tells.
    missing = {name: reason for name, reason in contents.left_out.items() if name != PICTURES}
    lines.append("## " + _("Left out"))
    lines.append("\n".join(f"- `{name}`: {reason}" for name, reason in missing.items()))
    return ("\n\n".join(filter(None, lines)) + "\n").encode("utf-8", "backslashreplace")


def _with_scripts(experiment: Experiment, files: Mapping[str, bytes]) -> list[str]:
    """Return how to run the scripts of the bundle; nothing if there are none."""
    scripts = [path for path in files if path.startswith("scripts/")]
    own = [path for path in scripts if path.startswith("scripts/pytorch_")]
    lines = []
    if own:
        text = _("With PyTorch alone, here: a run update by update, and how far its losses differ.")
        numpy = " numpy" if any(b"import numpy" in files[path] for path in own) else ""
        lines += [text, f"    pip install torch{numpy}\n    python {own[0]}"]
        seeds = replay_seeds(experiment)
        if len(seeds) > 1:
            text = _("Without a seed it takes the first one; another may be given after its name:")
            lines += [text, f"    python {own[0]} {seeds[-1]}"]
    if len(scripts) > len(own):
        lines.append(
            _("The first lines of a script in another library say what to install for it.")
        )
    return lines


def _runs(document: Document, styles: list[RunStyle]) -> list[str]:
    """Return a line for every run: its number, its name, and which batches it uses."""
    experiment = document.experiment
    if experiment.problem.kind == "function":
        return [f"{number}. {_one_line(style.name)}" for number, style in enumerate(styles, 1)]
    group_of = {
        position: group
        for group, members in enumerate(experiment.groups(), 1)
        for position in members
    }
    return [
        f"{position + 1}. {_one_line(style.name)} (`batches` = {group_of[position]})"
        for position, style in enumerate(styles)
    ]


def _one_line(name: str) -> str:
    """Return a name as Markdown text on one line."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#!|" else mark for mark in cleaned(name))
