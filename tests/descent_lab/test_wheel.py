"""The wheel: built, installed into a fresh environment, used in the folder of another program."""

import csv
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import engine
from descent_lab.command import main
from descent_lab.wheel import ROOMS, OnePackage, rewritten, shipped
from engine import Budget, Experiment, Run
from engine.rules import Adam
from language import LANGUAGES
from tests.descent_lab.test_command import found_in, options_in_force
from tests.sweeps.small import SPEC, result_bytes, swept
from ui.shell.navigation import MENU

ROOT = Path(__file__).parents[2]

# Opens every page in every language, and tells the titles.
OPENS = """
from streamlit.testing.v1 import AppTest
from descent_lab.command import DASHBOARD
from descent_lab.language import LANGUAGES, set_language
from descent_lab.ui.shell.navigation import MENU
for language in LANGUAGES:
    set_language(language)
    at = AppTest.from_file(str(DASHBOARD), default_timeout=120)
    at.context["locale"] = language
    at.run()
    for entry in MENU.values():
        at.switch_page(entry.script).run()
        assert not at.exception, at.exception
        print(at.title[0].value)
"""
RUN_WITHOUT_PICTURES = """
import sys
from descent_lab.exports import bundle
from descent_lab.exports.printed import CannotRender
def refuse(*_given):
    raise CannotRender("nothing to draw with")
bundle.to_images = refuse
from descent_lab.command import main
sys.exit(main())
"""
# A server that keeps a shelf until its one sweep is finished, and tells its folder.
KEEPS = """
import sys, time
from pathlib import Path
from descent_lab.sweeps.shelf import Limits, Shelf
from descent_lab.sweeps.spec import read_spec
shelf = Shelf(Path(sys.argv[2]), Limits(workers=1))
name = shelf.add(read_spec(Path(sys.argv[1]).read_bytes()))
while (status := shelf.status(name)).kind != "finished":
    assert status.kind != "failed", status
    shelf.look_once()
    time.sleep(0.01)
print(shelf.folder(name))
"""


class Installed:
    """An environment with the wheel, and a folder of a program that has our names, too."""

    def __init__(self, folder):
        self.folder, self.elsewhere = folder / "environment", folder / "elsewhere"
        venv.create(self.folder, symlinks=True)
        # Its libraries are those of the tests: nothing is fetched.
        libraries = [path for path in sys.path if path.endswith("site-packages")]
        self.packages.joinpath("libraries.pth").write_text("\n".join(libraries), "utf-8")
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        offline = ["--no-deps", "--no-index", "--no-build-isolation"]
        subprocess.run([*pip, *offline, ROOT], check=True)
        self.elsewhere.mkdir()
        for name in (*ROOMS, "dashboard"):
            self.elsewhere.joinpath(f"{name}.py").write_text("DECOY = True\n", "utf-8")
        options = self.elsewhere / ".streamlit/config.toml"
        options.parent.mkdir()
        options.write_text('server.address = "of.another.program"\n', "utf-8")

    def path(self, kind):
        return Path(sysconfig.get_path(kind, "venv", vars={"base": str(self.folder)}))

    @property
    def packages(self):
        return self.path("purelib")

    @property
    def package(self):
        return self.packages / "descent_lab"

    @property
    def python(self):
        return self.path("scripts") / "python"

    def run(self, *command):
        """What a command says, run in the folder of the other program."""
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            command, cwd=self.elsewhere, env=own, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


def test_only_one_name_comes_into_the_environment(installed):
    (record,) = installed.packages.glob("descent_lab-*.dist-info/RECORD")
    with record.open(encoding="utf-8", newline="") as file:
        paths = [Path(path) for path, _hash, _size in csv.reader(file)]

    inside = {path.parts[0] for path in paths if path.parts[0] != ".."}
    assert inside == {"descent_lab", record.parent.name}
    assert [path.name for path in paths if path.parts[0] == ".."] == ["descent-lab"]


def test_it_ships_what_the_rooms_hold_beside_their_modules(installed):
    rooms = (path for room in ROOMS for path in ROOT.joinpath(room).rglob("*.*"))
    kept = {path for path in rooms if path.suffix not in {".py", ".pyc", ".po"}}

    assert {path.suffix for path in kept} == {".css", ".csv", ".js", ".md", ".mo"}
    for path in (*kept, ROOT / ".streamlit/config.toml"):
        assert installed.package.joinpath(path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    assert installed.package.joinpath("py.typed").is_file()
    assert not installed.package.joinpath("wheel.py").exists()


def test_no_room_is_forgotten():
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))

    assert {"descent_lab", *ROOMS} == set(project["tool"]["importlinter"]["root_packages"])


def test_no_module_is_named_in_a_string_where_it_would_not_be_renamed():
    by_name = re.compile(r"\b(import_module|run_module|run_path|__import__)\(")
    modules = [path for path in shipped(ROOT) if path.suffix == ".py"]

    assert len(modules) > 100
    assert [path for path in modules if by_name.search(path.read_text("utf-8"))] == []


def test_a_notebook_keeps_its_own_modules(installed):
    script = """
import sys, engine
path = list(sys.path)
import descent_lab, descent_lab.engine
from descent_lab.engine.optimizers import Adam
assert engine.DECOY and sys.path == path
assert descent_lab.optimizers.Adam is Adam
print(descent_lab.fit(descent_lab.Experiment(budget={"amount": 1})).digest())
"""

    digest = installed.run(installed.python, "-c", script)

    assert digest.strip() == engine.fit(Experiment(budget=Budget(amount=1))).digest()


