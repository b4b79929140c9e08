"""What is said of the scores of a sweep: rows of its tables, sentences that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from comparison.words.fields import field_title, value_words
from comparison.words.names import listed, own_fields
from comparison.words.results import written
from comparison.words.seeds import named_seeds
from comparison.words.settings import loss_words
from engine.analysis.claims import CHANCE, FEWEST_SEEDS
from engine.analysis.profiles import MOST
from engine.analysis.significance import FLIPPED
from engine.rules import rule_class
from language import _, ngettext
from language.labels import inline
from sweeps.choosing import is_without_chance, setting_values, split
from sweeps.scoring import (
    NEAR,
    differences,
    fewest_for_interval,
    loss_standing,
    lowest_p,
    speedups,
    target_times,
    time_standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine import BestOf, ConfidenceInterval, PairedDifference, Speedup
    from engine.rules import Rule
    from sweeps.choosing import Chosen, Problems
    from sweeps.scoring import Compared, Profile, Report, Scoring, Unit
    from sweeps.spec import SweepSpec
    from sweeps.standing import Standing

Row = dict[str, Any]

_SIGNS: Final = {"learning_rate": "η", "batch_size": "B"}
_NONE: Final = "–"


# Fields and their values


def problem_names(problems: Problems) -> list[str]:
    """Return what each problem is called, all different: the values of its axes."""
    names: list[str] = []
    for values in problems.fields:
        parts = (
            f"{field_title(field)}: {value_words(field, value)}" for field, value in values.items()
        )
        name = ", ".join(parts)
        number, unique = 1, name
        while unique in names:
            number += 1
            unique = f"{name} ({number})"
        names.append(unique)
    return names


def setting_words(spec: SweepSpec, chosen: Chosen) -> str:
    """Return the values of the axes at a run's chosen setting."""
    if chosen.all_diverged:
        return _("diverged at every setting")
    if not chosen.tried:
        return _("not applicable")
    if not chosen.is_known:
        return _NONE
    rule = rule_class(spec.settings.variants[chosen.run].run["optimizer"])
    found = setting_values(spec, chosen.setting)
    words = (f"{_sign(field, rule)} {value_words(field, value)}" for field, value in found.items())
    return ", ".join(words) or _("as it is")


def _sign(field: str, rule: type[Rule]) -> str:
    """Return a field of a run in short: its symbol, where it has one."""
    part, _dot, name = field.partition(".")
    if part == "optimizer" and name:
        return own_fields(rule)[name]
    return _SIGNS.get(field) or f"{field_title(field)}:"


# What was chosen


def split_words(found: Scoring) -> list[str]:
    """Return which seeds chose the settings and which report, and what is unequal in that."""
    seeds, parts = found.spec.experiment.seeds, found.split
    choosing, reporting = (
        [seeds[at] for at in positions] for positions in (parts.choosing, parts.reporting)
    )
    if is_without_chance(found.spec):
        said = [_("Nothing is random here: one seed says all.")]
    elif parts.is_apart:
        text = _(
            "Each run's best setting was chosen on {choosing} and is reported on {reporting}, which"
            " had no say in it."
        )
        words = {"choosing": named_seeds(choosing), "reporting": named_seeds(reporting)}
        said = [text.format(**words)]
    else:
        text = _(
            "Seed {seed} both chose the settings and reports them, which flatters every run. With"
            " two seeds or more, others report."
        )
        said = [text.format(seed=choosing[0])]
    tried = {one.chosen.tried for row in found.reports for one in row} - {0}
    if len(tried) > 1:
        text = _("The runs had unequal numbers of settings, {low} to {high}: more flatter a run.")
        said.append(text.format(low=f"{min(tried):,}", high=f"{max(tried):,}"))
    return said


def choosing_words(spec: SweepSpec) -> list[str]:
    """Return how many seeds may choose, as it stands in a menu: half of them, 1, 2 and so on."""
    if is_without_chance(spec):
        return []
    half = _("half of them ({count})").format(count=len(split(spec, 0).choosing))
    return [half, *map(str, range(1, len(spec.experiment.seeds)))]


