"""What the page states above its charts: what is equal, and what breaks fairness."""

import pytest

from comparison.rates import Past, Tuned
from comparison.words.contract import contract, equal_parts, unequal_parts
from engine import Budget, Experiment, Function, Network, Run, Stopping, batch_rate_sweep
from engine.problems.datasets import DATASETS, Circles, TwoMoons, Xor
from engine.problems.functions import FUNCTIONS, Booth, Bowl
from engine.rules import SGD, Adam
from engine.rules.clipping import ClipNorm, ClipValue
from engine.rules.schedules import Cosine
from language import LANGUAGES, set_language
from language.labels import label

SGD_RUN = Run(optimizer=SGD(), learning_rate=0.1)
ADAM_RUN = Run(optimizer=Adam(), learning_rate=0.01)


def words(experiment, *, tuned=None, past=()):
    equal, unequal = contract(experiment, tuned=tuned, past=past)
    return " · ".join(equal), unequal


def against(**fields):
    """SGD beside a run that differs in these fields as well."""
    return Experiment(runs=[SGD_RUN, ADAM_RUN.model_copy(update=fields)])


def test_the_first_view_is_fair():
    equal, unequal = words(Experiment())

    assert unequal == []
    for fact in ("Two moons", "data seed 0", "300 training", "100 validation", "60 epochs"):
        assert fact in equal
    for fact in ("same start", "same row order", "1 seed", "learning rates as set"):
        assert fact in equal


def test_rows_drawn_with_replacement_are_no_row_order():
    drawn = [run.model_copy(update={"sampling": "replacement"}) for run in (SGD_RUN, ADAM_RUN)]
    equal, unequal = words(Experiment(runs=drawn))

    assert "same start, same rows drawn with replacement" in equal
    assert "row order" not in equal
    assert unequal == []


def test_a_penalty_in_the_losses_is_told():
    assert "penalty" not in words(Experiment())[0]

    equal, _ = words(Experiment(problem=Network(l2=0.01)))
    assert "all losses, validation included, contain the L2 penalty (λ = 0.01)" in equal


def test_the_facts_are_those_of_the_experiment():
    problem = Network(dataset=TwoMoons(rows=50), validation_share=0.5)
    experiment = Experiment(
        problem=problem,
        runs=[SGD_RUN.model_copy(update={"batch_size": "all"})],
        budget=Budget(amount=12_345, unit="iterations"),
        data_seed=77,
        seeds=(4, 5, 6),
    )
    equal, _ = words(experiment)

    for fact in ("data seed 77", "25 training", "25 validation", "12,345 iterations", "3 seeds"):
        assert fact in equal


def test_stopping_rules_are_told_where_there_are_any():
    stopped = Experiment(stopping=Stopping(patience=3))

    assert "stopping rules" not in words(Experiment())[0]
    assert "same stopping rules, which may end a run before its budget" in words(stopped)[0]


def test_one_epoch_is_no_epochs():
    assert "same budget: 1 epoch ·" in words(Experiment(budget=Budget(amount=1)))[0]


def test_a_sweep_has_the_rates_of_its_axis():
    sweep = batch_rate_sweep(Experiment(), 0, (1, 8), (0.1, 0.2))

    assert "learning rates as shown on the axis" in words(sweep)[0]


def test_gradient_noise_is_told_where_there_is_any():
    run = SGD_RUN.model_copy(update={"batch_size": "all"})
    quiet, loud = (
        words(Experiment(problem=Function(noise=noise, noise_seed=3), runs=[run]))[0]
        for noise in (0.0, 0.25)
    )

    assert "noise" not in quiet
    assert "same gradient noise (standard deviation 0.25, seed 3)" in loud


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset().name)
def test_the_data_are_named(dataset):
    set_language("ko")
    problem = Network(dataset=dataset(), loss="mean_squared_error")
    runs = [SGD_RUN.model_copy(update={"batch_size": 1})]
    equal, _ = words(Experiment(problem=problem, runs=runs))

    assert label("dataset", dataset().name) in equal


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function().name)
def test_a_function_has_a_start_and_no_rows(function):
    runs = [SGD_RUN.model_copy(update={"batch_size": "all"})]
    equal, unequal = words(Experiment(problem=Function(function=function()), runs=runs))

    assert label("function", function().name) in equal
    assert "same start" in equal
    assert "row" not in equal
    assert unequal == []


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ({"batch_size": 64}, "batch sizes differ"),
        ({"batch_size": "all"}, "batch sizes differ"),
        ({"sampling": "replacement"}, "sampling differs"),
        ({"last_batch": "dropped"}, "drop rows"),
        ({"clipping": ClipNorm()}, "only some runs clip"),
        ({"schedule": Cosine()}, "schedules differ"),
    ],
)
def test_each_difference_that_breaks_fairness_is_named(fields, fact):
    _, unequal = words(against(**fields))

    assert len(unequal) == 1
    assert fact in unequal[0]


def test_what_differs_in_words_only_breaks_nothing():
    everything = Experiment(runs=[SGD_RUN, ADAM_RUN]).problem.training_rows
    runs = [
        SGD_RUN.model_copy(update={"batch_size": everything}),
        ADAM_RUN.model_copy(update={"batch_size": "all", "last_batch": "dropped"}),
    ]

    assert words(Experiment(runs=runs))[1] == []


def test_clipping_is_told_where_all_do_it_alike_and_where_they_do_not():
    def said(*clippings):
        return words(
            Experiment(runs=[SGD_RUN.model_copy(update={"clipping": one}) for one in clippings])
        )

    equal, unequal = said(ClipNorm(2.0), ClipNorm(2.0))
    assert "same gradient clipping: ‖g‖ ≤ 2" in equal
    assert unequal == []
    for others in ((ClipNorm(2.0), ClipNorm(1.0)), (ClipNorm(), ClipValue())):
        equal, unequal = said(*others)
        assert "clipping" not in equal
        assert [part.split(":")[0] for part in unequal] == ["gradient clipping differs"]
    assert "clipping" not in said(None)[0]


