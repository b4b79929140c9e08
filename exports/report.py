"""The report: one self-contained page with the reader's notes, the contract, results and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comparison.catalogue import chart_title, comparison_charts, missing_charts
from comparison.words.cleaned import cleaned
from comparison.words.clipping import clipping_sign
from comparison.words.contract import contract
from comparison.words.names import own_fields, own_value, problem_words, run_styles
from comparison.words.remarks import unfinished
from comparison.words.results import (
    details,
    ends,
    paired,
    result_remarks,
    settings,
    status,
)
from comparison.words.scheduled import schedule_sign
from engine.rules.schedules import Constant
from exports.markup import inline_script, page
from exports.parts import (
    chart_part,
    contract_list,
    facts_table,
    formulas,
    heading,
    left_out_list,
    opening,
    origin,
    paragraph,
    remark,
    rows_table,
)
from exports.printed import experiment_text
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from comparison.document import Document
    from comparison.rates import Past, Tuned
    from comparison.scenes import Scene
    from engine import Experiment, History, Run
    from engine.rules import Rule


def report(  # noqa: PLR0913 - all that it tells of
    document: Document,
    history: History,
    title: str,
    notes: str,
    scenes: Sequence[Scene] = (),
    *,
    tuned: Tuned | None = None,
    past: Sequence[Past] = (),
) -> bytes:
    """Return the report of a comparison, in the current language.

    Args:
        document: the comparison.
        history: its result.
        title: heading, in plain text; if blank, the usual title.
        notes: the reader's own words, in plain text; line breaks are kept.
        scenes: result of ``comparison.surfaces.scenes``, if the document shows surfaces.
        tuned: of which learning rates every run has the best; None if they are as set.
        past: the versions that led to it, which tell for what rates were set.
    """
    title = cleaned(title).strip() or usual_title()
    styles = run_styles(document)
    terms = contract(document.experiment, tuned=tuned, past=past)
    charts, failed = comparison_charts(history, styles, document.view, scenes)
    body = [
        opening(title, notes),
        *map(remark, unfinished(history, scenes, document.view.page)),
        contract_list(terms),
        _problem(document.experiment),
        heading(_("Results")),
        _results(history, styles, is_tuned=tuned is not None),
        *_paired(history, styles),
    ]
    body += [
        chart_part(chart_title(name, document), chart, name, terms)
        for name, chart in charts.items()
    ]
    body += [_missing(document, failed), _formulas(document.experiment), origin()]
    body += [experiment_text(document.model_dump_json(indent=2))]
    return page(title, "\n".join(body), inline_script())


def usual_title() -> str:
    """Return the title of a report without one of its own."""
    return _("A comparison of optimizers")


def _results(history: History, styles: Sequence[RunStyle], *, is_tuned: bool) -> str:
    rows: list[dict[str, Any]] = []
    for position, style in enumerate(styles):
        counts = details(history, position)
        rows.append(
            {
                _("Run"): style.name,
                **settings(history, position, full=False),
                **{label("quantity", name): end for name, end in ends(history, position).items()},
                _("Iterations in all"): counts["iterations_in_all"],
                _("Status"): status(history, position),
            }
        )
    remarks = " ".join(result_remarks(history, is_tuned=is_tuned))
    return f"{rows_table(rows, styles)}\n{paragraph(remarks)}"


def _paired(history: History, styles: Sequence[RunStyle]) -> list[str]:
    """Return the differences over the same seeds, if there are several."""
    comparison = paired(history, styles)
    if comparison is None:
        return []
    text, rows = comparison
    return [paragraph(text), rows_table(rows)]


def _problem(experiment: Experiment) -> str:
    """Return what was trained on which data, unless the contract already says it."""
    title = heading(_("Problem"))
    return f"{title}\n{facts_table(problem_words(experiment.problem))}"


def _missing(document: Document, failed: dict[str, str]) -> str:
    """Return which charts of the pages are not in the report, and why."""
    reasons = failed | missing_charts(document)
    return left_out_list({chart_title(name, document): why for name, why in reasons.items()})


def _formulas(experiment: Experiment) -> str:
    """Return the loss and every rule once, each with the settings of its runs and in words."""
    rules: dict[type[Rule], list[str]] = {}
    clippings = dict.fromkeys(type(run.clipping) for run in experiment.runs if run.clipping)
    schedules = dict.fromkeys(run.schedule for run in experiment.runs)
    for run in experiment.runs:
        rules.setdefault(type(run.optimizer), []).append(_settings(run))
    return formulas(experiment.problem, rules, schedules, clippings)


def _settings(run: Run) -> str:
    values = [
        f"{sign} = {own_value(run.optimizer, name)}"
        for name, sign in own_fields(type(run.optimizer)).items()
    ]
    if run.schedule != Constant():
        values.append(schedule_sign(run.schedule))
    if run.clipping is not None:
        values.append(clipping_sign(run.clipping))
    return ", ".join([f"η = {run.learning_rate:g}", *values])
