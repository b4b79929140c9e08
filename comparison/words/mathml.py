r"""Formulas as MathML, which browsers draw without help, offline and on paper.

Reads the small part of LaTeX in which the engine writes its formulas: letters, digits, signs,
``_`` and ``^``, ``\frac``, ``\tfrac``, ``\sqrt``, ``\hat``, ``\operatorname``, ``\text`` of a name,
``\left``, ``\right``, norms ``\|x\|``, spaces, ``\\`` and the names below. Anything else is an
error, so that no formula is drawn wrongly.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")
LETTERS: Final = {
    r"\alpha": "α",
    r"\beta": "β",
    r"\gamma": "γ",
    r"\delta": "δ",
    r"\epsilon": "ε",
    r"\varepsilon": "ε",
    r"\zeta": "ζ",
    r"\eta": "η",
    r"\theta": "θ",
    r"\iota": "ι",
    r"\kappa": "κ",
    r"\lambda": "λ",
    r"\mu": "μ",
    r"\nu": "ν",
    r"\xi": "ξ",
    r"\pi": "π",
    r"\rho": "ρ",
    r"\sigma": "σ",
    r"\tau": "τ",
    r"\upsilon": "υ",
    r"\phi": "φ",
    r"\varphi": "φ",
    r"\chi": "χ",
    r"\psi": "ψ",
    r"\omega": "ω",
    r"\Gamma": "Γ",
    r"\Delta": "Δ",
    r"\Theta": "Θ",
    r"\Lambda": "Λ",
    r"\Xi": "Ξ",
    r"\Pi": "Π",
    r"\Sigma": "Σ",
    r"\Upsilon": "Υ",
    r"\Phi": "Φ",
    r"\Psi": "Ψ",
    r"\Omega": "Ω",
    r"\nabla": "∇",
    r"\partial": "∂",
    r"\infty": "∞",
}
_NAME: Final = re.compile(r"\\operatorname\{(\w+)\}")
_LOWERED: Final = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_WORDS: Final = frozenset(
    {r"\arccos", r"\arcsin", r"\arctan", r"\cos", r"\cosh", r"\exp", r"\ln", r"\log", r"\max"}
    | {r"\min", r"\sin", r"\sinh", r"\tan", r"\tanh"}
)
_SIGNS: Final = {
    "-": "−",
    r"\cdot": "·",
    r"\sum": "∑",
    r"\in": "∈",
    r"\{": "{",
    r"\}": "}",
    r"\|": "‖",
    r"\top": "⊤",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\rightarrow": "→",
    r"\times": "×",
    r"\le": "≤",
    r"\ge": "≥",
    r"\ne": "≠",
    r"\dots": "…",
    r"\langle": "⟨",
    r"\rangle": "⟩",
    r"\leftarrow": "←",
    r"\lVert": "‖",
    r"\rVert": "‖",
}
_AROUND: Final = {
    r"\sqrt": "<msqrt>{}</msqrt>",
    r"\hat": "<mover accent='true'>{}<mo>^</mo></mover>",
}
_OPERATORS: Final = frozenset("+=()[]|,;:/!<>")
_BEFORE_NAMES: Final = frozenset({r"\left", r"\right", r"\operatorname"})
_SPACES: Final = {
    r"\,": "0.17em",
    r"\;": "0.28em",
    r"\ ": "0.3em",
    r"\quad": "1em",
    r"\qquad": "2em",
}


def plain_symbol(latex: str) -> str:
    r"""Return a letter or a name, perhaps with an index, in plain text: ``\beta_1`` becomes β₁."""
    latex = _NAME.sub(r"\1", latex)
    letter, _lower, index = latex.partition("_")
    return LETTERS.get(letter, letter.lstrip("\\")) + index.translate(_LOWERED)


def mathml(latex: str) -> str:
    r"""Return a formula as a MathML element; lines end with ``\\``.

    Raises:
        ValueError: the formula contains other LaTeX than the part that is read here.
    """
    lines = (f"<mtr><mtd>{_Reader(line).row()}</mtd></mtr>" for line in latex.split(r"\\"))
    table = f'<mtable columnalign="left" displaystyle="true">{"".join(lines)}</mtable>'
    return f'<math display="block">{table}</math>'


class _Reader:
    """Reads one line, mark by mark."""

    def __init__(self, latex: str) -> None:
        self._tokens = _TOKEN.findall(latex)
        self._next = 0

    def row(self, end: str | None = None) -> str:
        """Read up to a mark, or to the end."""
        parts = []
        while self._peek() != end:
            parts.append(self._scripted())
        self._next += end is not None
        return "".join(parts)

    def _peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> str:
        mark = self._peek()
        if mark is None:
            raise ValueError("the formula ends too early")
        self._next += 1
        return mark

    def _scripted(self) -> str:
        """Read one item with its subscript and superscript."""
        base, scripts = self._atom(), {}
        while self._peek() in {"_", "^"}:
            sign = self._take()
            scripts[sign] = self._argument()
        if not scripts:
            return base
        if len(scripts) == 2:
            return f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
        ((sign, script),) = scripts.items()
        tag = "msub" if sign == "_" else "msup"
        return f"<{tag}>{base}{script}</{tag}>"

    def _argument(self) -> str:
        """Read a group or one item; of a number without braces LaTeX takes one digit."""
        mark = self._peek()
        if mark is not None and mark.isdigit() and len(mark) > 1:
            self._tokens[self._next : self._next + 1] = [mark[0], mark[1:]]
        return f"<mrow>{self._atom()}</mrow>"

    def _word(self) -> str:
        """Read the letters in braces."""
        letters = []
        while (mark := self._take()) != "}":
            letters.append(mark)
        word = "".join(letters[1:])
        if letters[:1] != ["{"] or not (word.isalpha() and word.isascii()):
            raise ValueError(f"cannot draw {word}")
        return word

    def _atom(self) -> str:
        mark = self._take()
        if mark == "{":
            return f"<mrow>{self.row('}')}</mrow>"
        if mark in {r"\frac", r"\tfrac"}:
            above, below = self._argument(), self._argument()
            return f"<mfrac>{above}{below}</mfrac>"
        if mark in _AROUND:
            return _AROUND[mark].format(self._argument())
        if mark == r"\text":
            return f"<mtext>{self._name()}</mtext>"
        return self._named(mark) if mark in _BEFORE_NAMES else _leaf(mark)

    def _name(self) -> str:
        """Read letters of any script, digits and underscores in braces."""
        letters = []
        while (mark := self._take()) != "}":
            letters.append("_" if mark == r"\_" else mark)
        name = "".join(letters[1:])
        if letters[:1] != ["{"] or re.fullmatch(r"\w+", name) is None:
            raise ValueError(f"cannot draw {name} as a name")
        return name

    def _named(self, mark: str) -> str:
        """Read a bracket that grows, or the name of a function, letters between braces."""
        opening, name = self._take(), ""
        if mark != r"\operatorname":
            return f"<mo stretchy='true'>{escape(_SIGNS.get(opening, opening))}</mo>"
        while (mark := self._take()) != "}":
            name += mark
        if opening != "{" or not (name.isalpha() and name.isascii()):
            raise ValueError(f"cannot draw {opening}{name}}} as a name")
        return f"<mi>{name}</mi>"


def _leaf(mark: str) -> str:
    if mark in _SPACES:
        return f"<mspace width='{_SPACES[mark]}'></mspace>"
    if mark in _SIGNS or mark in _OPERATORS:
        return f"<mo stretchy='false'>{escape(_SIGNS.get(mark, mark))}</mo>"
    if mark[0].isdigit():
        return f"<mn>{mark}</mn>"
    if mark in LETTERS or mark in _WORDS or mark.isalpha():
        return f"<mi>{LETTERS.get(mark, mark.lstrip(chr(92)))}</mi>"
    raise ValueError(f"cannot draw {mark}")
