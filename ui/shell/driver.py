"""Work inside a page: it waits in the session across reruns, gives way, and can be stopped.

The work is a generator. While Streamlit reruns the page it waits under a slot of the session: where
the page asks for the same again, it goes on; where it asks for something else, it is dropped.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

import streamlit as st

from engine.work import Result, Task, Told
from language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from engine import Cost

AT_ONCE_SECONDS = 2.0  # longer work waits for a click


@dataclass
class Pending(Generic[Told, Result]):
    """Work that has not ended.

    Attributes:
        key: what it computes.
        task: the work, as far as it is.
        seconds: what it was estimated to take.
        worked: seconds that it has worked so far.
        paused: whether the reader stopped it.
    """

    key: object
    task: Task[Told, Result]
    seconds: float
    worked: float = 0.0
    paused: bool = False

    def toggle_pause(self) -> None:
        """Stop it, or let it go on."""
        self.paused = not self.paused


def waiting(slot: str, key: object) -> Pending[Any, Any] | None:
    """Return the work that waits in a slot; what computes something else is dropped."""
    pending: Pending[Any, Any] | None = st.session_state.get(slot)
    if pending is not None and pending.key != key:
        pending.task.close()
        del st.session_state[slot]
        return None
    return pending


def begin(
    slot: str,
    key: object,
    cost: Cost,
    work: Callable[[], Generator[Told, Any, Result]],
    offer: str | None,
) -> Pending[Told, Result] | None:
    """Begin some work; None while long work waits for a click.

    Args:
        slot: where in the session it waits.
        key: what it computes.
        cost: what it was estimated to take.
        work: begins it.
        offer: written on the button that long work waits for; None where it was asked for.

    Raises:
        InvalidInput: it takes longer than the limits allow.
    """
    cost.check_time()
    if offer is not None and cost.seconds > AT_ONCE_SECONDS:
        container = st.empty()
        if not container.button(offer, key=f"{slot}-begin"):
            return None
        container.empty()
    pending = Pending(key, Task(work()), cost.seconds)
    st.session_state[slot] = pending
    return pending


def may_be_stopped(pending: Pending[Any, Any]) -> bool:
    """Tell whether work is long, by its estimate or by the clock, or was stopped already."""
    return pending.paused or max(pending.seconds, pending.worked) > AT_ONCE_SECONDS


def stop_button(pending: Pending[Any, Any], slot: str) -> None:
    """Offer to stop long work, or to go on with what was stopped."""
    if may_be_stopped(pending):
        title = _("Resume") if pending.paused else _("Stop")
        st.button(title, key=f"{slot}-stop", on_click=pending.toggle_pause)


def drive(pending: Pending[Told, Result], slot: str, show: Callable[[], None]) -> Result:
    """Do all that is left and return the result; Streamlit may interrupt after every piece.

    Work that fails is not gone on with.

    Args:
        pending: the work.
        slot: where in the session it waits; free afterwards.
        show: called after every piece, to draw how far it is.
    """
    is_going_on = True
    while is_going_on:
        began = time.perf_counter()
        try:
            is_going_on = pending.task.go_on()
        except Exception:
            del st.session_state[slot]
            raise
        pending.worked += time.perf_counter() - began
        if is_going_on:
            show()
            let_streamlit_interrupt()
    del st.session_state[slot]
    return pending.task.result


def finish_on_the_page(work: Generator[Any, Any, Result]) -> Result:
    """Do short work at once; where Streamlit interrupts, it is dropped."""
    task = Task(work)
    while task.go_on():
        let_streamlit_interrupt()
    return task.result


def let_streamlit_interrupt() -> None:
    """Let Streamlit end this run where the reader has asked for another one.

    It looks for such a request whenever a script reads the session or draws.
    """
    st.session_state.get("anything")
