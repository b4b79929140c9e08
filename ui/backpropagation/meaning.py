"""What it means: each derivative in words, and all of them as bars."""

from __future__ import annotations

import streamlit as st

from charts.differences import influence_bars
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import caption, figures, output, sides
from ui.shell.figure import figure


def meaning_tab() -> None:
    """Say each derivative in words, and show all as bars."""
    names, found, result, slopes_beside = words.names(), figures(), output(), sides()
    slopes = {name: found[name][1] for name in settings().graph.inputs}
    sentences, bars = st.columns(2)
    with sentences:
        st.markdown(
            "\n".join(
                "- " + words.meaning(name, result, slope, slopes_beside[name])
                for name, slope in slopes.items()
            )
        )
    with bars:
        figure(
            lambda: influence_bars(slopes, result, names),
            "backpropagation-influence",
            caption(),
        )
