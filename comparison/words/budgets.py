"""A budget in words, and which runs it favours: equal in one unit, it is unequal in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from language import _, ngettext

if TYPE_CHECKING:
    from engine import Budget, Experiment, Run


def budget_words(budget: Budget) -> str:
    """Return a budget in words: "60 epochs"."""
    amount = budget.amount
    text = {
        "epochs": ngettext("{count} epoch", "{count} epochs", amount),
        "iterations": ngettext("{count} iteration", "{count} iterations", amount),
        "rows_seen": ngettext("{count} row seen", "{count} rows seen", amount),
        "gradients": ngettext("{count} gradient", "{count} gradients", amount),
    }[budget.unit]
    return text.format(count=f"{amount:,}")


def favours(experiment: Experiment) -> str:
    """Return one sentence, with numbers, on which runs an equal budget of this kind favours."""
    runs = sorted(experiment.runs, key=lambda run: experiment.counts(run).batch_size)
    small, large = runs[0], runs[-1]
    names = {
        "small": f"{experiment.counts(small).batch_size:,}",
        "large": f"{experiment.counts(large).batch_size:,}",
    }
    if experiment.budget.unit in {"iterations", "gradients"}:
        ratio = _rows_seen(experiment, large) / _rows_seen(experiment, small)
        text = {
            "iterations": _(
                "Equal iterations favour large batches: for the same number of updates, B ="
                " {large} reads {ratio} times as many rows as B = {small}."
            ),
            "gradients": _(
                "Equal gradients favour large batches: for the same number of gradients, B ="
                " {large} reads {ratio} times as many rows as B = {small}."
            ),
        }[experiment.budget.unit]
        return text.format(ratio=_written(ratio), **names)
    ratio = experiment.iterations(small) / experiment.iterations(large)
    if ratio == 1:
        text = _(
            "B = {small} and B = {large} make the same number of updates here, so neither has an"
            " advantage."
        )
        return text.format(**names)
    text = {
        "epochs": _(
            "Equal epochs favour small batches: in the same number of passes over the rows, B ="
            " {small} makes {ratio} times as many updates as B = {large}."
        ),
        "rows_seen": _(
            "Equal rows favour small batches: from the same number of rows, B = {small} makes"
            " {ratio} times as many updates as B = {large}."
        ),
    }[experiment.budget.unit]
    return text.format(ratio=_written(ratio), **names)


def _rows_seen(experiment: Experiment, run: Run) -> int:
    return experiment.counts(run).rows_seen(experiment.iterations(run))


def _written(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
