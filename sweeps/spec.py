"""What a sweep is: a base experiment, axes, and how the settings are chosen among them."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from engine.errors import InvalidInput
from engine.experiment import Experiment
from engine.limits import LIMITS, Interval, Length, Seed
from engine.problems.datasets import OwnTable
from engine.spec import Spec, parse_json
from engine.version import VERSION
from sweeps.axes import Axis, ListAxis
from sweeps.settings import Settings

FORMAT: Final = 1
SPEC_BYTES: Final = 2**20


class Grid(Spec):
    """Every combination of the values of all axes."""

    kind: Literal["grid"] = "grid"


class QuasiRandom(Spec):
    """Points that fill the axes evenly, the same for every run: a Halton sequence, shifted.

    Each axis has the digits of the point's number in a prime of its own, mirrored at the point
    (Halton 1960), plus a random shift modulo 1 (Cranley and Patterson 1976).

    Attributes:
        settings: how many points each run has.
        seed: makes the shift.
    """

    kind: Literal["quasi_random"] = "quasi_random"
    settings: Annotated[int, LIMITS["random_settings"]]
    seed: Seed = 0


class SweepSpec(Spec):
    """A sweep: every run of a base experiment, with every combination of the values of its axes.

    A **setting** is one run with one value of each axis; with each seed it is a lane. The base's
    runs are the first axis. Those that only differ in what the axes set are one; an axis of rules,
    ``optimizer``, makes more of them.

    Attributes:
        format: the version of the format.
        experiment: the base: problem, runs, budget, stopping rules and seeds.
        axes: which fields take which values; the last one changes fastest.
        design: all combinations, or quasi-random ones.
        targets: training losses; it is kept when each lane first was at or below them.
        curve_points: how many points of each lane's loss are kept; 0 for none.
    """

    format: Annotated[int, Interval(FORMAT, FORMAT)] = FORMAT
    experiment: Experiment = Experiment()
    axes: Annotated[tuple[Axis, ...], Length(LIMITS["axes"])] = ()
    design: Annotated[Grid | QuasiRandom, Field(discriminator="kind")] = Grid()
    targets: Annotated[
        tuple[Annotated[float, Interval(-1e12, 1e12)], ...], Length(LIMITS["targets"])
    ] = ()
    curve_points: Annotated[int, LIMITS["curve_points"]] = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        lanes = self.lanes  # raises where settings are wrong
        if lanes not in LIMITS["sweep_lanes"]:
            raise InvalidInput("out_of_range", "sweep_lanes", lanes, LIMITS["sweep_lanes"])
        return self

    @cached_property
    def settings(self) -> Settings:
        """Return the settings, by their index."""
        return Settings(self)

    def __hash__(self) -> int:
        """Return a hash of all fields: lists among the values of axes have none of their own."""
        return hash(self.key)

    @property
    def tables(self) -> tuple[OwnTable, ...]:
        """Return the data sets of readers' tables that the settings have, one for each table."""
        lists = [axis.values for axis in self.axes if isinstance(axis, ListAxis)]
        own = [
            OwnTable.model_validate(value)
            for values in lists
            for value in values
            if isinstance(value, dict) and value.get("name") == "own"
        ]
        by_digest = {one.digest: one for one in (*self.experiment.tables, *own)}
        return tuple(by_digest.values())

    @property
    def lanes(self) -> int:
        """Return how many lanes it has."""
        return len(self.settings) * len(self.experiment.seeds)

    @property
    def key(self) -> str:
        """Return the canonical JSON, with the version of the engine."""
        fields: dict[str, Any] = {"engine": VERSION, "sweep": self.model_dump(mode="json")}
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_spec(text: bytes) -> SweepSpec:
    """Return the sweep in a JSON file.

    Raises:
        InvalidInput: the file is too large, not JSON, or a field is wrong.
    """
    if len(text) > SPEC_BYTES:
        raise InvalidInput("too_expensive", "file", len(text), Interval(0, SPEC_BYTES))
    # Some editors write a byte order mark.
    return SweepSpec.model_validate(parse_json(text.decode("utf-8-sig", errors="replace")))
