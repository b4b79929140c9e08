"""The rules (optimizers), in order of increasing complexity: gradients in, a direction out.

``RULES`` is the registry, and ``AnyRule`` the type of a field that takes any of them, or a rule
that a reader typed, which is in no registry: ``rule_class`` finds the class of either.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Union

from pydantic import Field, WrapSerializer, WrapValidator

from engine.rules.adam_variants import Adamax, AMSGrad, NAdam, RAdam
from engine.rules.adaptive import Adadelta, Adagrad, Adam, AdamW, RMSprop
from engine.rules.averages import AveragedSGD, ScheduleFreeAdamW, ScheduleFreeSGD
from engine.rules.kronecker import SOAP, Shampoo
from engine.rules.layers import LAMB, LARS, Adafactor, Muon
from engine.rules.momentum import QHM, SGD, Momentum, Nesterov
from engine.rules.prodigy import Prodigy
from engine.rules.rule import (
    Epsilon,
    Moment,
    Rule,
    Slot,
    choices,
    hyperparameters,
    stack,
    structure,
    validated,
)
from engine.rules.second_moments import AdaBelief, Adan, Yogi
from engine.rules.second_order import LBFGS, Newton
from engine.rules.signs import Lion, Rprop, Signum
from engine.rules.typed import TYPED, TypedRule, read_typed, typed_rule
from engine.rules.wrappers import INNER, SAM, Lookahead
from engine.spec import by_name

__all__ = [
    "INNER",
    "LAMB",
    "LARS",
    "LBFGS",
    "QHM",
    "RULES",
    "SAM",
    "SGD",
    "SOAP",
    "AMSGrad",
    "AdaBelief",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Adan",
    "AnyRule",
    "AveragedSGD",
    "Epsilon",
    "Lion",
    "Lookahead",
    "Moment",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "Newton",
    "Prodigy",
    "RAdam",
    "RMSprop",
    "Rprop",
    "Rule",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "Signum",
    "Slot",
    "TypedRule",
    "Yogi",
    "any_rule",
    "choices",
    "hyperparameters",
    "rule_class",
    "stack",
    "structure",
    "typed_rule",
    "validated",
]

RULES: Final = (
    *(SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW),
    *(AMSGrad, NAdam, RAdam, Adamax, Adadelta, Lion, Signum, QHM, AdaBelief, Yogi, Adan),
    *(Rprop, ScheduleFreeSGD, ScheduleFreeAdamW, AveragedSGD, Lookahead, SAM),
    *(Muon, LAMB, LARS, Prodigy, Shampoo, SOAP, Adafactor, LBFGS, Newton),
)


def rule_class(fields: Mapping[str, Any]) -> type[Rule]:
    """Return the class of a rule from its JSON, which is that of a valid one.

    Raises:
        KeyError: there is no such rule.
    """
    if fields["name"] == TYPED:
        return typed_rule(fields["title"], fields["text"])
    return by_name(RULES)[fields["name"]]


def _validated(value: Any, check: Any) -> Any:
    """Return a rule from its JSON or as it is; a typed one by its own class."""
    if isinstance(value, TypedRule):
        return validated(value)
    is_typed = isinstance(value, dict) and value.get("name") == TYPED
    return read_typed(value) if is_typed else check(value)


def _written(rule: Any, write: Any) -> Any:
    """Return a rule's fields, as its JSON has them."""
    return dict(vars(rule)) if isinstance(rule, TypedRule) else write(rule)


class _WithTyped:
    """Adds a typed rule to the JSON schema of a rule."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> Any:
        text = {"type": "string"}
        typed = {
            "title": "Typed",
            "type": "object",
            "description": "A rule that was typed; its constants are further fields.",
            "properties": {"name": {"const": TYPED}, "title": text, "text": text},
            "required": ["name", "title", "text"],
            "additionalProperties": {"type": "number"},
        }
        return {"anyOf": [handler(core), typed]}


def any_rule(rules: tuple[type[Rule], ...]) -> Any:
    """Return the type of a field that takes any of some rules, or a typed one."""
    return Annotated[
        Union[rules],  # noqa: UP007 - of a tuple
        Field(discriminator="name"),
        WrapValidator(_validated),
        WrapSerializer(_written),
        _WithTyped(),
    ]


if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = any_rule(RULES)
