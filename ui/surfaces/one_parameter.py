"""One parameter: the loss against it, with the tangent at the step and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.scenes import seen_parameters
from comparison.steps import (
    chosen_update,
    followed_instead,
    followed_words,
    is_finite,
    loss_along,
    point_words,
)
from engine import inspect, parameter_names
from language import _
from ui.shell.binding import bound
from ui.shell.figure import figure
from ui.shell.store import document, set_page
from ui.shell.terms import terms
from ui.surfaces.planes import parameter_controls
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from comparison.scenes import Scene
    from engine import Experiment, StepInspection


def one_parameter_tab(scene: Scene) -> None:
    """Show the loss against one parameter, the others as they are at the step."""
    parameter_controls()
    position, update = chosen_update(scene, document().view.selected, settings().step)
    if update == 0:
        st.info(_("This run has not taken a step."))
        return
    experiment = scene.history.experiment
    parameter = _choose_parameter(experiment)
    seen = inspect(experiment, position, experiment.seeds[0], update)
    if not is_finite(seen):
        st.info(_("The run has already diverged here, so there is no gradient to show."))
        return
    st.caption(_step_words(parameter_names(experiment.problem)[parameter], parameter, seen))
    followed = followed_instead(experiment, position, seen)
    for sentence in point_words(experiment, position):
        st.caption(sentence)
    if followed:
        st.caption(followed_words(followed))
    alone = experiment.model_copy(update={"runs": (experiment.runs[position],)})
    figure(
        lambda: loss_along(scene, position, parameter, seen),
        "surfaces-slice",
        terms(alone),
    )


def _choose_parameter(experiment: Experiment) -> int:
    """Choose one of the two parameters and return its position."""
    names = parameter_names(experiment.problem)
    parameters = seen_parameters(experiment.problem, settings())
    shown = min(settings().slice, len(parameters) - 1)
    bound(
        st.segmented_control,
        _("Parameter"),
        range(len(parameters)),
        format_func=lambda one: names[parameters[one]],
        required=True,
        key="surfaces-slice",
        shown=shown,
        report=lambda one: set_page(slice=one),
        label_visibility="collapsed",
    )
    return parameters[shown]


def _step_words(name: str, parameter: int, seen: StepInspection) -> str:
    """Return what the update does to the parameter, with its numbers."""
    text = _(
        "The loss against {name} alone, with the other parameters kept as they are at step {step}."
        " The slope says which way to go: the update subtracts {rate} times the direction"
        " {direction} and arrives at {after}."
    )
    return text.format(
        name=name,
        step=seen.step - 1,
        rate=f"{seen.learning_rate:.4g}",
        direction=f"{seen.direction[parameter]:.4g}",
        after=f"{seen.after[parameter]:.4g}",
    )
