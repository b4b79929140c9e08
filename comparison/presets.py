"""What a reader can start with: the first view of every page, and presets that show one idea.

A preset is a whole comparison with a text. What the text says of its numbers is tested, for data of
ten seeds: ``tests/comparison/test_presets.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from comparison.document import Document, with_default_view
from comparison.pages import (
    AnyPage,
    BackpropagationPage,
    DataPage,
    EpochsPage,
    RulePage,
    SurfacesPage,
    SweepPage,
    TrainingPage,
)
from engine import Budget, Experiment, Function, Network, Run
from engine.analysis.rates import half_decades
from engine.arrays import Layout
from engine.problems.datasets import Blobs, Chebyshev, Circles, Digits, Line, Spirals, TwoMoons
from engine.problems.functions import Bends, Bowl, Dip, Matyas, Ravine, Saddle, Tug, Twin
from engine.rules import (
    LAMB,
    LARS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AMSGrad,
    Momentum,
    Muon,
    Nesterov,
    RMSprop,
    Rule,
    Shampoo,
)
from language import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class RunsPreset(NamedTuple):
    """A set of runs for any problem.

    Attributes:
        title: its name, to be translated.
        runs: makes the runs for an experiment, usually from one of its runs.
        fewest_rows: how many training rows it needs.
    """

    title: str
    runs: Callable[[Experiment, Run], tuple[Run, ...]]
    fewest_rows: int = 1


@dataclass(frozen=True)
class Preset:
    """A whole comparison that shows one idea, whatever was there before.

    Attributes:
        title: its name, to be translated.
        text: what to look at and what it shows, to be translated.
        experiment: what is compared.
        page: the page that shows it, with its settings.
        view: fields of the view that differ from the default.
        tried: how many learning rates were tried of every run, which has the best of them; 0 where
            rates were chosen for what they show.
    """

    title: str
    text: str
    experiment: Experiment
    page: AnyPage = field(default_factory=TrainingPage)
    view: Mapping[str, Any] = field(default_factory=dict)
    tried: int = 0

    @property
    def document(self) -> Document:
        """Return the comparison as its page shows it."""
        shown = with_default_view(self.experiment)
        update = {"page": self.page, **self.view}
        return shown.model_copy(update={"view": shown.view.model_copy(update=update)})


def _optimizers(experiment: Experiment, _selected: Run) -> tuple[Run, ...]:
    return Experiment(problem=experiment.problem).runs


def _rates(_experiment: Experiment, selected: Run) -> tuple[Run, ...]:
    """Return the run at five rates, half powers of ten around its rule's own default."""
    default = selected.optimizer.default_learning_rate
    return tuple(
        selected.model_copy(update={"learning_rate": float(f"{default * factor:.3g}")})
        for factor in (0.03, 0.1, 0.3, 1.0, 3.0)
    )


def _batches(experiment: Experiment, selected: Run) -> tuple[Run, ...]:
    """Return the run with all rows, with 32 (or about half), and with one."""
    rows = experiment.problem.training_rows
    mini_batch = max(size for size in (1, 2, 4, 8, 16, 32) if 2 * size <= rows + 1)
    return tuple(
        selected.model_copy(update={"batch_size": size}) for size in ("all", mini_batch, 1)
    )


def _momenta(_experiment: Experiment, selected: Run) -> tuple[Run, ...]:
    return tuple(
        selected.model_copy(update={"optimizer": Momentum(share), "learning_rate": 0.1})
        for share in (0.0, 0.5, 0.9, 0.99)
    )


RUNS_PRESETS: Final = {
    "optimizers": RunsPreset(N_("On this data: seven optimizers"), _optimizers),
    "rates": RunsPreset(N_("On this data: five learning rates"), _rates),
    # A mini-batch has more than one row and fewer than all.
    "batches": RunsPreset(N_("On this data: three batch sizes"), _batches, fewest_rows=3),
    "momenta": RunsPreset(N_("On this data: four momenta"), _momenta),
}


def _runs(*rules: tuple[Rule, float]) -> tuple[Run, ...]:
    return tuple(Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules)


