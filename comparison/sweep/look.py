"""How a sweep is looked at: its lanes with the settings of the page, and the names of its runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from charts.theme import RunStyle
from comparison.sweep.coordinates import brushed
from comparison.words.fields import field_title, place_words, short
from comparison.words.names import run_names
from engine.experiment import Run
from engine.rules import rule_class
from language import _
from language.labels import inline
from sweeps.axes import LEFT_OUT, value_at, with_value
from sweeps.cells import (
    Summary,
    best_of_groups,
    held_back,
    is_higher_better,
    quantities,
    summary,
)
from sweeps.dimensions import RUN, Dimension, dimensions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comparison.document import View
    from comparison.pages import SweepPage
    from engine.arrays import Array, Booleans, Integers
    from sweeps.cells import Quantity
    from sweeps.lanes import Lanes
    from sweeps.settings import Variant
    from sweeps.spec import SweepSpec


# Fields that make another problem, or budget, of which losses cannot be held against each other.
_PROBLEM: Final = (
    "problem.dataset",
    "problem.function",
    "problem.l2",
    "problem.loss",
    "problem.noise",
    "problem.standardize_targets",
    "problem.validation_share",
    "budget",
    "data_seed",
)


def is_of_problem(field: str) -> bool:
    """Tell whether losses with different values of a field say nothing about each other."""
    return field == "problem" or field.startswith(_PROBLEM)


@dataclass(frozen=True, eq=False)
class Look:
    """A sweep as it is looked at.

    Attributes:
        lanes: of the sweep, as far as they are trained.
        view: of the comparison that is its base.
        page: the settings of the page.
    """

    lanes: Lanes
    view: View
    page: SweepPage

    @property
    def spec(self) -> SweepSpec:
        """Return the sweep."""
        return self.lanes.spec

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Return in what its settings differ, the runs first."""
        return dimensions(self.spec)

    @cached_property
    def styles(self) -> list[RunStyle]:
        """Return how each of its runs appears."""
        return sweep_styles(self.spec, self.view)

    @property
    def quantity(self) -> Quantity:
        """Return the quantity that is shown: another one where the lanes have none of it."""
        found = quantities(self.lanes)
        return self.page.shown if self.page.shown in found else found[0]

    @property
    def target(self) -> int:
        """Return the position of the target whose time is shown."""
        return min(self.page.target, max(0, len(self.spec.targets) - 1))

    @property
    def is_higher_better(self) -> bool:
        """Tell whether more of the quantity is better."""
        return is_higher_better(self.quantity)

    @cached_property
    def summary(self) -> Summary:
        """Return the quantity of every setting."""
        return summary(self.lanes, self.quantity, self.target)

    @cached_property
    def final_losses(self) -> Array:
        """Return the median of the final loss of every setting, whatever is shown."""
        if self.quantity == "final_loss":
            return self.summary.median
        return summary(self.lanes, "final_loss").median

    @property
    def quantity_title(self) -> str:
        """Return what the quantity is called."""
        return quantity_title(self.lanes, self.quantity, self.target)

    @property
    def sides(self) -> tuple[Dimension, Dimension]:
        """Return the dimensions across the map and upwards: others where the sweep lacks them."""
        across = self._one(self.page.across, 1)
        upwards = self._one(self.page.upwards, 0)
        if upwards is across:
            rest = [one for one in self.dimensions if one is not across]
            upwards = rest[0] if rest else across
        return across, upwards

    @property
    def free(self) -> tuple[str, ...]:
        """Return the fields that the open tab shows all values of: the others may be held."""
        if self.page.tab == "map":
            return tuple(one.field for one in self.sides)
        if self.page.tab in {"curves", "range"}:
            return (RUN, "learning_rate")
        return tuple(one.field for one in self.dimensions if not is_of_problem(one.field))

    def on_tab(self, tab: Literal["map", "curves", "parallel"]) -> Look:
        """Return the same sweep as another tab shows it."""
        return replace(self, page=self.page.model_copy(update={"tab": tab}))

    @property
    def others(self) -> tuple[Dimension, ...]:
        """Return the dimensions that the open tab does not show, of more than one value."""
        return tuple(one for one in self.dimensions if one.field not in self.free and len(one) > 1)

    @property
    def held(self) -> Mapping[str, int]:
        """Return at which place the other dimensions are held, by their fields.

        One of the problem always is: losses of several problems say nothing about each other.
        """
        wanted = {held.field: held.place for held in self.page.held}
        places = {}
        for one in self.others:
            place = wanted.get(one.field, len(one))
            if place < len(one):
                places[one.field] = place
            elif is_of_problem(one.field):
                places[one.field] = 0
        return places

    @cached_property
    def is_kept(self) -> Booleans:
        """Tell which settings have the values that are held, and pass through what is brushed."""
        kept: Booleans = held_back(self.dimensions, self.held) & brushed(self)
        return kept

    @cached_property
    def start(self) -> float | None:
        """Return the median loss before any update, which a loss shown is held against."""
        first = self.lanes.scores.get(f"{self.lanes.loss}_first")
        is_loss = self.quantity in {"final_loss", "best_loss"}
        known = np.empty(0) if first is None else first[self.is_kept]
        known = known[~np.isnan(known)]
        return float(np.median(known)) if is_loss and len(known) else None

    def names(self, dimension: Dimension) -> list[str]:
        """Return what the places of a dimension are called."""
        return place_words(dimension, [style.name for style in self.styles])

    def setting_words(self, setting: int) -> str:
        """Return a setting in words: its run, and the values of its axes."""
        parts = [self.styles[int(self.dimensions[0].places[setting])].name]
        for one in self.dimensions[1:]:
            place = int(one.places[setting])
            if place >= 0:
                value = short(float(one.numbers[setting])) if one.edges is not None else None
                parts.append(f"{field_title(one.field)} {value or self.names(one)[place]}")
        return " · ".join(parts)

    def best_of_runs(self) -> Integers:
        """Return the best kept setting of each run by the quantity shown; -1 where none is."""
        indices = np.flatnonzero(self.is_kept)
        return best_of_groups(
            self.summary.median,
            indices,
            self.dimensions[0].places[indices],
            len(self.dimensions[0]),
            higher=self.is_higher_better,
        )

    def _one(self, field: str, place: int) -> Dimension:
        found = [one for one in self.dimensions if one.field == field]
        return found[0] if found else self.dimensions[min(place, len(self.dimensions) - 1)]


