"""How a sweep is cut into chunks, in which order they come, and what all of it will cost.

A chunk holds settings of one problem that cut the rows alike, with one seed. Chunks are a matter of
transport: no number depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from operator import mul
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import Sweep
from engine.training.chunks import chunk_text
from engine.training.scores import estimate_scores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.arrays import Booleans, Integers
    from engine.training.cost import Cost
    from sweeps.spec import SweepSpec

_SECONDS: Final = 2.0  # a chunk takes about so long
_MANY: Final = 64  # lanes from which on a further one costs little less
_LONG: Final = 8.0  # seconds that a chunk of so many lanes may take
_MOST: Final = 512  # lanes; more do not fit the caches any better
_BYTES: Final = 300 << 20  # memory of a chunk, so that a worker stays below 600 MB
_BLOCK: Final = 100_000  # settings that are looked at together
_ROW_BYTES: Final = 75  # of a lane in a file, besides its scores: key, setting, seed, worker
_PACKED: Final = 0.85  # of their size that scores take in a file


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some lanes that are trained side by side.

    Attributes:
        settings: their indices, ``(lanes,)``.
        seed: the position of their seed among those of the sweep.
        updates: parameter updates of all lanes.
        seconds: how long it should take.
    """

    settings: Integers
    seed: int
    updates: int
    seconds: float

    def halves(self) -> list[Chunk]:
        """Return the chunk in two parts."""
        middle = len(self.settings) // 2
        return [
            Chunk(
                part,
                self.seed,
                self.updates * len(part) // len(self.settings),
                self.seconds * len(part) / len(self.settings),
            )
            for part in (self.settings[:middle], self.settings[middle:])
        ]


@dataclass(frozen=True)
class Size:
    """What a sweep is expected to be.

    Attributes:
        settings: how many there are.
        lanes: settings times seeds.
        updates: parameter updates of all lanes.
        seconds: time of one worker on this machine.
        bytes: of its folder when it is finished.
    """

    settings: int
    lanes: int
    updates: int
    seconds: float
    bytes: int


class _Group(NamedTuple):
    """Settings that can be trained side by side.

    Attributes:
        lanes: how many of them make a chunk.
        updates: parameter updates of a lane.
        seconds: time of a lane in such a chunk.
        kept: bytes of a lane's scores.
        bytes: memory of such a chunk.
    """

    lanes: int
    updates: int
    seconds: float
    kept: int
    bytes: int


