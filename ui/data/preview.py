"""What was understood of a table, and how to correct it."""

from __future__ import annotations

from dataclasses import replace
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
from ui.data.draft import take_bytes
from ui.shell.binding import bound
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from comparison.tables.drafts import Draft
    from comparison.tables.reading import Reading

_SHOWN: Final = 5  # rows
_REMARKS: Final = 12


def preview(draft: Draft) -> None:
    """Show the table as it was understood: how it was read, what is odd, each column, some rows."""
    understood = draft.understood
    title = draft.title or _("Your table")
    st.markdown(f"**{escaped(title)}**")
    if understood is None:
        text = _("{rows:,} rows, {columns} columns. To read it in another way, bring it again.")
        st.caption(text.format(rows=draft.table.n_rows, columns=len(draft.table.names)))
    else:
        st.markdown(escaped(words.understood_words(understood)))
        _remarks(words.remark_words(understood))
        if draft.raw:
            with st.expander(_("Read it in another way"), key="read-anew"):
                corrections("table", draft.raw, draft.title, draft.asked, understood.how)
                _kinds(draft, understood.how)
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


def corrections(place: str, raw: bytes, title: str, asked: Reading, how: Reading) -> None:
    """Offer another way to read a file.

    Args:
        place: names the widgets.
        raw: the file.
        title: what it is called.
        asked: what was asked for so far.
        how: how it was read; None in it where that failed.
    """

    def read(**fields: Any) -> None:
        take_bytes(raw, title, replace(asked, **fields))

    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    with first:
        _choose(
            f"{place}-encoding",
            _("Encoding"),
            how.encoding,
            {name: words.ENCODINGS[name] for name in ENCODINGS},
            lambda one: read(encoding=one, kinds=None),
        )
    with second:
        _choose(
            f"{place}-delimiter",
            _("Delimiter"),
            how.delimiter,
            {sign: _(words.DELIMITERS[sign]) for sign in DELIMITERS},
            lambda one: read(delimiter=one, kinds=None),
        )
    with third:
        _choose(
            f"{place}-decimal",
            _("Decimal sign"),
            how.decimal,
            {sign: _(words.DECIMALS[sign]) for sign in DECIMALS},
            lambda one: read(decimal=one, kinds=None),
        )
    with fourth:
        _choose(
            f"{place}-header",
            _("First line"),
            how.header,
            {True: _("holds names"), False: _("holds values")},
            lambda one: read(header=one, kinds=None),
        )


def _choose(
    key: str, title: str, value: Any, options: Mapping[Any, str], report: Callable[[Any], None]
) -> None:
    bound(
        st.selectbox,
        title,
        list(options),
        format_func=options.__getitem__,
        key=key,
        shown=value,
        report=report,
        among=list(options),
        placeholder=_("automatic"),
    )


def _kinds(draft: Draft, how: Reading) -> None:
    """Offer to read columns as texts."""
    names, kinds = draft.table.names, how.kinds or ""

    def report(texts: Sequence[int]) -> None:
        chosen = "".join("t" if place in texts else "n" for place in range(len(kinds)))
        take_bytes(draft.raw, draft.title, replace(draft.asked, kinds=chosen))

    bound(
        st.multiselect,
        _("Columns of texts"),
        range(len(names)),
        format_func=names.__getitem__,
        key="table-texts",
        shown=[place for place, kind in enumerate(kinds) if kind == "t"],
        report=report,
        help=_(
            "Texts are classes, or one input for each text. All other columns are numbers: a cell"
            " that is none counts as missing."
        ),
    )
