"""The bundle: a whole comparison, in files that can be read and replayed elsewhere."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from comparison.catalogue import comparison_charts, missing_charts
from comparison.pages import SurfacesPage
from comparison.surfaces import scenes
from comparison.tables.known import written
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.names import run_styles
from comparison.words.remarks import bin_words, unfinished
from engine import InvalidInput
from exports.contents import PICTURES, TABLE_FILE, Contents
from exports.manifest import manifest
from exports.markup import SHARED_SCRIPT, plotly_script
from exports.printed import CannotRender, printed, to_html, to_images
from exports.readme import readme
from exports.replay import (
    NUMBERS,
    batches_csv,
    data_csv,
    factor_updates,
    factors_csv,
    histories_csv,
    no_rows,
    noise_csv,
    noise_updates,
    recorded,
    replay_seeds,
    start_csv,
    unknown_factors,
)
from exports.results import results_csv
from exports.scripts import FRAMEWORKS, code
from exports.scripts.replay import script_name
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.theme import Chart, RunStyle
    from comparison.document import Document
    from comparison.rates import Past, Tuned
    from comparison.scenes import Scene
    from engine import Experiment, History
    from exports.printed import Contract

_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # so that the same content always gives the same file


def bundle(
    document: Document,
    history: History,
    shown: Sequence[Scene] | None = None,
    *,
    tuned: Tuned | None = None,
    past: Sequence[Past] = (),
) -> dict[str, bytes]:
    """Return the files of a comparison by their paths, ``manifest.json`` last.

    Apart from the manifest's times and the drawn SVG, they depend only on the document and the
    language, unless charts are drawn against seconds or the contract says of the rates what only a
    page can know: that they come from its sweep, or from before the data were changed.

    Args:
        document: the comparison.
        history: its result.
        shown: the surfaces that the document shows, if they have already been computed.
        tuned: of which learning rates every run has the best; None if they are as set.
        past: the versions that led to it, which tell for what rates were set.
    """
    contents, styles = Contents(), run_styles(document)
    caption = contract(document.experiment, tuned=tuned, past=past)
    if shown is None:
        shown = _scenes(contents, document, history, styles)
    charts, failed = comparison_charts(history, styles, document.view, shown)
    contents.leave_out_charts(failed)
    contents.files["experiment.json"] = document.model_dump_json(indent=2).encode()
    _add_results(contents, history, styles)
    _add_tables(contents, document.experiment)
    _add_replay(contents, document.experiment)
    _add_factors(contents, history)
    _add_scripts(contents, document.experiment, styles)
    add_charts(contents, document, charts, caption)
    contents.leave_out_charts(missing_charts(document))
    remarks = unfinished(history, shown, document.view.page)
    contents.files["README.md"] = readme(document, styles, contents, remarks)
    contents.files["manifest.json"] = manifest(document, history, caption, contents, remarks)
    return contents.files


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            is_packed = name.endswith(".parquet")  # nothing would come of it but seconds
            entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return content.getvalue()


def _scenes(
    contents: Contents, document: Document, history: History, styles: list[RunStyle]
) -> list[Scene]:
    """Return the surfaces that a document shows."""
    if not isinstance(document.view.page, SurfacesPage):
        return []
    try:
        return scenes(history, styles, document.view.page, document.view.selected)
    except InvalidInput as error:
        contents.leave_out_charts({"surface": explain(error)})
        return []


def _add_results(contents: Contents, history: History, styles: list[RunStyle]) -> None:
    """Add the final values and the series of all runs; note where one value stands for several."""
    contents.files["results.csv"] = results_csv(history, styles)
    contents.files["histories.csv"] = histories_csv(history, styles)
    binned = bin_words(history, *dict(recorded(history.runs[0])))
    if binned:
        contents.left_out["histories.csv"] = " ".join(binned)


def _add_tables(contents: Contents, experiment: Experiment) -> None:
    """Add the reader's table, if there is one: without it the experiment cannot be trained."""
    for one in experiment.tables:
        contents.files[TABLE_FILE] = written(one.table)


def _add_replay(contents: Contents, experiment: Experiment) -> None:
    """Add the files that scripts read: the start, and the rows or the noise of every update."""
    files, left_out = contents.files, contents.left_out
    files["start.csv"] = start_csv(experiment)
    seeds = replay_seeds(experiment)
    if len(seeds) < len(experiment.seeds):
        text = _("Only the first {count} seeds: all of them would be more than {most:,} numbers.")
        left_out["start.csv"] = text.format(count=len(seeds), most=NUMBERS)
    some_updates = _("Only the first updates: all of them would be more than {most:,} numbers.")
    if not experiment.problem.has_rows:
        noise = noise_csv(experiment)
        if noise is not None:
            files["noise.csv"] = noise
            if noise_updates(experiment) < max(map(experiment.iterations, experiment.runs)):
                left_out["noise.csv"] = some_updates.format(most=NUMBERS)
        return
    rows = data_csv(experiment)
    if rows is None:
        left_out["data.csv"] = str(no_rows(experiment))
    else:
        files["data.csv"] = rows
    files["batches.csv"], complete = batches_csv(experiment)
    if not complete:
        left_out["batches.csv"] = some_updates.format(most=NUMBERS)


def _add_factors(contents: Contents, history: History) -> None:
    """Add the factors of schedules, if a rate changes."""
    experiment, name = history.experiment, "schedule.csv"
    factors = factors_csv(history)
    if factors is not None:
        contents.files[name] = factors
    reasons = {
        str(number): reason
        for number, run in enumerate(experiment.runs, 1)
        if (reason := unknown_factors(experiment, run)) is not None
    }
    if reasons:
        text = _("Runs without factors: {numbers}. {reason}")
        reason = next(iter(reasons.values()))
        contents.left_out[name] = text.format(numbers=", ".join(reasons), reason=reason)
    if factors is not None and factor_updates(experiment) < max(
        map(experiment.iterations, experiment.runs)
    ):
        text = _("Only the first updates: all of them would be more than {most:,} numbers.")
        contents.left_out[name] = text.format(most=NUMBERS)


def _add_scripts(contents: Contents, experiment: Experiment, styles: list[RunStyle]) -> None:
    """Add a script for every run in every library."""
    for framework in FRAMEWORKS:
        for position, style in enumerate(styles):
            path = f"scripts/{script_name(framework, position)}"
            script = code(framework, experiment, position, style.name)
            if script.text is None:
                contents.left_out[path] = str(script.remark)
            else:
                contents.files[path] = script.text.encode("utf-8", "backslashreplace")


def add_charts(
    contents: Contents, document: Document, charts: Mapping[str, Chart], caption: Contract
) -> None:
    """Add the charts as pages that share one plotly.js, and as SVG if it can be drawn."""
    files, source = contents.files, document.model_dump_json(indent=2)
    files[f"figures/{SHARED_SCRIPT}"] = plotly_script().encode()
    for name, chart in charts.items():
        files[f"figures/{name}.html"] = to_html(chart, caption, name, source, shared=True)
    try:
        pictures = to_images([printed(chart, caption) for chart in charts.values()], "svg")
    except CannotRender as reason:
        contents.left_out[PICTURES] = str(reason)
    else:
        files |= dict(zip((f"figures/{name}.svg" for name in charts), pictures, strict=True))
