"""The tabs below the picture of the Surfaces page."""

from __future__ import annotations

from typing import Final

from comparison.scenes import Scene
from language import N_
from ui.shell.tabs import Tab, Tabs
from ui.surfaces.curves import distance_tab, rates_tab, wrong_tab
from ui.surfaces.kinds import kind
from ui.surfaces.one_parameter import one_parameter_tab
from ui.surfaces.step import step_tab
from ui.surfaces.theory import theory_tab


def _is_a_slice(scene: Scene) -> bool:
    """Tell whether the surface is a plane among more parameters, which paths may leave."""
    return scene.history.experiment.problem.n_params > 2


def _is_neuron(_scene: Scene) -> bool:
    return kind() == "neuron"


TABS: Final = Tabs[[Scene]](
    "surfaces-tab",
    {
        "step": Tab(N_("One step"), step_tab),
        "rates": Tab(N_("Effective learning rates"), rates_tab),
        "theory": Tab(N_("Theory"), theory_tab),
        "slice": Tab(N_("One parameter"), one_parameter_tab),
        "distance": Tab(N_("Distance from the plane"), distance_tab, _is_a_slice),
        "wrong": Tab(N_("Confident and wrong"), wrong_tab, _is_neuron),
    },
)
