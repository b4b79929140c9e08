"""The tab of scores: what is offered, what is shown, and what a sweep lacks for it."""

import json
import math

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from charts.theme import RunStyle
from tests.driven import captions, chart, plain, run, told
from tests.sweeps.made import made, spec

INF, NAN = math.inf, math.nan
STYLES = [RunStyle(name, number) for number, name in enumerate(("SGD", "Momentum", "Nesterov"))]
CAPTION = (["same data"], [])


def script(lanes, styles, caption):
    from ui.shell.locale import speak  # noqa: PLC0415 - the script is this function alone
    from ui.sweep.scores import scores_tab  # noqa: PLC0415

    speak()
    scores_tab(lanes, styles, caption)


def tab(lanes):
    styles = STYLES[: len(lanes.spec.settings.variants)]
    at = AppTest.from_function(script, args=(lanes, styles, CAPTION), default_timeout=60)
    at.session_state["page"] = "sweep"
    return run(at)


def sweep(runs=2, problems=1, seeds=12, targets=(0.5,), divergence=0):
    """Two settings a run and problem; SGD is better than the others in every seed."""
    this = spec(runs=runs, seeds=seeds, problems=problems, targets=targets)
    losses = np.arange(2 * runs * problems * seeds).reshape(-1, seeds) / 100 + 0.1
    losses[:divergence] = INF
    steps = np.ceil(losses * 10) if targets else None
    return made(this, losses, steps)


def page(at):
    return at.session_state["page-settings"]["sweep"]


def menus(at):
    return [menu.label for menu in at.selectbox]


def texts(at):
    return plain(" ".join([*(one.value for one in at.markdown), captions(at)]))


def frames(at):
    return [one.value for one in at.dataframe]


def test_everything_of_a_sweep_over_problems_is_shown():
    at = tab(sweep(runs=3, problems=2))

    assert menus(at) == ["Seeds that choose", "Compared with", "Problem"]
    for part in ("Best settings", "Differences", "Time to target", "Over all problems", "Price"):
        assert part in texts(at)
    assert [list(one["Run"]) for one in frames(at)] == [
        ["SGD", "Momentum", "Nesterov"],
        ["Momentum", "Nesterov"],
        ["SGD", "Momentum", "Nesterov"],
        ["SGD", "Momentum", "Nesterov"],
    ]
    assert chart(at, "sweep-profiles")["data"]
    assert chart(at, "sweep-best-of")["data"]


def test_a_choice_is_kept_in_the_settings_of_the_page():
    at = tab(sweep(runs=3, problems=2, targets=(0.5, 0.2)))

    for title, position in (("Seeds that choose", 4), ("Compared with", 2), ("Problem", 1)):
        (menu,) = [menu for menu in at.selectbox if menu.label == title]
        run(menu.select_index(position))
    run(next(menu for menu in at.selectbox if menu.label.startswith("Target")).select_index(1))

    kept = page(at)
    assert (kept.choosing, kept.reference, kept.problem, kept.target) == (4, 2, 1, 1)
    assert "chosen on seeds 10–13 " in texts(at)
    assert list(frames(at)[1]["Run"]) == ["SGD", "Momentum"]


def test_p_values_come_on_request():
    at = tab(sweep())
    assert "p" not in frames(at)[1]

    run(at.toggle[0].set_value(True))

    assert page(at).p_values
    assert frames(at)[1]["p"].tolist() == [2 / 2**6]
    assert "exact two-sided test" in texts(at)


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        (sweep(targets=()), "This sweep has no target"),
        (sweep(), "A profile over several needs an axis of the problem"),
        (sweep(seeds=1), "With two seeds or more, others report."),
        (sweep(seeds=4), "No interval: 6 seeds or more that report are needed"),
    ],
)
def test_what_a_sweep_lacks_is_said_with_what_to_add(lanes, said):
    assert said in texts(tab(lanes))


def test_before_anything_is_trained_that_is_said():
    lanes = sweep()
    at = tab(made(lanes.spec, np.full(lanes.status.shape, NAN)))

    assert told(at) == "Nothing has been trained yet."
    assert not at.dataframe


def test_who_ends_lowest_is_left_to_the_verdict_once_the_sweep_is_whole():
    whole = sweep()
    losses = whole.scores["validation_loss_final"].copy()
    losses[1, 0] = NAN

    assert "SGD ends lowest" not in texts(tab(whole))
    assert "SGD ends lowest, told apart over 6" in texts(tab(made(whole.spec, losses, losses)))


def test_a_column_is_wide_enough_for_its_longest_text():
    columns = json.loads(tab(sweep(runs=3)).dataframe[0].proto.columns)
    rows = frames(tab(sweep(runs=3)))[0]

    assert columns["Final loss"]["width"] > 5.9 * rows["Final loss"].map(len).max()
    assert columns["Run"]["width"] > 5.9 * len("Momentum")
    assert "width" not in columns["Diverged"]
    assert "diverged" in columns["Diverged"]["help"]


def test_of_a_single_run_there_is_nothing_to_compare():
    at = tab(sweep(runs=1))

    assert menus(at) == ["Seeds that choose"]
    assert "Differences" not in texts(at)
    assert len(frames(at)) == 2


def test_a_sweep_in_which_everything_diverged_is_shown_as_such():
    at = tab(sweep(divergence=4))

    assert list(frames(at)[0]["Best setting"]) == ["diverged at every setting"] * 2
    assert list(frames(at)[2]["Reached by"]) == ["0 / 6"] * 2


def test_settings_of_the_page_that_another_sweep_had_are_not_taken():
    lanes = sweep(runs=3, problems=2, targets=(0.5, 0.2))
    at = tab(lanes)
    run(next(menu for menu in at.selectbox if menu.label == "Problem").select_index(1))
    run(next(menu for menu in at.selectbox if menu.label == "Compared with").select_index(2))
    smaller = AppTest.from_function(script, args=(sweep(), STYLES[:2], CAPTION))
    smaller.session_state["page"] = "sweep"
    smaller.session_state["page-settings"] = at.session_state["page-settings"]

    assert list(frames(run(smaller))[1]["Run"]) == ["Momentum"]
