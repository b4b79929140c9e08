"""Text that a spreadsheet would run: it is shown instead, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.spreadsheets import defused, restored

TEXT = st.text(max_size=12)
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("before", ["", " ", "\ufeff", "\u3000", "\u200b", "'", " '"])
def test_what_a_spreadsheet_would_run_is_defused(before, text):
    assert defused(before + text) == "'" + before + text


@pytest.mark.parametrize("text", ["Adam", "", "'", "'quoted'", "a=b", "1-2", "β₁ 0.9", "한국어"])
def test_other_text_stays_as_it_is(text):
    assert defused(text) == text


@given(TEXT | st.sampled_from(DANGEROUS).map(lambda text: "'" + text))
def test_what_was_defused_is_restored(text):
    assert restored(defused(text)) == text
