"""The map over batch size and learning rate: each cell shows the outcome of one run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from charts.maps import DIVERGED, NEVER, batch_rate_map
from engine import final_losses, iterations_to
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.maps import Quantity
    from charts.theme import Chart
    from engine import Scores


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
    losses = final_losses(scores)
    values = losses if quantity == "final_loss" else iterations_to(scores, target)
    diverged = (losses == math.inf).reshape(shape)
    chart = batch_rate_map(values.reshape(shape), diverged, sizes, rates, quantity)
    return chart._replace(remarks=(map_legend(scores, quantity),))


def map_legend(scores: Scores, quantity: Quantity) -> str:
    """Return what the signs and numbers in the map mean."""
    parts = [_("{sign} diverged, ★ the lowest.").format(sign=DIVERGED), *_seed_words(scores)]
    if quantity == "iterations_to_target":
        parts.append(
            _(
                "{sign} the training loss never reached the target. The full loss is evaluated"
                " once an epoch, so a run is only seen to reach the target at the end of an epoch."
            ).format(sign=NEVER)
        )
    elif scores.runs[0].validation_loss is not None:
        parts.append(_("Final validation loss; darker is lower."))
    else:
        parts.append(_("Final training loss; darker is lower."))
    return " ".join(parts)


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