def _unequal_layers(units: tuple[int, ...], scales: tuple[float, ...]) -> tuple[float, ...]:
    """Return starting weights like those of He et al. (2015), each layer times a scale of its own.

    With ReLU units and scales whose product is 1, the network computes what it does without them.
    """
    layout, generator = Layout(units), np.random.default_rng(0)
    params = np.zeros(layout.n_params)
    for matrix, scale in zip(layout.matrices(params), scales, strict=True):
        n_in = matrix.shape[1] - 1
        weights = generator.normal(0.0, (2 / n_in) ** 0.5, (len(matrix), n_in))
        matrix[:, :-1] = np.round(scale * weights, 6)
    return tuple(params.tolist())


def _steps(count: int) -> Budget:
    return Budget(amount=count, unit="iterations")


# The ravine of the notes from nearby, at a step where the velocity takes Momentum less far across
# than its gradient would, and further along.
FUNCTION_VIEW: Final = Experiment(
    problem=Function(),
    runs=_runs((SGD(), 0.9), (SGD(), 0.1), (Momentum(0.6), 0.9)),
    budget=_steps(40),
)
LINE_VIEW: Final = Experiment(
    problem=Network(
        dataset=Line(rows=40, noise=0.3),
        validation_share=0.0,
        hidden=(),
        loss="mean_squared_error",
        start=(-2.0, 3.0),
    ),
    runs=_runs((SGD(), 0.1), (SGD(), 0.95), (Momentum(), 0.1)),
    budget=_steps(60),
)
NEURON_VIEW: Final = Experiment(
    problem=Network(
        dataset=Blobs(rows=40, noise=0.8, classes=2, features=1),
        validation_share=0.0,
        hidden=(),
        loss="binary_cross_entropy",
        start=(0.0, 8.0),
    ),
    runs=_runs((SGD(), 1.0), (Momentum(), 0.1)),
    budget=_steps(100),
)

FIVE_SEEDS: Final = (0, 1, 2, 3, 4)
# Among them lies the best of every run of the opening view, and none of those at an edge.
OPENING_RATES: Final = half_decades(-5, 3)
OPENING: Final = Preset(
    N_("Four optimizers, two rings"),
    N_(
        "Four optimizers learn to tell an inner ring from an outer one, with the same rows and the"
        " same starting weights, each at the best of nine learning rates for this data. A line is"
        " the median of five starts, its band the middle half of them. Adam gets below a loss of"
        " 0.3 in less than half the epochs that SGD needs. On other data the order may differ."
    ),
    Experiment(
        problem=Network(dataset=Circles(rows=400), hidden=(8,)),
        runs=_runs((SGD(), 3.16), (Momentum(), 1.0), (Adagrad(), 1.0), (Adam(), 0.316)),
        budget=Budget(amount=100),
        seeds=FIVE_SEEDS,
    ),
    tried=len(OPENING_RATES),
)

_BATCHES: Final = Experiment(
    runs=tuple(
        Run(optimizer=SGD(), learning_rate=0.06, batch_size=size) for size in ("all", 32, 1)
    ),
    budget=_steps(200),
)

# What learns the spirals as the data set opens, each run at the best of nine learning rates.
SPIRALS: Final = Experiment(
    problem=Network(dataset=Spirals(), hidden=(32, 32), activation="relu"),
    runs=tuple(
        Run(optimizer=rule, learning_rate=rate)
        for rule, rate in (
            (SGD(), 0.316),
            (Momentum(), 0.0316),
            (RMSprop(), 0.0316),
            (Adam(), 0.01),
        )
    ),
    budget=Budget(amount=200),
)


def _course(hidden: tuple[int, ...]) -> Experiment:
    """Return three spirals for a network of so many hidden units, after Stanford's CS231n."""
    return Experiment(
        problem=Network(
            dataset=Spirals(arms=3, turns=0.64),
            validation_share=0.0,
            hidden=hidden,
            activation="relu",
            loss="cross_entropy",
        ),
        runs=_runs((SGD(), 1.0)),
        budget=Budget(amount=400),
    )


