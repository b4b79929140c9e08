"""What import-linter and ruff cannot see: fresh processes, scripts, what is never done here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDERS = [
    "benchmarks",
    "charts",
    "comparison",
    "descent_lab",
    "engine",
    "exports",
    "language",
    "pages",
    "ui",
]
SOURCES = sorted([*Path().glob("*.py"), *(s for f in FOLDERS for s in Path(f).rglob("*.py"))])

ABOVE = {
    "engine": ["streamlit", "plotly", "pandas", "language"],
    "language": ["streamlit", "plotly", "pandas", "engine"],
    "charts": ["streamlit", "pandas"],
    "comparison": ["streamlit"],
    "exports": ["streamlit"],
    "descent_lab": ["streamlit"],
}

NEVER = {
    r"unsafe_allow_html|\bst\.html\((?!Path\(__file__\))": "draws users' text as markup",
    r"\bst\.fragment\b(?!\(spoken\))": "forgets the language: ui.shell.session.fragment does not",
    r"\bnp\.load\(|allow_pickle": "may unpickle a user's file, which runs its code",
    r"\.read_(excel|feather|hdf|html|orc|parquet|pickle|sas|spss|sql|stata|xml)\w*\(": (
        "users' files are CSV and JSON only"
    ),
    r"\.(query|eval)\(": "pandas runs the text as code",
    r"pio\.templates\.default\s*=": "is process-wide and turns exports black",
    r"\bScattergl\(|['\"]scattergl['\"]": "is slower than SVG without a graphics card",
    r"use_container_width": "is deprecated: width='stretch'",
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


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_source_never_does_what_the_table_forbids(source):
    text = source.read_text("utf-8")

    found = {match[0]: why for what, why in NEVER.items() if (match := re.search(what, text))}
    assert found == {}
