"""The command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import descent_lab.run
import engine
import engine.training.loop
import exports.bundle
import exports.replay
from comparison import catalogue
from comparison.document import Document, View, read_document
from descent_lab.command import DASHBOARD, main
from descent_lab.run import bar
from engine import Budget, Experiment, Run, fit
from engine.rules import SGD, Adam
from engine.work import Task
from exports.bundle import bundle
from language import LANGUAGES, set_language

pytestmark = pytest.mark.usefixtures("nothing_drawn")
# Tells which script would be served with which options, instead of serving it.
OPENS = """
import json
from streamlit import config
from streamlit.web import bootstrap
from descent_lab.command import main
NAMES = ("server.address", "server.port", "theme.base")
def tell(script, *_given):
    print(json.dumps([script, {name: config.get_option(name) for name in NAMES}]))
bootstrap.run = tell
main(["--server.port", "8765", "--theme.base=dark"])
"""


def options_in_force(python, folder, **environment):
    """The script that the command serves when it is called in a folder, and Streamlit's options."""
    done = subprocess.run(
        [python, "-c", OPENS], cwd=folder, env=os.environ | environment, stdout=-1, check=True
    )
    return json.loads(done.stdout)


def written(path, content):
    path.write_text(content if isinstance(content, str) else content.model_dump_json(), "utf-8")
    return str(path)


def comparison(*rates):
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in rates]
    experiment = Experiment(runs=runs, budget=Budget(amount=2))
    names = tuple(f"rate {rate:g}" for rate in rates)
    return Document(experiment=experiment, view=View(names=names, numbers=tuple(range(len(rates)))))


