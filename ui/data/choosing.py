"""What is learnt from a table: target, inputs, validation rows, scaling; and what gives it away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.tables import drafts
from comparison.tables.describing import counts_rows, giveaways
from comparison.words.drafts import dataset_words
from comparison.words.errors import explain
from comparison.words.tables import giveaway_words
from engine import InvalidInput, Network
from language import N_, _
from ui.data.draft import alter, alter_fields, compare
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.text import escaped

if TYPE_CHECKING:
    from comparison.tables.drafts import Draft
    from engine.problems.datasets import OwnTable

_TASKS: Final = {"regression": N_("a number"), "classification": N_("a class")}
_SPLITS: Final = {
    "random": N_("any rows"),
    "stratified": N_("the same share of each class"),
    "last": N_("the last rows"),
    "marked": N_("those that a column marks"),
}
_SHARES: Final = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5)
_NAMED: Final = 5  # warnings


def choosing(draft: Draft) -> None:
    """Offer what is learnt, say what comes of it, and the button that begins."""
    left, right = st.columns(2, gap="large")
    with left:
        _target(draft)
        _inputs(draft)
    with right:
        _validation(draft)
        _scaling(draft)
    _warnings(draft)
    dataset = _dataset(draft)
    st.button(
        _("Compare optimizers on it"),
        key="use-table",
        on_click=compare,
        disabled=dataset is None,
    )


def _dataset(draft: Draft) -> OwnTable | None:
    """Say what comes of the choice, or why nothing does."""
    try:
        dataset = draft.dataset
    except InvalidInput as error:
        st.error(escaped(explain(error)))
        return None
    for sentence in dataset_words(draft, dataset):
        st.markdown(escaped(sentence))
    return dataset


def _target(draft: Draft) -> None:
    names, tasks = draft.table.names, drafts.tasks(draft)
    bound(
        st.selectbox,
        _("What is predicted (target)"),
        range(len(names)),
        format_func=names.__getitem__,
        key="table-target",
        shown=draft.target,
        report=partial(alter, drafts.with_target),
        among=range(len(names)),
    )
    bound(
        st.segmented_control,
        _("It is"),
        tasks,
        format_func=lambda task: _(_TASKS[task]),
        key="table-task",
        shown=draft.task,
        report=partial(alter, drafts.with_task),
        required=True,
    )


def _inputs(draft: Draft) -> None:
    names = draft.table.names
    places = [place for place in range(len(names)) if place != draft.target]
    bound(
        st.multiselect,
        _("From what (inputs)"),
        places,
        format_func=names.__getitem__,
        key=f"table-inputs-{draft.target}",
        shown=[place for place in draft.columns if place in places],
        report=lambda chosen: alter_fields(columns=tuple(sorted(chosen))),
        help=_(
            "A column of texts becomes one input for each of its texts: 1 where it stands, else 0."
        ),
    )


def _validation(draft: Draft) -> None:
    choice(
        _("Rows for validation"),
        draft.split.name,
        drafts.splits(draft),
        "table-split",
        partial(alter, drafts.with_split),
        names=lambda name: _(_SPLITS[name]),
        help=_("They are not trained on: they show how well the runs do on rows they never saw."),
    )
    if draft.split.name == "marked":
        _mark(draft)
        return
    number(
        "validation_share",
        draft.share,
        Network.intervals()["validation_share"],
        "table-share",
        lambda share: alter_fields(share=share),
        title=_("Validation share"),
        stops=_SHARES,
        bounded=True,
    )


def _mark(draft: Draft) -> None:
    """Offer the column that marks the validation rows, and the value by which it does."""
    names, places = draft.table.names, drafts.marking(draft)
    place = draft.split.column if draft.split.name == "marked" else places[0]
    left, right = st.columns(2)
    with left:
        bound(
            st.selectbox,
            _("Column"),
            sorted({*places, place}),
            format_func=names.__getitem__,
            key="table-mark-column",
            shown=place,
            report=partial(alter, drafts.with_mark),
        )
    with right:
        choice(
            _("Value of validation rows"),
            draft.split.value if draft.split.name == "marked" else "",
            drafts.values(draft, place),
            "table-mark-value",
            lambda value: alter(drafts.with_mark, place, value),
            names=str,
        )


def _scaling(draft: Draft) -> None:
    bound(
        st.toggle,
        _("Standardise inputs"),
        key="table-standardize",
        shown=draft.standardize,
        report=lambda chosen: alter_fields(standardize=chosen),
        help=_(
            "Each input gets mean 0 and standard deviation 1 over the training rows. Without this,"
            " inputs of different size make the loss a narrow ravine."
        ),
    )
    if draft.task == "regression":
        bound(
            st.toggle,
            _("Standardise the target"),
            key="table-standardize-target",
            shown=draft.standardize_targets,
            report=lambda chosen: alter_fields(standardize_targets=chosen),
            help=_("The loss is then in units of the target's variance over the training rows."),
        )


def _warnings(draft: Draft) -> None:
    found = giveaways(draft.table, draft.columns, draft.target)
    if found:
        sentences = [
            giveaway_words(draft.table, place, why, draft.target) for place, why in found[:_NAMED]
        ]
        st.warning("\n".join(f"- {escaped(one)}" for one in sentences))
    names = range(len(draft.table.names))
    unused = [place for place in names if place not in {*draft.columns, draft.target}]
    for place in unused[:_NAMED]:
        why = counts_rows(draft.table.columns[place])
        if why:
            st.caption(escaped(giveaway_words(draft.table, place, why, draft.target)))
