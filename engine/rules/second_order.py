"""Rules that follow the curvature: L-BFGS guesses it from past gradients, Newton is given it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, final

import numpy as np

from engine.limits import Interval
from engine.rules.rule import Rule, Slot

if TYPE_CHECKING:
    from engine.arrays import Array, Layout, State
    from engine.rules.rule import Moment


@final
@dataclass(frozen=True)
class LBFGS(Rule):
    """Newton's step with a curvature that is learned from the last steps and changes of gradient.

        s_{t-1} = theta_{t-1} - theta_{t-2},  y_{t-1} = g_t - g_{t-1}
        kept as a pair, the last M of them, if <s_{t-1}, y_{t-1}> > 1e-10
        q = g_t; from the newest pair to the oldest: a_i = <s_i, q> / <s_i, y_i>, q = q - a_i y_i
        q = <s, y> / <y, y> q, of the newest pair
        from the oldest pair to the newest: q = q + (a_i - <y_i, q> / <s_i, y_i>) s_i
        d_t = q

    The first step is the gradient, made shorter where the sum of its sizes is above 1: d_1 =
    min(1, 1 / ||g_1||_1) g_1. A pair of negative curvature is left out.

    Attributes:
        memory: M, how many pairs are kept.

    Note:
        PyTorch's L-BFGS with one iteration per step, no line search and tolerances of 0; it keeps
        100 pairs unless told otherwise. optax bounds the Euclidean length of the first step by 1,
        and keeps every pair whose product is not 0. Keras has no L-BFGS. Textbooks add a line
        search, which takes more than one gradient per update.

    Source:
        Liu and Nocedal (1989), On the limited memory BFGS method for large scale optimization,
        Mathematical Programming 45; Nocedal (1980) for the two loops.
    """

    memory: Annotated[int, Interval(1, 100, symbol="M")] = 10
    name: Literal["l_bfgs"] = "l_bfgs"

    title: ClassVar = "L-BFGS"
    family: ClassVar = "second_order"
    needs: ClassVar = frozenset({"all_rows"})
    couples: ClassVar = "lane"
    default_learning_rate: ClassVar = 0.5
    formula: ClassVar = (
        r"p_t = \theta_{t-1} \qquad s_{t-1} = \theta_{t-1} - p_{t-1} \qquad"
        r" y_{t-1} = g_t - g_{t-1} \\"
        r"H_{t-M} = \frac{\langle s_{t-1}, y_{t-1} \rangle}{\langle y_{t-1}, y_{t-1} \rangle}"
        r" \qquad V_i = I - \frac{y_i s_i^T}{\langle s_i, y_i \rangle} \\"
        r"H_{i+1} = V_i^T H_i V_i + \frac{s_i s_i^T}{\langle s_i, y_i \rangle} \qquad"
        r" d_t = H_t\,g_t"
    )
    source: ClassVar = "Liu & Nocedal (1989), Mathematical Programming 45:503-528"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the last point and gradient, and the pairs, each of them side by side."""
        memory = self.memory
        return (
            Slot("last_params", "p"),
            Slot("last_gradient", "g"),
            Slot("steps", "S", lambda layout: memory * layout.n_params),
            Slot("changes", "Y", lambda layout: memory * layout.n_params),
        )

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient, turned and stretched by the pairs."""
        params, grads = moment.params, moment.grads
        last_params, last_grads = state[:2]
        shape = (len(grads), self.memory, -1)
        steps, changes = (np.moveaxis(pairs.reshape(shape), 1, 0) for pairs in state[2:])
        if moment.step == 1:
            direction = grads / np.maximum(1, np.abs(grads).sum(axis=1, keepdims=True))
        else:
            self._keep(steps, params - last_params, changes, grads - last_grads)
            direction = self._turned(grads, steps, changes)
        last_params[:], last_grads[:] = params, grads
        return direction, state

    @staticmethod
    def _keep(steps: Array, step: Array, changes: Array, change: Array) -> None:
        """Put a pair behind the others, ``(memory, lanes, n_params)``, where it curves upwards."""
        kept = np.vecdot(step, change)[:, None] > 1e-10
        for pairs, new in ((steps, step), (changes, change)):
            for older, newer in zip(pairs, (*pairs[1:], new), strict=True):
                np.copyto(older, newer, where=kept)

    def operations(self, layout: Layout) -> float:
        """Return those of the loops over the pairs: short calls, and products of vectors."""
        return self.memory * (120_000.0 + 60.0 * layout.n_params)

    @staticmethod
    def _turned(grads: Array, steps: Array, changes: Array) -> Array:
        """Go through the pairs twice; one that is still empty, all zeros, changes nothing."""
        products = np.vecdot(steps, changes)[:, :, None]
        weights = np.divide(1, products, out=np.zeros_like(products), where=products != 0)
        turned, shares = grads.copy(), np.empty_like(products)
        for pair in reversed(range(len(steps))):
            shares[pair] = weights[pair] * np.vecdot(steps[pair], turned)[:, None]
            turned -= shares[pair] * changes[pair]
        squares = np.vecdot(changes[-1], changes[-1])[:, None]
        turned *= np.divide(products[-1], squares, out=np.ones_like(squares), where=squares != 0)
        for pair in range(len(steps)):
            against = weights[pair] * np.vecdot(changes[pair], turned)[:, None]
            turned += (shares[pair] - against) * steps[pair]
        return turned


@final
@dataclass(frozen=True)
class Newton(Rule):
    """Step to where the gradient of the quadratic that fits here would be zero.

        d_t = H_t^{-1} g_t,  H_t the Hessian at theta_{t-1}

    That point is a minimum only where H_t is positive definite: elsewhere it may be a saddle or a
    maximum, and where H_t is singular there is none: the direction is NaN, the run diverges.

    Note:
        The textbook's step, without line search or damping but for the learning rate: 1 is the full
        step. PyTorch, Keras and optax have no such rule.

    Source:
        Nocedal and Wright (2006), Numerical optimization, second edition, section 3.3.
    """

    name: Literal["newton"] = "newton"

    title: ClassVar = "Newton"
    family: ClassVar = "second_order"
    needs: ClassVar = frozenset({"hessian"})
    couples: ClassVar = "lane"
    default_learning_rate: ClassVar = 1.0  # the full step, which ends on a quadratic's minimum
    formula: ClassVar = r"d_t = H_t^{-1}\,g_t"
    source: ClassVar = "Nocedal & Wright (2006), Numerical Optimization, section 3.3"

    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the gradient over the Hessian; NaN in a lane whose Hessian is singular."""
        hessian: Any = moment.hessian  # there, for the rule needs it
        direction = np.full_like(moment.grads, np.nan)
        regular = np.linalg.slogdet(hessian).sign != 0
        solved = np.linalg.solve(hessian[regular], moment.grads[regular][:, :, None])
        direction[regular] = solved[:, :, 0]
        return direction, state