def test_the_examples_of_the_readme_run(installed):
    text = ROOT.joinpath("README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    installed.run(installed.python, "-c", "\n".join(blocks))


def test_every_page_opens_in_every_language(installed):
    titles = installed.run(installed.python, "-c", OPENS).splitlines()

    assert len(titles) == len(MENU) * len(LANGUAGES)
    assert {"Backpropagation", "역전파"} <= set(titles)


def test_the_dashboard_opens_with_our_options_from_any_folder(installed):
    script, options = options_in_force(installed.python, installed.elsewhere)

    assert script == str(installed.package / "dashboard.py")
    assert options == {"server.address": "localhost", "server.port": 8765, "theme.base": "dark"}


@pytest.mark.usefixtures("nothing_drawn")
def test_a_run_gives_the_files_of_the_checkout(installed, tmp_path):
    source = tmp_path / "experiment.json"
    run = Run(optimizer=Adam(), learning_rate=0.01)
    experiment = Experiment(runs=[run], budget=Budget(amount=2), seeds=(0, 1))
    source.write_text(experiment.model_dump_json(), "utf-8")
    command = ["run", str(source), "--language", "ko", "--to"]

    assert main([*command, str(tmp_path / "ours")]) == 0
    theirs = [*command, tmp_path / "theirs"]
    installed.run(installed.python, "-c", RUN_WITHOUT_PICTURES, *theirs)

    ours, theirs = found_in(tmp_path / "ours"), found_in(tmp_path / "theirs")
    ours["manifest.json"], theirs["manifest.json"] = map(without_times, (ours, theirs))
    assert ours == theirs


def test_a_sweep_gives_the_table_of_the_checkout(installed, tmp_path):
    source = tmp_path / "sweep.json"
    source.write_text(SPEC.model_dump_json(), "utf-8")
    swept(tmp_path / "ours")

    command = installed.path("scripts") / "descent-lab"
    installed.run(command, "sweep", source, "--to", tmp_path / "theirs", "--workers", "1")

    assert result_bytes(tmp_path / "theirs") == result_bytes(tmp_path / "ours")


def test_a_servers_sweep_gives_the_table_of_the_checkout(installed, tmp_path):
    source = tmp_path / "sweep.json"
    source.write_text(SPEC.model_dump_json(), "utf-8")
    swept(tmp_path / "ours")

    folder = installed.run(installed.python, "-c", KEEPS, source, tmp_path / "shelf").strip()

    assert result_bytes(folder) == result_bytes(tmp_path / "ours")


def test_the_engine_that_travels_is_the_installed_one(installed, tmp_path):
    file = tmp_path / "engine.zip"
    script = (
        "import sys; from pathlib import Path; from descent_lab.sweeps.cluster import engine_zip;"
        "Path(sys.argv[1]).write_bytes(engine_zip())"
    )

    installed.run(installed.python, "-c", script, file)

    names = zipfile.ZipFile(file).namelist()
    assert {"descent_lab/__init__.py", "descent_lab/engine/__init__.py"} <= set(names)
    assert {Path(name).parts[1] for name in names} == {"__init__.py", "engine"}


def without_times(files):
    manifest = json.loads(files["manifest.json"])
    del manifest["times"]
    return manifest


def test_the_command_is_the_one_of_the_checkout(installed, capsys):
    assert main(["schema"]) == 0

    command = installed.path("scripts") / "descent-lab"
    assert installed.run(command, "schema") == capsys.readouterr().out
    assert installed.run(command, "--help").startswith("usage: descent-lab ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("from engine import fit", "from descent_lab.engine import fit"),
        (
            "from ui.shell.navigation import MENU",
            "from descent_lab.ui.shell.navigation import MENU",
        ),
        ("import engine", "import descent_lab.engine as engine"),
        ("import sys, engine as e", "import sys, descent_lab.engine as e"),
        ("import engine.rules as rules", "import descent_lab.engine.rules as rules"),
        (
            "if x:\n    name = 'η'; from charts import (\n        curves,\n    )\n",
            "if x:\n    name = 'η'; from descent_lab.charts import (\n        curves,\n    )\n",
        ),
    ],
)
def test_an_import_of_a_room_names_the_package(written, expected):
    assert rewritten(written.encode()).decode() == expected


@pytest.mark.parametrize(
    "text",
    [
        '"""\nfrom engine import fit\n"""\r\n',
        "text = 'import engine'  # from engine import fit",
        "from . import engine",
        "from engines import engine",
        "import numpy.engine, descent_lab.engine",
        "yield_ = engine.fit",
    ],
)
def test_all_else_stays_as_it_is(text):
    assert rewritten(text.encode()).decode() == text


def test_an_import_that_would_bind_another_name_is_refused():
    with pytest.raises(ValueError, match=r"line 2: write 'from engine\.rules import"):
        rewritten(b"\nimport engine.rules")


def test_an_editable_installation_is_refused():
    hook = OnePackage(str(ROOT), {}, None, None, "", "wheel")

    with pytest.raises(RuntimeError, match="run the checkout"):
        hook.initialize("editable", {})
