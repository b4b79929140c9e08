"""A chart that cannot be drawn does not stop the rest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from language import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Chart

_log: Final = logging.getLogger(__name__)


def attempt(make: Callable[[], Chart | str], name: str) -> Chart | str:
    """Return a chart or, if there is none or drawing it fails, a sentence to show instead.

    Such an error is our bug; it is logged, and everything else goes on.
    """
    try:
        return make()
    except Exception:  # noqa: BLE001 - any error is shown and logged
        _log.exception("The chart %s could not be drawn.", name)
        return _(
            "Something went wrong in Descent Lab: this chart could not be drawn. Everything else"
            " is complete."
        )
