"""What was understood of a table, and how to correct it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from comparison.tables.cells import DELIMITERS
from comparison.tables.decoding import ENCODINGS
from comparison.tables.drafts import first_rows
from comparison.tables.reading import DECIMALS
from comparison.words import tables as words
from comparison.words.drafts import column_rows
from language import _
from ui.data.draft import read_anew
from ui.shell.binding import bound
from ui.shell.controls import choice
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.tables.drafts import Draft
    from comparison.tables.reading import Reading, Understood

_SHOWN: Final = 5  # rows
_REMARKS: Final = 12


def preview(draft: Draft) -> None:
    """Show the table as it was understood: how it was read, what is odd, each column, some rows."""
    understood = draft.understood
    st.subheader(escaped(draft.title or _("Your table")), anchor=False)
    if understood is None:
        text = _("{rows:,} rows, {columns} columns. To read it in another way, bring it again.")
        st.caption(text.format(rows=draft.table.n_rows, columns=len(draft.table.names)))
    else:
        st.markdown(escaped(words.understood_words(understood)))
        _remarks(words.remark_words(understood))
        with st.expander(_("Read it in another way"), key="read-anew"):
            _corrections(understood)
    st.dataframe(
        pd.DataFrame(dict(enumerate(first_rows(draft.table, _SHOWN)))).set_axis(
            draft.table.names, axis=1
        ),
        width="stretch",
        height="content",
        hide_index=True,
        key="table-rows",
    )
    if understood is not None:
        with st.expander(_("Columns"), key="table-columns"):
            st.dataframe(
                pd.DataFrame(column_rows(understood.columns)),
                width="stretch",
                height="content" if len(understood.columns) <= _REMARKS else "auto",
                hide_index=True,
                key="table-facts",
            )


def _remarks(remarks: Sequence[str]) -> None:
    if remarks:
        lines = [f"- {escaped(one)}" for one in remarks[:_REMARKS]]
        left = len(remarks) - _REMARKS
        if left > 0:
            lines.append("- " + _("… and {count} more remarks.").format(count=left))
        st.warning("\n".join(lines), icon=":material/visibility:")


def _corrections(understood: Understood) -> None:
    """Offer what was found out, for the reader to change."""
    how = understood.how
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    with first:
        _choose(how, "encoding", _("Encoding"), ENCODINGS, words.ENCODINGS.__getitem__)
    with second:
        _choose(how, "delimiter", _("Delimiter"), DELIMITERS, lambda one: _(words.DELIMITERS[one]))
    with third:
        _choose(how, "decimal", _("Decimal sign"), DECIMALS, lambda one: _(words.DECIMALS[one]))
    with fourth:
        bound(
            st.toggle,
            _("First line holds names"),
            key="table-header",
            shown=bool(how.header),
            report=lambda header: read_anew(replace(how, header=header, kinds=None)),
        )
    names = understood.table.names
    bound(
        st.multiselect,
        _("Columns of texts"),
        range(len(names)),
        format_func=names.__getitem__,
        key="table-texts",
        shown=[place for place, kind in enumerate(how.kinds or "") if kind == "t"],
        report=partial(_read_kinds, how),
        help=_(
            "Texts are classes, or one input for each text. All other columns are numbers: a cell"
            " that is none counts as missing."
        ),
    )


def _choose(
    how: Reading,
    field: str,
    title: str,
    options: Sequence[str],
    names: Any,
) -> None:
    def report(chosen: str) -> None:
        anew: dict[str, Any] = {"kinds": None, field: chosen}
        read_anew(replace(how, **anew))

    choice(title, getattr(how, field), options, f"table-{field}", report, names=names)


def _read_kinds(how: Reading, texts: Sequence[int]) -> None:
    count = len(how.kinds or "")
    read_anew(replace(how, kinds="".join("t" if one in texts else "n" for one in range(count))))
