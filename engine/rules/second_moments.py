"""Rules like Adam that divide by another measure of the gradients than their mean square."""

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
class AdaBelief(Rule):
    """Adam that divides by how far gradients are from their mean: long steps where they agree.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        s_t = beta2 s_{t-1} + (1 - beta2) (g_t - m_t)^2 + epsilon
        m_hat = m_t / (1 - beta1^t),  s_hat = s_t / (1 - beta2^t)
        d_t = m_hat / (sqrt(s_hat) + epsilon)

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite; it is also added to s at every step, and gathers there.

    Note:
        epsilon = 1e-16, and no rectification (adabelief-pytorch with rectify=False, optax with
        eps_root = epsilon). adabelief-pytorch rectifies by default, as RAdam does. The paper's
        table has epsilon = 1e-8.

    Source:
        Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris and Duncan (2020), AdaBelief optimizer:
        adapting stepsizes by the belief in observed gradients, arXiv:2010.07468, algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-16
    name: Literal["adabelief"] = "adabelief"

    title: ClassVar = "AdaBelief"
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("variance", "s"))
    default_learning_rate: ClassVar = 0.02
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" s_t = \beta_2 s_{t-1} + (1-\beta_2)\,(g_t - m_t)^2 + \epsilon \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat s_t = \frac{s_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat s_t} + \epsilon}"
    )
    source: ClassVar = "Zhuang et al. (2020), algorithm 2, arXiv:2010.07468"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean over the root of the corrected variance."""
        m, s = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        s *= self.beta2
        s += (1 - self.beta2) * (moment.grads - m) ** 2 + self.epsilon
        m_hat, s_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(s_hat) + self.epsilon), state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, s = state
        return m / (1 - self.beta1**moment.step), s / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected variance, plus epsilon."""
        _, s_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(s_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class Yogi(Rule):
    """Adam whose mean square moves by small steps of the size of the newest square.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = v_{t-1} - (1 - beta2) sign(v_{t-1} - g_t^2) g_t^2
        m_hat = m_t / (1 - beta1^t),  v_hat = v_t / (1 - beta2^t)
        d_t = m_hat / (sqrt(v_hat) + epsilon)

    So v shrinks slowly where gradients become small, and rates do not shoot up.

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: 1 - beta2 is the share of the newest square by which v moves.
        epsilon: keeps the division finite.

    Note:
        Corrected as Adam is, from m_0 = v_0 = 0. Optax starts both at 1e-6. The paper corrects
        neither.

    Source:
        Zaheer, Reddi, Sachan, Kale and Kumar (2018), Adaptive methods for nonconvex optimization,
        NeurIPS 31, algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-3
    name: Literal["yogi"] = "yogi"

    title: ClassVar = "Yogi"
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("second_moment", "v"))
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = v_{t-1} - (1-\beta_2)\,\operatorname{sign}(v_{t-1} - g_t^2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}"
    )
    source: ClassVar = "Zaheer et al. (2018), NeurIPS 31, algorithm 2"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean over the root of what follows the squares."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        squares = moment.grads**2
        v -= (1 - self.beta2) * np.sign(v - squares) * squares
        m_hat, v_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(v_hat) + self.epsilon), state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return both over the weight that an average has gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**moment.step), v / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of what follows the squares, plus epsilon."""
        _, v_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(v_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class Adan(Rule):
    """Adam with Nesterov's momentum from the changes of the gradient, which it averages apart.

        delta_t = g_t - g_{t-1},  delta_1 = 0
        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) delta_t
        n_t = beta3 n_{t-1} + (1 - beta3) (g_t + beta2 delta_t)^2
        m_hat = m_t / (1 - beta1^t),  v_hat and n_hat likewise
        d_t = (m_hat + beta2 v_hat) / (sqrt(n_hat) + epsilon) + lambda theta_{t-1}

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of their changes kept each step, and the weight of changes.
        beta3: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate.

    Note:
        The decay is added as in AdamW (timm with no_prox, pytorch_optimizer with
        weight_decouple=True). The paper, and both by default, divide by 1 + rate lambda instead.
        The paper writes 1 - beta for each beta. Optax 0.2.8 weighs changes by 1 - beta2, by
        mistake.

    Source:
        Xie, Zhou, Li, Lin and Yan (2022), Adan: adaptive Nesterov momentum algorithm for faster
        optimizing deep models, arXiv:2208.06677, algorithm 1.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.98
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.92
    beta3: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_3", scale="complement")
    ] = 0.99
    epsilon: Epsilon = 1e-8
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["adan"] = "adan"

    title: ClassVar = "Adan"
    family: ClassVar = "adaptive"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("mean_change", "v"),
        Slot("second_moment", "n"),
        Slot("last_gradient", "g"),
    )
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"\delta_t = g_t - g_{t-1} \qquad \delta_1 = 0 \\"
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,\delta_t \qquad"
        r" n_t = \beta_3 n_{t-1} + (1-\beta_3)\,(g_t + \beta_2\,\delta_t)^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \qquad"
        r" \hat n_t = \frac{n_t}{1-\beta_3^t} \\"
        r"d_t = \frac{\hat m_t + \beta_2\,\hat v_t}{\sqrt{\hat n_t} + \epsilon}"
        r" + \lambda\,\theta_{t-1}"
    )
    source: ClassVar = "Xie et al. (2022), algorithm 1, arXiv:2208.06677"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected means of gradients and changes over the root of squares."""
        m, v, n, last = state
        if moment.step == 1:
            last[:] = moment.grads
        change = moment.grads - last
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * change
        n *= self.beta3
        n += (1 - self.beta3) * (moment.grads + self.beta2 * change) ** 2
        last[:] = moment.grads
        m_hat, v_hat, n_hat = self.corrected(moment, state)
        step = (m_hat + self.beta2 * v_hat) / (np.sqrt(n_hat) + self.epsilon)
        return step + self.weight_decay * moment.params, state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the three averages over the weight that they have gathered since zero."""
        m, v, n, _ = state
        betas = (self.beta1, self.beta2, self.beta3)
        weights = (1 - beta**moment.step for beta in betas)
        return tuple(slot / weight for slot, weight in zip((m, v, n), weights, strict=True))

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        *_, n_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(n_hat) + self.epsilon)
