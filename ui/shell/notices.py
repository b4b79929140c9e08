"""What a page says above its charts: what its runs have in common, and what a change led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.presets import is_about, shown_preset
from comparison.rates import rates_set_for
from language import _
from ui.shell.store import begun_with, document, notices, past
from ui.shell.terms import terms
from ui.shell.text import escaped
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.delta_generator import DeltaGenerator

    from exports.printed import Contract


def contract_line(tune: Callable[[], None] | None = None) -> None:
    """State once what is equal between the runs, in bold what is not; then show the notices.

    Args:
        tune: leads to better learning rates; offered where those of now were set for another
            problem. None offers nothing.
    """
    experiment = document().experiment
    if tune is None or best_rates().tried(experiment) or not rates_set_for(experiment, past()):
        state(terms(experiment))
    else:
        with st.container(horizontal=True, wrap=False, gap="small"):
            state(terms(experiment))
            st.button(
                _("Tune the rates"),
                icon=":material/tune:",
                type="tertiary",
                key="tune-rates",
                on_click=tune,
            )
    show_notices()


def state(contract: Contract) -> Contract:
    """State what is equal, in bold what is not; return it, for the captions of charts."""
    equal, unequal = contract
    parts = [*map(escaped, equal), *(f"**{escaped(sentence)}**" for sentence in unequal)]
    st.caption(" · ".join(parts))
    return contract


def preset_place() -> DeltaGenerator:
    """Return a container for ``preset_line``; style.css puts it last where the page is narrow."""
    return st.container(key="preset-text")


def preset_line() -> None:
    """Say what the preset that was taken last shows, and whether it has been changed since.

    Of other data it says nothing.
    """
    preset = shown_preset(begun_with())
    if preset is None or not is_about(preset, document().experiment):
        return
    parts = [f"**{_(preset.title)}.**", _(preset.text)]
    if document().experiment != preset.experiment:
        changed = _("You have changed something since: not all of this need hold any more.")
        parts.append(f"**{changed}**")
    st.markdown(" ".join(parts))


def show_notices() -> None:
    """Show what was refused, or changed along with something else."""
    for notice in notices():
        st.warning(escaped(notice))
