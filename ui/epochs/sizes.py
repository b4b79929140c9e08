"""The batch sizes that the Epochs page trains side by side, and their equal budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from comparison.edits import count_in
from comparison.offers import budget_units
from comparison.pages import SIZES
from comparison.words.budgets import favours
from engine import Experiment, Interval, InvalidInput
from language import _, ngettext
from language.labels import label
from ui.epochs.settings import settings
from ui.shell.binding import bound
from ui.shell.notices import state
from ui.shell.presentation import aside
from ui.shell.store import document, edit, refuse, set_page
from ui.shell.terms import terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.analysis.batch_sizes import BatchSize
    from exports.printed import Contract


def size_choice() -> None:
    """Offer powers of two and all rows; any other number can be typed."""
    rows = document().experiment.problem.training_rows
    powers = [str(2**power) for power in range(rows.bit_length()) if 2**power < rows]
    chosen = [str(size) for size in batch_sizes()]
    bound(
        st.multiselect,
        _("Batch sizes"),
        list(dict.fromkeys([*powers, "all", *chosen])),
        format_func=lambda name: _("all") if name == "all" else name,
        key="epochs-sizes",
        shown=chosen,
        report=_take_sizes,
        accept_new_options=True,
        max_selections=int(SIZES.high),
    )
    _warn_of_sizes_left_out()


def batch_sizes() -> tuple[BatchSize, ...]:
    """Return the batch sizes that were chosen; else all rows, 32 and 1, as far as they differ.

    Chosen ones that are larger than the data has become since are left out.
    """
    rows = document().experiment.problem.training_rows
    sizes = tuple(size for size in settings().sizes if size == "all" or size <= rows)
    return sizes if len(sizes) in SIZES else ("all", *(size for size in (32, 1) if size < rows))


def _warn_of_sizes_left_out() -> None:
    """Name the chosen batch sizes that are larger than the data."""
    rows = document().experiment.problem.training_rows
    large = [f"{size:,}" for size in settings().sizes if size != "all" and size > rows]
    if large:
        text = ngettext(
            "There is only {rows} training row, so these batch sizes were left out: {sizes}.",
            "There are only {rows} training rows, so these batch sizes were left out: {sizes}.",
            rows,
        )
        st.warning(text.format(rows=f"{rows:,}", sizes=", ".join(large)))


def _take_sizes(chosen: Sequence[str]) -> None:
    try:
        sizes = tuple(_as_size(text) for text in chosen)
    except InvalidInput as error:
        refuse(error)
    else:
        set_page(sizes=sizes)


def _as_size(text: str) -> BatchSize:
    """Return a batch size that was chosen or typed.

    Raises:
        InvalidInput: it is no whole number from 1 to the training rows.
    """
    if text == "all":
        return "all"
    limits = Interval(1, document().experiment.problem.training_rows)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput("wrong_type", "batch_size", text, "integer")
    if int(text) not in limits:
        raise InvalidInput("out_of_range", "batch_size", text, limits)
    return int(text)


def size_name(size: BatchSize) -> str:
    """Return what a batch size is called."""
    return _("all") if size == "all" else f"{size:,}"


def budget_choice() -> None:
    """Choose what all batch sizes get equally much of."""
    bound(
        st.segmented_control,
        _("Keep equal"),
        budget_units(document().experiment),
        format_func=partial(label, "quantity"),
        key="epochs-unit",
        shown=document().experiment.budget.unit,
        report=lambda unit: edit(count_in, unit),
        required=True,
    )


def state_contract(experiment: Experiment, rule: str) -> Contract:
    """State what is equal and what is not, and whom the budget favours; return the contract.

    Args:
        experiment: what is compared.
        rule: what all of its runs have in common, beginning with their rule.
    """
    equal, unequal = terms(experiment)
    with aside():
        stated = state(([rule, *equal], unequal))
        st.markdown(favours(experiment))
    return stated
