"""What a translation of a rule is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

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
        certain: how many losses of a replay have to be the recorded ones. After that it may have
            drifted: another library rounds otherwise.
    """

    pytorch: Form | None = None
    keras: Form | None = None
    optax: Form | None = None
    differences: Mapping[str, str] = MappingProxyType({})
    certain: int = 100
