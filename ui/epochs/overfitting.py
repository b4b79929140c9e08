"""Too few and too many epochs: two losses, the best epoch, what patience would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.overfitting import two_losses
from comparison.words.errors import explain
from engine import (
    LIMITS,
    Budget,
    Experiment,
    InvalidInput,
    Network,
    Run,
    alone_to_the_end,
    epoch_losses,
    patience_stop,
)
from engine.problems.datasets import TwoMoons
from engine.rules import Adam
from language import N_, _
from ui.epochs.settings import settings
from ui.epochs.switches import REPLACES, has_no_rows, log_switch, run_choice, take_example
from ui.setup.runs import rate_control
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.notices import state
from ui.shell.presentation import aside, is_presented
from ui.shell.store import document, set_page, styles
from ui.shell.terms import terms
from ui.shell.training import trained

if TYPE_CHECKING:
    from charts.theme import Chart
    from engine.analysis.overfitting import Epochs
    from exports.printed import Contract

# Fifty overlapping rows, and 1,185 parameters that can learn them by heart.
OVERFITS: Final = Experiment(
    problem=Network(dataset=TwoMoons(rows=100, noise=0.4), validation_share=0.5, hidden=(32, 32)),
    runs=(Run(optimizer=Adam(), learning_rate=0.01, batch_size="all"),),
    budget=Budget(amount=500),
    data_seed=2,
)
_PATIENCE: Final = 50  # outlasts the plateau of its first epochs


def overfitting_tab() -> None:
    """Show training and validation loss of one run, epoch by epoch."""
    if has_no_rows():
        return
    _controls()
    try:
        alone = alone_to_the_end(document().experiment, document().view.selected)
    except InvalidInput as error:
        st.error(explain(error))
        return
    with aside():
        caption = state(terms(alone))
    history = trained(alone, "epochs-overfitting")
    if history is None:
        return
    losses, patience = epoch_losses(history.runs[0]), settings().patience
    stop = patience_stop(losses.validation, patience)
    grid = st.grid(3, min_column_width=300)
    with grid.cell(column_span=2):
        _losses(losses, stop, caption)
    with grid.cell():
        st.markdown(_verdict(losses))
        number(
            "epochs",
            patience,
            LIMITS["epochs"],
            "epochs-patience",
            lambda value: set_page(patience=value),
            title=_("Patience (epochs)"),
            stops=(1, 2, 5, 10, 20, 50, 100, 200),
        )
        st.markdown(_patience_words(losses, stop, patience))
        st.caption(_what_was_trained(losses))


def _controls() -> None:
    if is_presented():
        rate_control()
        return
    grid = st.grid(7, min_column_width=110, vertical_alignment="bottom")
    with grid.cell(column_span=4):
        run_choice()
    with grid.cell(), st.container(height=38, border=False):
        log_switch()
    with grid.cell(column_span=2):
        st.button(
            _("Load a run that overfits"),
            key="epochs-overfits",
            on_click=_take,
            width="stretch",
        )
        st.caption(_(REPLACES))


def _losses(losses: Epochs, stop: int | None, caption: Contract) -> None:
    """Show both losses, and where patience would have stopped the run."""
    name = styles()[document().view.selected].name
    log = document().view.log

    def make() -> Chart:
        chart = two_losses(losses, stop, log=log)
        return chart._replace(remarks=(name, *chart.remarks))

    chart = figure(make, "epochs-overfitting", caption)
    if chart is not None and len(chart.remarks) > 1:  # the name stands above
        st.caption(" ".join(chart.remarks[1:]))


def _what_was_trained(losses: Epochs) -> str:
    """Return which run this is, and how its verdict comes about."""
    texts = [
        _(
            "The selected run with the first seed, for all epochs of the budget and without"
            " stopping rules."
        )
    ]
    if losses.window > 1:
        text = _("The verdict is based on the running median of {window} epochs.")
        texts.append(text.format(window=losses.window))
    return " ".join(texts)


def _take() -> None:
    take_example(
        OVERFITS,
        N_(
            "The comparison is now fifty noisy training rows, a network large enough to learn them"
            " by heart and one run of Adam for 500 epochs, on the Compare page as well."
        ),
        patience=_PATIENCE,
    )


def _verdict(losses: Epochs) -> str:
    """Return the verdict on a run, in one or two sentences with its numbers."""
    text = {
        "underfits": _(
            "**Too few epochs.** The validation loss is still falling; its lowest is {lowest}, at"
            " epoch {best} of {last}. The run may still underfit: give it more epochs."
        ),
        "overfits": _(
            "**Too many epochs.** The validation loss is lowest at epoch {best}: {lowest}. After"
            " that the training loss keeps falling, to {training}, while the validation loss rises"
            " to {end}: the run is learning its rows by heart. Before epoch {first} it underfits,"
            " after epoch {until} it overfits."
        ),
        "worsens": _(
            "**Getting worse.** The validation loss is lowest at epoch {best}: {lowest}. At epoch"
            " {last} it is {end}, and the training loss has risen as well, so this is not"
            " overfitting. Try a smaller learning rate."
        ),
        "levels_off": _(
            "**Flat, for now.** From epoch {first} on, the validation loss stays around {level}: it"
            " is lowest at epoch {best} with {lowest}, and {end} at epoch {last}. It may get no"
            " further, or this is a plateau before it falls again: only more epochs can tell."
        ),
        "goes_up_and_down": _(
            "**Up and down.** From epoch {first} on, the validation loss shows no lasting fall or"
            " rise: it jumps about around {level}, typically by {noise}. Its lowest value,"
            " {lowest} at epoch {best}, is partly luck; at epoch {last} it is {end}. A smaller"
            " learning rate would calm it down."
        ),
        "diverged": _("**Diverged.** The loss grew without bound. Try a smaller learning rate."),
    }[losses.verdict]
    return text.format(
        best=f"{losses.best:,}",
        first=f"{losses.near[0]:,}",
        until=f"{losses.near[1]:,}",
        last=f"{int(losses.epochs[-1]):,}",
        lowest=f"{losses.validation[losses.best]:.4g}",
        end=f"{losses.validation[-1]:.4g}",
        training=f"{losses.training[-1]:.4g}",
        level=f"{losses.level[-1]:.3g}",
        noise=f"{losses.noise:.2g}",
    )


def _patience_words(losses: Epochs, stop: int | None, patience: int) -> str:
    """Return what the patience rule would have done to a run."""
    if stop is None:
        text = _("A patience of {patience} epochs would not have stopped it.")
        return text.format(patience=patience)
    text = _(
        "A patience of {patience} epochs would have stopped it at epoch {stop}, with a validation"
        " loss of {loss}; the lowest up to then was {best}."
    )
    return text.format(
        patience=patience,
        stop=f"{stop:,}",
        loss=f"{losses.validation[stop]:.4g}",
        best=f"{losses.validation[1 : stop + 1].min():.4g}",
    )
