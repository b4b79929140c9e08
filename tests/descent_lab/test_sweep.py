"""The command that trains sweeps: whatever ends it, the same command goes on to the same bytes."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import descent_lab.sweep
from descent_lab.command import main
from storage.lock import locked
from sweeps.spec import SweepSpec
from tests.sweeps.small import LANES, SPEC, Here, result_bytes

# 402 lanes in chunks of at most ten, each written at once, so that it can be disturbed on the way.
WHOLE = json.loads(SPEC.model_dump_json())
WHOLE["experiment"]["budget"]["amount"] = 40
LONG = SweepSpec.model_validate(
    WHOLE | {"axes": [{"field": "learning_rate", "low": 0.001, "high": 0.1, "count": 67}]}
)
DRIVER = """
import sys
import sweeps.chunking
import sweeps.runner
from descent_lab.command import main

if __name__ == "__main__":
    sweeps.chunking._MOST = 10
    sweeps.runner._SHARD_SECONDS = 0.0
    sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def trained_here(monkeypatch):
    """Trains in this process, where no test is about processes."""
    monkeypatch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Here())


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "sweep.json"
    file.write_text(SPEC.model_dump_json())
    return str(file)


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The file of a longer sweep, and the table that an undisturbed one gives."""
    folder = tmp_path_factory.mktemp("long")
    file = folder / "sweep.json"
    file.write_text(LONG.model_dump_json())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Here())
        assert main(["sweep", str(file), "--to", str(folder / "out")]) == 0
    return str(file), result_bytes(folder / "out")


def driver(*arguments, **options):
    """A process of its own with two workers."""
    command = [sys.executable, "-c", DRIVER, "sweep", *arguments, "--workers", "2"]
    return subprocess.Popen(command, stdout=-1, stderr=-1, text=True, **options)


def until_it_has_rows(process, folder):
    """Wait until the first shard is there; the process goes on."""
    while not list((folder / "rows").glob("[0-9]*.parquet")):
        assert process.poll() is None, process.stderr.read()


def test_it_tells_the_size_before_and_the_outcome_after(tmp_path, spec, capsys):
    assert main(["sweep", spec, "--to", str(tmp_path / "out"), "--workers", "1"]) == 0

    size, outcome, _head, *best, trust, path = capsys.readouterr().out.splitlines()
    assert size.startswith("12 settings × 3 seeds = 36 lanes, 360 updates: about 1 s with 1 worker")
    assert outcome == "36 lanes, 12 diverged"
    assert [line.split()[0] for line in best] == ["SGD", "Adam"]
    assert all("learning_rate 0.1 · batch_size 8 · the best of 6" in line for line in best)
    assert trust.startswith("The settings were chosen on these very seeds.")
    assert path == str(tmp_path / "out" / "results.parquet")
    assert len(pd.read_parquet(path)) == LANES


def test_runs_are_named_in_the_answer_as_on_the_page(tmp_path, capsys):
    fields = json.loads(SPEC.model_dump_json())
    fields["experiment"]["runs"] = [
        {
            "optimizer": {"name": "typed", "title": "Mine", "text": f"direction = {text}"},
            "learning_rate": 0.1,
            "batch_size": 8,
        }
        for text in ("g", "2*g")
    ]
    fields["experiment"]["seeds"] = [0]
    (tmp_path / "mine.json").write_text(json.dumps(fields))

    assert main(["sweep", str(tmp_path / "mine.json"), "--to", str(tmp_path / "out")]) == 0

    *_, first, second, _trust, _path = capsys.readouterr().out.splitlines()
    assert first.startswith("  Mine      ")
    assert second.startswith("  Mine (2)  ")


def test_a_second_time_nothing_is_trained(tmp_path, spec, capsys, monkeypatch):
    folder = str(tmp_path / "out")
    assert main(["sweep", spec, "--to", folder]) == 0
    monkeypatch.setattr(descent_lab.sweep, "Local", None)
    capsys.readouterr()

    assert main(["sweep", spec, "--to", folder]) == 0

    assert "36 lanes are there already and are not trained again" in capsys.readouterr().out


def test_a_dry_run_tells_the_size_and_writes_nothing(tmp_path, spec, capsys):
    assert main(["sweep", spec, "--to", str(tmp_path / "out"), "--dry-run"]) == 0

    assert "36 lanes" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_an_experiment_with_axes_is_the_same_sweep_as_its_file(tmp_path):
    base = tmp_path / "e.json"
    whole = json.loads(SPEC.model_dump_json())
    base.write_text(json.dumps(whole["experiment"]))
    axes = ["--axis", "learning_rate=0.01,0.1,1e6", "--axis", "batch_size=8,all"]

    assert main(["sweep", "--from", str(base), *axes, "--to", str(tmp_path / "a")]) == 0

    held = json.loads((tmp_path / "a" / "sweep.json").read_text())["sweep"]
    rest = {"targets": whole["targets"], "curve_points": whole["curve_points"]}
    assert SweepSpec.model_validate(held | rest) == SPEC


def test_the_seven_runs_of_the_format_with_axes_and_seeds(tmp_path, capsys):
    base = tmp_path / "e.json"
    base.write_text("{}")
    axes = ["--axis", "learning_rate=log:1e-4:1:9", "--axis", "batch_size=1,8,32,all"]

    assert main(["sweep", "--from", str(base), *axes, "--seeds", "5", "--dry-run"]) == 0

    assert capsys.readouterr().out.startswith("252 settings × 5 seeds = 1,260 lanes, ")


def test_the_schema_describes_a_sweep(capsys):
    assert main(["sweep", "--schema"]) == 0

    assert {"experiment", "axes", "design"} <= set(
        json.loads(capsys.readouterr().out)["properties"]
    )


def test_failed_lanes_are_told_and_trained_again_when_asked(tmp_path, spec, capsys, monkeypatch):
    class Once(Here):
        def submit(self, text):
            future = super().submit(text)
            if not is_first and '"all"' in text:
                future = type(future)()
                future.set_exception(MemoryError("no room"))
            is_first.clear()
            return future

    is_first = [True]
    folder = str(tmp_path / "out")
    monkeypatch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Once())
    assert main(["sweep", spec, "--to", folder]) == 1
    assert "could not be trained (workers.parquet says why; --retry" in capsys.readouterr().out
    monkeypatch.setattr(descent_lab.sweep, "Local", lambda _workers, _tables: Here())
    assert main(["sweep", spec, "--to", folder]) == 1

    assert main(["sweep", spec, "--to", folder, "--retry"]) == 0

    assert main(["sweep", spec, "--to", str(tmp_path / "undisturbed")]) == 0
    assert result_bytes(folder) == result_bytes(tmp_path / "undisturbed")


def kill(process, _folder):
    process.kill()


def interrupt(process, _folder):
    process.send_signal(signal.SIGINT)


def put_a_file(_process, folder):
    (folder / "stop").touch()


@pytest.mark.parametrize("end", [kill, interrupt, put_a_file])
def test_whatever_ends_it_the_same_command_goes_on(tmp_path, long, capsys, end):
    file, table = long
    with driver(file, "--to", str(tmp_path)) as process:
        until_it_has_rows(process, tmp_path)
        end(process, tmp_path)
        out, errors = process.communicate()
    kept = [pd.read_parquet(shard) for shard in (tmp_path / "rows").glob("[0-9]*.parquet")]

    assert main(["sweep", file, "--to", str(tmp_path)]) == 0

    assert 0 < sum(map(len, kept)) < LONG.lanes
    if end is not kill:
        assert process.returncode == 3
        assert f"of {LONG.lanes} lanes. The same command goes on from there." in out
        assert "Traceback" not in errors
    assert f"{sum(map(len, kept))} lanes are there already" in capsys.readouterr().out
    assert result_bytes(tmp_path) == table


def test_a_full_disk_keeps_what_there_is_and_says_so(tmp_path, long):
    file, table = long

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    with driver(file, "--to", str(tmp_path), preexec_fn=small_files) as process:
        _, errors = process.communicate()
    assert main(["sweep", file, "--to", str(tmp_path)]) == 0

    assert process.returncode == 3
    assert "What has been trained is kept, and the same command goes on from there." in errors
    assert "Traceback" not in errors
    assert result_bytes(tmp_path) == table


def test_two_at_once_exclude_each_other(tmp_path, spec, capsys):
    folder = tmp_path / "out"
    folder.mkdir()
    with locked(folder):
        assert main(["sweep", spec, "--to", str(folder)]) == 2

    assert "Another process is working on this folder." in capsys.readouterr().err


def refused(capsys, *arguments):
    status = main(["sweep", *arguments])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"axes": [{"field": "speed", "values": [1]}]}, "speed"),
        ({"axes": [{"field": "learning_rate", "values": []}]}, "entries"),
        ({"axes": [{"field": "learning_rate", "low": 1, "high": 0.1, "count": 3}]}, "0.1"),
        (
            {"axes": [{"field": "learning_rate", "low": 0, "high": 1, "count": 3, "scale": "log"}]},
            "(0 … ",
        ),
        ({"axes": [{"field": "learning_rate", "low": 0.1, "high": 1, "count": 0}]}, "[2 … 1,000]"),
        ({"axes": [{"field": "batch_size", "values": [1_000]}]}, "1000"),
        ({"format": 2}, "2"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_wrong_specification_is_refused_in_a_sentence(tmp_path, capsys, fields, told):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(fields))

    status, errors = refused(capsys, str(file), "--to", str(tmp_path / "out"))

    assert status == 2
    assert errors.startswith(f"{file}: ")
    assert told in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_huge_specification_and_a_huge_sweep_are_refused(tmp_path, capsys):
    huge = tmp_path / "huge.json"
    huge.write_text(" " * 5_000_000 + "{}")
    many = tmp_path / "many.json"
    axes = [
        {"field": field, "low": 1e-4, "high": 0.5, "count": 1_000}
        for field in ("learning_rate", "optimizer.epsilon", "optimizer.decay", "optimizer.beta1")
    ]
    adam = {"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": 8}
    axes[2]["field"] = "optimizer.beta2"
    many.write_text(json.dumps({"experiment": {"runs": [adam]}, "axes": axes}))

    assert "MB" in refused(capsys, str(huge), "--to", str(tmp_path / "out"))[1]
    assert "1000000000000" in refused(capsys, str(many), "--to", str(tmp_path / "out"))[1]


def test_a_folder_whose_name_is_no_text_is_as_good_as_any(tmp_path, spec):
    folder = tmp_path / os.fsdecode(b"caf\xe9")

    assert main(["sweep", spec, "--to", str(folder)]) == 0
    assert main(["sweep", spec, "--to", str(folder)]) == 0


def test_what_is_missing_is_told(tmp_path, capsys):
    status, errors = refused(capsys, str(tmp_path / "none.json"), "--to", str(tmp_path / "out"))

    assert status == 2
    assert errors == f"{tmp_path / 'none.json'}: No such file or directory\n"


def test_a_folder_of_something_else_is_left_alone(tmp_path, spec, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").touch()

    status, errors = refused(capsys, spec, "--to", str(folder))

    assert status == 2
    assert errors.startswith(f"{folder}: The folder holds other files")
    assert [path.name for path in folder.iterdir()] == ["cat.jpg"]


def test_a_cluster_that_does_not_answer_is_told(tmp_path, spec, capsys, monkeypatch):
    monkeypatch.setattr("sweeps.cluster._CONNECT_SECONDS", 0.2)
    address = ("--cluster", "tcp://127.0.0.1:1")

    status, errors = refused(capsys, spec, "--to", str(tmp_path / "out"), *address)

    assert status == 3
    assert errors.startswith("No Dask scheduler answers at tcp://127.0.0.1:1.")


def test_no_process_of_a_sweep_imports_streamlit(tmp_path, spec):
    """Streamlit would run the script of a page again in each of them."""
    decoy = tmp_path / "decoy"
    decoy.mkdir()
    told = tmp_path / "told"
    (decoy / "streamlit.py").write_text(f"open({str(told)!r}, 'a').write('imported')")
    command = [sys.executable, "-m", "descent_lab", "sweep", spec, "--to", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(decoy)}

    subprocess.run([*command, "--workers", "1"], check=True, stdout=-1, env=environment)

    assert len(pd.read_parquet(tmp_path / "out" / "results.parquet")) == LANES
    assert not told.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seeds", "1000000000"), "Seeds is 1000000000. It must be in the range [1 … 30]."),
        (("--seeds", "0"), "Seeds is 0."),
        (("--workers", "0"), "Workers is 0. It must be in the range [1 … 1,024]."),
        (("--axis", "learning_rate"), "an axis, e.g. learning_rate=log:1e-4:1:9"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(tmp_path, capsys, options, told):
    base = tmp_path / "e.json"
    base.write_text("{}")

    status, errors = refused(capsys, "--from", str(base), *options, "--to", str(tmp_path / "out"))

    assert status == 2
    assert told in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--axis", "learning_rate=1", "--dry-run"), "--axis and --seeds go with --from"),
        (("--seeds", "2", "--dry-run"), "--axis and --seeds go with --from"),
        ((), "--to DIR is missing"),
    ],
)
def test_nothing_that_was_asked_for_is_left_undone_in_silence(spec, capsys, options, told):
    with pytest.raises(SystemExit) as ended:
        main(["sweep", spec, *options])

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_an_experiment_in_place_of_a_sweep_is_told_apart(tmp_path, spec, capsys):
    base = tmp_path / "e.json"
    base.write_text('{"budget": {"amount": 3}}')
    to = ("--to", str(tmp_path / "out"))

    assert (
        "The file holds an experiment: give it with --from." in refused(capsys, str(base), *to)[1]
    )
    assert (
        "The file holds a sweep: give it without --from." in refused(capsys, "--from", spec, *to)[1]
    )


@pytest.mark.parametrize("name", ["results.parquet", "workers.parquet"])
def test_a_damaged_table_is_made_again_from_the_shards(tmp_path, spec, name, capsys):
    folder = tmp_path / "out"
    assert main(["sweep", spec, "--to", str(folder)]) == 0
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-20])

    assert main(["sweep", spec, "--to", str(folder)]) == 0

    assert (folder / name).read_bytes() == whole
    capsys.readouterr()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_terminal_that_has_few_letters_gets_those(spec, language):
    command = [sys.executable, "-m", "descent_lab", "sweep", spec, "--dry-run"]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}

    said = subprocess.check_output([*command, "--language", language], text=True, env=ascii_only)

    assert "36" in said


def test_nothing_that_reads_from_clouds_is_loaded(tmp_path, spec):
    """Its threads may abort a process that ends: one of ten did, on a busy machine."""
    script = (
        "import sys; from descent_lab.command import main; assert main() == 0;"
        " assert 'pyarrow.dataset' not in sys.modules, 'loaded'"
    )
    command = [sys.executable, "-c", script, "sweep", spec, "--to", str(tmp_path / "out")]
    subprocess.run([*command, "--workers", "1"], check=True)


def test_work_goes_on_where_nobody_reads_what_is_said(tmp_path, spec):
    folder = tmp_path / "out"
    script = "import sys; sys.stderr = None; from descent_lab.command import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "sweep", spec, "--to", str(folder), "--workers", "1"]
    with Path("/dev/full").open("w") as full:
        subprocess.run(command, stdout=full, check=True)

    assert len(pd.read_parquet(folder / "results.parquet")) == LANES


def test_a_second_signal_ends_it_even_if_a_worker_hangs(tmp_path, long):
    file, _ = long
    with driver(file, "--to", str(tmp_path)) as process:
        until_it_has_rows(process, tmp_path)
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode == 3


def test_an_address_in_the_environment_stands_where_no_workers_are_asked_for(
    tmp_path, spec, capsys, monkeypatch
):
    monkeypatch.setattr("sweeps.cluster._CONNECT_SECONDS", 0.2)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:1")

    assert refused(capsys, spec, "--to", str(tmp_path / "out"))[0] == 3
    assert main(["sweep", spec, "--to", str(tmp_path / "out"), "--workers", "1"]) == 0


def test_it_speaks_korean(tmp_path, spec, capsys):
    assert main(["sweep", spec, "--to", str(tmp_path / "out"), "--language", "ko"]) == 0

    assert "시드" in capsys.readouterr().out
