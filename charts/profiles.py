"""Which share of the problems a run solves within a factor of the fastest time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.lines import (
    End,
    end_labels,
    factor_text,
    hidden_words,
    none_shown,
    plain,
    run_line,
    shown,
)
from charts.theme import AROUND_PLOT, HEIGHT, Chart, layout, margin
from engine.analysis.profiles import MOST
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import PerformanceProfile, PerformanceRatios
    from engine.arrays import Array

_SHARES: Final = (-0.03, 1.03)
_AIR: Final = 1.1  # the axis ends at so many times the largest ratio
_DOUBLINGS: Final = 10  # up to which every one has a tick


def performance_profiles(ratios: PerformanceRatios, styles: Sequence[RunStyle]) -> Chart:
    """Return a step line for every run: the share of problems against the factor of the fastest.

    The fastest is that of all runs, of hidden ones as well: the remarks name them all, for the
    picture depends on who is compared.

    Args:
        ratios: result of ``engine.performance_ratios``.
        styles: names, colours and dashes of the runs, in the same order.
    """
    seen, left_out = shown(styles), hidden_words(styles)
    remarks = (*_remarks(ratios, styles), *left_out)
    if not seen:
        form = layout(HEIGHT, annotations=[none_shown()])
        return Chart(go.Figure({"data": [], "layout": form}), {}, " ".join(left_out), remarks)
    profiles, looks = [ratios.profiles[n] for n in seen], [styles[n] for n in seen]
    end = _end(profiles)
    ends = [End(look, _last(own)) for own, look in zip(profiles, looks, strict=True)]
    labels = end_labels(ends, _SHARES, HEIGHT - AROUND_PLOT)
    form = layout(
        HEIGHT,
        xaxis=_factors(end),
        yaxis={"title": _("Share of problems"), "range": _SHARES, "tickformat": ".0%"},
        margin=margin(right=labels.room),
        annotations=labels.notes,
        shapes=labels.leaders,
    )
    steps = [_steps(own, end) for own in profiles]
    data = [_line(*points, look) for points, look in zip(steps, looks, strict=True)]
    return Chart(
        go.Figure({"data": data, "layout": form}),
        _numbers(steps, looks),
        " ".join([_alt(profiles, looks), *remarks]),
        remarks,
    )


def _end(profiles: Sequence[PerformanceProfile]) -> float:
    """Return the factor at the right edge: beyond it no line rises."""
    largest = max((float(one.ratios[-1]) for one in profiles if len(one.ratios)), default=1.0)
    return max(_AIR * largest, MOST)


def _last(profile: PerformanceProfile) -> float:
    """Return the share of problems that are solved at all."""
    return float(profile.shares[-1]) if len(profile.shares) else 0.0


def _factors(end: float) -> dict[str, Any]:
    """Return the axis of factors: doublings, or powers of ten where these would be too many."""
    doublings = int(np.log2(end))
    ticks: dict[str, Any] = {"dtick": 1}
    if doublings <= _DOUBLINGS:
        ticks = {"tickvals": [2**power for power in range(doublings + 1)]}
    named = {"title": _("Factor of the fastest time"), "type": "log", "tickformat": "~g"}
    return named | ticks | {"range": (0, float(np.log10(end)))}


def _steps(profile: PerformanceProfile, end: float) -> tuple[Array, Array]:
    """Return where a line rises, and how high to, from the factor 1 to the right edge."""
    rises, shares = profile.ratios, profile.shares
    if not len(rises) or rises[0] > 1:
        rises, shares = np.append(1.0, rises), np.append(0.0, shares)
    return np.append(rises, end), np.append(shares, shares[-1])


def _line(x: Array, y: Array, style: RunStyle) -> Mark:
    words = _("{run}: {share} within a factor of {factor}")
    hover = words.format(run=plain(style.name), share="%{y:.0%}", factor="%{x:.3~g}")
    drawn = run_line(x, y, style) | {"hovertemplate": f"{hover}<extra></extra>"}
    return drawn | {"line": drawn["line"] | {"shape": "hv"}}


def _numbers(
    steps: Sequence[tuple[Array, Array]], styles: Sequence[RunStyle]
) -> dict[str, np.ndarray[Any, Any]]:
    """Return a row for every step of every line, and one for its end."""
    return {
        "run": np.repeat([style.name for style in styles], [len(x) for x, _share in steps]),
        "factor": np.concatenate([x for x, _share in steps]),
        "share_of_problems": np.concatenate([share for _x, share in steps]),
    }


def _remarks(ratios: PerformanceRatios, styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return who is compared on how many problems, and what that means for the picture."""
    count = len(ratios.scored)
    text = ngettext(
        "Compared on {count} problem: {runs}.", "Compared on {count} problems: {runs}.", count
    )
    said = [text.format(count=count, runs=", ".join(style.name for style in styles))]
    if len(styles) > 2:
        said.append(
            _("One run more or less can turn round the order of two others: see the ratios.")
        )
    missed = len(ratios.missed)
    if missed:
        text = ngettext(
            "{count} problem was solved by none, and counts against all.",
            "{count} problems were solved by none, and count against all.",
            missed,
        )
        said.append(text.format(count=missed))
    return tuple(said)


def _alt(profiles: Sequence[PerformanceProfile], styles: Sequence[RunStyle]) -> str:
    text = _("{run} {fastest} (within a factor of {factor}: {near}; at all: {solved})")
    written = [
        text.format(
            run=style.name,
            fastest=f"{own.at(1):.0%}",
            factor=factor_text(MOST),
            near=f"{own.at(MOST):.0%}",
            solved=f"{_last(own):.0%}",
        )
        for own, style in zip(profiles, styles, strict=True)
    ]
    return _(
        "Share of problems against the factor of the fastest time, one line per run. Fastest in:"
        " {shares}."
    ).format(shares=", ".join(written))
