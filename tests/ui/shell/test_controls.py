"""Number fields: what is typed is taken, refused with its range, or, where nothing is, left."""

import pytest

from comparison.document import with_default_view
from comparison.link import to_link
from comparison.pages import EpochsPage
from engine import Budget, Experiment, Plan, Run
from engine.rules import SGD
from tests.driven import COMPARE, EPOCHS, first_run, run


@pytest.fixture
def page():
    """Function that opens the Compare page with one short run of a learning rate."""

    def opened(rate=0.5):
        runs = (Run(optimizer=SGD(), learning_rate=rate, batch_size=32),)
        shown = with_default_view(Experiment(runs=runs, budget=Budget(amount=2)))
        return first_run(COMPARE, to_link(shown))

    return opened


def experiment(at):
    return at.session_state["document"].experiment


@pytest.mark.parametrize("key", ["learning_rate-number", "batch_size-number", "seeds-number"])
def test_an_emptied_field_keeps_its_value(page, key):
    at = page()
    before = experiment(at)
    run(at.number_input(key).set_value(None))

    assert experiment(at) == before
    assert at.number_input(key).value is not None


@pytest.mark.parametrize(
    ("rate", "written"),
    [(0.5, "%.6g"), (0.00123, "%.6g"), (0.123456789, "%.9g"), (0.1000000001, "%.10g")],
)
def test_a_field_shows_all_digits(page, rate, written):
    field = page(rate).number_input("learning_rate-number")

    assert field.proto.format == written
    assert float(written % field.value) == rate


def test_the_slider_names_the_value_exactly(page):
    options = page(0.1000000001).select_slider("learning_rate-slider").options

    assert "0.1000000001" in options
    assert len(set(options)) == len(options)


def test_a_value_outside_the_range_of_its_slider_is_shown_as_it_is():
    settings = EpochsPage(plans=(Plan(rows=1, batch_size=1, epochs=3),), plan=0)
    shown = with_default_view(Experiment())
    session = {"document": shown, "page-settings": {"epochs": settings}}
    at = first_run(EPOCHS, session=session)

    assert at.select_slider("epochs-rows-slider").value == 1
    assert at.number_input("epochs-rows-number").value == 1


@pytest.mark.parametrize(
    ("key", "value", "answer"),
    [
        ("hidden-layers-number", 9, "Hidden layers is 9. It must be in the range [0 … 4]."),
        ("seeds-number", 31, "Seeds is 31. It must be in the range [1 … 30]."),
        ("seeds-number", 0, "Seeds is 0. It must be in the range [1 … 30]."),
    ],
)
def test_a_number_from_which_something_would_be_made_is_refused_before(page, key, value, answer):
    at = page()
    before = experiment(at)
    at.number_input(key).set_value(value).run()

    assert experiment(at) == before
    assert at.warning[0].value.replace("\\", "") == answer
