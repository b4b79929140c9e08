"""Text of users inside Markdown."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from charts.theme import SAMPLES
from comparison.words.cleaned import cleaned

if TYPE_CHECKING:
    from charts.theme import RunStyle

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINK_STARTS = re.compile(r"(?i)\b(h)(ttps?)|\b(w)(ww)")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no picture, link, formula or badge comes of it."""
    # A bare address would still become a link: a word joiner after its first letter prevents it.
    joined = _LINK_STARTS.sub(
        lambda found: "\u2060".join(filter(None, found.groups())), cleaned(text)
    )
    return _PUNCTUATION.sub(r"\\\1", joined)


def line_sample(style: RunStyle, height: int = 12) -> str:
    """Return a small picture of a run's line, colour and dash, as a data address.

    Args:
        style: of the run.
        height: pixels, of 28 in width; a table fills its rows with pictures, and would cut the
            ends off a flat one.
    """
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="28" height="{height}" viewBox="0 0 28 {height}">'
        f'<line x1="0" y1="{height / 2:g}" x2="28" y2="{height / 2:g}" '
        f'stroke="{style.colour}" stroke-width="3.5" '
        f'stroke-dasharray="{SAMPLES[style.dash]}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
