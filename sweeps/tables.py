"""The tables of a sweep: a row for each lane, in shards while it runs, in one file at its end."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from engine.experiment import Sweep
from engine.training.chunks import QUANTITIES
from engine.training.scores import curve_steps

if TYPE_CHECKING:
    from engine.arrays import Integers
    from engine.training.chunks import ChunkResult
    from sweeps.chunking import Chunk
    from sweeps.settings import Settings
    from sweeps.spec import SweepSpec

FAILED: Final = "failed"  # the status of a lane without a result
SCORES: Final = tuple(
    f"{quantity}_{part}" for quantity in QUANTITIES for part in ("first", "final", "best")
)
# Who trained a lane and how: what may differ between two results of it.
WORKERS: Final = {
    "worker": pa.string(),
    "numpy": pa.string(),
    "processor": pa.string(),
    "chunk_seconds": pa.float64(),
    "chunk_lanes": pa.int32(),
    "failure": pa.string(),
}


def row_schema(spec: SweepSpec) -> pa.Schema:
    """Return the columns of a shard.

    ``key``, ``setting`` and ``seed`` name the lane. ``status`` is what ended it. Scores are empty
    where there are none; final and best losses of a lane that diverged are infinite.
    ``first_step_1`` and so on are the steps at which the targets were reached first, and ``curve``
    is the validation (or training) loss at the steps of ``engine.training.scores.curve_steps``. The
    rest tells who trained it, in a chunk of how many lanes and seconds.
    """
    columns: dict[str, Any] = {"key": pa.string(), "setting": pa.int32(), "seed": pa.int64()}
    columns["status"] = pa.string()
    columns["last_step"] = pa.int32()
    columns |= dict.fromkeys(SCORES, pa.float64())
    columns |= {f"first_step_{number + 1}": pa.int32() for number in range(len(spec.targets))}
    if spec.curve_points:
        columns["curve"] = pa.list_(pa.float64())
    return pa.schema(list((columns | WORKERS).items()))


def rows(spec: SweepSpec, chunk: Chunk, result: ChunkResult) -> pa.Table:
    """Return the rows of a chunk that was trained."""
    columns = _named(spec, chunk)
    columns["status"] = result.status
    columns |= {name: _numbers(values) for name, values in result.scores.items()}
    for number, steps in enumerate(result.first_steps.T):
        columns[f"first_step_{number + 1}"] = _numbers(np.where(np.isinf(steps), np.nan, steps))
    if spec.curve_points:
        points = result.curve.shape[1]
        ends = np.arange(len(result.curve) + 1, dtype=np.int32) * points
        columns["curve"] = pa.ListArray.from_arrays(ends, _numbers(result.curve.ravel()))
    told = (
        result.worker,
        result.numpy,
        result.processor,
        result.seconds,
        len(chunk.settings),
        None,
    )
    return _table(spec, columns | dict(zip(WORKERS, told, strict=True)))


def failed_rows(spec: SweepSpec, chunk: Chunk, failure: str) -> pa.Table:
    """Return the rows of lanes that could not be trained."""
    columns = _named(spec, chunk) | {"status": [FAILED] * len(chunk.settings)}
    return _table(spec, columns | {"chunk_lanes": len(chunk.settings), "failure": failure})


def result_table(spec: SweepSpec, found: pa.Table) -> pa.Table:
    """Return rows with the run and the values of all axes of their settings, without the workers.

    ``run`` is its number in the base experiment, from 1, ``rule`` the name of its rule, and
    ``optimizer`` the rule with all hyperparameters; ``curve_steps`` are those of the curve. A
    column holds numbers, or else text, with JSON for what is neither.
    """
    indices = found["setting"].to_numpy()
    columns = {"setting": found["setting"], "seed": found["seed"]}
    columns |= setting_columns(spec.settings, indices)
    own = [name for name in found.column_names if name not in columns and name not in WORKERS]
    columns |= {name: found[name] for name in own}
    if spec.curve_points:
        columns["curve_steps"] = _steps_of_curves(spec, indices)
    return pa.table(columns)


def setting_columns(settings: Settings, indices: Integers) -> dict[str, pa.Array]:
    """Return the columns that say what settings are, as the final table has them."""
    positions = np.array([variant.position for variant in settings.variants], dtype=np.int32)
    columns = {
        "run": pa.array(positions[settings.variants_of(indices)] + 1),
        "rule": _column(settings, "optimizer.name", indices),
        "optimizer": _optimizers(settings, indices),
    }
    for axis in settings.axes:
        columns[axis.field] = _column(settings, axis.field, indices)
    return columns


def worker_table(found: pa.Table) -> pa.Table:
    """Return who trained which lane.

    The ``mark`` names lanes trained with another NumPy or another kind of processor than most:
    their last bits may differ.
    """
    marks = np.full(len(found), "", dtype="<U16")
    for column in ("processor", "numpy"):
        values = found[column].to_pylist()
        usual = Counter(value for value in values if value is not None).most_common(1)
        known = {None, *(value for value, _ in usual)}
        marks[[value not in known for value in values]] = f"other {column}"
    kept = ("key", "setting", "seed", *WORKERS)
    return pa.table({name: found[name] for name in kept}).append_column("mark", [marks.tolist()])


def _optimizers(settings: Settings, indices: Integers) -> pa.Array:
    """Return the rules of settings as JSON."""
    texts = (run.partition('"optimizer":')[2] for run in settings.run_texts(indices))
    return pa.array([text.partition("}")[0] + "}" for text in texts])  # a rule holds no objects


def _steps_of_curves(spec: SweepSpec, indices: Integers) -> pa.Array:
    """Return the steps of each setting's curve, which depend on the budget and its batches."""
    kinds = spec.settings.kinds(indices)
    _, firsts, of = np.unique(kinds, axis=1, return_index=True, return_inverse=True)
    lists = []
    for place in firsts.tolist():
        one = indices[place : place + 1]
        text = spec.settings.experiment_text(one, spec.experiment.seeds[0])
        experiment = Sweep.model_validate_json(text)
        lists.append(curve_steps(experiment, experiment.runs[0], spec.curve_points))
    return pa.array(lists, pa.list_(pa.int32())).take(pa.array(of.ravel()))


def _named(spec: SweepSpec, chunk: Chunk) -> dict[str, Any]:
    """Return the columns that name the lanes of a chunk."""
    seed = spec.experiment.seeds[chunk.seed]
    keys = [key for (key,) in spec.settings.keys(chunk.settings, (seed,))]
    return {"key": keys, "setting": chunk.settings, "seed": seed}


def _table(spec: SweepSpec, columns: dict[str, Any]) -> pa.Table:
    """Return a shard of these columns; a single value is that of all rows, and others are empty."""
    schema, count = row_schema(spec), len(columns["key"])
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None or isinstance(values, (str, int, float)):
            values = [values] * count
        if not isinstance(values, (pa.Array, pa.ChunkedArray)):
            values = pa.array(values)
        arrays.append(values.cast(field.type))
    return pa.table(arrays, schema=schema)


def _numbers(values: Any) -> pa.Array:
    """Return an array in which NaN is an empty place."""
    return pa.array(values, from_pandas=True)


def _column(settings: Settings, field: str, indices: Integers) -> pa.Array:
    table, places = settings.column(field, indices)
    known = [value for value in table if value is not None]
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in table]
        return pa.array(texts, pa.string()).take(pa.array(places))
    kind = pa.int64() if all(isinstance(value, int) for value in known) else pa.float64()
    return pa.array(table, kind).take(pa.array(places))
