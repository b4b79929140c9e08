"""What a page says above its charts: what its runs have in common, and what a change led to."""

from __future__ import annotations

import streamlit as st

from comparison.presets import is_about, shown_preset
from comparison.words.contract import contract
from language import _
from ui.shell.store import begun_with, document, notices
from ui.shell.text import escaped
from ui.shell.tuning import best_rates


def contract_line() -> None:
    """State once what is equal between the runs, in bold what is not; then show the notices."""
    experiment = document().experiment
    equal, unequal = contract(experiment, tuned=best_rates().tried(experiment))
    st.caption(" · ".join([*equal, *(f"**{sentence}**" for sentence in unequal)]))
    show_notices()


def preset_line() -> None:
    """Say what the preset that was taken last shows, and whether it has been changed since.

    Of other data it says nothing.
    """
    preset = shown_preset(begun_with())
    if preset is None or not is_about(preset, document().experiment):
        return
    parts = [f"**{_(preset.title)}.**", _(preset.text)]
    if document().experiment != preset.experiment:
        changed = _("You have changed something since.")
        parts.append(f"**{changed}**")
    st.markdown(" ".join(parts))


def show_notices() -> None:
    """Show what was refused, or changed along with something else."""
    for notice in notices():
        st.warning(escaped(notice))
