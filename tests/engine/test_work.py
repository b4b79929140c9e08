"""Work in pieces: how it is driven, what it returns, how it is dropped."""

import pytest

from engine.work import Task, finish


def counting(count):
    """Yield 1 to ``count``; return what it was told on the way."""
    commands: list[object] = []
    for number in range(1, count + 1):
        command = yield number
        commands.append(command)
    return commands


def test_finishing_returns_the_result():
    assert finish(counting(3)) == [None] * 3


def test_work_without_a_piece_has_a_result_at_once():
    task = Task(counting(0))

    assert not task.go_on()
    assert (task.progress, task.result) == (None, [])


def test_a_task_goes_on_piece_by_piece_and_keeps_the_last_progress():
    task, seen = Task(counting(3)), []
    while task.go_on():
        seen.append(task.progress)

    assert seen == [1, 2, 3]
    assert task.progress == 3


def test_a_command_reaches_the_work():
    task = Task(counting(2))
    task.go_on()
    task.go_on("stop")
    task.go_on()

    assert task.result == ["stop", None]


def test_a_task_that_has_not_ended_has_no_result():
    task = Task(counting(2))
    task.go_on()

    with pytest.raises(AttributeError):
        task.result  # noqa: B018 - asking is the test


def test_a_closed_task_does_nothing_more():
    ended = []

    def work():
        try:
            yield 1
            ended.append("went on")
        finally:
            ended.append("closed")

    task = Task(work())
    task.go_on()
    task.close()

    assert not task.go_on()
    assert ended == ["closed"]


def test_an_error_of_the_work_reaches_its_owner():
    def work():
        yield
        raise ZeroDivisionError

    task = Task(work())
    task.go_on()
    with pytest.raises(ZeroDivisionError):
        task.go_on()
