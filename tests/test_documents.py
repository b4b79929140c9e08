"""What the documents name is there: files, modules, names in them, targets of make."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from descent_lab.wheel import ROOMS

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/sweeps.md"]
FOLDERS = ["benchmarks", "descent_lab", "docs", "tests", *ROOMS]


def quoted(document):
    """What a document has between backticks, outside of blocks of code."""
    text = (ROOT / document).read_text("utf-8")
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def named(pattern):
    found = [(name, text) for name in DOCUMENTS for text in quoted(name)]
    return sorted({pair for pair in found if re.fullmatch(pattern, pair[1])})


@pytest.mark.parametrize(("document", "path"), named(rf"({'|'.join(FOLDERS)})/[\w./*-]*"))
def test_a_path_leads_somewhere(document, path):
    assert list(ROOT.glob(path.rstrip("/"))), document


@pytest.mark.parametrize(("document", "name"), named(rf"({'|'.join(FOLDERS)})(\.\w+)+"))
def test_a_dotted_name_can_be_imported(document, name):
    module, _, attribute = name.rpartition(".")
    if (ROOT / name.replace(".", "/")).exists() or (ROOT / f"{name.replace('.', '/')}.py").exists():
        return
    assert hasattr(importlib.import_module(module), attribute), document


@pytest.mark.parametrize(("document", "command"), named(r"make [a-z-]+( ARGS=.*)?"))
def test_a_target_of_make_is_there(document, command):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE), document


def test_every_room_of_the_house_is_in_the_plan():
    plan = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = [folder for folder in FOLDERS if (ROOT / folder).is_dir()]
    inside = [one.name for one in (ROOT / "engine").iterdir() if (one / "__init__.py").exists()]

    assert [f"{name}/" for name in rooms + inside if f"\n{name}/" not in plan] == []


def test_every_room_says_what_flows_in_and_out():
    rooms = [one for floor in FOLDERS for one in (ROOT / floor).rglob("__init__.py")]
    said = {one: ast.get_docstring(ast.parse(one.read_text("utf-8"))) for one in rooms}

    assert len(said) > 20
    assert [str(one) for one, text in said.items() if len(text or "") < 40] == []
