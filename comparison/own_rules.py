"""A rule of one's own: examples to start from, what was understood, and what its numbers show."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from comparison.words.names import listed, own_words
from engine.analysis.proofs import (
    GRADIENTS,
    SIZES,
    first_directions,
    likenesses,
    two_updates,
)
from engine.rules.programs import symbol as latex_name
from language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.analysis.proofs import Likeness
    from engine.rules import TypedRule


class Example(NamedTuple):
    """A rule to start from.

    Attributes:
        title: what the rule is called, the same in every language.
        name: what the menu calls it, to be translated.
        story: what to see in it, to be translated.
        text: its lines.
    """

    title: str
    name: str
    story: str
    text: str


_BETAS: Final = "beta1 = 0.9 in [0, 1)\nbeta2 = 0.999 in [0, 1)\n"
_MEANS: Final = "m = beta1*m + (1 - beta1)*g\nv = beta2*v + (1 - beta2)*g^2\n"
EXAMPLES: Final[Mapping[str, Example]] = {
    "sgd": Example(
        "My SGD",
        N_("SGD"),
        N_(
            "Gradient descent: the direction is the gradient, and one line is enough. Make it"
            " direction = sign(g), and only the signs are followed."
        ),
        "direction = g",
    ),
    "momentum": Example(
        "My Momentum",
        N_("Momentum"),
        N_(
            "v is read in its own line, so it is remembered: past gradients carry the step on. With"
            " momentum = 0 it is gradient descent."
        ),
        "momentum = 0.9 in [0, 1)\nv = momentum*v + g\ndirection = v",
    ),
    "adam": Example(
        "My Adam",
        N_("Adam"),
        N_(
            "Adam as its paper has it (Kingma and Ba, 2015, algorithm 1): means of the gradients"
            " and of their squares, both corrected for their start at 0."
        ),
        f"{_BETAS}epsilon = 1e-8 in (0, 1]\n{_MEANS}"
        "m_hat = m/(1 - beta1^t)\n"
        "v_hat = v/(1 - beta2^t)\n"
        "direction = m_hat/(sqrt(v_hat) + epsilon)",
    ),
    "adabelief": Example(
        "My AdaBelief",
        N_("AdaBelief"),
        N_(
            "AdaBelief as its paper has it (Zhuang et al., 2020, algorithm 2): s measures how far"
            " the gradients are from their mean. Long steps where they agree."
        ),
        f"{_BETAS}epsilon = 1e-16 in (0, 1]\n"
        "m = beta1*m + (1 - beta1)*g\n"
        "s = beta2*s + (1 - beta2)*(g - m)^2 + epsilon\n"
        "m_hat = m/(1 - beta1^t)\n"
        "s_hat = s/(1 - beta2^t)\n"
        "direction = m_hat/(sqrt(s_hat) + epsilon)",
    ),
    "mistake": Example(
        "Adam with a mistake",
        N_("Find the mistake"),
        N_(
            "Somebody typed Adam and made one mistake. It still trains, so nobody noticed. The"
            " numbers below give it away: Adam’s first direction is 1 or −1, whatever the gradient."
        ),
        f"{_BETAS}epsilon = 1e-8 in (0, 1]\n{_MEANS}"
        "m_hat = m/(1 - beta1^t)\n"
        "v_hat = v/(1 - beta1^t)\n"
        "direction = m_hat/(sqrt(v_hat) + epsilon)",
    ),
}
_NEUTRAL: Final = "My rule"
_PROBLEMS: Final = (N_("a bowl"), N_("Rosenbrock’s valley"), N_("a small network"))


def example_of(title: str, text: str) -> str | None:
    """Return the id of the example that has this text and title; None if none has."""
    shown = title, text
    return next((name for name, one in EXAMPLES.items() if (one.title, one.text) == shown), None)


def title_of_changed(title: str, text: str) -> str:
    """Return the title for lines that were changed: an example's own names its own lines alone."""
    if title not in {_NEUTRAL, *(one.title for one in EXAMPLES.values())}:
        return title
    return next((one.title for one in EXAMPLES.values() if one.text == text), _NEUTRAL)


# What was understood


