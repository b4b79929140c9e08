"""The tab of scores: each run at its chosen setting, on seeds that had no say in the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

import pandas as pd
import streamlit as st

from charts.best_of import best_of_settings
from charts.profiles import performance_profiles
from comparison.pages import SweepPage
from comparison.sweep.scores import or_first
from comparison.words.scores import (
    choosing_words,
    chosen_rows,
    columns_help,
    difference_rows,
    difference_words,
    loss_answer,
    no_targets_words,
    price_words,
    problem_names,
    ratio_rows,
    ratio_words,
    split_words,
    time_rows,
    time_words,
    timing_words,
    why_no_profile,
)
from language import _
from language.labels import label
from sweeps.scoring import price_of_tuning, profile, scoring, settings_needed
from ui.shell.binding import bound
from ui.shell.figure import figure
from ui.shell.store import page_settings, set_page
from ui.shell.tables import with_written_numbers
from ui.shell.text import escaped, line_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from charts.theme import Chart, RunStyle
    from comparison.words.scores import Row
    from exports.printed import Contract
    from sweeps.lanes import Lanes
    from sweeps.scoring import Scoring

_SAMPLE: Final = 24  # pixels of a line's sample
_MENU: Final = 260  # pixels
_LETTER: Final = 6.5  # pixels of a letter in a table; Hangul has twice as many
_MARGIN: Final = 30  # pixels beside a cell's text


@dataclass(frozen=True, eq=False)
class _Shown:
    """What the tab shows, and of what.

    Attributes:
        lanes: of the sweep.
        styles: of its runs.
        found: what these reached.
        problem: the position of the problem.
        target: the position of the target.
        reference: the position of the run that others are compared with.
        caption: of the charts' files.
    """

    lanes: Lanes
    styles: Sequence[RunStyle]
    found: Scoring
    problem: int
    target: int
    reference: int
    caption: Contract

    @property
    def names(self) -> list[str]:
        """Return what the runs are called."""
        return [style.name for style in self.styles]


def scores_tab(lanes: Lanes, styles: Sequence[RunStyle], caption: Contract) -> None:
    """Show what each run of a sweep is worth at its best setting, and how sure that is.

    Args:
        lanes: of the sweep, as far as they are trained.
        styles: of its runs, in the order of its variants.
        caption: of the charts' files: what is equal between the runs and what is not.
    """
    if lanes.done.any():
        shown = _shown(lanes, styles, caption)
        _controls(shown)
        _best(shown)
        _differences(shown)
        _times(shown)
        _problems(shown)
        _price(shown)
    else:
        st.info(_("Nothing has been trained yet."))


def _shown(lanes: Lanes, styles: Sequence[RunStyle], caption: Contract) -> _Shown:
    """Return what is shown: where the page names what the sweep has not, its first."""
    page = page_settings(SweepPage)
    found = scoring(lanes, page.choosing)
    equal, unequal = caption
    return _Shown(
        lanes,
        styles,
        found,
        problem=or_first(page.problem, len(found.problems)),
        target=or_first(page.target, len(lanes.spec.targets)),
        reference=or_first(page.reference, len(styles)),
        caption=([*equal, *split_words(found)], unequal),
    )


# Controls


def _controls(shown: _Shown) -> None:
    """Offer what can be chosen: nothing that has one value only."""
    spec = shown.found.spec
    choices = choosing_words(spec)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _menu(
            _("Seeds that choose"),
            "choosing",
            min(page_settings(SweepPage).choosing, len(choices) - 1),
            choices,
            _("The others report how good the chosen settings are."),
        )
        _menu(_("Compared with"), "reference", shown.reference, shown.names)
        _menu(_("Problem"), "problem", shown.problem, problem_names(shown.found.problems))
        losses = [f"{loss:g}" for loss in spec.targets]
        _menu(label("field", "target"), "target", shown.target, losses)


def _menu(
    title: str, field: str, position: int, options: Sequence[str], about: str | None = None
) -> None:
    """Offer some options by what they are called; the page keeps the position of one."""
    if len(options) > 1:
        bound(
            st.selectbox,
            title,
            list(range(len(options))),
            format_func=options.__getitem__,
            key=f"sweep-scores-{field}",
            shown=position,
            report=lambda chosen: set_page(**{field: chosen}),
            among=range(len(options)),
            help=about,
            width=_MENU,
        )


# What is shown


def _best(shown: _Shown) -> None:
    """Show each run's best setting, and which run ends lowest."""
    _title(_("Best settings"))
    if not shown.lanes.is_whole:  # once it is, the verdict above the tabs says so
        _answer(loss_answer(shown.found, shown.problem, shown.names))
    _said(split_words(shown.found))
    rows = chosen_rows(shown.found, shown.problem, shown.names)
    _table(shown.styles, rows, _("Best settings, one row per run."), "chosen")


