"""The comparisons that a session works on: valid documents, and changes to them.

Widgets show the document and report changes to it; they hold nothing of their own. So a value from
a link or file is shown exactly, and a page that is left and entered again looks as it did.

Pages share one comparison, so that what is set on one is seen on the others. Only the Surfaces page
has a problem of its own as well: test functions have no data, and want other learning rates.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial, wraps
from itertools import count
from typing import TYPE_CHECKING, Any, Final, ParamSpec
from uuid import uuid4

import streamlit as st

from charts.theme import RunStyle
from comparison.document import Document, View, with_default_view
from comparison.link import from_link
from comparison.pages import PAGES, SurfacesPage, TrainingPage
from comparison.words.errors import explain
from comparison.words.names import run_names
from engine import Budget, Experiment, Function, Interval, InvalidInput, Run
from engine.rules import RULES, SGD, Adam, Momentum
from language import N_, _, ngettext
from language.labels import inline
from ui.shell.locale import speak
from ui.shell.menu import MENU
from ui.shell.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ui.shell.versions import Version

_Arguments = ParamSpec("_Arguments")

_SHARED: Final = "document"
_OWN: Final = "surface-document"
_PAGE: Final = "page"
_SETTINGS: Final = "page-settings"
_NOTICES: Final = "notices"
_WANTED: Final = "wanted-page"
_REFUSED: Final = "refused-link"
_VERSIONS: Final = "versions"
_SESSION: Final = "versions-session"  # names it in the names of its versions
_EXAMPLE: Final = "backpropagation"  # whose versions are of its page's settings alone
# What a reader makes on a page; all else there is how it is looked at, and no version of its own.
_MADE: Final = {
    "epochs": ("plans", "sizes"),
    _EXAMPLE: ("example", "formula", "values", "learning_rate", "updates"),
}
# Settings of a page that its sidebar shows.
_IN_SIDEBAR: Final = {"surfaces": ("surface",), _EXAMPLE: _MADE[_EXAMPLE]}

PRESETS: Final = {
    "optimizers": N_("Seven optimizers"),
    "rates": N_("Five learning rates"),
    "batches": N_("Batch, mini-batch, stochastic"),
    "momenta": N_("Momentum 0 … 0.99"),
}
# What the Surfaces page opens with: the ravine of the notes, seen from nearby, at a step where the
# velocity takes momentum less far across than its gradient would, and further along.
FUNCTION_VIEW: Final = Experiment(
    problem=Function(),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.9, batch_size="all"),
        Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),
        Run(optimizer=Momentum(0.6), learning_rate=0.9, batch_size="all"),
    ),
    budget=Budget(amount=40, unit="iterations"),
)
FUNCTION_WINDOW: Final = (-8.0, 2.0, -2.6, 2.6)
FUNCTION_RUN: Final = 2
FUNCTION_STEP: Final = 5.0
_DEFAULTS: Final = {
    **{page().name: page() for page in PAGES},
    "surfaces": SurfacesPage(window=FUNCTION_WINDOW, step=FUNCTION_STEP),
}


def work_on(page: str) -> None:
    """Say which page this is, before anything else of the session is used.

    Opens the link that the session began with. What was opened for another page leads there.
    """
    st.session_state[_PAGE] = page
    document()
    wanted = st.session_state.pop(_WANTED, page)
    if wanted != page:
        st.switch_page(MENU[wanted].script)


def fragment(
    around: Callable[[], object],
) -> Callable[[Callable[_Arguments, None]], Callable[_Arguments, None]]:
    """Make a function a Streamlit fragment: its own reruns leave the rest of the page alone.

    Such a rerun passes no page's ``speak``, so the fragment sets the language. And where it finds
    something changed that is shown around it, it reruns the whole page: no control may show another
    state than the one in force.

    Args:
        around: returns what is shown around the fragment.
    """

    def made(fill: Callable[_Arguments, None]) -> Callable[_Arguments, None]:
        def spoken(before: object, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            speak()
            if before != (st.session_state.get(_WANTED), around()):
                st.rerun()
            fill(*args, **kwargs)

        part = st.fragment(spoken)

        @wraps(fill)
        def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            part((st.session_state.get(_WANTED), around()), *args, **kwargs)

        return call

    return made


def in_sidebar() -> object:
    """Return what the sidebar shows: what all runs share, and some settings of the page."""
    page = settings()
    shown = [getattr(page, field) for field in _IN_SIDEBAR.get(page.name, ())]
    return _slot(), document().experiment.model_copy(update={"runs": ()}), shown


def all_but(*fields: str) -> Callable[[], object]:
    """Return a function that returns all that is shown but some settings of the page."""

    def around() -> object:
        return document(), settings().model_dump(exclude=set(fields)), notices()

    return around


def document() -> Document:
    """Return the comparison that the page works on: the link's at first, else the first view."""
    if _SHARED not in st.session_state:
        st.session_state[_SHARED] = Document()
        st.session_state[_NOTICES] = []
        _open_first_link()
    return st.session_state.get(_slot()) or _first_view(_slot())


