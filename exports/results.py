"""The results table as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.words.remarks import reporting_averages
from comparison.words.results import details, ends
from engine import claim, is_no_better_than_guessing
from exports.tables import to_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from comparison.words.results import Row
    from engine import History, Run


def results_csv(history: History, styles: Sequence[RunStyle]) -> bytes:
    """Return the results table as a file: a row per run, with ids for everything but numbers."""
    rows, made = [], claim(history)
    for position, (run, style) in enumerate(zip(history.runs, styles, strict=True)):
        spec = history.experiment.runs[position]
        rows.append(
            {
                "number": position + 1,
                "run": style.name,
                "optimizer": spec.optimizer.name,
                "learning_rate": spec.learning_rate,
                **_reported(history, spec),
                **ends(history, position),
                **details(history, position),
                "claim": made.verdict if made and made.holds_for(position) else "",
                "seeds": len(run.status),
                "diverged_seeds": run.status.count("diverged"),
                **_first_divergence(history, position),
                "worse_than_its_start": int(run.is_worse_than_its_start),
                "no_better_than_guessing": int(is_no_better_than_guessing(history, position)),
                "status": " ".join(sorted({name or "stopped" for name in run.status})),
            }
        )
    return to_csv({name: [row[name] for row in rows] for name in rows[0]})


def _reported(history: History, run: Run) -> Row:
    """Return of what the losses are, where some run of the comparison reports an average."""
    if not reporting_averages(history.experiment):
        return {}
    own = run.optimizer.reports_its_params
    return {"losses_of": "parameters" if own else "reported_average"}


def _first_divergence(history: History, position: int) -> Row:
    """Return the first step of any seed known to have diverged, and whether it is exact."""
    seeds = range(len(history.experiment.seeds))
    known = [divergence for seed in seeds if (divergence := history.divergence(position, seed))]
    if not known:
        return {"diverged_by_step": None, "diverged_step_is_exact": None}
    first = min(known)
    return {
        "diverged_by_step": first.step,
        "diverged_step_is_exact": int(first.is_exact),
    }
