"""The tab that finds settings: which optimizer, which rate, which batch size for this data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from comparison.edits import take_settings, try_with_schedule
from comparison.offers import may_add_run, schedules
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.names import styles_of_any_setting
from comparison.words.settings import (
    answer_words,
    caution,
    columns_help,
    plan_rows,
    plan_words,
    question,
    reported,
    rows_so_far,
    settings_rows,
    time_words,
    why_not_again,
    why_not_take,
)
from engine import InvalidInput
from engine.analysis.settings import (
    TURNS,
    answer,
    estimate_search,
    first_sweep,
    found,
    has_a_best,
    next_sweep,
    reporting,
    searched,
)
from engine.spec import name_of
from language import _
from language.labels import label
from ui.shell.store import document, edit, styles
from ui.shell.text import escaped, line_sample
from ui.shell.training import Place, are_scored, is_quick, scored, trained
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from comparison.words.settings import Row
    from engine import Experiment, History, Run, Scores
    from engine.analysis.settings import Found
    from ui.compare.comparison import Comparison

_ASKED: Final = "find-asked"
_SAMPLE: Final = 24  # pixels of a line's sample


def find_tab(comparison: Comparison) -> None:
    """Offer the search, then show how far it is, and its answer."""
    experiment = document().experiment
    try:
        seconds = estimate_search(experiment)
    except InvalidInput as error:
        st.error(explain(error))
        return
    if is_quick(experiment):
        comparison.train()  # the search does without it, but not what may be shared
    if not has_a_best(experiment):
        st.info(_("This function has no lowest value, so no setting is the best."))
        return
    st.caption(" ".join(plan_words(experiment)))
    about, offer = searched(experiment), st.empty()
    if st.session_state.get(_ASKED) != about.key and not are_scored(first_sweep(experiment)):
        with offer.container():
            _offer(experiment, seconds)
        return
    offer.empty()  # at once: the search takes long
    _search(experiment)


def _search(experiment: Experiment) -> None:
    """Train for what is due, and show what was found, growing while it trains."""
    status, place = st.container(), Place(st.container())
    with status:
        stage = st.empty()
        sweeps = _swept(experiment, place, stage)
        is_whole = bool(sweeps) and _are_finished(sweeps)
        every = found(experiment, sweeps) if sweeps else []
        history = _reported(experiment, every, stage) if is_whole else None
        stage.empty()
    if every:
        with place.settled():
            if history is None:
                _growing_table(every, "find-so-far")
            else:
                _answer(experiment, every, history)
            _takes(experiment, every, is_whole=is_whole)


def _reported(
    experiment: Experiment, every: Sequence[Found], stage: DeltaGenerator
) -> History | None:
    """Return the training of the best settings on the seeds of the report, if it has ended."""
    report = reporting(experiment, every)
    if report is None:
        return None
    stage.caption(_("The best settings, on the seeds of the report:"))
    history = trained(report, "find-report", is_asked=True)
    return history if history is not None and _are_finished([history]) else None


def _offer(experiment: Experiment, seconds: float) -> None:
    """Show what would be tried, how long that takes, and the button that begins it."""
    about = searched(experiment)
    styles = styles_of_any_setting(document())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            question(experiment),
            icon=":material/search:",
            key="find",
            on_click=_ask,
            args=(about.key,),
        )
        st.caption(time_words(seconds))
    _offer_schedules(experiment)
    rows = plan_rows(experiment, about.runs, [style.name for style in styles])
    _table(rows, _("What is tried, one row per run."), "find-plan")


def _offer_schedules(experiment: Experiment) -> None:
    """Offer to search for the selected run with another schedule as well, beside it."""
    now = experiment.runs[document().view.selected].schedule
    kinds = {name_of(kind): kind for kind in schedules(experiment) if kind is not type(now)}
    style = styles()[document().view.selected]
    st.menu_button(
        _("Try {run} with another schedule, too").format(run=escaped(style.name)),
        list(kinds),
        format_func=partial(label, "schedule"),
        key="find-schedule",
        on_click=lambda: edit(try_with_schedule, kinds[st.session_state["find-schedule"]]),
        disabled=not may_add_run(experiment),
        help=_("Adds a run, whose settings are looked for like those of the others."),
    )


def _ask(key: str) -> None:
    st.session_state[_ASKED] = key


def _swept(experiment: Experiment, place: Place, stage: DeltaGenerator) -> list[Scores]:
    """Return the scores of all sweeps so far: the first, then those beyond edges.

    Args:
        experiment: whose settings are looked for.
        place: where their table grows.
        stage: where it is said what is being trained.
    """
    sweeps: list[Scores] = []

    def draw(scores: Scores) -> None:
        with place.growing():
            _growing_table(found(experiment, [*sweeps, scores]))

    stage.caption(_("Every setting, on the seeds of the choice:"))
    first = scored(first_sweep(experiment), "find-first", draw=draw, is_asked=True)
    sweeps += [] if first is None else [first]
    for turn in range(TURNS if sweeps else 0):
        beyond = next_sweep(experiment, sweeps) if _are_finished(sweeps) else None
        if beyond is None:
            break
        stage.caption(_("Beyond the edges of what was tried:"))
        more = scored(beyond, f"find-beyond-{turn}", draw=draw, is_asked=True)
        if more is None:
            break
        sweeps.append(more)
    return sweeps


def _are_finished(results: Sequence[Scores | History]) -> bool:
    """Tell whether trainings have ended: the reader stopped none of them."""
    return not any({"", "stopped"} & set(run.status) for one in results for run in one.runs)


def _answer(experiment: Experiment, every: Sequence[Found], history: History) -> None:
    """Show what the best settings show, and a row for every run."""
    styles = styles_of_any_setting(document())
    shown = answer(history)
    names = [styles[position].name for position in reported(every)]
    losses = [run.median_loss for run in history.runs]
    said = " ".join(map(escaped, answer_words(shown, names, losses, history.experiment)))
    st.markdown(f"**{said}**")
    _equal, unequal = contract(history.experiment, tuned=None)
    remarks = [*(f"**{sentence}**" for sentence in unequal), *caution(shown)]
    if remarks:
        st.caption(" · ".join(remarks))
    rows = settings_rows(every, styles, history, has_rows=experiment.problem.has_rows)
    _table(rows, _("Best settings, one row per run."), "find-settings")


def _growing_table(every: Sequence[Found], key: str | None = None) -> None:
    """Show a row for every run before the report; without a key while it grows."""
    has_rows = document().experiment.problem.has_rows
    rows = rows_so_far(every, styles_of_any_setting(document()), has_rows=has_rows)
    _table(rows, _("Best settings so far, one row per run."), key)


def _table(rows: Sequence[Row], alt: str, key: str | None) -> None:
    styles = styles_of_any_setting(document())
    shown = [
        {"": line_sample(style, _SAMPLE)} | row for style, row in zip(styles, rows, strict=True)
    ]
    helps = columns_help(document().experiment)
    st.dataframe(
        pd.DataFrame(shown),
        width="stretch",
        hide_index=True,
        height="content",
        key=key,
        column_config={"": st.column_config.ImageColumn(width=_SAMPLE + 14)}
        | {title: st.column_config.TextColumn(help=text) for title, text in helps.items()},
        alt=alt,
    )


def _takes(experiment: Experiment, every: Sequence[Found], *, is_whole: bool) -> None:
    """Offer to take all best settings, or that of one run."""
    why_not = why_not_take(experiment, every, is_whole=is_whole)
    settings = [one.setting for one in every]
    best = {place: run for place, run in enumerate(settings) if run is not None}
    with st.container(horizontal=True):
        _take_button(_("Take all"), "find-take-all", best, why_not, every)
        if len(every) > 1:
            for place, style in enumerate(styles_of_any_setting(document())):
                own = {place: best[place]} if place in best else {}
                title = _("Take {run}").format(run=escaped(style.name))
                _take_button(title, f"find-take-{place}", own, why_not, every)


def _take_button(
    title: str, key: str, best: dict[int, Run], why_not: str | None, every: Sequence[Found]
) -> None:
    if why_not is None and (not best or _is_claimed(best, every)):
        why_not = why_not_again(document().experiment, best)
    st.button(
        title,
        key=key,
        on_click=_take,
        args=(best, every),
        disabled=why_not is not None,
        help=why_not,
    )


def _is_claimed(best: Mapping[int, Run], every: Sequence[Found]) -> bool:
    """Tell whether all that may be claimed of settings is known: of those at an edge nothing is."""
    taken = searched(document().experiment).model_copy(update={"runs": tuple(best.values())})
    if any(every[place].edge is not None for place in best):
        return True
    claim = best_rates().tried(taken)
    return claim is not None and (claim.batch_sizes or not taken.problem.has_rows)


def _take(best: dict[int, Run], every: Sequence[Found]) -> None:
    """Give runs their best settings, and remember on what the claim rests."""
    best_rates().remember_settings(document().experiment, every)
    edit(take_settings, best)
