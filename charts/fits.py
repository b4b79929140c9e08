"""What the runs have learnt: decision regions or fitted curves, with one panel for each run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.lines import (
    hidden_words,
    none_shown,
    plain,
    shortened,
    shown,
    single,
    spread_rows,
    titled,
)
from charts.theme import COLOURS, INK, ROWS, SKY, Chart, layout, margin, translucent
from engine import predictions
from language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from charts.marks import Mark
    from charts.theme import RunStyle
    from engine import Network
    from engine.arrays import Array
    from engine.problems.datasets.preparation import Data

GRID: Final = 44  # points a side: fine enough to the eye, small enough to send at every move
_POINTS: Final = 300  # training rows drawn in a panel
_PANEL: Final = 210
_NAME: Final = 22  # letters that have room above a panel


def fit_panels(
    network: Network,
    data: Data,
    params: Sequence[Array | None],
    styles: Sequence[RunStyle],
    caption: str,
) -> Chart:
    """Return one panel per run at one step.

    Numbers without a run belong to the training rows, which every panel shows.

    Args:
        network: the problem; its data have one or two features.
        data: the rows as the network sees them.
        params: of every run, ``(n_params,)``; None if the run diverged before that step.
        styles: names and colours of the runs.
        caption: says which step this is.
    """
    seen, left_out = shown(styles), hidden_words(styles)
    params, styles = [params[number] for number in seen], [styles[number] for number in seen]
    columns = max(min(len(styles), 4), 1)
    rows = max(math.ceil(len(styles) / columns), 1)
    traces: list[Mark] = []
    panel = _regions if data.training_inputs.shape[1] == 2 else _fitted_curve
    options: dict[str, Any] = {} if seen else {"annotations": [none_shown()]}
    limits = _target_range(data) if data.training_inputs.shape[1] == 1 else None
    numbers: dict[str, list[Array]] = {}
    for number, (style, values) in enumerate(zip(styles, params, strict=True)):
        suffix = marks.panel_suffix(number)
        column, row = number % columns, number // columns
        options |= _axes(
            limits, suffix, column / columns, 1 - (row + 1) / rows, 1 / columns, 1 / rows
        )
        if values is not None:
            for name, part in panel(traces, network, data, values, suffix, style).items():
                numbers.setdefault(name, []).append(part)
        text = _diverged(style) if values is None else plain(shortened(style.name, _NAME))
        left, top = options[f"xaxis{suffix}"]["domain"][0], options[f"yaxis{suffix}"]["domain"][1]
        # On the paper, not on the panel's axes: plotly makes no axes where nothing is drawn, and
        # would use another panel's for a run that has diverged.
        for kind, mark in zip(
            ("annotations", "shapes"), titled(text, style, left, top), strict=True
        ):
            options.setdefault(kind, []).append(mark)
    figure = go.Figure({"data": traces, "layout": layout(_PANEL * rows + 30, **options)})
    alt = _("What every run has learnt, {caption}: one panel per run with the training rows.")
    for name, part in _drawn_rows(data, numbers).items():
        numbers[name].append(part)
    columns_of = {name: np.concatenate(parts) for name, parts in numbers.items()}
    alt = " ".join([alt.format(caption=caption), *left_out])
    return Chart(figure, columns_of, alt, (caption, *left_out))


def _drawn_rows(data: Data, columns: Mapping[str, Any]) -> dict[str, Array]:
    """Return the training rows, which every panel shows, in the columns of the predictions."""
    targets = np.asarray(data.training_targets, dtype=float)
    known = {"x": data.training_inputs[:, 0], "class": targets}
    if "y" in columns:
        known["y"] = data.training_inputs[:, 1]
    else:
        known["target"] = targets.reshape(len(targets), -1)[:, 0]
    nothing = {"run": np.full(len(targets), "")}
    missing = np.full(len(targets), np.nan)
    return {name: (nothing | known).get(name, missing) for name in columns}


def _target_range(data: Data) -> list[float]:
    """Return one range for all panels, so that a wild fit does not rescale the picture."""
    targets = np.asarray(data.training_targets, dtype=float)
    air = 0.15 * (targets.max() - targets.min() or 1)
    return [float(targets.min() - air), float(targets.max() + air)]


def _diverged(style: RunStyle) -> str:
    return _("{run} has diverged").format(run=plain(shortened(style.name, _NAME // 2)))


def _axes(
    limits: list[float] | None, suffix: str, left: float, bottom: float, width: float, height: float
) -> dict[str, Any]:
    shared = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "showticklabels": False,
        "ticks": "",
    }
    return {
        f"xaxis{suffix}": {**shared, "domain": [left + 0.01, left + width - 0.01]},
        f"yaxis{suffix}": {
            **shared,
            "domain": [bottom + 0.02, bottom + height - 0.11 * height - 0.02],
            "anchor": f"x{suffix}",
            "range": limits,
        },
    }


def _regions(
    traces: list[Mark],
    network: Network,
    data: Data,
    params: Array,
    suffix: str,
    style: RunStyle,
) -> dict[str, Array]:
    """Draw the predicted class over the plane, paler where it is less certain."""
    points = data.training_inputs
    low, high = points.min(axis=0), points.max(axis=0)
    air = 0.08 * (high - low)
    x, y = (np.linspace(low[axis] - air[axis], high[axis] + air[axis], GRID) for axis in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    outputs = predictions(network, params[None], grid)[0]
    classes = _classes(outputs)
    certainty = _certainty(outputs)
    n_classes = network.dataset.n_classes
    # One heat map for all classes: the number of the class, plus a shade within its own colours.
    shade = (classes + 0.05 + 0.9 * certainty).reshape(GRID, GRID)
    tiles = marks.tiles(single(shade), _class_scale(n_classes))
    grid_of = {"x": single(x), "y": single(y), "zmin": 0, "zmax": n_classes}
    traces.append(tiles | grid_of | marks.on_axes(suffix))
    _rows(traces, points, np.asarray(data.training_targets), suffix)
    return {
        "run": np.full(len(grid), style.name),
        "x": grid[:, 0],
        "y": grid[:, 1],
        "class": classes.ravel(),
        "certainty": certainty.ravel(),
    }


def _rows(traces: list[Mark], points: Array, classes: Array, suffix: str) -> None:
    some = spread_rows(len(points), _POINTS)
    x, y = single(points[some, 0]), single(points[some, 1])
    rows = marks.dots(x, y, _class_colours(classes[some]), 4.5, line=marks.edge(0.6))
    traces.append(rows | marks.SILENT | marks.on_axes(suffix))


def _class_colours(classes: Iterable[float]) -> list[str]:
    return [COLOURS[int(kind) % len(COLOURS)] for kind in classes]


def _classes(outputs: Array) -> Array:
    """Return the predicted class of every point; ``outputs`` are probabilities or scores."""
    if len(outputs) == 1:
        return (outputs[0] > 0.5).astype(float)
    return np.argmax(outputs, axis=0).astype(float)


def _certainty(outputs: Array) -> Array:
    """Return the certainty of every prediction, from 0 at a border between classes to 1."""
    if len(outputs) == 1:
        return np.clip(np.abs(outputs[0] - 0.5) * 2, 0, 1)
    ordered = np.sort(outputs, axis=0)
    return np.clip(ordered[-1] - ordered[-2], 0, 1)


def _class_scale(n_classes: int) -> list[list[Any]]:
    """Return a range of colours for each class, from pale to full."""
    scale: list[list[Any]] = []
    for number in range(n_classes):
        colour = COLOURS[number % len(COLOURS)]
        scale.append([number / n_classes, translucent(colour, 0.06)])
        scale.append([(number + 1) / n_classes, translucent(colour, 0.5)])
    return scale


def _fitted_curve(
    traces: list[Mark],
    network: Network,
    data: Data,
    params: Array,
    suffix: str,
    style: RunStyle,
) -> dict[str, Array]:
    """Draw the rows and the curve through them."""
    x = data.training_inputs[:, 0]
    targets = np.asarray(data.training_targets, dtype=float).reshape(len(x), -1)[:, 0]
    line = np.linspace(np.min(x), np.max(x), 200)
    outputs = predictions(network, params[None], line[:, None])[0]
    # The predicted class; for two classes with one output unit, the probability of class 1.
    values = outputs[0] if len(outputs) == 1 else _classes(outputs)
    some = spread_rows(len(x), _POINTS)
    rows = marks.dots(x[some], targets[some], ROWS, 4, opacity=0.7) | marks.SILENT
    curve = marks.line(line, values, style.colour, 3)
    curve |= {"hovertemplate": "%{y:.4g}", "name": plain(style.name)}
    traces += [rows | marks.on_axes(suffix), curve | marks.on_axes(suffix)]
    return {
        "run": np.full(len(line), style.name),
        "x": line,
        "prediction": values,
        "target": np.full(len(line), np.nan),
    }


def data_picture(data: Data, features: int, *, classified: bool) -> go.Figure:
    """Return a small picture of the training rows.

    It shows classes over the first two features, or the target over the feature most related to it.
    """
    points = data.training_inputs
    targets = np.asarray(data.training_targets)
    if classified and features > 1:
        across, y = 0, points[:, 1]
    else:
        y = np.asarray(targets, dtype=float).reshape(len(points), -1)[:, 0]
        across = _most_related(points, y)
    some = spread_rows(len(points), _POINTS)
    colours = _class_colours(targets[some]) if classified else SKY
    dots = marks.dots(points[some, across], y[some], colours, 4)
    return _small(dots | marks.SILENT, 130)


def _most_related(points: Array, target: Array) -> int:
    """Return the index of the feature with the largest correlation with the target, of any sign."""
    if points.shape[1] == 1:
        return 0
    spread = points.std(axis=0)
    shared = np.abs((points - points.mean(axis=0)).T @ (target - target.mean()))
    return int(np.argmax(np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 0)))


def digits_picture(data: Data) -> go.Figure:
    """Return a small picture of the first ten handwritten digits, five in a row."""
    images = data.training_inputs[:10] * data.input_scale + data.input_mean
    apart = np.pad(images.reshape(2, 5, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    tiles = apart.transpose(0, 2, 1, 3).reshape(20, 50)[::-1]
    return _small(marks.tiles(tiles, INK), 110)


def _small(trace: Mark, height: int) -> go.Figure:
    """Return a picture without axes."""
    hidden = {"visible": False}
    form = layout(height, xaxis=hidden, yaxis=hidden, margin=margin(0, 0, 0, 0))
    return go.Figure({"data": [trace], "layout": form})