def sweep_styles(spec: SweepSpec, view: View) -> list[RunStyle]:
    """Return how each run of a sweep appears: as in its base, where an axis makes no more of it."""
    variants = spec.settings.variants
    times = Counter(variant.position for variant in variants)
    runs = [_unswept(spec, variant) for variant in variants]
    is_known = len(view.names) == len(spec.experiment.runs)
    given = [
        view.names[variant.position] if is_known and times[variant.position] == 1 else ""
        for variant in variants
    ]
    numbers: list[int] = []
    for variant in variants:
        number = view.numbers[variant.position] if is_known else variant.position
        while number in numbers:
            number += 1
        numbers.append(number)
    return [RunStyle(*one) for one in zip(run_names(runs, given), numbers, strict=True)]


def _unswept(spec: SweepSpec, variant: Variant) -> Run:
    """Return a run with equal or default values in place of those that axes set.

    One whose clipping is swept is named like one that clips nothing.
    """
    fields = variant.run
    rule = vars(rule_class(fields["optimizer"])())
    usual = {**fields, "optimizer": rule, "learning_rate": 1.0, "batch_size": "all"}
    plain = Run.model_validate(usual).model_dump(mode="json")
    for at in variant.axes:
        axis = spec.settings.axes[at]
        if axis.path[0] in LEFT_OUT:
            fields = {**fields, axis.path[0]: LEFT_OUT[axis.path[0]]}
            continue
        value = value_at(plain, axis.path)
        if value is not None:
            fields = with_value(fields, axis.path, value)
    return Run.model_validate(fields)


def quantity_title(lanes: Lanes, quantity: Quantity, target: int = 0) -> str:
    """Return what a quantity of a sweep is called."""
    if quantity in {"epochs_to_target", "updates_to_target"}:
        text = _("Epochs to training loss {target}")
        if quantity == "updates_to_target":
            text = _("Updates to training loss {target}")
        return text.format(target=f"{lanes.spec.targets[target]:.12g}")
    if quantity == "final_score":
        score = lanes.spec.experiment.problem.score
        return _("Final accuracy") if score == "accuracy" else _("Final R²")
    loss = "training_loss" if quantity == "final_training_loss" else lanes.loss
    text = _("Best {loss}") if quantity == "best_loss" else _("Final {loss}")
    return text.format(loss=inline("quantity", loss))
