"""For which problem learning rates were set: read from the past of a comparison, never stored."""

import pytest

from comparison.document import Document, with_default_view
from comparison.edits import (
    add_run,
    apply_to_all,
    change,
    change_problem,
    change_run,
    choose_dataset,
    choose_loss,
    choose_rule,
    duplicate_run,
    remove_run,
    take_settings,
    use_preset,
    use_runs_preset,
    use_surface_preset,
)
from comparison.presets import COMPARE_PRESETS, FUNCTION_VIEW, SURFACE_PRESETS
from comparison.rates import Past, differing, rates_set_for
from engine import Budget, Experiment, Function, Network, Run
from engine.problems.datasets import Circles, Digits, Iris, TwoMoons, Xor
from engine.problems.functions import Bowl, Rosenbrock
from engine.rules import SGD, Adam, Momentum, RMSprop
from ui.shell.versions import differences

MOONS = Network()
OWN = Experiment(
    runs=(
        Run(optimizer=SGD(), learning_rate=0.3),
        Run(optimizer=Adam(), learning_rate=0.007),
    )
)


class Session:
    """Versions as a page makes them."""

    def __init__(self, experiment=None):
        self.document = Document() if experiment is None else with_default_view(experiment)
        self.past = [Past(self.document.experiment, "")]

    def do(self, edit, *args, **fields):
        edited = edit(self.document, *args, **fields)
        dumps = (one.experiment.model_dump() for one in (self.document, edited.document))
        self.document = edited.document
        self.past.append(Past(self.document.experiment, edited.done or differences(*dumps)[0]))
        return self

    @property
    def set_for(self):
        return rates_set_for(self.document.experiment, self.past)


def test_rates_of_the_first_view_are_set_for_it():
    assert Session().set_for is None
    assert rates_set_for(Experiment(), ()) is None


@pytest.mark.parametrize(
    ("edit", "args", "fields"),
    [
        (choose_dataset, (Digits(),), {}),
        (change_problem, (), {"hidden": (32,)}),
        (change_problem, (), {"l2": 0.1}),
        (choose_loss, ("mean_squared_error",), {}),
        (change_problem, (), {"dataset": TwoMoons(rows=400, noise=0.5)}),
    ],
)
def test_rates_stay_those_of_the_problem_before(edit, args, fields):
    for first in (Experiment(), OWN):
        set_for = Session(first).do(edit, *args, **fields).set_for

        assert set_for.problems == (MOONS,)
        assert not set_for.partly


@pytest.mark.parametrize("name", SURFACE_PRESETS)
@pytest.mark.parametrize("before", SURFACE_PRESETS)
def test_a_preset_brings_rates_of_its_own_whatever_was_there_before(before, name):
    first = Session(FUNCTION_VIEW)
    assert first.do(use_surface_preset, before).do(use_surface_preset, name).set_for is None


def test_presets_of_compare_bring_theirs_too():
    session = Session()
    for name in (*COMPARE_PRESETS, *COMPARE_PRESETS):
        assert session.do(use_preset, name).set_for is None


@pytest.mark.parametrize(
    "fields", [{"data_seed": 3}, {"budget": Budget(amount=5)}, {"seeds": (1, 2)}]
)
def test_other_changes_say_nothing_about_rates(fields):
    assert Session().do(change, **fields).set_for is None


def test_held_out_rows_are_no_other_problem():
    assert Session().do(change_problem, validation_share=0.5).set_for is None


def test_the_problem_before_is_named_not_the_one_between():
    session = Session(OWN).do(choose_dataset, Circles()).do(choose_dataset, Xor())

    assert session.set_for.problems == (MOONS,)
    assert session.do(choose_dataset, TwoMoons(rows=400, noise=0.2)).set_for is None


def test_a_rate_that_the_reader_changes_is_set_for_what_is_shown():
    session = Session(OWN).do(choose_dataset, Digits())
    session.do(change_run, 0, learning_rate=0.05)
    assert session.set_for.partly

    session.do(change_run, 1, learning_rate=0.01)
    assert session.set_for is None
    digits = session.document.experiment.problem
    assert session.do(choose_dataset, Iris()).set_for.problems == (digits,)


