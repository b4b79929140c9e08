"""One step: every quantity of one update, and the rule's formula with these numbers put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.scenes import seen_parameters
from comparison.steps import chosen_update, point_words, step_table, update_words
from comparison.words.clipping import clipping_sign
from comparison.words.rules import UPDATE, formula_of
from comparison.words.scheduled import RATE_WORDS
from comparison.words.schedules import SCHEDULED
from comparison.words.worked import worked
from engine import inspect, parameter_names
from engine.rules.schedules import Constant
from language import _
from ui.shell.store import document
from ui.shell.text import escaped
from ui.surfaces.planes import parameter_controls
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.scenes import Scene
    from engine import StepInspection
    from engine.experiment import Run

_NAMES: Final = 175  # as wide as the longest name of a quantity


def step_tab(scene: Scene) -> None:
    """Show a table of one update beside the formula of its rule."""
    parameter_controls()
    position, update = chosen_update(scene, document().view.selected, settings().step)
    if update == 0:
        st.info(_("This run has not taken a step."))
        return
    experiment = scene.history.experiment
    seen = inspect(experiment, position, experiment.seeds[0], update)
    names = parameter_names(experiment.problem)
    parameters = seen_parameters(experiment.problem, settings())
    st.markdown(update_words(f"**{escaped(scene.styles[position].name)}**", update))
    for sentence in point_words(experiment, position):
        st.caption(sentence)
    grid = st.grid(2, min_column_width=400)
    table, formula = grid.cell(), grid.cell()
    with table:
        _table(seen, names, parameters)
    with formula:
        _formula(seen, names, parameters, experiment.runs[position])


def _table(seen: StepInspection, names: Sequence[str], parameters: Sequence[int]) -> None:
    """Show a row per quantity and a column per parameter; for networks the norm as well."""
    table = step_table(seen, names, parameters)
    st.dataframe(
        table,
        width="stretch",
        height="content",
        key="surfaces-step",
        column_config={"_index": st.column_config.TextColumn(width=_NAMES)}
        | {name: st.column_config.NumberColumn(format="%.5g") for name in table.columns},
        placeholder="–",
        alt=_("Every quantity of the step, one column per parameter."),
    )


def _formula(
    seen: StepInspection, names: Sequence[str], parameters: Sequence[int], run: Run
) -> None:
    """Show the rule and the step, worked out for each of the parameters."""
    formula = rf"{formula_of(type(seen.optimizer))} \qquad {UPDATE}"
    if run.schedule != Constant():
        formula = rf"{SCHEDULED} \qquad {formula}"
        st.caption(_(RATE_WORDS))
    if run.clipping is not None:
        text = _("gₜ is what clipping leaves of the gradient: {sign}.")
        st.caption(text.format(sign=clipping_sign(run.clipping)))
    for parameter in parameters:
        st.caption(f"**{escaped(names[parameter])}**")
        lines = [_aligned(line) for line in worked(formula, seen.terms(parameter))]
        st.latex(r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}")


def _aligned(line: str) -> str:
    """Return an equation for an aligned block: symbols, numbers and value below each other."""
    left, *rows = line.split(" = ")
    if len(rows) == 2:
        rows = [" = ".join(rows)]
    return left + r" \\ ".join(f" &= {row}" for row in rows)