def chosen_rows(found: Scoring, problem: int, names: Sequence[str]) -> list[Row]:
    """Return a row for every run: its best setting on a problem, and what that rests on."""
    place = loss_standing(found, problem)
    rows = zip(found.reports[problem], names, strict=True)
    return [
        {
            _("Run"): name,
            _("Standing"): _standing_word(place, at),
            _("Best setting"): setting_words(found.spec, report.chosen),
            _("Final loss"): loss_words(report.known) if len(report.known) else _NONE,
            _("Diverged"): _share(report),
            _("Chosen among"): _among(report.chosen),
            _("Edge"): ", ".join(map(field_title, report.chosen.edges)) or _edge(report.chosen),
        }
        for at, (report, name) in enumerate(rows)
    ]


def _standing_word(place: Standing, run: int) -> str:
    if run in place.first:
        if len(place.first) == 1:
            return _("lowest")
        return _("open") if is_few(place) else _("tie")
    if run in place.higher:
        return _("higher")
    return _("diverged") if run in place.lost else _NONE


def is_few(place: Standing) -> bool:
    """Tell whether too few seeds report to tell runs apart, whatever their losses."""
    return not place.is_exact and place.seeds < FEWEST_SEEDS


def _share(report: Report) -> str:
    known = report.known
    return f"{int((known == float('inf')).sum())} / {len(known)}"


def _among(chosen: Chosen) -> str:
    if chosen.among == chosen.tried:
        return f"{chosen.tried:,}"
    return _("{count} of {all}").format(count=f"{chosen.among:,}", all=f"{chosen.tried:,}")


def _edge(chosen: Chosen) -> str:
    return _NONE if chosen.setting < 0 else _("none")


def loss_answer(found: Scoring, problem: int, names: Sequence[str]) -> list[str]:
    """Return which run ends lowest, and whether more seeds could tell more."""
    said, place = order_words(found, problem, names), loss_standing(found, problem)
    if len(place.first) > 1 and is_few(place) and _has_learnt(found, problem, place):
        text = _("From {fewest} seeds that report on, runs can be told apart.")
        said.append(text.format(fewest=FEWEST_SEEDS))
    return said


def order_words(found: Scoring, problem: int, names: Sequence[str]) -> list[str]:
    """Return which run ends lowest, in sentences that follow from the numbers."""
    place = loss_standing(found, problem)
    if not place.seeds:
        return [_("No seed that reports has been trained for all runs yet.")]
    if not place.first:
        return [_("At its best setting every run diverged in at least half of the seeds.")]
    first, higher = ([names[at] for at in group] for group in (place.first, place.higher))
    if not _has_learnt(found, problem, place):
        text = _("No run learnt anything: even {best} does not end below its start.")
        return [text.format(best=first[0])]
    said = [_first_loss(place, first, higher)]
    if len(first) > 1 and higher:
        text = _("{others}: told apart from {best}, and higher.")
        said.append(text.format(others=listed(higher), best=first[0]))
    if place.lost:
        text = _("Diverged in at least half of the seeds: {runs}.")
        said.append(text.format(runs=listed([names[at] for at in place.lost])))
    return said


def _has_learnt(found: Scoring, problem: int, place: Standing) -> bool:
    """Tell whether the first run, where there is one, ends below its start."""
    return bool(place.first) and found.reports[problem][place.first[0]].has_learnt


def _first_loss(place: Standing, first: Sequence[str], higher: Sequence[str]) -> str:
    if len(first) > 1:
        text = ngettext(
            "{runs} cannot be told apart by their final losses with {seeds} seed.",
            "{runs} cannot be told apart by their final losses with {seeds} seeds.",
            place.seeds,
        )
        text = _("{runs} end equally low.") if place.is_exact else text
        return text.format(runs=listed(first), seeds=place.seeds)
    if not higher:
        return _("{best} ends lowest.").format(best=first[0])
    text = _("{best} ends lowest, told apart over {seeds} seeds from {others}.")
    if place.is_exact:
        text = _("{best} ends lowest, below {others}; nothing here is random.")
    return text.format(best=first[0], seeds=place.seeds, others=listed(higher))


