"""Batch size × learning rate: the map of how one run does at every pair of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.batch_map import batch_map, map_legend
from comparison.pages import TARGET
from comparison.words.errors import explain
from engine import InvalidInput, batch_rate_sweep, batch_size_ladder
from language import _
from language.labels import label
from ui.epochs.settings import settings
from ui.epochs.sizes import budget_choice, size_name, state_contract
from ui.epochs.switches import has_no_rows, has_one_size, page_choice, run_name
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.presentation import is_presented
from ui.shell.store import document, set_page
from ui.shell.training import scored

if TYPE_CHECKING:
    from engine import Sweep
    from engine.analysis.batch_sizes import BatchSize

# Rates of the map, around the default of the rule.
_FACTORS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_SHOWN: Final = ("final_loss", "iterations_to_target")
_TARGETS: Final = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)


def map_tab() -> None:
    """Train every batch size at every learning rate."""
    if has_no_rows():
        return
    experiment, selected = document().experiment, document().view.selected
    rule = experiment.runs[selected].optimizer
    rates = tuple(float(f"{rule.default_learning_rate * factor:.3g}") for factor in _FACTORS)
    sizes = batch_size_ladder(experiment.problem.training_rows)
    _controls()
    if has_one_size():
        return
    try:
        sweep = batch_rate_sweep(experiment, selected, sizes, rates)
    except InvalidInput as error:
        st.error(explain(error))
        return
    _map(sweep, sizes, rates)


def _controls() -> None:
    grid = st.grid(9, min_column_width=90, vertical_alignment="bottom")
    if not is_presented():
        with grid.cell(column_span=2):
            run_name()
    with grid.cell(column_span=3):
        budget_choice()
    with grid.cell(column_span=2):
        page_choice(_("Quantity shown"), "shown", _SHOWN, partial(label, "quantity"))
    with grid.cell(column_span=2):
        if settings().shown == "iterations_to_target":
            number(
                "target_loss",
                settings().target,
                TARGET,
                "epochs-target",
                lambda value: set_page(target=value),
                title=_("Target loss"),
                stops=_TARGETS,
            )


def _map(sweep: Sweep, sizes: tuple[BatchSize, ...], rates: tuple[float, ...]) -> None:
    """Train the sweep and show its map."""
    caption = state_contract(sweep, sweep.runs[0].optimizer.title)
    shown, target = settings().shown, settings().target
    scores = scored(sweep, "epochs-map", tuple(sorted({*_TARGETS, target})))
    if scores is None:
        return
    names = [size_name(size) for size in sizes]
    figure(lambda: batch_map(scores, names, rates, shown, target), "epochs-map", caption)
    st.caption(map_legend(scores, rates, shown, target))
