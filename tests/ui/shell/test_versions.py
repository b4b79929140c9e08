"""What a comparison has been: undo, redo, and what the browser's history leads back to."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import Document
from engine import Experiment
from tests.strategies import examples
from ui.shell.versions import KEPT, Versions


def document(seed):
    return Document(experiment=Experiment(data_seed=seed))


def seed(version):
    return version.document.experiment.data_seed


@pytest.fixture
def versions():
    return Versions(document(0), count(1))


def test_undo_and_redo_go_back_and_forth(versions):
    for number in (1, 2):
        versions.add(document(number), "preset")

    assert [seed(versions.undo()), seed(versions.undo()), seed(versions.undo())] == [1, 0, 0]
    assert not versions.has_older
    assert [seed(versions.redo()), seed(versions.redo()), seed(versions.redo())] == [1, 2, 2]
    assert versions.undone is None


def test_changes_of_one_control_are_one_version_until_something_else_is_done(versions):
    versions.add(document(1), "rate", ("rate",))
    number = versions.shown.number
    versions.add(document(2), "rate", ("rate",))
    assert (versions.shown.number, seed(versions.shown)) == (number, 2)

    versions.add(document(3), "size", ("size",))
    versions.add(document(4), "rate", ("rate",))
    assert [seed(versions.undo()), seed(versions.undo()), seed(versions.undo())] == [3, 2, 0]


def test_after_undo_a_control_begins_a_version_of_its_own(versions):
    versions.add(document(1), "rate", ("rate",))
    versions.add(document(2), "preset")
    versions.undo()
    versions.add(document(3), "rate", ("rate",))

    assert seed(versions.undo()) == 1


def test_what_is_done_once_is_a_version_each_time(versions):
    versions.add(document(1), "start")
    versions.add(document(2), "start")

    assert seed(versions.undo()) == 1


def test_a_number_leads_to_its_version_even_where_something_else_was_done_since(versions):
    versions.add(document(1), "preset")
    undone = versions.shown.number
    versions.undo()
    versions.add(document(2), "preset")

    assert seed(versions.go_to(undone)) == 1
    assert seed(versions.undo()) == 2
    assert versions.go_to(10_000) is None


@examples(30)
@given(st.lists(st.sampled_from(("add", "undo", "redo")), max_size=120))
def test_they_are_a_bounded_line_like_that_of_an_editor(actions):
    versions, line, at, numbers = Versions(document(0), count(1)), [0], 0, count(1)
    for action in actions:
        if action == "add":
            line = [*line[: at + 1], next(numbers)][-KEPT:]
            at = len(line) - 1
            versions.add(document(line[-1]), "preset")
        elif action == "undo":
            at = max(0, at - 1)
            versions.undo()
        else:
            at = min(len(line) - 1, at + 1)
            versions.redo()
        assert seed(versions.shown) == line[at]
        assert list(map(seed, versions.until_shown)) == line[: at + 1]
        assert (versions.has_older, versions.undone is None) == (at > 0, at == len(line) - 1)
