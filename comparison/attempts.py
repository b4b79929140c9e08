"""A chart that cannot be drawn takes nothing else with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from language import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Chart

_log: Final = logging.getLogger(__name__)


def attempt(make: Callable[[], Chart], name: str) -> Chart | str:
    """Return a chart; where drawing it fails, the sentence that takes its place.

    Such an error is a fault of ours, and is in the log: a chart takes nothing else with it.
    """
    try:
        return make()
    except Exception:  # noqa: BLE001 - whatever it is, it is told and logged
        _log.exception("The chart %s could not be drawn.", name)
        return _(
            "Something went wrong in Descent Lab: this chart could not be drawn. Everything else"
            " is complete."
        )
