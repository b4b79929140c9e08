"""The map over batch size and learning rate: each cell shows the outcome of one run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from charts.maps import DIVERGED, NEVER, batch_rate_map
from comparison.words.remarks import evaluation_words
from engine import final_losses, iterations_to
from engine.analysis.batch_sizes import edge_of_rates
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.maps import Quantity
    from charts.theme import Chart
    from engine import Scores
    from engine.arrays import Array


def batch_map(
    scores: Scores,
    sizes: Sequence[str],
    rates: Sequence[float],
    quantity: Quantity,
    target: float,
) -> Chart:
    """Return a cell per batch size and learning rate of a sweep.

    Args:
        scores: scores of an ``engine.batch_rate_sweep``, for which the target was given.
        sizes: the names of its batch sizes.
        rates: its learning rates.
        quantity: what the cells show.
        target: the training loss up to which iterations are counted.
    """
    shape = len(sizes), len(rates)
    losses, values = final_losses(scores), _values(scores, quantity, target)
    diverged = (losses == math.inf).reshape(shape)
    chart = batch_rate_map(values.reshape(shape), diverged, sizes, rates, quantity)
    return chart._replace(remarks=(map_legend(scores, rates, quantity, target),))


def _values(scores: Scores, quantity: Quantity, target: float) -> Array:
    return final_losses(scores) if quantity == "final_loss" else iterations_to(scores, target)


def map_legend(scores: Scores, rates: Sequence[float], quantity: Quantity, target: float) -> str:
    """Return what the signs and numbers in the map mean, and what the lowest rests on.

    Arguments are those of ``batch_map``.
    """
    parts = [_("{sign} diverged, ★ the lowest.").format(sign=DIVERGED)]
    parts += [*_edge_words(scores, rates, quantity, target), *_seed_words(scores)]
    if quantity == "iterations_to_target":
        never = _("{sign} the training loss never reached the target.").format(sign=NEVER)
        seen = _("A run is seen to reach the target only where its loss is evaluated.")
        parts += [never, evaluation_words(scores.experiment), seen]
    elif scores.runs[0].validation_loss is not None:
        parts.append(_("Final validation loss; darker is lower."))
    else:
        parts.append(_("Final training loss; darker is lower."))
    return " ".join(parts)


def _edge_words(
    scores: Scores, rates: Sequence[float], quantity: Quantity, target: float
) -> list[str]:
    """Return that the lowest lies at the lowest or highest rate, where a lower one may follow."""
    losses, values = final_losses(scores), _values(scores, quantity, target)
    standing = np.where(np.isfinite(losses), values, np.inf).reshape(-1, len(rates))
    edge = edge_of_rates(standing, rates)
    if edge is None:
        return []
    text = {
        "low": _("★ lies at the lowest learning rate tried: a better one may lie beyond it."),
        "high": _("★ lies at the highest learning rate tried: a better one may lie beyond it."),
    }
    return [text[edge]]


def _seed_words(scores: Scores) -> list[str]:
    """Return how several seeds become one cell; nothing for a single seed."""
    seeds = len(scores.experiment.seeds)
    if seeds == 1:
        return []
    text = _("Medians of {count} seeds: a cell counts as diverged when half of its seeds diverged.")
    parts = [text.format(count=seeds)]
    mixed = sum(0 < run.status.count("diverged") < seeds / 2 for run in scores.runs)
    if mixed:
        text = ngettext(
            "At least one seed diverged in {count} other cell.",
            "At least one seed diverged in {count} other cells.",
            mixed,
        )
        parts.append(text.format(count=mixed))
    return parts
