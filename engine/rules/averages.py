"""Rules that report the mean of where they have been, while the gradient is taken elsewhere."""

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
class ScheduleFreeSGD(Rule):
    """Take gradients between a base sequence z and its weighted mean x, which is what counts.

        theta_t = (1 - beta) z_t + beta x_t
        u_t = g_t + lambda theta_{t-1}
        z_t = z_{t-1} - eta u_t
        x_t = (1 - c_t) x_{t-1} + c_t z_t,  c_t = gamma_t^2 / W_t
        gamma_t = max(gamma_{t-1}, eta),  W_t = W_{t-1} + gamma_t^2

    With w_t = x_t - z_t, the one thing to remember of x and z, this is

        w_t = (1 - c_t) (w_{t-1} + eta u_t)
        d_t = beta c_t w_{t-1} / eta + (1 - beta (1 - c_t)) u_t
        x_t = theta_t + (1 - beta) w_t

    At a constant rate c_t = 1 / t: x is the mean of all z. No schedule is needed.

    Attributes:
        momentum: beta, how near to the mean the gradient is taken.
        weight_decay: lambda, the share of each parameter added to its gradient.

    Note:
        The authors' package schedulefree and optax agree; PyTorch and Keras have no such SGD.
        Batch losses are those at theta, where the gradient is taken; all others are those at x.

    Source:
        Defazio et al. (2024), The road less scheduled.
    """

    momentum: Annotated[
        float,
        Interval(0, 1, open_low=True, open_high=True, symbol=r"\beta", scale="complement"),
    ] = 0.9
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["schedule_free_sgd"] = "schedule_free_sgd"

    title: ClassVar = "Schedule-Free SGD"
    family: ClassVar = "averages"
    slots: ClassVar = (
        Slot("mean_minus_base", "w"),
        Slot("largest_rate", r"\gamma", lambda _layout: 1),
        Slot("sum_of_weights", "W", lambda _layout: 1),
    )
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = (
        r"u_t = g_t + \lambda\,\theta_{t-1} \\"
        r"\gamma_t = \max(\gamma_{t-1}, \eta) \qquad W_t = W_{t-1} + \gamma_t^2 \qquad"
        r" c_t = \frac{\gamma_t^2}{W_t} \\"
        r"d_t = \frac{\beta c_t}{\eta}\,w_{t-1} + (1 - \beta\,(1 - c_t))\,u_t \\"
        r"w_t = (1 - c_t)\,(w_{t-1} + \eta\,u_t) \qquad x_t = \theta_t + (1 - \beta)\,w_t"
    )
    source: ClassVar = "Defazio et al. (2024), arXiv:2405.15682"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the way of the gradient's point, and move the mean from the base."""
        w, largest, weights = state
        u = moment.grads + self.weight_decay * moment.params
        np.maximum(largest, moment.rate, out=largest)
        weights += largest**2
        c = largest**2 / weights
        direction = self.momentum * c / moment.rate * w
        direction += (1 - self.momentum * (1 - c)) * u
        w += moment.rate * u
        w *= 1 - c
        return direction, state

    def evaluated(self, moment: Moment, state: State) -> Array:
        """Return the mean, x."""
        w, *_ = state
        return moment.params + (1 - self.momentum) * w


