"""How other libraries write a rule or a test function: one row each.

A rule without a row, or without a form in some library, is exported as its formula in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from engine.problems.functions import (
    Beale,
    Booth,
    Bowl,
    Dip,
    Himmelblau,
    Matyas,
    Plateau,
    Rastrigin,
    Ravine,
    Rosenbrock,
    Saddle,
    StyblinskiTang,
    ThreeHumpCamel,
)
from engine.rules import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from language import N_

if TYPE_CHECKING:
    from engine.problems.functions import FunctionOfTwo
    from engine.rules import Rule

Form: TypeAlias = str | Callable[[Any], str]
"""Python code that makes an optimizer, or a function of the rule that returns such code.

``$learning_rate`` and the rule's hyperparameters stand for their values.
"""


class Translation(NamedTuple):
    """A rule in other libraries.

    Attributes:
        pytorch: its form in ``torch.optim``, None if there is no equal one.
        keras: likewise in ``keras.optimizers``.
        optax: likewise in ``optax``.
        differences: how a library's form differs, by the name of its attribute here.
    """

    pytorch: Form | None = None
    keras: Form | None = None
    optax: Form | None = None
    differences: Mapping[str, str] = MappingProxyType({})


_KERAS_INSIDE_THE_ROOT: Final = N_(
    "Keras adds epsilon inside the square root, sqrt(v + ε); here it is outside, sqrt(v) + ε."
    " The steps differ where gradients are tiny."
)
_OPTAX_INSIDE_THE_ROOT: Final = N_(
    "Optax adds epsilon inside the square root, sqrt(s + ε); here it is outside, sqrt(s) + ε."
    " The steps differ where gradients are tiny."
)
_EPSILON_HAT: Final = N_(
    "Keras adds epsilon before the bias correction (the paper's “epsilon hat”); here it is added"
    " afterwards. The steps differ where gradients are tiny."
)


def _nesterov_in_pytorch(rule: Nesterov) -> str:
    """Return the form; PyTorch has no Nesterov with momentum 0, where it is plain SGD."""
    nesterov = ", nesterov=True" if rule.momentum else ""
    return f"SGD(params, lr=$learning_rate, momentum=$momentum{nesterov})"


TRANSLATIONS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        SGD: Translation(
            pytorch="SGD(params, lr=$learning_rate)",
            keras="SGD(learning_rate=$learning_rate)",
            optax="sgd($learning_rate)",
        ),
        Momentum: Translation(
            pytorch="SGD(params, lr=$learning_rate, momentum=$momentum)",
            keras="SGD(learning_rate=$learning_rate, momentum=$momentum)",
            optax="sgd($learning_rate, momentum=$momentum)",
        ),
        Nesterov: Translation(
            pytorch=_nesterov_in_pytorch,
            keras="SGD(learning_rate=$learning_rate, momentum=$momentum, nesterov=True)",
            optax="sgd($learning_rate, momentum=$momentum, nesterov=True)",
        ),
        Adagrad: Translation(
            pytorch="Adagrad(params, lr=$learning_rate, eps=$epsilon)",
            differences={"keras": _KERAS_INSIDE_THE_ROOT, "optax": _OPTAX_INSIDE_THE_ROOT},
        ),
        RMSprop: Translation(
            pytorch="RMSprop(params, lr=$learning_rate, alpha=$decay, eps=$epsilon)",
            optax="rmsprop($learning_rate, decay=$decay, eps=$epsilon, eps_in_sqrt=False)",
            differences={"keras": _KERAS_INSIDE_THE_ROOT},
        ),
        Adam: Translation(
            pytorch="Adam(params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon)",
            optax="adam($learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon)",
            differences={"keras": _EPSILON_HAT},
        ),
        AdamW: Translation(
            pytorch=(
                "AdamW(\n    params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon,"
                " weight_decay=$weight_decay\n)"
            ),
            optax=(
                "adamw(\n    $learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon,"
                " weight_decay=$weight_decay\n)"
            ),
            differences={"keras": _EPSILON_HAT},
        ),
    }
)

# The value of a test function at x and y; $np is a module with NumPy's names.
VALUES: Final[Mapping[type[FunctionOfTwo], str]] = MappingProxyType(
    {
        Ravine: "x ** 2 / 20 + y ** 2",
        Bowl: "(x ** 2 + $condition * y ** 2) / 2",
        Booth: "(x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2",
        Matyas: "0.26 * (x ** 2 + y ** 2) - 0.48 * x * y",
        Saddle: "x ** 2 - y ** 2",
        Plateau: "1 - $np.exp(-x ** 2 / 8 - y ** 2 / 2)",
        Dip: "x ** 2 / 20 + y ** 2 / 2 - 0.35 * $np.exp(-2 * (x + 3) ** 2 - 2 * y ** 2)",
        Rosenbrock: "(1 - x) ** 2 + 100 * (y - x ** 2) ** 2",
        Beale: (
            "(1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2"
        ),
        Himmelblau: "(x ** 2 + y - 11) ** 2 + (x + y ** 2 - 7) ** 2",
        ThreeHumpCamel: "2 * x ** 2 - 1.05 * x ** 4 + x ** 6 / 6 + x * y + y ** 2",
        StyblinskiTang: ("(x ** 4 - 16 * x ** 2 + 5 * x) / 2 + (y ** 4 - 16 * y ** 2 + 5 * y) / 2"),
        Rastrigin: (
            "20 + x ** 2 - 10 * $np.cos(2 * $np.pi * x) + y ** 2 - 10 * $np.cos(2 * $np.pi * y)"
        ),
    }
)
