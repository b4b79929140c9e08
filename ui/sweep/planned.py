"""What the page plans: its sweep and how large that is, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from comparison.sweep.plan import page_of, sweep_of
from comparison.words.errors import explain
from engine import InvalidInput
from sweeps.chunking import Chunking, Size
from ui.shell.store import whole_document

if TYPE_CHECKING:
    from comparison.document import Document
    from sweeps.spec import SweepSpec


@dataclass(frozen=True)
class Planned:
    """What the page plans.

    Attributes:
        spec: the sweep; None where the plan does not fit together.
        size: how large it is.
        why_not: why there is none, in words.
    """

    spec: SweepSpec | None = None
    size: Size | None = None
    why_not: str = ""


def planned() -> Planned:
    """Return the sweep of the plan, and how large it is."""
    whole = whole_document()
    page = page_of(whole)
    relevant = page.model_copy(update={"tab": "map", "setting": None, "held": (), "brushes": ()})
    try:
        spec, size = _measured(_Keyed(whole, whole.experiment.key + relevant.model_dump_json()))
    except InvalidInput as error:
        return Planned(why_not=explain(error))
    return Planned(spec, size)


@dataclass(frozen=True)
class _Keyed:
    """A document that is compared by a text: values of axes may be lists, which have no hash."""

    whole: Document
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=64)
def _measured(keyed: _Keyed) -> tuple[SweepSpec, Size]:
    spec = sweep_of(keyed.whole)
    return spec, Chunking(spec).size
