"""The rules (optimizers), in order of increasing complexity.

A rule turns a gradient into a **direction**; the loop owns ``params -= learning_rate * schedule *
direction``. A rule is a frozen dataclass of scalars. ``stack`` puts several runs of one rule into
columns, and then the same formula moves all their lanes at once: every array is ``(lanes,
n_params)``, every hyperparameter ``(lanes, 1)`` or, where all lanes share it, ``(1, 1)``.

Each ``direction`` is the formula, in the order of its paper. It may update its own slots in place
and returns them; it never writes to ``grads`` or ``params``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeVar,
    cast,
    final,
    get_args,
    get_type_hints,
)

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from engine.limits import Interval
from engine.spec import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, State

Epsilon = Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon", scale="log")]


class Optimizer(ABC):
    """What every rule has: a name, slots, and one method.

    Attributes:
        name: the id in files, links and the registry.
        title: the proper name, the same in every language.
        slots: the names of the arrays that the rule remembers; each starts at zero, shaped like
            the parameters.
        slot_symbols: what the slots are called in ``formula``, without the index of the step.
        needs: what ``direction`` asks for besides the gradient: ``"params"`` or nothing.
        default_learning_rate: the rate of a run that is added with it
            (``benchmarks/default_rates.py``).
        formula: the rule in LaTeX, as the page shows it.
        source: where the rule was published.
    """

    name: str
    title: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    slot_symbols: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    default_learning_rate: ClassVar[float]
    formula: ClassVar[str]
    source: ClassVar[str]

    @abstractmethod
    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the direction and the new state.

        Args:
            grads: gradient of the loss, ``(lanes, n_params)``; left as it is.
            state: one array per slot, ``(lanes, n_params)``, in the order of ``slots``.
            step: number of this update, from 1.
        """

    def corrected(self, state: State, step: int) -> State:
        """Return the new slots corrected for their start at zero; none if the rule does not."""
        return ()

    def scale(self, state: State, step: int) -> Array | float:
        """Return what the direction multiplies the gradient, or its running mean, by.

        From the new state, for each parameter. The **effective learning rate** of a parameter is
        the learning rate times this number: 1 unless the rule gives each parameter its own rate.
        """
        return 1.0


@final
@dataclass(frozen=True)
class SGD(Optimizer):
    """Follow the gradient downhill.

        d_t = g_t

    The rule itself is gradient descent; it is *stochastic* when the gradient comes from a part of
    the rows. All libraries agree.

    Source:
        Robbins and Monro (1951), A stochastic approximation method.
    """

    name: Literal["sgd"] = "sgd"

    title: ClassVar = "SGD"
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = r"d_t = g_t"
    source: ClassVar = "Robbins & Monro (1951), doi:10.1214/aoms/1177729586"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the gradient itself."""
        return grads, state


@final
@dataclass(frozen=True)
class Momentum(Optimizer):
    """Let past gradients carry the step on, like a heavy ball.

        v_t = mu v_{t-1} + g_t
        d_t = v_t

    Along a steady slope the step grows to 1 / (1 - mu) of the plain one; across a ravine the signs
    cancel.

    Attributes:
        momentum: mu, the share of the accumulated velocity kept each step.

    Note:
        The learning rate stands outside the velocity (PyTorch, optax). Keras and scikit-learn keep
        it inside: the same path at a constant rate, another one under a schedule.

    Source:
        Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\mu", scale="complement")
    ] = 0.9
    name: Literal["momentum"] = "momentum"

    title: ClassVar = "Momentum"
    slots: ClassVar = ("velocity",)
    slot_symbols: ClassVar = ("v",)
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = r"v_t = \mu\,v_{t-1} + g_t \qquad d_t = v_t"
    source: ClassVar = "Polyak (1964), doi:10.1016/0041-5553(64)90137-5"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the velocity."""
        (velocity,) = state
        velocity *= self.momentum
        velocity += grads
        return velocity, state


@final
@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Momentum whose direction looks one step ahead.

        v_t = mu v_{t-1} + g_t
        d_t = g_t + mu v_t

    The parameters are those *at the look-ahead point*, as in PyTorch, Keras, optax and
    scikit-learn (equal numbers). Sutskever et al. (2013) plot the point behind it, mu v_t away.
    The code of the book "Deep Learning from Scratch" uses the velocity of the wrong step.

    Attributes:
        momentum: mu, the share of the accumulated velocity kept each step.

    Source:
        Nesterov (1983); in this form Bengio, Boulanger-Lewandowski and Pascanu (2012), equations 6
        and 7.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\mu", scale="complement")
    ] = 0.9
    name: Literal["nesterov"] = "nesterov"

    title: ClassVar = "Nesterov"
    slots: ClassVar = ("velocity",)
    slot_symbols: ClassVar = ("v",)
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = r"v_t = \mu\,v_{t-1} + g_t \qquad d_t = g_t + \mu\,v_t"
    source: ClassVar = "Nesterov (1983); Bengio et al. (2012), arXiv:1212.0901"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return gradient plus the share of the new velocity."""
        (velocity,) = state
        velocity *= self.momentum
        velocity += grads
        return grads + self.momentum * velocity, state