def test_best_rates_that_were_taken_are_set_for_what_is_shown():
    session = Session().do(choose_dataset, Digits())
    runs = [one.model_copy(update={"learning_rate": 0.02}) for one in Experiment().runs]

    assert session.do(change, runs=tuple(runs)).set_for is None


def test_a_rate_given_to_all_is_set_for_what_is_shown():
    session = Session(OWN).do(choose_dataset, Digits()).do(change_run, 0, learning_rate=0.04)

    assert session.do(apply_to_all, "learning_rate").set_for is None


def test_rates_that_are_taken_from_a_search_are_set_for_what_is_shown():
    session = Session().do(choose_dataset, Digits())
    best = dict(enumerate(session.document.experiment.runs))
    best[0] = best[0].model_copy(update={"learning_rate": 0.1, "batch_size": 8})
    assert session.set_for.problems == (MOONS,)

    assert not {best[0]} & set(session.document.experiment.runs)
    set_for = session.do(take_settings, {0: best[0]}).set_for
    assert set_for.partly


def test_a_rate_typed_that_happens_to_be_the_default_is_the_readers():
    session = Session(OWN).do(choose_dataset, Digits()).do(remove_run)
    default = type(session.document.experiment.runs[0].optimizer).default_learning_rate

    assert session.do(change_run, 0, learning_rate=default).set_for is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda session: session.do(choose_rule, 0, RMSprop),
        lambda session: session.do(add_run),
        lambda session: session.do(use_runs_preset, "optimizers"),
    ],
)
def test_default_rates_are_those_of_two_moons_whenever_they_come(edit):
    session = Session(OWN.model_copy(update={"problem": Network(dataset=Circles())}))
    assert session.set_for is None

    edit(session)
    assert session.set_for.problems == (MOONS,)


def test_a_link_with_default_rates_for_other_data_is_told():
    digits = Network(dataset=Digits(), loss="cross_entropy", standardize=True)

    assert rates_set_for(Experiment(problem=digits), ()).problems == (MOONS,)
    assert Session(Experiment(problem=digits)).set_for.problems == (MOONS,)


def test_a_link_with_rates_of_its_own_is_believed():
    mixed = (*OWN.runs, Run(optimizer=Momentum(), learning_rate=0.1))

    assert Session(OWN.model_copy(update={"problem": Network(hidden=())})).set_for is None
    assert Session(Experiment(problem=Network(hidden=()), runs=mixed)).set_for is None


def test_copies_and_fewer_runs_keep_where_their_rates_come_from():
    session = Session(OWN).do(choose_dataset, Digits())
    session.do(duplicate_run).do(change_run, 2, batch_size=8)
    assert session.set_for.problems == (MOONS,)

    assert session.do(remove_run).do(remove_run).set_for.problems == (MOONS,)


def test_where_rates_alone_differ_they_are_what_is_compared():
    rates = Session().do(choose_dataset, Digits()).do(use_runs_preset, "rates")

    assert len(rates.document.experiment.runs) == 5
    assert rates.set_for is None


def test_what_a_page_makes_of_a_comparison_has_its_rates():
    session = Session(OWN).do(choose_dataset, Digits())
    experiment = session.document.experiment
    alone = experiment.model_copy(update={"runs": experiment.runs[1:], "seeds": (7,)})

    assert rates_set_for(alone, session.past).problems == (MOONS,)


def test_undo_is_a_shorter_past():
    session = Session(OWN).do(choose_dataset, Digits())

    assert rates_set_for(session.past[0].experiment, session.past[:1]) is None


def test_functions_have_rates_of_their_own():
    whole = OWN.runs[0].model_copy(update={"batch_size": "all"})
    bowl = Experiment(problem=Function(function=Bowl()), runs=(whole,))
    session = Session(bowl).do(change_problem, function=Rosenbrock())
    assert session.set_for.problems == (bowl.problem,)

    assert Session(bowl).do(change_problem, start=(1.0, 1.0)).set_for is None
    assert Session(bowl).do(change_problem, noise=0.1).set_for is None


def test_problems_differ_in_parts():
    assert differing(MOONS, MOONS) == set()
    assert differing(MOONS, Network(hidden=(3,), l2=0.1)) == {"network", "loss"}
    assert differing(MOONS, Function()) == differing(Function(), MOONS) == {"data"}
