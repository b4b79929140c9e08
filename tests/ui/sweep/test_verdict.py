"""The verdict above the tabs: of a whole sweep, on the problem that is shown."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from comparison.document import with_default_view
from comparison.pages import SweepPage
from comparison.sweep.look import Look
from tests.driven import plain, run
from tests.sweeps.made import made, spec


def script(look):
    from ui.shell.locale import speak  # noqa: PLC0415 - the script is this function alone
    from ui.sweep.verdict import verdict  # noqa: PLC0415

    speak()
    verdict(look)


def shown(losses, names=(), **settings):
    """What is said of two runs on two problems, twelve seeds each."""
    sweep = spec(rates=(0.1,), seeds=12, problems=2)
    view = with_default_view(sweep.experiment).view.model_copy(update={"names": tuple(names)})
    look = Look(made(sweep, losses), view, SweepPage(**settings))
    at = run(AppTest.from_function(script, args=(look,), default_timeout=60))
    return [one.value for one in at.markdown]


# SGD is better on the first problem, Momentum on the second.
LOSSES = np.repeat([[0.3], [0.5], [0.5], [0.3]], 12, axis=1)


@pytest.mark.parametrize(("problem", "first"), [(0, "SGD"), (1, "Momentum"), (7, "SGD")])
def test_the_answer_is_that_of_the_problem_shown(problem, first):
    (said,) = shown(LOSSES, problem=problem)

    assert plain(said).startswith(f"**{first} ends lowest, told apart over 6 seeds from ")


def test_the_seeds_that_choose_are_those_of_the_page():
    (said,) = shown(LOSSES, choosing=4)

    assert "told apart over 8 seeds" in said


def test_while_a_lane_is_missing_nothing_is_said():
    losses = LOSSES.copy()
    losses[-1, -1] = np.nan

    assert shown(losses) == []


def test_the_names_of_runs_are_no_markup():
    (said,) = shown(LOSSES, names=("*a* [b](c)", "other"))

    assert "*a* [b](c)" not in said
    assert plain(said).startswith("***a* [b](c) ends lowest")
