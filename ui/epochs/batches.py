"""Several batch sizes side by side, and the map over batch size and learning rate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from charts.batches import AXES, loss_on_four_axes
from charts.maps import DIVERGED, NEVER, batch_rate_map
from charts.surfaces import Field, Trail, contour
from charts.theme import RunStyle
from comparison.pages import SIZES, TARGET
from comparison.surfaces import Wanted, computed
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.remarks import seconds_words, thinning_words
from engine import (
    Budget,
    Experiment,
    Interval,
    InvalidInput,
    Network,
    Run,
    batch_rate_sweep,
    batch_size_ladder,
    batch_size_runs,
    final_losses,
    iterations_to,
)
from engine.landscape.planes import default_window, exact_plane, parameter_names
from engine.landscape.surfaces import path
from engine.problems.datasets import Line
from engine.rules import SGD
from language import N_, _, ngettext
from language.labels import label
from ui.epochs.switches import (
    REPLACES,
    has_no_rows,
    log_switch,
    loss_choice,
    page_choice,
    run_choice,
    run_name,
    take_example,
)
from ui.setup.sidebar import count_in
from ui.shell.controls import number
from ui.shell.figure import figure, sketch
from ui.shell.session import document, refuse, set_page, settings
from ui.shell.training import scored, trained, with_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart
    from engine import History, Scores
    from engine.analysis.batch_sizes import BatchSize
    from engine.arrays import Array, Booleans
    from engine.landscape.planes import Plane
    from engine.landscape.surfaces import Surface
    from exports.printed import Contract

_CHARTS: Final = ("four", "iterations", "epochs", "rows_seen", "seconds")
_UNITS: Final = ("epochs", "iterations", "rows_seen")
# Rates of the map, around the default of the rule.
_FACTORS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_TARGETS: Final = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
_GRID: Final = 61  # points a side of the (w, b) surface
_PATHS: Final = 470  # pixels
_PATH_RECORDS: Final = 2_000  # updates of a path that are drawn
# The straight line y = wx + b, small enough for every single row's update to be seen, at a rate
# that full batches and single rows both bear.
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
    grid = st.grid(9, min_column_width=90, vertical_alignment="bottom")
    with grid.cell(column_span=5):
        run_choice()
    with grid.cell(column_span=4):
        _size_choice()
    with grid.cell(column_span=3):
        _budget_choice()
    with grid.cell(column_span=2):
        page_choice(_("Charts"), "charts", _CHARTS, _chart_name)
    with grid.cell(column_span=2):
        loss_choice()
    with grid.cell(column_span=2):
        log_switch()
    experiment = document().experiment
    try:
        compared = batch_size_runs(
            experiment,
            document().view.selected,
            _sizes(),
            record_every=_path_stride(experiment),
        )
    except InvalidInput as error:
        st.error(explain(error))
        return
    run = compared.runs[0]
    said = _contract(compared, f"{run.optimizer.title}, η = {run.learning_rate:g}")
    styles = [RunStyle(f"B {_size_name(size)}", number) for number, size in enumerate(_sizes())]
    is_line = _is_line(experiment)
    controls, place = st.container(), st.empty()

    def draw(history: History) -> None:
        with place.container():
            key = f"epochs-growing-{history.seconds:.3f}"
            sketch(lambda: _chart(history, styles), key, "epochs-batches")

    with controls:
        history = trained(compared, "epochs-batches", draw)
        if history is not None and settings().charts in {"four", "seconds"}:
            history = with_seconds(history)
    if history is None:
        return
    with place.container():
        if is_line:
            grid = st.grid(2, min_column_width=480)
            with grid.cell():
                chart = figure(lambda: _chart(history, styles), "epochs-batches", said)
            with grid.cell():
                _paths(history, styles, said)
        else:
            chart = figure(lambda: _chart(history, styles), "epochs-batches", said)
    _batches_caption(history, chart)
    if not is_line:
        st.button(
            _("Take the straight line: its path on the (w, b) surface can be drawn"),
            key="epochs-line",
            on_click=_take_the_line,
        )
        st.caption(_(REPLACES))


def _batches_caption(history: History, chart: Chart | None) -> None:
    texts = [
        _(
            "One learning rate for all batch sizes: the map of batch size × learning rate shows"
            " which rate suits which."
        )
    ]
    widest = max(getattr(run, document().view.quantity).width for run in history.runs)
    if widest > 1:
        text = _(
            "Drawn is one value for up to {count} updates: the last of each bin, so peaks in"
            " between are not seen."
        )
        texts.append(text.format(count=f"{widest:,}"))
    texts += thinning_words(history)
    if settings().charts in {"four", "seconds"}:
        texts += seconds_words(history, "seconds")
    texts += chart.said if chart is not None else ()
    st.caption(" ".join(texts))


def map_tab() -> None:
    """Train every batch size at every learning rate."""
    if has_no_rows():
        return
    experiment, selected = document().experiment, document().view.selected
    rule = experiment.runs[selected].optimizer
    rates = tuple(float(f"{rule.default_learning_rate * factor:.3g}") for factor in _FACTORS)
    sizes = batch_size_ladder(experiment.problem.training_rows)
    grid = st.grid(9, min_column_width=90, vertical_alignment="bottom")
    with grid.cell(column_span=2):
        run_name()
    with grid.cell(column_span=3):
        _budget_choice()
    with grid.cell(column_span=2):
        shown = ("final_loss", "iterations_to_target")
        page_choice(_("Shown"), "shown", shown, partial(label, "quantity"))
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
    try:
        sweep = batch_rate_sweep(experiment, selected, sizes, rates)
    except InvalidInput as error:
        st.error(explain(error))
        return
    said = _contract(sweep, sweep.runs[0].optimizer.title)
    targets = tuple(sorted({*_TARGETS, settings().target}))
    scores = scored(sweep, "epochs-map", targets)
    if scores is None:
        return
    losses = final_losses(scores)
    values = losses
    if settings().shown == "iterations_to_target":
        values = iterations_to(scores, settings().target)
    shape = (len(sizes), len(rates))
    names = [_size_name(size) for size in sizes]
    shown, legend = settings().shown, _map_legend(scores)

    def make() -> Chart:
        gone = _infinite(losses).reshape(shape)
        chart = batch_rate_map(values.reshape(shape), gone, names, rates, shown)
        return chart._replace(said=(legend,))

    figure(make, "epochs-map", said)
    st.caption(legend)


def _infinite(losses: Array) -> Booleans:
    return np.isposinf(losses)


def _map_legend(scores: Scores) -> str:
    parts = [_("{sign} diverged, ★ the lowest.").format(sign=DIVERGED)]
    seeds = len(scores.experiment.seeds)
    if seeds > 1:
        text = _("Medians of {count} seeds: a cell is diverged where half of them are.")
        parts.append(text.format(count=seeds))
        mixed = sum(0 < run.status.count("diverged") < seeds / 2 for run in scores.runs)
        if mixed:
            text = ngettext(
                "In {count} other cell some seed diverged.",
                "In {count} other cells some seed diverged.",
                mixed,
            )
            parts.append(text.format(count=mixed))
    if settings().shown == "iterations_to_target":
        parts.append(
            _(
                "{sign} the training loss never reached the target. All rows were evaluated once an"
                " epoch, so the target is noticed at the end of an epoch."
            ).format(sign=NEVER)
        )
    elif scores.runs[0].validation_loss is not None:
        parts.append(_("Final validation loss; darker is lower."))
    else:
        parts.append(_("Final training loss; darker is lower."))
    return " ".join(parts)


def _chart_name(name: str) -> str:
    return _("Four small charts") if name == "four" else label("quantity", name)


def _size_choice() -> None:
    """Offer powers of two and all rows; any other number can be typed."""
    rows = document().experiment.problem.training_rows
    powers = [str(2**power) for power in range(rows.bit_length()) if 2**power < rows]
    chosen = [str(size) for size in _sizes()]
    st.session_state["epochs-sizes"] = chosen
    st.multiselect(
        _("Batch sizes"),
        list(dict.fromkeys([*powers, "all", *chosen])),
        format_func=lambda name: _("all") if name == "all" else name,
        key="epochs-sizes",
        accept_new_options=True,
        max_selections=int(SIZES.high),
        on_change=_take_sizes,
    )
    _tell_what_is_left_out()


def _sizes() -> tuple[BatchSize, ...]:
    """Return the batch sizes that were chosen; else all rows, 32 and 1, as far as they differ.

    Chosen ones that are larger than the data has become since are left out.
    """
    rows = document().experiment.problem.training_rows
    sizes = tuple(size for size in settings().sizes if size == "all" or size <= rows)
    return sizes if len(sizes) in SIZES else ("all", *(size for size in (32, 1) if size < rows))


def _tell_what_is_left_out() -> None:
    """Say which of the chosen batch sizes the data are too few for."""
    rows = document().experiment.problem.training_rows
    large = [f"{size:,}" for size in settings().sizes if size != "all" and size > rows]
    if large:
        text = ngettext(
            "There is only {rows} training row: batch size {sizes} was left out.",
            "There are only {rows} training rows: batch size {sizes} was left out.",
            rows,
        )
        st.warning(text.format(rows=f"{rows:,}", sizes=", ".join(large)))


def _take_sizes() -> None:
    try:
        sizes = tuple(_as_size(text) for text in st.session_state["epochs-sizes"])
    except InvalidInput as error:
        refuse(error)
    else:
        set_page(sizes=sizes)


def _as_size(text: str) -> BatchSize:
    """Return a batch size that was chosen or typed.

    Raises:
        InvalidInput: it is no whole number from 1 to the training rows.
    """
    if text == "all":
        return "all"
    limits = Interval(1, document().experiment.problem.training_rows)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput("wrong_type", "batch_size", text, "integer")
    if int(text) not in limits:
        raise InvalidInput("out_of_range", "batch_size", text, limits)
    return int(text)


def _size_name(size: BatchSize) -> str:
    return _("all") if size == "all" else f"{size:,}"


def _budget_choice() -> None:
    """Choose what all batch sizes get equally much of."""
    st.session_state["epochs-unit"] = document().experiment.budget.unit
    st.segmented_control(
        _("Equal"),
        _UNITS,
        format_func=partial(label, "quantity"),
        key="epochs-unit",
        required=True,
        on_change=lambda: count_in(st.session_state["epochs-unit"]),
    )


def _contract(experiment: Experiment, rule: str) -> Contract:
    """State and return what is equal and what is not; say whom the kind of budget favours."""
    equal, unequal = contract(experiment, tuned=False)
    equal = [rule, *equal]
    st.caption(" · ".join([*equal, *(f"**{sentence}**" for sentence in unequal)]))
    st.markdown(favours(experiment))
    return equal, unequal


def favours(experiment: Experiment) -> str:
    """Return one sentence on whom an equal budget of this kind favours, with its numbers."""
    runs = sorted(experiment.runs, key=lambda run: experiment.counts(run).batch_size)
    small, large = runs[0], runs[-1]
    names = {
        "small": f"{experiment.counts(small).batch_size:,}",
        "large": f"{experiment.counts(large).batch_size:,}",
    }
    if experiment.budget.unit == "iterations":
        ratio = _rows_of(experiment, large) / _rows_of(experiment, small)
        text = _(
            "Equal iterations favour large batches: for as many updates B = {large} reads {ratio}"
            " times as many rows as B = {small}."
        )
        return text.format(ratio=_ratio(ratio), **names)
    ratio = experiment.iterations(small) / experiment.iterations(large)
    if ratio == 1:
        text = _("B = {small} and B = {large} make as many updates here: none is favoured by that.")
        return text.format(**names)
    text = {
        "epochs": _(
            "Equal epochs favour small batches: from as many passes over the rows B = {small}"
            " makes {ratio} times as many updates as B = {large}."
        ),
        "rows_seen": _(
            "Equal rows favour small batches: from as many rows B = {small} makes {ratio} times"
            " as many updates as B = {large}."
        ),
    }[experiment.budget.unit]
    return text.format(ratio=_ratio(ratio), **names)


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rows_of(experiment: Experiment, run: Any) -> int:
    return experiment.counts(run).rows_seen(experiment.iterations(run))


def _chart(history: History, styles: Sequence[RunStyle]) -> Chart:
    view, charts = document().view, settings().charts
    axes = AXES if charts == "four" else (charts,)
    return loss_on_four_axes(history, styles, view.quantity, axes, log=view.log)


def _is_line(experiment: Experiment) -> bool:
    """Tell whether the parameters are the w and b of a straight line."""
    problem = experiment.problem
    return problem.kind == "network" and problem.n_params == 2 and problem.bias


def _path_stride(experiment: Experiment) -> int | None:
    """Return after how many updates the parameters are recorded for a path."""
    if not _is_line(experiment):
        return None
    run = experiment.runs[document().view.selected]
    most = max(
        experiment.iterations(run.model_copy(update={"batch_size": size})) for size in _sizes()
    )
    return -(-most // _PATH_RECORDS)


def _paths(history: History, styles: Sequence[RunStyle], said: Contract) -> None:
    """Draw the paths on the exact (w, b) surface, of the first seed."""
    plane = exact_plane(history.experiment.problem)
    exact = _exact_surface(history.experiment.key, history, plane)
    names = parameter_names(history.experiment.problem)
    drawn = Field(exact.x, exact.y, exact.losses, (names[0], names[1]))

    def make() -> Chart:
        return contour(drawn, _trails(history, styles, plane), height=_PATHS)

    figure(make, "epochs-paths", said)
    every = history.experiment.record_every
    if every == 1:
        text = _("The exact training loss over w and b, and every update of every path.")
    else:
        text = _(
            "The exact training loss over w and b; of the paths every update number {every} and"
            " the end of every epoch are drawn."
        ).format(every=every)
    if len(history.experiment.seeds) > 1:
        text += " " + _("Paths of seed {seed}.").format(seed=history.experiment.seeds[0])
    st.caption(text)


def _trails(history: History, styles: Sequence[RunStyle], plane: Plane) -> list[Trail]:
    """Return the first seed's trail of every run, the largest batch last: it is the smoothest."""
    trails = []
    for place, (run, style) in enumerate(zip(history.runs, styles, strict=True)):
        way = path(history, plane, place)
        ended = float(run.last_step[0]) if run.status[0] == "diverged" else None
        x, y = way.coordinates.T
        trails.append(Trail(style, x, y, way.losses, way.steps.astype(float), "iterations", ended))
    sizes = [history.experiment.counts(run).batch_size for run in history.experiment.runs]
    return [trails[one] for one in np.argsort(sizes)]


@st.cache_resource(max_entries=8, show_spinner=False)
def _exact_surface(
    key: str,  # noqa: ARG001 - of the experiment, for the cache
    _history: History,
    _plane: Plane,
) -> Surface:
    window = default_window(_plane, _history)
    return computed(Wanted(_history.experiment, _plane, window, None, _GRID))


def _take_the_line() -> None:
    take_example(
        LINE,
        N_(
            "The comparison is now a straight line with 75 training rows and one run of SGD for 20"
            " epochs, on the Compare page as well."
        ),
        sizes=(),
    )
