"""The parts that reports share: headings, contract, tables, formulas. All text is escaped."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from comparison.words.cleaned import cleaned
from comparison.words.clipping import CLIPPING_WORDS, clipping_title
from comparison.words.functions import function_lines
from comparison.words.mathml import mathml
from comparison.words.results import written
from comparison.words.rules import RULE_WORDS, UPDATE, formula_of, source_of
from comparison.words.schedules import SCHEDULE_WORDS, SCHEDULED
from engine.problems.losses import LOSSES
from engine.rules.schedules import Constant
from engine.spec import name_of
from exports.markup import drawn
from exports.printed import printed
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from charts.theme import Chart, RunStyle
    from engine import Function, Network
    from engine.rules import Rule
    from engine.rules.clipping import Clipping
    from engine.rules.schedules import Schedule
    from exports.printed import Contract

_WIDTH: Final = 680  # pixels of a chart: what a sheet of A4 holds between its margins
# Pixels of line and gap for each dash in a table's samples.
_SAMPLE_DASHES: Final = {
    "solid": "none",
    "dash": "6 6",
    "dot": "2 2",
    "dashdot": "6 2 2 2",
    "longdash": "10 10",
    "longdashdot": "10 4 2 4",
}


def opening(title: str, notes: str) -> str:
    """Return the title of a report and the reader's own words, whose line breaks are kept."""
    notes = "\n".join(map(cleaned, notes.splitlines()))
    said = f'<p class="notes">{escape(notes)}</p>' if notes else ""
    return f"<h1>{escape(title)}</h1>\n{said}"


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def remark(text: str) -> str:
    """Return a sentence that no reader may miss."""
    return f"<p><strong>{escape(text)}</strong></p>"


def paragraph(text: str) -> str:
    """Return a paragraph; nothing of nothing."""
    return f"<p>{escape(text)}</p>" if text else ""


def contract_list(terms: Contract) -> str:
    """Return what is equal and, in bold, what is not."""
    equal, unequal = terms
    items = [f"<li>{escape(sentence)}</li>" for sentence in equal]
    items += [f"<li><strong>{escape(sentence)}</strong></li>" for sentence in unequal]
    return heading(_("What the runs have in common")) + f"\n<ul>{''.join(items)}</ul>"


def facts_table(facts: Mapping[str, str]) -> str:
    """Return names, each with what it is."""
    lines = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n"
        for name, value in facts.items()
    )
    return f"<table>{lines}</table>"


def rows_table(rows: Sequence[Mapping[str, Any]], styles: Sequence[RunStyle] = ()) -> str:
    """Return a table.

    Args:
        rows: by the titles of their columns, which all rows have.
        styles: of the run in each row, whose line stands before it; none for a table without.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    samples = [f"<td>{_sample(style)}</td>" for style in styles] or [""] * len(rows)
    lines = "".join(
        f"<tr>{sample}{''.join(map(_cell, row.values()))}</tr>\n"
        for sample, row in zip(samples, rows, strict=True)
    )
    return f"<table><tr>{'<th></th>' if styles else ''}{head}</tr>\n{lines}</table>"


def _sample(style: RunStyle) -> str:
    """Return a piece of a run's line, dashed as in the charts."""
    dashes = _SAMPLE_DASHES[style.dash]
    return (
        f'<svg class="sample" width="40" height="4" stroke="{style.colour}" stroke-width="3">'
        f'<path d="M0 2H40" stroke-dasharray="{dashes}"/></svg>'
    )


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="number">{written(value, 5)}</td>'
    return f"<td>{'–' if value is None else escape(str(value))}</td>"


def chart_part(title: str, chart: Chart, key: str, caption: Contract) -> str:
    """Return a chart with its heading and caption; the key is its id in the page."""
    return f"{heading(title)}\n{drawn(printed(chart, caption, _WIDTH), key, chart.alt)}"


def left_out_list(reasons: Mapping[str, str]) -> str:
    """Return which charts are missing, by their titles, and why; nothing if none is."""
    if not reasons:
        return ""
    items = "".join(
        f"<li>{escape(title)}: {escape(reason)}</li>" for title, reason in reasons.items()
    )
    return heading(_("Left out")) + f"\n<ul>{items}</ul>"


def formulas(
    problem: Network | Function,
    rules: Mapping[type[Rule], Iterable[str]],
    schedules: Iterable[Schedule] = (),
    clippings: Iterable[type[Clipping]] = (),
) -> str:
    """Return the loss, each rule, each kind of schedule and of clipping, in words as well.

    Args:
        problem: what is trained.
        rules: each with the settings of its runs.
        schedules: of the runs; a constant one is not told of.
        clippings: what the runs do to gradients.
    """
    if problem.kind == "function":
        name = label("function", problem.function.name)
        formula = r" \\ ".join(function_lines(problem.function))
    else:
        name, formula = label("loss", problem.loss), f"L = {LOSSES[problem.loss].formula}"
    parts = [heading(_("Formulas")), _formula(name, formula, ())]
    for rule, settings in rules.items():
        formula = rf"{UPDATE} \qquad {formula_of(rule)}"
        parts.append(_formula(rule.title, formula, (*settings, *_told(rule))))
    for kind in dict.fromkeys(type(one) for one in schedules if one != Constant()):
        words, title = SCHEDULE_WORDS[kind], label("schedule", name_of(kind))
        formula = rf"{SCHEDULED} \\ {kind.formula}"
        told = (kind.source, _(words.idea), *map(_, words.forms))
        schedule = _("Schedule")
        parts.append(_formula(f"{schedule}: {title}", formula, told))
    for clipping in clippings:
        words = CLIPPING_WORDS[clipping]
        told = (_(words.idea), *map(_, words.forms))
        parts.append(_formula(clipping_title(clipping), clipping.formula, told))
    return "\n".join(parts)


def _told(rule: type[Rule]) -> tuple[str, ...]:
    """Return a rule's source, what it does, and who differs."""
    words = RULE_WORDS.get(rule)
    return (source_of(rule), *(() if words is None else (_(words.idea), *map(_, words.forms))))


def _formula(name: str, formula: str, told: Iterable[str]) -> str:
    lines = "".join(f"<p>{escape(text)}</p>" for text in dict.fromkeys(told) if text)
    return f'<div class="formula"><h3>{escape(name)}</h3>{mathml(formula)}{lines}</div>'


def origin() -> str:
    """Return what made the page."""
    text = _("Made by Descent Lab with Python {python}, NumPy {numpy} and Plotly {plotly}.").format(
        python=platform.python_version(), numpy=version("numpy"), plotly=version("plotly")
    )
    return f'<p class="origin"><small>{escape(text)}</small></p>'
