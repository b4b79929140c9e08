"""The lanes that a server holds in memory: of the sweeps that were looked at last."""

import pytest

from sweeps.shelf import Limits, Shelf
from tests.sweeps.small import SPEC, swept
from ui.sweep.server import Watches


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path, Limits())


@pytest.fixture
def names(shelf):
    """The ids of three sweeps of equal size."""
    added = [shelf.add(SPEC) for _ in range(3)]
    for name in added:
        swept(shelf.folder(name))
    return added


def test_one_look_after_the_other_gives_the_same_lanes(shelf, names):
    watches = Watches(shelf, capacity=10**9)

    assert watches.look(names[0]) is watches.look(names[0])
    assert watches.look(names[0]).is_whole


def test_those_that_were_looked_at_least_recently_are_let_go(shelf, names):
    size = Watches(shelf, 0).look(names[0]).nbytes
    watches = Watches(shelf, capacity=2 * size)
    kept = {name: watches.look(name) for name in names[:2]}

    watches.look(names[0])
    watches.look(names[2])

    assert watches.look(names[0]) is kept[names[0]]
    assert watches.look(names[1]) is not kept[names[1]]


def test_the_one_on_show_is_kept_whatever_its_size(shelf, names):
    watches = Watches(shelf, capacity=0)

    assert watches.look(names[0]) is watches.look(names[0])


def test_a_sweep_that_is_not_there_is_none(shelf):
    with pytest.raises(LookupError):
        Watches(shelf, 0).look("A" * 22)
