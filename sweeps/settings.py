"""The settings of a sweep by arithmetic: what an index stands for, and the key of each lane.

Nothing is listed: a setting is made from its index when it is needed, and many at once are arrays
of **codes**, places in the short lists of values that each axis has. A combination that makes no
sense for a rule, such as L-BFGS with a part of the rows, is no setting: it has no index, no lane.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cached_property
from itertools import chain, islice, product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import FORMAT, Experiment, Run, Sweep, misfit
from engine.limits import LIMITS, Interval
from engine.rules import SGD, rule_class
from engine.rules.schedules import ReduceOnPlateau
from engine.version import VERSION
from sweeps.axes import LEFT_OUT, RangeAxis, placed, value_at, value_of_run, with_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.arrays import Integers
    from sweeps.axes import Axis, Fields
    from sweeps.spec import SweepSpec

# One for each axis of a quasi-random sweep.
_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
_CUTS: Final = ("batch_size", "sampling", "last_batch")
_OF_SCHEDULES: Final = ("schedule", "batch_size", "last_batch")  # on which factors depend
# Schedules of a run; what is wrong with further ones is a lane's fault.
_MOST_CHECKED: Final = 2_000
_NONE: Final = -1  # the code of an axis that a setting does not have


class Variant(NamedTuple):
    """A run of the base and the axes that it has; its settings have neighbouring indices.

    Attributes:
        position: of the run in the base experiment.
        run: the run, as in JSON, with the first value of each of its axes.
        axes: positions of its axes, those of the problem included.
        first: index of its first setting.
        size: how many settings it has.
        kept: the numbers of the combinations that are settings, ``(size,)``; None where all are.
    """

    position: int
    run: Fields
    axes: tuple[int, ...]
    first: int
    size: int
    kept: Integers | None = None

    @property
    def gradients_per_update(self) -> int:
        """Return how many gradients an update of the run's rule takes."""
        return rule_class(self.run["optimizer"])().gradients_per_update