def test_a_schedule_that_all_have_is_told():
    runs = [SGD_RUN.model_copy(update={"schedule": Cosine(end=0.1)})] * 2
    equal, unequal = words(Experiment(runs=runs))

    assert "same schedule: cosine e 0.1" in equal
    assert unequal == []
    assert "schedule" not in words(Experiment())[0]


def test_all_differences_are_named_at_once():
    _, unequal = words(against(batch_size=64, sampling="replacement", last_batch="dropped"))

    assert len(unequal) == 3


def test_the_sentence_on_batch_sizes_depends_on_the_budget():
    experiment = against(batch_size=64)
    by_epochs = words(experiment)[1]
    budget = Budget(amount=100, unit="iterations")
    by_iterations = words(experiment.model_copy(update={"budget": budget}))[1]

    assert "updates" in by_epochs[0]
    assert "iterations" in by_iterations[0]


def test_tuned_rates_are_told_from_set_ones():
    assert "learning rates as set" not in words(Experiment(), tuned=Tuned(9, (0,)))[0]
    assert (
        "learning rates: each run's best of 9 tried" in words(Experiment(), tuned=Tuned(9, (0,)))[0]
    )
    said = words(Experiment(seeds=(0, 1, 2)), tuned=Tuned(9, (0, 1)))[0]
    assert "learning rates: each run's best of 9 tried with 2 seeds" in said


def test_tuned_settings_tell_from_how_many_and_on_which_seeds():
    one = Tuned(21, (1000, 1001), batch_sizes=True, most=21)
    some = one._replace(most=23, is_smallest_batch=True)

    assert words(Experiment(), tuned=one)[0].endswith(
        "learning rates and batch sizes: each run's best of 21 settings, chosen on seeds 1000, 1001"
    )
    assert words(Experiment(), tuned=some)[0].endswith(
        "each run's best of 21–23 settings, chosen on seeds 1000, 1001, the smallest batches tried"
        " among them"
    )


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (Network(dataset=Circles()), "two moons"),
        (Network(dataset=TwoMoons(rows=50)), "other settings of the data"),
        (Network(hidden=(3,)), "another network"),
        (Network(l2=0.1), "another loss"),
        (Network(l2=0.1, bias=False), "other settings of data, network and loss"),
    ],
)
def test_rates_of_another_problem_say_of_which(problem, name):
    before = Past(Experiment(runs=[SGD_RUN, ADAM_RUN]), "")
    now = before.experiment.model_copy(update={"problem": problem})
    past = [before, Past(now, "problem")]

    assert words(now, past=past)[0].endswith(f"learning rates as set for {name}")
    assert words(now, tuned=Tuned(9, (0,)), past=past)[0].endswith("each run's best of 9 tried")
    assert words(now)[0].endswith("learning rates as set")


def test_rates_of_another_function_say_of_which():
    run = SGD_RUN.model_copy(update={"batch_size": "all"})
    bowl, steep, booth = (
        Experiment(problem=Function(function=function), runs=[run])
        for function in (Bowl(), Bowl(condition=99.0), Booth())
    )

    assert words(steep, past=[Past(bowl, "")])[0].endswith("for other numbers of the function")
    assert words(booth, past=[Past(bowl, "")])[0].endswith("for Bowl of chosen condition number")


def test_rates_of_which_some_are_for_other_problems_say_so():
    first = Experiment(runs=[SGD_RUN, ADAM_RUN])
    circles = first.model_copy(update={"problem": Network(dataset=Circles())})
    changed = [SGD_RUN.model_copy(update={"learning_rate": 0.2}), ADAM_RUN]
    now = circles.model_copy(update={"runs": tuple(changed)})
    past = [Past(first, ""), Past(circles, "problem"), Past(now, "runs.0.learning_rate")]
    assert words(now, past=past)[0].endswith("some learning rates as set for two moons")

    later = now.model_copy(update={"problem": Network(dataset=Xor())})
    past.append(Past(later, "problem"))
    assert words(later, past=past)[0].endswith("learning rates as set for other problems")


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_keeps_a_placeholder(code):
    set_language(code)
    experiment = against(batch_size=64, sampling="replacement")
    equal, unequal = contract(experiment, tuned=Tuned(9, (0,)))

    assert not set("{}") & set("".join(equal + unequal))


def test_what_is_equal_is_told_by_what_it_is_about():
    network = Experiment(
        problem=Network(dataset=TwoMoons(), hidden=(2,), l2=0.1),
        runs=[SGD_RUN],
        stopping=Stopping(target_loss=0.1),
    )
    run = SGD_RUN.model_copy(update={"batch_size": "all"})
    function = Experiment(problem=Function(function=Booth(), noise=0.1), runs=[run])

    assert list(equal_parts(network)) == ["data", "start", "l2", "budget", "stopping", "seeds"]
    assert list(equal_parts(function)) == ["data", "noise", "budget", "seeds"]
    assert [*equal_parts(network).values()] == contract(network, tuned=None)[0][:-1]


def test_what_is_unequal_is_told_by_the_field_in_which_runs_differ():
    apart = {"batch_size": 7, "sampling": "replacement", "last_batch": "dropped"}

    assert unequal_parts(Experiment(runs=[SGD_RUN])) == {}
    assert list(unequal_parts(against(**apart))) == ["batch_size", "sampling", "last_batch"]
    for field in ("batch_size", "sampling"):
        assert list(unequal_parts(against(**{field: apart[field]}))) == [field]
