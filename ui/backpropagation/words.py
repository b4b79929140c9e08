"""The stories of the worked examples, the names of their variables, the rule of each operation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from language import N_, _
from ui.backpropagation.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES: Final = {
    "line": N_("y = 2x + 10"),
    "apples": N_("Two apples with tax"),
    "apples_and_grapes": N_("Two apples and three grapes with tax"),
    "square_of_sum": N_("z = t², t = x + y"),
    "one_weight": N_("One weight: ŷ = w·x learns y = 2x"),
    "sigmoid_network": N_("A 2-2-2 network of sigmoids"),
    "relu_neuron": N_("A ReLU neuron around its kink"),
    "softmax": N_("Softmax with cross-entropy"),
    "own": N_("A formula of your own"),
}
VARIANTS: Final = {
    "below": N_("below"),
    "at": N_("at it"),
    "above": N_("above"),
}
STORIES: Final = {
    "line": N_(
        "A formula becomes a graph: circles are operations, boxes are what they work on. The value"
        " of x flows forward; the derivative of y flows back."
    ),
    "apples": N_(
        "Two apples at 100 won each, with 10% tax (a factor of 1.1): what do they cost, and how"
        " much does each of the three numbers matter?"
    ),
    "apples_and_grapes": N_(
        "Two apples at 100 won and three grapes at 150 won, with 10% tax: the addition hands the"
        " same derivative to both kinds of fruit."
    ),
    "square_of_sum": N_(
        "A function of a function. The chain rule multiplies: ∂z/∂x = ∂z/∂t · ∂t/∂x = 2t · 1 ="
        " 2(x + y)."
    ),
    "one_weight": N_(
        "The smallest network of all: one weight w, which starts at 3, learns y = 2x from the"
        " points x = 1, 2, 3. Its predictions are p = w·x and its loss is the mean squared error."
        " All three points pull on the same w, so their derivatives add up."
    ),
    "sigmoid_network": N_(
        "Two inputs, two hidden and two output neurons, all sigmoids without biases; the loss is E"
        " = ½(t₁ − o₁)² + ½(t₂ − o₂)². The derivatives flow back from E to every weight, and one"
        " step of gradient descent at rate 0.5 takes w₅ from 0.25 to 0.22562721."
    ),
    "relu_neuron": N_(
        "A ReLU lets through whatever is above 0. Below 0, its output is 0 and so is every"
        " derivative: nothing can be learnt there. At the kink itself the derivative is a matter"
        " of choice; here it is 0."
    ),
    "softmax": N_(
        "Three logits z become probabilities p = softmax(z); the loss is the cross-entropy with the"
        " target t. However long the graph, what arrives at the logits is p − t where the targets"
        " add up to 1, and p·Σt − t in general."
    ),
    "own": N_(
        "Write any formula with named variables. Identical parts become one node, and where a"
        " number is used several times, its derivatives add up."
    ),
}
# Where printed versions of an example are known to have wrong figures.
SLIPS: Final = {
    "sigmoid_network": N_(
        "Some printed versions of this example have o₂ = 0.62534544 and E = 0.09552023. The"
        " sigmoid of 0.51202998 is 0.62528223, which gives E = 0.09550600, as here; nothing about"
        " w₅ depends on o₂. They also misprint o₁ once as 0.574551290 instead of 0.57451290, and 1"
        " − o₁ as 0.4254891 instead of 0.42548710; their products come from the right figures."
    ),
}
_VARIABLES: Final = {
    "apple_price": N_("Price of an apple"),
    "apples": N_("Apples"),
    "grape_price": N_("Price of a grape"),
    "grapes": N_("Grapes"),
    "tax": N_("Tax factor"),
    "total": N_("To pay"),
}
_MEANINGS: Final = {
    "apple_price": N_("If an apple costs 1 won more, the total rises by {amount} won."),
    "apples": N_("One more apple raises the total by {amount} won."),
    "grape_price": N_("If a grape costs 1 won more, the total rises by {amount} won."),
    "grapes": N_("One more grape raises the total by {amount} won."),
    "tax": N_(
        "If the tax factor grows by 1, which is 100% more tax, the total rises by {amount} won;"
        " one percent more tax raises it by {percent} won."
    ),
}
RULES: Final = {
    "add": N_("An addition passes the gradient on to both inputs: its local derivatives are 1."),
    "subtract": N_(
        "A subtraction passes the gradient on, with its sign flipped for the number that is"
        " subtracted."
    ),
    "multiply": N_(
        "A multiplication swaps its inputs: the local derivative with respect to one is the value"
        " of the other, which is why the forward values were kept."
    ),
    "divide": N_(
        "A division a ÷ b has the local derivatives 1/b and −a/b², which is why the forward values"
        " were kept."
    ),
    "power": N_(
        "A power aⁿ has the local derivative n·aⁿ⁻¹ with respect to the base and aⁿ·ln a with"
        " respect to the exponent, which is why the forward values were kept."
    ),
    "negate": N_("A change of sign flips the sign of the gradient."),
    "exp": N_(
        "The exponential is its own derivative: it reuses the value it computed going forward."
    ),
    "log": N_("The local derivative of log a is 1/a."),
    "sin": N_("The local derivative of sin a is cos a."),
    "cos": N_("The local derivative of cos a is −sin a."),
    "tan": N_("The local derivative of tan is 1 + y², where y is its own output."),
    "asin": N_("The local derivative of asin a is 1/√(1 − a²)."),
    "acos": N_("The local derivative of acos a is −1/√(1 − a²)."),
    "atan": N_("The local derivative of atan a is 1/(1 + a²)."),
    "sinh": N_("The local derivative of sinh a is cosh a."),
    "cosh": N_("The local derivative of cosh a is sinh a, without a change of sign."),
    "sqrt": N_(
        "The local derivative of a square root is 1/(2y), where y is its own output; at 0 there is"
        " none, because the root is infinitely steep there."
    ),
    "abs": N_(
        "An absolute value passes the gradient on, with its sign flipped for a negative input; at"
        " exactly 0 the derivative is set to 0."
    ),
    "sign": N_(
        "A sign passes no gradient on: it is level everywhere but at 0, where it jumps; there too"
        " the derivative is set to 0."
    ),
    "tanh": N_("The local derivative of tanh is 1 − y², where y is its own output."),
    "sigmoid": N_(
        "The local derivative of the sigmoid is y(1 − y), where y is its own output; it is never"
        " above ¼."
    ),
    "relu": N_(
        "A ReLU passes the gradient on where its input is above 0, and stops it elsewhere; at"
        " exactly 0 the derivative is set to 0."
    ),
    "max": N_("The larger operand gets the whole gradient; equal operands get half each."),
    "min": N_("The smaller operand gets the whole gradient; equal operands get half each."),
}


def names() -> Mapping[str, str]:
    """Return what the chosen example calls its variables, as far as it has names for them."""
    if settings().example not in {"apples", "apples_and_grapes"}:
        return {}
    return {name: _(text) for name, text in _VARIABLES.items()}


def meaning(variable: str, output: str, slope: float, sides: tuple[float, float]) -> str:
    """Return a derivative in words, for Markdown.

    Args:
        variable: by which.
        output: of which.
        slope: the derivative.
        sides: slopes left and right of the point; where they differ from it there is a kink.
    """
    if variable in names():
        text = _(_MEANINGS[variable])
        return text.format(amount=f"**{slope:.6g}**", percent=f"{slope / 100:.6g}")
    written = {"variable": _bold(variable), "output": _bold(output)}
    if not all(map(math.isfinite, sides)):
        text = _(
            "{output} jumps here: it changes at once when {variable} leaves this value, however"
            " little. By convention the derivative is set to {amount}."
        )
        return text.format(**written, amount=f"**{slope:.6g}**")
    if has_kink(slope, sides):
        text = _(
            "There is a kink here. If {variable} falls a little, {output} has the slope {left}; if"
            " it grows, {right}. By convention the derivative is set to {amount}."
        )
        left, right = (f"**{side:.6g}**" for side in sides)
        return text.format(**written, left=left, right=right, amount=f"**{slope:.6g}**")
    if slope == 0:
        return _("A small change in {variable} does not change {output}.").format(**written)
    text = (
        _("If {variable} grows a little, {output} grows {amount} times as much.")
        if slope > 0
        else _("If {variable} grows a little, {output} falls {amount} times as much.")
    )
    return text.format(**written, amount=f"**{abs(slope):.6g}**")


def has_kink(slope: float, sides: tuple[float, float]) -> bool:
    """Tell whether a derivative is a convention: it differs from the slope on one of the sides."""
    left, right = sides
    return left != right or not math.isclose(slope, left, rel_tol=1e-9, abs_tol=1e-12)


def _bold(name: str) -> str:
    return f"**{name}**".replace("_", r"\_")