class Settings:
    """The settings of a sweep, numbered from 0.

    Attributes:
        axes: the axes, without that of the rules, which makes variants.
        levels: the values of each axis, as in canonical JSON.
        variants: the runs of the base, rule by rule, in the order of their settings; those without
            any setting are left out.
        not_applicable: how many combinations of values make no sense for a rule, by its name; rules
            for which all do are left out.
    """

    def __init__(self, spec: SweepSpec) -> None:
        """Work out the settings of a sweep.

        Raises:
            InvalidInput: two axes for the same field, a value that its field cannot have, or values
                that do not go together.
        """
        self._spec = spec
        self._base = spec.experiment.model_dump(mode="json")
        plain = Run(optimizer=SGD(), learning_rate=1.0, batch_size="all")  # it fits every problem
        self._alone: Fields = {"runs": [plain.model_dump(mode="json")], "seeds": [0]}
        every = list(enumerate(spec.axes))
        self._rules = [(place, axis) for place, axis in every if axis.path == ["optimizer"]]
        self._places = [place for place, axis in every if axis.path != ["optimizer"]]
        self.axes = [spec.axes[place] for place in self._places]
        runs = self._runs()
        others = list(zip(self._places, self.axes, strict=True))
        _refuse_overlaps(others, [run for _, run in runs])
        points = self._points()
        self.levels = [self._levels(at, runs, points) for at in range(len(self.axes))]
        self._codes_of_points = self._point_codes(points)
        self._contexts: dict[tuple[int, ...], Fields] = {}
        self._refusals: list[InvalidInput] = []
        self.not_applicable: Counter[str] = Counter()
        self._check_problems(runs)
        self.variants = self._variants(runs, points)
        self._check_schedules()

    def __len__(self) -> int:
        """Return how many settings there are."""
        last = self.variants[-1]
        return last.first + last.size

    def variants_of(self, indices: Integers) -> Integers:
        """Return the position of each setting's variant."""
        firsts = np.array([variant.first for variant in self.variants])
        return np.searchsorted(firsts, indices, side="right") - 1

    def codes(self, indices: Integers) -> Integers:
        """Return the place of each setting's value among each axis's levels, ``(axes, settings)``.

        -1 where a run does not have the axis.
        """
        codes = np.full((len(self.axes), len(indices)), _NONE)
        of = self.variants_of(indices)
        for at, variant in enumerate(self.variants):
            mine = of == at
            rest = indices[mine] - variant.first
            if variant.kept is not None:
                rest = variant.kept[rest]
            own = np.array(variant.axes, dtype=np.int64)
            codes[np.ix_(own, np.flatnonzero(mine))] = self._codes_of(variant.axes, rest)
        return codes

    def _codes_of(self, axes: Sequence[int], numbers: Integers) -> Integers:
        """Return the codes of some combinations of the values of axes, ``(axes, numbers)``."""
        if self._codes_of_points is not None:
            return self._codes_of_points[list(axes)][:, numbers]
        codes, rest = np.empty((len(axes), len(numbers)), dtype=np.int64), numbers
        for at in reversed(range(len(axes))):
            rest, codes[at] = np.divmod(rest, len(self.levels[axes[at]]))
        return codes

    def run(self, index: int) -> Fields:
        """Return the run of a setting, as in JSON."""
        run: Fields = json.loads(next(self.run_texts(np.array([index]))))
        return run

    def experiment(self, index: int) -> Fields:
        """Return the experiment of a setting, as in JSON, without runs and seeds."""
        return self._context(tuple(self.codes(np.array([index]))[self.problem_axes, 0].tolist()))

    @property
    def problem_axes(self) -> list[int]:
        """Return the positions of the axes that are not of runs."""
        return [at for at, axis in enumerate(self.axes) if not axis.is_of_runs]

    def column(self, field: str, indices: Integers) -> tuple[list[Any], Integers]:
        """Return the values of a field of runs or axes, and the place of each setting's among them.

        The field has an axis, or is one of a run; its value is None where a run does not have it.
        """
        path = field.split(".")
        table = [value_of_run(variant.run, path) for variant in self.variants]
        places = self.variants_of(indices)
        codes = self.codes(indices)
        for at, axis in enumerate(self.axes):
            if axis.field == field:
                places = np.where(codes[at] == _NONE, places, len(table) + codes[at])
                table = [*table, *self.levels[at]]
        inside = [at for at, axis in enumerate(self.axes) if axis.field.startswith(f"{field}.")]
        if not inside:
            return table, places
        inside.sort(key=lambda at: len(self.axes[at].path))
        kinds, places = np.unique([places, *codes[inside]], axis=1, return_inverse=True)
        filled = []
        for place, *own in kinds.T.tolist():
            value = table[place]
            for at, code in zip(inside, own, strict=True):
                if code != _NONE:
                    value = with_value(
                        value, self.axes[at].path[len(path) :], self.levels[at][code]
                    )
            filled.append(value)
        return filled, places

    def run_texts(self, indices: Integers) -> Iterator[str]:
        """Yield the run of each setting as canonical JSON."""
        pieces = [self._pieces(variant) for variant in self.variants]
        codes, of = self.codes(indices), self.variants_of(indices).tolist()
        levels = [  # a quasi-random sweep has as many of them as settings
            {code: _written(axis, values[code]) for code in set(own) - {_NONE}}
            for axis, own, values in zip(self.axes, codes.tolist(), self.levels, strict=True)
        ]
        for own, place in zip(codes.T.tolist(), of, strict=True):
            first, *others = pieces[place]
            filled = ((levels[axis][own[axis]], rest) for axis, rest in others)
            yield "".join([first, *chain.from_iterable(filled)])

    def experiment_text(self, indices: Integers, seed: int) -> str:
        """Return settings of one problem as the JSON of an experiment, a run for each."""
        shared = json.dumps(self.experiment(int(indices[0])))
        runs = ",".join(self.run_texts(indices))
        return f'{shared[:-1]},"runs":[{runs}],"seeds":[{seed}]}}'

    def kinds(self, indices: Integers) -> Integers:
        """Return columns of numbers that are equal where settings can be trained side by side.

        That is where they have one problem, cut the rows alike and make equally many updates of
        any budget: those that take two gradients per update are apart from those that take one.
        """
        rows = [self.codes(indices)[at] for at in self.problem_axes]
        rows.append(self.gradients_per_update[indices])
        for field in _CUTS:
            table, places = self.column(field, indices)
            numbers = {value: number for number, value in enumerate(dict.fromkeys(table))}
            rows.append(np.array([numbers[value] for value in table])[places])
        return np.array(rows)

    @cached_property
    def gradients_per_update(self) -> Integers:
        """Return how many gradients an update of each setting takes, ``(settings,)``."""
        own = np.array([variant.gradients_per_update for variant in self.variants])
        return own[self.variants_of(np.arange(len(self)))]

    def keys(self, indices: Integers, seeds: Sequence[int]) -> Iterator[list[str]]:
        """Yield the keys of each setting's lanes, a SHA-256 for each seed.

        That of the canonical JSON of all that decides a lane's numbers: the version of the engine,
        the experiment without its other runs and seeds, what is kept of it, the run, and the seed.
        """
        problems = {}
        on_problem = self.codes(indices)[self.problem_axes].T.tolist()
        ends = [f',"seed":{seed}}}'.encode() for seed in seeds]
        for run, codes in zip(self.run_texts(indices), on_problem, strict=True):
            at = tuple(codes)
            if at not in problems:
                problems[at] = hashlib.sha256(self._beginning(at))
            setting = problems[at].copy()
            setting.update(run.encode())
            keys = []
            for end in ends:
                lane = setting.copy()
                lane.update(end)
                keys.append(lane.hexdigest())
            yield keys

    def _beginning(self, context: tuple[int, ...]) -> bytes:
        """Return the canonical JSON of a lane up to its run."""
        fields = {
            "engine": VERSION,
            "experiment": self._context(context),
            "format": FORMAT,
            "points": self._spec.curve_points,
            "targets": self._spec.targets,
        }
        return f'{{"context":{_canonical(fields)},"run":'.encode()

    def _pieces(self, variant: Variant) -> list[Any]:
        """Return the canonical JSON of a variant's run, cut where its axes have their values.

        First a text, then an axis and the text behind its value, and so on. What stands before a
        value that may be left out is left to it.
        """
        run, axes = variant.run, [at for at in variant.axes if self.axes[at].is_of_runs]
        for at in axes:
            run = with_value(run, self.axes[at].path, {"\0": at})
        text = _canonical(run)
        for name in LEFT_OUT:
            text = text.replace(f'{_key(name)}{{"\\u0000":', '{"\\u0000":')
        first, *others = text.split('{"\\u0000":')
        pieces: list[Any] = [first]
        for text in others:
            number, _, rest = text.partition("}")
            pieces.append((int(number), rest))
        return pieces

    def _context(self, codes: tuple[int, ...]) -> Fields:
        """Return an experiment without runs and seeds, by the codes of its axes."""
        if codes not in self._contexts:
            fields = self._base
            for at, code in sorted(zip(self.problem_axes, codes, strict=True), key=self._depth):
                fields = with_value(fields, self.axes[at].path, self.levels[at][code])
            taken = Experiment.model_validate({**fields, **self._alone})
            whole = taken.model_dump(mode="json")
            self._contexts[codes] = {
                name: value for name, value in whole.items() if name not in {"runs", "seeds"}
            }
        return self._contexts[codes]

    def _depth(self, axis_and_code: tuple[int, int]) -> int:
        return len(self.axes[axis_and_code[0]].path)

    def _runs(self) -> list[tuple[int, Fields]]:
        """Return the runs of the base with their positions, each with every rule of such an axis.

        Those that are equal but for what the axes set are one.
        """
        found: dict[str, tuple[int, Fields]] = {}
        _refuse_overlaps(self._rules, self._base["runs"])
        for position, given in enumerate(self._base["runs"]):
            for run in self._with_rules(given):
                plain = run
                for axis in self.axes:
                    if axis.is_of_runs and axis.suits(run):
                        plain = with_value(plain, axis.path, None)
                found.setdefault(_canonical(plain), (position, run))
        return list(found.values())

    def _with_rules(self, run: Fields) -> Iterator[Fields]:
        mine = [(place, axis) for place, axis in self._rules if axis.suits(run)]
        if not mine:
            yield run
        for place, axis in mine:
            if isinstance(axis, RangeAxis):
                raise InvalidInput("missing", f"axes.{place}.values", None)
            made: list[Fields] = []
            for at, value in enumerate(axis.values):
                own = _with_checked(run, axis, value, f"axes.{place}.values.{at}")
                if own in made:
                    raise InvalidInput("duplicate", f"axes.{place}.values", value)
                made.append(own)
            yield from made

    def _points(self) -> Any:
        """Return the points of a quasi-random sweep, ``(axes, settings)``; None for a grid."""
        design = self._spec.design
        if design.kind == "grid":
            return None
        numbers = np.arange(design.settings)
        shift = np.random.default_rng(design.seed).random(len(self.axes))
        points = [
            (_mirrored(numbers, base) + own) % 1 for base, own in zip(_PRIMES, shift, strict=False)
        ]
        return np.array(points).reshape(len(self.axes), design.settings)

    def _point_codes(self, points: Any) -> Integers | None:
        if points is None:
            return None
        codes = np.empty(points.shape, dtype=np.int64)
        for at, axis in enumerate(self.axes):
            if isinstance(axis, RangeAxis):
                codes[at] = np.arange(points.shape[1])
            else:
                codes[at] = (points[at] * len(self.levels[at])).astype(np.int64)
        return codes

    def _levels(self, at: int, runs: Sequence[tuple[int, Fields]], points: Any) -> list[Any]:
        """Return the values of an axis as in canonical JSON, checked on every run that has it."""
        axis, field = self.axes[at], f"axes.{self._places[at]}"
        if not isinstance(axis, RangeAxis):
            levels = [
                self._checked(axis, value, runs, f"{field}.values.{place}")
                for place, value in enumerate(axis.values)
            ]
        else:
            kind = self._kind(axis, runs, field)
            for end, value in (("low", axis.low), ("high", axis.high)):
                self._checked(axis, kind(value), runs, f"{field}.{end}")
            levels = [
                kind(value) for value in (axis.grid if points is None else axis.at(points[at]))
            ]
            if points is not None:
                return levels  # they may repeat where they are rounded
        seen = [_canonical(level) for level in levels]
        for place, text in enumerate(seen):
            if text in seen[:place]:
                if isinstance(axis, RangeAxis):  # of whole numbers, of which there are fewer
                    most = Interval(2, len(set(seen)))
                    raise InvalidInput("out_of_range", f"{field}.count", axis.count, most)
                raise InvalidInput("duplicate", f"{field}.values", levels[place])
        return levels

    def _kind(
        self, axis: RangeAxis, runs: Sequence[tuple[int, Fields]], field: str
    ) -> Callable[[float], float]:
        """Return what makes a value of the field of a number; one of whole numbers is rounded."""
        try:
            self._checked(axis, axis.low, runs, f"{field}.low")
        except InvalidInput as error:
            if (error.code, error.limits) == ("wrong_type", "integer"):
                return round
        return float

    def _checked(
        self, axis: Axis, value: Any, runs: Sequence[tuple[int, Fields]], place: str
    ) -> Any:
        """Return a value as its field has it in canonical JSON."""
        if axis.is_of_runs:
            having = [run for _, run in runs if axis.suits(run)]
            changed = [_with_checked(run, axis, value, place) for run in having]
            return value_of_run(changed[0], axis.path)
        return value_at(self._with_problem(axis, value, place), axis.path)

    def _with_problem(self, axis: Axis, value: Any, place: str) -> Fields:
        """Return an experiment with a value of one of its axes, and the first of the others.

        What an axis sets may suit others of its kind, and not the base: a loss its data set.
        """
        others = [
            (f"axes.{number}.values.0", other, other.values[0])
            for number, other in zip(self._places, self.axes, strict=True)
            if not (other.is_of_runs or other.field == axis.field or isinstance(other, RangeAxis))
        ]
        fields = self._base
        chosen = [(place, axis, value), *others]
        for _, one, its_value in sorted(chosen, key=lambda each: len(each[1].path)):
            fields = with_value(fields, one.path, its_value)
        try:
            taken = Experiment.model_validate({**fields, **self._alone})
        except InvalidInput as error:
            named = error
            for its_place, one, _ in chosen:
                if named is error:
                    named = placed(error, one, its_place)
            raise named from None
        return taken.model_dump(mode="json")

    def _variants(self, runs: Sequence[tuple[int, Fields]], points: Any) -> list[Variant]:
        variants, first = [], 0
        for position, run in runs:
            mine = tuple(at for at, axis in enumerate(self.axes) if axis.suits(run))
            changed = run
            for at in mine:
                if self.axes[at].is_of_runs:
                    changed = with_value(changed, self.axes[at].path, self.levels[at][0])
            count = prod(len(self.levels[at]) for at in mine)
            if points is not None:
                count = points.shape[1]
            kept = self._kept(changed, mine, count)
            size = count if kept is None else len(kept)
            if size < count:
                self.not_applicable[run["optimizer"]["name"]] += count - size
            if size:
                variants.append(Variant(position, changed, mine, first, size, kept))
            first += size
        if not first:
            raise self._refusals[0]
        return variants

    def _kept(self, run: Fields, axes: tuple[int, ...], count: int) -> Integers | None:
        """Return which of so many combinations make sense for the rule of a run; None if all do."""
        if not rule_class(run["optimizer"]).needs:
            return None
        acting = [
            at for at in axes if not self.axes[at].is_of_runs or self.axes[at].path[0] in _CUTS
        ]
        if not acting:
            return None if self._fits(run, (), ()) else np.empty(0, dtype=np.int64)
        codes = self._codes_of(axes, np.arange(count))[[axes.index(at) for at in acting]]
        kinds, of = np.unique(codes, axis=1, return_inverse=True)
        fitting = np.array([self._fits(run, acting, own) for own in kinds.T.tolist()])
        makes_sense = fitting[of.ravel()]
        return None if makes_sense.all() else np.flatnonzero(makes_sense)

    def _fits(self, run: Fields, axes: Sequence[int], codes: Sequence[int]) -> bool:
        """Tell whether a rule makes sense with these values of some axes; keep why it does not."""
        chosen = dict(zip(axes, codes, strict=True))
        context = self._context(tuple(chosen[at] for at in self.problem_axes))
        for at in axes:
            if self.axes[at].is_of_runs:
                run = with_value(run, self.axes[at].path, self.levels[at][chosen[at]])
        taken = Experiment.model_validate({**context, **self._alone})
        cause = misfit(taken.problem, Run.model_validate(run))
        if cause is not None:
            name = run["optimizer"]["name"]
            self._refusals.append(InvalidInput("conflict", "runs.0.optimizer", name, cause))
        return cause is None

    def _check_problems(self, runs: Sequence[tuple[int, Fields]]) -> None:
        """Check every problem with every way of cutting its rows."""
        found = self._problem_codes()
        if len(found) not in LIMITS["sweep_problems"]:
            raise InvalidInput(
                "out_of_range", "sweep_problems", len(found), LIMITS["sweep_problems"]
            )
        sizes = {run["batch_size"] for _, run in runs}
        for axis, values in zip(self.axes, self.levels, strict=True):
            if axis.path == ["batch_size"]:
                sizes |= set(values)
        largest = max((size for size in sizes if size != "all"), default="all")
        run = {**self._alone["runs"][0], "batch_size": largest}
        for codes in found:
            try:
                Sweep.model_validate({**self._context(codes), "runs": [run], "seeds": [0]})
            except InvalidInput as error:
                raise error.at(error.field.removeprefix("runs.0.")) from None

    def _check_schedules(self) -> None:
        """Check every schedule on every kind of problem, where it makes sense for its run's rule.

        Networks with equally many rows and an equal budget are alike to a schedule.
        """
        scheduled = [
            (variant.position, run)
            for variant in self.variants
            for run in islice(self._scheduled(variant), _MOST_CHECKED)
        ]
        if not scheduled:
            return
        unlike: dict[object, Experiment] = {}
        for codes in self._problem_codes():
            about = Experiment.model_validate({**self._context(codes), **self._alone})
            own = about.problem if about.problem.kind == "function" else about.problem.n_validation
            unlike.setdefault((about.counts(about.runs[0]), about.budget, own), about)
        for about in unlike.values():
            for position, run in scheduled:
                if misfit(about.problem, run) is None:
                    _check_schedule(about, run, position)

    def _scheduled(self, variant: Variant) -> Iterator[Run]:
        """Yield the runs of a variant with all that its schedule depends on, if it has any.

        What axes set alone need not go together: an end value and a length, for example.
        """
        mine = [at for at in variant.axes if self.axes[at].path[0] in _OF_SCHEDULES]
        has_axis = any(self.axes[at].path[0] == "schedule" for at in mine)
        if not has_axis and "schedule" not in variant.run:
            return
        chosen: Iterable[tuple[int, ...]]
        if self._codes_of_points is None:
            chosen = product(*(range(len(self.levels[at])) for at in mine))
        else:
            columns = self._codes_of_points[mine].T.tolist()
            chosen = dict.fromkeys(map(tuple, columns))
        for codes in chosen:
            run = variant.run
            for at, code in zip(mine, codes, strict=True):
                run = with_value(run, self.axes[at].path, self.levels[at][code])
            yield Run.model_validate(run)

    def _problem_codes(self) -> list[tuple[int, ...]]:
        """Return the codes of all problems."""
        if self._codes_of_points is None:
            count = prod(len(self.levels[at]) for at in self.problem_axes)
            if count not in LIMITS["sweep_problems"]:
                raise InvalidInput(
                    "out_of_range", "sweep_problems", count, LIMITS["sweep_problems"]
                )
            return list(product(*(range(len(self.levels[at])) for at in self.problem_axes)))
        columns = self._codes_of_points[self.problem_axes].T.tolist()
        return list(dict.fromkeys(map(tuple, columns)))


