"""Your own rule: an optimizer typed as lines, with numbers that show what it does."""

import streamlit as st

from language import _
from ui.own_rule.code import code
from ui.own_rule.proof import numbers, verdict
from ui.own_rule.source import constants, examples, grammar, lines
from ui.own_rule.understood import formula, way_on
from ui.shell.binding import draw_mark
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.notices import show_notices
from ui.shell.share import address, share
from ui.shell.undo import undo_buttons
from ui.shell.zoom import keep_zooms


@fragment(in_sidebar)
def rule() -> None:
    """Show the lines beside what was made of them, and below the proof and the code."""
    with st.container():  # one block, so that what comes and goes in it moves nothing below
        with heading(_("Your own rule")):
            undo_buttons()
            share()
        show_notices()
    grammar()
    examples()
    grid = st.grid(2, min_column_width=340, gap="large")
    with grid.cell():
        lines()
    with grid.cell():
        formula()
        way_on()
    verdict()
    numbers()
    code()
    keep_zooms()
    address()
    draw_mark("page")


speak()
work_on("rule")
with st.sidebar:
    constants()
rule()
