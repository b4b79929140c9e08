"""What import-linter and ruff cannot see: fresh processes, scripts, what is never done here."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from descent_lab.wheel import ROOMS

FOLDERS = ["benchmarks", "descent_lab", "docs", *ROOMS]
SOURCES = sorted([*Path().glob("*.py"), *(s for f in FOLDERS for s in Path(f).rglob("*.py"))])
PAGES = [source for source in SOURCES if source.parts[0] in {"pages", "ui"}]

ABOVE = {
    "engine": ["streamlit", "plotly", "pandas", "language"],
    "language": ["streamlit", "plotly", "pandas", "engine"],
    "charts": ["streamlit", "pandas"],
    "comparison": ["streamlit"],
    "exports": ["streamlit"],
    "storage": ["streamlit", "plotly", "pandas", "engine", "language"],
    "sweeps": ["streamlit", "plotly", "language"],
    "descent_lab": ["streamlit"],
}

NEVER = {
    r"unsafe_allow_html|\bst\.html\((?!Path\(__file__\))": "draws users' text as markup",
    r"\bst\.fragment\b(?!\(spoken\b)": "forgets the language, ui.shell.navigation has one",
    r"\bon_change=(?!_hear|_pass_on|\"rerun\")": "is no binding of ui.shell.binding",
    r"\bnp\.load\(|allow_pickle": "may unpickle a user's file, which runs its code",
    r"\.read_(excel|feather|hdf|html|orc|parquet|pickle|sas|spss|sql|stata|xml)\w*\(": (
        "users' files are CSV and JSON only"
    ),
    r"\.(query|eval)\(": "pandas runs the text as code",
    r"\bpq\.read_table\(": (
        "loads readers of clouds, whose threads may abort a process: sweeps.store.read_columns"
    ),
    r"pio\.templates\.default\s*=": "is process-wide and turns exports black",
    r"\bScattergl\(|['\"]scattergl['\"]": "is slower than SVG without a graphics card",
    r"use_container_width": "is deprecated: width='stretch'",
}
# What has one home: how a generator ends, and the step that changes parameters.
ONLY_IN = {
    r"\bStopIteration\b": "engine/work.py",
    r"\bparams\w*(\[.*\])? [-+]= |np\.(subtract|add)\(.*params, .*out=": (
        "engine/training/updates.py"
    ),
}


@pytest.mark.parametrize("floor", [floor for floor in ABOVE if Path(floor).exists()])
def test_importing_a_floor_loads_nothing_from_above(floor):
    script = f"import sys, {floor}; print(*(m for m in {ABOVE[floor]} if m in sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert loaded == []


def test_no_script_lies_directly_in_pages():
    """Streamlit would serve it to the first deep link of a fresh server without dashboard.py."""
    assert list(Path("pages").glob("*.py")) == []


@pytest.mark.parametrize("source", PAGES, ids=str)
def test_pages_compute_nothing(source):
    """They have no NumPy, and take from the engine only what it offers."""
    taken = set(imported(source.read_text("utf-8")))

    assert {name for name in taken if name.partition(".")[0] == "numpy"} == set()
    assert {name for name in taken if name.startswith("engine") and "._" in name} == set()


def test_what_a_page_imports_is_found_wherever_it_stands():
    text = "import numpy.linalg as n\nfrom engine.a import _b\ndef f():\n    from engine import _c"

    assert list(imported(text)) == ["numpy.linalg", "engine.a._b", "engine._c"]


def imported(text):
    """The dotted names that a source imports, at its top or within a function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_source_never_does_what_the_table_forbids(source):
    text = source.read_text("utf-8")

    found = {match[0]: why for what, why in NEVER.items() if (match := re.search(what, text))}
    assert found == {}


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_no_sentence_stands_in_an_f_string(source):
    tree = ast.parse(source.read_text("utf-8"))
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]

    calls = [node for text in texts for node in ast.walk(text) if isinstance(node, ast.Call)]
    marked = [one for one in calls if getattr(one.func, "id", "") in {"_", "N_", "ngettext"}]
    assert [ast.unparse(one) for one in marked if isinstance(one.args[0], ast.Constant)] == []


@pytest.mark.parametrize("what", ONLY_IN)
def test_what_has_one_home_is_done_nowhere_else(what):
    found = [source for source in SOURCES if re.search(what, source.read_text("utf-8"))]

    assert found == [Path(ONLY_IN[what])]


MOST_LINES = 60
NAMED_COLOURS = {"black", "blue", "gray", "green", "grey", "orange", "red", "white", "yellow"}


@pytest.mark.parametrize("folder", ["charts", "pages", "ui"])
def test_every_function_fits_a_screen(folder):
    lines = {
        f"{source}: {node.name}": node.end_lineno - node.lineno + 1
        for source in Path(folder).rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert lines
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def colours(source):
    """The colours that a source names in its strings: by numbers or in words."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [
        text
        for text in strings
        if text in NAMED_COLOURS or re.search(r"#[0-9a-fA-F]{6}\b|\b(rgb|hsl)a?\(", text)
    ]


@pytest.mark.parametrize(
    "source",
    [source for source in SOURCES if source.parts[0] in {"charts", "comparison", "exports"}],
    ids=str,
)
def test_colours_are_named_in_the_theme_of_charts_alone(source):
    assert (colours(source) != []) is (source == Path("charts/theme.py"))
