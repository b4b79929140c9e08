"""A Dask cluster trains a sweep: the same table, whatever happens to its workers."""

import os
import signal
import subprocess
import sys
import zipfile
from io import BytesIO

import pytest
from distributed import LocalCluster

import engine.training.chunks
import sweeps.cluster
from engine.problems.datasets.table import TABLES
from engine.training.chunks import OtherEngine
from sweeps.cluster import Cluster, WorkersLack, engine_zip
from sweeps.runner import CrewGone
from sweeps.store import opened
from tests.sweeps.small import ON_TABLE, SPEC, TABLE, Here, result_bytes, swept

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed")
    swept(path, Here())
    return result_bytes(path)


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as started:
        yield started


@pytest.fixture
def elsewhere(tmp_path):
    """A scheduler and a worker, started where nothing of this project can be imported."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    anywhere = ("--dashboard-address", "127.0.0.1:0")

    def start(module, *options):
        command = [sys.executable, "-P", "-m", f"distributed.cli.dask_{module}", *options]
        return subprocess.Popen(command, cwd=folder, env=environment, stderr=-1, text=True)

    scheduler = start("scheduler", "--port", "0", "--host", "127.0.0.1", *anywhere)
    lines = iter(scheduler.stderr.readline, "")
    address = next(line.split()[-1] for line in lines if "Scheduler at:" in line)
    options = ("--nthreads", "1", *anywhere, "--no-nanny", "--local-directory", str(folder))
    worker = start("worker", address, *options)
    assert any("Registered to:" in line for line in iter(worker.stderr.readline, ""))
    yield scheduler, address
    for process in (worker, scheduler):
        process.kill()
        process.communicate()


def test_a_cluster_gives_the_table_of_this_machine(tmp_path, cluster, undisturbed):
    state = swept(tmp_path, Cluster(cluster.scheduler_address))

    assert state.failed == 0
    assert result_bytes(tmp_path) == undisturbed


def test_a_cluster_gets_the_rows_of_a_readers_table(tmp_path, cluster):
    crew = Cluster(cluster.scheduler_address, [TABLE])

    state = swept(tmp_path / "there", crew, spec=ON_TABLE)

    TABLES.keep("test", TABLE)
    swept(tmp_path / "here", spec=ON_TABLE)
    TABLES.forget("test")
    assert state.failed == 0
    assert result_bytes(tmp_path / "there") == result_bytes(tmp_path / "here")


def test_a_worker_that_is_killed_costs_no_lane(tmp_path, cluster, undisturbed):
    class Killing(Cluster):
        def submit(self, text):
            if not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)
            return super().submit(text)

    killed = []

    state = swept(tmp_path, Killing(cluster.scheduler_address))

    assert len(killed) == 1
    assert state.failed == 0
    assert result_bytes(tmp_path) == undisturbed


def test_a_worker_with_another_engine_is_refused_by_name(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(engine.training.chunks, "VERSION", 99)

    with pytest.raises(OtherEngine) as caught:
        swept(tmp_path, Cluster(cluster.scheduler_address))

    assert caught.value.version == 1
    assert "-" in caught.value.worker


def test_the_engine_travels_and_results_outlive_the_scheduler(tmp_path, elsewhere, undisturbed):
    scheduler, address = elsewhere

    class Losing(Cluster):
        def submit(self, text):
            if len(texts) == 3:
                scheduler.kill()
            texts.append(text)
            return super().submit(text)

        at_once = 1

    texts = []

    with pytest.raises(CrewGone):
        swept(tmp_path / "sweep", Losing(address))

    with opened(tmp_path / "sweep", SPEC) as folder:
        assert folder.found().done.any()
    swept(tmp_path / "sweep", Here())
    assert result_bytes(tmp_path / "sweep") == undisturbed


def test_what_the_workers_lack_is_named(elsewhere, monkeypatch):
    _, address = elsewhere
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("engine/__init__.py", "import no_such_library")
    monkeypatch.setattr(sweeps.cluster, "engine_zip", content.getvalue)

    with pytest.raises(WorkersLack) as caught:
        Cluster(address)

    assert caught.value.module == "no_such_library"


def test_an_address_without_a_scheduler_is_told(monkeypatch):
    monkeypatch.setattr(sweeps.cluster, "_CONNECT_SECONDS", 0.2)

    for address in ("tcp://127.0.0.1:1", "nonsense://x", "tls://127.0.0.1:1", "tcp://"):
        with pytest.raises(CrewGone):
            Cluster(address)


def test_the_engine_can_be_imported_from_its_zip_file(tmp_path):
    content = engine_zip()
    archive = zipfile.ZipFile(BytesIO(content))
    file = tmp_path / "engine.zip"
    file.write_bytes(content)

    script = (
        "import engine, sys; from engine.problems.datasets import Digits;"
        "data = engine.data(engine.Experiment(problem=engine.Network("
        "dataset=Digits(), loss='cross_entropy'), runs=engine.Experiment().runs[:1]));"
        "print(engine.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env={**os.environ, "PYTHONPATH": str(file)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(str(file))
    assert content == engine_zip()
    assert not [name for name in archive.namelist() if name.endswith(".pyc")]
