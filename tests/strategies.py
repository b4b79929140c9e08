"""Hypothesis strategies: valid experiments, small ones that train in milliseconds, comparisons."""

from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from hypothesis import assume, settings
from hypothesis import strategies as st

from comparison.document import Document, View
from comparison.pages import PAGES, BackpropagationPage, RulePage, SweepPage
from engine import Budget, Experiment, Function, InvalidInput, Network, Run, Stopping
from engine.experiment import misfit
from engine.formulas.graph import steps
from engine.limits import LIMITS, Interval, Length
from engine.problems.datasets import (
    Airfoil,
    Blobs,
    BreastCancer,
    Chebyshev,
    Circles,
    Digits,
    Iris,
    Line,
    Penguins,
    Polynomial,
    Sine,
    SingleRow,
    Spirals,
    ThreePoints,
    TwoMoons,
    Xor,
)
from engine.problems.formula import Formula
from engine.problems.functions import FUNCTIONS, Bowl
from engine.rules import RULES, choices, hyperparameters, typed_rule
from engine.rules.clipping import CLIPPINGS, Threshold
from engine.rules.schedules import (
    LENGTHS,
    SCHEDULES,
    Constant,
    Exponential,
    MultiStep,
    ReduceOnPlateau,
    Step,
    WarmUpStableDecay,
    intervals,
    words,
)
from sweeps.axes import ListAxis, RangeAxis
from tests.engine.rules import own

SQUARED = ("mean_squared_error", "half_mean_squared_error", "half_sum_of_squares")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")
SEEDS = st.integers(0, 2**32 - 1)


