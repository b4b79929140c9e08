"""The settings that are counted side by side: choosing, adding and changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from charts.counts import plan_name
from comparison.pages import PLANS
from engine import LIMITS, Interval, Plan
from engine.training.plans import plans_of
from language import N_, _
from ui.epochs.settings import settings
from ui.epochs.switches import NO_ROWS
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.presentation import is_presented
from ui.shell.store import document, set_page, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES: Final[Mapping[str, tuple[str, tuple[Plan, ...]]]] = {
    "thousand": (
        N_("1,000 rows: all, 100, 1"),
        tuple(Plan(rows=1_000, batch_size=size, epochs=50) for size in (1_000, 100, 1)),
    ),
    "sixty-thousand": (
        N_("60,000 rows: 100, 1"),
        tuple(Plan(rows=60_000, batch_size=size) for size in (100, 1)),
    ),
    "two-thousand": (N_("2,000 rows: 200"), (Plan(rows=2_000, batch_size=200, epochs=50),)),
    "hundred": (N_("100 rows: 50, 50 epochs"), (Plan(rows=100, batch_size=50, epochs=50),)),
    "remainder": (
        N_("1,000 rows: 300, kept or dropped"),
        tuple(
            Plan(rows=1_000, batch_size=300, epochs=10, last_batch=last)
            for last in ("kept", "dropped")
        ),
    ),
    "million": (
        N_("ImageNet: 1,281,167 rows, 256"),
        (Plan(rows=1_281_167, batch_size=256, epochs=90),),
    ),
    "sixty-thousand-remainder": (
        N_("60,000 rows: 128, kept or dropped"),
        tuple(
            Plan(rows=60_000, batch_size=128, epochs=20, last_batch=last)
            for last in ("kept", "dropped")
        ),
    ),
}
_ROWS: Final = tuple(digit * 10**power for power in range(1, 7) for digit in (1, 2, 5))
_BATCH_SIZES: Final = (1, 2, 4, 8, 16, 32, 50, 64, 100, 128, 200, 256, 300, 512, 1_000, 2_000)
_SHORT: Final = {
    "shuffled": N_("shuffled"),
    "replacement": N_("with repl."),
    "kept": N_("kept"),
    "dropped": N_("dropped"),
}


def plan_picker(*, editable: bool) -> None:
    """Offer the settings; the chosen one is in the editor, the formula and the timeline."""
    page = settings()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        bound(
            st.pills,
            _("Settings"),
            range(len(page.plans)),
            format_func=lambda position: f"{position + 1}. {plan_name(page.plans[position])}",
            key="epochs-plan",
            shown=page.plan,
            report=lambda index: set_page(plan=index),
            required=True,
            wrap=True,
        )
        if editable:
            full, single = len(page.plans) >= PLANS.high, len(page.plans) == 1
            st.button(_("Add"), key="epochs-add", on_click=_add, disabled=full)
            st.button(_("Remove"), key="epochs-remove", on_click=_remove, disabled=single)
            _examples()


def _examples() -> None:
    titles = {name: _(title) for name, (title, _plans) in EXAMPLES.items()}
    titles["own"] = _("From the comparison")
    st.menu_button(
        _("Examples"),
        list(titles),
        format_func=titles.__getitem__,
        key="epochs-example",
        on_click=lambda: _take(st.session_state["epochs-example"]),
    )


def plan_editor() -> None:
    """Change the chosen setting."""
    page = settings()
    plan = page.plans[page.plan]
    grid = st.grid(6 if is_presented() else 8, min_column_width=100, vertical_alignment="bottom")
    rows, size, epochs = (grid.cell(column_span=2) for _cell in range(3))
    with rows:
        number(
            "rows",
            plan.rows,
            LIMITS["counted_rows"],
            "epochs-rows",
            lambda value: _change(rows=value),
            title=_("Training rows N"),
            stops=_ROWS,
        )
    with size:
        number(
            "batch_size",
            plan.batch_size,
            Interval(1, plan.rows),
            "epochs-batch-size",
            lambda value: _change(batch_size=value),
            title=_("Batch size B"),
            stops=(*_BATCH_SIZES, plan.rows),
        )
    with epochs:
        number(
            "epochs",
            plan.epochs,
            LIMITS["epochs"],
            "epochs-epochs",
            lambda value: _change(epochs=value),
            title=_("Epochs E"),
        )
    if is_presented():
        return
    with grid.cell():
        sampling_choice()
    with grid.cell():
        last_batch_choice()


def sampling_choice() -> None:
    """Choose how the rows of the chosen setting are drawn."""
    page = settings()
    choice(
        _("Sampling"),
        page.plans[page.plan].sampling,
        ("shuffled", "replacement"),
        "epochs-sampling",
        lambda name: _change(sampling=name),
        names=lambda name: _(_SHORT[name]),
    )


def last_batch_choice() -> None:
    """Choose what becomes of the chosen setting's last batch where it is too short."""
    page = settings()
    choice(
        _("Last batch"),
        page.plans[page.plan].last_batch,
        ("kept", "dropped"),
        "epochs-last-batch",
        lambda name: _change(last_batch=name),
        names=lambda name: _(_SHORT[name]),
    )


def _change(**fields: Any) -> None:
    """Change fields of the chosen setting; its batch size must still fit its rows."""
    page = settings()
    plans = [plan.model_dump() for plan in page.plans]
    plans[page.plan] |= fields
    set_page(plans=plans)


def _add() -> None:
    page = settings()
    set_page(plans=(*page.plans, page.plans[page.plan]), plan=len(page.plans))


def _remove() -> None:
    page = settings()
    plans = page.plans[: page.plan] + page.plans[page.plan + 1 :]
    set_page(plans=plans, plan=max(0, page.plan - 1))


def _take(name: str) -> None:
    """Count an example's settings, or the comparison's own runs."""
    if name == "own":
        _take_own()
    else:
        set_page(plans=EXAMPLES[name][1], plan=0)


def _take_own() -> None:
    """Count the comparison's own runs, with a notice where the counts are not exactly theirs."""
    experiment = document().experiment
    if experiment.problem.kind == "function":
        tell(NO_ROWS)
        return
    plans = plans_of(experiment)
    different = tuple(dict.fromkeys(plans))
    set_page(plans=different[: int(PLANS.high)], plan=0)
    if len(different) not in PLANS:
        tell(
            N_(
                "There are too many different runs to fit side by side, so only the first ones are"
                " counted."
            )
        )
    trained = [experiment.iterations(run) for run in experiment.runs]
    if trained != [plan.iterations for plan in plans]:
        tell(
            N_(
                "Settings count whole epochs. Where the comparison's budget is anything else, the"
                " nearest allowed number of epochs is used."
            )
        )