COMPARE_PRESETS: Final = {
    "opening": OPENING,
    "seven": Preset(
        N_("Seven optimizers"),
        N_(
            "Each optimizer has the learning rate that was best for it in a sweep on two moons. The"
            " medians of five seeds differ, but the lowest run is not told apart from at least four"
            " others, so none is called best. SGD's line is a saw: its learning rate is so high"
            " that the loss goes up in four of ten epochs or more."
        ),
        Experiment(seeds=FIVE_SEEDS),
    ),
    "adam": Preset(
        N_("Adam at five learning rates on spirals"),
        N_(
            "One optimizer, five learning rates, each ten times the one before. With 0.0001 and"
            " 0.001 the budget ends long before Adam is there; 0.01 gets more than nine of ten"
            " validation rows right; 0.1 jumps about and does not settle. 1 throws the weights so"
            " far away at the start that in the end it does about as well as guessing."
        ),
        SPIRALS.model_copy(
            update={
                "runs": tuple(
                    Run(optimizer=Adam(), learning_rate=rate)
                    for rate in (0.0001, 0.001, 0.01, 0.1, 1.0)
                )
            }
        ),
        view={"selected": 2},
    ),
    "sizes": Preset(
        N_("Batch, mini-batch, stochastic"),
        N_(
            "The same 200 updates at the same learning rate, each from all 300 rows, from 32, or"
            " from a single one. All rows go down smoothly, single rows jitter, and 32 rows lie"
            " almost on the smooth line. All three get about as far, single rows a little less, but"
            " on 60,000, 6,000 (an epoch's last batch has 12) and 200 rows: a few rows are enough"
            " for a direction. Counted in epochs, small batches make many more updates."
        ),
        _BATCHES,
        view={"axis": "iterations"},
    ),
    "momentum": Preset(
        N_("Momentum 0 … 0.99"),
        N_(
            "Momentum μ keeps a share μ of the last step, so that steps in one direction add up to"
            " 1/(1 − μ) times the plain one: 2, 10 and 100 times here. From 0 through 0.5 to 0.9"
            " the training loss ends lower each time. 0.99 remembers too much: it overshoots, and"
            " its loss goes up in three of ten epochs or more and ends above that of 0.9."
        ),
        Experiment(
            runs=tuple(
                Run(optimizer=Momentum(share), learning_rate=0.1) for share in (0.0, 0.5, 0.9, 0.99)
            ),
            seeds=FIVE_SEEDS,
        ),
        view={"selected": 2},
    ),
    "linear": Preset(
        N_("Three spirals: a linear model"),
        N_(
            "Without hidden layers the borders between classes are straight lines, which cannot cut"
            " three spirals apart: after 400 steps of gradient descent hardly more than half of the"
            " rows are right, and more steps do not help. Then take the preset with a network"
            " 2-100-3. Data and models are like those of the spiral study in Stanford's course"
            " CS231n."
        ),
        _course(()),
        TrainingPage(tab="fits"),
    ),
    "network": Preset(
        N_("Three spirals: a network 2-100-3"),
        N_(
            "The same spirals, learning rate and 400 steps as for the linear model, which gets"
            " hardly more than half of the rows right. One hidden layer of 100 ReLU units bends the"
            " borders around the arms and gets at least 94 of 100 rows right. Move the epoch to"
            " watch them bend, or set hidden layers to 0 to go back."
        ),
        _course((100,)),
        TrainingPage(tab="fits"),
    ),
    "scales": Preset(
        N_("Layers of different scales (LARS)"),
        N_(
            "The weights of the first layer are a hundred times as large as usual and those of the"
            " last a hundredth: the network computes what it always does, but a rate that suits one"
            " layer is far off for the other. SGD and Momentum, each at the best of 24 rates, end"
            " at more than twice the loss of LARS and LAMB, which take steps in proportion to the"
            " weights of each layer and hardly notice."
        ),
        Experiment(
            problem=Network(
                dataset=TwoMoons(),
                hidden=(8, 8),
                activation="relu",
                loss="binary_cross_entropy",
                start=_unequal_layers((2, 8, 8, 1), (100.0, 1.0, 0.01)),
            ),
            runs=tuple(
                Run(optimizer=rule, learning_rate=rate)
                for rule, rate in (
                    (SGD(), 0.005),
                    (Momentum(), 0.0005),
                    (LARS(), 2.0),
                    (LAMB(), 0.005),
                )
            ),
        ),
        tried=24,
    ),
    "matrix": Preset(
        N_("A matrix to be found (Shampoo, Muon)"),
        N_(
            "Least squares for a matrix of weights, 64 pixels to ten digits, from all rows in 30"
            " steps; each rate is the best of eighteen. Shampoo undoes the curvature on both sides"
            " of the matrix and ends at less than three quarters of the loss of SGD and Adam. Muon"
            " does not win here: all its steps are of the same size, so at a constant rate it"
            " cannot settle."
        ),
        Experiment(
            problem=Network(
                dataset=Digits(), hidden=(), loss="mean_squared_error", standardize=True
            ),
            runs=_runs((SGD(), 1.0), (Adam(), 0.05), (Muon(), 0.2), (Shampoo(), 1.0)),
            budget=Budget(amount=30),
        ),
        tried=18,
    ),
    "edge": Preset(
        N_("Edge of stability"),
        N_(
            "Every update is made from all twenty rows, so nothing here is noise. With SGD at 0.2"
            " and 0.4 the loss gets sharper and sharper, until its largest curvature reaches the"
            " edge of stability, 2 divided by the learning rate; there it hovers, while the loss"
            " goes up and down and yet falls. At 0.6 it begins beyond its edge and is driven down"
            " to it. Momentum has a higher edge and converges before it gets there: not every run"
            " comes to its edge."
        ),
        # The experiment of Cohen et al. (2021), arXiv:2103.00065, in small.
        Experiment(
            problem=Network(
                dataset=Chebyshev(),
                validation_share=0.0,
                hidden=(16, 16),
                loss="half_mean_squared_error",
            ),
            runs=_runs((SGD(), 0.2), (SGD(), 0.4), (SGD(), 0.6), (Momentum(), 0.1)),
            budget=_steps(3_000),
        ),
        TrainingPage(tab="sharpness"),
        {"axis": "iterations", "selected": 1},
    ),
}

