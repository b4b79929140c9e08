"""Rules that follow the signs of gradients: how large these are does not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, State
    from engine.rules.rule import Moment


@final
@dataclass(frozen=True)
class Lion(Rule):
    """Step by the sign of a mean of gradients, in which the newest one counts more.

        d_t = sign(beta1 m_{t-1} + (1 - beta1) g_t) + lambda theta_{t-1}
        m_t = beta2 m_{t-1} + (1 - beta2) g_t

    Without decay every parameter moves by the learning rate in every step, and stays where the mean
    is exactly zero.

    Attributes:
        beta1: share of the old mean in the step.
        beta2: share of the old mean kept each step.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate.

    Note:
        The authors' code, lion-pytorch, Keras and optax agree; PyTorch has no Lion. optax has
        lambda = 1e-3 unless told otherwise; the paper asks for a rate 3 to 10 times below Adam's,
        and a lambda as many times above.

    Source:
        Chen et al. (2023), Symbolic discovery of optimization algorithms, program 1.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.99
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["lion"] = "lion"

    title: ClassVar = "Lion"
    family: ClassVar = "signs"
    slots: ClassVar = (Slot("first_moment", "m"),)
    default_learning_rate: ClassVar = 0.01
    formula: ClassVar = (
        r"d_t = \operatorname{sign}(\beta_1 m_{t-1} + (1-\beta_1)\,g_t) + \lambda\,\theta_{t-1} \\"
        r"m_t = \beta_2 m_{t-1} + (1-\beta_2)\,g_t"
    )
    source: ClassVar = "Chen et al. (2023), program 1, arXiv:2302.06675"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the sign of the mean plus the decay of the parameters."""
        (m,) = state
        direction = np.sign(self.beta1 * m + (1 - self.beta1) * moment.grads)
        direction += self.weight_decay * moment.params
        m *= self.beta2
        m += (1 - self.beta2) * moment.grads
        return direction, state


@final
@dataclass(frozen=True)
class Signum(Rule):
    """Step by the sign of the mean of past gradients.

        m_t = beta m_{t-1} + (1 - beta) g_t
        d_t = sign(m_t)

    With beta = 0 it is SignSGD, d_t = sign(g_t). The mean needs no correction for its start at
    zero, which does not change its sign.

    Attributes:
        momentum: beta, the share of the old mean kept each step.

    Note:
        optax and pytorch_optimizer agree; PyTorch and Keras have no Signum.

    Source:
        Bernstein et al. (2018), signSGD: compressed optimisation for non-convex problems, algorithm
        2.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta", scale="complement")
    ] = 0.9
    name: Literal["signum"] = "signum"

    title: ClassVar = "Signum"
    family: ClassVar = "signs"
    slots: ClassVar = (Slot("first_moment", "m"),)
    default_learning_rate: ClassVar = 0.005
    formula: ClassVar = (
        r"m_t = \beta\,m_{t-1} + (1-\beta)\,g_t \qquad d_t = \operatorname{sign}(m_t)"
    )
    source: ClassVar = "Bernstein et al. (2018), algorithm 2, arXiv:1802.04434"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the sign of the mean."""
        (m,) = state
        m *= self.momentum
        m += (1 - self.momentum) * moment.grads
        return np.sign(m), state


@final
@dataclass(frozen=True)
class Rprop(Rule):
    """Give each parameter a step of its own, longer while its gradient keeps its sign.

        sigma_t = p_{t-1} sign(g_t)
        s_t = s_{t-1} grow if sigma_t > 0, s_{t-1} shrink if sigma_t < 0, else s_{t-1}
        s_t is then kept between smallest / eta and largest / eta
        p_t = 0 if sigma_t < 0, else sign(g_t)
        d_t = p_t s_t

    s_0 = 1: steps are counted in learning rates, which is the first step. A parameter whose
    gradient has just turned rests for one update. For updates that follow the gradient of all
    rows alone: the noise of batches turns signs, and every turn shortens the step.

    Attributes:
        shrink: eta_-, what the step is multiplied by where the sign has turned.
        grow: eta_+, what the step is multiplied by where the sign has stayed.
        smallest: Delta_-, the shortest step of a parameter.
        largest: Delta_+, the longest step of a parameter; it wins if it is below the smallest.

    Note:
        PyTorch has this form, and keeps the gradient where p is its sign here. Under a schedule the
        steps scale with the rate, within the same bounds. optax 0.2.8 applies the step of the
        update before, so that its first update is zero. The first paper takes the last step back
        where the sign has turned; this is the later iRprop-. Keras has no Rprop.

    Source:
        Riedmiller and Braun (1993), A direct adaptive method for faster backpropagation learning:
        the RPROP algorithm; in this form Igel and Huesken (2003), Empirical evaluation of the
        improved Rprop learning algorithms.
    """

    shrink: Annotated[float, Interval(0, 1, open_low=True, open_high=True, symbol=r"\eta_-")] = 0.5
    grow: Annotated[float, Interval(1, 2, open_low=True, symbol=r"\eta_+")] = 1.2
    smallest: Annotated[float, Interval(1e-12, 1e12, symbol=r"\Delta_-", scale="log")] = 1e-6
    largest: Annotated[float, Interval(1e-12, 1e12, symbol=r"\Delta_+", scale="log")] = 50.0
    name: Literal["rprop"] = "rprop"

    title: ClassVar = "Rprop"
    family: ClassVar = "signs"
    needs: ClassVar = frozenset({"all_rows"})
    slots: ClassVar = (Slot("last_sign", "p"), Slot("step_size", "s"))
    default_learning_rate: ClassVar = 0.1
    formula: ClassVar = (
        r"\sigma_t = p_{t-1}\,\operatorname{sign}(g_t) \qquad s_0 = 1 \\"
        r"s_t = \min(\max(s_{t-1}\,\eta_+^{\max(\sigma_t, 0)}\,\eta_-^{\max(-\sigma_t, 0)},"
        r" \frac{\Delta_-}{\eta}), \frac{\Delta_+}{\eta}) \\"
        r"p_t = \min(1 + \sigma_t, 1)\,\operatorname{sign}(g_t) \qquad d_t = p_t\,s_t"
    )
    source: ClassVar = (
        "Riedmiller & Braun (1993), doi:10.1109/ICNN.1993.298623; Igel & Hüsken (2003)"
    )

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the sign of the gradient, zero where it has turned, times the step."""
        last_sign, step_size = state
        if moment.step == 1:
            step_size += 1
        sign = np.sign(moment.grads)
        turned = last_sign * sign
        step_size *= np.where(turned > 0, self.grow, np.where(turned < 0, self.shrink, 1.0))
        np.maximum(step_size, self.smallest / moment.rate, out=step_size)
        np.minimum(step_size, self.largest / moment.rate, out=step_size)
        np.multiply(sign, turned >= 0, out=last_sign)
        return last_sign * step_size, state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return the step of each parameter, in learning rates."""
        _, step_size = state
        return step_size
