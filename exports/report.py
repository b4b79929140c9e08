"""The report: one self-contained page with the reader's notes, the contract, results and charts."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from comparison.catalogue import chart_title, comparison_charts, missing_charts
from comparison.words.cleaned import cleaned
from comparison.words.contract import contract
from comparison.words.mathml import mathml
from comparison.words.names import problem_words, run_styles, symbol
from comparison.words.remarks import unfinished
from comparison.words.results import (
    details,
    ends,
    paired,
    result_remarks,
    settings,
    status,
    written,
)
from comparison.words.rules import RULE_WORDS, UPDATE
from engine.problems.losses import LOSSES
from engine.rules import hyperparameters
from exports.markup import drawn, inline_script, page
from exports.printed import experiment_text, printed
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from charts.theme import RunStyle
    from comparison.document import Document
    from comparison.rates import Past, Tuned
    from comparison.scenes import Scene
    from engine import Experiment, History, Run
    from engine.rules import Rule

_WIDTH: Final = 680  # pixels of a chart: what a sheet of A4 holds between its margins
# Pixels of line and gap for each dash in the table's samples.
_SAMPLE_DASHES: Final = {
    "solid": "none",
    "dash": "6 6",
    "dot": "2 2",
    "dashdot": "6 2 2 2",
    "longdash": "10 10",
    "longdashdot": "10 4 2 4",
}


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
    notes = "\n".join(map(cleaned, notes.splitlines()))
    styles = run_styles(document)
    terms = contract(document.experiment, tuned=tuned, past=past)
    charts, failed = comparison_charts(history, styles, document.view, scenes)
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="notes">{escape(notes)}</p>' if notes else "",
        *(
            f"<p><strong>{escape(remark)}</strong></p>"
            for remark in unfinished(history, scenes, document.view.page)
        ),
        _contract(terms),
        _problem(document.experiment),
        _heading(_("Results")),
        _results(history, styles, is_tuned=tuned is not None),
        *_paired(history, styles),
    ]
    for name, chart in charts.items():
        body += [
            _heading(chart_title(name, document)),
            drawn(printed(chart, terms, _WIDTH), name, chart.alt),
        ]
    body += [_missing(document, failed), _formulas(document), _origin()]
    body += [experiment_text(document.model_dump_json(indent=2))]
    return page(title, "\n".join(body), inline_script())


def usual_title() -> str:
    """Return the title of a report without one of its own."""
    return _("A comparison of optimizers")


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _contract(terms: tuple[Sequence[str], Sequence[str]]) -> str:
    equal, unequal = terms
    items = [f"<li>{escape(sentence)}</li>" for sentence in equal]
    items += [f"<li><strong>{escape(sentence)}</strong></li>" for sentence in unequal]
    return _heading(_("What the runs have in common")) + f"\n<ul>{''.join(items)}</ul>"


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
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = (
        f"<tr><td>{_sample(style)}</td>{''.join(map(_cell, row.values()))}</tr>"
        for style, row in zip(styles, rows, strict=True)
    )
    remarks = " ".join(result_remarks(history, is_tuned=is_tuned))
    return f"<table><tr><th></th>{head}</tr>\n{''.join(lines)}</table>\n<p>{escape(remarks)}</p>"


def _sample(style: RunStyle) -> str:
    """Return a piece of a run's line, dashed as in the charts."""
    dashes = _SAMPLE_DASHES[style.dash]
    return (
        f'<svg class="sample" width="40" height="4" stroke="{style.colour}" stroke-width="3">'
        f'<path d="M0 2H40" stroke-dasharray="{dashes}"/></svg>'
    )


def _paired(history: History, styles: Sequence[RunStyle]) -> list[str]:
    """Return the differences over the same seeds, if there are several."""
    comparison = paired(history, styles)
    if comparison is None:
        return []
    text, rows = comparison
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>\n" for row in rows)
    return [f"<p>{escape(text)}</p>", f"<table><tr>{head}</tr>\n{lines}</table>"]


def _problem(experiment: Experiment) -> str:
    """Return what was trained on which data, unless the contract already says it."""
    lines = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n"
        for name, value in problem_words(experiment.problem).items()
    )
    return _heading(_("Problem")) + f"\n<table>{lines}</table>"


def _missing(document: Document, failed: dict[str, str]) -> str:
    """Return which charts of the pages are not in the report, and why."""
    items = "".join(
        f"<li>{escape(chart_title(name, document))}: {escape(reason)}</li>"
        for name, reason in (failed | missing_charts(document)).items()
    )
    return _heading(_("Left out")) + f"\n<ul>{items}</ul>"


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="number">{written(value, 5)}</td>'
    return f"<td>{escape(str(value))}</td>"


def _formulas(document: Document) -> str:
    """Return the loss and every rule once, each with the settings of its runs and in words."""
    experiment = document.experiment
    problem = experiment.problem
    parts = [_heading(_("Formulas"))]
    if problem.kind == "function":
        name = label("function", problem.function.name)
        formula = f"f(x, y) = {problem.function.formula}"
    else:
        name, formula = label("loss", problem.loss), f"L = {LOSSES[problem.loss].formula}"
    parts.append(_formula(name, formula, ()))
    for rule in dict.fromkeys(type(run.optimizer) for run in experiment.runs):
        runs = [run for run in experiment.runs if type(run.optimizer) is rule]
        formula = rf"{UPDATE} \qquad {rule.formula}"
        parts.append(_formula(rule.title, formula, (*map(_settings, runs), *_told(rule))))
    return "\n".join(parts)


def _told(rule: type[Rule]) -> tuple[str, ...]:
    """Return a rule's source, what it does, and who differs."""
    words = RULE_WORDS.get(rule)
    return (rule.source, *(() if words is None else (_(words.idea), *map(_, words.forms))))


def _formula(name: str, formula: str, told: Iterable[str]) -> str:
    lines = "".join(f"<p>{escape(text)}</p>" for text in dict.fromkeys(told) if text)
    return f'<div class="formula"><h3>{escape(name)}</h3>{mathml(formula)}{lines}</div>'


def _settings(run: Run) -> str:
    names = hyperparameters(type(run.optimizer)).items()
    values = [
        f"{symbol(name, limits)} = {getattr(run.optimizer, name):g}" for name, limits in names
    ]
    return ", ".join([f"η = {run.learning_rate:g}", *values])


def _origin() -> str:
    text = _("Made by Descent Lab with Python {python}, NumPy {numpy} and Plotly {plotly}.").format(
        python=platform.python_version(), numpy=version("numpy"), plotly=version("plotly")
    )
    return f'<p class="origin"><small>{escape(text)}</small></p>'
