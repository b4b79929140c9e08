"""What tests know of a rule besides its class: one file per rule in ``data``, named by its id."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from engine import Experiment, Function, Network, Run, StepInspection
from engine.experiment import misfit
from engine.limits import LIMITS
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Himmelblau
from engine.rules import RULES, Rule


@dataclass(frozen=True)
class OnStream:
    """What a library answers to the gradients of ``tests/reference/gradient_stream.py``.

    Attributes:
        rule: the rule with the hyperparameters that were used.
        library: who answered.
        torch: the class of ``torch.optim`` and its settings, of which
            ``tests/reference/record_torch.py`` makes the answer; None for another library.
        params: the parameters after a few of the steps, by step.
    """

    rule: Rule
    library: str
    torch: tuple[str, Mapping[str, Any]] | None
    params: Mapping[int, list[float]]


@dataclass(frozen=True)
class OnRavine:
    """What a library answers on f(x, y) = x^2 / 20 + y^2 from (-7, 2).

    Attributes:
        rule: the rule with the hyperparameters that were used.
        library: who answered.
        learning_rate: the rate that was used.
        iterates: every iterate, step 0 first.
    """

    rule: Rule
    library: str
    learning_rate: float
    iterates: list[list[float]]


@dataclass(frozen=True)
class Facts:
    """What tests know of a rule.

    Attributes:
        by_hand: yields the directions of one coordinate, one gradient after another, as the paper
            has them; without the weight decay, which is added where it is tested. None for a rule
            that also looks elsewhere: at other coordinates, parameters, rate, a second gradient. It
            is compared with recorded answers, and has tests of its own.
        first: the direction of the rule's defaults on a first gradient of 1, from 0.
        bowl: a learning rate, and steps that suffice there from (-3, 2) to within 0.01 of the
            minimum of ``Bowl(condition=10)``: found by trying and then doubled.
        rosenbrock: the same on ``Rosenbrock()`` from (-1.2, 1); None for a rule that does not get
            there in 100,000 steps.
        scaled: returns what the effective learning rate multiplies in an inspected update, but for
            the weight decay: the gradient, or what stands in its place in the formula.
        differs: whether the rule averages differences of gradients: their sum keeps the roundings
            of the largest gradient for good, so that small ones have fewer digits after it.
        on_stream: a recorded answer, None where no library has the rule in this form.
        on_ravine: another one.
    """

    by_hand: Callable[[Any, Iterable[Any]], Iterator[Any]] | None
    first: float
    bowl: tuple[float, int]
    rosenbrock: tuple[float, int] | None
    scaled: Callable[[StepInspection], Any] = attrgetter("gradient")
    differs: bool = False
    on_stream: OnStream | None = None
    on_ravine: OnRavine | None = None


def facts(rule: type[Rule]) -> Facts:
    """Return what is known of a rule.

    Raises:
        ModuleNotFoundError: the rule has no file.
    """
    return importlib.import_module(f"tests.engine.rules.data.{rule.name}").FACTS


def fits(rule: type[Rule], problem: Network | Function, batch_size: int | str = "all") -> bool:
    """Tell whether a rule makes sense on a problem, with batches of all rows or of so many."""
    run = Run(optimizer=rule(), learning_rate=0.1, batch_size=batch_size)
    return misfit(problem, run) is None


def batches_of(rule: type[Rule], size: int) -> int | str:
    """Return batches of so many rows, or all if the rule needs all."""
    return "all" if "all_rows" in rule.needs else size


def fitted(experiment: Experiment, rule: Rule | type[Rule]) -> Experiment:
    """Return an experiment with one run, of a rule or a rule's defaults, where it makes sense.

    The run is otherwise the first one. Only what the rule needs is changed: a test function stands
    in place of a network that has no Hessian, a network in place of a function without layers;
    batches are of all rows, gradients without noise.
    """
    rule = rule() if isinstance(rule, type) else rule
    problem, changed = experiment.problem, {"optimizer": rule}
    if "hessian" in rule.needs and problem.kind == "network":
        problem, changed["batch_size"] = Function(function=Himmelblau()), "all"
    if "layers" in rule.needs and problem.kind == "function":
        problem = Network(dataset=TwoMoons(rows=50), hidden=(4, 3))
    if "all_rows" in rule.needs:
        changed |= {"batch_size": "all", "sampling": "shuffled"}
        if problem.kind == "function":
            problem = problem.model_copy(update={"noise": 0.0})
    run = experiment.runs[0].model_copy(update=changed)
    return experiment.model_copy(update={"problem": problem, "runs": (run,)})


def portions(problem: Network | Function | None = None) -> list[tuple[type[Rule], ...]]:
    """Return all rules that fit a problem, as many at a time as an experiment can have runs."""
    most = int(LIMITS["runs"].high)
    rules = tuple(rule for rule in RULES if problem is None or fits(rule, problem))
    return [rules[start : start + most] for start in range(0, len(rules), most)]
