"""The runs: a strip of chips, the editor of the selected one, and what can be done with them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from engine import LIMITS
from engine.rules import RULES
from language import _
from language.labels import label
from ui.shell.controls import batch_size, choice, number, rule_hyperparameters
from ui.shell.session import (
    add_run,
    apply_to_all,
    change_run,
    change_view,
    document,
    duplicate_run,
    remove_run,
    rename_run,
    reset,
    styles,
)
from ui.shell.text import escaped, line_sample
from ui.shell.undo import undo_buttons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine import Run

_RULES = {rule().name: rule for rule in RULES}


def run_strip() -> None:
    """Show the runs; a click selects the one that the editor shows."""
    now = document()
    st.session_state["selected-run"] = now.view.selected
    chips = [
        f"![]({line_sample(style)}) {escaped(_chip(style.name, run))}"
        for style, run in zip(styles(), now.experiment.runs, strict=True)
    ]
    st.pills(
        _("Runs"),
        range(len(chips)),
        format_func=chips.__getitem__,
        key="selected-run",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: change_view(selected=st.session_state["selected-run"]),
    )


def run_actions(presets: Mapping[str, str], use: Callable[[str], None]) -> None:
    """Offer to add, copy and remove runs, to start from a preset, to make runs alike.

    Args:
        presets: what the presets are called, by id.
        use: called with the id of the chosen one.
    """
    experiment = document().experiment
    runs = len(experiment.runs)
    has_rows = experiment.problem.kind == "network"
    full = runs not in LIMITS["runs"] or runs == LIMITS["runs"].high
    st.button(_("Add"), key="add", on_click=add_run, disabled=full)
    st.button(_("Duplicate"), key="duplicate", on_click=duplicate_run, disabled=full)
    st.button(_("Remove"), key="remove", on_click=remove_run, disabled=runs == 1)
    st.menu_button(
        _("Presets"),
        list(presets),
        format_func=lambda name: _(presets[name]),
        key="preset",
        on_click=lambda: use(st.session_state["preset"]),
    )
    st.menu_button(
        _("Apply to all"),
        ["learning_rate", *(["batch_size"] if has_rows else []), "optimizer"],
        format_func=partial(label, "field"),
        key="apply-to-all",
        help=_("Give every run the selected run's …"),
        on_click=lambda: apply_to_all(st.session_state["apply-to-all"]),
    )
    st.button(_("Reset"), key="reset", on_click=reset)
    undo_buttons()


def run_editor() -> None:
    """Edit the selected run."""
    now = document()
    position = now.view.selected
    run = now.experiment.runs[position]
    grid = st.grid(6, min_column_width=130, vertical_alignment="bottom")
    optimizer, rate, size, more = (grid.cell(column_span=width) for width in (1, 2, 2, 1))
    with optimizer:
        choice(
            _("Optimizer"),
            run.optimizer.name,
            list(_RULES),
            "optimizer",
            lambda name: change_run(
                position, optimizer=_RULES[name](), learning_rate=_RULES[name].default_learning_rate
            ),
            names=lambda name: _RULES[name].title,
        )
    with rate:
        number(
            "learning_rate",
            run.learning_rate,
            LIMITS["learning_rate"],
            "learning_rate",
            lambda value: change_run(position, learning_rate=value),
            title=_("Learning rate") + " η",
        )
    if now.experiment.problem.kind == "network":
        with size:
            batch_size(position, now.experiment.problem.training_rows)
    with more, st.popover(_("More"), width="stretch"):
        _details(position, run)


def _details(position: int, run: Run) -> None:
    st.latex(run.optimizer.formula)
    st.caption(run.optimizer.source)
    rule_hyperparameters(position)
    if document().experiment.problem.kind == "network":
        _batch_making(position, run)
    st.session_state["run-name"] = document().view.names[position]
    st.text_input(
        _("Name"),
        key="run-name",
        max_chars=int(LIMITS["name_characters"].high),
        placeholder=styles()[position].name,
        on_change=lambda: rename_run(position, st.session_state["run-name"]),
    )


def _batch_making(position: int, run: Run) -> None:
    choice(
        _("Sampling"),
        run.sampling,
        ("shuffled", "replacement"),
        "sampling",
        lambda name: change_run(position, sampling=name),
        names=partial(label, "sampling"),
        help=_("Every epoch a new order of all rows, or as many independent draws."),
    )
    choice(
        _("Last batch"),
        run.last_batch,
        ("kept", "dropped"),
        "last_batch",
        lambda name: change_run(position, last_batch=name),
        names=partial(label, "last_batch"),
        help=_("What becomes of the short batch that is left at the end of an epoch."),
    )


def _chip(name: str, run: Run) -> str:
    """Return name, rate and batch size, each once: a name may tell them already."""
    details = [f"η {run.learning_rate:g}"]
    if document().experiment.problem.kind == "network":  # a function has no rows
        details.append(f"B {_('all') if run.batch_size == 'all' else run.batch_size}")
    for detail in details:
        name = re.sub(rf" {re.escape(detail)}(?!\S)", "", name)
    return " · ".join([name, *details])
