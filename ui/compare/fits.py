"""What every run has learnt, step by step: beside the loss, and large on a tab of its own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.fits import (
    can_be_drawn,
    fit_clock,
    fit_ticks,
    fit_unit,
    fits,
    fits_caption,
    moving_fits,
    moving_heads,
)
from comparison.scenes import seed_words
from language import _
from ui.compare.comparison import after_training
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import figure
from ui.shell.player import Drawing, Layer, player
from ui.shell.store import document, set_page
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.scenes import Clock
    from ui.shell.training import Outcome

_WANTED: Final = "fits-wanted"  # the drawing of which a reader has played the fits
_KEY: Final = "fits"  # of the chart
_LOSS: Final = "loss"  # of the chart beside it


@after_training
def fits_tab(shown: Outcome) -> None:
    """Show what every run has learnt at one moment; the clock moves all panels."""
    if not can_be_drawn(shown.history.experiment.problem):
        st.info(_("Fits can only be drawn for data with one or two features."))
        return
    ticks = fit_ticks(shown.history)
    if len(ticks) > 1:
        bar, field = st.columns([6, 1], vertical_alignment="center")
        with bar:
            _player(shown, (Layer(_KEY, "fits", 1),))
        with field:
            _tick_field(shown, ticks)
    st.caption(escaped(" ".join(fits_chart(shown))))


def fits_player(shown: Outcome) -> None:
    """Show the clock of the loss chart and the fits beside it."""
    _player(shown, (Layer(_LOSS, "heads"), Layer(_KEY, "fits", 1)))


def fits_chart(shown: Outcome, height: int | None = None) -> tuple[str, ...]:
    """Show the fits where the clock stands; return what is to be said of them.

    The clock says when that is, also while it runs.
    """
    tick = _tick(shown, fit_ticks(shown.history))
    chart = figure(lambda: fits(shown.history, shown.styles, tick, height), _KEY)
    if chart is None:
        return ()
    caption = fits_caption(shown.history, tick)
    remarks = [text for text in chart.remarks if text != caption]
    return *seed_words(shown.history.experiment), *remarks


def beside(shown: Outcome) -> bool:
    """Tell whether the fits can be shown beside the loss."""
    return can_be_drawn(shown.history.experiment.problem) and not shown.stale


def _player(shown: Outcome, layers: tuple[Layer, ...]) -> None:
    """Show the clock. The pictures are sent once somebody plays them, for they are large."""
    clock, view = fit_clock(shown.history), document().view
    drawing = Drawing(_version(shown), layers)
    moving: list[dict[str, Any]] = [moving_heads(shown.history, shown.styles, clock, view)]
    is_wanted = st.session_state.get(_WANTED) == drawing.version
    fits_of = moving_fits(shown.history, shown.styles, clock) if is_wanted else {}
    moving.append(moving[0] | fits_of)
    player(
        "fits-player", clock, moving, drawing, lambda: _wanted(shown), _takes(shown, clock, drawing)
    )


def _version(shown: Outcome) -> str:
    """Return what changes whenever the pictures do."""
    return f"{shown.history.experiment.key} {shown.styles} {shown.history.seconds}"


def _takes(shown: Outcome, clock: Clock, drawing: Drawing) -> Any:
    """Return what takes the events of the clock."""

    def take(name: str, event: dict[str, Any]) -> None:
        if name == "fits":
            st.session_state[_WANTED] = drawing.version
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
