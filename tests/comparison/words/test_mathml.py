"""Formulas as MathML."""

from xml.etree import ElementTree as ET

import pytest

from comparison.words.mathml import mathml
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.rules import RULES
from engine.rules.schedules import SCHEDULES

FORMULAS = [owner.formula for owner in (*RULES, *SCHEDULES, *LOSSES.values(), *FUNCTIONS)]


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_of_the_engine_can_be_drawn(formula):
    root = ET.fromstring(mathml(formula))  # noqa: S314 - our own text

    lines = root.findall("./mtable/mtr/mtd")
    assert len(lines) == formula.count(r"\\") + 1
    assert "\\" not in "".join(root.itertext())
    assert "{" not in "".join(root.itertext())


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("v_t", "<msub>[v]<mrow>[t]</mrow></msub>"),
        (r"\beta_1^t", "<msubsup>[β]<mrow><mn>1</mn></mrow><mrow>[t]</mrow></msubsup>"),
        (r"\tfrac12", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"\frac ab", "<mfrac><mrow>[a]</mrow><mrow>[b]</mrow></mfrac>"),
        (r"\sqrt s", "<msqrt><mrow>[s]</mrow></msqrt>"),
        ("x<y", "[x]<mo>&lt;</mo>[y]"),
        (r"\operatorname{sign}(g)", "[sign]<mo>(</mo>[g]<mo>)</mo>"),
        (r"\|g\|^2", "<mo>‖</mo>[g]<msup><mo>‖</mo><mrow><mn>2</mn></mrow></msup>"),
        (r"\left\|x\right\|", "<mo stretchy='true'>‖</mo>[x]<mo stretchy='true'>‖</mo>"),
        (r"\langle x, y \rangle", "<mo>⟨</mo>[x]<mo>,</mo>[y]<mo>⟩</mo>"),
        (r"a\,-b", "[a]<mspace width='0.17em'></mspace><mo>−</mo>[b]"),
    ],
)
def test_the_parts_of_a_formula(latex, expected):
    drawn = mathml(latex).replace(" stretchy='false'", "")

    expected = expected.replace("[", "<mi>").replace("]", "</mi>")
    assert f"<mtd>{expected}</mtd>" in drawn


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{x}{y}",
        r"\frac{a}",
        "{a",
        "§",
        '"',
        r"\begin{a}",
        r"\operatorname{<}",
        r"\operatorname x}",
        r"\operatorname x",
    ],
)
def test_what_is_not_known_is_an_error(latex):
    with pytest.raises(ValueError, match=r"cannot draw|ends too early"):
        mathml(latex)
