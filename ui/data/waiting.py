"""A comparison that waits for its table: links do not carry rows."""

from __future__ import annotations

import streamlit as st

from comparison.words.names import dataset_name
from language import _
from ui.data.draft import draft, open_waiting, start_anew
from ui.shell.brought import lacking
from ui.shell.navigation import waiting_page
from ui.shell.store import comparison_of
from ui.shell.text import escaped


def waiting() -> None:
    """Say which table the comparison needs; once it is at hand, offer to open the comparison."""
    for one in lacking(comparison_of(waiting_page()).experiment):
        now = draft()
        name, digest = dataset_name(one), one.digest[:12]
        if now is not None and now.table.digest == one.digest:
            st.success(_("This is the table that the comparison needs."))
            st.button(_("Open the comparison"), key="open-waiting", on_click=open_waiting)
            return
        text = _(
            "This comparison was made on the table “{name}” ({rows:,} rows used, SHA-256"
            " {digest}…), which links do not carry. Bring it here, and the comparison opens."
        )
        st.warning(escaped(text.format(name=name, rows=one.rows, digest=digest)))
        if now is not None:
            text = _("The table at hand is another one: its SHA-256 begins with {digest}.")
            st.caption(escaped(text.format(digest=now.table.digest[:12])))
        st.button(_("Do without it: back to the first view"), key="start-anew", on_click=start_anew)