def columns_help() -> dict[str, str]:
    """Return what the columns of all tables mean, by their titles."""
    return {
        _("Standing"): _(
            "By the final loss on the seeds of the report. Tie: not told apart from the lowest."
            " Open: too few seeds report to tell runs apart."
        ),
        _("Final loss"): _("On the seeds of the report: median and quartiles."),
        _("Diverged"): _("Seeds of the report that diverged at the best setting."),
        _("Chosen among"): _("Settings of which all seeds that choose are trained."),
        _("Edge"): _("A better setting may lie beyond an edge of what was tried."),
        _("Chance to be better"): _(
            "Share of the seeds that are better, equal ones counting half. With few seeds, how many"
            " are better."
        ),
        _("Setting"): _("The one that was chosen by the final loss, not by the time."),
        _("Reached by"): _("Seeds of the report."),
        _("Fastest in"): _(
            "Share of the problems in which no run is faster. A tie counts for each run that ties,"
            " so that the shares may add up to more than 100%."
        ),
        _("Solved"): _("Share of the problems whose target is reached in the median of the seeds."),
        _("Missed"): _("Problems whose target the run missed in the median of the seeds."),
    }


# Differences


def difference_rows(
    found: Scoring, problem: int, reference: int, names: Sequence[str], *, tested: bool
) -> list[Row]:
    """Return a row for every other run: its final losses minus those of the reference."""
    compared = differences(found, problem, reference, tested=tested)
    return [
        _difference_row(one, name, tested=tested)
        for at, (one, name) in enumerate(zip(compared, names, strict=True))
        if at != reference
    ]


def _difference_row(one: Compared | None, name: str, *, tested: bool) -> Row:
    """Return a row; numbers are None where the two have no seed in common."""
    found = None if one is None else one.difference
    row: Row = {
        _("Run"): name,
        _("Median difference"): None if found is None else found.median,
        _("Interval"): _NONE if one is None or not one.has_interval else _interval(one.interval),
        _("Better"): None if found is None else found.better,
        _("Equal"): None if found is None else found.equal,
        _("Worse"): None if found is None else found.worse,
        _("Seeds"): None if found is None else found.seeds,
        _("Chance to be better"): _NONE if found is None else _chance(found),
    }
    if tested:
        row["p"] = None if one is None else one.p
        row[_("p after Holm")] = None if one is None else one.adjusted
    return row


def _chance(found: PairedDifference) -> str:
    """Return how often a run is better: a share, but of few seeds how many they are."""
    if found.seeds >= FEWEST_SEEDS:
        return f"{found.improvement:.0%}"
    text = ngettext("{better} of {count} seed", "{better} of {count} seeds", found.seeds)
    return text.format(better=found.better, count=found.seeds)


def _interval(interval: ConfidenceInterval) -> str:
    text = _("{low} to {high}")
    return text.format(low=written(interval.low, digits=3), high=written(interval.high, digits=3))


def difference_words(
    found: Scoring, problem: int, reference: int, names: Sequence[str], *, tested: bool
) -> list[str]:
    """Return what the differences are, and why some numbers are missing."""
    compared = [
        one for one in differences(found, problem, reference, tested=tested) if one is not None
    ]
    text = _(
        "Final {loss} minus that of {reference} in the same seed, each at its best setting: below 0"
        " is better."
    )
    loss = inline("quantity", loss_name(found))
    said = [text.format(loss=loss, reference=names[reference])]
    if not compared:
        return said
    if any(one.difference.both_diverged for one in compared):
        said.append(_("A seed that diverged in both runs counts as equal."))
    seeds = min(one.difference.seeds for one in compared)
    if all(one.has_interval for one in compared):
        text = _("The interval holds the median difference in at least {share:.0%} of cases.")
        said.append(text.format(share=1 - CHANCE))
    else:
        text = _(
            "No interval: {fewest} seeds or more that report are needed for one of {share:.0%}, and"
            " here are {seeds}."
        )
        said.append(text.format(fewest=fewest_for_interval(), share=1 - CHANCE, seeds=seeds))
    return [*said, *(_test_words(seeds, compared) if tested else ())]


def _test_words(seeds: int, compared: Sequence[Compared]) -> Iterator[str]:
    """Yield what the p-values are, and what they can be at the lowest."""
    if seeds not in FLIPPED:
        text = _("The exact test takes up to {most} seeds; let more of them choose.")
        yield text.format(most=f"{FLIPPED.high:g}")
        return
    text = ngettext(
        "p: exact two-sided test that flips the signs of the differences; Holm: adjusted for"
        " {count} run.",
        "p: exact two-sided test that flips the signs of the differences; Holm: adjusted for"
        " {count} runs.",
        len(compared),
    )
    yield text.format(count=len(compared))
    lowest = lowest_p(seeds)
    if lowest > CHANCE:
        text = ngettext(
            "With {seeds} seed p cannot fall below {lowest:.3g}: no difference can reach {chance}.",
            "With {seeds} seeds p cannot fall below {lowest:.3g}: no difference can reach"
            " {chance}.",
            seeds,
        )
        yield text.format(seeds=seeds, lowest=lowest, chance=CHANCE)


