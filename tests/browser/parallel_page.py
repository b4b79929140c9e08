"""A page with nothing but parallel coordinates of 100,000 rows: run by test_parallel.py."""

import numpy as np
import streamlit as st

from charts.parallel import Coordinate, kept, parallel_alt
from ui.sweep.parallel import parallel_canvas

ROWS = 100_000
RULES = ("SGD", "Momentum", "Nesterov", "RMSProp", "Adam", "AdamW")


@st.cache_resource
def coordinates():
    """Six axes: words, a few values, any values, rows without a value and rows with ∞."""
    numbers = np.random.default_rng(5)
    rule = numbers.integers(0, len(RULES), ROWS).astype(float)
    rate = 10.0 ** (numbers.integers(-12, 3, ROWS) / 3)
    momentum = np.where(rule == 0, np.nan, numbers.choice([0.5, 0.8, 0.9, 0.99], ROWS))
    width = numbers.integers(1, 65, ROWS).astype(float)
    seconds = numbers.gamma(2.0, 3.0, ROWS)
    loss = np.exp(numbers.normal(0, 0.4, ROWS) + np.abs(np.log10(rate) + 1.5) - 2)
    loss[(rate > 1) & (numbers.random(ROWS) < 0.7)] = np.inf
    return [
        Coordinate("rule", "Optimizer", rule, RULES),
        Coordinate("rate", "Learning rate", rate, log=True),
        Coordinate("momentum", "Momentum", momentum),
        Coordinate("width", "Units of the hidden layer", width),
        Coordinate("seconds", "Seconds", seconds),
        Coordinate("loss", "Validation loss", loss, log=True),
    ]


axes = coordinates()
brushes = st.session_state.setdefault("brushes", [])
st.title("Parallel coordinates")


def take(changed):
    st.session_state["undo"] = st.session_state["brushes"]
    st.session_state["brushes"] = changed
    st.session_state["reports"] = st.session_state.get("reports", 0) + 1


if st.button("Start anew"):
    brushes = st.session_state["brushes"] = []
    st.session_state.update(undo=[], reports=0)
if st.button("Undo"):
    brushes = st.session_state["brushes"] = st.session_state.pop("undo", [])
parallel_canvas(axes, brushes, take, "parallel", parallel_alt(axes, brushes))
st.text(repr([(brush.field, brush.low, brush.high) for brush in brushes]))
st.text(f"{kept(axes, brushes).sum()} kept")
st.text(f"{st.session_state.get('reports', 0)} reports")
