"""The tabs of the Epochs page: one idea each."""

from __future__ import annotations

from typing import Final

from language import N_
from ui.epochs.batches import batches_tab
from ui.epochs.count import count_tab
from ui.epochs.noise import noise_tab
from ui.epochs.overfitting import overfitting_tab
from ui.epochs.rate_map import map_tab
from ui.epochs.rows import rows_tab
from ui.shell.tabs import Tab, Tabs

TABS: Final = Tabs[[]](
    "epochs-tab",
    {
        "count": Tab(N_("Counting"), count_tab),
        "batches": Tab(N_("Batch, mini-batch, stochastic"), batches_tab),
        "rows": Tab(N_("Which rows, when"), rows_tab),
        "noise": Tab(N_("Gradient noise"), noise_tab),
        "overfitting": Tab(N_("Too few or too many epochs"), overfitting_tab),
        "map": Tab(N_("Batch size × learning rate"), map_tab),
    },
)