def settings() -> Any:
    """Return how this page is looked at, beyond what all pages share."""
    return _settings_of(_page())


def set_page(**fields: Any) -> None:
    """Change how this page is looked at; a change that does not fit is refused and explained."""
    try:
        changed = type(settings()).model_validate(settings().model_dump() | fields)
    except InvalidInput as error:
        refuse(error)
        return
    made = {field: getattr(changed, field) for field in _MADE.get(changed.name, ())}
    before = {field: getattr(settings(), field) for field in made}
    with _version("", _differences(before, made)):
        st.session_state.setdefault(_SETTINGS, {})[changed.name] = changed
    st.session_state[_NOTICES] = []
    st.session_state.pop(_REFUSED, None)


def whole_document() -> Document:
    """Return the comparison together with this page's own settings: what a link or file holds."""
    return _whole(_page())


def is_first_view() -> bool:
    """Tell whether the page looks as it does to somebody who opens it."""
    return document() == _first_view(_slot()) and settings() == _DEFAULTS[_page()]


def is_refused_link() -> bool:
    """Tell whether the session began with a link that could not be opened, and kept nothing yet."""
    return st.session_state.get(_REFUSED, False)


def notices() -> list[str]:
    """Return what the reader must be told about the last change."""
    return st.session_state.get(_NOTICES, [])


def tell(sentence: str) -> None:
    """Tell the reader a sentence, marked by ``N_``, about the change that was just made."""
    speak()
    st.session_state[_NOTICES] = [*notices(), _(sentence)]


def styles() -> list[RunStyle]:
    """Return name, colour and dash of every run."""
    now = document()
    names = run_names(now.experiment.runs, now.view.names)
    return [RunStyle(name, number) for name, number in zip(names, now.view.numbers, strict=True)]


def open_document(opened: Document, change: str = "opened") -> None:
    """Take a whole comparison and go to its page.

    Args:
        opened: the comparison.
        change: what is done, an id of ``ui.shell.undo``.
    """
    with _version(change):
        _take(opened, [])


def versions() -> Versions:
    """Return the versions of what this page works on."""
    return _all_versions()[_name_of(_page())]


def undo() -> None:
    """Show the version before."""
    _show(_name_of(_page()), versions().undo)


def redo() -> None:
    """Show the version that was undone last."""
    _show(_name_of(_page()), versions().redo)


def version_name() -> str:
    """Return the number of the version on show; it is no other session's."""
    token = st.session_state.setdefault(_SESSION, uuid4().hex[:8])
    return f"{token}.{versions().shown.number}"


def works() -> dict[str, Document]:
    """Return all that the session works on, by whose it is: what a reload must not lose.

    The two comparisons have the settings of a page each; the settings of the others are alone.
    """
    whole = {
        _SHARED: (st.session_state.get(_SHARED) or Document(), "training"),
        _OWN: (st.session_state.get(_OWN) or _first_view(_OWN), "surfaces"),
        "epochs": (Document(), "epochs"),
        _EXAMPLE: (Document(), _EXAMPLE),
    }
    return {
        owner: document.model_copy(
            update={"view": document.view.model_copy(update={"page": _settings_of(page)})}
        )
        for owner, (document, page) in whole.items()
    }


