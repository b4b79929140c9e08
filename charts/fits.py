"""What the runs have learnt: decision regions or fitted curves, with one panel for each run."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
CURVE: Final = 200  # points of a fitted curve
_AROUND_ONE: Final = 0.5  # on either side of a feature that has one value alone
_POINTS: Final = 300  # training rows in the picture of a data set
_ROUNDING: Final = 1e-12  # of two numbers that are added
TRAINING_POINTS: Final = 240  # in a panel
VALIDATION_POINTS: Final = 80
ACROSS: Final = 4  # panels in a row
PANEL: Final = 210  # pixels that a panel is high
_DOT: Final = 4.5  # pixels of a training row
_TITLE: Final = 23  # pixels above a panel
_AIR: Final = 30  # pixels below the last row of panels
_NAME: Final = 22  # letters that have room above a panel


class Slice(NamedTuple):
    """What fits are drawn over: one or two features of the rows, while the others are held.

    Attributes:
        rows: the rows with these features alone, as the network sees them.
        features: their positions among all features: across, then upwards.
        held: where each feature is held, ``(features,)``; of those that are seen it says nothing.
        units: the same in the units of the data.
    """

    rows: Data
    features: tuple[int, ...]
    held: Array
    units: Array

    @property
    def is_plane(self) -> bool:
        """Tell whether fits are regions in a plane, not curves over a line."""
        return len(self.features) == 2

    def inputs(self, places: Array) -> Array:
        """Return the inputs of a network, ``(points, features)``, at points of the slice."""
        inputs = np.tile(self.held, (len(places), 1))
        inputs[:, list(self.features)] = places
        return inputs


def slice_of(data: Data, features: Sequence[int]) -> Slice:
    """Return the slice over some features; each other one is held at its median.

    Args:
        data: the rows as the network sees them.
        features: positions of one or two of their features.

    Returns:
        The slice; medians are those of the training rows.
    """
    seen, held = list(features), np.zeros(data.training_inputs.shape[1])
    for position in range(len(held)):  # one by one: a copy of all the rows may be large
        if position not in seen:
            held[position] = np.median(data.training_inputs[:, position])
    parts = ("training_inputs", "validation_inputs", "input_mean", "input_scale")
    rows = {name: np.ascontiguousarray(getattr(data, name)[..., seen]) for name in parts}
    scaled = held * data.input_scale
    units = scaled + data.input_mean
    # What is left of two equal numbers is rounding.
    units[np.abs(units) < _ROUNDING * (np.abs(scaled) + np.abs(data.input_mean))] = 0.0
    return Slice(replace(data, **rows), tuple(seen), held, units)


class Panel(NamedTuple):
    """What a run has learnt at one step.

    Attributes:
        style: name and colour of the run.
        params: its parameters, ``(n_params,)``; None if it diverged before that step.
        score: accuracy or R^2 there, as the panel's title says it; None says none.
    """

    style: RunStyle
    params: Array | None
    score: float | None = None

    @property
    def title(self) -> str:
        """Return the text above the panel."""
        if self.params is None:
            name = plain(shortened(self.style.name, _NAME // 2))
            return _("{run} has diverged").format(run=name)
        score = "" if self.score is None else f"  {self.score:.3g}"
        return plain(shortened(self.style.name, _NAME)) + score


def fit_panels(network: Network, cut: Slice, panels: Sequence[Panel], caption: str) -> Chart:
    """Return one panel per run at one step.

    Dots are training rows, open diamonds validation rows. Numbers without a run belong to the rows,
    which every panel shows.

    Args:
        network: the problem.
        cut: what the fits are drawn over.
        panels: one for every run; those of hidden runs are left out.
        caption: says which step this is.
    """
    styles = [panel.style for panel in panels]
    panels = [panels[number] for number in shown(styles)]
    count = max(len(panels), 1)
    columns = min(count, ACROSS)
    rows = math.ceil(count / columns)
    height = PANEL * rows + _AIR
    traces: list[Mark] = []
    options: dict[str, Any] = {} if panels else {"annotations": [none_shown()]}
    limits = None if cut.is_plane else target_range(cut.rows)
    numbers: dict[str, list[Array]] = {}
    title = _TITLE / (height - _AIR)  # as a share of the plot
    for number, panel in enumerate(panels):
        suffix = marks.panel_suffix(number)
        column, row = number % columns, number // columns
        corner = column / columns, 1 - (row + 1) / rows
        options |= _axes(limits, suffix, corner, (1 / columns, 1 / rows - title))
        if panel.params is not None:
            draw = _regions if cut.is_plane else _fitted_curve
            for name, part in draw(traces, network, cut, panel, suffix).items():
                numbers.setdefault(name, []).append(part)
        left, top = options[f"xaxis{suffix}"]["domain"][0], options[f"yaxis{suffix}"]["domain"][1]
        # On the paper, not on the panel's axes: plotly makes no axes where nothing is drawn, and
        # would use another panel's for a run that has diverged.
        marked = titled(panel.title, panel.style, left, top)
        for kind, mark in zip(("annotations", "shapes"), marked, strict=True):
            options.setdefault(kind, []).append(mark)
    figure = go.Figure({"data": traces, "layout": layout(height, **options)})
    for name, part in _drawn_rows(cut.rows, numbers).items():
        numbers[name].append(part)
    columns_of = {name: np.concatenate(parts) for name, parts in numbers.items()}
    return Chart(
        figure, columns_of, fits_alt(caption, styles), (caption, *row_words(cut.rows, styles))
    )


def fits_alt(caption: str, styles: Sequence[RunStyle]) -> str:
    """Return the alternative text of what every run has learnt.

    Args:
        caption: says at which step.
        styles: of all runs.
    """
    alt = _("What every run has learnt, {caption}: one panel per run with the rows.")
    return " ".join([alt.format(caption=caption), *hidden_words(styles)])


def row_words(data: Data, styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return what marks training and validation rows, and which runs are hidden."""
    words = hidden_words(styles)
    if not len(data.validation_inputs):
        return tuple(words)
    return _("Dots are training rows, open diamonds are validation rows."), *words


