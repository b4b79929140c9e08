"""Adam with one of its parts changed: its maximum, its momentum, its start or its norm."""

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
class AMSGrad(Rule):
    """Adam that divides by the largest mean square so far, so that a steep slope is not forgotten.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
        w_t = max(w_{t-1}, v_t)
        m_hat = m_t / (1 - beta1^t),  w_hat = w_t / (1 - beta2^t)
        d_t = m_hat / (sqrt(w_hat) + epsilon)

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.

    Note:
        The maximum is taken of v_t and corrected afterwards (PyTorch; Keras with its "epsilon
        hat"). Optax takes it of the corrected mean square, where the first few squares count for
        ever. The paper corrects nothing.

    Source:
        Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, arXiv:1904.09237,
        algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    name: Literal["amsgrad"] = "amsgrad"

    title: ClassVar = "AMSGrad"
    family: ClassVar = "adaptive"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("largest_second_moment", "w"),
        Slot("second_moment", "v"),
    )
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \qquad w_t = \max(w_{t-1}, v_t) \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat w_t = \frac{w_t}{1-\beta_2^t} \qquad"
        r" d_t = \frac{\hat m_t}{\sqrt{\hat w_t} + \epsilon}"
    )
    source: ClassVar = "Reddi, Kale & Kumar (2018), algorithm 2, arXiv:1904.09237"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean over the root of the largest mean square, corrected."""
        m, w, v = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        np.maximum(w, v, out=w)
        m_hat, w_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(w_hat) + self.epsilon), state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the mean and the maximum over the weight that averages have gathered."""
        m, w, _ = state
        return m / (1 - self.beta1**moment.step), w / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the largest mean square, corrected, plus epsilon."""
        _, w_hat = self.corrected(moment, state)
        return 1 / (np.sqrt(w_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class NAdam(Rule):
    """Adam with Nesterov's momentum: it already takes the next step's share of the mean.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
        mu_t = beta1 (1 - 0.96^(t psi) / 2)
        c_t = mu_t c_{t-1} + (1 - mu_t),  likewise c_{t+1}
        d_t = (mu_{t+1} m_t / c_{t+1} + (1 - mu_t) g_t / c_t) / (sqrt(v_hat) + epsilon)

    v_hat is that of Adam. The momentum mu rises from about beta1 / 2 to beta1, and c_t = 1 - mu_1
    mu_2 ... mu_t is the weight that a mean with this momentum has gathered.

    Attributes:
        beta1: share of the old mean of gradients kept each step, and where mu ends.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        momentum_decay: psi, how fast mu rises; 0 leaves it at beta1 / 2.

    Note:
        psi = 0.004 (PyTorch; the t / 250 of the paper). Keras fixes it at 1; optax has beta1 in
        place of mu. The paper also averages with mu_t, and multiplies v_hat by beta2.

    Source:
        Dozat (2016), Incorporating Nesterov momentum into Adam, ICLR workshop, algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    momentum_decay: Annotated[float, Interval(0, 1, symbol=r"\psi")] = 0.004
    name: Literal["nadam"] = "nadam"

    title: ClassVar = "NAdam"
    family: ClassVar = "adaptive"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("second_moment", "v"),
        Slot("momentum_weight", "c", lambda _: 1),
    )
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\mu_t = \beta_1\,(1 - \tfrac12\,0.96^{t\psi}) \qquad"
        r" c_t = \mu_t\,c_{t-1} + 1 - \mu_t \\"
        r"d_t = \left(\frac{\mu_{t+1}\,m_t}{\mu_{t+1}\,c_t + 1 - \mu_{t+1}}"
        r" + \frac{(1-\mu_t)\,g_t}{c_t}\right)"
        r" / \left(\sqrt{\tfrac{v_t}{1-\beta_2^t}} + \epsilon\right)"
    )
    source: ClassVar = "Dozat (2016), ICLR workshop, algorithm 2"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the mean one step ahead over the root of the corrected mean square."""
        m, v, c = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        mu, mu_next = self.mu(moment.step), self.mu(moment.step + 1)
        c *= mu
        c += 1 - mu
        ahead = mu_next * m / (mu_next * c + 1 - mu_next) + (1 - mu) * moment.grads / c
        return ahead * self.scale(moment, state), state

    def mu(self, step: int) -> Array:
        """Return the momentum of a step: it rises from about beta1 / 2 to beta1."""
        return self.beta1 * (1 - 0.5 * 0.96 ** (step * self.momentum_decay))

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        _, v, _ = state
        return 1 / (np.sqrt(v / (1 - self.beta2**moment.step)) + self.epsilon)


@final
@dataclass(frozen=True)
class RAdam(Rule):
    """Adam that divides by the mean square only once it has seen enough squares to trust it.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
        m_hat = m_t / (1 - beta1^t)
        w_t = beta2 w_{t-1} + 1
        rho_t = (1 - 1 / w_t) (rho_{t-1} + 1) + 1
        rho_inf = 2 / (1 - beta2) - 1
        r_t^2 = (rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t)
        d_t = r_t m_hat sqrt(1 - beta2^t) / (sqrt(v_t) + epsilon)  where rho_t > 5
        d_t = m_hat  elsewhere

    rho_t is the length of the moving average that v_t stands for: the mean of 2 j + 1 over the ages
    j of the squares, weighted by beta2^j. r_t begins small and grows towards 1: a warm-up. Before
    it, the first five steps are those of an averaged gradient, and as long as gradients are large.

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step; up to 2/3 no step is rectified.
        epsilon: keeps the division finite.

    Note:
        Rectified where rho_t > 5, with epsilon beside the root of v_t (PyTorch). Optax adds epsilon
        after the correction; the paper has rho_t > 4 and no epsilon. All write rho_t = rho_inf - 2
        t beta2^t / (1 - beta2^t): the same number, but with no right digits as beta2 nears 1.

    Source:
        Liu, Jiang, He, Chen, Liu, Gao and Han (2020), On the variance of the adaptive learning rate
        and beyond, arXiv:1908.03265, algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    name: Literal["radam"] = "radam"

    title: ClassVar = "RAdam"
    family: ClassVar = "adaptive"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("second_moment", "v"),
        Slot("squares_weight", "w", lambda _: 1),
        Slot("averaging_length", r"\rho", lambda _: 1),
    )
    default_learning_rate: ClassVar = 0.05
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \qquad"
        r" \hat m_t = \frac{m_t}{1-\beta_1^t} \\"
        r"w_t = \beta_2 w_{t-1} + 1 \qquad"
        r" \rho_t = \left(1 - \frac{1}{w_t}\right)\,(\rho_{t-1} + 1) + 1 \qquad"
        r" \rho_\infty = \frac{2}{1-\beta_2} - 1 \\"
        r"r_t = \sqrt{\frac{(\rho_t-4)\,(\rho_t-2)\,\rho_\infty}"
        r"{(\rho_\infty-4)\,(\rho_\infty-2)\,\rho_t}} \qquad"
        r" \rho_t > 5: \ s_t = \frac{r_t\,\sqrt{1-\beta_2^t}}{\sqrt{v_t} + \epsilon} \qquad"
        r" \rho_t \le 5: \ s_t = 1 \\"
        r"d_t = s_t\,\hat m_t"
    )
    source: ClassVar = "Liu et al. (2020), algorithm 2, arXiv:1908.03265"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean, rectified where enough squares are known."""
        m, v, weight, length = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        weight *= self.beta2
        weight += 1
        length += 1
        length *= 1 - 1 / weight
        length += 1
        (m_hat,) = self.corrected(moment, state)
        return m_hat * self.scale(moment, state), state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the mean over the weight that it has gathered since zero."""
        return (state[0] / (1 - self.beta1**moment.step),)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return what the corrected mean is multiplied by: 1 until it is rectified."""
        _, v, _, length = state
        longest = 2 / (1 - self.beta2) - 1
        r = np.sqrt(self.precision(length) / self.precision(longest))
        rectified = r * np.sqrt(1 - self.beta2**moment.step) / (np.sqrt(v) + self.epsilon)
        return np.where(length > 5, rectified, 1.0)

    def precision(self, length: Array | float) -> Array:
        """Return (rho - 4)(rho - 2) / rho of a length, or of 5 if it is shorter.

        One over the variance of the rate that such an average gives, but for a factor.
        """
        length = np.maximum(length, 5)
        return (length - 4) * (length - 2) / length


@final
@dataclass(frozen=True)
class Adamax(Rule):
    """Adam that divides by the largest recent gradient in place of the root of the mean square.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        u_t = max(beta2 u_{t-1}, |g_t| + epsilon)
        d_t = m_t / ((1 - beta1^t) u_t)

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: how much of the largest gradient is left after a step.
        epsilon: keeps the division finite.

    Note:
        epsilon inside the maximum (PyTorch, optax). Keras adds it afterwards, which differs where
        gradients are tiny. The paper has none, and divides 0 by 0 until a gradient comes.

    Source:
        Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv:1412.6980,
        algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    name: Literal["adamax"] = "adamax"

    title: ClassVar = "Adamax"
    family: ClassVar = "adaptive"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("largest_gradient", "u"))
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon) \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad d_t = \frac{\hat m_t}{u_t}"
    )
    source: ClassVar = "Kingma & Ba (2015), algorithm 2, arXiv:1412.6980"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the corrected mean over the largest recent gradient."""
        m, u = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        u *= self.beta2
        np.maximum(u, np.abs(moment.grads) + self.epsilon, out=u)
        (m_hat,) = self.corrected(moment, state)
        return m_hat / u, state

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the mean over the weight that it has gathered since zero."""
        m, _ = state
        return (m / (1 - self.beta1**moment.step),)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the largest recent gradient."""
        _, u = state
        return 1 / u
