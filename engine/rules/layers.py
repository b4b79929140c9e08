"""Rules that see the matrix of a whole layer: its weights, with the bias as the last column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Epsilon, Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, Layout, State
    from engine.rules.rule import Moment


def norms(values: Array, layout: Layout) -> Array:
    """Return, for each parameter, the Euclidean norm of its layer; ``values`` is like it."""
    spread = np.empty_like(values)
    layers = zip(layout.matrices(values), layout.matrices(spread), strict=True)
    for matrix, constant in layers:
        flat = matrix.reshape(len(matrix), -1)
        constant[:] = np.sqrt(np.vecdot(flat, flat))[:, None, None]
    return spread


@final
@dataclass(frozen=True)
class Muon(Rule):
    """Momentum whose matrix is made nearly orthogonal, layer by layer: all its directions count.

        m_t = mu m_{t-1} + (1 - mu) g_t
        n_t = mu m_t + (1 - mu) g_t
        X_0 = n_t / |n_t|
        B_i = X_i X_i^T,  X_{i+1} = a X_i + b B_i X_i + c B_i^2 X_i,  five times
        d_t = sqrt(max(1, p / q)) X_5 + lambda theta_{t-1}

    Here a layer's matrix has p rows and q columns, and a, b, c = 3.4445, -4.775, 2.0315. X_5 has
    the singular vectors of n_t; the singular values of X_0 from 0.01 on lie between 0.68 and 1.14
    in it.

    Attributes:
        momentum: mu, the share of the old mean of gradients kept each step.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate.

    Note:
        The author's form and PyTorch's, but for three things: five iterations in 64 bits, not in
        bfloat16 (in 60 steps the parameters differ by 0.004 to 0.009); every layer, biases
        included, where both leave biases, and the author first and last layers, to AdamW; no decay
        unless asked (PyTorch 0.1). Keras scales by 0.2 sqrt(max(p, q)), and Optax corrects both
        averages of n_t for their start. A norm below 1e-7 counts as 1e-7.

    Source:
        Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\mu", scale="complement")
    ] = 0.95
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["muon"] = "muon"

    title: ClassVar = "Muon"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (Slot("first_moment", "m"),)
    default_learning_rate: ClassVar = 0.01
    formula: ClassVar = (
        r"m_t = \mu\,m_{t-1} + (1-\mu)\,g_t \qquad n_t = \mu\,m_t + (1-\mu)\,g_t \\"
        r"X_0 = \frac{n_t}{\|n_t\|} \qquad B_i = X_i X_i^\top \qquad"
        r" X_{i+1} = 3.4445\,X_i - 4.775\,B_i X_i + 2.0315\,B_i^2 X_i \\"
        r"d_t = \sqrt{\max(1, p/q)}\,X_5 + \lambda\,\theta_{t-1}"
    )
    source: ClassVar = "Jordan et al. (2024), kellerjordan.github.io/posts/muon"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the mean of gradients with singular values near one, plus the decay."""
        (m,) = state
        m *= self.momentum
        m += (1 - self.momentum) * moment.grads
        n = self.momentum * m + (1 - self.momentum) * moment.grads
        n /= np.maximum(norms(n, moment.layout), 1e-7)
        for matrix in moment.layout.matrices(n):
            rows, columns = matrix.shape[1:]
            matrix[:] = max(1, rows / columns) ** 0.5 * self._orthogonal(matrix)
        return n + self.weight_decay * moment.params, state

    def operations(self, layout: Layout) -> float:
        """Return those of the products of five iterations."""
        shapes = [(min(shape), max(shape)) for shape in layout.shapes]
        return sum(5.0 * (4 * small**2 * large + 2 * small**3) for small, large in shapes)

    @staticmethod
    def _orthogonal(x: Array) -> Array:
        """Return matrices of norm 1 after five iterations of Newton and Schulz."""
        is_tall = x.shape[1] > x.shape[2]
        x = x.transpose(0, 2, 1).copy() if is_tall else x
        for _ in range(5):
            b = x @ x.transpose(0, 2, 1)
            x = 3.4445 * x + (2.0315 * b @ b - 4.775 * b) @ x
        return x.transpose(0, 2, 1) if is_tall else x


@final
@dataclass(frozen=True)
class LAMB(Rule):
    """Adam whose step is as long as the layer itself: the learning rate is a share of its norm.

        m_t, v_t, m_hat, v_hat as in Adam
        u_t = m_hat / (sqrt(v_hat) + epsilon) + lambda theta_{t-1}
        d_t = |theta_{t-1}| / |u_t| u_t,  layer by layer

    Where a norm is 0, the ratio is 1.

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old mean of squares kept each step.
        epsilon: keeps the division finite.
        weight_decay: lambda, the share of each parameter that is added to u.

    Note:
        Optax and timm (always_adapt, without its clipping) have this form, as the paper, which
        leaves open a function of |theta|; Keras adds the decay after the ratio. pytorch_optimizer
        leaves v as it is, corrects m outside the ratio and caps |theta| at 10: its first step is 10
        times as long. Here a layer is its weights and biases in one; the paper has each array by
        itself.

    Source:
        You et al. (2020), Large batch optimization for deep learning: training BERT in 76 minutes,
        algorithm 2.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.9
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.999
    epsilon: Epsilon = 1e-6
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["lamb"] = "lamb"

    title: ClassVar = "LAMB"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (Slot("first_moment", "m"), Slot("second_moment", "v"))
    default_learning_rate: ClassVar = 0.005
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2 \\"
        r"\hat m_t = \frac{m_t}{1-\beta_1^t} \qquad \hat v_t = \frac{v_t}{1-\beta_2^t} \\"
        r"u_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\,\theta_{t-1} \qquad"
        r" d_t = \frac{\|\theta_{t-1}\|}{\|u_t\|}\,u_t"
    )
    source: ClassVar = "You et al. (2020), algorithm 2, arXiv:1904.00962"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return Adam's direction with the decay, as long as each layer."""
        m, v = state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * moment.grads**2
        update = self._update(moment, state)
        return self._ratio(moment, update) * update, state

    def _update(self, moment: Moment, state: State) -> Array:
        m_hat, v_hat = self.corrected(moment, state)
        return m_hat / (np.sqrt(v_hat) + self.epsilon) + self.weight_decay * moment.params

    @staticmethod
    def _ratio(moment: Moment, update: Array) -> Array:
        """Return the norm of the parameters over that of the update, 1 where one of them is 0."""
        long, short = norms(moment.params, moment.layout), norms(update, moment.layout)
        known = (long > 0) & (short > 0)
        return np.where(known, long, 1.0) / np.where(known, short, 1.0)

    def corrected(self, moment: Moment, state: State) -> State:
        """Return both averages over the weight that they have gathered since zero."""
        m, v = state
        return m / (1 - self.beta1**moment.step), v / (1 - self.beta2**moment.step)

    def scale(self, moment: Moment, state: State) -> Array:
        """Return the ratio of the layer over the root of the corrected mean square."""
        _, v_hat = self.corrected(moment, state)
        ratio = self._ratio(moment, self._update(moment, state))
        return ratio / (np.sqrt(v_hat) + self.epsilon)


