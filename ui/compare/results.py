"""Where the runs ended: the results table, and paired differences over several seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from charts.lines import text_columns
from comparison.edits import change_view
from comparison.words.results import (
    details,
    ends,
    paired,
    result_remarks,
    settings,
    status,
)
from language import _
from language.labels import label
from ui.compare.comparison import after_training
from ui.shell.binding import reporting
from ui.shell.store import document, edit
from ui.shell.tables import with_written_numbers
from ui.shell.text import escaped, line_sample
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from comparison.words.results import Row
    from engine import History
    from ui.shell.training import Outcome

_SAMPLE: Final = 24  # pixels of a line's sample
_LETTER: Final = 7.5  # pixels of a Latin one in a cell; the browser cuts what is longer
_PADDING: Final = 20  # pixels of a cell
_WIDEST: Final = 300  # pixels of the column of names, which may have 80 letters


@after_training
def details_tab(shown: Outcome) -> None:
    """Show every number of the results, and paired differences over several seeds."""
    results_table(shown.history, shown.styles, full=True)
    _paired_table(shown.history, shown.styles)


def results_table(history: History, styles: Sequence[RunStyle], *, full: bool) -> None:
    """Show where every run ended, and with which settings; ``full`` adds counts and times.

    A click on a row selects its run; a click on a title sorts.
    """
    rows = [_row(history, position, style, full=full) for position, style in enumerate(styles)]
    reporting(
        st.dataframe,
        with_written_numbers(pd.DataFrame(rows)),
        key=f"results-{full}",
        report=_select_run,
        event="select",
        selection_mode="single-cell",
        width="stretch",
        hide_index=True,
        height="content",
        column_config={
            "": st.column_config.ImageColumn(width=_SAMPLE + 14, pinned=True),
            _("Run"): st.column_config.TextColumn(
                width=min(_width(rows, _("Run")), _WIDEST), pinned=True
            ),
            _("Status"): st.column_config.TextColumn(width=_width(rows, _("Status"))),
            **_number_columns(history, full=full),
        },
        placeholder="–",
        alt=_("Results, one row per run."),
    )
    is_tuned = best_rates().tried(history.experiment) is not None
    remarks = result_remarks(history, is_tuned=is_tuned)
    if full:
        text = _(
            "The last training took {seconds:.2f} s; runs that had not changed were not trained"
            " again. Seconds alone are the processor time that a run takes when trained alone with"
            " one seed, updates and an evaluation every epoch included: medians of repeated"
            " timings, with half the distance between their quartiles. They do not carry over to"
            " other machines, and runs that differ by less than that cannot be told apart."
        )
        remarks.append(text.format(seconds=history.seconds))
    st.caption(" ".join(remarks))


def _select_run(chosen: Any) -> None:
    """Select the run of the row that was clicked."""
    cells = chosen["selection"]["cells"]
    if cells and cells[0][0] < len(document().experiment.runs):
        edit(change_view, selected=cells[0][0])


def _width(rows: Sequence[Row], title: str) -> int:
    """Return the pixels of a column of words in which none is cut."""
    longest = max(text_columns(text) for text in (title, *(row[title] for row in rows)))
    return round(_PADDING + _LETTER * longest)


def _row(history: History, position: int, style: RunStyle, *, full: bool) -> Row:
    """Return a run's row of the results table, by the titles of the columns."""
    run = history.runs[position]
    row: Row = {"": line_sample(style, _SAMPLE), _("Run"): style.name}
    row |= settings(history, position, full=full) | _named(ends(history, position))
    row |= {_("Status"): status(history, position)}
    if not full:
        return row
    seconds = {_("Seconds alone"): run.seconds_alone, "± s": run.seconds_alone_spread}
    return row | _named(details(history, position)) | seconds


def _number_columns(history: History, *, full: bool) -> dict[str, Any]:
    """Return the titles of the ends, short where they stand beside the settings."""
    columns = {}
    is_validated = history.runs[0].validation_score is not None
    score = _("On the validation rows.") if is_validated else _("On the training rows.")
    short = {"training_loss": _("Training"), "validation_loss": _("Validation")}
    for name in ends(history, 0):
        columns[label("quantity", name)] = st.column_config.NumberColumn(
            None if full else short.get(name),
            help=label("quantity", name) if name in short else score,
        )
    return columns


def _paired_table(history: History, styles: Sequence[RunStyle]) -> None:
    """Compare every run with the best one, seed by seed."""
    differences = paired(history, styles)
    if differences is None:
        return
    text, rows = differences
    st.caption(escaped(text))
    st.dataframe(
        with_written_numbers(pd.DataFrame(rows)),
        width="stretch",
        hide_index=True,
        key="paired",
        height="content",
        alt=_("Differences from the run with the lowest loss, one row for each other run."),
    )


def _named(row: Row) -> Row:
    return {label("quantity", name): value for name, value in row.items()}
