"""The scores of a sweep as files tell them: the tables and sentences of the tab, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from comparison.words.scores import (
    chosen_rows,
    difference_rows,
    difference_words,
    loss_answer,
    problem_names,
    split_words,
    time_rows,
    time_words,
    timing_words,
)
from language import _, ngettext
from sweeps.scoring import scoring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comparison.sweep.look import Look
    from comparison.words.scores import Row
    from sweeps.scoring import Scoring

_PROBLEMS: Final = 12  # that files tell of


@dataclass(frozen=True)
class Section:
    """A part of what is told.

    Attributes:
        title: its heading.
        sentences: what follows from its table, and what that holds.
        rows: of the table, by the titles of the columns; none where there is no table.
        runs: the position of the run in each row.
    """

    title: str
    sentences: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    runs: tuple[int, ...] = ()


def or_first(position: int, count: int) -> int:
    """Return a position, or the first where there are not so many."""
    return position if position < count else 0


def best_sections(look: Look) -> list[Section]:
    """Return each run's best setting on each problem, and which run ends lowest."""
    if not look.lanes.done.any():
        return [Section(_("Best settings"), (_("Nothing is trained yet."),))]
    found, names = _scoring(look), _names(look)
    titles = _problem_titles(found)
    sections = []
    for problem, title in enumerate(titles):
        said = *loss_answer(found, problem, names), *split_words(found)
        rows = tuple(chosen_rows(found, problem, names))
        heading = _titled(_("Best settings"), title)
        sections.append(Section(heading, said, rows, tuple(range(len(rows)))))
    left = len(found.problems) - len(titles)
    if left:
        text = ngettext(
            "{count} further problem is told of on the page.",
            "{count} further problems are told of on the page.",
            left,
        )
        sections.append(Section(_("Left out"), (text.format(count=f"{left:,}"),)))
    return sections


def score_sections(look: Look) -> list[Section]:
    """Return the best settings, how runs differ seed by seed, and the times to each target."""
    sections = best_sections(look)
    if look.lanes.done.any():
        found, names = _scoring(look), _names(look)
        for problem, title in enumerate(_problem_titles(found)):
            sections += [*_differences(look, found, problem, title)]
            sections += [*_times(found, names, problem, title)]
    return sections


def _differences(look: Look, found: Scoring, problem: int, title: str) -> Iterator[Section]:
    names, tested = _names(look), look.page.p_values
    if len(names) == 1:
        return
    reference = or_first(look.page.reference, len(names))
    about = found, problem, reference, names
    rows = tuple(difference_rows(*about, tested=tested))
    others = tuple(run for run in range(len(names)) if run != reference)
    heading = _titled(_("Differences, seed by seed"), title)
    yield Section(heading, tuple(difference_words(*about, tested=tested)), rows, others)


def _times(found: Scoring, names: Sequence[str], problem: int, title: str) -> Iterator[Section]:
    for target, loss in enumerate(found.spec.targets):
        about = found, problem, target, names
        said = *time_words(*about), *timing_words(found, problem, target)
        rows = tuple(time_rows(*about))
        heading = _titled(_("Time to target"), f"{loss:g}", title)
        yield Section(heading, said, rows, tuple(range(len(rows))))


def _scoring(look: Look) -> Scoring:
    return scoring(look.lanes, look.page.choosing)


def _names(look: Look) -> list[str]:
    return [style.name for style in look.styles]


def _problem_titles(found: Scoring) -> list[str]:
    """Return what the problems are called that are told of; nothing where there is one alone."""
    names = problem_names(found.problems)
    return names[:_PROBLEMS] if len(names) > 1 else [""]


def _titled(*parts: str) -> str:
    return " · ".join(filter(None, parts))