def _drawn_rows(data: Data, columns: Mapping[str, Any]) -> dict[str, Array]:
    """Return the rows, which every panel shows, in the columns of the predictions."""
    inputs = np.concatenate([data.training_inputs, data.validation_inputs])
    targets = np.concatenate([data.training_targets, data.validation_targets]).astype(float)
    counts = len(data.training_inputs), len(data.validation_inputs)
    kinds = np.repeat(["training", "validation"], counts)
    known = {"kind": kinds, "x": inputs[:, 0], "class": targets}
    if "y" in columns:
        known["y"] = inputs[:, 1]
    else:
        known["target"] = _first_targets(targets)
    nothing = {"run": np.full(len(targets), "")}
    missing = np.full(len(targets), np.nan)
    return {name: (nothing | known).get(name, missing) for name in columns}


def target_range(data: Data) -> list[float]:
    """Return one range for all panels, so that a wild fit does not rescale the picture."""
    targets = np.asarray(data.training_targets, dtype=float)
    air = 0.15 * (targets.max() - targets.min() or 1)
    return [float(targets.min() - air), float(targets.max() + air)]


def _axes(
    limits: list[float] | None,
    suffix: str,
    corner: tuple[float, float],
    size: tuple[float, float],
) -> dict[str, Any]:
    """Return a panel's axes: its lower left corner and its size are shares of the plot."""
    shared = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "showticklabels": False,
        "ticks": "",
        "automargin": False,
    }
    (left, bottom), (width, height) = corner, size
    return {
        f"xaxis{suffix}": {**shared, "domain": [left + 0.01, left + width - 0.01]},
        f"yaxis{suffix}": {
            **shared,
            "domain": [bottom + 0.02, bottom + height - 0.02],
            "anchor": f"x{suffix}",
            "range": limits,
        },
    }


class Plane(NamedTuple):
    """The grid on which a panel shows what is predicted.

    Attributes:
        x: ``(GRID,)``.
        y: ``(GRID,)``.
    """

    x: Array
    y: Array

    @property
    def points(self) -> Array:
        """Return all points, ``(GRID * GRID, 2)``, row by row from below."""
        return np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)


def plane_of(data: Data) -> Plane:
    """Return the grid over the training rows of two features, with some air around them."""
    low, high = data.training_inputs.min(axis=0), data.training_inputs.max(axis=0)
    air = np.where(high > low, 0.08 * (high - low), _AROUND_ONE)
    return Plane(
        *(np.linspace(low[axis] - air[axis], high[axis] + air[axis], GRID) for axis in (0, 1))
    )


def shades(outputs: Array) -> Array:
    """Return the predicted class of every point, plus a shade within that class's own colours.

    Args:
        outputs: ``(..., outputs, points)``, as ``engine.predictions`` returns them.

    Returns:
        ``(..., points)``, from 0 to the number of classes.
    """
    return _classes(outputs) + 0.05 + 0.9 * _certainty(outputs)


def _regions(
    traces: list[Mark], network: Network, cut: Slice, panel: Panel, suffix: str
) -> dict[str, Array]:
    """Draw the predicted class over the plane, paler where it is less certain."""
    data, plane = cut.rows, plane_of(cut.rows)
    grid = plane.points
    outputs = predictions(network, np.array([panel.params]), cut.inputs(grid))[0]
    n_classes = network.dataset.n_classes
    # One heat map for all classes.
    tiles = marks.tiles(single(shades(outputs).reshape(GRID, GRID)), class_scale(n_classes))
    grid_of = {"x": single(plane.x), "y": single(plane.y), "zmin": 0, "zmax": n_classes}
    traces.append(tiles | grid_of | marks.on_axes(suffix))
    colours = _class_colours(data.training_targets), _class_colours(data.validation_targets)
    training, validation = single(data.training_inputs.T), single(data.validation_inputs.T)
    traces += _row_dots(training, validation, colours, suffix)
    return {
        "run": np.full(len(grid), panel.style.name),
        "kind": np.full(len(grid), "fit"),
        "x": grid[:, 0],
        "y": grid[:, 1],
        "class": _classes(outputs).ravel(),
        "certainty": _certainty(outputs).ravel(),
    }


