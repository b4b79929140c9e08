"""What a session works on: its comparisons, their versions, and notices for the reader.

Widgets show the document and report changes to it; they hold nothing of their own. So a value from
a link or file is shown exactly, and a page that is left and entered again looks as it did.

Pages share one comparison, so that what is set on one is seen on the others. Only the Surfaces page
has a problem of its own as well: test functions have no data, and want other learning rates. The
settings of each page are kept beside the comparisons.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import uuid4

import streamlit as st

from comparison.document import Document
from comparison.edits import change_page
from comparison.pages import TrainingPage
from comparison.presets import FIRST_VIEWS
from comparison.rates import Past
from comparison.words.errors import explain
from comparison.words.names import run_styles
from engine import InvalidInput
from engine.spec import name_of
from language import _
from ui.shell.locale import speak
from ui.shell.versions import Versions, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from charts.theme import RunStyle
    from comparison.edits import Edited
    from comparison.pages import AnyPage
    from engine.spec import Spec
    from ui.shell.versions import Version

_Page = TypeVar("_Page", bound="Spec")

_SHARED: Final = "document"
_OWN: Final = "surface-document"
_PAGE: Final = "page"
_SETTINGS: Final = "page-settings"
_NOTICES: Final = "notices"
_REFUSED: Final = "refused-link"
_VERSIONS: Final = "versions"
_SESSION: Final = "versions-session"  # names it in the names of its versions
_SHARING: Final = ("training", "epochs")  # pages with a first comparison for all that share one
_EXAMPLE: Final = "backpropagation"  # whose versions are of its page's settings alone
# The settings of a page that a reader makes; the others are how it is looked at, and changing them
# makes no new version.
MADE: Final = {
    "epochs": ("plans", "sizes"),
    "sweep": ("axes", "seeds", "design", "targets"),
    "rule": ("title", "text", "values"),
    _EXAMPLE: (
        "example",
        "formula",
        "values",
        "minimised",
        "moved",
        "learning_rate",
        "updates",
    ),
}


# What is on show


def document() -> Document:
    """Return the comparison that the page works on, without the page's own settings."""
    return _comparison(comparison_key())


def whole_document() -> Document:
    """Return the comparison together with this page's own settings: what a link or file holds."""
    return _whole(page_name())


def page_name() -> str:
    """Return the name of the page on show."""
    page: str = st.session_state.get(_PAGE, "training")
    return page


def current_page() -> AnyPage:
    """Return how the page on show is looked at, beyond what all pages share."""
    return _settings_of(page_name())


def page_settings(kind: type[_Page]) -> _Page:
    """Return how a page is looked at, by the class of its settings."""
    return cast("_Page", _settings_of(name_of(kind)))


def comparison_of(page: str) -> Document:
    """Return the comparison that a page works on."""
    return _comparison(_comparison_key(page))


def forget_comparison(page: str) -> None:
    """Let a page begin again with its first comparison and settings."""
    key = _comparison_key(page)
    st.session_state.get(_SETTINGS, {}).pop(page, None)
    if key != _SHARED:
        st.session_state.pop(key, None)


def styles() -> list[RunStyle]:
    """Return how every run appears on this page."""
    return run_styles(whole_document())


def is_first_view() -> bool:
    """Tell whether the page looks as it does to somebody who opens it."""
    return whole_document() == FIRST_VIEWS[page_name()]


def begun_with() -> Document:
    """Return the comparison that was taken as a whole last, with this page's settings."""
    return versions().last_whole.document.on_page(current_page())


def comparison_key() -> str:
    """Return the key of the comparison that the page on show works on."""
    return _comparison_key(page_name())


# Notices


def notices() -> list[str]:
    """Return the notices about the last change."""
    kept: list[str] = st.session_state.get(_NOTICES, [])
    return kept


def tell(sentence: str) -> None:
    """Add a notice about the change that was just made: a sentence marked by ``N_``."""
    speak()
    st.session_state[_NOTICES] = [*notices(), _(sentence)]


def refuse(error: InvalidInput) -> None:
    """Explain why something was not taken; the comparison stays as it is."""
    speak()  # a widget's callback runs before its page has set the language
    st.session_state[_NOTICES] = [explain(error)]


