"""Users' text inside Markdown stays text."""

import base64
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.theme import RunStyle
from ui.shell.text import escaped, line_sample

MARKS = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def unescaped_marks(text):
    """Punctuation that no backslash stands before."""
    rest, found = iter(text), []
    for mark in rest:
        if mark == "\\":
            next(rest)
        elif mark in MARKS:
            found.append(mark)
    return found


@given(st.text(alphabet=st.sampled_from("ab 1![](){}<>$:*_`~#|\\/.-+&wht ps\n\u202e")))
def test_no_mark_keeps_its_meaning(text):
    assert unescaped_marks(escaped(text)) == []


@pytest.mark.parametrize("text", ["https://example.org", "HTTP://example.org", "www.example.org"])
def test_an_address_does_not_become_a_link(text):
    assert text[:3] not in escaped(text)


def test_plain_words_stay_as_they_are():
    assert escaped("Adam 학습률 β₁") == "Adam 학습률 β₁"


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x00", "\ufeff"])
def test_marks_that_nobody_sees_are_left_out(hidden):
    assert escaped(f"a{hidden}b") == "ab"


@pytest.mark.parametrize("broken", ["\n", "\r", "\u2028"])
def test_a_line_is_not_broken(broken):
    assert escaped(f"a{broken}b") == "a b"


@pytest.mark.parametrize("number", range(24))
def test_a_line_sample_is_the_runs_line(number):
    style = RunStyle("<script>", number)
    head, _, code = line_sample(style).partition(",")
    (line,) = ET.fromstring(base64.b64decode(code))  # noqa: S314 - our own text

    assert head == "data:image/svg+xml;base64"
    assert line.attrib["stroke"] == style.colour
    assert bool(line.attrib["stroke-dasharray"]) == (style.dash != "solid")