def understood(rule: TypedRule) -> list[str]:
    """Return in sentences of Markdown what a rule remembers, and what its norms mean."""
    slots = [f"${latex_name(name)}$" for name in rule.program.slots]
    said = [_("It remembers nothing from one update to the next.")]
    if slots:
        text = _("It remembers {slots} from one update to the next. Before the first one all is 0.")
        said = [text.format(slots=listed(slots))]
    if rule.program.couples:
        said.append(_("Its norm is that of all parameters of a run together."))
    return said


# The numbers


def updates_table(rule: TypedRule) -> pd.DataFrame:
    """Return two updates, a row for every quantity and a column for each parameter and update."""
    columns: dict[str, dict[str, float]] = {}
    for number, seen in enumerate(two_updates(rule), 1):
        for at in range(len(seen.gradient)):
            column = {"g": float(seen.gradient[at])}
            for name, values in seen.lines.items():
                if name in seen.before:
                    before = _("{name} before").format(name=name)
                    column[before] = float(seen.before[name][at])
                column[name] = float(values[at])
            title = _("θ{at}, update {number}").format(at="₁₂"[at], number=number)
            columns[title] = column
    return pd.DataFrame(columns)


def updates_words() -> str:
    """Return what the two updates are."""
    gradients = ["(" + ", ".join(f"{one:g}" for one in own) + ")" for own in GRADIENTS]
    text = _("The gradient is {first} in the first update and {second} in the second.")
    return text.format(first=gradients[0], second=gradients[1]).replace("-", "−")


def directions_table(rule: TypedRule) -> pd.DataFrame:
    """Return the first direction for gradients of very different sizes."""
    directions = first_directions(rule)
    rows = {_("Gradient"): SIZES, _("First direction"): directions}
    return pd.DataFrame({title: [f"{one:.4g}" for one in own] for title, own in rows.items()})


def is_finite_everywhere(rule: TypedRule) -> bool:
    """Tell whether the first direction is finite for gradients of all those sizes."""
    return all(map(math.isfinite, first_directions(rule)))


def goes_uphill(rule: TypedRule) -> bool:
    """Tell whether the first step goes along the gradient instead of against it."""
    return first_directions(rule)[SIZES.index(1.0)] < 0


@lru_cache(maxsize=16)
def likenesses_of(rule: TypedRule) -> tuple[Likeness, ...]:
    """Return the rules of the registry that are the same as a typed one, or else the nearest."""
    return tuple(likenesses(rule))


def first_rate(rule: TypedRule) -> float:
    """Return the learning rate with which a typed rule begins: that of a rule that is the same."""
    found = likenesses_of(rule)[0]
    return (found.rule if found.is_same else rule).default_learning_rate


def likeness_words(rule: TypedRule) -> str:
    """Return which rule of the registry a typed one is, or how it differs from the nearest."""
    found = likenesses_of(rule)
    names = listed([_with_values(one) for one in found])
    if found[0].parts_at is None:
        difference = max(one.difference for one in found)
        text = _(
            "The same as {rules}: in fifty updates each on a bowl, Rosenbrock’s valley and a small"
            " network, no direction differs by more than {difference:.0e} of its size."
        )
        if difference == 0:
            text = _(
                "The same as {rules}: in fifty updates each on a bowl, Rosenbrock’s valley and a"
                " small network, all directions are equal, bit by bit."
            )
        return text.format(rules=names, difference=difference)
    (nearest,), (update, problem) = found, found[0].parts_at
    text = _(
        "No built-in rule is the same. The nearest is {rule}. They part in update {update} on"
        " {problem}: one direction is {own:.5g} here and {other:.5g} there."
    )
    if nearest.points_the_same_way:
        text = _(
            "No built-in rule is the same. {rule} points the same way, but is of another"
            " length: in update {update} on {problem} one direction is {own:.5g} here and"
            " {other:.5g} there."
        )
    own, other = nearest.directions
    return text.format(
        rule=names, update=update, problem=_(_PROBLEMS[problem]), own=own, other=other
    )


def _with_values(one: Likeness) -> str:
    """Return a rule with the values of the constants that it has in common with the typed one."""
    values = ", ".join(own_words(one.rule, name) for name in one.shared)
    return f"{one.rule.title} ({values})" if values else one.rule.title


def values_words() -> str:
    """Return at which values rules are compared."""
    return _(
        "Compared with the built-in rules that treat each parameter by itself. A constant with a"
        " name of theirs, such as momentum, decay, beta1, beta2 or epsilon, has the same value"
        " there; others have their defaults."
    )
