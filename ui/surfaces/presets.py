"""What can be seen on a surface: comparisons that each show one idea, with a few sentences."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from comparison.document import Document, with_default_view
from comparison.pages import SurfacesPage
from engine import Budget, Experiment, Function, Network, Run
from engine.problems.datasets import Blobs, Line
from engine.problems.functions import Bowl, Dip, Matyas, Ravine, Saddle
from engine.rules import SGD, Adagrad, Adam, Momentum, RMSprop, Rule
from language import N_
from ui.shell.session import (
    FUNCTION_RUN,
    FUNCTION_STEP,
    FUNCTION_VIEW,
    FUNCTION_WINDOW,
    document,
    open_document,
    settings,
)


class Preset(NamedTuple):
    """A comparison on a surface.

    Attributes:
        title: its name, to be translated.
        text: what there is to see, to be translated.
        experiment: what is compared.
        page: settings of the page that differ from the default.
        log: whether the loss axis is logarithmic.
        selected: position of the run that is looked at.
    """

    title: str
    text: str
    experiment: Experiment
    page: dict[str, Any]
    log: bool = True
    selected: int = 0

    @property
    def document(self) -> Document:
        """Return the comparison with the page's settings."""
        shown = with_default_view(self.experiment, self.selected)
        update = {"page": SurfacesPage(**self.page), "log": self.log}
        return shown.model_copy(update={"view": shown.view.model_copy(update=update)})


def _runs(*rules: tuple[Rule, float]) -> tuple[Run, ...]:
    return tuple(Run(optimizer=rule, learning_rate=rate, batch_size="all") for rule, rate in rules)


def _steps(count: int) -> Budget:
    return Budget(amount=count, unit="iterations")


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
    "ravine": Preset(
        N_("Ravine: why momentum"),
        N_(
            "The valley is twenty times as steep across as along: above a rate of 1 SGD is thrown"
            " out of it, at 0.9 it zigzags across, at 0.1 it creeps along. Momentum (μ = 0.6) takes"
            " the same rate of 0.9: its steps across cancel, its steps along add up, and it is at"
            " SGD's final loss in less than half as many steps. More is not always better: with"
            " μ = 0.9 it swings on and ends above SGD here (see Theory: the factor √μ per step)."
        ),
        FUNCTION_VIEW,
        {"window": FUNCTION_WINDOW, "step": FUNCTION_STEP},
        selected=FUNCTION_RUN,
    ),
    "rates": Preset(
        N_("Too small, good, oscillating, diverging"),
        N_(
            "One rule at four learning rates. With 0.02 it is still on its way when the budget"
            " ends, with 0.5 it goes straight to the valley floor, with 0.97 it jumps from side to"
            " side. 1.02 lies above the edge of stability, 2 over the largest curvature: the way"
            " across the ravine grows with every step."
        ),
        Experiment(
            problem=Function(function=Ravine()),
            runs=_runs((SGD(), 0.02), (SGD(), 0.5), (SGD(), 0.97), (SGD(), 1.02)),
            budget=_steps(60),
        ),
        {"window": (-8.0, 2.0, -4.0, 4.0)},
    ),
    "dip": Preset(
        N_("Out of a local dip"),
        N_(
            "A dip lies on the way to the minimum. SGD follows the slope into it and stops, for at"
            " its bottom the gradient is zero. Momentum arrives with speed and rolls through, which"
            " is no promise: with less momentum it stays in the dip as well."
        ),
        Experiment(
            problem=Function(function=Dip()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05)),
            budget=_steps(150),
        ),
        {},
    ),
    "saddle": Preset(
        N_("Saddle point"),
        N_(
            "From the saddle the surface rises in x and falls in y, and all runs start almost"
            " exactly on the line that leads to it. There the gradient is tiny and SGD stays:"
            " Momentum gathers speed and gets away, Adam divides by the small gradients and walks"
            " off at a steady pace. There is no lowest value, so no run is best."
        ),
        Experiment(
            problem=Function(function=Saddle()),
            runs=_runs((SGD(), 0.05), (Momentum(), 0.05), (Adam(), 0.05)),
            budget=_steps(36),
        ),
        {},
        log=False,
    ),
    "adagrad": Preset(
        N_("Adagrad stalls"),
        N_(
            "Adagrad divides by the root of the sum of all squared gradients so far, which never"
            " shrinks: its effective learning rates, drawn below, die out. RMSprop begins with"
            " almost the same ones, but forgets old gradients. As the slope gets gentler its rates"
            " grow again, and it reaches the minimum while Adagrad stalls half way."
        ),
        Experiment(
            problem=Function(function=Matyas()),
            runs=_runs((Adagrad(), 0.3), (RMSprop(), 0.1)),
            budget=_steps(150),
        ),
        {"tab": "rates"},
    ),
    "parameters": Preset(
        N_("A rate for each parameter"),
        N_(
            "This bowl is a hundred times as steep in y as in x. SGD has one rate for both: what y"
            " can bear is far too small for x. Adagrad, RMSprop and Adam scale each parameter by"
            " its own gradients, so that x and y move at once."
        ),
        Experiment(
            problem=Function(function=Bowl(condition=100.0)),
            runs=_runs((SGD(), 0.019), (Adagrad(), 1.0), (RMSprop(), 0.1), (Adam(), 0.3)),
            budget=_steps(60),
        ),
        {"tab": "rates", "window": (-5.0, 2.0, -1.5, 1.5)},
    ),
    "losses": Preset(
        N_("Squared error against cross-entropy"),
        N_(
            "The same sigmoid neuron from the same start, where it is sure of class 1 for every"
            " row. For the rows of class 0 it is confident and wrong: there the cross-entropy is"
            " steepest, and its runs leave at once. The squared error passes through the sigmoid's"
            " slope, which vanishes: its runs do not get away."
        ),
        NEURON_VIEW,
        {"tab": "wrong"},
    ),
}


def use_surface_preset(name: str) -> None:
    """Show a preset, drawn in as many ways as the picture before it."""
    preset, style = SURFACE_PRESETS[name].document, settings()
    page = preset.view.page.model_copy(update={"panels": style.panels, "relief": style.relief})
    view = preset.view.model_copy(update={"page": page})
    open_document(preset.model_copy(update={"view": view}), "preset")


def shown_preset() -> Preset | None:
    """Return the preset whose comparison is shown, unchanged."""
    now = document().experiment
    for preset in SURFACE_PRESETS.values():
        if preset.experiment == now:
            return preset
    return None
