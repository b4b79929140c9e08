"""The tabs of the Epochs page: one idea each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from language import N_
from ui.epochs.batches import batches_tab, map_tab
from ui.epochs.count import count_tab
from ui.epochs.noise import noise_tab
from ui.epochs.overfitting import overfitting_tab
from ui.epochs.rows import rows_tab

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TITLES: Final = {
    "count": N_("The count"),
    "batches": N_("Batch, mini-batch, stochastic"),
    "rows": N_("Which rows, when"),
    "noise": N_("Gradient noise"),
    "overfitting": N_("Too few, too many epochs"),
    "map": N_("Batch size × learning rate"),
}
FILL: Final[Mapping[str, Callable[[], None]]] = {
    "count": count_tab,
    "batches": batches_tab,
    "rows": rows_tab,
    "noise": noise_tab,
    "overfitting": overfitting_tab,
    "map": map_tab,
}
