"""The tabs of the Backpropagation page: what the graph is good for."""

from __future__ import annotations

from typing import Final

from language import N_
from ui.backpropagation.chain import chain_tab
from ui.backpropagation.descent import descent_tab
from ui.backpropagation.differences import differences_tab
from ui.backpropagation.meaning import meaning_tab
from ui.backpropagation.network import network_tab
from ui.shell.tabs import Tab, Tabs

TABS: Final = Tabs[[]](
    "backpropagation-tab",
    {
        "meaning": Tab(N_("What it means"), meaning_tab),
        "chain": Tab(N_("Chain rule by hand"), chain_tab),
        "descent": Tab(N_("Gradient descent"), descent_tab),
        "differences": Tab(N_("Numerical differentiation"), differences_tab),
        "network": Tab(N_("A whole network"), network_tab),
    },
)
