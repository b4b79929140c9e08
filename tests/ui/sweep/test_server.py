"""The lanes that a server holds in memory: of the sweeps that were looked at last."""

import pytest

from sweeps.shelf import Limits, Shelf
from tests.sweeps.small import SPEC, swept
from ui.sweep.server import Paces, Watches


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


def test_a_sweep_that_was_removed_is_none_either(shelf, names):
    watches = Watches(shelf, capacity=10**9)
    watches.look(names[0])

    shelf.remove(names[0])

    with pytest.raises(LookupError):
        watches.look(names[0])


# How long a sweep still takes


def looked(paces, *looks, of=100):
    """What is said after each look, which is a time and the lanes that are done then."""
    return [paces.seconds_left("one", done, of - done, now) for now, done in looks]


def test_the_rest_takes_as_long_as_the_pace_since_the_first_look_says():
    assert looked(Paces(), (50, 10), (51, 20), (60, 30), (70, 50)) == [None, None, 35.0, 25.0]


def test_without_a_lane_or_a_few_seconds_there_is_no_pace():
    assert looked(Paces(), (0, 0), (20, 0), (22, 0)) == [None] * 3
    assert looked(Paces(), (0, 0), (2.9, 50)) == [None] * 2


def test_a_sweep_without_rest_takes_no_more_time():
    assert looked(Paces(), (0, 0), (10, 100)) == [None, 0.0]


@pytest.mark.parametrize("gap", [31.0, 1e6])
def test_a_pace_begins_anew_after_a_while_without_looks(gap):
    assert looked(Paces(), (0, 0), (gap, 50), (gap + 10, 60)) == [None, None, 40.0]


def test_a_pace_begins_anew_where_lanes_were_lost_or_it_was_not_running():
    paces = Paces()
    assert looked(paces, (0, 50), (10, 60), (20, 30), (30, 40)) == [None, 40.0, None, 60.0]

    paces.forget("one")
    paces.forget("none")

    assert looked(paces, (31, 41), (41, 51)) == [None, 49.0]


def test_each_sweep_has_a_pace_of_its_own_and_few_are_kept():
    paces = Paces()
    for number in range(300):
        assert paces.seconds_left(str(number), number, 1, 0.0) is None

    assert paces.seconds_left("299", 309, 20, 10.0) == 20.0
    assert paces.seconds_left("0", 10, 20, 10.0) is None  # forgotten: it begins here
    assert len(paces._looks) == 200
