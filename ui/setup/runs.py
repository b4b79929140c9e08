"""The runs: a strip of chips, the editor of the selected one, and what can be done with them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.edits import (
    add_run,
    apply_to_all,
    change_run,
    change_threshold,
    change_view,
    choose_clipping,
    choose_rule,
    duplicate_run,
    hide_or_show_run,
    remove_run,
    rename_run,
    show_all_runs,
    show_only_selected,
)
from comparison.offers import (
    fields_for_all,
    may_add_run,
    may_remove_run,
    menu_id,
    menu_names,
    rules_by_family,
    typed_rules,
)
from engine import LIMITS
from engine.rules.clipping import CLIPPINGS, THRESHOLD
from engine.rules.schedules import Constant
from engine.spec import by_name
from language import _
from language.labels import inline, label
from ui.setup.rules import clipping_words, rule_words, schedule_words
from ui.setup.schedules import schedule_controls
from ui.setup.typed import accepted_rules
from ui.shell.binding import bound, folded
from ui.shell.controls import batch_size, choice, number, rule_hyperparameters
from ui.shell.navigation import open_first_view
from ui.shell.store import document, edit, page_name, styles
from ui.shell.text import escaped, line_sample
from ui.shell.undo import undo_buttons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charts.theme import RunStyle
    from comparison.edits import Edited
    from engine import Run
    from engine.rules.clipping import Clipping

_CLIPPINGS: Mapping[str, type[Clipping]] = by_name(CLIPPINGS)
_THRESHOLDS: Final = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0)


def run_strip() -> None:
    """Show the runs; a click selects the one that the editor shows."""
    now = document()
    chips = [_chip(style, run) for style, run in zip(styles(), now.experiment.runs, strict=True)]
    bound(
        st.pills,
        _("Runs"),
        range(len(chips)),
        format_func=chips.__getitem__,
        key="selected-run",
        shown=now.view.selected,
        report=lambda index: edit(change_view, selected=index),
        required=True,
        label_visibility="collapsed",
    )


def runs_and_actions() -> None:
    """Show the runs, and beside them what can be done with them."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        with st.container(width="stretch"):
            run_strip()
        st.button(
            _("Add"),
            key="add",
            icon=":material/add:",
            on_click=edit,
            args=(add_run,),
            disabled=not may_add_run(document().experiment),
        )
        changes = _changes_of_the_selected()
        st.menu_button(
            _("This run"),
            list(changes),
            key="this-run",
            help=_("What can be done with the selected run."),
            on_click=lambda: edit(changes[st.session_state["this-run"]]),
        )


def _changes_of_the_selected() -> dict[str, Callable[..., Edited]]:
    """Return what can be done with the selected run, by what it is called."""
    now, selected = document(), styles()[document().view.selected]
    changes: dict[str, Callable[..., Edited]] = {}
    if may_add_run(now.experiment):
        changes[_("Duplicate")] = duplicate_run
    if may_remove_run(now.experiment):
        changes[_("Remove")] = remove_run
        if page_name() == "training":
            hide = _("Show in the charts") if selected.hidden else _("Hide from the charts")
            changes[hide] = hide_or_show_run
            changes[_("Show only this run")] = show_only_selected
            changes[_("Show all runs")] = show_all_runs
    for field in fields_for_all(now.experiment):
        title = _("Give all runs its {field}").format(field=inline("field", field))
        changes[title] = partial(apply_to_all, field=field)
    return changes


def comparison_actions(presets: Mapping[str, str], use: Callable[[str], None]) -> None:
    """Offer to start from a preset or from the beginning, and to take a change back.

    Args:
        presets: what the presets are called, by id.
        use: called with the id of the chosen one.
    """
    st.menu_button(
        _("Presets"),
        list(presets),
        format_func=lambda name: _(presets[name]),
        key="preset",
        on_click=lambda: use(st.session_state["preset"]),
    )
    st.button(
        _("Reset"),
        key="reset",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=open_first_view,
    )
    undo_buttons()


