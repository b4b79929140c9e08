"""The scenes of the Surfaces page, computed with progress, Stop and a coarse surface first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from charts.surfaces import Field, contour
from comparison.surfaces import scenes
from comparison.words.errors import explain
from engine import InvalidInput, estimate_surface
from language import _
from ui.shell.figure import sketch
from ui.shell.store import document
from ui.shell.training import trained
from ui.surfaces.computing import coarse, refined
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from comparison.scenes import Scene
    from comparison.surfaces import Wanted
    from engine import Surface
    from ui.shell.training import Outcome

_COARSE_SECONDS = 0.4  # a coarse surface is shown while a finer one takes longer


def shown_scenes(shown: Outcome) -> list[Scene]:
    """Return the scenes to show, that of the comparison itself first; none while they wait."""
    if shown.history.experiment.problem.n_params < 2:
        st.info(
            _(
                "A surface needs two parameters, and this network has one. Switch on its biases"
                " under Starting weights, or give it a hidden layer."
            )
        )
        return []
    try:
        return scenes(
            shown.history,
            shown.styles,
            settings(),
            document().view.selected,
            lambda other: trained(other, "surfaces-counterpart"),
            _surface,
        )
    except InvalidInput as error:
        st.error(explain(error))
        return []


def _surface(wanted: Wanted) -> Surface | None:
    """Return the surface; where it takes a while, a coarse one is shown meanwhile."""
    rough = coarse(wanted)
    if rough is None or len(rough.x) == wanted.size:
        return rough
    seconds = estimate_surface(wanted.experiment, wanted.size, wanted.rows).seconds
    container = st.empty()
    if seconds > _COARSE_SECONDS:
        with container.container():
            field = Field(rough.x, rough.y, rough.losses)
            # The paths come with the finer one.
            sketch(lambda: contour(field, []), "surfaces-rough")
    fine = refined(wanted, rough)
    container.empty()
    return rough if fine is None else fine