def refuse_link(notice: str) -> None:
    """Say why the link that the session began with could not be opened."""
    st.session_state[_NOTICES] = [notice]
    st.session_state[_REFUSED] = True


def is_refused_link() -> bool:
    """Tell whether the session began with a link that could not be opened, and kept nothing yet."""
    return bool(st.session_state.get(_REFUSED, False))


def _settle(new: tuple[str, ...] = ()) -> None:
    """Replace the notices by those of a change that was taken."""
    st.session_state[_NOTICES] = list(new)
    st.session_state.pop(_REFUSED, None)


# Changes


def enter(page: str) -> bool:
    """Say which page is on show, before anything else is used.

    Pages share one comparison, but as long as it is a first view, each page shows its own.

    Returns:
        Whether the session begins here.
    """
    st.session_state[_PAGE] = page
    begins = _SHARED not in st.session_state
    if begins:
        st.session_state[_SHARED] = _first_comparison(page)
        st.session_state[_NOTICES] = []
    elif comparison_key() == _SHARED and document() in map(_first_comparison, _SHARING):
        st.session_state[_SHARED] = _first_comparison(page)
        _all_versions()[_SHARED].keep(_whole(page))
    return begins


def edit(change: Callable[..., Edited], *args: Any, **kwargs: Any) -> None:
    """Change the comparison on show; a change that does not fit is refused and explained.

    Args:
        change: one of ``comparison.edits``; it is called with the whole document.
        args: what else it is called with.
        kwargs: what else it is called with.
    """
    speak()  # its notices are in the reader's language
    try:
        edited = change(whole_document(), *args, **kwargs)
    except InvalidInput as error:
        refuse(error)
    else:
        take(edited)


def take(edited: Edited) -> None:
    """Show an edited comparison, a version of its own, on its page."""
    old, new = _compared(document()), _compared(edited.document)
    notices = edited.notices
    if old != new and not notices and _is_own_first_view():
        notices = (_("The Compare page shows this comparison, too, from now on."),)
    with _version(edited.done, differences(old, new)):
        _keep(edited.document)
    _settle(notices)


def _is_own_first_view() -> bool:
    """Tell whether the page begins with another comparison than Compare, and shows it still."""
    page, shared = page_name(), comparison_key() == _SHARED
    own = _first_comparison(page)
    return shared and document() == own != _first_comparison("training")


def set_page(**fields: Any) -> None:
    """Change how this page is looked at; a change that does not fit is refused and explained."""
    before = current_page()
    try:
        changed = change_page(before, **fields)
    except InvalidInput as error:
        refuse(error)
        return
    names = MADE.get(changed.name, ())
    old, new = ({name: getattr(page, name) for name in names} for page in (before, changed))
    with _version("", differences(old, new)):
        _keep_settings(changed)
    _settle()


def begin_with(edited: Edited) -> None:
    """Show the comparison of the link with which the session begins."""
    _keep(edited.document)
    _settle(edited.notices)


def _keep(whole: Document) -> None:
    """Keep a comparison and its page's settings, and be on that page."""
    _keep_settings(whole.view.page)
    st.session_state[_PAGE] = whole.view.page.name
    st.session_state[comparison_key()] = _without_settings(whole)


def _keep_settings(page: AnyPage) -> None:
    st.session_state.setdefault(_SETTINGS, {})[page.name] = page


def _compared(whole: Document) -> dict[str, Any]:
    """Return what makes a version: another experiment, or another name of a run."""
    return {"names": whole.view.names, **whole.experiment.model_dump()}


# Versions


def versions() -> Versions:
    """Return the versions of what this page works on."""
    return _all_versions()[_versions_key(page_name())]


def past() -> list[Past]:
    """Return what led to the comparison on show, and that comparison, the oldest first."""
    kept = _all_versions()[comparison_key()].until_shown
    return [Past(version.document.experiment, version.change) for version in kept]


def undo() -> None:
    """Show the version before."""
    _show(_versions_key(page_name()), versions().undo)


def redo() -> None:
    """Show the version that was undone last."""
    _show(_versions_key(page_name()), versions().redo)


def version_name() -> str:
    """Return the name of the version on show; no other session has it."""
    token = st.session_state.setdefault(_SESSION, uuid4().hex[:8])
    return f"{token}.{versions().shown.number}"


