"""What the scripts of all libraries share: settings, reading files, and the comparison."""

from __future__ import annotations

import re
import textwrap
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.problems.formula import Formula
from engine.rules import TypedRule, choices, hyperparameters
from exports.replay import factor_updates, noise_updates, replay_seeds
from exports.scripts.clipping import clipped
from exports.scripts.schedule import (
    followed,
    is_scheduled,
    keeps_the_rate_outside,
    table_lines,
    why_not_outside,
    words,
)
from exports.scripts.translations import TRANSLATIONS, VALUES, Translation
from exports.scripts.translations.formulas import formula_lines
from exports.scripts.typed import CODE
from language import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine import Experiment, Function, Network, Run

_HEAD: Final = Template('''\
"""Replay a run of a Descent Lab bundle in $title, and compare its losses with the recorded ones.

    pip install $packages
    python $script_name

It lies in a folder of the bundle and reads the files of the folder above.
$about_seeds
$about_rule"""
$future
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
first = compared[:$certain]
differences = [abs(losses[step - 1] - recorded[step]) for step in first]
which = ", ".join(map(str, compared[:3])) + (f" ... {compared[-1]}" if compared[3:] else "")
print(f"{NAME!r}: {len(losses)} updates replayed")
print(f"losses compared: {len(compared)}, of the updates {which or 'none'}")
print(f"largest difference in the first {len(first)}: {max(differences, default=math.nan):.1e}")
print(f"first update whose loss departs by more than 1e-9: {min(departures, default='none')}")
sys.exit(not compared or bool(set(departures) & set(first)))
""")

_NO_TRANSLATION: Final = N_("There is no translation of {rule} for {library}.")
_TYPED: Final = N_("{rule} was typed, so it is no optimizer of {library}.")
_TYPED_AS_CODE: Final = N_(
    "{rule} was typed, so it is no optimizer of {library}; the page Your own rule writes it as one."
)
_FORMULA: Final = N_(
    "The script computes the formula of {rule} in NumPy; {library} computes the gradients."
)
_AVERAGE: Final = N_(
    "Only losses of batches are compared. The average that {rule} reports is not computed here."
)


class Library(NamedTuple):
    """A library in which a run is replayed.

    Attributes:
        id: its name in ``FRAMEWORKS``, in the table of translations and in file names.
        title: its own spelling of its name.
        packages: what to install.
        imports: the lines that import it and set it to 64 bits.
    """

    id: str
    title: str
    packages: str
    imports: str


class Replay(NamedTuple):
    """The run that a script replays.

    Attributes:
        experiment: the experiment of the run.
        position: position of the run, from 0.
        name: the reader's name for it.
    """

    experiment: Experiment
    position: int
    name: str

    @property
    def run(self) -> Run:
        """Return the run itself."""
        return self.experiment.runs[self.position]

    @property
    def problem(self) -> Network | Function:
        """Return the problem of the experiment."""
        return self.experiment.problem

    @property
    def settings(self) -> dict[str, str]:
        """Return the hyperparameters and the learning rate as Python text, by name."""
        optimizer = self.run.optimizer
        names = (*hyperparameters(type(optimizer)), *choices(type(optimizer)))
        written = {name: repr(getattr(optimizer, name)) for name in names}
        return {"learning_rate": repr(self.run.learning_rate), **written}

    def translated(self, library: Library) -> str | None:
        """Return the library's own form of the rule; None if it has no equal one."""
        form = getattr(self._translation, library.id)
        if form is None or not self._follows(library):
            return None
        written = form if isinstance(form, str) else form(self.run.optimizer)
        settings = self.settings
        if self.is_scheduled and library.id != "pytorch":
            settings["learning_rate"] = "schedule"
        rule = Template(written).substitute(settings)
        return clipped(library.id, rule, self.run.clipping)

    def _follows(self, library: Library) -> bool:
        """Tell whether a library's optimizer may follow the schedule, if there is one."""
        return not self.is_scheduled or keeps_the_rate_outside(library.id, self.run)

    @property
    def is_scheduled(self) -> bool:
        """Tell whether the learning rate changes."""
        return is_scheduled(self.run)

    def own_schedule(self, library: Library) -> str | None:
        """Return the library's own form of the schedule; None if the script reads factors."""
        if not self.is_scheduled or self.translated(library) is None:
            return None
        return followed(library.id, self.experiment, self.run).own

    def reads_factors(self, library: Library) -> bool:
        """Tell whether the script reads the factors of the schedule."""
        return self.is_scheduled and self.own_schedule(library) is None

    def read_factors(self) -> str:
        """Return the lines that read the factors of the schedule."""
        return table_lines(self.run)

    def remarks(self, library: Library, say: Callable[[str], str]) -> list[str]:
        """Return what a reader of the script should know; ``say`` puts it into a language."""
        found = []
        if self.translated(library) is None:
            found.append(self._why_formula(library, say))
        if self.is_scheduled:
            found.append(self._about_schedule(library, say))
        if not self.run.optimizer.reports_its_params:
            found.append(say(_AVERAGE).format(rule=self.run.optimizer.title))
        return found

    def _about_schedule(self, library: Library, say: Callable[[str], str]) -> str:
        """Return how the script follows the schedule."""
        how = followed(library.id, self.experiment, self.run)
        if self.translated(library) is None:
            how = how._replace(own=None, reason="")
        return words(how, library.title, self.run, say)

    def _why_formula(self, library: Library, say: Callable[[str], str]) -> str:
        """Return why the script computes the rule's formula."""
        missing = _NO_TRANSLATION
        if isinstance(self.run.optimizer, TypedRule):
            missing = _TYPED_AS_CODE if library.id in CODE else _TYPED
        reason = self._translation.differences.get(library.id, missing)
        if not self._follows(library) and getattr(self._translation, library.id) is not None:
            reason = why_not_outside(library.id, self.run)
        words = {"rule": self.run.optimizer.title, "library": library.title}
        return f"{say(reason)} {say(_FORMULA)}".format(**words)

    @property
    def _translation(self) -> Translation:
        return TRANSLATIONS.get(type(self.run.optimizer), Translation())

    def head(self, library: Library) -> str:
        """Return the beginning of a script."""
        name, seeds = script_name(library.id, self.position), replay_seeds(self.experiment)
        about_seeds = f"Its seed is {seeds[0]}."
        if len(seeds) > 1:
            about_seeds = f"Its seed is {seeds[0]}; another one can be given:"
            about_seeds += f"\n\n    python {name} {seeds[-1]}"
        about = self.remarks(library, str)
        about_rule = "".join(f"\n{textwrap.fill(remark, 99)}\n" for remark in about)
        future = numpy = ""
        if self.translated(library) is None:
            future = "\nfrom __future__ import annotations\n"
            numpy = " numpy"
        return _HEAD.substitute(
            title=library.title,
            packages=library.packages + numpy,
            imports=library.imports,
            script_name=name,
            about_seeds=about_seeds,
            about_rule=about_rule,
            future=future,
            seeds=seeds,
            number=self.position + 1,
            # As code: what would not print, such as marks of text direction, becomes an escape.
            name=repr(self.name),
        )

    def check(self) -> str:
        """Return the end of a script; it needs ``losses``, with one loss per update."""
        return _CHECK.substitute(certain=self._translation.certain)

    @property
    def cut(self) -> int:
        """Return the number of the run's batches in the bundle, from 1."""
        groups = self.experiment.groups()
        return 1 + next(n for n, members in enumerate(groups) if self.position in members)

    @property
    def function_updates(self) -> int:
        """Return how many updates of a test function are replayed.

        Those of which the noise is known, and the factor of a schedule.
        """
        updates = self.experiment.iterations(self.run)
        if self.is_scheduled:
            updates = min(updates, factor_updates(self.experiment))
        return min(updates, noise_updates(self.experiment)) if self.read_noise() else updates

    def read_batches(self) -> str:
        """Return the lines that read the rows of every update."""
        return (
            f'batches = [\n    [int(row) for row in line["rows"].split()]\n'
            f'    for line in table("batches.csv", batches={self.cut}, seed=SEED)\n]\n'
        )

    def read_noise(self) -> str:
        """Return the lines that read the noise on every gradient of a test function, if any."""
        if self.problem.kind == "network" or not self.problem.is_disturbed:
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

    Args:
        problem: what is minimised.
        module: the script's module with NumPy's names.
    """
    function = problem.function
    if isinstance(function, Formula):
        return f"x, y = point\n{formula_lines(function, module)}"
    fields = {name: repr(value) for name, value in function}
    value = Template(VALUES[type(function)]).substitute(fields, np=module)
    return f"x, y = point\nvalue = {value}\n"


def indented(lines: str) -> str:
    """Return lines indented by four spaces."""
    return re.sub(r"(?m)^(?=.)", "    ", lines)
