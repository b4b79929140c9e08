"""Below the picture: one step, the learning rates, theory, one parameter, the plane, two losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from charts.steps import Tangent, one_parameter, two_losses
from comparison.catalogue import distances, rates
from comparison.scenes import scene_words, seed_words, seen_parameters
from comparison.words.contract import contract
from comparison.words.remarks import stopped_words
from comparison.words.worked import worked
from engine import (
    inspect,
    parameter_names,
    recorded_params,
    sigmoid_losses,
    training_gradients,
    training_losses,
)
from language import N_, _
from language.labels import label
from ui.shell.controls import open_tabs
from ui.shell.figure import figure
from ui.shell.session import document, set_page, settings
from ui.shell.text import escaped
from ui.surfaces.kinds import kind
from ui.surfaces.planes import parameter_controls
from ui.surfaces.theory import theory_tab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import Chart
    from comparison.scenes import Scene
    from engine import Experiment, StepInspection

_TITLES: Final = {
    "step": N_("One step"),
    "rates": N_("Effective learning rates"),
    "theory": N_("Theory"),
    "slice": N_("One parameter"),
    "distance": N_("Distance from the plane"),
    "wrong": N_("Confident and wrong"),
}
_OF_PARAMETERS: Final = ("step", "rates", "slice")  # show two of them
_SLICE: Final = 121  # points of a curve over one parameter
_LOGITS: Final = np.linspace(-12.0, 12.0, 241)


def step_tabs(scene: Scene) -> None:
    """Show the tabs that say something about this surface; only the open one is computed."""
    titles = {name: title for name, title in _TITLES.items() if _says_something(name, scene)}
    opened = settings().tab if settings().tab in titles else "step"
    for name, tab in open_tabs(titles, "surfaces-tab", opened).items():
        if tab.open:
            with tab:
                if name in _OF_PARAMETERS:
                    parameter_controls()
                _FILL[name](scene)


def _says_something(name: str, scene: Scene) -> bool:
    if name == "distance":
        return scene.history.experiment.problem.n_params > 2
    if name == "wrong":
        return kind() == "neuron"
    return True


def step_tab(scene: Scene) -> None:
    """Show every quantity of one update, and the rule's formula with these numbers put in."""
    position, update = _chosen(scene)
    if update == 0:
        st.info(_("This run has taken no step."))
        return
    experiment = scene.history.experiment
    seen = inspect(experiment, position, experiment.seeds[0], update)
    names = parameter_names(experiment.problem)
    which = seen_parameters(experiment.problem, settings())
    name = scene.styles[position].name
    st.markdown(_update_words(f"**{escaped(name)}**", update))
    grid = st.grid(2, min_column_width=400)
    table, formula = grid.cell(), grid.cell()
    with table:
        _table(seen, [names[one] for one in which], which, experiment.problem.n_params)
    with formula:
        _formula(seen, [names[one] for one in which], which)


def _table(seen: StepInspection, names: Sequence[str], which: Sequence[int], n_params: int) -> None:
    """Show a row per quantity and a column per parameter; for networks the norm as well."""
    rows: dict[str, Any] = {
        _("Before"): seen.before,
        _("Gradient"): seen.gradient,
        **{label(name): values for name, values in seen.slots_after.items()},
        **{
            _("{slot}, corrected").format(slot=label(name)): values
            for name, values in seen.corrected.items()
        },
        _("Effective learning rate"): seen.effective_learning_rate,
        _("Direction"): seen.direction,
        _("Update"): seen.update,
        _("After"): seen.after,
    }
    table = pd.DataFrame(
        {
            name: [seen.at(values, place) for values in rows.values()]
            for name, place in zip(names, which, strict=True)
        },
        index=list(rows),
    )
    if n_params > 2:
        table[_("Norm")] = [
            # Rates are no vector: their norm says nothing.
            np.nan if name == _("Effective learning rate") else float(np.linalg.norm(values))
            for name, values in rows.items()
        ]
    st.dataframe(
        table,
        width="stretch",
        key="surfaces-step",
        column_config={
            name: st.column_config.NumberColumn(format="%.5g") for name in table.columns
        },
        placeholder="–",
        alt=_("Every quantity of the step, one column per parameter."),
    )