@final
@dataclass(frozen=True)
class LARS(Rule):
    """Momentum in which the gradient of each layer is as long as a share of the layer itself.

        c_t = kappa |theta_{t-1}| / (|g_t| + lambda |theta_{t-1}|),  layer by layer
        v_t = mu v_{t-1} + c_t (g_t + lambda theta_{t-1})
        d_t = v_t

    Where a norm is 0, c is 1.

    Attributes:
        momentum: mu, the share of the accumulated velocity kept each step.
        trust: kappa, how long a first step is, as a share of the layer's norm.
        weight_decay: lambda, the share of each parameter that is added to the gradient.

    Note:
        The learning rate stands outside the velocity, as in timm and pytorch_optimizer; the paper
        and Optax have it inside, the same path while it is constant. Optax divides by |g + lambda
        theta|, which is the same without decay. Here a layer is its weights and biases in one.

    Source:
        You, Gitman and Ginsburg (2017), Large batch training of convolutional networks, algorithm
        1.
    """

    momentum: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\mu", scale="complement")
    ] = 0.9
    trust: Annotated[float, Interval(0, 1, open_low=True, symbol=r"\kappa", scale="log")] = 0.001
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["lars"] = "lars"

    title: ClassVar = "LARS"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (Slot("velocity", "v"),)
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = (
        r"c_t = \frac{\kappa\,\|\theta_{t-1}\|}{\|g_t\| + \lambda\,\|\theta_{t-1}\|} \qquad"
        r" v_t = \mu\,v_{t-1} + c_t\,(g_t + \lambda\,\theta_{t-1}) \qquad d_t = v_t"
    )
    source: ClassVar = "You, Gitman & Ginsburg (2017), algorithm 1, arXiv:1708.03888"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the velocity after adding the gradient at its new length."""
        (velocity,) = state
        long, slope = norms(moment.params, moment.layout), norms(moment.grads, moment.layout)
        known = (long > 0) & (slope > 0)
        below = np.where(known, slope + self.weight_decay * long, 1.0)
        velocity *= self.momentum
        velocity += (
            np.where(known, self.trust * long, 1.0)
            / below
            * (moment.grads + self.weight_decay * moment.params)
        )
        return velocity, state


@final
@dataclass(frozen=True)
class Adafactor(Rule):
    """A rate per parameter from two short vectors per layer: mean squares of rows and of columns.

        beta_t = 1 - t^(-gamma)
        R_t = beta_t R_{t-1} + (1 - beta_t) row means of g_t^2
        C_t = beta_t C_{t-1} + (1 - beta_t) column means of g_t^2
        V_t = R_t C_t^T / mean(R_t)
        u_t = g_t / sqrt(max(V_t, epsilon_1^2))
        d_t = max(epsilon_2, |theta_{t-1}| / sqrt(n)) u_t / max(1, |u_t| / (c sqrt(n)))

    Norms are of a layer, which has n parameters; over sqrt(n) they are root mean squares, and the
    learning rate is a share of that of the parameters. A layer of one row has V = C, for then C is
    the mean square of each parameter itself; one of one column V = R.

    Attributes:
        decay_exponent: gamma, how fast the average grows longer.
        epsilon1: keeps the divisions finite; the mean of R counts as no less.
        epsilon2: what a layer's root mean square counts as at least.
        clip: c, the largest root mean square of u.

    Note:
        PyTorch's form, but for its cap on the rate, which the paper, PyTorch and Keras have: 1 /
        sqrt(t) at most, the same while the rate is below it. The paper, Keras and Optax add 1e-30
        to g^2 in place of epsilon_1, a difference of the last digits, and Keras and Optax compute
        beta_t in 32 bits (1e-8). Optax factors only matrices of 128 rows and columns on unless
        told.

    Source:
        Shazeer and Stern (2018), Adafactor: adaptive learning rates with sublinear memory cost,
        algorithms 4 and 5.
    """

    decay_exponent: Annotated[float, Interval(0, 1, open_low=True, symbol=r"\gamma")] = 0.8
    epsilon1: Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon_1", scale="log")] = 2.2e-16
    epsilon2: Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon_2", scale="log")] = 1e-3
    clip: Annotated[float, Interval(1, 10, symbol="c")] = 1.0
    name: Literal["adafactor"] = "adafactor"

    title: ClassVar = "Adafactor"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (
        Slot("row_squares", "R", lambda layout: sum(rows for rows, _ in layout.shapes)),
        Slot("column_squares", "C", lambda layout: sum(columns for _, columns in layout.shapes)),
    )
    default_learning_rate: ClassVar = 0.02
    formula: ClassVar = (
        r"\beta_t = 1 - t^{-\gamma} \qquad"
        r" R_t = \beta_t R_{t-1} + (1-\beta_t)\,\operatorname{mean}_j(g_t^2) \qquad"
        r" C_t = \beta_t C_{t-1} + (1-\beta_t)\,\operatorname{mean}_i(g_t^2) \\"
        r"V_t = \frac{R_t C_t^\top}{\operatorname{mean}(R_t)} \qquad"
        r" u_t = \frac{g_t}{\sqrt{\max(V_t, \epsilon_1^2)}} \\"
        r"d_t = \frac{\max(\epsilon_2, \|\theta_{t-1}\|/\sqrt n)}{\max(1, \|u_t\|/(c\sqrt n))}\,u_t"
    )
    source: ClassVar = "Shazeer & Stern (2018), algorithms 4 and 5, arXiv:1804.04235"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient over the root of its factored mean square, as long as the layer."""
        beta = 1 - np.power(float(moment.step), -np.asarray(self.decay_exponent))
        squares = moment.layout.matrices(moment.grads**2)
        rows, columns = state
        rows *= beta
        rows += (1 - beta) * np.concatenate([one.mean(axis=2) for one in squares], axis=1)
        columns *= beta
        columns += (1 - beta) * np.concatenate([one.mean(axis=1) for one in squares], axis=1)
        return moment.grads * self.scale(moment, state), state

    def scale(self, moment: Moment, state: State) -> Array:
        """Return the size of the layer over the root of the factored mean square."""
        squares, row, column = np.empty_like(moment.grads), 0, 0
        for matrix in moment.layout.matrices(squares):
            rows = state[0][:, row : row + matrix.shape[1]]
            columns = state[1][:, column : column + matrix.shape[2]]
            row, column = row + matrix.shape[1], column + matrix.shape[2]
            if matrix.shape[1] == 1:
                matrix[:] = columns[:, None, :]
            elif matrix.shape[2] == 1:
                matrix[:] = rows[:, :, None]
            else:
                mean = np.maximum(rows.mean(axis=1, keepdims=True), self.epsilon1)
                matrix[:] = rows[:, :, None] * (columns / mean)[:, None, :]
        root = np.sqrt(np.maximum(squares, np.square(self.epsilon1)))
        size = self._rms(moment.grads / root, moment.layout)
        least = np.maximum(self.epsilon2, self._rms(moment.params, moment.layout))
        return least / np.maximum(1, size / self.clip) / root

    @staticmethod
    def _rms(values: Array, layout: Layout) -> Array:
        """Return, for each parameter, the root mean square of its layer."""
        return norms(values, layout) / norms(np.ones_like(values), layout)
