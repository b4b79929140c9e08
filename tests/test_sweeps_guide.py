"""What the guide to sweeps shows works as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from descent_lab.command import main
from engine import Experiment, InvalidInput
from sweeps.shelf import Limits, shelf_of
from sweeps.spec import read_spec
from sweeps.tables import SCORES, row_schema
from tests.sweeps.small import SPEC, swept

GUIDE = (Path(__file__).parents[1] / "docs" / "sweeps.md").read_text("utf-8")


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return [text for kind, text in found if kind == language]


def test_the_file_it_shows_is_a_sweep():
    (text,) = blocks("json")

    spec = read_spec(text.encode())

    assert spec.lanes == 2 * 11 * 3 * 2 * 3


@pytest.mark.parametrize("file", ["experiment.json", "sweep.json"])
def test_the_commands_it_shows_are_understood(tmp_path, monkeypatch, capsys, file):
    (tmp_path / "experiment.json").write_text(Experiment().model_dump_json())
    (tmp_path / "sweep.json").write_text(SPEC.model_dump_json())
    monkeypatch.chdir(tmp_path)
    lines = re.sub(r"\\\n\s*|#.*", "", "\n".join(blocks(""))).splitlines()
    commands = [shlex.split(line)[3:] for line in lines if "descent_lab sweep" in line]

    assert len(commands) == 3
    for command in (command for command in commands if file in command):
        assert main([*command, "--dry-run"]) == 0
    expected = "1,260 lanes" if file == "experiment.json" else "36 lanes"
    assert expected in capsys.readouterr().out


def test_the_table_has_the_columns_it_names(tmp_path, capsys):
    swept(tmp_path)
    (code,) = blocks("python")

    exec(compile(code.replace("DIR", str(tmp_path)), "guide", "exec"), {})  # noqa: S102 - our own

    assert "rule" in capsys.readouterr().out
    rows = re.findall(r"^\| (.*?) \|", GUIDE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {"key", "status", "last_step", "curve", "first_step_1"} <= named & set(
        row_schema(SPEC).names
    )
    assert {f"{name}_first" for name in ("training_loss",)} <= named & set(SCORES)


def variables():
    """The variables of an operator that it names, and what it says each is without it."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| .* \| (.*) \|$", GUIDE, re.MULTILINE)
    return dict(rows)


def test_the_variables_it_names_are_read_and_have_the_defaults_it_names():
    named = variables()
    limits = Limits()

    assert named == {
        "DESCENT_LAB_SWEEPS": "`~/.descent-lab/sweeps`",
        "DESCENT_LAB_SWEEP_MINUTES": f"{limits.seconds / 60:.0f}",
        "DESCENT_LAB_SWEEP_MEGABYTES": f"{limits.bytes / 1e6:.0f}",
        "DESCENT_LAB_SWEEP_WORKERS": "one less than there are cores, at least 1",
        "DASK_SCHEDULER_ADDRESS": "none",
    }
    assert shelf_of({"DESCENT_LAB_SWEEPS": "/sweeps"}).root == Path("/sweeps")
    assert shelf_of({"DASK_SCHEDULER_ADDRESS": "there"}).limits.cluster == "there"
    for name in (name for name in named if name.startswith("DESCENT_LAB_SWEEP_")):
        with pytest.raises(InvalidInput, match=name):
            shelf_of({name: "many"})
