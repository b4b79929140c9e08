"""Tabs: each page gives a table of them, and only the open one is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, ParamSpec

import streamlit as st

from language import _
from ui.shell.binding import bound
from ui.shell.store import current_page, set_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Given = ParamSpec("Given")


def _always(*_given: object, **_named: object) -> bool:
    return True


@dataclass(frozen=True)
class Tab(Generic[Given]):
    """One tab of a page.

    Attributes:
        title: what it is called, to be translated.
        fill: draws its contents, from what the page gives to all of its tabs.
        applies: whether there is such a tab for what the page shows, from the same.
    """

    title: str
    fill: Callable[Given, None]
    applies: Callable[Given, bool] = _always


class Tabs(Generic[Given]):
    """The tabs of a page; its settings, and so its link, hold the id of the open one.

    Args:
        key: of the widget.
        table: the tabs by their ids, from left to right.
    """

    def __init__(self, key: str, table: Mapping[str, Tab[Given]]) -> None:
        self.key, self.table = key, table

    def show(self, *given: Given.args, **named: Given.kwargs) -> None:
        """Show the titles of the tabs that apply, and fill the open one.

        Where the tab that the settings hold does not apply, the first one is open.
        """
        shown = self._shown(*given, **named)
        ids = {_(tab.title): name for name, tab in shown.items()}
        opened = _opened(shown)
        containers = bound(
            st.tabs,
            list(ids),
            key=self.key,
            shown=_(opened.title),
            report=lambda title: set_page(tab=ids[title]),
        )
        for tab, container in zip(shown.values(), containers, strict=True):
            if container.open:
                with container:
                    tab.fill(*given, **named)

    def fill(self, *given: Given.args, **named: Given.kwargs) -> None:
        """Fill the page with the open tab alone, without titles."""
        _opened(self._shown(*given, **named)).fill(*given, **named)

    def _shown(self, *given: Given.args, **named: Given.kwargs) -> dict[str, Tab[Given]]:
        return {name: tab for name, tab in self.table.items() if tab.applies(*given, **named)}


def _opened(shown: Mapping[str, Tab[Given]]) -> Tab[Given]:
    """Return the tab that the settings hold; where it does not apply, the first one."""
    return shown.get(current_page().tab) or next(iter(shown.values()))
