"""What the runs have learnt: decision regions or fitted curves, one panel per run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from charts.lines import plain, shortened, single, spread_rows
from charts.theme import COLOURS, Chart, layout
from engine import predictions
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charts.theme import RunStyle
    from engine import Network
    from engine.arrays import Array
    from engine.problems.datasets.preparation import Data

GRID: Final = 44  # points a side: fine enough to the eye, small enough to send at every move
_POINTS: Final = 300  # training rows drawn in a panel
_PANEL: Final = 210
_NAME: Final = 22  # letters that have room above a panel
_DIGIT_SCALE: Final = [[0, "rgba(127, 127, 127, 0.05)"], [1, "rgba(58, 143, 200, 1)"]]


def fit_panels(
    network: Network,
    data: Data,
    params: Sequence[Array | None],
    styles: Sequence[RunStyle],
    caption: str,
) -> Chart:
    """Return one panel per run at one step.

    Numbers without a run are those of the training rows, which every panel shows.

    Args:
        network: the problem; its data have one or two features.
        data: the rows as the network sees them.
        params: of every run, ``(n_params,)``; None where the run has diverged before that step.
        styles: names and colours of the runs.
        caption: says which step this is.
    """
    columns = min(len(styles), 4)
    rows = math.ceil(len(styles) / columns)
    traces: list[dict[str, Any]] = []
    panel = _regions if data.training_inputs.shape[1] == 2 else _fitted_curve
    options: dict[str, Any] = {}
    limits = _target_range(data) if data.training_inputs.shape[1] == 1 else None
    numbers: dict[str, list[Array]] = {}
    for number, (style, values) in enumerate(zip(styles, params, strict=True)):
        suffix = "" if number == 0 else str(number + 1)
        column, row = number % columns, number // columns
        options |= _axes(
            limits, suffix, column / columns, 1 - (row + 1) / rows, 1 / columns, 1 / rows
        )
        if values is not None:
            for name, part in panel(traces, network, data, values, suffix, style).items():
                numbers.setdefault(name, []).append(part)
        title = _gone(style) if values is None else plain(shortened(style.name, _NAME))
        left, top = options[f"xaxis{suffix}"]["domain"][0], options[f"yaxis{suffix}"]["domain"][1]
        options.setdefault("annotations", []).append(_title(title, style, left, top))
    figure = go.Figure({"data": traces, "layout": layout(_PANEL * rows + 30, **options)})
    alt = _("What every run has learnt, {caption}: one panel per run with the training rows.")
    for name, part in _drawn_rows(data, numbers).items():
        numbers[name].append(part)
    columns_of = {name: np.concatenate(parts) for name, parts in numbers.items()}
    return Chart(figure, columns_of, alt.format(caption=caption), (caption,))


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
    """Return the same range for every panel, so that a wild fit does not rescale the picture."""
    targets = np.asarray(data.training_targets, dtype=float)
    air = 0.15 * (targets.max() - targets.min() or 1)
    return [float(targets.min() - air), float(targets.max() + air)]


def _gone(style: RunStyle) -> str:
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


def _title(text: str, style: RunStyle, left: float, top: float) -> dict[str, Any]:
    """Return what stands above a panel.

    It is placed on the paper: plotly has no axes where nothing is drawn, and would take another
    panel's for those of a run that has diverged.
    """
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": left,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": style.colour, "size": 13},
    }


def _regions(
    traces: list[dict[str, Any]],
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
    # One heat map for all classes: class number plus a shade within the class's band of colours.
    shade = (classes + 0.05 + 0.9 * certainty).reshape(GRID, GRID)
    traces.append(
        {
            "type": "heatmap",
            "x": single(x),
            "y": single(y),
            "z": single(shade),
            "zmin": 0,
            "zmax": n_classes,
            "colorscale": _class_scale(n_classes),
            "showscale": False,
            "hoverinfo": "skip",
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
        }
    )
    _rows(traces, points, np.asarray(data.training_targets), suffix)
    return {
        "run": np.full(len(grid), style.name),
        "x": grid[:, 0],
        "y": grid[:, 1],
        "class": classes.ravel(),
        "certainty": certainty.ravel(),
    }


def _rows(traces: list[dict[str, Any]], points: Array, classes: Array, suffix: str) -> None:
    some = spread_rows(len(points), _POINTS)
    traces.append(
        {
            "type": "scatter",
            "x": single(points[some, 0]),
            "y": single(points[some, 1]),
            "mode": "markers",
            "marker": {
                "color": [COLOURS[int(kind) % len(COLOURS)] for kind in classes[some]],
                "size": 4.5,
                "line": {"color": "white", "width": 0.6},
            },
            "hoverinfo": "skip",
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
        }
    )


def _classes(outputs: Array) -> Array:
    """Return the predicted class of every point; ``outputs`` are probabilities or scores."""
    if len(outputs) == 1:
        return (outputs[0] > 0.5).astype(float)
    return np.argmax(outputs, axis=0).astype(float)


def _certainty(outputs: Array) -> Array:
    """Return 0 at a border between classes to 1 far from it."""
    if len(outputs) == 1:
        return np.clip(np.abs(outputs[0] - 0.5) * 2, 0, 1)
    ordered = np.sort(outputs, axis=0)
    return np.clip(ordered[-1] - ordered[-2], 0, 1)


def _class_scale(n_classes: int) -> list[list[Any]]:
    """Return a band of colours per class, from pale to full."""
    scale: list[list[Any]] = []
    for number in range(n_classes):
        colour = COLOURS[number % len(COLOURS)]
        red, green, blue = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
        scale.append([number / n_classes, f"rgba({red},{green},{blue},0.06)"])
        scale.append([(number + 1) / n_classes, f"rgba({red},{green},{blue},0.5)"])
    return scale


def _fitted_curve(
    traces: list[dict[str, Any]],
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
    # Of several classes the predicted one; of two in one unit the probability of class 1.
    values = outputs[0] if len(outputs) == 1 else _classes(outputs)
    some = spread_rows(len(x), _POINTS)
    traces.append(
        {
            "type": "scatter",
            "x": x[some],
            "y": targets[some],
            "mode": "markers",
            "marker": {"color": "#7f7f7f", "size": 4, "opacity": 0.7},
            "hoverinfo": "skip",
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
        }
    )
    traces.append(
        {
            "type": "scatter",
            "x": line,
            "y": values,
            "mode": "lines",
            "line": {"color": style.colour, "width": 3},
            "hovertemplate": "%{y:.4g}",
            "name": plain(style.name),
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
        }
    )
    return {
        "run": np.full(len(line), style.name),
        "x": line,
        "prediction": values,
        "target": np.full(len(line), np.nan),
    }


def data_picture(data: Data, features: int, *, classified: bool) -> go.Figure:
    """Return a small picture of the training rows.

    Classes over two features, or the target over one: the one that goes with it most.
    """
    points = data.training_inputs
    targets = np.asarray(data.training_targets)
    if classified and features > 1:
        across, y = 0, points[:, 1]
    else:
        y = np.asarray(targets, dtype=float).reshape(len(points), -1)[:, 0]
        across = _most_related(points, y)
    some = spread_rows(len(points), _POINTS)
    colours: Any = "#3a8fc8"
    if classified:
        colours = [COLOURS[int(kind) % len(COLOURS)] for kind in targets[some]]
    dots = {
        "type": "scatter",
        "x": points[some, across],
        "y": y[some],
        "mode": "markers",
        "marker": {"color": colours, "size": 4},
        "hoverinfo": "skip",
    }
    return _small(dots, 130)


def _most_related(points: Array, target: Array) -> int:
    """Return which feature has the largest correlation with the target, whatever its sign."""
    if points.shape[1] == 1:
        return 0
    spread = points.std(axis=0)
    shared = np.abs((points - points.mean(axis=0)).T @ (target - target.mean()))
    return int(np.argmax(np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 0)))


def digits_picture(data: Data) -> go.Figure:
    """Return the first handwritten digits, five a row."""
    images = data.training_inputs[:10] * data.input_scale + data.input_mean
    apart = np.pad(images.reshape(2, 5, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    tiles = apart.transpose(0, 2, 1, 3).reshape(20, 50)[::-1]
    pixels = {
        "type": "heatmap",
        "z": tiles,
        "colorscale": _DIGIT_SCALE,
        "showscale": False,
        "hoverinfo": "skip",
    }
    return _small(pixels, 110)


def _small(trace: dict[str, Any], height: int) -> go.Figure:
    """Return a picture without axes."""
    hidden, none = {"visible": False}, {"l": 0, "r": 0, "t": 0, "b": 0}
    return go.Figure(
        {"data": [trace], "layout": layout(height, xaxis=hidden, yaxis=hidden, margin=none)}
    )
