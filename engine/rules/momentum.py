"""Plain descent, and rules that let past gradients carry the step on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

from engine.limits import Interval
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, State
    from engine.rules.rule import Moment


@final
@dataclass(frozen=True)
class SGD(Rule):
    """Follow the gradient downhill.

        d_t = g_t

    The rule itself is gradient descent; it is *stochastic* when the gradient comes from a part of
    the rows. All libraries agree.

    Source:
        Robbins and Monro (1951), A stochastic approximation method.
    """

    name: Literal["sgd"] = "sgd"

    title: ClassVar = "SGD"
    family: ClassVar = "momentum"
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = r"d_t = g_t"
    source: ClassVar = "Robbins & Monro (1951), doi:10.1214/aoms/1177729586"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient itself."""
        return moment.grads, state


@final
@dataclass(frozen=True)
class Momentum(Rule):
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
    family: ClassVar = "momentum"
    slots: ClassVar = (Slot("velocity", "v"),)
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = r"v_t = \mu\,v_{t-1} + g_t \qquad d_t = v_t"
    source: ClassVar = "Polyak (1964), doi:10.1016/0041-5553(64)90137-5"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the velocity."""
        (velocity,) = state
        velocity *= self.momentum
        velocity += moment.grads
        return velocity, state


@final
@dataclass(frozen=True)
class Nesterov(Rule):
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
    family: ClassVar = "momentum"
    slots: ClassVar = (Slot("velocity", "v"),)
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = r"v_t = \mu\,v_{t-1} + g_t \qquad d_t = g_t + \mu\,v_t"
    source: ClassVar = "Nesterov (1983); Bengio et al. (2012), arXiv:1212.0901"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return gradient plus the share of the new velocity."""
        (velocity,) = state
        velocity *= self.momentum
        velocity += moment.grads
        return moment.grads + self.momentum * velocity, state


@final
@dataclass(frozen=True)
class QHM(Rule):
    """Step between the gradient and the mean of past gradients.

        m_t = beta m_{t-1} + (1 - beta) g_t
        d_t = nu m_t + (1 - nu) g_t

    nu = 0 is SGD, nu = 1 is Momentum and nu = beta is Nesterov, these two at the rate eta (1 -
    beta).

    Attributes:
        momentum: beta, the share of the old mean kept each step.
        nu: the share of the mean in the step.

    Note:
        The paper recommends beta = 0.999 and nu = 0.7. pytorch_optimizer and torch-optimizer agree;
        PyTorch, Keras and optax have no QHM.

    Source:
        Ma and Yarats (2019), Quasi-hyperbolic momentum and Adam for deep learning, equations 3 and
        4.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta", scale="complement")
    ] = 0.9
    nu: Annotated[float, Interval(0, 1, symbol=r"\nu")] = 0.7
    name: Literal["qhm"] = "qhm"

    title: ClassVar = "QHM"
    family: ClassVar = "momentum"
    slots: ClassVar = (Slot("first_moment", "m"),)
    default_learning_rate: ClassVar = 1.0
    formula: ClassVar = (
        r"m_t = \beta\,m_{t-1} + (1-\beta)\,g_t \qquad d_t = \nu\,m_t + (1-\nu)\,g_t"
    )
    source: ClassVar = "Ma & Yarats (2019), arXiv:1810.06801"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient and the mean, each with its share."""
        (m,) = state
        m *= self.momentum
        m += (1 - self.momentum) * moment.grads
        return self.nu * m + (1 - self.nu) * moment.grads, state
