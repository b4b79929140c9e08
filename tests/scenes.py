"""Scenes of small trainings, for tests of what is drawn of them."""

from charts.theme import RunStyle
from comparison.pages import SurfacesPage
from comparison.surfaces import scenes
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam


def seen(experiment, **page):
    """The scene of an experiment after its training."""
    history = fit(experiment)
    styles = [RunStyle(str(number), number) for number in range(len(history.runs))]
    return scenes(history, styles, SurfacesPage(**page), 0)[0]


def ravine(*rates, steps=20):
    runs = tuple(Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in rates)
    budget = Budget(amount=steps, unit="iterations")
    return Experiment(problem=Function(), runs=runs, budget=budget)


def network(*sizes):
    runs = tuple(Run(optimizer=Adam(), learning_rate=0.01, batch_size=size) for size in sizes)
    problem = Network(dataset=TwoMoons(rows=40), hidden=(3,), validation_share=0.0)
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=4))
