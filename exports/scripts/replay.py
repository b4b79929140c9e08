"""What the scripts of all libraries share: settings, the reading of files, the comparison."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from string import Template
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.rules import hyperparameters
from exports.replay import noise_updates, replay_seeds
from language import _

if TYPE_CHECKING:
    from engine import Experiment, Function, Network, Run

_HEAD: Final = Template('''\
"""Replay a run of a Descent Lab bundle in $title, and compare its losses with the recorded ones.

    pip install $packages
    python $script_name

It lies in a folder of the bundle and reads the files of the folder above.
$about_seeds
"""

import csv
import math
$imports

RUN = $number  # its number in results.csv
NAME = $name
SEEDS = $seeds  # those of start.csv
GIVEN = sys.argv[1] if len(sys.argv) > 1 else str(SEEDS[0])
if GIVEN not in map(str, SEEDS):
    sys.exit(f"The seed is {GIVEN!r}. Choose one of these: {', '.join(map(str, SEEDS))}.")
SEED = int(GIVEN)
FOLDER = Path(__file__).resolve().parent.parent


def table(name, **wanted):
    """Return the rows of a file in which the given columns have the given values."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return [row for row in rows if all(row[key] == str(wanted[key]) for key in wanted)]


''')

_CHECK: Final = Template("""\

# Recorded: the loss of a batch before its update; of a long run that of the first update of each
# bin of updates.
recorded, before = {}, 0
for row in table("histories.csv", number=RUN, seed=SEED, quantity="batch_loss"):
    if row["value"]:
        recorded[before + 1] = float(row["first"] or row["value"])
    before = int(row["step"])
compared = [step for step in recorded if step <= len(losses)]
departures = [
    step
    for step in compared
    if not math.isclose(losses[step - 1], recorded[step], rel_tol=1e-9, abs_tol=1e-12)
]
first = compared[:100]
differences = [abs(losses[step - 1] - recorded[step]) for step in first]
which = ", ".join(map(str, compared[:3])) + (f" ... {compared[-1]}" if compared[3:] else "")
print(f"{NAME!r}: {len(losses)} updates replayed")
print(f"losses compared: {len(compared)}, of the updates {which or 'none'}")
print(f"largest difference in the first {len(first)}: {max(differences, default=math.nan):.1e}")
print(f"first update whose loss departs by more than 1e-9: {min(departures, default='none')}")
sys.exit(not compared or bool(set(departures) & set(first)))
""")


class Replay(NamedTuple):
    """The run that a script replays.

    Attributes:
        experiment: which it belongs to.
        position: of the run, from 0.
        name: what the reader calls it.
    """

    experiment: Experiment
    position: int
    name: str

    @property
    def run(self) -> Run:
        """Return what was run."""
        return self.experiment.runs[self.position]

    @property
    def problem(self) -> Network | Function:
        """Return what was minimised."""
        return self.experiment.problem

    @property
    def settings(self) -> dict[str, str]:
        """Return rule and rate as Python writes them, by name."""
        optimizer = self.run.optimizer
        names = hyperparameters(type(optimizer))
        written = {name: repr(getattr(optimizer, name)) for name in names}
        return {"learning_rate": repr(self.run.learning_rate), **written}

    def no_translation(self, library: str) -> str:
        """Return that nobody has written this run's rule for a library."""
        text = _("There is no translation of {rule} for {library}.")
        return text.format(rule=self.run.optimizer.title, library=library)

    def head(self, framework: str, title: str, packages: str, imports: str) -> str:
        """Return the beginning of a script."""
        name, seeds = script_name(framework, self.position), replay_seeds(self.experiment)
        about_seeds = f"Its seed is {seeds[0]}."
        if len(seeds) > 1:
            about_seeds = f"Its seed is {seeds[0]}; another one can be given:"
            about_seeds += f"\n\n    python {name} {seeds[-1]}"
        return _HEAD.substitute(
            title=title,
            packages=packages,
            imports=imports,
            script_name=name,
            about_seeds=about_seeds,
            seeds=seeds,
            number=self.position + 1,
            # As code: what would not print, such as marks that turn text around, becomes an escape.
            name=repr(self.name),
        )

    def check(self) -> str:
        """Return the end of a script; before it ``losses`` has one loss per update."""
        return _CHECK.substitute()

    @property
    def cut(self) -> int:
        """Return the number of the run's batches in the bundle, from 1."""
        groups = self.experiment.groups()
        return 1 + next(n for n, members in enumerate(groups) if self.position in members)

    @property
    def function_updates(self) -> int:
        """Return the updates of a test function that can be replayed: all whose noise is known."""
        updates = self.experiment.iterations(self.run)
        return min(updates, noise_updates(self.experiment)) if self.read_noise() else updates

    def read_batches(self) -> str:
        """Return the lines that read the rows of every update."""
        return (
            f'batches = [\n    [int(row) for row in line["rows"].split()]\n'
            f'    for line in table("batches.csv", batches={self.cut}, seed=SEED)\n]\n'
        )

    def read_noise(self) -> str:
        """Return the lines that read the noise on every gradient of a test function, if any."""
        if self.problem.kind == "network" or not self.problem.noise:
            return ""
        return (
            'noises = [\n    [float(line["noise_x"]), float(line["noise_y"])]\n'
            '    for line in table("noise.csv", seed=SEED)\n]\n'
        )


def script_name(framework: str, position: int) -> str:
    """Return the name of a script's file."""
    return f"{framework}_{position + 1}.py"


def function_lines(problem: Function, module: str) -> str:
    """Return the lines that compute ``value`` of a test function at ``point``, x and y.

    They are the engine's own, with the numbers put in and another module in the place of NumPy.

    Raises:
        ValueError: the engine's lines need more than numbers and NumPy.
    """
    function = problem.function
    source = textwrap.dedent(inspect.getsource(type(function).value))
    (definition,) = ast.parse(source).body
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(source)
    body = definition.body[1:]  # without the docstring
    lines = [
        ast.unparse(_Translated(function, module).visit(statement)).replace("return ", "value = ")
        for statement in body
    ]
    return "\n".join(lines) + "\n"


class _Translated(ast.NodeTransformer):
    def __init__(self, function: Any, module: str) -> None:
        self._function, self._module = function, module

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if owner == "self":
            return ast.Constant(getattr(self._function, node.attr))
        if owner == "np":
            return ast.Attribute(ast.Name(self._module), node.attr)
        if owner == "points" and node.attr == "T":
            return ast.Name("point")
        raise ValueError(f"cannot translate {ast.unparse(node)}")


def indented(lines: str) -> str:
    """Return lines four spaces to the right."""
    return re.sub(r"(?m)^(?=.)", "    ", lines)