def bring_back(kept: Mapping[str, Document]) -> None:
    """Take the works of the session before, apart from what this page was opened with."""
    here, shown = _page(), _slot()
    for owner, work in kept.items():
        page = work.view.page
        if page.name != here:
            st.session_state.setdefault(_SETTINGS, {})[page.name] = page
        if owner in {_SHARED, _OWN} and owner != shown:
            st.session_state[owner] = _without_settings(work)
        if owner != _name_of(here):
            _all_versions().pop(owner, None)  # they begin with what is back


def show_version(name: str) -> bool:
    """Show the version of a name; return whether this session has it."""
    token, _dot, number = name.partition(".")
    if token != st.session_state.get(_SESSION) or not number.isdecimal():
        return False
    return any(
        _show(owner, partial(kept.go_to, int(number))) for owner, kept in _all_versions().items()
    )


def refuse(error: InvalidInput) -> None:
    """Explain why something was not taken; the comparison stays as it is."""
    speak()  # a widget's callback runs before its page has set the language
    st.session_state[_NOTICES] = [explain(error)]


def change_view(**changes: Any) -> None:
    """Change how the comparison is looked at; nothing is trained anew."""
    now = document()
    _propose(now.experiment, now.view.model_copy(update=changes))


def change(**fields: Any) -> None:
    """Change fields of the experiment; a change that does not fit is refused and explained."""
    now = document()
    _propose(now.experiment.model_copy(update=fields), now.view)


def change_problem(**fields: Any) -> None:
    """Change fields of the network; what no longer fits is set to what does, with a notice."""
    problem = document().experiment.problem
    change(problem=problem.model_copy(update=fields))


def change_run(position: int, **fields: Any) -> None:
    """Change fields of one run."""
    runs = list(document().experiment.runs)
    runs[position] = runs[position].model_copy(update=fields)
    change(runs=tuple(runs))


def rename_run(position: int, name: str) -> None:
    """Call a run by the reader's name; an empty one is the automatic name."""
    names = list(document().view.names)
    names[position] = name.strip()
    change_view(names=tuple(names))


def apply_to_all(field: str) -> None:
    """Give every run the selected run's learning rate, batch size or optimizer."""
    now = document()
    value = getattr(now.experiment.runs[now.view.selected], field)
    runs = tuple(run.model_copy(update={field: value}) for run in now.experiment.runs)
    _propose(now.experiment.model_copy(update={"runs": runs}), now.view, "apply_to_all")


def add_run() -> None:
    """Add a run of the first rule that is not there yet, else of Adam, and select it."""
    used = {type(run.optimizer) for run in document().experiment.runs}
    rule = next((rule for rule in RULES if rule not in used), Adam)
    selected = document().experiment.runs[document().view.selected]
    run = Run(
        optimizer=rule(),
        learning_rate=rule.default_learning_rate,
        batch_size=selected.batch_size,
    )
    _add((*document().experiment.runs, run), "add")


def duplicate_run() -> None:
    """Add a copy of the selected run and select it."""
    now = document()
    _add((*now.experiment.runs, now.experiment.runs[now.view.selected]), "duplicate")


