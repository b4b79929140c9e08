"""The report of a sweep: one self-contained page with its contract, what came of it, and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.sweep.catalogue import sweep_chart_title, sweep_charts
from comparison.sweep.contract import sweep_contract
from comparison.sweep.scores import score_sections
from comparison.words.cleaned import cleaned
from comparison.words.fields import field_title
from comparison.words.names import problem_words
from comparison.words.sweeps import lanes_words, range_words, unfinished_words
from engine import Run
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
from exports.printed import folded_text
from exports.sweep.bundle import specification
from language import _
from sweeps.axes import LEFT_OUT, with_value

if TYPE_CHECKING:
    from comparison.sweep.look import Look
    from engine.rules import Rule
    from engine.rules.clipping import Clipping
    from engine.rules.schedules import Schedule


def sweep_report(look: Look, title: str, notes: str) -> bytes:
    """Return the report of a sweep, in the current language.

    Args:
        look: how the sweep is looked at.
        title: heading, in plain text; if blank, the usual title.
        notes: the reader's own words, in plain text; line breaks are kept.
    """
    title = cleaned(title).strip() or usual_sweep_title()
    terms = sweep_contract(look)
    charts, missing = sweep_charts(look)
    body = [
        opening(title, notes),
        *map(remark, unfinished_words(look.lanes)),
        contract_list(terms),
        heading(_("Problem")),
        facts_table(problem_words(look.spec.experiment.problem)),
        heading(_("What is swept")),
        facts_table(_swept(look)),
        paragraph(lanes_words(look.lanes)),
        *_scores(look),
        *(
            chart_part(sweep_chart_title(name), chart, name, terms)
            for name, chart in charts.items()
        ),
        left_out_list({sweep_chart_title(name): why for name, why in missing.items()}),
        formulas(look.spec.experiment.problem, _rules(look), *_parts(look)),
        origin(),
        folded_text(
            _("The sweep, as a file that the command takes"), specification(look.spec).decode()
        ),
    ]
    return page(title, "\n".join(body), inline_script())


def usual_sweep_title() -> str:
    """Return the title of a report without one of its own."""
    return _("A sweep of optimizers")


def _swept(look: Look) -> dict[str, str]:
    """Return the values of every field that takes several, and the seeds."""
    swept = {
        field_title(one.field): ", ".join(look.names(one))
        if one.edges is None
        else range_words(one)
        for one in look.dimensions
    }
    return swept | {_("Seeds"): ", ".join(map(str, look.spec.experiment.seeds))}


def _scores(look: Look) -> list[str]:
    """Return the best settings, how runs differ, and the times to the targets."""
    parts = []
    for section in score_sections(look):
        parts += [heading(section.title), paragraph(" ".join(section.sentences))]
        if section.rows:
            parts.append(rows_table(section.rows, [look.styles[run] for run in section.runs]))
    return parts


def _rules(look: Look) -> dict[type[Rule], list[str]]:
    """Return the rules of all runs; their settings are in the tables."""
    runs = (Run.model_validate(variant.run) for variant in look.spec.settings.variants)
    return {type(run.optimizer): [] for run in runs}


def _parts(look: Look) -> tuple[list[Schedule], list[type[Clipping]]]:
    """Return the schedules, and the ways in which gradients are clipped, of any setting."""
    settings = look.spec.settings
    runs = [
        Run.model_validate(with_value(variant.run, axis.path, value))
        for variant in settings.variants
        for axis, values in zip(settings.axes, settings.levels, strict=True)
        for value in (values if axis.field in LEFT_OUT else values[:1])
        if axis.is_of_runs and axis.suits(variant.run)
    ]
    runs += [Run.model_validate(variant.run) for variant in settings.variants]
    clippings = dict.fromkeys(type(run.clipping) for run in runs if run.clipping)
    return [run.schedule for run in runs], list(clippings)
