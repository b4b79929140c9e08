"""What all runs share: data, network, budget; folded: loss, stopping, seeds, starting weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import streamlit as st

from charts.fits import data_picture, digits_picture
from engine import LIMITS, Interval
from engine.limits import COORDINATE
from engine.problems.datasets import DATASETS
from engine.problems.datasets.preparation import prepare
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.problems.specs import ActivationName, Function, LossName, Network, StartName
from language import N_, _
from language.labels import label
from ui.shell.controls import choice, number, switch
from ui.shell.session import change, change_problem, document

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine import Experiment

_FUNCTIONS = {spec.model_fields["name"].default: spec for spec in FUNCTIONS}
_DATASETS = {spec.model_fields["name"].default: spec for spec in DATASETS}
# Measurements come in units of their own; what is made here is of unit scale.
_MEASURED = ("iris", "breast_cancer", "digits", "diabetes")
_HELP = {
    "rows": N_("How many rows are made, training and validation together."),
    "noise": N_("Standard deviation of the normal noise added to every row."),
    "classes": N_("How many groups are to be told apart."),
    "features": N_("How many numbers describe a row."),
    "factor": N_("Radius of the inner circle; the outer one has radius 1."),
    "arms": N_("How many spirals, a class each."),
    "turns": N_("How often an arm winds around the centre."),
    "frequency": N_("How often the curve swings over the data's range."),
    "slope": N_("How much y rises where x grows by 1."),
    "intercept": N_("The line's y at x = 0."),
    "constant": N_("What is added to every y."),
    "linear": N_("What x is multiplied by."),
    "quadratic": N_("What x² is multiplied by."),
    "cubic": N_("What x³ is multiplied by."),
    "condition": N_("How much steeper the bowl is in y than in x."),
}
_SHARES = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 0.9)


def sidebar() -> None:
    """Offer what all runs share."""
    problem = document().experiment.problem
    if problem.kind == "function":  # from a link or a file
        _function(problem)
        budget_controls()
    else:
        _data()
        _network()
        budget_controls()
        with st.expander(_("Loss")):
            loss_controls()
    with st.expander(_("Stopping")):
        stopping_controls()
    with st.expander(_("Seeds")):
        _seeds()
    if problem.kind == "network":
        with st.expander(_("Starting weights")):
            _start()


def _function(problem: Function) -> None:
    choice(
        _("Test function"),
        problem.function.name,
        list(_FUNCTIONS),
        "function",
        lambda name: change(problem=Function(function=_FUNCTIONS[name]())),
        names=partial(label, "function"),
        help=_("What is minimised: a function of two parameters, without data."),
    )
    st.latex(f"f(x, y) = {problem.function.formula}")
    st.button(
        _("Back to data and a network"),
        key="to-network",
        on_click=lambda: change(problem=Network()),
    )
    own_numbers("function")
    start = problem.function.start if problem.start is None else problem.start
    for position, axis in enumerate(("x", "y")):
        number(
            axis,
            float(start[position]),
            COORDINATE,
            f"start-{axis}",
            lambda value, position=position: change_problem(
                start=(value, start[1]) if position == 0 else (start[0], value)
            ),
            title=_("Start {axis}").format(axis=axis),
            stops=[step / 2 for step in range(-20, 21)],
            help=_("Where all runs start."),
        )


def _problem() -> Network:
    return document().experiment.problem


def _data() -> None:
    problem = _problem()
    st.subheader(_("Data"), anchor=False)
    choice(
        _("Data set"),
        problem.dataset.name,
        list(_DATASETS),
        "dataset",
        _choose_dataset,
        names=partial(label, "dataset"),
        help=_(
            "Made data are drawn anew for every data seed; measured data are always the same rows."
        ),
    )
    own_numbers("dataset")
    number(
        "validation_share",
        problem.validation_share,
        _numbers(problem)["validation_share"],
        "validation_share",
        lambda share: change_problem(validation_share=share),
        title=_("Validation share"),
        stops=_SHARES,
        help=_("Rows kept out of training, to see how the runs do on rows they have not learnt."),
    )
    _picture(document().experiment)


def _picture(experiment: Experiment) -> None:
    name = experiment.problem.dataset.name
    text = _("The training rows of the data set {name}.").format(name=label("dataset", name))
    problem = experiment.problem
    key = f"{problem.dataset!r} {experiment.data_seed} {problem.validation_share}"
    figure = _picture_of(key, experiment)
    st.plotly_chart(figure, key="data-picture", alt=text, config={"staticPlot": True})


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture_of(key: str, _experiment: Experiment) -> go.Figure:  # noqa: ARG001 - the cache's key
    """Return the picture, drawn once for every key; nobody changes it."""
    problem = _experiment.problem
    dataset = problem.dataset
    rows = prepare(
        dataset,
        _experiment.data_seed,
        problem.validation_share,
        standardize=False,
        standardize_targets=False,
    )
    if dataset.name == "digits":
        return digits_picture(rows)
    return data_picture(rows, dataset.n_features, classified=dataset.task == "classification")


def _choose_dataset(name: str) -> None:
    """Take a data set; where its task is another one, so is the loss."""
    dataset, problem = _DATASETS[name](), _problem()
    loss = problem.loss
    if dataset.task != problem.dataset.task:
        loss = "mean_squared_error"
        if dataset.task == "classification":
            loss = "binary_cross_entropy" if dataset.n_classes == 2 else "cross_entropy"
    change_problem(
        dataset=dataset,
        loss=loss,
        output_activation="identity" if loss != problem.loss else problem.output_activation,
        standardize=name in _MEASURED,
        standardize_targets=name == "diabetes",
    )


def _network() -> None:
    problem = _problem()
    st.subheader(_("Network"), anchor=False)
    number(
        "hidden",
        len(problem.hidden),
        LIMITS["hidden_layers"],
        "hidden-layers",
        lambda count: change_problem(hidden=(*_problem().hidden, *[8] * count)[:count]),
        title=_("Hidden layers"),
        stops=range(int(LIMITS["hidden_layers"].high) + 1),
        help=_("None is a linear or a logistic regression."),
        bounded=True,
    )
    for position, units in enumerate(problem.hidden):
        number(
            "units",
            units,
            LIMITS["units"],
            f"units-{position}",
            lambda value, position=position: _set_units(position, value),
            title=_("Units of hidden layer {number}").format(number=position + 1),
            help=_("More units can bend the network further; they take longer to train."),
        )
    n_in, n_out = problem.layout.units[0], problem.layout.units[-1]
    thumb = _(
        "Inputs: {inputs}, outputs: {outputs}."
        " An old rule of thumb for hidden units, often too few: √({inputs} × {outputs}) ≈ {units}"
    )
    st.caption(thumb.format(inputs=n_in, outputs=n_out, units=max(1, round((n_in * n_out) ** 0.5))))
    choice(
        _("Activation"),
        problem.activation,
        get_args(ActivationName),
        "activation",
        lambda name: change_problem(activation=name),
        names=partial(label, "activation"),
        help=_("What every hidden unit does with its sum."),
    )


def budget_controls() -> None:
    """Offer how long every run trains."""
    experiment = document().experiment
    budget, units = experiment.budget, ["epochs", "iterations"]
    if experiment.problem.kind == "network" or budget.unit == "rows_seen":  # a link may say so
        units.append("rows_seen")
    st.subheader(_("Budget"), anchor=False)
    number(
        budget.unit,
        budget.amount,
        LIMITS[budget.unit],
        f"budget-{budget.unit}",
        lambda amount: change(
            budget=document().experiment.budget.model_copy(update={"amount": amount})
        ),
        title=label("quantity", budget.unit),
        help=_("How long every run trains. An epoch is one pass over the training rows."),
    )
    choice(
        _("Counted in"),
        budget.unit,
        units,
        "budget-unit",
        count_in,
        names=partial(label, "quantity"),
        help=_(
            "Equal epochs give small batches more updates; equal iterations give them fewer rows."
        ),
    )


def count_in(unit: str) -> None:
    """Count the budget in another unit, about as long for the first run."""
    experiment = document().experiment
    counts, total = (
        experiment.counts(experiment.runs[0]),
        experiment.iterations(experiment.runs[0]),
    )
    amounts = {
        "epochs": max(1, round(counts.epochs(total))),
        "iterations": total,
        "rows_seen": counts.rows_seen(total),
    }
    # Not a new Budget: as many may be too many, and then the change is refused with the limit.
    change(budget=experiment.budget.model_copy(update={"amount": amounts[unit], "unit": unit}))


def loss_controls(*, without: tuple[str, ...] = ()) -> None:
    """Offer the loss function and its penalty."""
    problem = _problem()
    choice(
        _("Loss function"),
        problem.loss,
        [name for name in get_args(LossName) if _suits(problem, name) and name not in without],
        "loss",
        lambda name: change_problem(loss=name, output_activation=_output(problem, name)),
        names=partial(label, "loss"),
        help=_(
            "The three scalings of squared error differ by a factor, and so do their gradients."
        ),
    )
    if LOSSES[problem.loss].reads == "predictions":
        choice(
            _("Output activation"),
            problem.output_activation,
            get_args(ActivationName),
            "output_activation",
            lambda name: change_problem(output_activation=name),
            names=partial(label, "activation"),
            help=_("What every output unit does with its sum; identity leaves it as it is."),
        )
    st.latex(LOSSES[problem.loss].formula)
    number(
        "l2",
        problem.l2,
        _numbers(problem)["l2"],
        "l2",
        lambda value: change_problem(l2=value),
        title=_("L2 penalty") + " λ",
        stops=(0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0),
        help=_("Adds λ/2 times the sum of all squared parameters to the loss."),
    )


def _output(problem: Network, loss: str) -> str:
    """Return the output activation for another loss: the sigmoid within the cross-entropy stays."""
    if LOSSES[loss].reads == "logits":
        return "identity"
    return "sigmoid" if problem.loss == "binary_cross_entropy" else problem.output_activation


def _suits(problem: Network, loss: str) -> bool:
    reads, classes = LOSSES[loss].reads, problem.dataset.n_classes
    if reads == "predictions":
        return True
    return classes == 2 if loss == "binary_cross_entropy" else classes >= 2


def stopping_controls() -> None:
    """Offer what ends a run earlier."""
    stopping = document().experiment.stopping

    def report(field: str) -> Any:
        return lambda value: change(
            stopping=document().experiment.stopping.model_copy(update={field: value})
        )

    switch(
        _("Target loss"),
        "target_loss",
        stopping.target_loss,
        0.1,
        report("target_loss"),
        help=_("Ends a run at the first epoch whose training loss is at or below it."),
    )
    switch(
        _("Gradient norm"),
        "gradient_norm",
        stopping.gradient_norm,
        1e-3,
        report("gradient_norm"),
        help=_("Ends a run when the norm of the full training gradient is at or below it."),
    )
    switch(
        _("Patience (epochs)"),
        "patience",
        stopping.patience,
        10,
        report("patience"),
        help=_(
            "Ends a run when its validation loss has not improved for so many epochs. Counting"
            " starts with the first epoch, not with the untrained network."
        ),
    )


def _seeds() -> None:
    experiment = document().experiment
    number(
        "seeds",
        len(experiment.seeds),
        LIMITS["seeds"],
        "seeds",
        lambda count: change(seeds=_first_seeds(count)),
        title=_("Repeats"),
        stops=(1, 2, 3, 5, 10, 20, 30),
        help=_("Every run is trained from so many starts and row orders, the same for all runs."),
        bounded=True,
    )
    if experiment.problem.kind == "network":
        number(
            "data_seed",
            experiment.data_seed,
            LIMITS["seed"],
            "data_seed",
            lambda seed: change(data_seed=seed),
            title=_("Data seed"),
            stops=range(10),
            help=_("Makes the rows and their split."),
        )
    number(
        "seed",
        experiment.seeds[0],
        LIMITS["seed"],
        "first-seed",
        lambda seed: change(seeds=_first_seeds(len(document().experiment.seeds), seed)),
        title=_("First seed"),
        stops=range(10),
        help=_("Makes the starting weights and the order of the rows."),
    )


def _first_seeds(count: int, first: int | None = None) -> tuple[int, ...]:
    """Return seeds counted from the first; seeds that are there already stay."""
    seeds = document().experiment.seeds
    if first is None:
        kept = seeds[:count]
        free = (seed for seed in range(10_000) if seed not in kept)
        return kept + tuple(next(free) for _missing in range(count - len(kept)))
    return tuple(first + position for position in range(count))


def _start() -> None:
    problem = _problem()
    if isinstance(problem.start, tuple):
        st.caption(_("The weights start from values given in the file or link."))
        st.button(_("Draw them instead"), on_click=lambda: change_problem(start="glorot"))
        return
    choice(
        _("Drawn after"),
        problem.start,
        get_args(StartName),
        "start",
        lambda name: change_problem(start=name),
        names=partial(label, "start"),
        help=_("All runs of a seed start from the same weights."),
    )
    _flag(
        _("Biases"),
        "bias",
        _("Every unit adds a number of its own to its sum, learnt like its weights."),
        value=problem.bias,
    )
    _flag(
        _("Standardise the inputs"),
        "standardize",
        _(
            "Shifts and scales every feature to mean 0 and standard deviation 1"
            " over the training rows."
        ),
        value=problem.standardize,
    )


def _flag(title: str, field: str, text: str, *, value: bool) -> None:
    st.session_state[field] = value
    st.toggle(
        title,
        key=field,
        help=text,
        on_change=lambda: change_problem(**{field: st.session_state[field]}),
    )


def own_numbers(owner: str, *, without: tuple[str, ...] = ()) -> None:
    """Offer the numbers of the data set or the test function, from their metadata."""
    spec = getattr(document().experiment.problem, owner)
    for name, interval in _numbers(spec).items():
        if name in without:
            continue

        def report(value: float, name: str = name) -> None:
            now = getattr(document().experiment.problem, owner)
            change_problem(**{owner: now.model_copy(update={name: value})})

        help_text = _(_HELP[name]) if name in _HELP else None
        number(name, getattr(spec, name), interval, f"{spec.name}-{name}", report, help=help_text)


def _numbers(spec: Any) -> dict[str, Interval]:
    """Return the intervals of the numeric fields of a problem, a data set or a test function."""
    return {
        name: item
        for name, field in type(spec).model_fields.items()
        for item in field.metadata
        if isinstance(item, Interval)
    }


def _set_units(position: int, units: int) -> None:
    hidden = list(_problem().hidden)
    hidden[position] = units
    change_problem(hidden=tuple(hidden))