SURFACE_PRESETS: Final = {
    "ravine": Preset(
        N_("Ravine: why momentum helps"),
        N_(
            "The valley is twenty times as steep across as along, so SGD is thrown out of it above"
            " a learning rate of 1, zigzags from side to side at 0.9 and creeps along at 0.1."
            " Momentum (μ = 0.6) also uses 0.9, but its steps across cancel while its steps along"
            " add up, so it reaches SGD's final loss in less than half as many steps. More momentum"
            " is not always better: with μ = 0.9 it keeps swinging and ends above SGD here (see"
            " Theory: the factor √μ per step)."
        ),
        FUNCTION_VIEW,
        SurfacesPage(window=(-8.0, 2.0, -2.6, 2.6), step=5.0),
        {"selected": 2},
    ),
    "four": Preset(
        N_("Four optimizers (the book's figure)"),
        N_(
            "The figure of the book “Deep Learning from Scratch”, with its numbers. SGD zigzags"
            " across the ravine, Momentum swings through it in wide curves, Adagrad takes ever"
            " smaller steps and goes almost straight to the minimum, and Adam curves like Momentum,"
            " but swings less across. Each learning rate was chosen to show its optimizer's way, so"
            " the figure does not say which is fastest."
        ),
        Experiment(
            problem=Function(function=Ravine()),
            runs=_runs((SGD(), 0.95), (Momentum(), 0.1), (Adagrad(), 1.5), (Adam(), 0.3)),
            budget=_steps(30),
        ),
        SurfacesPage(panels=True),
    ),
    "rates": Preset(
        N_("Too small, good, oscillating, diverging"),
        N_(
            "One optimizer at four learning rates. With 0.02 it is still on its way when the budget"
            " runs out; with 0.5 it goes straight to the valley floor; with 0.98 it jumps from side"
            " to side and ends higher. 1.02 lies above the edge of stability, which is 2 divided by"
            " the largest curvature, so its swings across the ravine grow with every step."
        ),
        Experiment(
            problem=Function(function=Ravine()),
            runs=_runs((SGD(), 0.02), (SGD(), 0.5), (SGD(), 0.98), (SGD(), 1.02)),
            budget=_steps(60),
        ),
        SurfacesPage(window=(-8.0, 2.0, -4.0, 4.0)),
    ),
    "dip": Preset(
        N_("Escaping a local dip"),
        N_(
            "A dip lies on the way to the minimum. SGD follows the slope into it and stops, because"
            " the gradient is zero at the bottom. Momentum arrives with speed and rolls through,"
            " but that is no guarantee: with less momentum, it gets stuck as well."
        ),
        Experiment(
            problem=Function(function=Dip()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05)),
            budget=_steps(150),
        ),
        SurfacesPage(),
    ),
    "saddle": Preset(
        N_("Saddle point"),
        N_(
            "From the saddle the surface rises in x and falls in y, and every run starts almost"
            " exactly on the line that leads to it. There the gradient in y is tiny: SGD stays put,"
            " and Momentum needs a while to gather speed and get away. Adam divides it by its own"
            " size, so it walks off in y from the first step, at a steady pace. The surface has no"
            " lowest value, so no run is best."
        ),
        Experiment(
            problem=Function(function=Saddle()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05), (Adam(), 0.05)),
            budget=_steps(36),
        ),
        SurfacesPage(),
        {"log": False},
    ),
    "adagrad": Preset(
        N_("Adagrad stalls"),
        N_(
            "Adagrad divides by the square root of the sum of all squared gradients so far. That"
            " sum never shrinks, so its effective learning rates, drawn below, die out. RMSprop"
            " begins with almost the same rates but forgets old gradients: as the slope gets"
            " gentler its rates grow again, and it is all but at the minimum while Adagrad stalls"
            " less than halfway."
        ),
        Experiment(
            problem=Function(function=Matyas()),
            runs=_runs((Adagrad(), 0.3), (RMSprop(), 0.1)),
            # Soon after, RMSprop's gradients are all rounding, and it jumps out of the minimum.
            budget=_steps(120),
        ),
        SurfacesPage(tab="rates"),
    ),
    "parameters": Preset(
        N_("A rate for each parameter"),
        N_(
            "This bowl is a hundred times as steep in y as in x. SGD has one learning rate for"
            " both, and a rate small enough for y is far too small for x. Adagrad, RMSprop and Adam"
            " divide each gradient by its own size: their first step is as long in x as in y, and"
            " both get to the minimum."
        ),
        Experiment(
            problem=Function(function=Bowl(condition=100.0)),
            runs=_runs((SGD(), 0.019), (Adagrad(), 1.0), (RMSprop(), 0.1), (Adam(), 0.3)),
            budget=_steps(60),
        ),
        SurfacesPage(tab="rates", window=(-5.0, 2.0, -1.5, 1.5)),
    ),
    "losses": Preset(
        N_("Squared error versus cross-entropy"),
        N_(
            "The same sigmoid neuron starts from the same point, where it is sure that every row is"
            " class 1: about the rows of class 0 it is confident and wrong. That is where the"
            " cross-entropy is steepest, so its runs leave at once. The gradient of the squared"
            " error passes through the sigmoid's slope, which vanishes there, so its runs do not"
            " get away."
        ),
        NEURON_VIEW,
        SurfacesPage(tab="wrong"),
    ),
    "tug": Preset(
        N_("Adam walks uphill (Reddi)"),
        N_(
            "The slope in x is 3, −1, −1 in turn, so that it falls to the left in the mean, and SGD"
            " goes there. Adam with a short memory (β₁ = 0, β₂ = 0.1) divides each slope by about"
            " its own size: one step to the left, two to the right. AMSGrad keeps the largest"
            " average of squares that it has seen and goes the right way; so does Adam with its"
            " usual memory, but such a slope can be made for any β₁ and β₂ (Reddi et al. 2018)."
        ),
        Experiment(
            problem=Function(function=Tug()),
            runs=_runs(
                (SGD(), 0.03),
                (Adam(beta1=0.0, beta2=0.1), 0.03),
                (AMSGrad(beta1=0.0, beta2=0.1), 0.03),
                (Adam(), 0.03),
            ),
            budget=_steps(240),
        ),
        SurfacesPage(),
        {"log": False, "selected": 1},
    ),
    "circle": Preset(
        N_("Heavy ball in an endless cycle (Lessard)"),
        N_(
            "The curvature in x lies between 1 and 25 everywhere, and for a quadratic with these"
            " curvatures μ = 4/9 and η = 1/9 is the best Momentum there is. But this slope has two"
            " bends, and from here Momentum jumps from one to the next of three points for ever."
            " Nesterov and SGD at their textbook rates reach the minimum."
        ),
        Experiment(
            problem=Function(function=Bends()),
            runs=_runs((SGD(), 0.077), (Momentum(0.4444), 0.1111), (Nesterov(0.667), 0.04)),
            budget=_steps(90),
        ),
        SurfacesPage(),
        {"selected": 1},
    ),
    "decay": Preset(
        N_("L2 penalty and decoupled decay"),
        N_(
            "The surface is the loss with an L2 penalty, so its minimum lies nearer to zero than"
            " that of the data alone. SGD and Adam both end in it, for a penalty is part of the"
            " loss whatever the optimizer. AdamW has the same penalty and also takes a share off"
            " the weights at every step: it ends beside the minimum, nearer to zero, for this decay"
            " belongs to the optimizer and not to the loss."
        ),
        Experiment(
            problem=Network(
                dataset=Line(rows=40, noise=0.3),
                validation_share=0.0,
                hidden=(),
                loss="mean_squared_error",
                start=(-2.0, 3.0),
                l2=0.5,
            ),
            runs=_runs((SGD(), 0.1), (Adam(), 0.1), (AdamW(weight_decay=0.5), 0.1)),
            budget=_steps(200),
        ),
        SurfacesPage(),
        {"selected": 2},
    ),
    "twin": Preset(
        N_("Edge of stability in two parameters"),
        N_(
            "Every point along this valley is a minimum, and the further right, the sharper: the"
            " largest curvature is 4 (x² + y²). From the same start, a learning rate of 0.005 leads"
            " to the nearest point, where it is 28. A rate of 0.1 cannot stay there, for its edge"
            " of stability is 2/0.1 = 20: it jumps from side to side, and so moves along the valley"
            " until the curvature is just below 20."
        ),
        Experiment(
            problem=Function(function=Twin()),
            runs=_runs((SGD(), 0.1), (SGD(), 0.005)),
            budget=_steps(400),
        ),
        SurfacesPage(window=(2.1, 2.7, 0.12, 0.52)),
    ),
}

