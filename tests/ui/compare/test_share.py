"""What is taken away from the Compare page and brought back: a link, a file."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit

from comparison.document import Document, View, with_default_view
from comparison.presets import OPENING
from engine import (
    Network,
    Run,
)
from engine.rules import SGD
from tests.driven import captions, run, small, told
from tests.ui.compare.driven import document, page

HOSTILE = "![x](https://example.org/x.png) <b>&=~%</b> $z$"


def unusual():
    """A comparison that differs from the first view in all that a reader sees."""
    return Document(
        experiment=small(
            problem=Network(hidden=(3,), activation="relu", l2=0.001),
            data_seed=4,
            seeds=(9, 2),
        ),
        view=View(
            names=(HOSTILE, ""),
            numbers=(5, 2),
            selected=1,
            quantity="validation_loss",
            axis="rows_seen",
            log=False,
        ),
    )


def test_the_shown_link_opens_the_same_comparison():
    first = page(unusual())
    (address,) = [block.value for block in first.code]
    assert address.startswith("http://127.0.0.1:1/?")
    second = page(link=parse_qs(urlsplit(address).query, keep_blank_values=True))

    assert document(second) == unusual()
    assert told(second) == ""
    np.testing.assert_array_equal(
        first.dataframe[0].value.select_dtypes("number"),
        second.dataframe[0].value.select_dtypes("number"),
    )


def test_the_link_follows_the_comparison():
    at = page(small())
    (before,) = [block.value for block in at.code]
    run(at.number_input(key="learning_rate-number").set_value(0.123))

    (after,) = [block.value for block in at.code]
    assert "sgd~0.123~" in after
    assert "sgd~0.123~" not in before


def test_a_comparison_too_long_for_a_link_is_still_a_file():
    runs = [Run(optimizer=SGD(), learning_rate=0.5 + number) for number in range(12)]
    view = View(names=tuple("한" * 60 + str(one) for one in range(12)), numbers=tuple(range(12)))
    at = page(Document(experiment=small(runs=runs), view=view))

    assert len(at.code) == 0
    assert "Save it as a file instead" in captions(at)
    assert "Save experiment" in [button.label for button in at.download_button]


@pytest.fixture
def saved(monkeypatch):
    """Function that returns what "Save experiment" would write on the shown page."""
    button, written = streamlit.download_button, []

    def note(title, content, **options):
        if options["file_name"].endswith(".json"):
            written.append((options["file_name"], content))
        return button(title, content, **options)

    monkeypatch.setattr(streamlit, "download_button", note)
    return lambda: written[-1]


def test_a_saved_comparison_is_opened_as_it_was(saved):
    first = page(unusual())
    name, content = saved()
    assert name.endswith(".json")
    second = page(small())
    opened = run(second.file_uploader(key="opened-file").upload(name, content.encode()))

    assert document(opened) == unusual()
    assert told(opened) == ""
    np.testing.assert_array_equal(
        first.dataframe[0].value.select_dtypes("number"),
        opened.dataframe[0].value.select_dtypes("number"),
    )


def test_an_opened_comparison_can_be_changed_while_its_file_stays(saved):
    page(unusual())
    name, content = saved()
    at = run(page(small()).file_uploader(key="opened-file").upload(name, content.encode()))
    run(at.number_input(key="learning_rate-number").set_value(0.123))
    run(at)

    assert document(at).experiment.runs[1].learning_rate == 0.123
    run(at.file_uploader(key="opened-file").clear())
    assert document(at).experiment.runs[1].learning_rate == 0.123


def test_a_file_or_a_link_with_a_retired_data_set_names_its_successor_and_nothing_is_lost():
    gone = b'{"problem": {"kind": "network", "dataset": {"name": "diabetes"}}}'
    at = page(small())
    run(at.file_uploader(key="opened-file").upload("old.json", gone))

    assert document(at) == with_default_view(small())
    linked = page(link={"data": "diabetes", "budget": "7"})
    assert document(linked).experiment == OPENING.experiment
    for shown in (at, linked):
        assert "“diabetes” is no longer here" in told(shown)
        assert "“Palmer penguins” (penguins) takes its place" in told(shown)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"runs": []}', b"\xff\xfe", b'{"format": 99, "experiment": {}}'],
    ids=["empty", "half", "list", "no runs", "no text", "other format"],
)
def test_a_file_that_is_none_is_explained_and_nothing_is_lost(content):
    at = page(small())
    run(at.file_uploader(key="opened-file").upload("other.json", content))

    assert document(at) == with_default_view(small())
    assert told(at) != ""
    assert len(at.dataframe[0].value) == 2
