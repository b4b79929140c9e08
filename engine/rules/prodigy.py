"""Prodigy, which finds its step size by how far it has come from the start."""

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
class Prodigy(Rule):
    """Adam that estimates how far the minimum is from the start, and takes that as its step size.

        z_t = theta_0, beta3 = sqrt(beta2), D_0 = d0
        r_t = beta3 r_{t-1} + eta D_{t-1}^2 / d0 <g_t, z_t - theta_{t-1}>
        s_t = beta3 s_{t-1} + eta D_{t-1}^2 / d0 g_t
        D_t = max(D_{t-1}, r_t / ||s_t||_1)
        m_t = beta1 m_{t-1} + (1 - beta1) D_{t-1} g_t
        v_t = beta2 v_{t-1} + (1 - beta2) D_{t-1}^2 g_t^2
        d_t = D_{t-1} (m_t / (sqrt(v_t) + D_t epsilon) + lambda theta_{t-1})

    <,> and ||.||_1 are over all parameters together. As long as no gradient was seen, s_t = 0, it
    stays where it is.

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        d0: the first estimate of the distance, far too small on purpose.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate and distance.

    Note:
        Without bias correction, D_{t-1} in front and D_t beside epsilon (the authors' prodigyopt,
        pytorch_optimizer). optax always multiplies steps by Adam's bias correction, which
        prodigyopt offers as an option. PyTorch and Keras have no Prodigy.

    Source:
        Mishchenko and Defazio (2023), Prodigy: an expeditiously adaptive parameter-free learner
        (its Adam version).
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    d0: Annotated[float, Interval(1e-16, 1, symbol="d_0", scale="log")] = 1e-6
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["prodigy"] = "prodigy"

    title: ClassVar = "Prodigy"
    family: ClassVar = "adaptive"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("second_moment", "v"),
        Slot("weighted_gradients", "s"),
        Slot("start", "z"),
        Slot("progress", "r", lambda _layout: 1),
        Slot("distance", "D", lambda _layout: 1),
    )
    couples: ClassVar = "lane"
    default_learning_rate: ClassVar = 0.5
    formula: ClassVar = (
        r"D_0 = d_0 \qquad z_1 = \theta_0 \qquad z_t = z_{t-1} \\"
        r"r_t = \sqrt{\beta_2}\,r_{t-1}"
        r" + \eta\,D_{t-1}^2 / d_0\,\langle g_t, z_t - \theta_{t-1} \rangle \qquad"
        r" s_t = \sqrt{\beta_2}\,s_{t-1} + \eta\,D_{t-1}^2 / d_0\,g_t \\"
        r"D_t = \max(D_{t-1}, r_t / \|s_t\|_1) \\"
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,D_{t-1}\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,D_{t-1}^2\,g_t^2 \\"
        r"d_t = \frac{m_t}{\sqrt{v_t} + D_t\,\epsilon}\,D_{t-1}"
        r" + \lambda\,D_{t-1}\,\theta_{t-1}"
    )
    source: ClassVar = "Mishchenko & Defazio (2023), arXiv:2306.06101"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return Adam's direction, without bias correction, times the distance so far."""
        m, v, s, start, progress, distance = state
        grads = moment.grads
        if moment.step == 1:
            start[:], distance[:] = moment.params, self.d0
        before = distance.copy()
        weight = moment.rate * before * (before / self.d0)
        progress *= np.sqrt(self.beta2)
        progress += weight * np.vecdot(grads, start - moment.params)[:, None]
        s *= np.sqrt(self.beta2)
        s += weight * grads
        m *= self.beta1
        m += (1 - self.beta1) * before * grads
        v *= self.beta2
        v += (1 - self.beta2) * (before * grads) ** 2
        size = np.abs(s).sum(axis=1, keepdims=True)
        seen = size != 0
        np.maximum(before, progress / np.where(seen, size, 1), out=distance)
        step = m / (np.sqrt(v) + distance * self.epsilon) + self.weight_decay * moment.params
        return np.where(seen, before * step, 0), state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return the new distance over the root of the mean square of the gradients themselves."""
        v, distance = state[1], state[5]
        return distance**2 / (np.sqrt(v) + distance * self.epsilon)
