"""Controls that several tabs of the Epochs page share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.document import Document, View
from engine import LIMITS
from language import N_, _
from language.labels import label
from ui.shell.controls import choice, number
from ui.shell.session import (
    change_run,
    change_view,
    document,
    has_validation_rows,
    open_document,
    set_page,
    settings,
    styles,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine import Experiment


NO_ROWS: Final = N_("A test function has no rows: choose data and a network in the sidebar.")


REPLACES: Final = N_(
    "Replaces data, network, runs and budget of the comparison, on the Compare page as well. Undo"
    " brings them back."
)


def take_example(experiment: Experiment, told: str, **page: Any) -> None:
    """Replace the whole comparison by an experiment of one run, and say so.

    Args:
        experiment: what is compared from now on, on all pages that share the comparison.
        told: what the reader is told, a sentence marked by ``N_``.
        page: settings of this page that go with it.
    """
    view = View(names=("",), numbers=(0,), page=settings().model_copy(update=page))
    open_document(Document(experiment=experiment, view=view), "demonstration")
    tell(told)


def has_no_rows() -> bool:
    """Tell whether there is nothing to cut into batches, and say so."""
    if document().experiment.problem.kind != "function":
        return False
    st.info(_(NO_ROWS))
    return True


def run_name() -> None:
    """Choose the run whose rule is used."""
    names = [style.name for style in styles()]
    st.session_state["epochs-run"] = document().view.selected
    st.selectbox(
        _("Run"),
        range(len(names)),
        format_func=names.__getitem__,
        key="epochs-run",
        on_change=lambda: change_view(selected=st.session_state["epochs-run"]),
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
            lambda value: change_run(position, learning_rate=value),
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
    losses = ["training_loss", "batch_loss"]
    if has_validation_rows(now.experiment):
        losses.insert(1, "validation_loss")
    choice(
        _("Loss"),
        now.view.quantity,
        losses,
        "epochs-quantity",
        lambda name: change_view(quantity=name),
        names=partial(label, "quantity"),
    )


def log_switch() -> None:
    """Choose a logarithmic loss axis."""
    st.session_state["epochs-log"] = document().view.log
    st.toggle(
        _("Logarithmic"),
        key="epochs-log",
        on_change=lambda: change_view(log=st.session_state["epochs-log"]),
    )