# The first view of every kind of surface, except the Compare page's network, by the kind's id.
SURFACES: Final = {
    "function": SURFACE_PRESETS["ravine"].document,
    "line": with_default_view(LINE_VIEW).on_page(SurfacesPage()),
    "neuron": with_default_view(NEURON_VIEW).on_page(SurfacesPage()),
}
# For data that nobody has tried yet: rates that hardly diverge where inputs and targets have unit
# scale. Momentum of 0.9 makes the steps of a rate ten times as long.
CAREFUL_RATES: Final[dict[type[Rule], float]] = {
    SGD: 0.1,
    Momentum: 0.01,
    Nesterov: 0.01,
    Adagrad: 0.1,
    RMSprop: 0.01,
    Adam: 0.01,
    AdamW: 0.01,
}
# The first view of every page, by its name. Pages that share a comparison may begin with different
# ones: as long as nothing has been changed, each shows its own.
FIRST_VIEWS: Final[dict[str, Document]] = {
    "training": OPENING.document,
    "surfaces": SURFACES["function"],
    # At the rates of the opening view, single rows would learn nothing.
    "epochs": with_default_view(_BATCHES, selected=1).on_page(EpochsPage()),
    "backpropagation": OPENING.document.on_page(BackpropagationPage()),
    "sweep": OPENING.document.on_page(SweepPage()),
    "data": OPENING.document.on_page(DataPage()),
    "rule": OPENING.document.on_page(RulePage()),
}


def is_about(preset: Preset, experiment: Experiment) -> bool:
    """Tell whether an experiment has the data set or the test function of a preset."""
    return _subject(preset.experiment) == _subject(experiment)


def _subject(experiment: Experiment) -> str:
    problem = experiment.problem
    return problem.dataset.name if isinstance(problem, Network) else problem.function.name


def shown_preset(document: Document) -> Preset | None:
    """Return the preset of the document's page with this experiment, if there is one."""
    presets = {"training": COMPARE_PRESETS, "surfaces": SURFACE_PRESETS}[document.view.page.name]
    found = (one for one in presets.values() if one.experiment == document.experiment)
    return next(found, None)
