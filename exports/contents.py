"""What a bundle holds, and what it must leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE_FILE = "table.csv"  # a reader's table
PICTURES = "figures/*.svg"  # left out as a whole if nothing here can draw them


@dataclass
class Contents:
    """A bundle while it is being made.

    Attributes:
        files: contents by path.
        left_out: the reason in words for each path that is missing or incomplete.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def leave_out_charts(self, reasons: Mapping[str, str]) -> None:
        """Note charts that are missing, by their names."""
        self.left_out |= {f"figures/{name}.html": why for name, why in reasons.items()}

    def has(self, start: str) -> bool:
        """Tell whether there is a file whose path starts like this."""
        return any(path.startswith(start) for path in self.files)
