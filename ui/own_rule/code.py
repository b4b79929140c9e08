"""The rule as code to take home."""

from __future__ import annotations

import streamlit as st

from exports.scripts.typed import CODE, class_name
from language import _
from ui.own_rule.settings import settings
from ui.shell.binding import bound
from ui.shell.store import set_page


def code() -> None:
    """Show the rule as a class for a library, to copy or to keep as a file."""
    page = settings()
    rule = page.rule
    st.markdown("**" + _("The rule as code") + "**")
    bound(
        st.segmented_control,
        _("Library"),
        list(CODE),
        format_func=lambda name: CODE[name][0],
        key="rule-code",
        shown=page.tab,
        report=lambda chosen: set_page(tab=chosen),
        required=True,
        label_visibility="collapsed",
    )
    _library, write = CODE[page.tab]
    text = write(rule, rule.default_learning_rate)
    st.code(text, language="python")
    st.download_button(
        _("Download"),
        text,
        file_name=f"{class_name(rule.title)}_{page.tab}.py",
        mime="text/x-python",
        key="rule-download",
        icon=":material/download:",
        on_click="ignore",
    )