def _formula(seen: StepInspection, names: Sequence[str], which: Sequence[int]) -> None:
    formula = seen.optimizer.formula + r" \qquad \theta_t = \theta_{t-1} - \eta\,d_t"
    for name, place in zip(names, which, strict=True):
        st.caption(f"**{escaped(name)}**")
        lines = [_aligned(line) for line in worked(formula, seen.terms(place))]
        st.latex(r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}")


def _aligned(line: str) -> str:
    """Return an equation for an aligned block: symbols, numbers and value below each other."""
    left, right, *put_in, value = line.split(" = ")
    rows = [right, *put_in, value] if put_in else [f"{right} = {value}"]
    return left + r" \\ ".join(f" &= {row}" for row in rows)


def rates_tab(scene: Scene) -> None:
    """Show the effective learning rate of two parameters over the whole run, of every run."""
    st.caption(
        _(
            "The learning rate times the factor that the rule gives each parameter: 1 for SGD,"
            " Momentum and Nesterov, one over the root of its squared gradients, summed or"
            " averaged, for the others. The update is this number times the gradient; for Momentum"
            " times the velocity v, for Nesterov times g + μv, for Adam and AdamW times the"
            " corrected mean of the gradients (AdamW's decay is apart). Adagrad's dies out, that of"
            " RMSprop and Adam does not."
        )
    )
    if any(run.last_step[0] for run in scene.history.runs):
        style = settings()
        _captioned(figure(lambda: rates(scene, style), "surfaces-rates"), scene)


def slice_tab(scene: Scene) -> None:
    """Show the loss against one parameter with the tangent at the step and the next step."""
    position, update = _chosen(scene)
    if update == 0:
        st.info(_("This run has taken no step."))
        return
    experiment = scene.history.experiment
    names = parameter_names(experiment.problem)
    which = seen_parameters(experiment.problem, settings())
    key = "surfaces-slice"
    st.session_state[key] = min(settings().slice, len(which) - 1)
    st.segmented_control(
        _("Parameter"),
        range(len(which)),
        format_func=lambda one: names[which[one]],
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=lambda: set_page(slice=st.session_state[key]),
    )
    place = which[st.session_state[key]]
    seen = inspect(experiment, position, experiment.seeds[0], update)
    if not np.isfinite(seen.before).all():
        st.info(_("The run has diverged by then: there is no gradient to look at."))
        return
    text = _(
        "The loss against {name} alone, the other parameters as they are at step {step}. The"
        " slope says which way to go: the update takes {rate} times the direction {direction}, to"
        " {after}."
    )
    st.caption(
        text.format(
            name=names[place],
            step=update - 1,
            rate=f"{seen.learning_rate:.4g}",
            direction=f"{seen.direction[place]:.4g}",
            after=f"{seen.after[place]:.4g}",
        )
    )
    said = [_update_words(scene.styles[position].name, update), *seed_words(experiment)]
    followed = _followed(experiment, position)
    if followed:
        text = _(
            "Dashed is the slope of the loss that is drawn, dotted what the update follows: the"
            " {name}."
        )
        said.append(text.format(name=followed))
        st.caption(said[-1])

    def make() -> Chart:
        return _slice(scene, position, place, seen, followed)._replace(said=tuple(said))

    alone = experiment.model_copy(update={"runs": (experiment.runs[position],)})
    figure(make, "surfaces-slice", contract(alone, tuned=False))


