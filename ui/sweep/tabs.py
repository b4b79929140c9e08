"""The tabs of the Sweep page."""

from __future__ import annotations

from typing import Final

from comparison.sweep.look import Look
from exports.printed import Contract
from language import N_
from ui.shell.tabs import Tab, Tabs
from ui.sweep.range_test import range_tab
from ui.sweep.scores import scores_tab
from ui.sweep.views import curves_tab, map_tab, parallel_tab, table_tab


def _scores(look: Look, caption: Contract) -> None:
    scores_tab(look.lanes, look.styles, caption)


TABS: Final = Tabs[[Look, Contract]](
    "sweep-tab",
    {
        "map": Tab(N_("Map"), map_tab),
        "curves": Tab(N_("Curves"), curves_tab),
        "parallel": Tab(N_("Parallel coordinates"), parallel_tab),
        "table": Tab(N_("Table"), table_tab),
        "scores": Tab(N_("Scores"), _scores),
        "range": Tab(N_("Range test"), range_tab),
    },
)
