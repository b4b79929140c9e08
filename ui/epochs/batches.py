"""Batch, mini-batch, stochastic: one run at several batch sizes, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.batches import AXES, loss_on_four_axes
from charts.theme import RunStyle
from comparison.line_paths import compared_sizes, is_line, line_paths, line_surface
from comparison.words.errors import explain
from comparison.words.remarks import reported_words, seconds_words, thinning_words
from engine import Budget, Experiment, InvalidInput, Network, Run
from engine.problems.datasets import Line
from engine.rules import SGD
from language import N_, _
from language.labels import label
from ui.epochs.settings import settings
from ui.epochs.sizes import batch_sizes, budget_choice, size_choice, size_name, state_contract
from ui.epochs.switches import (
    REPLACES,
    has_no_rows,
    has_one_size,
    log_switch,
    loss_choice,
    page_choice,
    run_choice,
    take_example,
)
from ui.setup.runs import rate_control
from ui.shell.figure import figure, sketch
from ui.shell.presentation import is_presented
from ui.shell.store import document
from ui.shell.training import Place, trained, with_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart
    from engine import History, Surface
    from exports.printed import Contract

_CHARTS: Final = ("four", "iterations", "epochs", "rows_seen", "seconds")
# The straight line y = wx + b: few enough rows that every update can be seen, and a rate at which
# neither full batches nor single rows diverge.
LINE: Final = Experiment(
    problem=Network(
        dataset=Line(rows=100, noise=0.3), hidden=(), loss="mean_squared_error", bias=True
    ),
    runs=(Run(optimizer=SGD(), learning_rate=0.2, batch_size="all"),),
    budget=Budget(amount=20),
)


def batches_tab() -> None:
    """Train two to six batch sizes side by side."""
    if has_no_rows():
        return
    _controls()
    if has_one_size():
        return
    now = document()
    try:
        compared = compared_sizes(now.experiment, now.view.selected, batch_sizes())
    except InvalidInput as error:
        st.error(explain(error))
        return
    run = compared.runs[0]
    caption = state_contract(compared, f"{run.optimizer.title}, η = {run.learning_rate:g}")
    styles = [RunStyle(f"B {size_name(size)}", number) for number, size in enumerate(batch_sizes())]
    status, place = st.container(), Place(st.container())

    def draw(history: History) -> None:
        with place.growing():
            key = f"epochs-growing-{history.seconds:.3f}"
            sketch(lambda: _chart(history, styles), key, "epochs-batches")

    with status:
        history = trained(compared, "epochs-batches", draw)
        if history is not None and _shows_seconds():
            history = with_seconds(history)
    if history is None:
        return
    with place.settled():
        chart = _pictures(history, styles, caption)
    _remarks(history, chart)
    if not is_line(compared):
        _offer_the_line()


def _controls() -> None:
    if is_presented():
        rate, budget = st.columns([3, 2], vertical_alignment="bottom")
        with rate:
            rate_control()
        with budget:
            budget_choice()
        return
    grid = st.grid(9, min_column_width=90, vertical_alignment="bottom")
    with grid.cell(column_span=5):
        run_choice()
    with grid.cell(column_span=4):
        size_choice()
    with grid.cell(column_span=3):
        budget_choice()
    with grid.cell(column_span=2):
        page_choice(_("Charts"), "charts", _CHARTS, _chart_name)
    with grid.cell(column_span=2):
        loss_choice()
    with grid.cell(column_span=2):
        log_switch()


def _shows_seconds() -> bool:
    return settings().charts in {"four", "seconds"}


def _chart(history: History, styles: Sequence[RunStyle]) -> Chart:
    view, charts = document().view, settings().charts
    if is_presented() and charts == "four":
        unit = document().experiment.budget.unit
        charts = "iterations" if unit == "gradients" else unit
    axes = AXES if charts == "four" else (charts,)
    return loss_on_four_axes(history, styles, view.quantity, axes, log=view.log)


def _pictures(history: History, styles: Sequence[RunStyle], caption: Contract) -> Chart | None:
    """Show the losses, and for a straight line its paths; return the chart of losses."""
    if not is_line(history.experiment):
        return figure(lambda: _chart(history, styles), "epochs-batches", caption)
    grid = st.grid(2, min_column_width=480)
    with grid.cell():
        chart = figure(lambda: _chart(history, styles), "epochs-batches", caption)
    with grid.cell():
        _paths(history, styles, caption)
    return chart


def _paths(history: History, styles: Sequence[RunStyle], caption: Contract) -> None:
    """Show the paths on the exact (w, b) surface, of the first seed."""
    surface = _surface(history.experiment.key, history)
    figure(lambda: line_paths(history, styles, surface), "epochs-paths", caption)
    every = history.experiment.record_every
    if every == 1:
        text = _("The exact training loss over w and b, and every update of every path.")
    else:
        text = _(
            "The exact training loss over w and b. The paths show one update in {every}, and where"
            " the full loss is evaluated."
        ).format(every=every)
    if len(history.experiment.seeds) > 1:
        text += " " + _("Paths of seed {seed}.").format(seed=history.experiment.seeds[0])
    st.caption(text)


@st.cache_resource(max_entries=8, show_spinner=False)
def _surface(
    key: str,  # noqa: ARG001 - of the experiment, for the cache
    _history: History,
) -> Surface:
    return line_surface(_history)


def _remarks(history: History, chart: Chart | None) -> None:
    """Say below the charts what they leave out."""
    texts = [
        _(
            "All batch sizes use the same learning rate. The map of batch size × learning rate"
            " shows which rate suits which size."
        )
    ]
    widest = max(getattr(run, document().view.quantity).width for run in history.runs)
    if widest > 1:
        text = _(
            "One value is drawn for up to {count} updates, the last of each bin, so peaks in"
            " between are not shown."
        )
        texts.append(text.format(count=f"{widest:,}"))
    texts += reported_words(history.experiment, document().view.quantity)
    texts += thinning_words(history)
    if _shows_seconds():
        texts += seconds_words(history, "seconds")
    texts += chart.remarks if chart is not None else ()
    st.caption(" ".join(texts))


def _offer_the_line() -> None:
    """Offer the one problem whose paths can be drawn."""
    st.button(
        _("Use the straight line, whose path can be drawn on the (w, b) surface"),
        key="epochs-line",
        on_click=_take_the_line,
    )
    st.caption(_(REPLACES))


def _take_the_line() -> None:
    take_example(
        LINE,
        N_(
            "The comparison is now a straight line with 75 training rows and one run of SGD for 20"
            " epochs, on the Compare page as well."
        ),
        sizes=(),
    )


def _chart_name(name: str) -> str:
    return _("Four small charts") if name == "four" else label("quantity", name)