class Chunking:
    """The chunks of a sweep.

    Attributes:
        spec: the sweep.
    """

    def __init__(self, spec: SweepSpec) -> None:
        """Group the settings that can be trained side by side.

        Raises:
            InvalidInput: a single lane needs more memory than the limits allow.
        """
        self.spec = spec
        self._settings = spec.settings
        self._group_of, samples = self._grouped()
        counts = np.bincount(self._group_of).tolist()
        self._groups = [self._group(one, most) for one, most in zip(samples, counts, strict=True)]

    @property
    def size(self) -> Size:
        """Return how large the sweep is."""
        seeds, counts = len(self.spec.experiment.seeds), np.bincount(self._group_of).tolist()
        lanes = len(self._settings) * seeds
        row = _ROW_BYTES + _PACKED * max(group.kept for group in self._groups)
        return Size(
            settings=len(self._settings),
            lanes=lanes,
            updates=seeds * sum(map(mul, counts, (group.updates for group in self._groups))),
            seconds=seeds * sum(map(mul, counts, (group.seconds for group in self._groups))),
            bytes=int(2 * row * lanes),
        )

    def chunks(self, done: Booleans) -> Iterator[Chunk]:
        """Yield the chunks of all lanes that are not done, in the order of their training.

        All settings with the first seed come first, in shuffled order, then those with the second:
        a map is complete early, and gets sharper.

        Args:
            done: which lanes are done when this begins, ``(settings, seeds)``.
        """
        shuffle = np.random.default_rng(0)
        for seed in range(done.shape[1]):
            missing = np.flatnonzero(~done[:, seed])
            missing = missing[np.argsort(self._group_of[missing], kind="stable")]
            starts = np.flatnonzero(np.diff(self._group_of[missing], prepend=-1))
            chunks = []
            for members in np.split(missing, starts[1:]):
                if len(members):
                    group = self._groups[self._group_of[members[0]]]
                    mixed = shuffle.permutation(members)
                    for part in np.array_split(mixed, -(-len(mixed) // group.lanes)):
                        count = len(part)
                        chunks.append(
                            Chunk(part, seed, group.updates * count, group.seconds * count)
                        )
            for at in shuffle.permutation(len(chunks)):
                yield chunks[at]

    def text(self, chunk: Chunk) -> str:
        """Return a chunk as a worker is given it: a run for each of its settings."""
        seed = self.spec.experiment.seeds[chunk.seed]
        experiment = self._settings.experiment_text(chunk.settings, seed)
        return chunk_text(experiment, self.spec.targets, self.spec.curve_points)

    def _grouped(self) -> tuple[Integers, list[Sweep]]:
        """Return the group of each setting, and for each group a run of each of its variants."""
        group_of = np.empty(len(self._settings), dtype=np.int64)
        numbers: dict[tuple[int, ...], int] = {}
        for first in range(0, len(group_of), _BLOCK):
            indices = np.arange(first, min(first + _BLOCK, len(group_of)))
            kinds = self._settings.kinds(indices)
            distinct, places = np.unique(kinds, axis=1, return_inverse=True)
            own = [numbers.setdefault(tuple(kind), len(numbers)) for kind in distinct.T.tolist()]
            group_of[indices] = np.array(own)[places]
        order = np.argsort(group_of, kind="stable")
        ends = np.cumsum(np.bincount(group_of))
        samples = []
        for members in np.split(order, ends[:-1]):
            _, firsts = np.unique(self._settings.variants_of(members), return_index=True)
            text = self._settings.experiment_text(members[firsts], self.spec.experiment.seeds[0])
            samples.append(Sweep.model_validate_json(text))
        return group_of, samples

    def _group(self, sample: Sweep, most: int) -> _Group:
        """Return how many lanes of a group are trained together, and what a lane costs then.

        Args:
            sample: a run of each variant in the group.
            most: how many settings the group has.
        """
        lanes, cost = self._estimated(sample, min(_MANY * 4, most))
        for _ in range(2):  # the cost of a lane depends on how many there are
            lanes, cost = self._estimated(sample, min(most, _fitting(lanes, cost)))
        _, alone = self._estimated(sample, 1)
        while cost.bytes > _BYTES > alone.bytes:  # what lanes share does not get smaller with them
            lanes, cost = self._estimated(sample, min(lanes - 1, _fitting(lanes, cost)))
        return _Group(
            lanes=lanes,
            updates=cost.updates // lanes,
            seconds=cost.seconds / lanes,
            kept=cost.history_bytes // lanes,
            bytes=cost.bytes,
        )

    def _estimated(self, sample: Sweep, lanes: int) -> tuple[int, Cost]:
        """Return the cost of so many lanes, or of fewer where these need too much memory."""
        runs = tuple(islice(cycle(sample.runs), lanes))
        chunk = sample.model_copy(update={"runs": runs})
        try:
            return lanes, estimate_scores(chunk, self.spec.targets, self.spec.curve_points)
        except InvalidInput:
            if lanes == 1:
                raise
            return self._estimated(sample, lanes // 2)


def _fitting(lanes: int, cost: Cost) -> int:
    """Return how many lanes make a chunk of good length that fits into a worker's memory."""
    seconds = cost.seconds / lanes
    wanted = int(_SECONDS / seconds)
    if wanted < _MANY:
        wanted = min(_MANY, int(_LONG / seconds))
    return max(1, min(wanted, _MOST, lanes * _BYTES // cost.bytes))
