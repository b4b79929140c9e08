"""Gradient noise: mini-batch gradients around the full one, at a chosen point of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.noise import angles_against_size, gradient_cloud, variance_against_size
from comparison.words.errors import explain
from engine import Interval, InvalidInput, batch_gradients, measure_noise, row_gradients
from engine.analysis.noise import most_scattered, noisiest
from engine.landscape.planes import parameter_names, recorded_params
from language import _
from language.labels import inline
from ui.epochs.settings import settings
from ui.epochs.switches import has_no_rows, run_name
from ui.shell.binding import bound
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.notices import state
from ui.shell.presentation import aside, is_presented
from ui.shell.store import document, set_page, styles
from ui.shell.terms import terms
from ui.shell.training import trained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from engine import Experiment, Noise, RunHistory
    from engine.arrays import Array
    from engine.counts import Sampling
    from exports.printed import Contract

_CLOUD: Final = 300  # mini-batches of the cloud
_LISTED: Final = 50  # parameters to choose from, those that scatter most


@dataclass(frozen=True, eq=False)
class _Measured:
    """Gradients of all rows at one point, and how batches of them scatter."""

    gradients: Array
    noises: dict[Sampling, Noise]


def noise_tab() -> None:
    """Show how far mini-batch gradients lie from the full gradient."""
    if has_no_rows():
        return
    experiment, selected = document().experiment, document().view.selected
    grid = st.grid(2 if is_presented() else 5, min_column_width=170, vertical_alignment="bottom")
    if not is_presented():
        with grid.cell():
            run_name()
    point, size = grid.cell(), grid.cell()
    history = trained(experiment, "epochs-comparison")
    if history is None:
        return
    run = history.runs[selected]
    with point:
        step = _choose_point(run)
    params = _params_at(run, step)
    if params is None:
        st.info(_("The run has already diverged here, so there is no gradient to show."))
        return
    try:
        measured = _measure(experiment.key, selected, step, experiment, params)
    except InvalidInput as error:
        st.error(explain(error))
        return
    with size:
        batch_size = _choose_size(len(measured.gradients))
    axes = _parameters(measured.gradients)
    if not is_presented():
        listed = most_scattered(measured.gradients, _LISTED)
        names = parameter_names(experiment.problem)
        for axis in range(2):
            with grid.cell():
                _choose_parameter(axis, axes, listed, names)
    with aside():
        stated = state(terms(_alone()))
    _charts(measured, axes, batch_size, step / run.per_epoch, stated)


def _params_at(run: RunHistory, step: int) -> Array | None:
    """Return the first seed's parameters recorded at a step; None where it has diverged by then."""
    steps, params = recorded_params(run)
    return dict(zip(steps.tolist(), params, strict=True)).get(step)


def _choose_size(rows: int) -> int:
    """Choose the batch size of the cloud and return it."""
    batch_size: int = min(settings().noise_size, rows)
    number(
        "batch_size",
        batch_size,
        Interval(1, rows),
        "epochs-noise-size",
        lambda value: set_page(noise_size=value),
        title=_("Batch size of the cloud"),
        stops=[*(2**power for power in range(rows.bit_length()) if 2**power < rows), rows],
        bounded=True,
    )
    return batch_size


def _alone() -> Experiment:
    """Return the run whose gradients are looked at, with the seed that it is looked at with."""
    experiment, selected = document().experiment, document().view.selected
    update = {"runs": (experiment.runs[selected],), "seeds": experiment.seeds[:1]}
    return experiment.model_copy(update=update)


def _charts(
    measured: _Measured, axes: tuple[int, ...], batch_size: int, epoch: float, caption: Contract
) -> None:
    """Show the cloud of two parameters, the variance and the angles."""
    experiment, selected = document().experiment, document().view.selected
    run, seed = experiment.runs[selected], experiment.seeds[0]
    names = parameter_names(experiment.problem)
    batches = batch_gradients(measured.gradients, batch_size, run.sampling, seed, _CLOUD)
    two, noise = [axes[0], axes[-1]], measured.noises[run.sampling]
    rows, drawn = measured.gradients[:, two], batches[:, two]
    titles = [names[position] for position in two]
    grid = st.grid(3, min_column_width=300)
    with grid.cell():
        st.markdown("**" + _("Around the full gradient") + "**")
        _chart(
            lambda: gradient_cloud(rows, drawn, titles, batch_size), "epochs-cloud", epoch, caption
        )
    with grid.cell():
        st.markdown("**" + _("Variance against batch size") + "**")
        _chart(lambda: variance_against_size(measured.noises), "epochs-variance", epoch, caption)
    with grid.cell():
        st.markdown("**" + _("Angle to the full gradient") + "**")
        _chart(lambda: angles_against_size(noise), "epochs-angles", epoch, caption)
    st.caption(_remarks(noise, len(measured.gradients), run.sampling))


