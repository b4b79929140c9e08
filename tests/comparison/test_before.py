"""Which runs of an earlier comparison get a faint line, and how it is drawn."""

from itertools import pairwise

from charts.theme import RunStyle
from comparison.before import changed_runs, with_lines_before
from comparison.catalogue import losses
from engine import Budget, Network, Run, fit
from engine.problems.datasets import Circles
from engine.rules import SGD, Adam
from tests.driven import small

STYLES = [RunStyle("SGD", 0), RunStyle("Adam", 1)]


def changed(now, styles=STYLES):
    return changed_runs(fit(small()), STYLES, now, styles)


def test_only_what_was_changed_is_drawn_twice():
    slower = small().runs[0].model_copy(update={"learning_rate": 0.1})

    assert changed(small()) == []
    assert changed(small(runs=[slower, small().runs[1]])) == [0]


def test_a_change_of_what_runs_share_changes_all():
    assert changed(small(seeds=(1,))) == [0, 1]
    assert changed(small(seeds=(1,), budget=Budget(amount=6))) == [0, 1]


def test_a_longer_budget_goes_on_with_the_old_line():
    assert changed(small(budget=Budget(amount=6))) == []


def test_an_old_line_that_would_be_cut_off_is_not_drawn():
    slower = small().runs[0].model_copy(update={"learning_rate": 0.1})
    runs = [slower, small().runs[1]]

    assert changed(small(runs=runs, budget=Budget(amount=4))) == []
    assert changed(small(runs=runs, budget=Budget(amount=5, unit="iterations"))) == []


def test_another_rule_is_another_run():
    other = Run(optimizer=Adam(), learning_rate=0.5)

    assert changed(small(runs=[other, small().runs[1]])) == []


def test_a_run_is_known_by_its_colour():
    slower = Run(optimizer=SGD(), learning_rate=0.1)
    runs = [small().runs[1], slower]

    assert changed(small(runs=runs), [RunStyle("Adam", 1), RunStyle("SGD", 0)]) == [0]
    assert changed(small(runs=runs), [RunStyle("Adam", 1), RunStyle("SGD", 5)]) == []


def test_losses_of_other_data_or_another_loss_are_not_compared():
    assert changed(small(problem=Network(dataset=Circles()))) == []
    assert changed(small(problem=Network(loss="mean_squared_error"))) == []


def test_the_axis_holds_what_is_faint_as_well():
    def chart(rate):
        runs = [Run(optimizer=SGD(), learning_rate=rate), small().runs[1]]
        return losses(fit(small(runs=runs)), STYLES, "training_loss", "epochs", log=True)

    good, bad = chart(0.5), chart(30.0)
    ranges = [one.figure.layout.yaxis.range for one in (good, bad)]
    both = with_lines_before(good, bad, ["SGD"])

    assert ranges[0] != ranges[1]
    low, high = both.figure.layout.yaxis.range
    assert all(low <= below < above <= high for below, above in ranges)
    assert both.figure.data[-1].opacity < 1
    assert both.figure.data[-1].zorder < 0
    assert both.remarks[-1] == "Faint: before the change."
    assert with_lines_before(good, bad, []) is good


def test_names_lie_apart_on_an_axis_that_faint_lines_have_made_longer():
    styles = [RunStyle(f"Run {number}", number) for number in range(7)]

    def chart(first):
        rates = [first, *(0.1 * 1.15**number for number in range(6))]
        runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in rates]
        return losses(fit(small(runs=runs)), styles, "training_loss", "epochs", log=True)

    layout = with_lines_before(chart(0.1), chart(30.0), ["Run 0"]).figure.layout
    low, high = layout.yaxis.range
    plot = 318  # pixels of its height in a browser
    names = [note for note in layout.annotations if note.xref == "paper"]
    places = sorted(plot * (note.y - low) / (high - low) + note.yshift for note in names)

    assert len(places) == 7
    assert min(later - one for one, later in pairwise(places)) >= 17  # pixels of a line of text
