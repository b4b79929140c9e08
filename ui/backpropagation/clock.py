"""The one clock of the graph: play and slider in the picture, and the step of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from language import _
from ui.shell.store import set_page

WORDS: Final = (
    "backpropagation-words"  # key of the container that explains the step, below the picture
)
_KEY: Final = "backpropagation-clock"
_BEGAN: Final = "backpropagation-began"

_component = st.components.v2.component(
    "descent_graph_clock", js=(Path(__file__).parent / "clock.js").read_text("utf-8")
)


def first_step(version: str, step: int) -> int:
    """Return the step at which a picture is sent to the browser, which moves it on from there.

    To Streamlit a changed figure is a new chart, whose zoom is lost; so the figure stays the same
    at every step.

    Args:
        version: changes when the picture does, apart from the step.
        step: at which it stands.
    """
    began = st.session_state.get(_BEGAN)
    if began is None or began[0] != version:
        began = st.session_state[_BEGAN] = (version, step)
    return int(began[1])


def clock(chart: str, version: str, step: int, last: int) -> None:
    """Keep the picture and the page at one step; the picture sends its own when it rests.

    Args:
        chart: key of the picture.
        version: as for ``first_step``.
        step: at which the page stands.
        last: its largest value.
    """

    def take() -> None:
        event = st.session_state.get(_KEY, {}).get("step")
        if event is not None and event["version"] == version:
            set_page(step=int(event["step"]))

    data = {
        "chart": chart,
        "words": WORDS,
        "names": (_("Play"), _("Pause")),
        "version": version,
        "step": step,
        "last": last,
    }
    _component(key=_KEY, data=data, on_step_change=take)
