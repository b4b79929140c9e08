"""Controls that several tabs of the Epochs page share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.edits import change_run, change_view, demonstrate
from comparison.offers import has_batch_sizes, quantities
from engine import LIMITS
from language import N_, _
from language.labels import label
from ui.epochs.settings import settings
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.navigation import open_edited
from ui.shell.store import document, edit, set_page, styles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine import Experiment

NO_ROWS: Final = N_("A test function has no rows: choose data and a network in the sidebar.")
REPLACES: Final = N_(
    "Replaces the data, network, runs and budget of the comparison, on the Compare page as well."
    " Undo brings them back."
)


def take_example(experiment: Experiment, notice: str, **page: Any) -> None:
    """Replace the whole comparison by an experiment of one run, with a notice.

    Args:
        experiment: what is compared from now on, on all pages that share the comparison.
        notice: tells the reader what has changed; a sentence marked by ``N_``.
        page: settings of this page that go with it.
    """
    open_edited(demonstrate, experiment, _(notice), **page)


def has_no_rows() -> bool:
    """Return whether there are no rows to cut into batches, and if so say why the tab is empty."""
    if document().experiment.problem.kind != "function":
        return False
    st.info(_(NO_ROWS))
    return True


def has_one_size() -> bool:
    """Return whether the run has no batch size but all rows, and if so say why nothing is shown."""
    now = document()
    run = now.experiment.runs[now.view.selected]
    if has_batch_sizes(run):
        return False
    text = _(
        "{rule} works only with the gradient of all rows, so there are no batch sizes to compare."
        " Choose a run of another optimizer."
    )
    st.info(text.format(rule=run.optimizer.title))
    return True


def run_name() -> None:
    """Choose the run whose rule is used."""
    names = [style.name for style in styles()]
    bound(
        st.selectbox,
        _("Run"),
        range(len(names)),
        format_func=names.__getitem__,
        key="epochs-run",
        shown=document().view.selected,
        report=lambda index: edit(change_view, selected=index),
    )


def run_choice() -> None:
    """Choose the run whose rule is used; its learning rate can be changed here."""
    now = document()
    position = now.view.selected
    chosen, rate = st.columns([2, 3], vertical_alignment="bottom")
    with chosen:
        run_name()
    with rate:
        number(
            "learning_rate",
            now.experiment.runs[position].learning_rate,
            LIMITS["learning_rate"],
            "epochs-learning-rate",
            lambda value: edit(change_run, position, learning_rate=value),
            title=_("Learning rate") + " η",
        )


def page_choice(
    title: str, field: str, options: Sequence[str], names: Callable[[str], str]
) -> None:
    """Choose one of a few ids of the page's settings."""
    choice(
        title,
        getattr(settings(), field),
        options,
        f"epochs-{field}",
        lambda name: set_page(**{field: name}),
        names=names,
    )


def loss_choice() -> None:
    """Choose which loss is drawn."""
    now = document()
    choice(
        _("Loss"),
        now.view.quantity,
        quantities(now.experiment),
        "epochs-quantity",
        lambda name: edit(change_view, quantity=name),
        names=partial(label, "quantity"),
    )


def log_switch() -> None:
    """Choose a logarithmic loss axis."""
    bound(
        st.toggle,
        _("Logarithmic"),
        key="epochs-log",
        shown=document().view.log,
        report=lambda on: edit(change_view, log=on),
    )
