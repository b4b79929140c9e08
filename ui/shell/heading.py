"""The first line of a page: its title, and what can be done with all of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def heading(title: str, about: str = "") -> Iterator[None]:
    """Show the title; what is drawn inside stands beside it.

    Args:
        title: of the page.
        about: a sentence on what it is for; left out where the page is narrow.
    """
    with st.container(key="heading", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content" if about else "stretch")
        if about:
            with st.container(key="about", width="stretch"):
                st.caption(about)
        yield