@final
@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Give each parameter a rate of its own, smaller where gradients were large.

        s_t = s_{t-1} + g_t^2
        d_t = g_t / (sqrt(s_t) + epsilon)

    The sum never shrinks, so every rate falls for ever: good for rare features, slow in a long
    training.

    Attributes:
        epsilon: keeps the division finite.

    Note:
        s_0 = 0 and epsilon outside the root (PyTorch). Keras and optax start at 0.1 and put
        epsilon inside.

    Source:
        Duchi, Hazan and Singer (2011), Adaptive subgradient methods, JMLR 12, figure 1 (diagonal
        form).
    """

    epsilon: Epsilon = 1e-10
    name: Literal["adagrad"] = "adagrad"

    title: ClassVar = "Adagrad"
    slots: ClassVar = ("sum_of_squares",)
    slot_symbols: ClassVar = ("s",)
    default_learning_rate: ClassVar = 0.5
    formula: ClassVar = r"s_t = s_{t-1} + g_t^2 \qquad d_t = \frac{g_t}{\sqrt{s_t} + \epsilon}"
    source: ClassVar = "Duchi, Hazan & Singer (2011), JMLR 12:2121-2159"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the gradient over the root of all squares so far."""
        (sum_of_squares,) = state
        sum_of_squares += grads**2
        return grads / (np.sqrt(sum_of_squares) + self.epsilon), state

    def scale(self, state: State, step: int) -> Array:
        """Return one over the root of all squares so far, plus epsilon."""
        (sum_of_squares,) = state
        return 1 / (np.sqrt(sum_of_squares) + self.epsilon)