def _differences(shown: _Shown) -> None:
    """Show how every run differs from the reference, seed by seed."""
    if len(shown.styles) == 1:
        return
    _title(_("Differences, seed by seed"))
    tested = page_settings(SweepPage).p_values
    bound(
        st.toggle,
        _("p-values"),
        key="sweep-scores-p",
        shown=tested,
        report=lambda chosen: set_page(p_values=chosen),
        help=_("How often chance alone would make differences as large. Read the interval first."),
    )
    about = shown.found, shown.problem, shown.reference, shown.names
    _said(difference_words(*about, tested=tested))
    others = [style for at, style in enumerate(shown.styles) if at != shown.reference]
    rows = difference_rows(*about, tested=tested)
    _table(others, rows, _("Differences of the final loss, one row per run."), "differences")


def _times(shown: _Shown) -> None:
    """Show how often and how soon each run reaches the target."""
    _title(_("Time to target"))
    if not shown.found.spec.targets:
        _said([no_targets_words()])
        return
    about = shown.found, shown.problem, shown.target, shown.names
    _answer(time_words(*about))
    _said(timing_words(shown.found, shown.problem, shown.target))
    _table(shown.styles, time_rows(*about), _("Time to the target, one row per run."), "times")


def _problems(shown: _Shown) -> None:
    """Show how the times compare over all problems."""
    found = shown.found
    if not found.spec.targets or len(shown.styles) == 1:
        return
    _title(_("Over all problems"))
    profiles = profile(found, shown.target)
    why_not = why_no_profile(found, profiles)
    ratios = profiles.ratios
    if why_not is not None or ratios is None:
        _said(filter(None, [why_not]))
    else:
        _chart(lambda: performance_profiles(ratios, shown.styles), "sweep-profiles", shown)
    _said(ratio_words(profiles, problem_names(found.problems)))
    rows = ratio_rows(found, profiles, shown.target, shown.reference, shown.names)
    _table(shown.styles, rows, _("Times over all problems, one row per run."), "ratios")


def _price(shown: _Shown) -> None:
    """Show how low the best of some settings ends."""
    _title(_("Price of tuning"))
    prices = [price_of_tuning(shown.lanes, run, shown.problem) for run in range(len(shown.styles))]
    needed = [settings_needed(shown.lanes, run, shown.problem) for run in range(len(shown.styles))]
    _said(price_words(shown.found, prices, needed, shown.names))
    if any(prices):
        loss = shown.lanes.loss
        _chart(lambda: best_of_settings(prices, shown.styles, loss), "sweep-best-of", shown)


def _title(text: str) -> None:
    st.markdown(f"**{text}**")


def _answer(sentences: Iterable[str]) -> None:
    st.markdown(" ".join(map(escaped, sentences)))


def _said(sentences: Iterable[str]) -> None:
    st.caption(" ".join(map(escaped, sentences)))


def _chart(make: Callable[[], Chart], key: str, shown: _Shown) -> None:
    chart = figure(make, key, shown.caption)
    if chart is not None:
        _said(chart.remarks)


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what columns mean, and how wide those are whose texts are longer than their title.

    By itself a table keeps the widths of what it showed first, and cuts off what is longer.
    """
    about = columns_help()
    return {
        title: st.column_config.Column(help=about.get(title), width=_width(rows, title))
        for title in (rows[0] if rows else ())
    }


def _width(rows: Sequence[Row], title: str) -> int | None:
    """Return how wide a column of texts has to be; None where its title needs more."""
    longest = max(_letters(row[title]) if isinstance(row[title], str) else 0 for row in rows)
    return round(longest * _LETTER) + _MARGIN if longest > _letters(title) else None


def _letters(text: str) -> int:
    """Return how long a text is, in letters of the Latin alphabet."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _table(styles: Sequence[RunStyle], rows: Sequence[Row], alt: str, name: str) -> None:
    with_samples = [
        {"": line_sample(style, _SAMPLE)} | row for style, row in zip(styles, rows, strict=True)
    ]
    st.dataframe(
        with_written_numbers(pd.DataFrame(with_samples)),
        width="stretch",
        hide_index=True,
        height="content",
        key=f"sweep-scores-{name}",
        column_config={"": st.column_config.ImageColumn(width=_SAMPLE + 14)} | _columns(rows),
        placeholder="–",
        alt=alt,
    )
