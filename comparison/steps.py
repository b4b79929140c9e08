"""One update of one run, taken apart: a table of it, and the loss along one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from charts.steps import Tangent, one_parameter
from comparison.scenes import seed_words
from comparison.words.remarks import reported_words
from engine import parameter_names, recorded_params, training_gradients, training_losses
from engine.rules import TypedRule
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.theme import Chart
    from comparison.scenes import Scene
    from engine import Experiment, StepInspection
    from engine.arrays import Array

_POINTS: Final = 121  # on a curve over one parameter


def chosen_update(scene: Scene, selected: int, step: float | None) -> tuple[int, int]:
    """Return the position of a run and the update that follows a step of the clock.

    Args:
        scene: the scene of a comparison, which may have fewer runs than there are now.
        selected: position of the selected run.
        step: where the clock is; None is the end.

    Returns:
        The position, and the number of the update from 1: the last one at the end, and 0 where the
        run has taken no step.
    """
    position = min(selected, len(scene.styles) - 1)
    run, clock = scene.history.runs[position], scene.clock
    tick = float(clock.ticks[clock.at(step)])
    before = round(tick * (run.per_epoch if clock.unit == "epochs" else 1))
    return position, min(before + 1, int(run.last_step[0]))


def update_words(name: str, update: int) -> str:
    """Return in words which update this is: the run's name, and the steps before and after it."""
    text = _("{run}, update {number}: from step {before} to step {after}.")
    return text.format(run=name, number=update, before=update - 1, after=update)


def point_words(experiment: Experiment, position: int) -> tuple[str, ...]:
    """Return where an update is, if that is not the point that the run reports."""
    alone = experiment.model_copy(update={"runs": (experiment.runs[position],)})
    return reported_words(alone, "update_norm")


def is_finite(seen: StepInspection) -> bool:
    """Tell whether a run was still finite before an update; otherwise it has diverged by then."""
    return bool(np.isfinite(seen.before).all())


def step_table(
    seen: StepInspection, names: Sequence[str], positions: Sequence[int]
) -> pd.DataFrame:
    """Return a row per quantity of an update and a column per parameter.

    With more than two parameters, a last column has the norm of the whole vector.

    Args:
        seen: the update.
        names: names of the parameters.
        positions: positions of the parameters that get a column.
    """
    rows = _quantities(seen)
    table = pd.DataFrame(
        {names[one]: [seen.at(values, one) for values in rows.values()] for one in positions},
        index=list(rows),
    )
    if len(seen.before) > 2:
        table[_("Norm")] = [
            # Rates are not a vector: their norm means nothing.
            np.nan if values is seen.effective_learning_rate else float(np.linalg.norm(values))
            for values in rows.values()
        ]
    return table


def _quantities(seen: StepInspection) -> Mapping[str, Array]:
    """Return the vectors of an update by their titles, in the order in which they are computed."""
    corrected, clipped = _("{slot}, corrected"), seen.clipped_gradient
    return {
        _("Before"): seen.before,
        _("Gradient"): seen.gradient,
        **({} if clipped is None else {_("Gradient, clipped"): clipped}),
        **({} if seen.second_gradient is None else {_("Second gradient"): seen.second_gradient}),
        **{label("slot", name): values for name, values in seen.slots_after.items()},
        **{
            corrected.format(slot=label("slot", name)): values
            for name, values in seen.corrected.items()
        },
        **(
            {}
            if isinstance(seen.optimizer, TypedRule)  # where it is not known
            else {_("Effective learning rate"): seen.effective_learning_rate}
        ),
        _("Direction"): seen.direction,
        _("Update, subtracted"): seen.update,
        _("After"): seen.after,
    }


def followed_instead(experiment: Experiment, position: int, seen: StepInspection) -> str:
    """Return what an update follows; "" if it is the slope of the loss itself.

    Args:
        experiment: what is trained.
        position: position of the run.
        seen: the update.
    """
    is_clipped = seen.clipped_gradient is not None and not np.array_equal(
        seen.clipped_gradient, seen.gradient, equal_nan=True
    )
    if experiment.is_full_batch(experiment.runs[position]):
        return _("clipped slope") if is_clipped else ""
    if experiment.problem.kind == "function":
        if experiment.problem.noise:
            return _("noisy slope, clipped") if is_clipped else _("noisy slope")
        return _("slope of this step, clipped") if is_clipped else _("slope of this step")
    return _("slope of the mini-batch, clipped") if is_clipped else _("slope of the mini-batch")


def followed_words(followed: str) -> str:
    """Return how the chart shows the slope that the update follows beside that of the loss."""
    text = _(
        "The dashed line is the slope of the loss shown; the dotted line is what the update"
        " follows: the {name}."
    )
    return text.format(name=followed)


def loss_along(scene: Scene, position: int, parameter: int, seen: StepInspection) -> Chart:
    """Return the loss over one parameter, with the tangent at an update and where the update leads.

    The other parameters keep their values from before the update.

    Args:
        scene: the scene of the run.
        position: position of the run.
        parameter: position of the parameter in a lane.
        seen: the update.
    """
    experiment, style = scene.history.experiment, scene.styles[position]
    before, after = float(seen.before[parameter]), float(seen.after[parameter])
    values = _range(scene, position, parameter, before, after)
    at = np.array([*values, before, after])
    params = np.tile(seen.before, (len(at), 1))
    params[:, parameter] = at
    losses = training_losses(experiment, params)
    followed = followed_instead(experiment, position, seen)
    gradient = seen.gradient if seen.clipped_gradient is None else seen.clipped_gradient
    tangent = Tangent(
        before,
        float(losses[-2]),
        float(training_gradients(experiment, seen.before[None])[0, parameter]),
        after,
        float(losses[-1]),
        (followed, float(gradient[parameter])) if followed else None,
    )
    name = parameter_names(experiment.problem)[parameter]
    chart = one_parameter(values, losses[:-2], tangent, style, name)
    remarks = [update_words(style.name, seen.step), *seed_words(experiment)]
    remarks += point_words(experiment, position)
    if followed:
        remarks.append(followed_words(followed))
    return chart._replace(remarks=tuple(remarks))


def _range(scene: Scene, position: int, parameter: int, *shown: float) -> Array:
    """Return values of a parameter: the window's range if it is an axis, else the run's.

    They include the values that are marked, if these are finite.
    """
    if scene.history.experiment.problem.n_params == 2:
        axis = scene.field.x if parameter == 0 else scene.field.y
        low, high = float(axis[0]), float(axis[-1])
    else:
        _steps, params = recorded_params(scene.history.runs[position])
        low, high = float(params[:, parameter].min()), float(params[:, parameter].max())
        margin = 0.3 * (high - low) or 1.0
        low, high = low - margin, high + margin
    inside = [value for value in shown if np.isfinite(value)]
    return np.linspace(min(low, *inside), max(high, *inside), _POINTS)
