"""What all runs share: data, network, budget; folded: loss, stopping, seeds, starting weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

import streamlit as st

from charts.fits import data_picture, digits_picture
from comparison.edits import (
    change,
    change_budget,
    change_first_seed,
    change_layers,
    change_problem,
    change_stopping,
    change_units,
    choose_dataset,
    choose_function,
    choose_loss,
    count_in,
    repeat,
)
from comparison.offers import budget_units, losses, shared_controls
from comparison.words.functions import function_lines
from comparison.words.names import dataset_name, pushes_words
from engine import LIMITS
from engine.limits import COORDINATE
from engine.problems.datasets import DATASETS, OwnTable
from engine.problems.datasets.preparation import prepare
from engine.problems.datasets.splits import MarkedRows
from engine.problems.formula import Formula
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.problems.specs import ActivationName, Function, Network, StartName
from engine.spec import by_name, name_of
from language import N_, _
from language.labels import label
from ui.setup.formula import (
    formula_constants,
    formula_findings,
    formula_text,
    take_first_formula,
)
from ui.shell.binding import bound
from ui.shell.brought import lacking
from ui.shell.controls import choice, number, switch
from ui.shell.navigation import go_to
from ui.shell.store import document, edit, whole_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import plotly.graph_objects as go

    from comparison.document import Document
    from comparison.edits import Edited
    from comparison.offers import Shared
    from engine import Experiment
    from engine.problems.datasets import Source
    from engine.problems.functions import AnyFunction

_FUNCTIONS: Mapping[str, Callable[[], AnyFunction]] = by_name(FUNCTIONS)
_FORMULA = name_of(Formula)
_DATASETS: Mapping[str, Callable[[], Source]] = by_name(DATASETS)
_HELP = {
    "rows": N_("How many rows are generated, training and validation together."),
    "noise": N_("Standard deviation of the normal noise added to every row."),
    "classes": N_("How many classes there are to tell apart."),
    "features": N_("How many numbers describe each row."),
    "factor": N_("Radius of the inner circle; the outer one has radius 1."),
    "arms": N_("How many spiral arms there are; each is a class."),
    "turns": N_("How often an arm winds around the centre."),
    "degree": N_("How often the curve swings between −1 and 1."),
    "frequency": N_("How many times the curve oscillates over the range of the data."),
    "slope": N_("How much y changes when x grows by 1."),
    "intercept": N_("The value of y at x = 0."),
    "constant": N_("What is added to every y."),
    "linear": N_("What x is multiplied by."),
    "quadratic": N_("What x² is multiplied by."),
    "cubic": N_("What x³ is multiplied by."),
    "condition": N_("How much steeper the bowl is in y than in x."),
}
_SHARES = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 0.9)


def sidebar() -> None:
    """Offer what all runs share, as far as it changes something of what the page shows."""
    whole = whole_document()
    problem, acting = whole.experiment.problem, shared_controls(whole)
    if "problem" in acting:
        if problem.kind == "function":  # from a link or a file
            _function(problem)
        else:
            _data(whole.experiment, problem)
            _network(problem)
    if "way_to_network" in acting:
        st.button(
            _("Back to data and a network"),
            key="to-network",
            on_click=lambda: edit(change, problem=Network()),
        )
    if "budget" in acting:
        budget_controls()
    if "problem" in acting and problem.kind == "network":
        with st.expander(_("Loss")):
            loss_controls(problem)
    if "stopping" in acting:
        with st.expander(_("Stopping")):
            stopping_controls()
    if acting & {"repeats", "data_seed", "first_seed"}:
        with st.expander(_("Seeds"), expanded=acting == {"first_seed"}):
            _seeds(acting)
    if "problem" in acting and problem.kind == "network":
        with st.expander(_("Starting weights")):
            _start(problem)


def function_controls(problem: Function, taken: Callable[[], object] = lambda: None) -> None:
    """Offer the test functions, and a formula of the reader's own.

    Args:
        problem: what is minimised.
        taken: called after another function has taken its place.
    """
    function = problem.function

    def take(name: str) -> None:
        if name == _FORMULA:
            take_first_formula()
        else:
            edit(choose_function, _FUNCTIONS[name]())
        taken()

    choice(
        _("Test function"),
        function.name,
        [_FORMULA, *_FUNCTIONS],
        "function",
        take,
        names=partial(label, "function"),
        help=_("The function to minimise. It has two parameters and no data."),
    )
    if isinstance(function, Formula):
        formula_text(function, taken)
    for line in function_lines(function):
        st.latex(line)
    if isinstance(function, Formula):
        formula_constants(function, taken)
        formula_findings(problem, function)
        return
    if function.pushes:
        st.caption(pushes_words(function))
    _numbers("function", function)


def _function(problem: Function) -> None:
    function_controls(problem)
    start = problem.function.start if problem.start is None else problem.start
    for index, axis in enumerate(("x", "y")):
        number(
            axis,
            float(start[index]),
            COORDINATE,
            f"start-{axis}",
            partial(_start_at, start, index),
            title=_("Start {axis}").format(axis=axis),
            stops=[step / 2 for step in range(-20, 21)],
            help=_("Where all runs start."),
        )


def _start_at(start: tuple[float, float], index: int, value: float) -> None:
    """Move one coordinate of the start."""
    edit(change_problem, start=(value, start[1]) if index == 0 else (start[0], value))


def _data(experiment: Experiment, problem: Network) -> None:
    st.subheader(_("Data"), anchor=False)
    own = problem.dataset if isinstance(problem.dataset, OwnTable) else None
    choice(
        _("Data set"),
        problem.dataset.name,
        [*(("own",) if own is not None else ()), *_DATASETS],
        "dataset",
        _choose_dataset,
        names=lambda name: dataset_name(own) if own and name == "own" else label("dataset", name),
        help=_(
            "Synthetic data are drawn afresh for every data seed; measured data are always the"
            " same rows."
        ),
    )
    st.button(
        _("Your own table …") if own is None else _("Your table: inputs, target, rows …"),
        key="to-own-table",
        type="tertiary",
        icon=":material/table:",
        on_click=go_to,
        args=("data",),
    )
    if lacking(experiment):
        st.caption(_("The rows of this table are not here."))
        return
    dataset_numbers(problem)
    if own is None or not isinstance(own.split, MarkedRows):
        _validation_share(problem)
    text = _("The training rows of the data set {name}.").format(name=dataset_name(problem.dataset))
    key = f"{problem.dataset!r} {experiment.data_seed} {problem.validation_share}"
    figure = _picture(key, problem, experiment.data_seed)
    st.plotly_chart(figure, key="data-picture", alt=text, config={"staticPlot": True})


def _choose_dataset(name: str) -> None:
    if name != "own":  # the reader's own is the one on show
        edit(choose_dataset, _DATASETS[name]())


def _validation_share(problem: Network) -> None:
    number(
        "validation_share",
        problem.validation_share,
        problem.intervals()["validation_share"],
        "validation_share",
        lambda share: edit(change_problem, validation_share=share),
        title=_("Validation share"),
        stops=_SHARES,
        help=_(
            "Share of the rows held out of training, to see how well the runs do on rows they have"
            " not seen."
        ),
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(key: str, _problem: Network, _data_seed: int) -> go.Figure:  # noqa: ARG001 - the cache's key
    """Return the picture of the rows, drawn once for every key; nobody changes it."""
    dataset = _problem.dataset
    rows = prepare(
        dataset,
        _data_seed,
        _problem.validation_share,
        standardize=False,
        standardize_targets=False,
    )
    if dataset.is_image:
        return digits_picture(rows)
    return data_picture(rows, dataset.n_features, classified=dataset.task == "classification")


def _network(problem: Network) -> None:
    st.subheader(_("Network"), anchor=False)
    number(
        "hidden",
        len(problem.hidden),
        LIMITS["hidden_layers"],
        "hidden-layers",
        lambda count: edit(change_layers, count),
        title=_("Hidden layers"),
        stops=range(int(LIMITS["hidden_layers"].high) + 1),
        help=_("Without hidden layers, the network is a linear or a logistic regression."),
        bounded=True,
    )
    for layer, units in enumerate(problem.hidden):
        number(
            "units",
            units,
            LIMITS["units"],
            f"units-{layer}",
            partial(edit, change_units, layer),
            title=_("Units of hidden layer {number}").format(number=layer + 1),
            help=_("More units can fit more complicated shapes, but take longer to train."),
        )
    n_in, n_out = problem.layout.units[0], problem.layout.units[-1]
    thumb = _(
        "Inputs: {inputs}, outputs: {outputs}."
        " An old rule of thumb for hidden units, often too few: √({inputs} × {outputs}) ≈ {units}"
    )
    st.caption(thumb.format(inputs=n_in, outputs=n_out, units=max(1, round((n_in * n_out) ** 0.5))))
    if problem.hidden:
        choice(
            _("Activation"),
            problem.activation,
            get_args(ActivationName),
            "activation",
            lambda name: edit(change_problem, activation=name),
            names=partial(label, "activation"),
            help=_("The function that each hidden unit applies to its weighted sum."),
        )


def budget_controls() -> None:
    """Offer how long every run trains."""
    experiment = document().experiment
    budget, units = experiment.budget, budget_units(experiment)
    st.subheader(_("Budget"), anchor=False)
    number(
        budget.unit,
        budget.amount,
        LIMITS[budget.unit],
        f"budget-{budget.unit}",
        lambda amount: edit(change_budget, amount=amount),
        title=label("quantity", budget.unit),
        help=_("How long every run trains. An epoch is one pass over the training rows."),
    )
    choice(
        _("Counted in"),
        budget.unit,
        units,
        "budget-unit",
        partial(edit, count_in),
        names=partial(label, "quantity"),
        help=_(
            "Equal epochs give small batches more updates; equal iterations give them fewer rows."
        )
        + (
            " " + _("Equal gradients give an optimizer that takes two per update half the updates.")
            if "gradients" in units
            else ""
        ),
    )


def loss_controls(problem: Network, *, without: tuple[str, ...] = ()) -> None:
    """Offer the loss function and its penalty."""
    choice(
        _("Loss function"),
        problem.loss,
        [name for name in losses(problem) if name not in without],
        "loss",
        partial(edit, choose_loss),
        names=partial(label, "loss"),
        help=_(
            "The three scalings of squared error differ by a constant factor, and so do their"
            " gradients."
        ),
    )
    if LOSSES[problem.loss].reads == "predictions":
        choice(
            _("Output activation"),
            problem.output_activation,
            get_args(ActivationName),
            "output_activation",
            lambda name: edit(change_problem, output_activation=name),
            names=partial(label, "activation"),
            help=_(
                "The function that each output unit applies to its weighted sum; identity leaves"
                " it unchanged."
            ),
        )
    st.latex(LOSSES[problem.loss].formula)
    number(
        "l2",
        problem.l2,
        problem.intervals()["l2"],
        "l2",
        lambda value: edit(change_problem, l2=value),
        title=_("L2 penalty") + " λ",
        stops=(0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0),
        help=_("Adds λ/2 times the sum of all squared parameters to the loss."),
    )


def stopping_controls() -> None:
    """Offer what ends a run earlier; patience needs validation rows."""
    experiment = document().experiment
    stopping = experiment.stopping
    switch(
        _("Target loss"),
        "target_loss",
        stopping.target_loss,
        0.1,
        lambda value: edit(change_stopping, target_loss=value),
        help=_("Ends a run at the first epoch whose training loss is at or below this value."),
    )
    switch(
        _("Gradient norm"),
        "gradient_norm",
        stopping.gradient_norm,
        1e-3,
        lambda value: edit(change_stopping, gradient_norm=value),
        help=_("Ends a run when the norm of the full training gradient is at or below this value."),
    )
    if experiment.problem.n_validation:
        switch(
            _("Patience (epochs)"),
            "patience",
            stopping.patience,
            10,
            lambda value: edit(change_stopping, patience=value),
            help=_(
                "Ends a run when its validation loss has not improved for this many epochs."
                " Counting starts with the first epoch, not with the untrained network."
            ),
        )


def _seeds(acting: frozenset[Shared]) -> None:
    experiment = document().experiment
    if "repeats" in acting:
        number(
            "seeds",
            len(experiment.seeds),
            LIMITS["seeds"],
            "seeds",
            partial(edit, repeat),
            title=_("Repeats"),
            stops=(1, 2, 3, 5, 10, 20, 30),
            help=_(
                "Every run is trained this many times, from different starting weights and row"
                " orders that are the same for all runs."
            ),
            bounded=True,
        )
    if "data_seed" in acting:
        number(
            "data_seed",
            experiment.data_seed,
            LIMITS["seed"],
            "data_seed",
            lambda seed: edit(change, data_seed=seed),
            title=_("Data seed"),
            stops=range(10),
            help=_("Decides the rows and how they are split into training and validation."),
        )
    if "first_seed" in acting:
        number(
            "seed",
            experiment.seeds[0],
            LIMITS["seed"],
            "first-seed",
            partial(edit, change_first_seed),
            title=_("First seed"),
            stops=range(10),
            help=_("Decides the starting weights and the order of the rows."),
        )


def _start(problem: Network) -> None:
    if isinstance(problem.start, tuple):
        st.caption(_("The weights start from values given in the file or link."))
        st.button(
            _("Draw them at random instead"), on_click=lambda: edit(change_problem, start="glorot")
        )
        return
    choice(
        _("Initialisation"),
        problem.start,
        get_args(StartName),
        "start",
        lambda name: edit(change_problem, start=name),
        names=partial(label, "start"),
        help=_("All runs of a seed start from the same weights."),
    )
    _flag(
        _("Biases"),
        "bias",
        _("Each unit adds a number of its own to its weighted sum; it is learnt like the weights."),
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
    bound(
        st.toggle,
        title,
        key=field,
        shown=value,
        report=lambda chosen: edit(change_problem, **{field: chosen}),
        help=text,
    )


def dataset_numbers(problem: Network, *, without: tuple[str, ...] = ()) -> None:
    """Offer the numbers of the data set, from their intervals."""
    _numbers("dataset", problem.dataset, without)


def _numbers(owner: str, spec: Source | AnyFunction, without: tuple[str, ...] = ()) -> None:
    for name, interval in spec.intervals().items():
        if name not in without:
            number(
                name,
                getattr(spec, name),
                interval,
                f"{spec.name}-{name}",
                partial(edit, _change_number, owner, name),
                help=_(_HELP[name]) if name in _HELP else None,
            )


def _change_number(document: Document, owner: str, name: str, value: float) -> Edited:
    """Change a number of the problem's data set or test function."""
    spec = getattr(document.experiment.problem, owner)
    return change_problem(document, **{owner: spec.model_copy(update={name: value})})
