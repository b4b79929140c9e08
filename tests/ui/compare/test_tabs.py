"""The tabs of the Compare page."""

import json
from dataclasses import replace

import pytest

from engine import (
    Function,
    Run,
)
from engine.rules import SGD
from tests.driven import small
from tests.ui.compare.driven import page
from ui.compare.tabs import TABS

NO_ROWS = {
    "problem": Function(),
    "runs": [Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")],
}


@pytest.mark.parametrize("name", TABS.table)
def test_a_tab_that_is_closed_is_not_computed(name, show, monkeypatch):
    filled = []
    for other, tab in TABS.table.items():
        noted = replace(tab, fill=lambda _comparison, other=other: filled.append(other))
        monkeypatch.setitem(TABS.table, other, noted)
    show(name)
    page(small())

    assert filled == [name]


@pytest.mark.parametrize("fields", [{}, NO_ROWS], ids=["network", "function"])
@pytest.mark.parametrize("name", TABS.table)
def test_every_tab_has_something_to_show_for_every_problem(name, fields, show):
    show(name)
    at = page(small(**fields))

    charts = [one.key for one in at.get("plotly_chart") if one.key.startswith("chart-")]
    clocks = [one for one in at.get("bidi_component") if "panels" in json.loads(one.proto.json)]
    assert charts or clocks or len(at.dataframe) or len(at.info)
    assert (len(at.info) == 1) == (bool(fields) and name in {"score", "fits"})
