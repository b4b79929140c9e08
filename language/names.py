"""Names of variables in print: their last digits as an index, or what they stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_INDEXED = re.compile(r"(.*?[^\W\d_])_?(\d+)\Z")


def in_html(name: str, names: Mapping[str, str]) -> str:
    """Return a variable for plotly's small HTML."""
    found = _INDEXED.match(name)
    if name in names or found is None:
        return names.get(name, name)
    return f"{found[1]}<sub>{found[2]}</sub>"


def in_latex(name: str, names: Mapping[str, str]) -> str:
    """Return a variable for KaTeX; a word stands upright."""
    found = _INDEXED.match(name)
    if name in names or (found is None and len(name) > 1):
        return rf"\text{{{names.get(name, name)}}}".replace("_", r"\_")
    if found is None:
        return name
    base = found[1] if len(found[1]) == 1 else rf"\text{{{found[1]}}}".replace("_", r"\_")
    return f"{base}_{{{found[2]}}}"
