"""Rules that measure how the rows and how the columns of a layer's gradients go together.

Each layer's matrix, its weights with the bias as the last column, gets two square matrices; their
Kronecker product stands for the curvature of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Epsilon, Rule, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.arrays import Array, Layout, State
    from engine.rules.rule import Moment


def sides(layout: Layout) -> list[tuple[int, ...]]:
    """Return the numbers of rows of all layers, and their numbers of columns."""
    return list(zip(*layout.shapes, strict=True))


def squares(slot: Array, sizes: Iterable[int]) -> list[Array]:
    """Return the square matrices that a slot holds one after another, views of it."""
    views, start = [], 0
    for size in sizes:
        part = slot[:, start : start + size**2]
        views.append(part.reshape(len(slot), size, size))
        start += size**2
    return views


def together(grads: Array, layout: Layout) -> tuple[Array, Array]:
    """Return G G^T and G^T G of every layer, each as a slot holds them."""
    matrices = layout.matrices(grads)
    products = (
        [g @ g.transpose(0, 2, 1) for g in matrices],
        [g.transpose(0, 2, 1) @ g for g in matrices],
    )
    left, right = (
        np.concatenate([one.reshape(len(one), -1) for one in side], axis=1) for side in products
    )
    return left, right


def eigen(matrices: Array) -> tuple[Array, Array]:
    """Return eigenvalues, rising, and eigenvectors; NaN of a lane that is no longer finite."""
    lost = ~np.isfinite(np.abs(matrices).max(axis=(1, 2)))
    if not lost.any():
        values, vectors = np.linalg.eigh(matrices)
        return values, vectors
    values, vectors = np.linalg.eigh(np.where(lost[:, None, None], 0.0, matrices))
    values[lost], vectors[lost] = np.nan, np.nan
    return values, vectors


@final
@dataclass(frozen=True)
class Shampoo(Rule):
    """Adagrad of whole matrices: two matrices per layer gather how its gradients lie.

        L_t = L_{t-1} + g_t g_t^T
        R_t = R_{t-1} + g_t^T g_t
        d_t = (L_t + epsilon I)^(-1/4) g_t (R_t + epsilon I)^(-1/4)

    The matrices only grow, so the steps get shorter for ever, as in Adagrad.

    Attributes:
        epsilon: is added to every eigenvalue.

    Note:
        The paper's form and pytorch_optimizer's, whose momentum is left out. torch-optimizer has
        exponents -1/2, and its R gathers the gradient that L has already changed. Biases are a
        column of the matrix here.

    Source:
        Gupta, Koren and Singer (2018), Shampoo: preconditioned stochastic tensor optimization,
        algorithm 1.
    """

    epsilon: Epsilon = 1e-6
    name: Literal["shampoo"] = "shampoo"

    title: ClassVar = "Shampoo"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (
        Slot("row_products", "L", lambda layout: sum(rows**2 for rows, _ in layout.shapes)),
        Slot("column_products", "R", lambda layout: sum(size**2 for _, size in layout.shapes)),
    )
    default_learning_rate: ClassVar = 2.0
    formula: ClassVar = (
        r"L_t = L_{t-1} + g_t g_t^\top \qquad R_t = R_{t-1} + g_t^\top g_t \\"
        r"d_t = (L_t + \epsilon I)^{-1/4}\,g_t\,(R_t + \epsilon I)^{-1/4}"
    )
    source: ClassVar = "Gupta, Koren & Singer (2018), algorithm 1, arXiv:1802.09568"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient between the fourth roots of both inverses."""
        for slot, new in zip(state, together(moment.grads, moment.layout), strict=True):
            slot[:] += new
        direction = np.empty_like(moment.grads)
        matrices = map(moment.layout.matrices, (moment.grads, direction))
        factors = map(squares, state, sides(moment.layout))
        for g, d, left, right in zip(*matrices, *factors, strict=True):
            d[:] = self._root(left) @ g @ self._root(right)
        return direction, state

    def operations(self, layout: Layout) -> float:
        """Return those of the eigenvectors; small ones take as long as 13,000 for each row."""
        return sum(13_000.0 * size + 15 * size**3 for shape in layout.shapes for size in shape)

    def _root(self, matrices: Array) -> Array:
        """Return (M + epsilon I)^(-1/4) of symmetric matrices without negative eigenvalues."""
        values, vectors = eigen(matrices)
        roots = (np.maximum(values, 0.0) + self.epsilon) ** -0.25
        return (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)