@final
@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Adagrad with a fading memory, so that the rates do not die out.

        v_t = rho v_{t-1} + (1 - rho) g_t^2
        d_t = g_t / (sqrt(v_t) + epsilon)

    Attributes:
        decay: rho, the share of the old average kept each step.
        epsilon: keeps the division finite.

    Note:
        rho = 0.9 as in the lecture (PyTorch's default is 0.99), v_0 = 0, epsilon outside the root
        (PyTorch). Keras and optax put epsilon inside. From v_0 = 0 the first step is 1 / sqrt(1 -
        rho) times the rate.

    Source:
        Hinton (2012), Neural Networks for Machine Learning, lecture 6e, slide 29.
    """

    decay: Annotated[float, Interval(0, 1, open_high=True, symbol=r"\rho", scale="complement")] = (
        0.9
    )
    epsilon: Epsilon = 1e-8
    name: Literal["rmsprop"] = "rmsprop"

    title: ClassVar = "RMSprop"
    slots: ClassVar = ("second_moment",)
    slot_symbols: ClassVar = ("v",)
    default_learning_rate: ClassVar = 0.01
    formula: ClassVar = (
        r"v_t = \rho\,v_{t-1} + (1-\rho)\,g_t^2 \qquad d_t = \frac{g_t}{\sqrt{v_t} + \epsilon}"
    )
    source: ClassVar = "Hinton (2012), Neural Networks for Machine Learning, lecture 6e"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the gradient over the root of the recent mean square."""
        (v,) = state
        v *= self.decay
        v += (1 - self.decay) * grads**2
        return grads / (np.sqrt(v) + self.epsilon), state

    def scale(self, state: State, step: int) -> Array:
        """Return one over the root of the recent mean square, plus epsilon."""
        (v,) = state
        return 1 / (np.sqrt(v) + self.epsilon)


@final
@dataclass(frozen=True)
class Adam(Optimizer):
    """RMSprop on a momentum average, both corrected for their start at zero.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
        m_hat = m_t / (1 - beta1^t),  v_hat = v_t / (1 - beta2^t)
        d_t = m_hat / (sqrt(v_hat) + epsilon)

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.

    Note:
        Algorithm 1 of the paper: epsilon after the bias correction (PyTorch, optax). Keras and
        scikit-learn use the form before the paper's section 2.1, "epsilon hat", which differs
        where gradients are tiny.

    Source:
        Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    name: Literal["adam"] = "adam"

    title: ClassVar = "Adam"
    slots: ClassVar = ("first_moment", "second_moment")
    slot_symbols: ClassVar = ("m", "v")
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}"
    )
    source: ClassVar = "Kingma & Ba (2015), algorithm 1, arXiv:1412.6980"

    def direction(self, grads: Array, state: State, step: int) -> tuple[Array, State]:
        """Return the corrected mean over the root of the corrected mean square."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * grads
        v *= self.beta2
        v += (1 - self.beta2) * grads**2
        m_hat, v_hat = self.corrected(state, step)
        return m_hat / (np.sqrt(v_hat) + self.epsilon), state

    def corrected(self, state: State, step: int) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**step), v / (1 - self.beta2**step)

    def scale(self, state: State, step: int) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        _, v_hat = self.corrected(state, step)
        return 1 / (np.sqrt(v_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam that also pulls every parameter towards zero, apart from the gradient.

        m_t, v_t, m_hat, v_hat as in Adam
        d_t = m_hat / (sqrt(v_hat) + epsilon) + lambda theta_{t-1}

    The decay is not divided by sqrt(v_hat), as it would be were it part of the loss (``l2``).

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate.

    Note:
        The learning rate multiplies the decay too, and lambda = 0.01 (PyTorch). The paper
        multiplies it by the schedule's factor alone; optax's default is 1e-4, and Keras offers the
        same decay on any rule.

    Source:
        Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.01
    name: Literal["adamw"] = "adamw"

    title: ClassVar = "AdamW"
    slots: ClassVar = ("first_moment", "second_moment")
    slot_symbols: ClassVar = ("m", "v")
    needs: ClassVar = ("params",)
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\,\theta_{t-1}"
    )
    source: ClassVar = "Loshchilov & Hutter (2019), algorithm 2, arXiv:1711.05101"

    def direction(  # type: ignore[override]  # ``needs`` declares the extra argument
        self,
        grads: Array,
        state: State,
        step: int,
        params: Array,
    ) -> tuple[Array, State]:
        """Return Adam's direction plus the decay of the parameters."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * grads
        v *= self.beta2
        v += (1 - self.beta2) * grads**2
        m_hat, v_hat = self.corrected(state, step)
        return m_hat / (np.sqrt(v_hat) + self.epsilon) + self.weight_decay * params, state

    def corrected(self, state: State, step: int) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**step), v / (1 - self.beta2**step)

    def scale(self, state: State, step: int) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        _, v_hat = self.corrected(state, step)
        return 1 / (np.sqrt(v_hat) + self.epsilon)


OPTIMIZERS: Final = (SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW)

AnyOptimizer = Annotated[
    SGD | Momentum | Nesterov | Adagrad | RMSprop | Adam | AdamW,
    Field(discriminator="name"),
]

Rule = TypeVar("Rule", bound=Optimizer)


def hyperparameters(rule: type[Optimizer]) -> dict[str, Interval]:
    """Return the hyperparameters of a rule with their intervals, in the order of its fields."""
    return dict(_intervals(rule))


@cache
def _intervals(rule: type[Optimizer]) -> tuple[tuple[str, Interval], ...]:
    hints = get_type_hints(rule, include_extras=True)
    names = [field.name for field in fields(cast("Any", rule)) if field.name != "name"]
    return tuple((name, get_args(hints[name])[1]) for name in names)


def validated(rule: Rule) -> Rule:
    """Return an equal rule whose fields were checked; raises ``InvalidInput``."""
    given = vars(rule)
    try:
        return _adapter(type(rule)).validate_python(given)
    except ValidationError as error:
        raise refusal(error, given) from None


@cache
def _adapter(rule: type[Rule]) -> TypeAdapter[Rule]:
    return TypeAdapter(rule)


def stack(rules: Sequence[Rule]) -> Rule:
    """Return one rule whose hyperparameters are columns ``(lanes, 1)``, a row per given rule.

    One that all share is ``(1, 1)``, which is faster; arrays round the same at any length.
    """
    columns = {}
    for name in hyperparameters(type(rules[0])):
        column = [[getattr(rule, name)] for rule in rules]
        columns[name] = np.array(column[:1] if column.count(column[0]) == len(column) else column)
    return replace(cast("Any", rules[0]), **columns)
