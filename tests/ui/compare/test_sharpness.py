"""The tab of sharpness: measured where it is cheap, after a click where it is not."""

import ui.shell.driver
from comparison.link import to_link
from comparison.pages import TrainingPage
from comparison.presets import COMPARE_PRESETS
from comparison.words.names import run_styles
from comparison.words.sharpness import sharpness_words
from engine import LIMITS, Budget, Interval, estimate_sharpness, measure_sharpness
from tests.driven import captions, chart, linked, plain, run, small, told
from tests.ui.compare.driven import document, page


def shown(experiment, **settings):
    """The page with the tab of sharpness open, and these settings."""
    return page(link=linked(experiment, TrainingPage(tab="sharpness", **settings)))


def texts(at):
    return plain(" ".join(one.value for one in at.markdown))


def names(at, key="sharpness"):
    return [line["name"] for line in chart(at, key)["data"] if "name" in line]


def test_what_is_cheap_is_measured_at_once_and_drawn_above_the_loss():
    at = shown(small(budget=Budget(amount=10)))

    assert {"SGD", "SGD: edge", "Adam", "Adam: edge"} <= set(names(at))
    assert chart(at, "training_loss")["data"]
    assert not [button for button in at.button if "Measure" in button.label]


def test_the_preset_opens_with_its_measurement_and_says_what_it_found():
    preset = COMPARE_PRESETS["edge"]
    at = page(link=to_link(preset.document))

    styles = ["SGD η 0.2", "SGD η 0.4", "SGD η 0.6", "Momentum"]
    assert [name for name in names(at) if "edge" not in name] == styles
    assert texts(at).count("hovers there") == 3
    assert "Momentum: sharpness goes from" in texts(at)
    assert "nothing is claimed of trainings that are not shown" in captions(at)


def test_its_sentences_are_those_of_its_measurement():
    experiment = small(budget=Budget(amount=12))
    at = shown(experiment, sharpness_every=4)

    found = measure_sharpness(experiment, 4)
    for sentence in sharpness_words(found, run_styles(document(at))):
        assert sentence in texts(at)


def test_its_price_stands_above_it():
    experiment = small(budget=Budget(amount=12))
    at = shown(experiment, sharpness_every=4)

    price = estimate_sharpness(experiment, 4)
    assert f"{price.measurements} measurements take {price.gradients} gradients" in captions(at)


def test_how_often_can_be_chosen_and_is_said_below():
    at = shown(small(budget=Budget(amount=12)))
    run(at.selectbox(key="sharpness-every").select(5))

    assert at.selectbox(key="sharpness-every").value == 5
    assert "every 5 epochs" in captions(at).lower()
    assert "8 measurements" in captions(at)  # of two runs, at 0, 5, 10 and the end


def test_the_share_of_the_step_has_a_chart_of_its_own():
    at = shown(small(budget=Budget(amount=12)), sharpness="step_share")

    assert names(at, "step_share") == ["SGD", "Adam"]


def test_what_takes_long_waits_for_a_click(monkeypatch):
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 0.0)
    at = shown(small(data_seed=4_000_207))
    run(at.button(key="training-begin").click())
    button = at.button(key="sharpness-begin")

    assert "Measure (about" in button.label
    run(button.click())
    assert names(at)


def test_what_cannot_be_measured_says_why(monkeypatch):
    experiment = small(data_seed=4_000_208)
    page(experiment)  # trained, and kept
    most = Interval(0, estimate_sharpness(experiment, 1).cost.bytes - 1)
    monkeypatch.setitem(LIMITS, "bytes", most)

    at = shown(experiment)

    assert "memory" in told(at)
    assert [one for one in at.get("plotly_chart") if one.key.startswith("chart-")] == []
