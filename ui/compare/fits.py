"""What every run has learnt, step by step: beside the loss, and large on a tab of its own."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from charts.fits import ACROSS, PANEL
from charts.lines import shown as visible
from charts.theme import HEIGHT
from comparison.fits import (
    can_be_drawn,
    fit_clock,
    fit_frame,
    fit_pictures,
    fit_slice,
    fit_ticks,
    fit_unit,
    fits,
    fits_alternative,
    fits_remarks,
    moving_heads,
    seen_features,
    shows_all,
)
from comparison.scenes import seed_words
from comparison.words.names import column_words
from language import _
from ui.compare.comparison import after_training
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import offer
from ui.shell.player import Drawing, Layer, player
from ui.shell.presentation import is_presented
from ui.shell.store import document, set_page
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.fits import Slice
    from comparison.scenes import Clock
    from engine import Function, Network
    from ui.shell.training import Outcome

_WANTED: Final = "fits-wanted"  # the drawing of which a reader has played the fits
_LOSS: Final = "loss"  # the chart beside them
_BAR: Final = 56  # pixels of the clock below them
_LARGE: Final = 2  # panels at the most that are up to twice as high as more
_ABOVE: Final = 32  # rem around a large row, so that the clock is on the screen
_ABOVE_WITH_CHOICES: Final = 37  # the same with the choice of features above it
_GAP: Final = 6  # pixels between two rows of panels
_WIDEST: Final = "560px"  # of a panel
_ASPECT: Final = 1.5  # a panel's width on a low screen, times its height, at most
_ALL_OF_IT: Final = "(100vh - 16rem)"  # what the clock and a slider leave of a presentation


@after_training
def fits_tab(shown: Outcome) -> None:
    """Show what every run has learnt at one moment; the clock moves all panels."""
    problem = shown.history.experiment.problem
    if not can_be_drawn(problem):
        text = _("There are no fits for images, for data with several targets and for functions.")
        st.info(text)
        return
    cut, panels = seen_slice(shown), max(len(visible(shown.styles)), 1)
    across = min(panels, ACROSS)
    if is_presented():
        row = f"({_ALL_OF_IT} / {math.ceil(panels / across)})"
        _player(shown, cut, (), across, f"calc{row}", f"{_ASPECT} * {row}")
    else:
        if problem.kind == "network" and not shows_all(problem):
            _feature_choices(problem, cut.features)
        bar, field = st.columns([6, 1], vertical_alignment="bottom")
        with bar:
            _player(shown, cut, (), across, _row(problem, panels))
        ticks = fit_ticks(shown.history)
        if len(ticks) > 1:
            with field:
                _tick_field(shown, ticks)
    fits_words(shown, cut)


def seen_slice(shown: Outcome) -> Slice:
    """Return what the fits are drawn over; their history ``can_be_drawn``."""
    return fit_slice(shown.history, settings().features)


def _row(problem: Network | Function, panels: int) -> str:
    """Return how high a row of panels is, as CSS has it."""
    if panels > _LARGE:
        return f"{PANEL}px"
    above = _ABOVE if shows_all(problem) else _ABOVE_WITH_CHOICES
    return f"clamp({PANEL}px, 100vh - {above}rem, {2 * PANEL}px)"


def _feature_choices(network: Network, seen: tuple[int, ...]) -> None:
    """Choose the features that the fits are drawn over; the other one is not on offer."""
    names = [column_words(network.dataset, name) for name in network.dataset.feature_names]
    grid = st.grid(4, min_column_width=170)
    for axis, title in zip(range(len(seen)), (_("Across"), _("Upwards")), strict=False):
        with grid.cell():
            bound(
                st.selectbox,
                title,
                [one for one in range(len(names)) if one == seen[axis] or one not in seen],
                format_func=names.__getitem__,
                key=f"fit-feature-{axis}",
                shown=seen[axis],
                report=partial(_see, network, seen, axis),
            )


def _see(network: Network, seen: tuple[int, ...], axis: int, chosen: int) -> None:
    """Draw the fits over another feature; the first ones are what a link need not say."""
    features = (*seen[:axis], chosen, *seen[axis + 1 :])
    set_page(features=() if features == seen_features(network, ()) else features)


def fits_beside(shown: Outcome, cut: Slice) -> None:
    """Show the clock of the loss chart, and the fits above it, as high as that chart."""
    panels = max(len(visible(shown.styles)), 1)
    across = math.isqrt(panels - 1) + 1
    rows = math.ceil(panels / across)
    row = f"{(HEIGHT - _BAR) // rows - _GAP}px"
    _player(shown, cut, (Layer(_LOSS, "heads"),), across, row)


def fits_words(shown: Outcome, cut: Slice) -> None:
    """Say what the fits show, and offer them as a chart.

    The clock says when that is, also while it runs.
    """
    remarks = fits_remarks(shown.history, shown.styles, cut)
    said = *seed_words(shown.history.experiment), *remarks
    tick = _tick(shown, fit_ticks(shown.history))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escaped(" ".join(said)), width="stretch")
        offer(lambda: fits(shown.history, shown.styles, tick, cut), "fits")


def beside(shown: Outcome) -> bool:
    """Tell whether the fits can be shown beside the loss."""
    return shows_all(shown.history.experiment.problem) and not shown.stale


def _player(
    shown: Outcome,
    cut: Slice,
    layers: tuple[Layer, ...],
    across: int,
    row: str,
    widest: str = _WIDEST,
) -> None:
    """Show the clock below panels of fits.

    The pictures of all its ticks are sent once somebody plays them, for they are large.

    Args:
        shown: what there is to show.
        cut: what it is drawn over.
        layers: charts that the clock draws on.
        across: how many panels are in a row, where there is room.
        row: height of a row, as CSS has it.
        widest: width of a panel at most, as CSS has it.
    """
    history, run_styles = shown.history, shown.styles
    tick = _tick(shown, fit_ticks(history))
    clock = fit_clock(history, tick)
    version = f"{_version(shown)} {cut.features} {clock.ticks.sum():g}"
    is_wanted, ticks = st.session_state.get(_WANTED) == version, clock.ticks.tolist()
    panels = fit_frame(history, run_styles, cut) | {
        "still": fit_pictures(history, run_styles, [tick], cut),
        "moving": fit_pictures(history, run_styles, ticks, cut) if is_wanted else None,
        "alt": fits_alternative(history, run_styles, tick, cut),
        "none": _("All runs are hidden."),
        "across": across,
        "row": row,
        "widest": widest,
        "font": "1.25rem" if is_presented() else "0.85rem",
    }
    moving = [moving_heads(history, run_styles, clock, document().view)]
    drawing = Drawing(version, layers, panels=panels)
    events = _takes(shown, clock, version)
    player("fits-player", clock, moving, drawing, lambda: _wanted(shown), events)


def _version(shown: Outcome) -> str:
    """Return what changes whenever the pictures do."""
    return f"{shown.history.experiment.key} {shown.styles} {shown.history.seconds}"


def _takes(shown: Outcome, clock: Clock, version: str) -> Any:
    """Return what takes the events of the clock."""

    def take(name: str, event: dict[str, Any]) -> None:
        if name == "fits":
            st.session_state[_WANTED] = version
        elif name == "step":
            tick = min(int(event["step"]), len(clock.ticks) - 1)
            is_last = tick == len(clock.ticks) - 1
            _stand_at(shown, None if is_last else float(clock.ticks[tick]))

    return take


def _wanted(shown: Outcome) -> float | None:
    """Return where the clock stands; None is the end."""
    is_step = fit_unit(shown.history.experiment) == "iterations"
    return settings().iteration if is_step else settings().epoch


def _stand_at(shown: Outcome, tick: float | None) -> None:
    """Let the clock stand somewhere; the end stays the end of any budget."""
    if fit_unit(shown.history.experiment) == "iterations":
        set_page(iteration=None if tick is None else round(tick))
    else:
        set_page(epoch=tick)


def _tick(shown: Outcome, ticks: Sequence[float]) -> float:
    """Return the tick with parameters that is nearest to where the clock stands."""
    wanted = _wanted(shown)
    return ticks[-1] if wanted is None else _nearest(ticks, wanted)


def _tick_field(shown: Outcome, ticks: Sequence[float]) -> None:
    """Choose one of the epochs or iterations at which parameters were kept."""

    def take(wanted: float) -> None:
        nearest = _nearest(ticks, wanted)
        _stand_at(shown, None if nearest == ticks[-1] else nearest)

    is_step = fit_unit(shown.history.experiment) == "iterations"
    bound(
        st.number_input,
        _("Iteration") if is_step else _("Epoch"),
        ticks[0],
        ticks[-1],
        # The widest gap: after a smaller step the nearest tick might still be the same one.
        step=max(after - before for before, after in pairwise(ticks)),
        key="fit-number",
        shown=_tick(shown, ticks),
        report=take,
        format="%.6g",
        label_visibility="collapsed",
    )


def _nearest(ticks: Sequence[float], wanted: float) -> float:
    return min(ticks, key=lambda tick: abs(tick - wanted))
