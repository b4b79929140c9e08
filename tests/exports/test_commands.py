"""Every command that a bundle writes down runs, with what the bundle holds.

The libraries that the scripts want are not there. Others of their names stand in for them, which
compute nothing: a script then reads its files, takes all its updates, and says that its losses are
not the recorded ones. That they are with the real ones is shown by ``make test-torch``.
"""

import ast
import json
import re
import runpy
import shlex
import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

import exports.bundle
import exports.replay
import exports.scripts.replay
from comparison.document import with_default_view
from descent_lab.command import main
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import Blobs
from engine.rules import SGD, RMSprop
from exports.bundle import bundle
from language import set_language
from storage.writing import write_all
from tests.descent_lab.test_command import found_in

pytestmark = pytest.mark.usefixtures("nothing_drawn")
ROOT = Path(__file__).parents[2]
RUNS = tuple(
    Run(optimizer=rule, learning_rate=0.01, batch_size="all") for rule in (SGD(), RMSprop())
)
NOISY = Experiment(
    problem=Function(noise=0.5),
    runs=RUNS,
    budget=Budget(amount=40, unit="iterations"),
    seeds=(3, 8),
)
BLOBS = Experiment(
    problem=Network(dataset=Blobs(rows=100, classes=3), hidden=(3,), loss="cross_entropy"),
    runs=RUNS,
    budget=Budget(amount=3),
)
MANY = {"seeds": tuple(range(20, 40))}
# What is replayed, the most numbers of a file, and the seeds that can be.
BUNDLES = {
    "small": (BLOBS, 2_000_000, (0,)),
    "without its rows": (BLOBS, 150, ()),
    "many seeds": (BLOBS.model_copy(update=MANY), 2_000_000, MANY["seeds"]),
    "some of many seeds": (BLOBS.model_copy(update=MANY), 210, MANY["seeds"][:10]),
    "noise of the first updates": (NOISY, 60, (3, 8)),
    "by formula": (BLOBS, 2_000_000, (0,)),
    "noise by formula": (NOISY, 60, (3, 8)),
}


class Made:
    """A bundle in its folder, and what is known of it."""

    def __init__(self, folder, experiment, seeds):
        self.folder, self.seeds = folder, seeds
        document = with_default_view(experiment)
        self.files = bundle(document, fit(experiment))
        write_all(folder, self.files)

    @property
    def scripts(self):
        return [self.folder / name for name in self.files if name.startswith("scripts/")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Function that makes a bundle, once."""
    known = {}

    def make(name):
        experiment, numbers, seeds = BUNDLES[name]
        if name not in known:
            with pytest.MonkeyPatch.context() as small:
                small.setattr(exports.replay, "NUMBERS", numbers)
                if "formula" in name:
                    small.setattr(exports.scripts.replay, "TRANSLATIONS", {})
                known[name] = Made(tmp_path_factory.mktemp("bundle"), experiment, seeds)
        return known[name]

    return make


class StandIn(MagicMock):
    """Takes every call; what comes of it is again one, and as a number 1."""

    def item(self):
        return 1.0


@pytest.fixture(autouse=True)
def libraries(monkeypatch):
    """Stand-ins that compute nothing."""
    jax, torch = StandIn(), StandIn()
    jax.value_and_grad = lambda loss: loss
    jax.jit = lambda step: (
        lambda *_given: (
            (StandIn(), StandIn(), 1.0) if step.__name__ == "step" else (1.0, np.zeros(1))
        )
    )
    torch.tensor.return_value.grad.numpy.return_value = np.zeros(1)
    torch.tensor.return_value.__iter__.side_effect = lambda: iter((StandIn(), StandIn()))
    stand_ins = {"jax": jax, "jax.numpy": jax.numpy, "torch": torch}
    for name in ("jax", "jax.numpy", "torch", "keras", "optax"):
        monkeypatch.setitem(sys.modules, name, stand_ins.get(name, StandIn()))


def commands(text):
    """The commands of a README or of a script's first lines: what stands four spaces in."""
    return [shlex.split(line) for line in re.findall(r"(?m)^ {4}(\S.*)$", text)]


def ran(folder, command, monkeypatch, capsys):
    """Run a script by its command; its variables, and what it said."""
    program, script, *given = command
    assert program == "python"
    assert (folder / script).is_file()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [script, *given])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        runpy.run_path(script, run_name="__main__")
    return end.value.code, capsys.readouterr().out