def _chart(make: Callable[[], Chart], key: str, epoch: float, caption: Contract) -> None:
    """Show a chart and below it its remarks; its files also name the run and the point."""
    experiment, selected = document().experiment, document().view.selected
    text = _("gradients of {run} at epoch {epoch}, seed {seed}")
    where = text.format(run=styles()[selected].name, epoch=f"{epoch:.6g}", seed=experiment.seeds[0])

    def exported() -> Chart:
        chart = make()
        return chart._replace(remarks=(where, *chart.remarks))

    chart = figure(exported, key, caption)
    if chart is not None and len(chart.remarks) > 1:  # run and point stand above
        st.caption(" ".join(chart.remarks[1:]))


def _remarks(noise: Noise, rows: int, sampling: Sampling) -> str:
    """Return how the marks, lines and bands of the charts come about."""
    text = _(
        "Marks: measured from {draws} mini-batches of each size. Lines: predicted from the"
        " gradients of all {rows} rows, where S² = σ² is their variance; the bands extend two"
        " standard errors to each side. Angles: median and quartiles, {sampling}; above 90° a step"
        " goes uphill."
    )
    return text.format(
        draws=noise.angles.shape[1], rows=f"{rows:,}", sampling=inline("sampling", sampling)
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _measure(
    key: str,  # noqa: ARG001 - of the experiment, for the cache
    position: int,  # noqa: ARG001 - of the run, for the cache
    step: int,  # noqa: ARG001 - for the cache
    _experiment: Experiment,
    _params: Array,
) -> _Measured:
    """Return the noise at some parameters, measured once for every key."""
    gradients = row_gradients(_experiment, _params)
    seed = _experiment.seeds[0]
    samplings: tuple[Sampling, ...] = ("shuffled", "replacement")
    return _Measured(gradients, {name: measure_noise(gradients, name, seed) for name in samplings})


def _choose_point(run: RunHistory) -> int:
    """Choose one of the recorded epochs and return its step; the first seed's own last at most."""
    steps = [int(step) for step in run.params_steps if step <= run.last_step[0]]
    epochs = [step / run.per_epoch for step in steps]
    position = max(0, sum(epoch <= settings().epoch for epoch in epochs) - 1)
    if len(epochs) > 1:
        bound(
            st.select_slider,
            _("Epoch of the run"),
            epochs,
            epochs[position],
            key="epochs-point",
            shown=epochs[position],
            report=lambda epoch: set_page(epoch=epoch),
            format_func=lambda value: f"{value:.6g}",
        )
    return steps[position]


def _parameters(gradients: Array) -> tuple[int, ...]:
    """Return the two parameters of the cloud: those set, where the network has them."""
    chosen: tuple[int, ...] = settings().parameters
    if len(chosen) == 2 and max(chosen) < gradients.shape[1]:
        return chosen
    return noisiest(gradients)


def _choose_parameter(
    axis: int, axes: tuple[int, ...], listed: Sequence[int], names: Sequence[str]
) -> None:
    """Choose which parameter is drawn along an axis of the cloud."""
    own = axes[min(axis, len(axes) - 1)]

    def take(parameter: int) -> None:
        chosen = [*axes]
        chosen[min(axis, len(chosen) - 1)] = parameter
        set_page(parameters=tuple(chosen))

    bound(
        st.selectbox,
        (_("Horizontal parameter"), _("Vertical parameter"))[axis],
        list(dict.fromkeys([*listed, own])),
        format_func=names.__getitem__,
        key=f"epochs-parameter-{axis}",
        shown=own,
        report=take,
    )