def _refuse_overlaps(axes: Sequence[tuple[int, Axis]], runs: Sequence[Fields]) -> None:
    """Refuse an axis that no run has, and two axes of the same field of a run.

    Neither can a part that may be left out be set, and what is inside it.
    """
    names = tuple(dict.fromkeys(run["optimizer"]["name"] for run in runs))
    for at, (place, axis) in enumerate(axes):
        own = [run for run in runs if axis.suits(run)]
        if axis.rules and not set(axis.rules) & set(names):
            raise InvalidInput("unknown_choice", f"axes.{place}.rules.0", axis.rules[0], names)
        if not own:
            raise InvalidInput("unknown_field", f"axes.{place}.field", axis.field)
        for _, other in axes[:at]:
            if not any(other.suits(run) for run in own):
                continue
            if axis.field == other.field:
                raise InvalidInput("duplicate", f"axes.{place}.field", axis.field)
            if axis.path[0] == other.path[0] in LEFT_OUT and 1 in {len(axis.path), len(other.path)}:
                cause = ("field", other.field)
                raise InvalidInput("conflict", f"axes.{place}.field", axis.field, cause)


def _with_checked(run: Fields, axis: Axis, value: Any, place: str) -> Fields:
    """Return a run with a value of an axis, as in canonical JSON; an error names its place."""
    try:
        return Run.model_validate(with_value(run, axis.path, value)).model_dump(mode="json")
    except InvalidInput as error:
        may_be_null = LEFT_OUT.get(axis.field, ...) is None
        if may_be_null and isinstance(error.limits, tuple):
            error = InvalidInput(error.code, error.field, error.value, (*error.limits, "null"))
        raise placed(error, axis, place) from None