def show_version(name: str) -> bool:
    """Show the version of a name; return whether this session has it."""
    token, _dot, number = name.partition(".")
    if token != st.session_state.get(_SESSION) or not number.isdecimal():
        return False
    return any(
        _show(key, partial(kept.go_to, int(number))) for key, kept in _all_versions().items()
    )


def works() -> dict[str, Document]:
    """Return all that the session works on, by key: what a reload must not lose.

    The two comparisons have the settings of a page each; the settings of the others are alone.
    """
    nothing = Document()
    return {
        _SHARED: _comparison(_SHARED).on_page(_settings_of("training")),
        _OWN: _comparison(_OWN).on_page(_settings_of("surfaces")),
        "epochs": nothing.on_page(_settings_of("epochs")),
        "sweep": nothing.on_page(_settings_of("sweep")),
        "rule": nothing.on_page(_settings_of("rule")),
        _EXAMPLE: nothing.on_page(_settings_of(_EXAMPLE)),
    }


def bring_back(kept: Mapping[str, Document]) -> None:
    """Take the works of the session before, apart from what this page was opened with."""
    here, shown = page_name(), comparison_key()
    for key, work in kept.items():
        if work.view.page.name != here:
            _keep_settings(work.view.page)
        if key in {_SHARED, _OWN} and key != shown:
            st.session_state[key] = _without_settings(work)
        if key != _versions_key(here):
            _all_versions().pop(key, None)  # they begin with what is back


def _all_versions() -> dict[str, Versions]:
    """Return the versions by key; all begin with what is there now."""
    if _VERSIONS not in st.session_state:
        st.session_state[_VERSIONS] = {}, count(1)
    kept: dict[str, Versions]
    kept, numbers = st.session_state[_VERSIONS]
    for page in (page_name(), "training", "surfaces", _EXAMPLE):
        if _versions_key(page) not in kept:
            kept[_versions_key(page)] = Versions(_whole(page), numbers)
    return kept


@contextmanager
def _version(done: str, control: tuple[str, ...]) -> Iterator[None]:
    """Make a change a version of its own, unless it only changes how things are looked at.

    Args:
        done: what is done at once, an id; "" for a change of what a control shows.
        control: the paths of the fields that the control changes; none for how it is looked at.
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
    beside = _all_versions()[comparison_key()]
    if beside is not versions() and _without_settings(beside.shown.document) != document():
        beside.add(now, done)


def _show(key: str, move: Callable[[], Version | None]) -> bool:
    """Show another version of what a page works on, with that page's settings as they were."""
    versions().keep(whole_document())
    version = move()
    if version is None:
        return False
    _keep_settings(version.document.view.page)
    if key != _EXAMPLE:
        st.session_state[key] = _without_settings(version.document)
    _settle()
    return True


# Where things are kept


def _settings_of(page: str) -> AnyPage:
    kept: dict[str, AnyPage] = st.session_state.get(_SETTINGS, {})
    return kept[page] if page in kept else FIRST_VIEWS[page].view.page


def _comparison(key: str) -> Document:
    first = FIRST_VIEWS["surfaces" if key == _OWN else "training"]
    kept: Document | None = st.session_state.get(key)
    return _without_settings(first) if kept is None else kept


def _first_comparison(page: str) -> Document:
    """Return with which comparison a page begins, as long as nobody has changed one."""
    return _without_settings(FIRST_VIEWS[page if page in _SHARING else "training"])


def _comparison_key(page: str) -> str:
    """Return the key of the comparison that a page works on."""
    settings = _settings_of(page)
    is_own = settings.name == "surfaces" and settings.surface == "function"
    return _OWN if is_own else _SHARED


def _versions_key(page: str) -> str:
    """Return the key of a page's versions: of its comparison, or of the worked example."""
    return _EXAMPLE if page == _EXAMPLE else _comparison_key(page)


def _whole(page: str) -> Document:
    """Return what a page works on, with the page's own settings."""
    return _comparison(_comparison_key(page)).on_page(_settings_of(page))


def _without_settings(whole: Document) -> Document:
    """Return a comparison as the session keeps it: each page's settings are kept beside it."""
    return whole.on_page(TrainingPage())
