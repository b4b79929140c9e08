"""No control shows another state than the one in force: every control of every page is driven."""

from copy import copy

import plotly.graph_objects as go
import pytest
import streamlit
from streamlit.runtime.state.common import TESTING_KEY

from charts.theme import Chart
from comparison.document import with_default_view
from comparison.pages import BackpropagationPage, EpochsPage, SurfacesPage, TrainingPage
from engine import Budget, Experiment, Function, Network, Run
from engine.problems.datasets import Iris, Line, TwoMoons
from engine.rules import SGD, Adam
from tests.driven import first_run, run
from ui.shell.navigation import MENU, in_sidebar

pytestmark = pytest.mark.usefixtures("nothing_waits")
NETWORK = Experiment(
    problem=Network(dataset=TwoMoons(rows=12), hidden=(2,)),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=4),
        Run(optimizer=Adam(), learning_rate=0.05, batch_size=4),
    ),
    budget=Budget(amount=2),
)
IRIS = NETWORK.model_copy(
    update={"problem": Network(dataset=Iris(), hidden=(2,), loss="cross_entropy")}
)
LINE = NETWORK.model_copy(
    update={"problem": Network(dataset=Line(rows=12), hidden=(), loss="mean_squared_error")}
)
BOWL = NETWORK.model_copy(
    update={
        "problem": Function(),
        "runs": (Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),),
        "budget": Budget(amount=3, unit="iterations"),
    }
)
# What is shown on each page: what one of them has driven, the next ones need not.
SHOWN = {
    "training": [
        (BOWL, TrainingPage()),
        *(
            (NETWORK, TrainingPage(tab=tab))
            for tab in ("loss", "score", "norms", "fits", "rates", "sharpness", "find", "details")
        ),
        (IRIS, TrainingPage(tab="fits")),
    ],
    "surfaces": [
        (BOWL, SurfacesPage(tab="slice", window=(-2.0, 2.0, -2.0, 2.0))),
        (LINE, SurfacesPage(fineness=31)),
        (NETWORK, SurfacesPage(surface="network", plane="weights", fineness=31, rows=5)),
    ],
    "epochs": [
        (NETWORK, EpochsPage()),
        (LINE, EpochsPage(tab="batches", sizes=("all", 2))),
        *((NETWORK, EpochsPage(tab=tab)) for tab in ("rows", "noise", "overfitting", "map")),
    ],
    "backpropagation": [
        (NETWORK, BackpropagationPage()),
        (NETWORK, BackpropagationPage(tab="chain")),
        (NETWORK, BackpropagationPage(example="sigmoid_network", tab="descent", updates=3)),
        (NETWORK, BackpropagationPage(example="relu_neuron", tab="differences")),
    ],
}
KINDS = (
    "selectbox",
    "select_slider",
    "number_input",
    "toggle",
    "button_group",
    "multiselect",
    "text_input",
    "text_area",
)
NO_CHART = Chart(go.Figure(), {}, "")
TYPED = {"text_input": "mine", "text_area": "y = 3 * x"}


@pytest.fixture(scope="module")
def page():
    """Function that returns a page which shows a comparison."""

    def opened(document, settings, own):
        name = "surface-document" if own else "document"
        session = {name: document, "page-settings": {settings.name: settings}}
        return first_run(MENU[settings.name].script, session=session)

    return opened


def controls(block):
    """What every control under a block shows: its label, value and choices."""
    found = {}
    for kind in KINDS:
        for control in block.get(kind):
            options = tuple(getattr(control, "options", ()))
            found[control.key] = (control.label, control.value, options)
    return {key: shown for key, shown in found.items() if not is_hidden(key)}


def is_hidden(key):
    """Whether a field is for the script alone."""
    return key.startswith("drawn-mark-")


def another(control):
    """Another value than the one that a control shows; None where there is none."""
    if control.type in TYPED:
        return TYPED[control.type]
    if control.type == "toggle":
        return not control.value
    if control.type == "number_input":
        return control.value + 1 if control.step >= 1 else control.value * 1.5 + 0.01
    if control.type == "multiselect":
        free = [option for option in control.options if option not in (*control.value, "all")]
        return [*control.value, free[0]]
    shown = None if control.value is None else control.format_func(control.value)
    others = [option for option in control.options if option != shown]
    # An option is known by its words alone here, so let it be chosen by them.
    control.root.session_state[TESTING_KEY][control.id] = str
    return others[0] if others else None


def state_of(at):
    """The session as a page's functions find it."""
    kept = ("document", "surface-document", "page-settings", "page")
    return {key: copy(at.session_state[key]) for key in kept if key in at.session_state}


@pytest.mark.parametrize("name", SHOWN)
def test_every_control_shows_the_state_in_force_after_every_action(name, page, monkeypatch):
    driven = set()
    monkeypatch.setattr("ui.shell.figure.attempt", lambda *_: NO_CHART)  # test_any_document has all
    for experiment, settings in SHOWN[name]:
        own = name == "surfaces" and settings.surface == "function"
        shown = with_default_view(experiment)
        at = page(shown, settings, own=own)
        while (control := next(not_driven(at, driven), None)) is not None:
            driven.add(control.key)
            value = another(control)
            if value is None:
                continue
            before, aside = state_of(at), controls(at.sidebar)
            run(control.set_value(value))
            after = state_of(at)

            # What is chosen is in the document: opened with it, a page has the same controls.
            now = after.get("surface-document" if own else "document", shown)
            fresh = page(now, after["page-settings"].get(name, settings), own=own)
            assert controls(fresh) == controls(at), control.key
            # A fragment may be rerun alone only where that leaves nothing stale in the sidebar.
            if control.key not in aside and controls(at.sidebar) != aside:
                beside = []
                for state in (before, after):
                    with monkeypatch.context() as patch:
                        patch.setattr(streamlit, "session_state", state)
                        beside.append(in_sidebar())
                assert beside[0] != beside[1], control.key


def not_driven(at, driven):
    """Controls that wait to be driven, one after the other."""
    for kind in KINDS:
        for control in at.get(kind):
            if control.key not in driven and not control.disabled and not is_hidden(control.key):
                yield control
