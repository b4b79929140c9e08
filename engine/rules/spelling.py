r"""Lines as papers write them, in plain names: Greek letters, hats, and the index of the update.

``β₁``, ``β_1`` and ``\beta_1`` are ``beta1``, ``m̂_t`` is ``m_hat``, ``g_t`` is ``g``; ``λ`` is
``lam``, because lambda is a word of Python's, and ``θ`` is ``params``. ``m_t`` and ``m_{t-1}`` both
are ``m``: what they say of the order of lines is kept, for who reads the lines to check it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from engine.formulas.signs import LETTER, WORDLIKE

_GREEK: Final = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ϵ": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ϑ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "µ": "mu",  # the sign of millionths
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "ϱ": "rho",
    "σ": "sigma",
    "ς": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "ϕ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
}
GREEK: Final = frozenset(_GREEK.values())
_LOWERED: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_OTHERWISE: Final = {"lambda": "lam", "theta": "params"}
_HAT: Final = "\u0302"
_WORD: Final = re.compile(
    rf"(?P<arrow>←|:=)"
    rf"|(?<!{LETTER})(?<![_.])(?:\\(?:var)?(?=(?:{'|'.join(sorted(GREEK))})(?![A-Za-z])))?"
    rf"(?P<name>{LETTER}(?:{WORDLIKE}|{_HAT})*?)"
    rf"(?P<digits>_\d{{1,2}}|_\{{\d{{1,2}}\}})?"
    rf"(?P<index>_t[-−]1(?![\w.])|_\{{\s*t\s*(?:[-−]\s*1|\+\s*1)?\s*\}}|(?:_t)+|_?ₜ(?:[₋₊]₁)?)?"
    rf"(?!{WORDLIKE}|{_HAT})"
)


class Index(NamedTuple):
    """The index of an update, as a paper writes it below a name.

    Attributes:
        position: of the name, from 0.
        name: in plain letters.
        update: "t", "t-1", "t+1", or "" where it cannot be told.
    """

    position: int
    name: str
    update: str


class Spelled(NamedTuple):
    """A line in plain names.

    Attributes:
        text: the line.
        origins: for each of its characters and its end, where that was typed, from 0.
        indices: of updates, which the text has no more.
    """

    text: str
    origins: tuple[int, ...]
    indices: tuple[Index, ...]


def spelled(line: str) -> Spelled:
    """Return a line in plain names; what is no name stays as it is."""
    parts: list[str] = []
    origins: list[int] = []
    indices: list[Index] = []
    done = 0
    for word in _WORD.finditer(line):
        parts.append(line[done : word.start()])
        origins += range(done, word.start())
        name = "=" if word["arrow"] else _plain(word["name"], word["digits"] or "")
        if word["index"]:
            indices.append(Index(len(origins), name, _update(word["index"])))
        parts.append(name)
        done = word.end()
        origins += range(word.start(), done) if name == word[0] else [word.start()] * len(name)
    parts.append(line[done:])
    origins += range(done, len(line) + 1)
    return Spelled("".join(parts), tuple(origins), tuple(indices))


def _plain(name: str, digits: str) -> str:
    """Return a name in Latin letters, digits and _, as far as its letters are known."""
    letters = ""
    for mark in name:
        bare = unicodedata.normalize("NFD", mark)
        is_hat = bare.endswith(_HAT) and len(bare) <= 2
        letters += _GREEK.get(mark, _LOWERED.get(mark, bare[:-1] + "_hat" if is_hat else mark))
    number = digits.strip("_{}")
    if number:
        return f"{letters}{number}" if letters in GREEK else f"{letters}_{number}"
    return _OTHERWISE.get(letters, letters)


def _update(index: str) -> str:
    """Return the update that an index means; "" for ``_t_t``, and ``_t-1``: a difference?"""
    if index.startswith("_t") and len(index) > len("_t"):
        return ""
    return re.sub(r"[_{}\s]", "", index.translate(str.maketrans("ₜ₋₊₁−", "t-+1-")))
