"""What has come of a whole sweep in a few sentences, and what would tell more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.fields import field_title
from comparison.words.names import listed
from comparison.words.scores import is_few, loss_name, order_words, problem_names, setting_words
from comparison.words.settings import loss_words
from engine import FEWEST_SEEDS
from language import _, ngettext
from language.labels import inline
from sweeps.edges import edges
from sweeps.scoring import loss_standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweeps.edges import Edge
    from sweeps.scoring import Scoring


def verdict_words(found: Scoring, problem: int, names: Sequence[str]) -> list[str]:
    """Return what a whole sweep says of a problem, the answer first.

    Args:
        found: what the runs reached.
        problem: the position of the problem.
        names: of the runs.
    """
    said = _alone(found, problem, names) or order_words(found, problem, names)
    return [
        *said,
        *_edge_words(found, problem, names),
        *_next_words(found, problem),
        *_problem_words(found, problem),
    ]


def _alone(found: Scoring, problem: int, names: Sequence[str]) -> list[str]:
    """Return where a run ends that no other is compared with, if it has learnt anything."""
    report = found.reports[problem][0]
    if len(names) > 1 or not report.has_learnt:
        return []
    text = _("{run}: chosen was {setting}; final {loss} {losses}.")
    loss, losses = inline("quantity", loss_name(found)), loss_words(report.known)
    setting = setting_words(found.spec, report.chosen)
    return [text.format(run=names[0], setting=setting, loss=loss, losses=losses)]


def _edge_words(found: Scoring, problem: int, names: Sequence[str]) -> Iterator[str]:
    """Yield what was chosen at an end of what was tried, a sentence for each field and end."""
    runs: dict[tuple[str, Edge], list[str]] = {}
    for report, name in zip(found.reports[problem], names, strict=True):
        chosen = report.chosen
        ends = edges(found.spec, chosen.setting) if chosen.edges else {}
        for field in chosen.edges:
            runs.setdefault((field, ends[field]), []).append(name)
    low = _(
        "{field}: what was chosen for {runs} is at the low end of what was tried, and a lower one"
        " may do better."
    )
    high = _(
        "{field}: what was chosen for {runs} is at the high end of what was tried, and a higher one"
        " may do better."
    )
    for (field, edge), own in runs.items():
        text = low if edge == "low" else high
        yield text.format(field=field_title(field), runs=listed(own))


def _next_words(found: Scoring, problem: int) -> Iterator[str]:
    """Yield what would tell runs apart, where too few seeds report for that."""
    place = loss_standing(found, problem)
    if len(found.reports[problem]) == 1 or not place.seeds or not is_few(place):
        return
    text = ngettext(
        "{fewest} seeds must report before runs can be told apart, and here {count} does.",
        "{fewest} seeds must report before runs can be told apart, and here {count} do.",
        place.seeds,
    )
    yield text.format(fewest=FEWEST_SEEDS, count=place.seeds)
    seeds = len(found.spec.experiment.seeds)
    text = _("Sweep with {twice} seeds, half of which choose.")
    if seeds > FEWEST_SEEDS:
        text = _("On the tab Scores let {fewer} of the {seeds} seeds choose.")
    yield text.format(twice=2 * FEWEST_SEEDS, fewer=seeds - FEWEST_SEEDS, seeds=seeds)


def _problem_words(found: Scoring, problem: int) -> Iterator[str]:
    """Yield which problem this is about, where there are several."""
    if len(found.problems) > 1:
        text = _("This is about one problem of {count}, {name}; the tab Scores has the others.")
        yield text.format(count=len(found.problems), name=problem_names(found.problems)[problem])
