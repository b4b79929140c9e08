"""What is made when its download is clicked reads no field that the click itself may still send.

A text field is sent when it loses the focus: by the very click on the download beside it, which
then fetches what was made of the field before. So what is made later may hang on nothing that a
widget of the same function gives, and on no state of the session; a form comes first.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
SILENT = {"button", "download_button", "container", "columns", "empty", "spinner", "popover"}


def is_of_streamlit(node):
    """Whether a node is ``st.something``."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "st"
    )


def asks(node, asking):
    """Whether an expression has what a widget, the session or a function with widgets gives."""
    parts = list(ast.walk(node))
    calls = [part.func for part in parts if isinstance(part, ast.Call)]
    return (
        any(is_of_streamlit(called) and called.attr not in SILENT for called in calls)
        or any(isinstance(called, ast.Name) and called.id in asking for called in calls)
        or any(is_of_streamlit(part) and part.attr == "session_state" for part in parts)
    )


def names(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def asking_functions(tree):
    """The functions of a script that return what a widget gives."""
    return {
        function.name
        for function in functions(tree)
        if any(
            isinstance(part, ast.Return) and part.value is not None and asks(part.value, ())
            for part in ast.walk(function)
        )
    }


def from_widgets(function, asking):
    """The names of a function that hang on a widget."""
    found = set()
    assignments = [part for part in ast.walk(function) if isinstance(part, ast.Assign)]
    for _again in assignments:  # one may hang on another
        for part in assignments:
            if asks(part.value, asking) or names(part.value) & found:
                found |= set().union(*map(names, part.targets))
    return found


def made_later(function):
    """What a function leaves to be made when it is clicked: the arguments of ``later``, and what
    a lambda in its tables makes."""
    calls = [part for part in ast.walk(function) if isinstance(part, ast.Call)]
    if not any(isinstance(call.func, ast.Name) and call.func.id == "later" for call in calls):
        return []
    return [part for part in ast.walk(function) if isinstance(part, ast.Lambda)]


def of_the_session(tree):
    """What a script takes from the session's module: it would be read after the click."""
    imports = [part for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)]
    return {name.name for part in imports if part.module == "ui.shell.store" for name in part.names}


def faults(source):
    tree = ast.parse(source)
    asking = asking_functions(tree)
    return [
        (function.name, ast.unparse(made))
        for function in functions(tree)
        for made in made_later(function)
        if asks(made, asking | of_the_session(tree)) or names(made) & from_widgets(function, asking)
    ]


def test_nothing_that_is_made_later_reads_a_widget():
    sources = {path: path.read_text("utf-8") for path in SCRIPTS}
    later = [
        made
        for source in sources.values()
        for function in functions(ast.parse(source))
        for made in made_later(function)
    ]

    assert len(later) >= 4  # the bundle, and a chart as page, CSV and Parquet
    assert [fault for source in sources.values() for fault in faults(source)] == []


def test_every_callable_goes_through_the_one_door():
    """A download is given what was made, or ``later(…)``: no bare function."""
    given = [
        call.args[1]
        for path in SCRIPTS
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "download_button"
    ]

    assert len(given) >= 5
    assert not [ast.unparse(data) for data in given if isinstance(data, ast.Lambda)]


SAVE = "st.download_button('Save', later(lambda: {}))"


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        (["notes = st.text_area('Notes')"], "report(notes)"),
        (["notes = st.text_area('Notes')", "text = [notes]"], "report(text)"),
        (["size = asked()"], "draw(size)"),
        ([], "st.session_state['notes']"),
        ([], "document()"),
    ],
)
def test_a_fault_is_found(lines, made):
    source = "from ui.shell.store import document\n\n\n"
    source += "def asked():\n    return st.number_input('Size')\n"
    source += "\n\ndef offer():\n" + "\n".join(
        f"    {line}" for line in [*lines, SAVE.format(made)]
    )

    assert len(faults(source)) == 1


def test_what_a_form_has_sent_may_be_read():
    assert (
        faults(f"def offer(title):\n    st.text_input('Title')\n    {SAVE.format('title')}") == []
    )
