"""The tabs of the Compare page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from language import N_
from ui.compare.comparison import Comparison
from ui.compare.curves import norms_tab, score_tab
from ui.compare.find import find_tab
from ui.compare.fits import fits_tab
from ui.compare.loss import loss_tab
from ui.compare.rates import rates_tab
from ui.compare.results import details_tab
from ui.compare.settings import settings
from ui.compare.sharpness import sharpness_tab
from ui.shell.store import set_page
from ui.shell.tabs import Tab, Tabs

if TYPE_CHECKING:
    from collections.abc import Callable

TABS: Final = Tabs[[Comparison]](
    "compare-tab",
    {
        "loss": Tab(N_("Loss"), loss_tab),
        "score": Tab(N_("Score"), score_tab),
        "norms": Tab(N_("Norms"), norms_tab),
        "fits": Tab(N_("Fits"), fits_tab),
        "rates": Tab(N_("Learning-rate sensitivity"), rates_tab),
        "find": Tab(N_("Find settings"), find_tab),
        "sharpness": Tab(N_("Sharpness"), sharpness_tab),
        "details": Tab(N_("Details"), details_tab),
    },
)


def way_to_rates() -> Callable[[], None] | None:
    """Return what opens the tab that finds each run's best rate; None where it is open."""
    return None if settings().tab == "rates" else partial(set_page, tab="rates")