def _check_schedule(about: Experiment, run: Run, position: int) -> None:
    """Refuse a schedule that a run of the base, at this position, cannot have on a problem."""
    alone = about.model_copy(update={"runs": (run,)})
    try:
        if isinstance(run.schedule, ReduceOnPlateau) and not about.problem.n_validation:
            Experiment.model_validate(alone.model_dump())
        run.schedule.check(alone.counts(run), alone.iterations(run))
    except InvalidInput as error:
        field = error.field.removeprefix("runs.0.schedule").removeprefix(".")
        raise error.at(f"runs.{position}.schedule.{field}".removesuffix(".")) from None


def _written(axis: Axis, value: Any) -> str:
    """Return a value of an axis as it stands in the canonical JSON of a run."""
    if axis.field not in LEFT_OUT:
        return _canonical(value)
    is_left_out = value == LEFT_OUT[axis.field]
    return "" if is_left_out else f"{_key(axis.field)}{_canonical(value)}"


def _key(name: str) -> str:
    """Return a field that may be left out with its comma: it is never the first in a run."""
    return f',"{name}":'


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _mirrored(numbers: Integers, base: int) -> Any:
    """Return the radical inverse of some numbers: their digits in a base, mirrored at the point."""
    rest, place = numbers.copy(), 1.0
    mirrored = np.zeros(len(numbers))
    while rest.any():
        place /= base
        rest, digits = np.divmod(rest, base)
        mirrored += digits * place
    return mirrored