def _followed(experiment: Experiment, position: int) -> str:
    """Return what a run's updates follow, where that is not the slope of the loss."""
    if experiment.is_full_batch(experiment.runs[position]):
        return ""
    if experiment.problem.kind == "function":
        return _("slope with its noise")
    return _("slope of the mini-batch")


def _slice(scene: Scene, position: int, place: int, seen: StepInspection, followed: str) -> Chart:
    """Return the loss over one parameter, and the update that was inspected."""
    experiment = scene.history.experiment
    values = _around(scene, place, position, float(seen.before[place]), float(seen.after[place]))
    at = np.array([*values, seen.before[place], seen.after[place]])
    params = np.tile(seen.before, (len(at), 1))
    params[:, place] = at
    losses = training_losses(experiment, params)
    tangent = Tangent(
        float(at[-2]),
        float(losses[-2]),
        float(training_gradients(experiment, seen.before[None])[0, place]),
        float(at[-1]),
        float(losses[-1]),
        (followed, float(seen.gradient[place])) if followed else None,
    )
    name = parameter_names(experiment.problem)[place]
    return one_parameter(values, losses[:-2], tangent, scene.styles[position], name)


def _around(scene: Scene, place: int, position: int, *shown: float) -> Any:
    """Return values of a parameter: the window's where it is an axis, else those of the run."""
    if scene.history.experiment.problem.n_params == 2:
        axis = scene.field.x if place == 0 else scene.field.y
        low, high = float(axis[0]), float(axis[-1])
    else:
        _steps, params = recorded_params(scene.history.runs[position])
        low, high = float(params[:, place].min()), float(params[:, place].max())
        air = 0.3 * (high - low) or 1.0
        low, high = low - air, high + air
    inside = [value for value in shown if np.isfinite(value)]
    return np.linspace(min(low, *inside), max(high, *inside), _SLICE)


def distance_tab(scene: Scene) -> None:
    """Show how far every run lies from the plane, step by step."""
    st.caption(
        _(
            "A path is drawn where it comes nearest to the plane. How far away it really is,"
            " this chart says: at 0 it lies in the plane."
        )
    )
    _captioned(figure(lambda: distances(scene), "surfaces-distance"), scene)


def _captioned(chart: Chart | None, scene: Scene) -> None:
    """Say below a chart what it does not show as it is, as far as nothing above has said it."""
    above = {*scene_words(scene), *stopped_words(scene.history)}
    said = [sentence for sentence in chart.said if sentence not in above] if chart else []
    if said:
        st.caption(" ".join(map(escaped, said)))


def wrong_tab(_scene: Scene) -> None:
    """Show both losses and their slopes at the logit against the predicted probability."""
    st.caption(
        _(
            "One row of class 1. Where the neuron is sure of class 0 it is confident and wrong: the"
            " cross-entropy is large and its slope at the logit nearly −1, of size 1, while the"
            " slope of the squared error vanishes, for the sigmoid is flat there."
        )
    )
    said = _("one row of class 1; computed from the two losses, nothing was trained")
    figure(lambda: two_losses(sigmoid_losses(_LOGITS)), "surfaces-wrong", ([said], []))


def _chosen(scene: Scene) -> tuple[int, int]:
    """Return the selected run and the update that leads on from the chosen step."""
    position = min(document().view.selected, len(scene.styles) - 1)
    run, clock = scene.history.runs[position], scene.clock
    tick = float(clock.ticks[clock.at(settings().step)])
    step = round(tick * (run.per_epoch if clock.unit == "epochs" else 1))
    return position, min(step + 1, int(run.last_step[0]))


def _update_words(name: str, update: int) -> str:
    text = _("{run}, update {number}: from step {before} to step {after}.")
    return text.format(run=name, number=update, before=update - 1, after=update)


_FILL: Final[dict[str, Callable[[Scene], None]]] = {
    "step": step_tab,
    "rates": rates_tab,
    "theory": theory_tab,
    "slice": slice_tab,
    "distance": distance_tab,
    "wrong": wrong_tab,
}