def examples(number):
    """Settings of so many examples in CI; elsewhere of as many as usual, or the like share."""
    usual = settings.default.max_examples  # of the profile: 100 in CI
    return settings(max_examples=max(min(number, usual), number * usual // 100))


def numbers(interval):
    """Every float of an interval."""
    return st.floats(
        interval.low,
        interval.high,
        exclude_min=interval.open_low,
        exclude_max=interval.open_high,
    )


# Typed rules, which are in no registry.
TYPED = tuple(
    typed_rule(title, text)
    for title, text in (("Mine", own.ADAM), ("Many", own.MANY), ("아담 (2)", own.MOMENTUM))
)


@st.composite
def rules(draw, classes=RULES):
    """A rule with hyperparameters from their whole range."""
    rule = draw(st.sampled_from(classes))
    fields = {name: st.sampled_from(some) for name, some in choices(rule).items()}
    for name, interval in hyperparameters(rule).items():
        is_whole = isinstance(getattr(rule(), name), int)
        low, high = interval.low, interval.high
        fields[name] = st.integers(int(low), int(high)) if is_whole else numbers(interval)
    return rule(**{name: draw(values) for name, values in fields.items()})


def clippings():
    """No clipping, or one of any threshold."""
    (interval,) = Threshold.__metadata__
    thresholds = numbers(interval)
    return st.one_of(st.none(), *(st.builds(kind, thresholds) for kind in CLIPPINGS))


@st.composite
def schedules(draw, validated):
    """A schedule with numbers from their whole range, of a run of any length.

    Decays by steps are in shares of the run, for in long runs they would fall to 0, and so would an
    end value of 0 before the end of a run. ``validated`` tells whether there are validation rows.
    """
    kind = draw(
        st.sampled_from([one for one in SCHEDULES if validated or one is not ReduceOnPlateau])
    )
    unit = "share" if kind in {Step, Exponential} else draw(st.sampled_from(list(LENGTHS)))
    fields = {name: draw(st.sampled_from(of)) for name, of in words(kind).items()}
    for name, interval in intervals(kind, unit).items():
        is_whole = isinstance(getattr(kind, name), int)
        low, high = interval.low, interval.high
        fields[name] = draw(st.integers(int(low), int(high)) if is_whole else numbers(interval))
    fields["unit"] = unit
    if kind is MultiStep:
        milestones = st.lists(numbers(LENGTHS[unit]), min_size=1, max_size=12, unique=True)
        fields["milestones"] = tuple(sorted(draw(milestones)))
    if "length" in fields:
        fields["warm_up"] = draw(st.floats(0, 0.5)) * fields["length"]
    if kind is WarmUpStableDecay:
        fields["cooldown"] = max(fields["length"] / 2, LENGTHS[unit].low)
        fields["warm_up"] = min(fields["warm_up"], fields["length"] - fields["cooldown"])
        fields["curve"] = draw(st.sampled_from(("linear", "root")))
    if "end" in fields:
        fields["end"] = max(fields["end"], 1e-6)
    if kind is Step:
        fields |= {"every": max(fields["every"], 0.02), "decay": max(fields["decay"], 1e-5)}
    return kind(**fields)


def batch_sizes(rows):
    """A batch size that fits so many training rows."""
    return st.one_of(st.just("all"), st.integers(1, rows), st.just(1), st.just(rows))


@st.composite
def runs(draw, problem, rates=None, sizes=None):
    """A run that fits a problem."""
    sizes = batch_sizes(problem.training_rows) if sizes is None else sizes
    of_all_rows = {"batch_size": "all", "sampling": "shuffled"}
    fitting = [
        rule
        for rule in RULES
        if misfit(problem, Run(optimizer=rule(), learning_rate=1.0, **of_all_rows)) is None
    ]
    run = Run(
        optimizer=draw(rules((*fitting, *TYPED))),
        learning_rate=draw(numbers(LIMITS["learning_rate"]) if rates is None else rates),
        batch_size=draw(sizes),
        sampling=draw(st.sampled_from(("shuffled", "replacement"))),
        last_batch=draw(st.sampled_from(("kept", "dropped"))),
        clipping=draw(clippings()),
        schedule=draw(st.just(Constant()) | schedules(problem.n_validation > 0)),
    )
    return run if misfit(problem, run) is None else run.model_copy(update=of_all_rows)


def datasets(most_rows):
    """Every data set; the generated ones with up to so many rows."""
    rows, noise = st.integers(4, most_rows), st.floats(0, 10)
    curves = [st.builds(d, rows=rows, noise=noise) for d in (Line, Sine, Polynomial, Chebyshev)]
    planes = [st.builds(d, rows=rows, noise=noise) for d in (TwoMoons, Circles, Xor, Spirals)]
    blobs = st.builds(
        Blobs,
        rows=st.integers(10, most_rows),
        noise=noise,
        classes=st.integers(2, 10),
        features=st.integers(1, 6),
    )
    tiny = [st.just(SingleRow()), st.just(ThreePoints())]
    return st.one_of(*curves, *planes, blobs, *tiny)


def real_datasets():
    """The measured data sets."""
    return st.sampled_from([Iris(), BreastCancer(), Digits(), Penguins(), Airfoil()])


@st.composite
def networks(draw, data, most_units=16, l2=None):
    """A network on a data set, with a loss that fits it."""
    dataset = draw(data)
    losses = list(SQUARED)
    if dataset.task == "classification":
        losses.append("cross_entropy")
    if dataset.n_classes == 2:
        losses.append("binary_cross_entropy")
    loss = draw(st.sampled_from(losses))
    outputs = ACTIVATIONS if loss in SQUARED else ("identity",)
    return Network(
        dataset=dataset,
        validation_share=draw(st.sampled_from((0.0, 0.25, 0.5))),
        standardize=draw(st.booleans()),
        standardize_targets=dataset.task == "regression" and draw(st.booleans()),
        hidden=draw(st.lists(st.integers(1, most_units), max_size=4)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        output_activation=draw(st.sampled_from(outputs)),
        bias=draw(st.booleans()),
        loss=loss,
        l2=draw(st.floats(0, 10) if l2 is None else l2),
        start=draw(st.sampled_from(("he", "glorot", "uniform", "zeros"))),
    )


FORMULAS = (
    "0.1*x^2 + 2*y^2",
    "(a - x)^2 + b*(y - x^2)^2",
    "t = x - 0.3\nabs(t) + a*abs(y + 1.7)",
    "x - ln(x) + y^2",
    "√(1 + x²) * tanh(y) + 학습*max(x, y)",
    "sin(a1*x)*cos(y) + exp(-x^2/8 - y^2)",
    "x^y + sigmoid(k*x) / (1 + y^2)",
    "y",
)


@st.composite
def formulas(draw):
    """A formula that a reader types, with constants."""
    plain = Formula(text=draw(st.sampled_from(FORMULAS)))
    value = st.sampled_from((1.0, 0.0, -2.5, 100.0)) | st.floats(-1e6, 1e6)
    constants = {name: draw(value) for name, _value in plain.constants}
    return Formula(text=plain.text, constants=constants)


def functions():
    """A test function or a formula, a start and perhaps noise."""
    coordinate = st.floats(-1e6, 1e6)
    kinds = st.one_of(
        formulas(),
        st.sampled_from([function() for function in FUNCTIONS]),
        st.builds(Bowl, condition=st.floats(1, 1e6)),
    )
    starts = st.one_of(st.none(), st.tuples(coordinate, coordinate))
    noise = st.one_of(st.just(0.0), st.floats(0, 10))
    return st.builds(Function, function=kinds, start=starts, noise=noise, noise_seed=SEEDS)


@st.composite
def experiments(draw):
    """Any valid experiment; most would take long to train."""
    data = st.one_of(datasets(60_000), real_datasets())
    problem = draw(st.one_of(networks(data), functions()))
    validated = problem.kind == "network" and problem.training_rows < problem.dataset.n_rows
    unit = draw(st.sampled_from(("epochs", "iterations", "rows_seen", "gradients")))
    number = st.none() | st.floats(0, 1e12)
    return Experiment(
        problem=problem,
        runs=draw(st.lists(runs(problem), min_size=1, max_size=12)),
        budget=Budget(amount=draw(st.integers(1, int(LIMITS[unit].high))), unit=unit),
        stopping=Stopping(
            target_loss=draw(st.none() | st.floats(-1e12, 1e12)),
            gradient_norm=draw(number),
            patience=draw(st.none() | st.integers(1, 10_000)) if validated else None,
        ),
        record_every=draw(st.none() | st.integers(1, 600_000_000)),
        data_seed=draw(SEEDS),
        seeds=draw(st.lists(SEEDS, min_size=1, max_size=30, unique=True)),
    )


@st.composite
def small_experiments(draw, most_runs=4):
    """An experiment of a few updates, with rates from crawling to diverging.

    Its runs share one or two batch sizes, so that many of them step together.
    """
    rates = st.sampled_from((1e-3, 0.03, 0.3, 3.0, 1e7))
    small_network = networks(datasets(24), most_units=5, l2=st.sampled_from((0.0, 0.1)))
    problem = draw(st.one_of(small_network, small_network, functions()))
    validated = problem.kind == "network" and problem.training_rows < problem.dataset.n_rows
    unit = draw(st.sampled_from(("epochs", "iterations", "rows_seen", "gradients")))
    rows = problem.training_rows
    sizes = draw(st.lists(batch_sizes(rows), min_size=1, max_size=2))
    some_runs = runs(problem, rates, st.sampled_from(sizes))
    return Experiment(
        problem=problem,
        runs=draw(st.lists(some_runs, min_size=1, max_size=most_runs)),
        budget=Budget(amount=draw(st.integers(1, 5 if unit == "epochs" else 40)), unit=unit),
        stopping=Stopping(
            target_loss=draw(st.none() | st.floats(0, 1)),
            gradient_norm=draw(st.none() | st.floats(0, 0.5)),
            patience=draw(st.none() | st.integers(1, 3)) if validated else None,
        ),
        record_every=draw(st.none() | st.integers(1, 7)),
        data_seed=draw(st.integers(0, 3)),
        seeds=draw(st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True)),
    )


@st.composite
def documents(draw, compared=None, page=None):
    """A valid comparison, of any experiment and on any page if not of these."""
    experiment = draw(experiments() if compared is None else compared)
    runs = len(experiment.runs)
    names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
    numbers = draw(st.lists(st.integers(0, 10_000), min_size=runs, max_size=runs, unique=True))
    view = View(
        names=draw(st.lists(names, min_size=runs, max_size=runs)),
        numbers=numbers,
        selected=draw(st.integers(0, runs - 1)),
        hidden_runs=draw(st.lists(st.sampled_from(numbers), max_size=runs)),
        smoothing=draw(st.just(1) | st.integers(1, 1_000)),
        quantity=draw(st.sampled_from(("training_loss", "validation_loss", "batch_loss"))),
        axis=draw(st.sampled_from(("iterations", "epochs", "rows_seen", "gradients", "seconds"))),
        log=draw(st.booleans()),
        page=draw(st.one_of(*map(pages, PAGES)) if page is None else pages(page)),
    )
    return Document(experiment=experiment, view=view)


def pages(page):
    """Settings of a page: every field from its whole range, but for what contradicts itself."""
    if page is BackpropagationPage:
        return worked_examples()
    if page is RulePage:
        return own_rules()
    return sweep_pages() if page is SweepPage else _values(page)


@st.composite
def own_rules(draw):
    """The page of a typed rule, with values of its constants or without."""
    rule = draw(rules(TYPED))
    values = draw(st.just(()) | st.just(tuple(rule.constants.values())))
    tab = draw(st.sampled_from(("numpy", "pytorch")))
    return RulePage(title=rule.title, text=rule.text, values=values, tab=tab)


@st.composite
def sweep_pages(draw):
    """The Sweep page; its axes are of fields that there are, with values of any kind."""
    fields = {
        name: (field.annotation, field.metadata) for name, field in SweepPage.model_fields.items()
    }
    drawn = {name: draw(_values(*kind)) for name, kind in fields.items() if name != "axes"}
    return SweepPage(**drawn, axes=draw(st.lists(sweep_axes(), max_size=4)))


def sweep_axes():
    """Axes of a sweep, which need not fit any comparison."""
    fields = st.sampled_from(
        ("learning_rate", "batch_size", "optimizer.momentum", "problem.hidden", "budget")
    )
    values = st.one_of(
        st.integers(1, 64),
        st.floats(1e-6, 10),
        st.just("all"),
        st.just([8, 8]),
        st.text(max_size=5),
    )
    rules = st.lists(st.sampled_from([rule.name for rule in RULES]), max_size=2, unique=True)
    lists = st.builds(
        ListAxis, field=fields, values=st.lists(values, min_size=1, max_size=4), rules=st.just(())
    )
    ranges = st.builds(
        RangeAxis,
        field=st.just("learning_rate"),
        rules=rules,
        low=st.floats(1e-6, 1e-2),
        high=st.floats(0.1, 10),
        count=st.integers(2, 12),
        scale=st.sampled_from(("linear", "log")),
    )
    return lists | ranges


@st.composite
def worked_examples(draw):
    """The Backpropagation page; values, variable and step are those of its graph."""
    fields = {name: field.annotation for name, field in BackpropagationPage.model_fields.items()}
    drawn = {name: draw(_values(fields[name])) for name in ("example", "tab")}
    own = st.sampled_from(
        ("x*y + 1", "log(x)", "relu(a) - 2", "exp(x)^2 / y", "3", "a = abs(x)²\nb = 2*a\nln(x)")
    )
    drawn["formula"] = draw(own if drawn["example"] == "own" else _PLAIN[str])
    page = _valid(BackpropagationPage, drawn)
    assume(page is not None)
    inputs, last = page.graph.inputs, len(steps(page.graph)) - 1
    values = st.lists(st.floats(-100, 100), min_size=len(inputs), max_size=len(inputs))
    drawn |= {
        "values": draw(st.just(()) | values),
        "variable": draw(st.sampled_from(("", *inputs))),
        "step": draw(st.none() | st.integers(0, last)),
        "learning_rate": draw(st.none() | numbers(LIMITS["learning_rate"])),
        "minimised": draw(st.sampled_from(("", *page.outputs))),
        "moved": draw(st.lists(st.sampled_from(inputs), unique=True)),
        "updates": draw(st.integers(0, int(page.possible_updates.high))),
    }
    page = _valid(BackpropagationPage, drawn)
    assume(page is not None)
    return page


def _values(kind, notes=()):
    """Values of an annotated type: what pydantic would take."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _values(kind.__origin__, kind.__metadata__)
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin in {Union, UnionType}:
        return st.one_of(*(_values(part, notes) for part in get_args(kind)))
    if origin is tuple:
        return _tuples(get_args(kind), notes)
    if kind in {int, float}:
        interval = next(note for note in notes if isinstance(note, Interval))
        whole = st.integers(int(interval.low), int(interval.high))
        return whole if kind is int else numbers(interval)
    return _PLAIN[kind] if kind in _PLAIN else _specs(kind)


_PLAIN = {
    type(None): st.none(),
    bool: st.booleans(),
    str: st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20),
}


def _tuples(parts, notes):
    first, *rest = parts
    if rest != [Ellipsis]:
        return st.tuples(*(_values(part) for part in parts))
    length = next(note for note in notes if isinstance(note, Length)).interval
    low = int(length.low)
    sizes = {"min_size": low, "max_size": max(low, int(min(length.high, 6)))}
    return st.lists(_values(first), **sizes).map(tuple)


def _specs(kind):
    fields = {
        name: _values(field.annotation, field.metadata) for name, field in kind.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda drawn: _valid(kind, drawn)).filter(bool)


def _valid(kind, fields):
    try:
        return kind(**fields)
    except InvalidInput:
        return None
