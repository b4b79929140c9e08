"""What a reader can start with: the first view of every page, and presets that show one idea."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from comparison.document import Document, View, with_default_view
from comparison.pages import PAGES, SurfacesPage
from engine import Budget, Experiment, Function, Network, Run
from engine.problems.datasets import Blobs, Line
from engine.problems.functions import Bowl, Dip, Matyas, Ravine, Saddle
from engine.rules import SGD, Adagrad, Adam, Momentum, RMSprop, Rule
from engine.spec import by_name
from language import N_

if TYPE_CHECKING:
    from collections.abc import Callable


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


class SurfacePreset(NamedTuple):
    """A comparison on a surface.

    Attributes:
        title: its name, to be translated.
        text: what it shows, to be translated.
        experiment: what is compared.
        page: settings of the page that differ from the default.
        log: whether the loss axis is logarithmic.
        selected: position of the selected run.
    """

    title: str
    text: str
    experiment: Experiment
    page: dict[str, Any]
    log: bool = True
    selected: int = 0

    @property
    def document(self) -> Document:
        """Return the comparison with the settings of the page."""
        shown = with_default_view(self.experiment, self.selected)
        update = {"page": SurfacesPage(**self.page), "log": self.log}
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
    """Return the run with all rows, with 32 as in the first view (or about half), and with one."""
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
    "optimizers": RunsPreset(N_("Seven optimizers"), _optimizers),
    "rates": RunsPreset(N_("Five learning rates"), _rates),
    # A mini-batch has more than one row and fewer than all.
    "batches": RunsPreset(N_("Batch, mini-batch, stochastic"), _batches, fewest_rows=3),
    "momenta": RunsPreset(N_("Momentum 0 … 0.99"), _momenta),
}


def _runs(*rules: tuple[Rule, float]) -> tuple[Run, ...]:
    return tuple(Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules)


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

SURFACE_PRESETS: Final = {
    "ravine": SurfacePreset(
        N_("Ravine: why momentum helps"),
        N_(
            "The valley is twenty times as steep across as along, so SGD is thrown out of it above"
            " a learning rate of 1, zigzags from side to side at 0.9 and creeps along at 0.1."
            " Momentum (μ = 0.6) also uses 0.9, but its steps across cancel while its steps along"
            " add up, so it reaches SGD's final loss in less than half as many steps. More"
            " momentum is not always better: with μ = 0.9 it keeps swinging and ends above SGD"
            " here (see Theory: the factor √μ per step)."
        ),
        FUNCTION_VIEW,
        {"window": (-8.0, 2.0, -2.6, 2.6), "step": 5.0},
        selected=2,
    ),
    "rates": SurfacePreset(
        N_("Too small, good, oscillating, diverging"),
        N_(
            "One optimizer at four learning rates. With 0.02 it is still on its way when the"
            " budget runs out; with 0.5 it goes straight to the valley floor; with 0.97 it jumps"
            " from side to side. 1.02 lies above the edge of stability, which is 2 divided by the"
            " largest curvature, so its swings across the ravine grow with every step."
        ),
        Experiment(
            problem=Function(function=Ravine()),
            runs=_runs((SGD(), 0.02), (SGD(), 0.5), (SGD(), 0.97), (SGD(), 1.02)),
            budget=_steps(60),
        ),
        {"window": (-8.0, 2.0, -4.0, 4.0)},
    ),
    "dip": SurfacePreset(
        N_("Escaping a local dip"),
        N_(
            "A dip lies on the way to the minimum. SGD follows the slope into it and stops,"
            " because the gradient is zero at the bottom. Momentum arrives with speed and rolls"
            " through, but that is no guarantee: with less momentum, it gets stuck as well."
        ),
        Experiment(
            problem=Function(function=Dip()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05)),
            budget=_steps(150),
        ),
        {},
    ),
    "saddle": SurfacePreset(
        N_("Saddle point"),
        N_(
            "From the saddle the surface rises in x and falls in y, and every run starts almost"
            " exactly on the line that leads to it. Near the saddle the gradient is tiny: SGD"
            " stays put, Momentum gathers speed and gets away, and Adam divides by the small"
            " gradients and walks off at a steady pace. The surface has no lowest value, so no run"
            " is best."
        ),
        Experiment(
            problem=Function(function=Saddle()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05), (Adam(), 0.05)),
            budget=_steps(36),
        ),
        {},
        log=False,
    ),
    "adagrad": SurfacePreset(
        N_("Adagrad stalls"),
        N_(
            "Adagrad divides by the square root of the sum of all squared gradients so far. That"
            " sum never shrinks, so its effective learning rates, drawn below, die out. RMSprop"
            " begins with almost the same rates but forgets old gradients: as the slope gets"
            " gentler its rates grow again, and it reaches the minimum while Adagrad stalls"
            " halfway."
        ),
        Experiment(
            problem=Function(function=Matyas()),
            runs=_runs((Adagrad(), 0.3), (RMSprop(), 0.1)),
            budget=_steps(150),
        ),
        {"tab": "rates"},
    ),
    "parameters": SurfacePreset(
        N_("A rate for each parameter"),
        N_(
            "This bowl is a hundred times as steep in y as in x. SGD has one learning rate for"
            " both, and a rate small enough for y is far too small for x. Adagrad, RMSprop and"
            " Adam scale each parameter by its own gradients, so x and y make progress together."
        ),
        Experiment(
            problem=Function(function=Bowl(condition=100.0)),
            runs=_runs((SGD(), 0.019), (Adagrad(), 1.0), (RMSprop(), 0.1), (Adam(), 0.3)),
            budget=_steps(60),
        ),
        {"tab": "rates", "window": (-5.0, 2.0, -1.5, 1.5)},
    ),
    "losses": SurfacePreset(
        N_("Squared error versus cross-entropy"),
        N_(
            "The same sigmoid neuron starts from the same point, where it is sure that every row"
            " is class 1: about the rows of class 0 it is confident and wrong. That is where the"
            " cross-entropy is steepest, so its runs leave at once. The gradient of the squared"
            " error passes through the sigmoid's slope, which vanishes there, so its runs do not"
            " get away."
        ),
        NEURON_VIEW,
        {"tab": "wrong"},
    ),
}

# The first view of every kind of surface, except the Compare page's network, by the kind's id.
SURFACES: Final = {
    "function": SURFACE_PRESETS["ravine"].document,
    "line": with_default_view(LINE_VIEW).on_page(SurfacesPage()),
    "neuron": with_default_view(NEURON_VIEW).on_page(SurfacesPage()),
}
# The first view of every page, by the name of the page.
FIRST_VIEWS: Final[dict[str, Document]] = {
    **{name: Document(view=View(page=page())) for name, page in by_name(PAGES).items()},
    "surfaces": SURFACES["function"],
}


def shown_preset(experiment: Experiment) -> SurfacePreset | None:
    """Return the Surfaces page's preset with this experiment, if there is one."""
    presets = SURFACE_PRESETS.values()
    return next((preset for preset in presets if preset.experiment == experiment), None)