def loss_name(found: Scoring) -> str:
    """Return the id of the loss that is compared."""
    has_rows = found.spec.experiment.problem.n_validation
    return "validation_loss" if has_rows else "training_loss"


# Times


def time_rows(found: Scoring, problem: int, target: int, names: Sequence[str]) -> list[Row]:
    """Return a row for every run: how often and how soon it reaches a target on a problem."""
    rows = zip(found.reports[problem], names, strict=True)
    return [
        {_("Run"): name, _("Setting"): setting_words(found.spec, report.chosen)}
        | _times(report, target, found.units)
        for report, name in rows
    ]


def _times(report: Report, target: int, units: Sequence[Unit]) -> Row:
    titles: dict[Unit, tuple[str, str]] = {
        "epochs": (_("Median epochs"), _("Expected epochs")),
        "updates": (_("Median updates"), _("Expected updates")),
        "gradients": (_("Median gradients"), _("Expected gradients")),
    }
    row: Row = {}
    for unit in units:
        median, expected = titles[unit]
        time = target_times(report, unit, target)
        row[_("Reached by")] = _NONE if time is None else f"{time.met} / {time.runs}"
        row[expected] = None if time is None else time.expected
        row[median] = None if time is None else time.median
    return row


def time_words(found: Scoring, problem: int, target: int, names: Sequence[str]) -> list[str]:
    """Return which run reaches a target soonest, and what the times are."""
    place, loss = time_standing(found, problem, target), found.spec.targets[target]
    if not place.seeds:
        return [_("No seed that reports has been trained for all runs yet.")]
    text = _("No run reaches a training loss of {loss:g} in more than half of the seeds.")
    said = [text.format(loss=loss)]
    if place.first:
        first, later = ([names[at] for at in group] for group in (place.first, place.higher))
        said = [_first_time(place, first, later, loss)]
        if len(first) > 1 and later:
            text = _("{others}: told apart from {best}, and later.")
            said.append(text.format(others=listed(later), best=first[0]))
        if place.lost:
            text = _("Not in more than half of the seeds: {runs}.")
            said.append(text.format(runs=listed([names[at] for at in place.lost])))
    return said


def _first_time(place: Standing, first: Sequence[str], later: Sequence[str], loss: float) -> str:
    if len(first) > 1:
        text = ngettext(
            "{runs} cannot be told apart by their times to a training loss of {loss:g} with {seeds}"
            " seed.",
            "{runs} cannot be told apart by their times to a training loss of {loss:g} with {seeds}"
            " seeds.",
            place.seeds,
        )
        if place.is_exact:
            text = _("{runs} reach a training loss of {loss:g} equally soon.")
        return text.format(runs=listed(first), loss=loss, seeds=place.seeds)
    text = _("{best} reaches a training loss of {loss:g} first.")
    if later and place.is_exact:
        text = _("{best} reaches a training loss of {loss:g} before {others}.")
    elif later:
        text = _(
            "{best} reaches a training loss of {loss:g} soonest, told apart over {seeds} seeds from"
            " {others}."
        )
    others = listed(later) if later else ""
    return text.format(best=first[0], loss=loss, seeds=place.seeds, others=others)


def timing_words(found: Scoring, problem: int, target: int) -> list[str]:
    """Return what the times are, and whether the target was too easy."""
    said = [
        _(
            "Expected: how long it takes, with a new run of the whole budget after each miss, until"
            " one reaches the target: the time of all seeds divided by those that reached it."
        ),
        _("Times are those of the first evaluation at which the loss was low enough."),
    ]
    times = [report.times[found.unit][target] for report in found.reports[problem]]
    if any((own == 0).any() for own in times):
        said.append(
            _("Some seeds were there before the first update: a lower target would tell more.")
        )
    return said


# Over problems