@final
@dataclass(frozen=True)
class SOAP(Rule):
    """Adam in the axes of Shampoo, which are renewed every few updates.

        m_t = beta1 m_{t-1} + (1 - beta1) g_t
        v_t = beta2 v_{t-1} + (1 - beta2) (A_t^T g_t B_t)^2
        u_t = sqrt(1 - beta2^(t-1)) / (1 - beta1^(t-1)) A_t (A_t^T m_t B_t / (sqrt(v_t) + epsilon))
              B_t^T
        d_t = u_t + lambda (theta_{t-1} - eta u_t)
        L_t = beta2 L_{t-1} + (1 - beta2) g_t g_t^T
        R_t = beta2 R_{t-1} + (1 - beta2) g_t^T g_t

    The columns of A and B are the eigenvectors of L_1 and R_1, largest eigenvalue first. Every f
    updates they are ordered anew and become Q of QR(L_t A_t) and QR(R_t B_t). The first update only
    finds them: d_1 = 0, and m and v stay at zero.

    Attributes:
        beta1: share of the old mean of gradients kept each step.
        beta2: share of the old means of squares and of L and R kept each step.
        epsilon: keeps the division finite; beside the root that is not corrected.
        frequency: f, how many updates pass between two changes of the axes.
        weight_decay: lambda, the share of each parameter taken off per step and unit of learning
            rate, after the step.

    Note:
        The authors' code, as in pytorch_optimizer, with QR in 64 bits instead of 32 (1e-7). Their
        rate is 0.003 and their decay 0.01. Biases are a column of the matrix here. Where L_1 or R_1
        has an eigenvalue more than once, as 0 if the first gradient has fewer directions than the
        layer has rows or columns, rounding chooses the axes, and the path depends on it.

    Source:
        Vyas et al. (2025), SOAP: improving and stabilizing Shampoo using Adam, algorithm 3.
    """

    beta1: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_1", scale="complement")
    ] = 0.95
    beta2: Annotated[
        float, Interval(0, 1, open_high=True, symbol=r"\beta_2", scale="complement")
    ] = 0.95
    epsilon: Epsilon = 1e-8
    frequency: Annotated[int, Interval(1, 1000, symbol="f", scale="log")] = 10
    weight_decay: Annotated[float, Interval(0, 1, symbol=r"\lambda")] = 0.0
    name: Literal["soap"] = "soap"

    title: ClassVar = "SOAP"
    family: ClassVar = "layers"
    needs: ClassVar = frozenset({"layers"})
    couples: ClassVar = "matrix"
    slots: ClassVar = (
        Slot("first_moment", "m"),
        Slot("second_moment", "v"),
        Slot("row_products", "L", lambda layout: sum(rows**2 for rows, _ in layout.shapes)),
        Slot("column_products", "R", lambda layout: sum(size**2 for _, size in layout.shapes)),
        Slot("row_axes", "A", lambda layout: sum(rows**2 for rows, _ in layout.shapes)),
        Slot("column_axes", "B", lambda layout: sum(size**2 for _, size in layout.shapes)),
    )
    default_learning_rate: ClassVar = 0.02
    formula: ClassVar = (
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1)\,g_t \qquad"
        r" v_t = \beta_2 v_{t-1} + (1-\beta_2)\,(A_t^\top g_t B_t)^2 \\"
        r"u_t = \frac{\sqrt{1-\beta_2^{t-1}}}{1-\beta_1^{t-1}}\,"
        r"A_t\,\frac{A_t^\top m_t B_t}{\sqrt{v_t} + \epsilon}\,B_t^\top \qquad"
        r" d_t = u_t + \lambda\,(\theta_{t-1} - \eta\,u_t) \\"
        r"L_t = \beta_2 L_{t-1} + (1-\beta_2)\,g_t g_t^\top \qquad"
        r" R_t = \beta_2 R_{t-1} + (1-\beta_2)\,g_t^\top g_t \\"
        r"A_{t+f} = \operatorname{qr}(L_t A_t) \qquad B_{t+f} = \operatorname{qr}(R_t B_t)"
    )
    source: ClassVar = "Vyas et al. (2025), algorithm 3, arXiv:2409.11321"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return Adam's direction in the axes of the layers, and turn these afterwards."""
        layout, done = moment.layout, moment.step - 1
        m, v, left, right, a, b = state
        new_left, new_right = together(moment.grads, layout)
        if done == 0:
            left[:], right[:] = (1 - self.beta2) * new_left, (1 - self.beta2) * new_right
            self._begin(layout, (left, a), (right, b))
            return np.zeros_like(moment.grads), state
        m *= self.beta1
        m += (1 - self.beta1) * moment.grads
        v *= self.beta2
        v += (1 - self.beta2) * self._turned(moment.grads, layout, a, b) ** 2
        correction = np.sqrt(1 - np.power(self.beta2, done)) / (1 - np.power(self.beta1, done))
        update = correction * self._turned(m, layout, a, b) / (np.sqrt(v) + self.epsilon)
        update = self._turned(update, layout, a, b, back=True)
        left *= self.beta2
        left += (1 - self.beta2) * new_left
        right *= self.beta2
        right += (1 - self.beta2) * new_right
        if done % self.frequency == 0:
            self._renew(layout, v, (left, a), (right, b))
        return update + self.weight_decay * (moment.params - moment.rate * update), state

    def operations(self, layout: Layout) -> float:
        """Return those of the products, and the share of an update in those of new axes."""
        products = sum(8.0 * rows * columns * (rows + columns) for rows, columns in layout.shapes)
        sizes = [size for shape in layout.shapes for size in shape]
        return products + sum(5_000 * size + 8 * size**3 for size in sizes) / self.frequency

    @staticmethod
    def _turned(values: Array, layout: Layout, a: Array, b: Array, *, back: bool = False) -> Array:
        """Return A^T X B of every layer, or A X B^T on the way back."""
        turned = np.empty_like(values)
        matrices = layout.matrices(values), layout.matrices(turned)
        axes = map(squares, (a, b), sides(layout))
        for x, y, rows, columns in zip(*matrices, *axes, strict=True):
            if back:
                y[:] = rows @ x @ columns.transpose(0, 2, 1)
            else:
                y[:] = rows.transpose(0, 2, 1) @ x @ columns
        return turned

    @staticmethod
    def _begin(layout: Layout, *pairs: tuple[Array, Array]) -> None:
        """Set the axes to the eigenvectors of the means, largest eigenvalue first."""
        for (mean, axes), sizes in zip(pairs, sides(layout), strict=True):
            for one, vectors in zip(squares(mean, sizes), squares(axes, sizes), strict=True):
                vectors[:] = eigen(one)[1][:, :, ::-1]

    @staticmethod
    def _renew(layout: Layout, v: Array, *pairs: tuple[Array, Array]) -> None:
        """Turn the axes towards the eigenvectors; mean squares follow where axes change places."""
        for side, ((mean, axes), sizes) in enumerate(zip(pairs, sides(layout), strict=True)):
            layers = squares(mean, sizes), squares(axes, sizes), layout.matrices(v)
            for one, vectors, second in zip(*layers, strict=True):
                turned = one @ vectors
                order = np.argsort(-(vectors * turned).sum(axis=1), axis=1, kind="stable")
                turned = np.take_along_axis(turned, order[:, None, :], axis=2)
                places = order[:, None, :] if side else order[:, :, None]
                second[:] = np.take_along_axis(second, places, axis=side + 1)
                vectors[:] = np.linalg.qr(turned).Q
