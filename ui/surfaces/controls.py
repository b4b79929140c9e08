"""The sidebar of the Surfaces page: which surface, where the runs start, how long they go."""

from __future__ import annotations

import streamlit as st

from comparison.edits import change, change_problem, move_start
from comparison.surfaces import drawn_start
from engine import LIMITS, InvalidInput, initial_params, parameter_names
from engine.limits import COORDINATE
from engine.problems.specs import Function, Network
from language import _
from ui.setup.sidebar import (
    budget_controls,
    dataset_numbers,
    function_controls,
    loss_controls,
    sidebar,
)
from ui.shell.controls import choice, number
from ui.shell.store import document, edit, refuse, set_page
from ui.surfaces.kinds import KINDS, kind, take_kind

_DRAWS = "surfaces-draws"  # how many starts were drawn


def surface_sidebar() -> None:
    """Offer the kinds of surface and what belongs to the chosen one."""
    choice(
        _("Surface"),
        kind(),
        list(KINDS),
        "surfaces-kind",
        take_kind,
        names=lambda name: _(KINDS[name]),
        help=_("The network is the one on the Compare page, with its data and its runs."),
    )
    if kind() == "network":
        sidebar()
        return
    problem = document().experiment.problem
    if problem.kind == "function":
        _function(problem)
    else:
        _rows(problem)
    _start()
    budget_controls()


def _function(problem: Function) -> None:
    function_controls(problem, lambda: set_page(window=None, step=None))
    with st.expander(_("Gradient noise")):
        number(
            "gradient_noise",
            problem.noise,
            Function.intervals()["noise"],
            "gradient-noise",
            lambda value: edit(change_problem, noise=value),
            title=_("Standard deviation"),
            stops=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
            help=_("Added to every gradient, the same for all runs; the loss stays exact."),
        )
        number(
            "seed",
            problem.noise_seed,
            LIMITS["seed"],
            "gradient-noise-seed",
            lambda seed: edit(change_problem, noise_seed=seed),
            title=_("Seed of the noise"),
            stops=range(10),
        )


def _rows(problem: Network) -> None:
    # More classes or features would be no single neuron.
    dataset_numbers(problem, without=("classes", "features"))
    number(
        "data_seed",
        document().experiment.data_seed,
        LIMITS["seed"],
        "data_seed",
        lambda seed: edit(change, data_seed=seed),
        title=_("Data seed"),
        stops=range(10),
    )
    with st.expander(_("Loss")):
        loss_controls(problem, without=("cross_entropy",))  # two outputs would be no single neuron


def _start() -> None:
    """Offer the start: two numbers, or a point by chance."""
    st.subheader(_("Start"), anchor=False)
    experiment = document().experiment
    names = parameter_names(experiment.problem)
    start = tuple(float(value) for value in initial_params(experiment, experiment.seeds[0]))
    for position, name in enumerate(names):
        title = _("Start {axis}").format(axis=name)

        def take(value: float, position: int = position, title: str = title) -> None:
            if value not in COORDINATE:  # to the engine all of them are the start
                refuse(InvalidInput("out_of_range", title, value, COORDINATE))
                return
            edit(change_problem, start=(value, start[1]) if position == 0 else (start[0], value))

        number(
            name,
            start[position],
            COORDINATE,
            f"surfaces-start-{position}",
            take,
            title=title,
            stops=[step / 2 for step in range(-20, 21)],
        )
    st.button(
        _("Random start"),
        key="surfaces-draw",
        on_click=_draw_start,
        help=_("Picks a new random point at every click; all runs start there."),
    )


def _draw_start() -> None:
    """Start at a point of the window that the next seed draws."""
    seed = st.session_state[_DRAWS] = st.session_state.get(_DRAWS, 0) + 1
    edit(move_start, *drawn_start(document().experiment.problem, seed))
