"""What a bundle holds, and what it has to leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURES = "figures/*.svg"  # left out as a whole where nothing here can draw them


@dataclass
class Contents:
    """A bundle while it is being made.

    Attributes:
        files: by their paths.
        left_out: for each path that is missing, or does not hold everything, the reason in words.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def leave_out_charts(self, reasons: Mapping[str, str]) -> None:
        """Note charts that are missing, by their names."""
        self.left_out |= {f"figures/{name}.html": why for name, why in reasons.items()}

    def has(self, start: str) -> bool:
        """Tell whether there is a file whose path starts like this."""
        return any(path.startswith(start) for path in self.files)