def remove_run() -> None:
    """Remove the selected run; the others keep their colours."""
    now = document()
    gone = now.view.selected

    def rest(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return items[:gone] + items[gone + 1 :]

    view = now.view.model_copy(
        update={
            "names": rest(now.view.names),
            "numbers": rest(now.view.numbers),
            "selected": max(0, gone - 1),
        }
    )
    runs = rest(now.experiment.runs)
    _propose(now.experiment.model_copy(update={"runs": runs}), view, "remove")


def move_start(x: float, y: float) -> None:
    """Let all runs start at a point, which is a version of its own at every click."""
    now = document()
    problem = now.experiment.problem.model_copy(update={"start": (x, y)})
    _propose(now.experiment.model_copy(update={"problem": problem}), now.view, "start")


def reset() -> None:
    """Go back to the first view, of the page's settings as well."""
    with _version("reset"):
        if _page() != _EXAMPLE:
            st.session_state[_slot()] = _first_view(_slot())
        first = _DEFAULTS[_page()]
        if _page() == "surfaces" and settings().surface == "network":
            first = SurfacesPage(surface="network")
        st.session_state.setdefault(_SETTINGS, {})[first.name] = first
        st.session_state[_WANTED] = first.name  # the whole page is drawn anew
    st.session_state[_NOTICES] = []
    st.session_state.pop(_REFUSED, None)


def offered_presets() -> dict[str, str]:
    """Return what the presets are called, by id: a mini-batch takes three rows at least."""
    rows = document().experiment.problem.training_rows
    return {name: title for name, title in PRESETS.items() if name != "batches" or rows >= 3}


def use_preset(name: str) -> None:
    """Replace the runs by a preset's; data, network and budget stay."""
    now = document()
    selected = now.experiment.runs[now.view.selected]
    if name == "optimizers":
        runs = Experiment(problem=now.experiment.problem).runs
    elif name == "rates":
        # Half powers of ten around the rule's own default.
        default = selected.optimizer.default_learning_rate
        runs = tuple(
            selected.model_copy(update={"learning_rate": float(f"{default * factor:.3g}")})
            for factor in (0.03, 0.1, 0.3, 1.0, 3.0)
        )
    elif name == "batches":
        rows = now.experiment.problem.training_rows
        # 32 as in the first view; of few rows about half at the most.
        mini_batch = max(size for size in (1, 2, 4, 8, 16, 32) if 2 * size <= rows + 1)
        runs = tuple(
            selected.model_copy(update={"batch_size": size}) for size in ("all", mini_batch, 1)
        )
    else:
        runs = tuple(
            selected.model_copy(update={"optimizer": Momentum(share), "learning_rate": 0.1})
            for share in (0.0, 0.5, 0.9, 0.99)
        )
    view = now.view.model_copy(
        update={
            "names": ("",) * len(runs),
            "numbers": tuple(range(len(runs))),
            "selected": 0,
        }
    )
    _propose(now.experiment.model_copy(update={"runs": runs}), view, "preset")


def has_validation_rows(experiment: Experiment) -> bool:
    """Tell whether there is a validation loss."""
    problem = experiment.problem
    return problem.kind == "network" and problem.training_rows < problem.dataset.n_rows


def _add(runs: tuple[Run, ...], done: str) -> None:
    """Take runs with another one at their end, and select it."""
    now = document()
    free = next(number for number in range(1_000) if number not in now.view.numbers)
    view = now.view.model_copy(
        update={
            "names": (*now.view.names, ""),
            "numbers": (*now.view.numbers, free),
            "selected": len(runs) - 1,
        }
    )
    _propose(now.experiment.model_copy(update={"runs": runs}), view, done)


def open_link(query: Mapping[str, Sequence[str]]) -> None:
    """Take the comparison of a link's query and go to its page; a wrong one is explained."""
    speak()
    try:
        opened, told = _linked(query)
    except InvalidInput as error:
        refuse(error)
        return
    with _version("opened"):
        _take(opened, told)


def _open_first_link() -> None:
    """Begin the session with the link in its address."""
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if not query:
        return
    try:
        opened, told = _linked(query)
    except InvalidInput as error:
        text = _("The link could not be opened; this is the first view. {reason}")
        st.session_state[_NOTICES] = [text.format(reason=explain(error))]
        st.session_state[_REFUSED] = True
        return
    _take(opened, told)


def _linked(query: Mapping[str, Sequence[str]]) -> tuple[Document, list[str]]:
    """Return the comparison of a link's query, and what its reader must be told.

    Raises:
        InvalidInput: a value is wrong.
    """
    opened, unknown = from_link({"page": [_page()], **query})
    text = _("These parts of the link mean nothing here and were left out: {keys}.")
    shown = ", ".join(key[:40] for key in unknown[:5])
    if len(unknown) > 5:
        shown = _("{keys} and {count} more").format(keys=shown, count=len(unknown) - 5)
    return opened, [text.format(keys=shown)] if unknown else []


def _take(opened: Document, told: list[str]) -> None:
    """Take comparison and page settings from outside."""
    page = opened.view.page
    st.session_state.setdefault(_SETTINGS, {})[page.name] = page
    st.session_state[_PAGE] = st.session_state[_WANTED] = page.name
    view = _drawable(opened.view, opened.experiment, told)
    st.session_state[_slot()] = _without_settings(opened.model_copy(update={"view": view}))
    st.session_state[_NOTICES] = told
    st.session_state.pop(_REFUSED, None)


def _drawable(view: View, experiment: Experiment, told: list[str]) -> View:
    """Return the view with a loss that there is; a change is told."""
    if view.quantity != "validation_loss" or has_validation_rows(experiment):
        return view
    told.append(_("There are no validation rows: the training loss is drawn."))
    return view.model_copy(update={"quantity": "training_loss"})


def _page() -> str:
    page: str = st.session_state.get(_PAGE, "training")
    return page


def _settings_of(page: str) -> Any:
    kept = st.session_state.get(_SETTINGS, {})
    return kept[page] if page in kept else _DEFAULTS[page]


def _slot() -> str:
    """Return where the comparison lies that the page works on."""
    return _slot_of(_page())


def _slot_of(page: str) -> str:
    own = page == "surfaces" and _settings_of(page).surface == "function"
    return _OWN if own else _SHARED


def _whole(page: str) -> Document:
    """Return what a page works on, with the page's own settings."""
    slot = _slot_of(page)
    kept: Document = st.session_state.get(slot) or _first_view(slot)
    return kept.model_copy(
        update={"view": kept.view.model_copy(update={"page": _settings_of(page)})}
    )


def _without_settings(whole: Document) -> Document:
    """Return a comparison as the session keeps it: each page's settings lie beside it."""
    return whole.model_copy(update={"view": whole.view.model_copy(update={"page": TrainingPage()})})


def _name_of(page: str) -> str:
    """Return whose versions a page shows: the comparison's, the Surfaces page's, the example's."""
    return _EXAMPLE if page == _EXAMPLE else _slot_of(page)


def _all_versions() -> dict[str, Versions]:
    """Return the versions by whose they are; all begin with what is there now."""
    if _VERSIONS not in st.session_state:
        st.session_state[_VERSIONS] = {}, count(1)
    kept, numbers = st.session_state[_VERSIONS]
    for page in (_page(), "training", "surfaces", _EXAMPLE):
        if _name_of(page) not in kept:
            kept[_name_of(page)] = Versions(_whole(page), numbers)
    return kept


@contextmanager
def _version(done: str, control: tuple[str, ...] = ()) -> Iterator[None]:
    """Make a change a version of its own, unless it only changes how things are looked at.

    Args:
        done: what is done, an id; "" for a change of what a control shows.
        control: what that control changes, as paths; none for the look.
    """
    before = whole_document()
    versions().keep(before)
    yield
    now = whole_document()
    if now != before and done:
        versions().add(now, done)
    elif now != before and control:
        versions().add(now, control[0], control)
    else:
        versions().keep(now)
    # An example may be opened with a comparison beside it, which has versions of its own.
    beside = _all_versions()[_slot()]
    if beside is not versions() and _without_settings(beside.shown.document) != document():
        beside.add(now, done)


def _show(name: str, move: Callable[[], Version | None]) -> bool:
    """Show another version of what a page works on, with that page's settings as they were."""
    versions().keep(whole_document())
    version = move()
    if version is None:
        return False
    page = version.document.view.page
    st.session_state.setdefault(_SETTINGS, {})[page.name] = page
    if name != _EXAMPLE:
        st.session_state[name] = _without_settings(version.document)
    st.session_state[_NOTICES] = []
    st.session_state.pop(_REFUSED, None)
    return True


def _differences(before: Any, after: Any, path: str = "") -> tuple[str, ...]:
    """Return the dotted paths at which two dumps differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(key, before.get(key), after.get(key)) for key in before | after]
    elif isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        pairs = [(str(place), *pair) for place, pair in enumerate(zip(before, after, strict=True))]
    else:
        return (path,) if before != after else ()
    return tuple(
        difference
        for key, old, new in pairs
        for difference in _differences(old, new, f"{path}.{key}" if path else key)
    )


def _first_view(slot: str) -> Document:
    return with_default_view(FUNCTION_VIEW, FUNCTION_RUN) if slot == _OWN else Document()


def _propose(experiment: Experiment, view: View, done: str = "") -> None:
    """Take a change if it is valid; else keep the old comparison and say why.

    Args:
        experiment: what shall be compared.
        view: how it shall be looked at.
        done: what is done, an id; "" for a change of what a control shows.
    """
    speak()  # as above
    experiment, told = _fitted(experiment)
    view = _drawable(view, experiment, told)
    try:
        _check_batch_sizes(experiment)
        changed = Document.model_validate(
            {"experiment": experiment.model_dump(), "view": view.model_dump()}
        )
    except InvalidInput as error:
        refuse(error)
        return
    old, new = ((kept.experiment.model_dump(), kept.view.names) for kept in (document(), changed))
    with _version(done, _differences({"names": old[1], **old[0]}, {"names": new[1], **new[0]})):
        st.session_state[_slot()] = changed
    st.session_state[_NOTICES] = told
    st.session_state.pop(_REFUSED, None)


def _fitted(experiment: Experiment) -> tuple[Experiment, list[str]]:
    """Return the experiment with loss and batch sizes that fit its data, and the notices.

    A batch size is made to fit where rows are gone; one that somebody chose is not.
    """
    told: list[str] = []
    problem = experiment.problem
    if problem.kind == "network":
        update: dict[str, Any] = {}
        loss = _fitting_loss(problem.dataset, problem.loss)
        if loss != problem.loss:
            update = {"loss": loss, "output_activation": "identity"}
            text = _("The loss was changed from {old} to {new}, which fits the data.")
            told.append(text.format(old=inline("loss", problem.loss), new=inline("loss", loss)))
        if problem.dataset.task == "classification" and problem.standardize_targets:
            update["standardize_targets"] = False
        problem = problem.model_copy(update=update)
        if isinstance(problem.start, tuple) and len(problem.start) != problem.n_params:
            problem = problem.model_copy(update={"start": "glorot"})
            told.append(_("The start values no longer fit the network: it starts from Glorot."))
    runs = experiment.runs
    rows = problem.training_rows
    if rows < document().experiment.problem.training_rows:
        sizes = {run.batch_size for run in runs if run.batch_size != "all"}
        gone = sorted(size for size in sizes if size > rows)
        runs = tuple(
            run.model_copy(update={"batch_size": "all"}) if run.batch_size in gone else run
            for run in runs
        )
        if gone and problem.kind == "network":
            text = ngettext(
                "There is only {rows} training row. Batch sizes set to all rows: {sizes}.",
                "There are only {rows} training rows. Batch sizes set to all rows: {sizes}.",
                rows,
            )
            told.append(text.format(rows=f"{rows:,}", sizes=", ".join(map("{:,}".format, gone))))
    return experiment.model_copy(update={"problem": problem, "runs": runs}), told


def _check_batch_sizes(experiment: Experiment) -> None:
    """Refuse a batch size with the range that these rows leave to it."""
    allowed = Interval(1, experiment.problem.training_rows)
    for position, run in enumerate(experiment.runs):
        if run.batch_size != "all" and run.batch_size not in allowed:
            field = f"runs.{position}.batch_size"
            raise InvalidInput("out_of_range", field, run.batch_size, allowed)


def _fitting_loss(dataset: Any, loss: str) -> str:
    squared = loss.endswith(("squared_error", "squares"))
    if dataset.task == "regression":
        return loss if squared else "mean_squared_error"
    if squared or loss == "cross_entropy":
        return loss
    return "binary_cross_entropy" if dataset.n_classes == 2 else "cross_entropy"
