"""The setting that was picked, with its lanes, and ways from the sweep to Compare."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.sweep.opening import best_of_each, chosen_of_each, claims, with_settings
from comparison.sweep.table import lanes_table
from comparison.words.seeds import named_seeds
from language import _
from ui.shell.navigation import open_edited
from ui.shell.store import set_page
from ui.shell.text import escaped
from ui.shell.tuning import best_rates
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.sweep.look import Look
    from comparison.sweep.opening import Best

_CLICKED: Final = frozenset({"map", "curves", "parallel", "table"})  # tabs that show settings


def ways_on(look: Look) -> None:
    """Offer what can be done with the results: each run's best, and the setting that is picked."""
    title, about, best = _offered(look)
    setting = settings().setting
    is_picked = setting is not None and setting < len(look.spec.settings)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            title,
            key="sweep-use-best",
            icon=":material/compare_arrows:",
            on_click=_use,
            args=(look, best.settings, best.seeds, best.chosen_on),
            disabled=best.why_not is not None,
            help=best.why_not or about,
        )
        if not is_picked and settings().tab in _CLICKED:
            st.caption(_("Click a cell, a point or a row to see its setting in full."))
    if is_picked and setting is not None:
        _setting(look, setting)


def _offered(look: Look) -> tuple[str, str, Best]:
    """Return which settings are offered, under what title, and on which seeds they are shown.

    The scores have settings of their own, those of their table.
    """
    if settings().tab == "scores":
        title, best = _("Use the settings chosen here"), chosen_of_each(look)
    else:
        title, best = _("Use each run's best"), best_of_each(look)
    about = _("Opens a comparison of these settings on the Compare page, on {seeds}.")
    return title, about.format(seeds=named_seeds(best.seeds)), best


def _setting(look: Look, setting: int) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{escaped(look.setting_words(setting))}**", width="stretch")
            st.button(
                _("Open in Compare"),
                key="sweep-open",
                icon=":material/open_in_new:",
                on_click=_use,
                args=(look, (setting,), look.spec.experiment.seeds),
            )
            st.button(
                "",
                key="sweep-unpick",
                icon=":material/close:",
                type="tertiary",
                help=_("Close"),
                on_click=partial(set_page, setting=None),
            )
        lanes = lanes_table(look, setting)
        st.dataframe(
            lanes,
            width="stretch",
            height="content",
            hide_index=True,
            placeholder="–",
            column_config={
                title: st.column_config.NumberColumn(format="%.4g")
                for title in lanes.select_dtypes("float").columns
            },
            key="sweep-lanes",
            alt=_("The lanes of the setting, one row per seed."),
        )


def _use(
    look: Look, chosen: Sequence[int], seeds: Sequence[int], chosen_on: Sequence[int] = ()
) -> None:
    """Open settings on the Compare page, and remember what is known of them."""
    best_rates().remember_sweep(look.spec.experiment, claims(look, chosen))
    open_edited(with_settings, look, chosen, seeds, chosen_on)
