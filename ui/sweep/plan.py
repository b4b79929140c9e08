"""The plan: which fields take which values, how large that is, and the button that starts it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.sweep.opening import with_sweep
from comparison.sweep.plan import (
    BUDGET,
    further_offers,
    leaves_out,
    list_text,
    may_have_both_budgets,
    offers,
    rescaled,
    targets_text,
    typed_list,
    typed_targets,
)
from comparison.words.errors import explain
from comparison.words.fields import field_title, value_words
from comparison.words.names import own_fields, rule_title
from comparison.words.sweeps import (
    lane_words,
    not_applicable_words,
    size_words,
    too_few_words,
)
from engine import InvalidInput
from engine.spec import name_of
from language import N_, _
from language.labels import label
from sweeps.axes import ListAxis
from sweeps.spec import Grid, QuasiRandom
from ui.setup.runs import run_editor, runs_and_actions
from ui.shell.binding import bound
from ui.shell.controls import digits
from ui.shell.navigation import open_edited
from ui.shell.store import document, refuse, set_page, tell, whole_document
from ui.sweep.past import remember, spec_of
from ui.sweep.server import put_on_shelf, shelf
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeps.axes import Axis, RangeAxis
    from sweeps.chunking import Size
    from sweeps.spec import SweepSpec
    from ui.sweep.planned import Planned

_SCALES: Final = ("list", "linear", "log")
_POINTS: Final = 64  # of a quasi-random sweep, at first


def plan() -> None:
    """Show the runs and the axes, to be changed."""
    runs_and_actions()
    run_editor()
    for place, axis in enumerate(settings().axes):
        _axis(place, axis)
    _further()


def _axis(place: int, axis: Axis) -> None:
    """Show an axis: its field, its values, and the rules that it is for."""
    offer = offers(document().experiment).get(axis.field)
    choices = () if offer is None else offer.choices
    title = field_title(axis.field)
    with st.container(
        key=f"sweep-axis-{place}", horizontal=True, vertical_alignment="bottom", gap="small"
    ):
        if isinstance(axis, ListAxis) and (choices or axis.field == BUDGET):
            _choices(place, axis, choices or axis.values, title)
        else:
            _scale(place, axis, title)
            if isinstance(axis, ListAxis):
                _list(place, axis)
            else:
                _range(place, axis)
        _rules(place, axis)
        st.button(
            "",
            icon=":material/close:",
            key=f"axis-remove-{place}",
            type="tertiary",
            help=_("Remove this axis"),
            on_click=_replace,
            args=(place, None),
        )


def _choices(place: int, axis: ListAxis, choices: Sequence[Any], title: str) -> None:
    """Offer some of few values."""
    texts = {value_words(axis.field, value): value for value in (*choices, *axis.values)}
    bound(
        st.multiselect,
        title,
        list(texts),
        key=f"axis-values-{place}-{axis.field}",
        shown=[value_words(axis.field, value) for value in axis.values],
        report=lambda words: _change(place, values=tuple(texts[one] for one in words)),
        disabled=axis.field == BUDGET,
        width="stretch",
    )


def _scale(place: int, axis: Axis, title: str) -> None:
    names = {
        "list": _("List"),
        "linear": _("Equal steps (linear)"),
        "log": _("Equal factors (log)"),
    }
    shown = "list" if isinstance(axis, ListAxis) else axis.scale
    bound(
        st.selectbox,
        title,
        _SCALES,
        format_func=names.__getitem__,
        key=f"axis-scale-{place}-{axis.field}",
        shown=shown,
        report=partial(_rescale, place),
        among=_SCALES,
        width=180,
    )


def _list(place: int, axis: ListAxis) -> None:
    bound(
        st.text_input,
        label("axis", "values"),
        key=f"axis-list-{place}-{axis.field}",
        shown=list_text(axis),
        report=partial(_type, place, axis.field),
        width="stretch",
        help=_("Values with commas between them, such as 1, 8, 32, all."),
    )


def _range(place: int, axis: RangeAxis) -> None:
    for name in ("low", "high"):
        bound(
            st.number_input,
            label("axis", name),
            value=None,
            step=None,
            format=f"%.{digits(getattr(axis, name))}g",
            key=f"axis-{name}-{place}-{axis.field}",
            shown=getattr(axis, name),
            report=partial(_end, place, name),
            width=130,
        )
    if settings().design.kind == "grid":
        bound(
            st.number_input,
            label("axis", "count"),
            value=None,
            step=1,
            format="%d",
            key=f"axis-count-{place}-{axis.field}",
            shown=axis.count,
            report=lambda value: _change(place, count=value),
            width=130,
        )


def _rules(place: int, axis: Axis) -> None:
    """Offer to have the axis for some optimizers alone, where the runs have several."""
    rules = [type(run.optimizer) for run in document().experiment.runs]
    if axis.path[0] == "optimizer":
        rules = [rule for rule in rules if axis.path[-1] in own_fields(rule)]
    names = list(dict.fromkeys(map(name_of, rules)))
    if not axis.is_of_runs or (len(names) < 2 and not axis.rules):
        return
    titles = {name: rule_title(name) for name in (*names, *axis.rules)}
    bound(
        st.multiselect,
        label("axis", "rules"),
        list(titles),
        format_func=titles.__getitem__,
        key=f"axis-rules-{place}-{axis.field}",
        shown=list(axis.rules),
        report=lambda chosen: _change(place, rules=tuple(chosen)),
        placeholder=_("every optimizer"),
        width=210,
    )


def _further() -> None:
    """Offer further axes, seeds, the way settings are chosen, targets, and both budgets."""
    more = further_offers(whole_document())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.menu_button(
            _("Add an axis"),
            list(more),
            format_func=field_title,
            key="axis-add",
            icon=":material/add:",
            on_click=_add,
            disabled=not more,
        )
        _count(_("Seeds"), "seeds", settings().seeds, lambda value: _replan(seeds=value))
        _design()
        bound(
            st.text_input,
            label("field", "targets"),
            key="sweep-targets",
            shown=targets_text(settings().targets),
            report=_target,
            placeholder=_("such as 0.3, 0.1"),
            help=_(
                "Training losses: how long each lane takes to get there is kept. What is not"
                " reached is told as such."
            ),
            width=180,
        )
        _both_budgets()


def _design() -> None:
    design = settings().design
    bound(
        st.toggle,
        _("Scattered points"),
        key="sweep-scattered",
        shown=isinstance(design, QuasiRandom),
        report=lambda on: _replan(design=QuasiRandom(settings=_POINTS) if on else Grid()),
        help=_(
            "Instead of every combination: points that fill the axes evenly (Halton), the same for"
            " every run. With many axes they need far fewer settings."
        ),
    )
    if isinstance(design, QuasiRandom):
        _count(
            _("Settings of each run"),
            "points",
            design.settings,
            lambda value: _replan(design={**design.model_dump(), "settings": value}),
        )


def _both_budgets() -> None:
    """Offer to sweep with the budget of the comparison and with equal updates as well."""
    if not may_have_both_budgets(whole_document()):
        return
    bound(
        st.toggle,
        _("Equal updates, too"),
        key="sweep-budgets",
        shown=settings().both_budgets,
        report=lambda on: _replan(both_budgets=on),
        help=_(
            "Sweeps everything twice: with this budget, in which small batches make more updates,"
            " and with as many updates for every batch size."
        ),
    )


def _count(title: str, name: str, value: int, report: Any) -> None:
    bound(
        st.number_input,
        title,
        value=None,
        step=1,
        format="%d",
        key=f"sweep-{name}",
        shown=value,
        report=report,
        width=130,
    )


# Changes


def _replan(**fields: Any) -> None:
    """Change the plan; what was picked, held or brushed belongs to the one before."""
    set_page(**fields, setting=None, held=(), brushes=())


def _add() -> None:
    field = st.session_state["axis-add"]
    offer = further_offers(whole_document()).get(field)
    if offer is not None:
        _replan(axes=(*settings().axes, offer.first))


def _change(place: int, **fields: Any) -> None:
    """Change an axis; what does not fit is refused and explained."""
    try:
        axis = settings().axes[place]
        _replace(place, type(axis).model_validate(axis.model_dump() | fields))
    except InvalidInput as error:
        refuse(error)


def _end(place: int, name: str, value: float) -> None:
    _change(place, **{name: float(value)})


def _type(place: int, field: str, text: str) -> None:
    try:
        values = typed_list(field, text)
    except InvalidInput as error:
        refuse(error)
    else:
        _change(place, values=values)


def _target(text: str) -> None:
    try:
        targets = typed_targets(text)
    except InvalidInput as error:
        refuse(error)
    else:
        _replan(targets=targets)


def _rescale(place: int, scale: str) -> None:
    """Give an axis the form that was chosen, with the ends that it has."""
    before = settings().axes[place]
    try:
        after = rescaled(before, scale)
    except InvalidInput as error:
        refuse(error)
        return
    _replace(place, after)
    if leaves_out(before, after):
        tell(
            N_(
                "A range has no place for some values of the list, which were left out. Undo brings"
                " them back."
            )
        )


def _replace(place: int, axis: Axis | None) -> None:
    axes = list(settings().axes)
    axes[place : place + 1] = [] if axis is None else [axis]
    _replan(axes=tuple(axes))


# The start


def start_line(now: Planned, *, is_there: bool) -> None:
    """Show how large the plan is, and the button that starts it, unless it has been started.

    Args:
        now: the plan.
        is_there: whether its sweep is on show.
    """
    if now.spec is None or now.size is None:
        st.error(now.why_not)
        return
    if is_there:
        return
    _way_back()
    seeds = len(now.spec.experiment.seeds)
    why_not = _why_not(now.size)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Start the sweep"),
            key="sweep-start",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(now.spec,),
            disabled=why_not is not None,
        )
        size = size_words(now.size, seeds, shelf().limits.workers)
        facts = ". ".join([size, *not_applicable_words(now.spec)])
        st.caption(" ".join([f"{facts}.", lane_words(), *too_few_words(seeds)]))
    if why_not is not None:
        st.warning(why_not)


def _way_back() -> None:
    """Lead back to the sweep that was on show, where the plan has become another one."""
    name = settings().sweep
    spec = spec_of(name) if name else None
    if spec is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _("The plan, or the comparison, is another one now: its results have to be trained.")
        )
        st.button(
            _("Back to the sweep before"),
            key="sweep-back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=open_edited,
            args=(with_sweep, name, spec),
        )


def _why_not(size: Size) -> str | None:
    """Return why a sweep of this size is not started here; None if it may be."""
    try:
        shelf().limits.check(size)
    except InvalidInput as error:
        return explain(error)
    return None


def _start(spec: SweepSpec) -> None:
    name = put_on_shelf(spec)
    if name is not None:
        remember(name)
        set_page(sweep=name, setting=None, held=(), brushes=())
