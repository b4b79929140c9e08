"""The bundle: everything that a comparison is, in files that can be read and replayed elsewhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comparison.catalogue import comparison_charts, missing_charts
from comparison.pages import SurfacesPage
from comparison.surfaces import scenes
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.names import cleaned, run_styles
from comparison.words.remarks import bin_words, unfinished
from engine import InvalidInput
from exports.markup import SHARED_SCRIPT, plotly_script
from exports.printed import CannotRender, printed, to_html, to_images
from exports.replay import (
    NUMBERS,
    batches_csv,
    data_csv,
    histories_csv,
    no_rows,
    noise_csv,
    noise_updates,
    recorded,
    replay_seeds,
    start_csv,
)
from exports.results import results_csv
from exports.scripts import FRAMEWORKS, code
from exports.scripts.replay import script_name
from language import SOURCE_LANGUAGE, _, current_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.theme import Chart, RunStyle
    from comparison.document import Document
    from comparison.scenes import Scene
    from engine import Experiment, History
    from exports.printed import Contract

FORMAT: Final = 1
_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"  # only a checkout has it
_PICTURES: Final = "figures/*.svg"
_LIBRARIES: Final = ("numpy", "pandas", "plotly", "pydantic")
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the same content is the same file, whenever it is made


def bundle(
    document: Document,
    history: History,
    made: Sequence[Scene] | None = None,
    *,
    tuned: bool = False,
) -> dict[str, bytes]:
    """Return the files of a comparison by their paths, ``manifest.json`` last.

    All but the manifest's times and the drawn SVG depend on the document and the language alone,
    unless charts are drawn against seconds, or a sweep is behind the rates: the contract says so,
    and to whoever has not swept them they are rates as set.

    Args:
        document: the comparison.
        history: its result.
        made: the surfaces that the document shows, where they are there already.
        tuned: whether a sweep found every run's rate to be its rule's best.
    """
    said = contract(document.experiment, tuned=tuned)
    styles = run_styles(document)
    left_out: dict[str, str] = {}
    if made is None:
        made = _scenes(document, history, styles, left_out)
    charts, failed = comparison_charts(history, styles, document.view, made)
    left_out |= {f"figures/{name}.html": why for name, why in failed.items()}
    files = {
        "experiment.json": document.model_dump_json(indent=2).encode(),
        "results.csv": results_csv(history, styles),
        "histories.csv": _histories(history, styles, left_out),
        **_replay(document, left_out),
        **_scripts(document, styles, left_out),
        **_figures(document, charts, said, left_out),
    }
    remarks = unfinished(history, made, document.view.page)
    files["README.md"] = _readme(document, styles, files, left_out, remarks)
    files["manifest.json"] = _manifest(document, history, said, files, left_out, remarks)
    return files


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return content.getvalue()


def _histories(history: History, styles: list[RunStyle], left_out: dict[str, str]) -> bytes:
    """Return the recorded series, and say where one value stands for several."""
    binned = bin_words(history, *dict(recorded(history.runs[0])))
    if binned:
        left_out["histories.csv"] = " ".join(binned)
    return histories_csv(history, styles)


def _replay(document: Document, left_out: dict[str, str]) -> dict[str, bytes]:
    """Return what scripts read."""
    experiment = document.experiment
    files = {"start.csv": start_csv(experiment)}
    seeds = replay_seeds(experiment)
    if len(seeds) < len(experiment.seeds):
        text = _("Only the first {count} seeds: more than {most:,} numbers otherwise.")
        left_out["start.csv"] = text.format(count=len(seeds), most=NUMBERS)
    some_updates = _("Only the first updates: more than {most:,} numbers otherwise.")
    if experiment.problem.kind == "function":
        noise = noise_csv(experiment)
        if noise is None:
            return files
        if noise_updates(experiment) < max(map(experiment.iterations, experiment.runs)):
            left_out["noise.csv"] = some_updates.format(most=NUMBERS)
        return files | {"noise.csv": noise}
    rows = data_csv(experiment)
    if rows is None:
        left_out["data.csv"] = str(no_rows(experiment))
    else:
        files["data.csv"] = rows
    files["batches.csv"], complete = batches_csv(experiment)
    if not complete:
        left_out["batches.csv"] = some_updates.format(most=NUMBERS)
    return files


def _scripts(
    document: Document, styles: list[RunStyle], left_out: dict[str, str]
) -> dict[str, bytes]:
    files = {}
    for framework in FRAMEWORKS:
        for position, style in enumerate(styles):
            path = f"scripts/{script_name(framework, position)}"
            written = code(framework, document.experiment, position, style.name)
            if written.text is None:
                left_out[path] = str(written.remark)
            else:
                files[path] = written.text.encode("utf-8", "backslashreplace")
    return files


def _scenes(
    document: Document, history: History, styles: list[RunStyle], left_out: dict[str, str]
) -> list[Scene]:
    """Return the surfaces that a document shows."""
    if not isinstance(document.view.page, SurfacesPage):
        return []
    try:
        return scenes(history, styles, document.view.page, document.view.selected)
    except InvalidInput as error:
        left_out["figures/surface.html"] = explain(error)
        return []


def _figures(
    document: Document, charts: Mapping[str, Chart], said: Contract, left_out: dict[str, str]
) -> dict[str, bytes]:
    """Return the charts as pages that share one plotly.js, and as SVG where that can be drawn."""
    source = document.model_dump_json(indent=2)
    files = {f"figures/{SHARED_SCRIPT}": plotly_script().encode()}
    for name, chart in charts.items():
        files[f"figures/{name}.html"] = to_html(chart, said, name, source, shared=True)
    try:
        pictures = to_images([printed(chart, said) for chart in charts.values()], "svg")
    except CannotRender as reason:
        left_out[_PICTURES] = str(reason)
    else:
        names = (f"figures/{name}.svg" for name in charts)
        files |= dict(zip(names, pictures, strict=True))
    missing = missing_charts(document)
    left_out |= {f"figures/{name}.html": why for name, why in missing.items()}
    return files


def _readme(
    document: Document,
    styles: list[RunStyle],
    files: dict[str, bytes],
    left_out: dict[str, str],
    remarks: list[str],
) -> bytes:
    """Return what lies where, and how to get the numbers again."""
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
    there = [name for name in known if any(path.startswith(name) for path in files)]
    lines = [
        "# Descent Lab",
        _("A comparison of optimizers, made by Descent Lab."),
        *(f"**{remark}**" for remark in remarks),
        "\n".join(f"- `{name}`: {known[name]}" for name in (*there, "manifest.json")),
        _("Tables are UTF-8 with its mark in front, which Python calls utf-8-sig."),
        "## " + _("Runs"),
        _("The number at the end of a script's name is that of its run in the tables.")
        if any(path.startswith("scripts/") for path in files)
        else "",
        _("`batches` says which rows of `batches.csv` are those of the run.")
        if "batches.csv" in files
        else "",
        "\n".join(_runs(document, styles)),
        "## " + _("The numbers again"),
        _("Made with {versions}.").format(
            versions=", ".join(f"{name} {version}" for name, version in _versions().items())
        ),
        _("Install Descent Lab from its folder, with the versions that it is tested with:"),
        "    pip install . -c requirements.txt",
        _("With Descent Lab: the same training, to its end.")
        if remarks
        else _("With Descent Lab: the same files, but for times and drawn SVG."),
        f"    {_again('.../experiment.json')}",
        *_with_scripts(document.experiment, files),
    ]
    # Whether pictures could be drawn is the machine's matter; the manifest says it.
    missing = {name: reason for name, reason in left_out.items() if name != _PICTURES}
    lines.append("## " + _("Left out"))
    lines.append("\n".join(f"- `{name}`: {reason}" for name, reason in missing.items()))
    return ("\n\n".join(filter(None, lines)) + "\n").encode("utf-8", "backslashreplace")


def _again(path: str) -> str:
    """Return the command that makes the bundle of an experiment's file again.

    What was trained once is not refused for the time that it takes.
    """
    language = current_language()
    spoken = "" if language == SOURCE_LANGUAGE else f" --language {language}"
    return f"python -m descent_lab run {path} --to DIR --no-limit{spoken}"


def _with_scripts(experiment: Experiment, files: Mapping[str, bytes]) -> list[str]:
    """Return how the scripts that are there are run; nothing where there are none."""
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
    """Return a line for every run: its number, its name, and which of the batches it draws."""
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
    """Return a name as text of Markdown that breaks no line."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#!|" else mark for mark in cleaned(name))


