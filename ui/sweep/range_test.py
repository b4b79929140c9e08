"""The range test of a learning rate, never alone: over the sweep's own curve of the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.sweep.charts import range_chart, tested
from comparison.words.errors import explain
from comparison.words.range_test import range_test_words
from engine import InvalidInput
from engine.analysis.range_test import estimate_range_test, range_testing
from language import _
from ui.shell.binding import bound
from ui.shell.brought import tables_of
from ui.shell.driver import begin, drive, stop_button, waiting
from ui.shell.figure import figure
from ui.shell.store import set_page
from ui.shell.text import escaped
from ui.sweep.controls import held_controls
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from comparison.sweep.charts import Tested
    from comparison.sweep.look import Look
    from engine import RangeTest
    from exports.printed import Contract

_UPDATES: Final = 200
_SLOT: Final = "range-test"
_KEPT: Final = "range-tests"  # the last one, by its key


def range_tab(look: Look, caption: Contract) -> None:
    """Train the chosen run once with a growing rate, and show it over the sweep's curve."""
    st.caption(
        _(
            "One short training in which the learning rate grows with every update, over what the"
            " sweep found at constant rates. It starts from the run's best setting and touches"
            " nothing else."
        )
    )
    position = min(settings().run, len(look.styles) - 1)
    names = [style.name for style in look.styles]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        bound(
            st.selectbox,
            _("Run"),
            names,
            key="range-run",
            shown=names[position],
            report=lambda name: set_page(run=names.index(name)),
            among=names,
            width=260,
        )
        held_controls(look)
    about = tested(look, position)
    if about is None:
        st.info(
            _(
                "There is nothing to hold a range test against: it needs a sweep over learning"
                " rates of every combination, and at least two rates of this run that are trained."
            )
        )
        return
    test = _test(about)
    if test is None:
        return
    chart = figure(lambda: range_chart(look, test, about), "sweep-range", caption)
    if chart is not None:
        st.markdown(escaped(" ".join(range_test_words(test, about.curve))))
        st.caption(" · ".join(map(escaped, chart.remarks)))


def _test(about: Tested) -> RangeTest | None:
    """Return the range test, which is trained where it is not kept; None while it waits."""
    key = f"{about.experiment.key} {about.low} {about.high}"
    kept: tuple[str, RangeTest] | None = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == key:
        return kept[1]
    try:
        tables_of(about.experiment)  # whoever looks at another reader's sweep has not its rows
        pending = waiting(_SLOT, key)
        if pending is None:
            cost = estimate_range_test(about.experiment, 0, _UPDATES)
            offer = _("Train (about {seconds:.0f} s)").format(seconds=cost.seconds)
            pending = begin(
                _SLOT,
                key,
                cost,
                lambda: range_testing(about.experiment, 0, about.low, about.high, _UPDATES),
                offer,
            )
    except InvalidInput as error:
        st.error(explain(error))
        return None
    if pending is None:
        return None
    if pending.paused:
        stop_button(pending, _SLOT)
        return None
    with st.spinner(_("Training …")):
        test: RangeTest = drive(pending, _SLOT, lambda: None)
    st.session_state[_KEPT] = key, test
    return test