def replays(code, said):
    """Whether a script did all that it can without its library."""
    updates, compared = re.search(r"(\d+) updates replayed\nlosses compared: (\d+)", said).groups()
    return code is True and int(updates) >= int(compared) > 0


@pytest.mark.parametrize("name", BUNDLES)
def test_the_first_lines_of_every_script_run(name, made, monkeypatch, capsys):
    one = made(name)

    assert bool(one.scripts) is bool(one.seeds)
    for script in one.scripts:
        lines = ast.get_docstring(ast.parse(script.read_text("utf-8")), clean=False)
        install, *runs = commands(lines)
        assert install[:2] == ["pip", "install"]
        assert set(install[2:]) <= {"torch", "keras", "jax", "optax", "numpy"}
        assert [run[1] for run in runs] == [script.name] * (1 + (len(one.seeds) > 1))
        for run in runs:
            assert replays(*ran(script.parent, run, monkeypatch, capsys)), (script.name, run)


@pytest.mark.parametrize("name", BUNDLES)
def test_every_seed_that_a_script_takes_has_its_start_and_no_other_is_taken(
    name, made, monkeypatch, capsys
):
    one = made(name)

    for script in one.scripts[:1] + one.scripts[-1:]:
        for seed in (one.seeds[0], one.seeds[len(one.seeds) // 2], one.seeds[-1]):
            run = ["python", script.name, str(seed)]
            assert replays(*ran(script.parent, run, monkeypatch, capsys))
            assert f"seed_{seed}" in one.files["start.csv"].decode().splitlines()[0].split(",")
        for wrong in ("7", "39" if len(one.seeds) < 20 else "40", "x", "-1", ""):
            code, said = ran(script.parent, ["python", script.name, wrong], monkeypatch, capsys)
            assert code == f"The seed is {wrong!r}. Choose one of these: {listed(one.seeds)}."
            assert said == ""


def listed(seeds):
    return ", ".join(map(str, seeds))


@pytest.mark.parametrize("name", BUNDLES)
def test_every_command_of_readme_and_manifest_runs(name, made, tmp_path, monkeypatch, capsys):
    one = made(name)
    manifest = json.loads(one.files["manifest.json"])
    written = commands(one.files["README.md"].decode())
    written += [shlex.split(line) for line in manifest["reproduce"]]

    assert len(written) >= 3
    for number, command in enumerate(written):
        if command[:3] == ["python", "-m", "descent_lab"]:
            again = tmp_path / str(number)
            source = str(one.folder / "experiment.json")
            places = {"experiment.json": source, ".../experiment.json": source, "DIR": str(again)}
            assert main([places.get(word, word) for word in command[3:]]) == 0
            as_it_is = BUNDLES[name][1] == exports.replay.NUMBERS and "formula" not in name
            assert is_again(one, again, whole=as_it_is)
        elif command[:2] == ["pip", "install"] and "." in command:
            assert command[2:] == [".", "-c", "requirements.txt"]  # see test_wheel
            assert (ROOT / "requirements.txt").is_file()
        elif command[0] == "pip":
            numpy = ["numpy"] if "formula" in name else []
            assert command == ["pip", "install", "torch", *numpy]
        else:
            assert replays(*ran(one.folder, command, monkeypatch, capsys)), command


def is_again(one, folder, *, whole):
    """Whether a folder has the files of a bundle, but for times and for what the test had cut."""
    found = found_in(folder)
    same = [name for name in one.files if whole or name == "experiment.json"]
    return all(found[name] == one.files[name] for name in same if name != "manifest.json")


def test_a_bundle_in_korean_is_made_again_in_korean(made, tmp_path):
    one = made("small")
    set_language("ko")
    korean = bundle(with_default_view(BLOBS), fit(BLOBS))
    set_language("en")
    (command, *_others) = json.loads(korean["manifest.json"])["reproduce"]
    places = {"experiment.json": str(one.folder / "experiment.json"), "DIR": str(tmp_path / "ko")}

    assert main([places.get(word, word) for word in shlex.split(command)[3:]]) == 0
    assert found_in(tmp_path / "ko") | {"manifest.json": b""} == korean | {"manifest.json": b""}
