"""Sharpness along a training, beside the edge of stability of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from charts.curves import measured_curves
from engine import Series
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from engine import History, RunSharpness, Sharpness
    from engine.arrays import Array

Shown = Literal["sharpness", "step_share"]
_LEFT: Final = 72  # pixels left of plots that lie above one another: titles and ticks fit there
RESIDUAL: Final = 1e-2  # above which a measurement is said to be rough


def sharpness_chart(
    measured: Sharpness,
    history: History,
    styles: Sequence[RunStyle],
    shown: Shown,
    axis: str,
    *,
    log: bool,
) -> Chart:
    """Return the sharpness of every run, or how much of its step lies along that curvature.

    Beside the sharpness a thin dashed line in the colour of the run marks its edge of stability,
    where one is known.

    Args:
        measured: result of ``engine.measure_sharpness``.
        history: of the same experiment.
        styles: of the runs.
        shown: which of both.
        axis: against what.
        log: whether the axis of sharpness is logarithmic; that of shares never is.
    """
    lines = [_line(run, shown) for run in measured.runs]
    is_log = log and shown == "sharpness"
    chart = measured_curves(history, styles, lines, shown, axis, log=is_log)
    said = _remarks(measured, styles, shown)
    return chart._replace(alt=" ".join([chart.alt, *said]), remarks=(*chart.remarks, *said))


def aligned(*charts: Chart) -> tuple[Chart, ...]:
    """Return charts that are to lie above one another, with the same room beside their plots."""
    room = max(chart.figure.layout.margin.r for chart in charts)
    for chart in charts:
        chart.figure.layout.margin.update(l=_LEFT, r=room)
    return charts


def _line(run: RunSharpness, shown: Shown) -> tuple[Series, Array | None]:
    """Return what is drawn of a run where it is known, and its edge: a gap would end the line."""
    values = run.values if shown == "sharpness" else run.shares
    known = np.isfinite(values).any(axis=1)
    kept = values[known].T
    series = Series(run.steps[known], kept, kept, kept, kept, kept, width=1)
    if shown == "step_share" or run.thresholds is None or not known.any():
        return series, None
    return series, run.thresholds[known]


def _remarks(measured: Sharpness, styles: Sequence[RunStyle], shown: Shown) -> list[str]:
    """Return what is drawn, how often it was measured, and where it is rough."""
    named = [
        (style.name, run)
        for style, run in zip(styles, measured.runs, strict=True)
        if not style.hidden
    ]
    said = [_what(shown)]
    if shown == "sharpness" and any(run.thresholds is not None for _name, run in named):
        said.append(
            _("Thin and dashed: the edge of stability. Above it, a run cannot stay at a minimum.")
        )
    said.append(_how_often(measured))
    unknown = [name for name, run in named if not len(_line(run, shown)[0].steps)]
    if unknown:
        said.append(
            _("Ended before there was anything to measure: {runs}.").format(runs=", ".join(unknown))
        )
    own = [name for name, run in named if run.is_preconditioned]
    if own:
        text = _(
            "Of {runs}: in the coordinates that the optimizer itself scales, P^(−½) H P^(−½) with"
            " P = √v̂ + ε as it is at that moment; from the first update on."
        )
        said.append(text.format(runs=", ".join(own)))
    without = [name for name, run in named if run.thresholds is None]
    if without and shown == "sharpness":
        text = _("No edge of stability is known for {runs}.")
        said.append(text.format(runs=", ".join(without)))
    rough = [name for name, run in named if _is_rough(run)]
    if rough:
        text = _("Not exact to 1 % at every point, because the search did not settle: {runs}.")
        said.append(text.format(runs=", ".join(rough)))
    return said


def _what(shown: Shown) -> str:
    if shown == "step_share":
        return _(
            "cos² of the angle between the last update and the eigenvector of the largest"
            " eigenvalue."
        )
    return _(
        "The largest eigenvalue of the Hessian of the training loss, on all training rows and with"
        " the l2 term."
    )


def _how_often(measured: Sharpness) -> str:
    every = measured.every
    if measured.experiment.problem.kind == "function":
        text = ngettext(
            "Measured every {count} iteration.", "Measured every {count} iterations.", every
        )
    else:
        text = ngettext("Measured every {count} epoch.", "Measured every {count} epochs.", every)
    return text.format(count=f"{every:,}")


def _is_rough(run: RunSharpness) -> bool:
    residuals = run.residuals[np.isfinite(run.residuals)]
    return bool((residuals > RESIDUAL).any())
