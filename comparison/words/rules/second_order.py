"""Rules that follow the curvature, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import LBFGS, Newton
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        LBFGS: RuleWords(
            N_(
                "Remembers the last M steps and how the gradient changed along each of them,"
                " and turns and stretches the gradient as the curvature that explains these"
                " changes asks for. Near a minimum few rules need fewer updates, and none of its"
                " numbers is a second derivative. With batches of some rows the changes would be"
                " noise, so it takes all rows; and as no line is searched here, it may leap far"
                " away where the curvature changes."
            ),
            (
                N_(
                    "PyTorch has this form, with one iteration per step, no line search and"
                    " tolerances of 0; it keeps 100 pairs unless told otherwise."
                ),
                N_(
                    "Optax makes the first step min(1, 1 / ‖g‖₂) g, with the Euclidean length,"
                    " and keeps every pair whose product is not 0; here it has to be above"
                    " 1e-10."
                ),
                N_(
                    "Keras has no L-BFGS. SciPy and scikit-learn search along the line, so that"
                    " an update takes several gradients."
                ),
            ),
        ),
        Newton: RuleWords(
            N_(
                "Remembers nothing: it reads all second derivatives, and steps to where the"
                " gradient of the quadratic that fits here is 0. On a convex quadratic that is the"
                " minimum, and at a rate η the error shrinks to 1 − η of itself in every step,"
                " however long the valley. It is drawn to saddles and maxima just as much, and"
                " where the Hessian is singular there is no step: the run diverges."
            ),
            (
                N_(
                    "PyTorch, Keras and Optax have no such rule. For n parameters the Hessian"
                    " has n² numbers, so it is offered for test functions alone."
                ),
                N_(
                    "Textbooks search along the line or add a number to the diagonal of the"
                    " Hessian; here the rate η is all that damps the step."
                ),
            ),
        ),
    }
)
