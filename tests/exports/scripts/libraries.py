"""The schedules of public libraries as far as scripts call them, to evaluate what these say.

Every formula is one that ``tests/reference/schedules.json`` records as that library's.
"""

from math import cos, floor, pi
from types import SimpleNamespace


def linear(start, end, steps):
    return lambda k: end if steps <= 0 else start + (end - start) * min(k / steps, 1)


def cosine(steps, end=0.0):
    return lambda k: end + (1 - end) * (1 + cos(pi * min(k, steps) / steps)) / 2


def restarts(first, grow, end):
    def factor(k):
        length = first
        while k >= length:
            k, length = k - length, length * grow
        return cosine(length, end)(k)

    return factor


def joined(parts, borders):
    def value(k):
        place = sum(k >= border for border in borders)
        return parts[place](k - (borders[place - 1] if place else 0))

    return value


def triangle(low, half, shrink):
    def factor(k):
        cycle = floor(k / (2 * half))
        return low + (1 - low) * shrink**cycle * (1 - abs(k / half - 2 * cycle - 1))

    return factor


def one_cycle(steps, rise, start, end, curve):
    def between(low, high, share):
        if curve == "linear":
            return low + (high - low) * share
        return high + (low - high) / 2 * (1 + cos(pi * share))

    def factor(k):
        top = rise * steps - 1
        if k <= top:
            return between(1 / start, 1.0, k / top)
        return between(1.0, 1 / start / end, (k - top) / (steps - 1 - top))

    return factor


def scaled(rate, factor):
    return lambda k: rate * factor(k)


def pytorch(text, rate, updates):
    """The rates of a scheduler of ``torch.optim.lr_scheduler``."""
    own = SimpleNamespace(
        ConstantLR=lambda _, factor, total_iters: lambda _k: factor,  # noqa: ARG005
        LinearLR=lambda _, start_factor, total_iters, end_factor=1.0: linear(
            start_factor, end_factor, total_iters
        ),
        StepLR=lambda _, every, gamma: lambda k: gamma ** (k // every),
        MultiStepLR=lambda _, milestones, gamma: lambda k: gamma ** sum(m <= k for m in milestones),
        ExponentialLR=lambda _, gamma: lambda k: gamma**k,
        PolynomialLR=lambda _, total_iters, power: (
            lambda k: (1 - min(k, total_iters) / total_iters) ** power
        ),
        CosineAnnealingLR=lambda _, steps, eta_min: (
            lambda k: eta_min / rate + (1 - eta_min / rate) * (1 + cos(pi * k / steps)) / 2
        ),  # rises again
        CosineAnnealingWarmRestarts=lambda _, first, **own: restarts(
            first, own["T_mult"], own["eta_min"] / rate
        ),
        OneCycleLR=lambda _, **own: one_cycle(
            own["total_steps"],
            own["pct_start"],
            own["div_factor"],
            own["final_div_factor"],
            own["anneal_strategy"],
        ),
        CyclicLR=lambda _, **own: triangle(
            own["base_lr"] / own["max_lr"],
            own["step_size_up"],
            {"triangular": 1, "triangular2": 0.5}[own["mode"]],
        ),
        SequentialLR=lambda _, parts, milestones: joined(parts, milestones),
    )
    torch = SimpleNamespace(optim=SimpleNamespace(lr_scheduler=own))
    factor = eval(text, {"torch": torch, "optimizer": None})  # noqa: S307 - our own text
    return [rate * factor(k) for k in range(updates)]


def optax(text, _rate, updates):
    """The rates of a schedule function of ``optax``."""
    own = SimpleNamespace(
        constant_schedule=lambda value: lambda _k: value,
        linear_schedule=lambda start, end, steps: (
            linear(start, end, steps) if steps > 0 else lambda _k: start
        ),
        exponential_decay=lambda rate, steps, decay, staircase=False: scaled(
            rate, lambda k: decay ** (k // steps if staircase else k / steps)
        ),
        piecewise_constant_schedule=lambda rate, scales: (
            lambda k: rate * product(scale for border, scale in scales.items() if k >= border)
        ),
        polynomial_schedule=lambda rate, end, power, steps: (
            lambda k: end + (rate - end) * (1 - min(k, steps) / steps) ** power
        ),
        cosine_decay_schedule=lambda rate, steps, alpha=0.0: scaled(rate, cosine(steps, alpha)),
        join_schedules=joined,
    )
    schedule = eval(text, {"optax": own})  # noqa: S307 - our own text
    return [schedule(k) for k in range(updates)]


def keras(text, _rate, updates):
    """The rates of a schedule of ``keras.optimizers.schedules``."""
    own = SimpleNamespace(
        ExponentialDecay=lambda rate, steps, decay, staircase=False: scaled(
            rate, lambda k: decay ** (k // steps if staircase else k / steps)
        ),
        InverseTimeDecay=lambda rate, steps, decay: lambda k: rate / (1 + decay * k / steps),
        PolynomialDecay=lambda rate, steps, end, power: (
            lambda k: end + (rate - end) * (1 - min(k, steps) / steps) ** power
        ),
    )
    module = SimpleNamespace(optimizers=SimpleNamespace(schedules=own))
    schedule = eval(text, {"keras": module})  # noqa: S307 - our own text
    return [schedule(k) for k in range(updates)]


def product(factors):
    result = 1.0
    for factor in factors:
        result *= factor
    return result


LIBRARIES = {"pytorch": pytorch, "keras": keras, "optax": optax}
