"""Small sweeps as the page looks at them, and folders in every state."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from comparison.document import read_document, with_default_view
from comparison.pages import SweepPage
from comparison.sweep.look import Look
from comparison.sweep.plan import page_of, sweep_of
from engine import Budget, Experiment, Network, Run
from engine.problems.datasets import Line
from engine.rules import SGD, Adam
from sweeps.axes import ListAxis
from sweeps.lanes import Watch
from sweeps.store import opened, read_shard, shards_in
from tests.sweeps.small import Here, is_poisoned, swept, train_chunk

BASE = Experiment(
    problem=Network(dataset=Line(rows=40), hidden=(3,), loss="mean_squared_error"),
    runs=[
        Run(optimizer=SGD(), learning_rate=0.1, batch_size=8),
        Run(optimizer=Adam(), learning_rate=0.1, batch_size=8),
    ],
    budget=Budget(amount=4),
    seeds=(1,),
)
# 2 rules x 3 rates x 2 batch sizes = 12 settings with 3 seeds: 36 lanes, of which 12 diverge.
PAGE = SweepPage(
    axes=(
        ListAxis(field="learning_rate", values=(0.01, 0.1, 1e6)),
        ListAxis(field="batch_size", values=(8, "all")),
    ),
    targets=(0.5,),
    seeds=3,
)


def planned(page=PAGE, base=BASE, names=()):
    """A document that plans a sweep."""
    document = with_default_view(base).on_page(page)
    if names:
        view = document.view.model_copy(update={"names": tuple(names)})
        document = document.model_copy(update={"view": view})
    return document


def finished(path, document=None):
    """Train the sweep of a document to its end; return how it is looked at."""
    document = document or planned()
    swept(path, spec=sweep_of(document))
    return looked(path, document)


def unfinished(path, document=None, lanes=20):
    """A sweep of which so many lanes are trained, picked without an order."""
    document = document or planned()
    rows = all_rows(document.model_dump_json())
    order = np.random.default_rng(1).permutation(len(rows))[:lanes]
    with_shards(path, document, [rows.take(pa.array(order))])
    return looked(path, document)


@lru_cache
def all_rows(text):
    """The rows of all lanes of the sweep of a document, as a shard has them."""
    spec = sweep_of(read_document(text))
    with TemporaryDirectory() as folder:
        swept(folder, spec=spec)
        return pa.concat_tables(map(read_shard, shards_in(Path(folder))))


def with_shards(path, document, parts):
    """Put rows into shards of the folder of a document's sweep."""
    with opened(Path(path), sweep_of(document)) as folder:
        for part in parts:
            folder.append([part])


def failed(path, document=None):
    """Train the sweep of a document, of which a lane cannot be trained."""
    document = document or planned()
    swept(path, Here(train=_failing), spec=sweep_of(document))
    return looked(path, document)


def _failing(text):
    if is_poisoned(text):
        raise MemoryError("a lane that cannot be trained")
    return train_chunk(text)


def looked(path, document=None):
    """How a folder is looked at now."""
    document = document or planned()
    return Look(Watch(path, sweep_of(document)).look(), document.view, page_of(document))