def run_editor() -> None:
    """Edit the selected run."""
    now = document()
    index = now.view.selected
    run = now.experiment.runs[index]
    grid = st.grid(7, min_column_width=112, vertical_alignment="bottom")
    optimizer, rate, size, more = (grid.cell(column_span=width) for width in (2, 2, 2, 1))
    with optimizer:
        rules = rules_by_family([*typed_rules(now.experiment), *accepted_rules()])
        names, by_id = menu_names(rules), {menu_id(rule): rule for rule in rules}
        choice(
            _("Optimizer"),
            menu_id(type(run.optimizer)),
            list(names),
            "optimizer",
            lambda chosen: edit(choose_rule, index, by_id[chosen]),
            names=names.__getitem__,
            help=_(
                "Makes a step out of the gradients. Type part of a name or of a family to find it."
                " What this one remembers and does, its formula, and which libraries differ: under"
                " “More”."
            ),
        )
    with rate:
        rate_control()
    if now.experiment.problem.has_rows:
        with size:
            batch_size(index, now.experiment.problem.training_rows)
    with more, folded("more", _("More"), width="stretch"):
        _details(index, run)


def rate_control() -> None:
    """Offer the learning rate of the selected run."""
    now = document()
    index = now.view.selected
    number(
        "learning_rate",
        now.experiment.runs[index].learning_rate,
        LIMITS["learning_rate"],
        "learning_rate",
        lambda value: edit(change_run, index, learning_rate=value),
        title=_("Learning rate") + " η",
        help=_(
            "How far a step goes: what the optimizer's direction is multiplied by. Too small,"
            " and the loss creeps down; too large, and it jumps about or diverges. What is"
            " large depends on optimizer, data, network and loss."
        ),
    )


def _details(index: int, run: Run) -> None:
    """Offer the other settings of a run, beside its rule in words."""
    with st.container(key="run-details"):  # as wide as style.css makes it
        settings, words = st.columns([2, 3], gap="large")
    with settings:
        _settings(index, run)
    with words:
        rule_words(type(run.optimizer))
        if run.schedule != Constant():
            schedule_words(run.schedule)
        if run.clipping is not None:
            clipping_words(type(run.clipping))


def _settings(index: int, run: Run) -> None:
    rule_hyperparameters(index)
    schedule_controls(index, run)
    _clipping(index, run)
    if document().experiment.problem.has_rows:
        _batch_making(index, run)
    bound(
        st.text_input,
        _("Name"),
        key="run-name",
        shown=document().view.names[index],
        report=lambda name: edit(rename_run, index, name),
        max_chars=int(LIMITS["name_characters"].high),
        placeholder=styles()[index].name,
    )


def _clipping(index: int, run: Run) -> None:
    choice(
        _("Gradient clipping"),
        "none" if run.clipping is None else run.clipping.name,
        ("none", *_CLIPPINGS),
        "clipping",
        lambda name: edit(choose_clipping, index, _CLIPPINGS.get(name)),
        names=partial(label, "clipping"),
        help=_(
            "What is done to every gradient before the optimizer sees it. Clipping by norm shortens"
            " one that is longer than c and keeps its direction; clipping by value cuts every"
            " number off at c and −c, which turns the direction."
        ),
    )
    if run.clipping is not None:
        number(
            "threshold",
            run.clipping.threshold,
            THRESHOLD,
            "clipping-threshold",
            lambda value: edit(change_threshold, index, value),
            title=_("Clipping threshold") + " c",
            stops=_THRESHOLDS,
        )


def _batch_making(index: int, run: Run) -> None:
    choice(
        _("Sampling"),
        run.sampling,
        ("shuffled", "replacement"),
        "sampling",
        lambda name: edit(change_run, index, sampling=name),
        names=partial(label, "sampling"),
        help=_(
            "Each epoch either reads all rows in a new order or makes as many independent draws."
        ),
    )
    choice(
        _("Last batch"),
        run.last_batch,
        ("kept", "dropped"),
        "last_batch",
        lambda name: edit(change_run, index, last_batch=name),
        names=partial(label, "last_batch"),
        help=_("What happens to the short batch left over at the end of an epoch."),
    )


def _chip(style: RunStyle, run: Run) -> str:
    """Return a run's line, name, rate and batch size, each once; struck out if it is hidden."""
    name, details = style.name, [f"η {run.learning_rate:g}"]
    if document().experiment.problem.has_rows:
        size = _("all") if run.batch_size == "all" else run.batch_size
        details.append(f"B {size}")
    for detail in details:
        name = re.sub(rf" {re.escape(detail)}(?!\S)", "", name)
    text = escaped(" · ".join([name, *details]))
    shown = f":material/visibility_off: ~~{text}~~" if style.hidden else text
    return f"![]({line_sample(style)}) {shown}"