def ratio_rows(
    found: Scoring, shown: Profile, target: int, reference: int, names: Sequence[str]
) -> list[Row]:
    """Return a row for every run: its score over all problems, and its times as a ratio."""
    ratios = speedups(found, target, reference)
    title = _("Times as fast as {reference}").format(reference=names[reference])
    rows = []
    for at, (name, ratio) in enumerate(zip(names, ratios, strict=True)):
        row: Row = {_("Run"): name}
        if shown.ratios is not None:
            own = shown.ratios.profiles[at]
            row[_("Fastest in")] = f"{own.at(1):.0%}"
            row[_("Solved")] = f"{float(own.shares[-1]) if len(own.shares) else 0.0:.0%}"
            row[_("Score")] = float(shown.ratios.scores[at])
        row[title] = None if ratio is None else ratio.ratio
        row[_("Missed")] = _missed(ratio)
        rows.append(row)
    return rows


def _missed(ratio: Speedup | None) -> str:
    return _NONE if ratio is None else f"{len(ratio.missed)} / {len(ratio.scored)}"


def ratio_words(shown: Profile, names: Sequence[str]) -> list[str]:
    """Return what the numbers over all problems are, and which problems are not among them.

    Args:
        shown: the profile.
        names: of all problems.
    """
    said = []
    if shown.ratios is not None:
        text = _(
            "Score: the mean over problems of 1 where a run is fastest, falling to 0 where it takes"
            " {most:g} × as long or longer."
        )
        said.append(text.format(most=MOST))
        if sum(own.at(1) for own in shown.ratios.profiles) > 1:
            said.append(_("Runs that tie are each counted as fastest."))
    said.append(
        _(
            "Times as fast: the geometric mean over problems, of two runs alone. A miss counts as"
            " the whole budget and one more, so it is a bound."
        )
    )
    if shown.void:
        text = _("Left out, because the target was reached before the first update: {problems}.")
        said.append(text.format(problems="; ".join(names[at] for at in shown.void)))
    left = len(names) - len(shown.problems)
    if left:
        text = ngettext(
            "{count} problem is not trained for all runs yet.",
            "{count} problems are not trained for all runs yet.",
            left,
        )
        said.append(text.format(count=left))
    return said


def why_no_profile(found: Scoring, shown: Profile) -> str | None:
    """Return what a sweep lacks for a profile over problems; None where there is one."""
    if len(found.problems) == 1:
        return _(
            "There is one problem here. A profile over several needs an axis of the problem, such"
            " as its data set, network or budget."
        )
    if shown.ratios is None:
        return _("No problem with a target to reach is trained for all runs yet.")
    return None


def no_targets_words() -> str:
    """Return what a sweep needs for times."""
    return _(
        "This sweep has no target, so there are no times. Give it one or more training losses to"
        " reach before it starts."
    )


# The price of tuning


def price_words(
    found: Scoring,
    prices: Sequence[Sequence[BestOf]],
    needed: Sequence[int | None],
    names: Sequence[str],
) -> list[str]:
    """Return what the curves of the price of tuning rest on, and the price of each run.

    Args:
        found: what the runs reached.
        prices: of all runs.
        needed: how many settings each run needs; see ``settings_needed``.
        names: of the runs.
    """
    if not any(prices):
        return [_("No run has a setting of which all seeds are trained yet.")]
    seeds = 1 if is_without_chance(found.spec) else len(found.spec.experiment.seeds)
    text = ngettext(
        "If you could afford only so many settings, picked at random from those tried, how low"
        " would the best of them end? A setting's loss is that of {count} seed, which flatters the"
        " winner.",
        "If you could afford only so many settings, picked at random from those tried, how low"
        " would the best of them end? A setting's loss is its median over all {count} seeds, which"
        " flatters the winner.",
        seeds,
    )
    return [text.format(count=seeds), *_needed_words(prices, needed, names)]


def _needed_words(
    prices: Sequence[Sequence[BestOf]], needed: Sequence[int | None], names: Sequence[str]
) -> Iterator[str]:
    """Yield how many settings each run needs to end near its own lowest."""
    runs = [
        _("{run} {count} of {all}").format(run=name, count=f"{count:,}", all=f"{own[0].tried:,}")
        for name, own, count in zip(names, prices, needed, strict=True)
        if count is not None
    ]
    if runs:
        text = _(
            "Settings it takes to come within {share:.0%} of a run's own lowest, in the median of"
            " such picks: {runs}."
        )
        yield text.format(share=NEAR, runs=", ".join(runs))