def _row_dots(
    training: Array,
    validation: Array,
    colours: tuple[list[str], list[str]] | tuple[str, str],
    suffix: str,
) -> list[Mark]:
    """Return dots for training rows and open diamonds for validation rows.

    Args:
        training: their places, ``(2, rows)``.
        validation: likewise.
        colours: of each row, or one for all of a kind.
        suffix: of the panel's axes.
    """

    def some(places: Array, colour: list[str] | str, most: int) -> tuple[Array, Array, Any]:
        chosen = spread_rows(places.shape[1], most)
        shown = colour if isinstance(colour, str) else [colour[index] for index in chosen]
        return places[0, chosen], places[1, chosen], shown

    of_class = not isinstance(colours[0], str)
    dots = marks.dots(
        *some(training, colours[0], TRAINING_POINTS),
        _DOT if of_class else _DOT - 0.5,
        **({"line": marks.edge(0.6)} if of_class else {"opacity": 0.7}),
    )
    found = [dots]
    if validation.shape[1]:
        places = some(validation, colours[1], VALIDATION_POINTS)
        found.append(marks.dots(*places, _DOT + 1.5, symbol="diamond-open", line={"width": 1.4}))
    return [dots | marks.SILENT | marks.on_axes(suffix) for dots in found]


def _class_colours(classes: Iterable[float]) -> list[str]:
    return [COLOURS[int(kind) % len(COLOURS)] for kind in classes]


def _classes(outputs: Array) -> Array:
    """Return the predicted class of every point; ``outputs`` are probabilities or scores."""
    if outputs.shape[-2] == 1:
        return (outputs[..., 0, :] > 0.5).astype(float)
    return np.argmax(outputs, axis=-2).astype(float)


def _certainty(outputs: Array) -> Array:
    """Return the certainty of every prediction, from 0 at a border between classes to 1."""
    if outputs.shape[-2] == 1:
        return np.clip(np.abs(outputs[..., 0, :] - 0.5) * 2, 0, 1)
    ordered = np.sort(outputs, axis=-2)
    return np.clip(ordered[..., -1, :] - ordered[..., -2, :], 0, 1)


def class_scale(n_classes: int) -> list[list[Any]]:
    """Return a range of colours for each class, from pale to full."""
    scale: list[list[Any]] = []
    for number in range(n_classes):
        colour = COLOURS[number % len(COLOURS)]
        scale.append([number / n_classes, translucent(colour, 0.06)])
        scale.append([(number + 1) / n_classes, translucent(colour, 0.5)])
    return scale


def line_of(data: Data) -> Array:
    """Return where a curve over one feature is drawn, ``(CURVE,)``."""
    x = data.training_inputs[:, 0]
    low, high = np.min(x), np.max(x)
    air = 0.0 if high > low else _AROUND_ONE
    return np.linspace(low - air, high + air, CURVE)


def heights(outputs: Array) -> Array:
    """Return what is drawn over one feature: the predicted number, probability or class.

    For two classes with one output unit it is the probability of class 1.

    Args:
        outputs: ``(..., outputs, points)``, as ``engine.predictions`` returns them.

    Returns:
        ``(..., points)``.
    """
    return outputs[..., 0, :] if outputs.shape[-2] == 1 else _classes(outputs)


def _fitted_curve(
    traces: list[Mark], network: Network, cut: Slice, panel: Panel, suffix: str
) -> dict[str, Array]:
    """Draw the rows and the curve through them."""
    data, line = cut.rows, line_of(cut.rows)
    points = cut.inputs(line[:, None])
    values = heights(predictions(network, np.array([panel.params]), points)[0])
    training = row_places(data.training_inputs, data.training_targets)
    validation = row_places(data.validation_inputs, data.validation_targets)
    rows = _row_dots(training, validation, (ROWS, ROWS), suffix)
    curve = marks.line(line, values, panel.style.colour, 3)
    curve |= {"hovertemplate": "%{y:.4g}", "name": plain(panel.style.name)}
    traces += [*rows, curve | marks.on_axes(suffix)]
    return {
        "run": np.full(len(line), panel.style.name),
        "kind": np.full(len(line), "fit"),
        "x": line,
        "prediction": values,
        "target": np.full(len(line), np.nan),
    }


def row_places(inputs: Array, targets: Any) -> Array:
    """Return the feature and the first target of every row, ``(2, rows)``."""
    return np.stack([inputs[:, 0], _first_targets(targets)])


def _first_targets(targets: Any) -> Array:
    """Return the class, or the first target, of every row."""
    numbers: Array = np.asarray(targets, dtype=float)
    return numbers if numbers.ndim == 1 else numbers[:, 0]


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
