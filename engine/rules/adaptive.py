"""Rules that give each parameter a rate of its own, by the size of its gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Epsilon, Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, State
    from engine.rules.rule import Moment


@final
@dataclass(frozen=True)
class Adagrad(Rule):
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
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("sum_of_squares", "s"),)
    default_learning_rate: ClassVar = 0.5
    formula: ClassVar = r"s_t = s_{t-1} + g_t^2 \qquad d_t = \frac{g_t}{\sqrt{s_t} + \epsilon}"
    source: ClassVar = "Duchi, Hazan & Singer (2011), JMLR 12:2121-2159"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient over the root of all squares so far."""
        (sum_of_squares,) = state
        sum_of_squares += moment.grads**2
        return moment.grads / (np.sqrt(sum_of_squares) + self.epsilon), state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of all squares so far, plus epsilon."""
        (sum_of_squares,) = state
        return 1 / (np.sqrt(sum_of_squares) + self.epsilon)


@final
@dataclass(frozen=True)
class RMSprop(Rule):
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
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("second_moment", "v"),)
    default_learning_rate: ClassVar = 0.01
    formula: ClassVar = (
        r"v_t = \rho\,v_{t-1} + (1-\rho)\,g_t^2 \qquad d_t = \frac{g_t}{\sqrt{v_t} + \epsilon}"
    )
    source: ClassVar = "Hinton (2012), Neural Networks for Machine Learning, lecture 6e"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient over the root of the recent mean square."""
        (v,) = state
        v *= self.decay
        v += (1 - self.decay) * moment.grads**2
        return moment.grads / (np.sqrt(v) + self.epsilon), state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the recent mean square, plus epsilon."""
        (v,) = state
        return 1 / (np.sqrt(v) + self.epsilon)


@final
@dataclass(frozen=True)
class Adadelta(Rule):
    """RMSprop that multiplies by the recent size of its own steps, so that it has their units.

        v_t = rho v_{t-1} + (1 - rho) g_t^2
        d_t = sqrt(x_{t-1} + epsilon) / sqrt(v_t + epsilon) g_t
        x_t = rho x_{t-1} + (1 - rho) d_t^2

    The first steps have no past, so epsilon gives them their size, and sets the pace for long.

    Attributes:
        decay: rho, the share of the old averages kept each step.
        epsilon: the size that the first steps are given; it also keeps the division finite.

    Note:
        rho = 0.9 and epsilon = 1e-6 (PyTorch, optax). Keras has the same form with 0.95 and 1e-7.
        The paper has no learning rate, which is a rate of 1.

    Source:
        Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv:1212.5701, algorithm 1.
    """

    decay: Annotated[float, Interval(0, 1, open_high=True, symbol=r"\rho", scale="complement")] = (
        0.9
    )
    epsilon: Epsilon = 1e-6
    name: Literal["adadelta"] = "adadelta"

    title: ClassVar = "Adadelta"
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("second_moment", "v"), Slot("squared_directions", "x"))
    default_learning_rate: ClassVar = 5.0
    formula: ClassVar = (
        r"v_t = \rho\,v_{t-1} + (1-\rho)\,g_t^2 \qquad"
        r" d_t = \frac{\sqrt{x_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\,g_t \\"
        r"x_t = \rho\,x_{t-1} + (1-\rho)\,d_t^2"
    )
    source: ClassVar = "Zeiler (2012), algorithm 1, arXiv:1212.5701"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient over its recent size, times the recent size of directions."""
        v, x = state
        v *= self.decay
        v += (1 - self.decay) * moment.grads**2
        direction = np.sqrt(x + self.epsilon) / np.sqrt(v + self.epsilon) * moment.grads
        x *= self.decay
        x += (1 - self.decay) * direction**2
        return direction, state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return the root of squared directions before this one, over that of squared gradients.

        The average that has this direction in it tells the one before; without a memory (rho = 0),
        a gradient of 0 leaves no trace of it, and the answer is NaN.
        """
        v, x = state
        squares = self.decay * (v + self.epsilon) + (1 - self.decay) * moment.grads**2
        return np.sqrt((x + self.decay * self.epsilon) / squares)


@final
@dataclass(frozen=True)
class Adam(Rule):
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
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("second_moment", "v"))
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}"
    )
    source: ClassVar = "Kingma & Ba (2015), algorithm 1, arXiv:1412.6980"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean over the root of the corrected mean square."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        m_hat, v_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(v_hat) + self.epsilon), state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**moment.step), v / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        _, v_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(v_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class AdamW(Rule):
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
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("second_moment", "v"))
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\,\theta_{t-1}"
    )
    source: ClassVar = "Loshchilov & Hutter (2019), algorithm 2, arXiv:1711.05101"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return Adam's direction plus the decay of the parameters."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        m_hat, v_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(v_hat) + self.epsilon) + self.weight_decay * moment.params, state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**moment.step), v / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        _, v_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(v_hat) + self.epsilon)