@final
@dataclass(frozen=True)
class ScheduleFreeAdamW(Rule):
    """Schedule-Free SGD along Adam's gradients, each over the root of its mean square.

        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2,  v_hat = v_t / (1 - beta2^t)
        u_t = g_t / (sqrt(v_hat) + epsilon) + lambda theta_{t-1}
        w_t, c_t and x_t as in Schedule-Free SGD
        d_t = beta c_t w_{t-1} / eta + (1 - beta (1 - c_t)) u_t

    Attributes:
        momentum: beta, how near to the mean the gradient is taken.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate.

    Note:
        The authors' package schedulefree and optax agree. Keras has c_t = 1 / t under any schedule;
        PyTorch has none. Batch losses are those at theta, where the gradient is taken; all others
        are those at x.

    Source:
        Defazio et al. (2024), The road less scheduled, algorithm 1.
    """

    momentum: Annotated[
        float,
        Interval(0, 1, open_low=True, open_high=True, symbol=r"\beta", scale="complement"),
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["schedule_free_adamw"] = "schedule_free_adamw"

    title: ClassVar = "Schedule-Free AdamW"
    family: ClassVar = "averages"
    slots: ClassVar = (
        Slot("second_moment", "v"),
        Slot("mean_minus_base", "w"),
        Slot("largest_rate", r"\gamma", lambda _layout: 1),
        Slot("sum_of_weights", "W", lambda _layout: 1),
    )
    default_learning_rate: ClassVar = 0.2
    formula: ClassVar = (
        r"v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \qquad \hat v_t = \frac{v_t}{1-\beta_2^t}"
        r" \qquad u_t = \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\,\theta_{t-1} \\"
        r"\gamma_t = \max(\gamma_{t-1}, \eta) \qquad W_t = W_{t-1} + \gamma_t^2 \qquad"
        r" c_t = \frac{\gamma_t^2}{W_t} \\"
        r"d_t = \frac{\beta c_t}{\eta}\,w_{t-1} + (1 - \beta\,(1 - c_t))\,u_t \\"
        r"w_t = (1 - c_t)\,(w_{t-1} + \eta\,u_t) \qquad x_t = \theta_t + (1 - \beta)\,w_t"
    )
    source: ClassVar = "Defazio et al. (2024), algorithm 1, arXiv:2405.15682"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the way of the gradient's point, and move the mean from the base."""
        v, w, largest, weights = state
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        (v_hat,) = self.corrected(moment, state)
        u = moment.grads / (np.sqrt(v_hat) + self.epsilon) + self.weight_decay * moment.params
        np.maximum(largest, moment.rate, out=largest)
        weights += largest**2
        c = largest**2 / weights
        direction = self.momentum * c / moment.rate * w
        direction += (1 - self.momentum * (1 - c)) * u
        w += moment.rate * u
        w *= 1 - c
        return direction, state

    def evaluated(self, moment: Moment, state: State) -> Array:
        """Return the mean, x."""
        _, w, *_ = state
        return moment.params + (1 - self.momentum) * w

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the mean square over the weight that it has gathered since zero."""
        v, *_ = state
        return (v / (1 - self.beta2**moment.step),)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return one over the root of the corrected mean square, plus epsilon."""
        (v_hat,) = self.corrected(moment, state)
        return 1 / (np.sqrt(v_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class AveragedSGD(Rule):
    """SGD that reports the mean of all its iterates, from the first update on.

        d_t = g_t
        o_t = (1 - 1/t) (o_{t-1} + eta d_t)
        x_t = theta_t + o_t

    x_t is the mean of theta_1 to theta_t, the start left out, whatever the rates.

    Note:
        PyTorch's SGD with ``swa_utils.AveragedModel`` agrees. Its ASGD leaves the first iterate
        out of the mean. Batch losses are those at theta; all others are those at x.

    Source:
        Polyak and Juditsky (1992), Acceleration of stochastic approximation by averaging; Ruppert
        (1988).
    """

    name: Literal["averaged_sgd"] = "averaged_sgd"

    title: ClassVar = "Averaged SGD"
    family: ClassVar = "averages"
    slots: ClassVar = (Slot("mean_minus_parameters", "o"),)
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = (
        r"d_t = g_t \qquad o_t = \frac{t-1}{t}\,(o_{t-1} + \eta\,g_t) \qquad x_t = \theta_t + o_t"
    )
    source: ClassVar = "Polyak & Juditsky (1992), doi:10.1137/0330046"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient, and move the mean from the parameters."""
        (offset,) = state
        offset += moment.rate * moment.grads
        offset *= (moment.step - 1) / moment.step
        return moment.grads, state

    def evaluated(self, moment: Moment, state: State) -> Array:
        """Return the mean of all iterates."""
        (offset,) = state
        return moment.params + offset
