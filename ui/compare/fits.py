"""The tab that shows what every run has learnt, epoch by epoch."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import streamlit as st

from comparison.catalogue import can_be_drawn, fit_epochs, fits, fits_caption
from language import _
from ui.compare.comparison import after_training
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import figure
from ui.shell.store import set_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.shell.training import Outcome


@after_training
def fits_tab(shown: Outcome) -> None:
    """Show what every run has learnt at one epoch; the slider moves all panels."""
    problem = shown.history.experiment.problem
    if not can_be_drawn(problem):
        st.info(_("Fits can only be drawn for data with one or two features."))
        return
    epochs = fit_epochs(shown.history)
    wanted = settings().epoch
    epoch = epochs[-1] if wanted is None else _nearest(epochs, wanted)
    if len(epochs) > 1:
        _epoch_controls(epochs, epoch)
    if len(epochs) == 1 or len(shown.history.experiment.seeds) > 1:
        st.caption(fits_caption(shown.history, epoch))
    figure(lambda: fits(shown.history, shown.styles, epoch), "fits")


def _epoch_controls(epochs: Sequence[float], epoch: float) -> None:
    """Choose one of the epochs at which parameters were kept, on a slider or in a field."""
    slider, field = st.columns([5, 1], vertical_alignment="bottom")
    take = partial(_take_epoch, epochs)
    bound(
        slider.select_slider,
        _("Epoch"),
        epochs,
        epoch,
        key="fit-epoch",
        shown=epoch,
        report=take,
        format_func=lambda value: f"{value:.6g}",
    )
    bound(
        field.number_input,
        _("Epoch"),
        epochs[0],
        epochs[-1],
        # The widest gap: after a smaller step the nearest epoch might still be the same one.
        step=max(after - before for before, after in pairwise(epochs)),
        key="fit-number",
        shown=epoch,
        report=take,
        format="%.6g",
        label_visibility="collapsed",
    )


def _take_epoch(epochs: Sequence[float], wanted: float) -> None:
    """Show the kept epoch nearest to the chosen one; the last stays the last of any budget."""
    epoch = _nearest(epochs, wanted)
    set_page(epoch=None if epoch == epochs[-1] else epoch)


def _nearest(epochs: Sequence[float], wanted: float) -> float:
    return min(epochs, key=lambda epoch: abs(epoch - wanted))