def _versions() -> dict[str, str]:
    """Return the versions of all that the numbers and charts depend on."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    own = {"descent-lab": _own_version(), "python": platform.python_version()}
    return own | libraries


def _own_version() -> str:
    """Return the version of the code that runs: a checkout's, whatever is installed beside it."""
    if _PROJECT.is_file():
        version: str = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"]
        return version
    return importlib.metadata.version("descent-lab")


def _manifest(
    document: Document,
    history: History,
    said: Contract,
    files: dict[str, bytes],
    left_out: dict[str, str],
    remarks: list[str],
) -> bytes:
    """Return what the bundle is, and the SHA-256 of each of its files."""
    experiment = document.experiment
    equal, unequal = said
    runs = zip(run_styles(document), history.runs, experiment.runs, strict=True)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "about": _("A comparison of optimizers, made by Descent Lab."),
        "reproduce": [
            _again("experiment.json"),
            *(f"python {path}" for path in files if path.startswith("scripts/pytorch_")),
        ],
        "versions": _versions(),
        "language": current_language(),
        "data_seed": experiment.data_seed,
        "seeds": experiment.seeds,
        "unfinished": remarks,
        "contract": {"equal": equal, "unequal": unequal},
        "runs": [
            {
                "number": number,
                "name": style.name,
                "colour": style.colour,
                "status": [name or "stopped" for name in run.status],
                "last_step": run.last_step.tolist(),
                "iterations": experiment.iterations(spec),
            }
            for number, (style, run, spec) in enumerate(runs, 1)
        ],
        "digest": history.digest(),
        "left_out": left_out,
        "times": {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds_all_runs_together": history.seconds,
            "seconds_alone": [run.seconds_alone for run in history.runs],
            "seconds_alone_spread": [run.seconds_alone_spread for run in history.runs],
        },
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return (json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode(
        "utf-8", "replace"
    )