def found_in(folder):
    """The files of a folder, as a bundle has them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_those_of_the_page(tmp_path, language, capsys):
    document = comparison(0.1, 0.2)
    source = written(tmp_path / "e.json", document)

    assert main(["run", source, "--to", str(tmp_path / "out"), "--language", language]) == 0

    set_language(language)
    expected = bundle(document, fit(document.experiment))
    found = found_in(tmp_path / "out")
    ours, theirs = (json.loads(files.pop("manifest.json")) for files in (found, expected))
    del ours["times"], theirs["times"]
    assert found == expected
    assert ours == theirs
    assert capsys.readouterr().out.startswith("rate 0.1: ")


def test_a_chart_that_fails_is_left_out_and_takes_nothing_with_it(tmp_path, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(catalogue, "score_curves", broken)
    source, folder = written(tmp_path / "e.json", comparison(0.1)), tmp_path / "out"

    assert main(["run", source, "--to", str(folder), "--strict"]) == 0

    left_out = json.loads((folder / "manifest.json").read_text())["left_out"]
    reason = left_out["figures/score.html"]
    assert reason.startswith("Something went wrong in Descent Lab")
    assert f"- `figures/score.html`: {reason}" in (folder / "README.md").read_text()
    assert not (folder / "figures/score.html").exists()
    assert (folder / "figures/loss.html").exists()
    assert (folder / "results.csv").exists()
    assert "score" in caplog.text
    caplog.clear()


def test_a_bare_experiment_is_accepted(tmp_path):
    source = written(tmp_path / "e.json", Experiment(budget=Budget(amount=1)))

    assert main(["run", source, "--to", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "manifest.json").exists()


def test_a_diverged_run_is_an_error_only_where_that_was_asked(tmp_path, capsys):
    source = written(tmp_path / "e.json", comparison(0.1, 1e7))

    assert main(["run", source, "--to", str(tmp_path / "out")]) == 0
    assert main(["run", source, "--to", str(tmp_path / "strict"), "--strict"]) == 1
    assert "diverged by step 10" in capsys.readouterr().out
    assert (tmp_path / "strict" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", "file"),
        ("", "file"),
        ('{"runs": []}', "runs"),
        (
            '{"runs": [{"optimizer": {"name": "sgd"}, "learning_rate": NaN}]}',
            "runs.0.learning_rate",
        ),
        ('{"budget": {"amount": 1}, "budget": {"amount": 7}}', "budget"),
        ('{"format": 2}', "format"),
        (
            '{"runs": [{"optimizer": {"name": "adam"}, "learning_rate": -1}]}',
            "runs.0.learning_rate",
        ),
        ('{"problem": {"kind": "network", "hidden": [1, 1, 1, 1, 1]}}', "problem.hidden"),
        ('{"format": 1, "experiment": {}, "view": {"axis": "years"}}', "view.axis"),
        ("[" * 10_000, "file"),
        (" " * 2_000_000, "file"),
    ],
)
def test_bad_input_is_one_line_that_names_file_and_field(tmp_path, capsys, content, field):
    source = written(tmp_path / "bad.json", content)

    assert main(["run", source, "--to", str(tmp_path / "out")]) == 2

    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith(f"{source}: {field}: ")
    assert error.rstrip()[-1] != ":"
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_bad_input(tmp_path, capsys):
    assert main(["run", str(tmp_path / "none.json"), "--to", str(tmp_path)]) == 2
    assert "none.json: No such file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path, capsys):
    source = written(tmp_path / "e.json", comparison(0.1))

    assert main(["run", source, "--to", str(tmp_path / "e.json" / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_holds_something_is_refused_before_the_training(
    tmp_path, capsys, monkeypatch
):
    """The scripts of an older bundle would lie beside files that they do not belong to."""
    source = written(tmp_path / "e.json", comparison(0.1))
    (tmp_path / "out").mkdir()
    assert main(["run", source, "--to", str(tmp_path / "out")]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    capsys.readouterr()

    def refuse(_experiment):
        raise AssertionError("trained too early")

    monkeypatch.setattr(descent_lab.run, "_trained", refuse)
    assert main(["run", source, "--to", str(tmp_path / "out")]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"{tmp_path / 'out'}: The folder is not empty")
    assert {path: path.read_bytes() for path in before} == before


def test_a_training_over_the_limit_wants_to_be_asked_for(tmp_path, capsys, monkeypatch):
    runs = [Run(optimizer=Adam(), learning_rate=0.1, batch_size=1)]
    long = Experiment(runs=runs, budget=Budget(amount=10_000))
    source = written(tmp_path / "e.json", long)
    command = ["run", source, "--to", str(tmp_path / "out")]

    assert main(command) == 2
    said = capsys.readouterr().err
    assert "seconds: " in said
    assert said.endswith("To train it anyway, add --no-limit.\n")

    monkeypatch.setattr(exports.replay, "NUMBERS", 1_000)
    short = fit(long.model_copy(update={"budget": Budget(amount=1)}))
    monkeypatch.setattr(descent_lab.run, "_trained", lambda _experiment: short)
    assert main([*command, "--no-limit"]) == 0


def interrupting(number, times):
    """A training in which a signal comes after each of its first pauses."""

    def train(experiment):
        work, sent, left = Task(engine.train(experiment)), None, times
        while work.go_on(sent):
            if left:
                left -= 1
                signal.raise_signal(number)
            sent = yield work.progress
        return work.result

    return train


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_stopped_leaves_what_it_reached(tmp_path, capsys, monkeypatch, number):
    monkeypatch.setattr(engine.training.loop, "PAUSE_SECONDS", -1.0)  # gives way at every look
    monkeypatch.setattr(descent_lab.run, "train", interrupting(number, 1))
    before = signal.getsignal(number)
    source = written(tmp_path / "e.json", comparison(0.1))

    assert main(["run", source, "--to", str(tmp_path / "out")]) == 3
    out, error = capsys.readouterr()
    text = "Stopping: the bundle will contain the results so far. Interrupt again to quit at once."
    assert error == f"{text}\n"
    assert "stopped" in out
    made = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert made["runs"][0]["status"] == ["stopped"]
    assert made["unfinished"][0].startswith("Training was stopped before the budget was used up")
    assert signal.getsignal(number) is before


def test_a_training_that_is_stopped_twice_ends_at_once_without_a_traceback(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(engine.training.loop, "PAUSE_SECONDS", -1.0)
    monkeypatch.setattr(descent_lab.run, "train", interrupting(signal.SIGINT, 2))
    source = written(tmp_path / "e.json", comparison(0.1))

    assert main(["run", source, "--to", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.endswith("quit at once.\n\n")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_schema_is_one_of_json(capsys):
    assert main(["schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == {"format", "experiment", "view", "tables"}
    assert schema["$defs"]["Adam"]["properties"]["beta1"]["exclusiveMaximum"] == 1
    assert not [name for name in schema["$defs"] if "__" in name]  # two classes of one name


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"]])
def test_help_is_worth_reading(capsys, command):
    with pytest.raises(SystemExit) as end:
        main(command)

    assert end.value.code == 0
    text = capsys.readouterr().out
    assert "schema" in text
    assert len(text.splitlines()) > 12


def test_the_experiment_in_the_help_can_be_trained(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    text = capsys.readouterr().out
    example, _end = json.JSONDecoder().raw_decode(text[text.index('{"problem"') :])

    read = read_document(json.dumps(example)).experiment
    assert read.problem.dataset.name == "spirals"
    assert len(read.seeds) == 3


def test_without_a_command_the_dashboard_opens_and_options_pass_on(tmp_path):
    script, options = options_in_force(sys.executable, tmp_path, PYTHONPATH=str(DASHBOARD.parent))

    assert script == str(Path("dashboard.py").absolute())
    assert options == {"server.address": "localhost", "server.port": 8765, "theme.base": "dark"}


@pytest.mark.parametrize("command", [["run"], ["run", "e.json", "--to"], ["fly"], ["--fly"]])
def test_a_wrong_command_is_bad_input(command):
    with pytest.raises(SystemExit) as end:
        main(command)

    assert end.value.code == 2


def test_names_move_no_cursor(tmp_path, capsys):
    view = View(names=("\x1b[2Jred\u202e\n",), numbers=(0,))
    document = Document(experiment=comparison(0.1).experiment, view=view)
    main(["run", written(tmp_path / "e.json", document), "--to", str(tmp_path / "out")])

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("[2Jred: ")


def test_a_message_about_a_file_moves_no_cursor_either(tmp_path, capsys):
    main(["run", str(tmp_path / "\x1b[2J\u202e.json"), "--to", str(tmp_path / "out")])

    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(error)


def test_progress_is_drawn_on_a_terminal_only(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(descent_lab.run, "_DRAW_SECONDS", -1.0)
    monkeypatch.setattr(engine.training.loop, "PAUSE_SECONDS", -1.0)  # gives way at every look
    source = written(tmp_path / "e.json", comparison(0.1))

    main(["run", source, "--to", str(tmp_path / "quiet")])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(["run", source, "--to", str(tmp_path / "seen")])
    shown = capsys.readouterr().err
    assert "%" in shown
    assert shown.endswith(f"Writing {tmp_path / 'seen'}\r\033[K")  # and nothing stays of it


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "[..............................]   0%"), (1, "[" + "#" * 30 + "] 100%")],
)
def test_a_bar(share, text):
    assert bar(share) == text


def test_it_runs_without_streamlit(tmp_path):
    source = written(tmp_path / "e.json", "{")
    script = (
        "import sys; from descent_lab.command import main;"
        f"code = main(['run', {source!r}, '--to', 'x']);"
        "print(code, 'streamlit' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["2", "False"]
