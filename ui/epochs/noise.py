"""Gradient noise: mini-batch gradients around the full one, at a chosen point of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from charts.noise import angles_against_size, gradient_cloud, variance_against_size
from comparison.words.contract import contract
from comparison.words.errors import explain
from engine import Interval, InvalidInput, batch_gradients, measure_noise, row_gradients
from engine.analysis.noise import noisiest
from engine.landscape.planes import parameter_names
from language import _
from language.labels import inline
from ui.epochs.switches import has_no_rows, run_name
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.session import document, set_page, settings, styles
from ui.shell.training import trained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from engine import Experiment, Noise, RunHistory
    from engine.arrays import Array
    from engine.counts import Sampling

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
    grid = st.grid(5, min_column_width=170, vertical_alignment="bottom")
    chosen, point, size, first, second = (grid.cell() for _cell in range(5))
    with chosen:
        run_name()
    history = trained(experiment, "epochs-comparison")
    if history is None:
        return
    run = history.runs[selected]
    with point:
        step = _choose_point(run)
    params = run.params[0, int(np.searchsorted(run.params_steps, step))]
    if not np.isfinite(params).all():
        st.info(_("The run has diverged by then: there is no gradient to look at."))
        return
    try:
        measured = _measure(experiment.key, selected, step, experiment, params)
    except InvalidInput as error:
        st.error(explain(error))
        return
    rows = len(measured.gradients)
    batch_size = min(settings().noise_size, rows)
    with size:
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
    names = parameter_names(experiment.problem)
    listed = np.argsort(-measured.gradients.var(axis=0), kind="stable")[:_LISTED].tolist()
    places = _parameters(measured.gradients)
    for axis, cell in enumerate((first, second)):
        with cell:
            _choose_parameter(axis, places, listed, names)
    _charts(measured, places, batch_size, names, step / run.per_epoch)


def _charts(
    measured: _Measured,
    places: tuple[int, ...],
    batch_size: int,
    names: Sequence[str],
    epoch: float,
) -> None:
    experiment, selected = document().experiment, document().view.selected
    run, seed = experiment.runs[selected], experiment.seeds[0]
    text = _("gradients of {run} at epoch {epoch}, seed {seed}")
    where = text.format(run=styles()[selected].name, epoch=f"{epoch:.6g}", seed=seed)
    alone = contract(experiment.model_copy(update={"runs": (run,)}), tuned=False)

    def leaving(make: Callable[[], Chart], key: str) -> None:
        def made() -> Chart:
            chart = make()
            return chart._replace(said=(where, *chart.said))

        chart = figure(made, key, alone)
        if chart is not None and len(chart.said) > 1:  # where it is is above
            st.caption(" ".join(chart.said[1:]))

    batches = batch_gradients(measured.gradients, batch_size, run.sampling, seed, _CLOUD)
    two = [places[0], places[-1]]
    grid = st.grid(3, min_column_width=300)
    with grid.cell():
        st.markdown("**" + _("Around the full gradient") + "**")
        rows, drawn = measured.gradients[:, two], batches[:, two]
        titles = [names[place] for place in two]
        leaving(lambda: gradient_cloud(rows, drawn, titles, batch_size), "epochs-cloud")
    with grid.cell():
        st.markdown("**" + _("Variance against batch size") + "**")
        leaving(lambda: variance_against_size(measured.noises), "epochs-variance")
    noise = measured.noises[run.sampling]
    with grid.cell():
        st.markdown("**" + _("Angle to the full gradient") + "**")
        leaving(lambda: angles_against_size(noise), "epochs-angles")
    text = _(
        "Marks: measured from {draws} mini-batches of every size. Lines: predicted from the"
        " gradients of all {rows} rows, S² = σ² their variance; the bands are two standard errors"
        " wide on each side. Angles: median and quartiles, {sampling}; above 90° a step goes"
        " uphill."
    )
    st.caption(
        text.format(
            draws=noise.angles.shape[1],
            rows=f"{len(measured.gradients):,}",
            sampling=inline("sampling", run.sampling),
        )
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
    place = max(0, sum(epoch <= settings().epoch for epoch in epochs) - 1)
    if len(epochs) > 1:
        st.session_state["epochs-point"] = epochs[place]
        st.select_slider(
            _("Epoch of the run"),
            epochs,
            key="epochs-point",
            format_func=lambda value: f"{value:.6g}",
            on_change=lambda: set_page(epoch=st.session_state["epochs-point"]),
        )
    return steps[place]


def _parameters(gradients: Array) -> tuple[int, ...]:
    """Return the two parameters of the cloud: those set, where the network has them."""
    chosen = settings().parameters
    if len(chosen) == 2 and max(chosen) < gradients.shape[1]:
        return chosen
    return noisiest(gradients)


def _choose_parameter(
    axis: int, places: tuple[int, ...], listed: list[int], names: Sequence[str]
) -> None:
    key = f"epochs-parameter-{axis}"
    own = places[min(axis, len(places) - 1)]
    st.session_state[key] = own

    def take() -> None:
        chosen: list[Any] = [*places]
        chosen[min(axis, len(chosen) - 1)] = st.session_state[key]
        set_page(parameters=tuple(chosen))

    st.selectbox(
        (_("Parameter across"), _("Parameter up"))[axis],
        list(dict.fromkeys([*listed, own])),
        format_func=lambda place: names[place],
        key=key,
        on_change=take,
    )
