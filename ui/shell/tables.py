"""Tables that several pages show, and numbers written as everywhere in the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from comparison.words.rates import good_words, rate_rows
from comparison.words.results import written
from language import _
from ui.shell.text import line_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import RateCurve

_SAMPLE: Final = 24  # pixels of a line's sample


def rate_table(curves: Sequence[RateCurve], styles: Sequence[RunStyle], key: str) -> None:
    """Show every run's best learning rate, and what it rests on.

    Args:
        curves: of the runs.
        styles: of the same runs.
        key: of the table.
    """
    rows = [
        {"": line_sample(style, _SAMPLE)} | row
        for style, row in zip(styles, rate_rows(curves, styles), strict=True)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        width="stretch",
        hide_index=True,
        height="content",
        key=key,
        column_config={
            "": st.column_config.ImageColumn(width=_SAMPLE + 14),
            _("Good rates"): st.column_config.TextColumn(help=good_words()),
        },
        alt=_("Best learning rates, one row per run."),
    )


def with_written_numbers(table: pd.DataFrame) -> Any:
    """Return a table that shows its numbers as ``written`` says; they sort as numbers."""

    def shown(number: Any) -> str:
        return written(number)

    return table.style.format(shown, subset=table.select_dtypes("number").columns)
