"""The comparisons that a session works on: valid documents, and changes to them.

Widgets show the document and report changes to it; they hold nothing of their own. So a value from
a link or file is shown exactly, and a page that is left and entered again looks as it did.

Pages share one comparison, so that what is set on one is seen on the others. Only the Surfaces page
has a problem of its own as well: test functions have no data, and want other learning rates.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from charts.theme import Look
from engine import Budget, Experiment, Function, Interval, InvalidInput, Run
from engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from files.document import Document, View, from_link, with_default_view
from files.errors import explain
from files.names import run_names
from files.pages import PAGES, SurfacesPage
from language import N_, _, ngettext
from language.labels import label
from ui.locale import speak
from ui.menu import MENU

_SHARED: Final = "document"
_OWN: Final = "surface-document"
_PAGE: Final = "page"
_SETTINGS: Final = "page-settings"
_NOTICES: Final = "notices"
_WANTED: Final = "wanted-page"
_WHOLE: Final = "whole-page"
_REFUSED: Final = "refused-link"

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
    st.session_state.pop(_WHOLE, None)
    document()
    wanted = st.session_state.pop(_WANTED, page)
    if wanted != page:
        st.switch_page(MENU[wanted].script)


def follow() -> None:
    """Rerun the whole page where a change made in a fragment concerns more than the fragment."""
    if st.session_state.pop(_WHOLE, False):
        st.rerun()


def document() -> Document:
    """Return the comparison that the page works on: the link's at first, else the first view."""
    if _SHARED not in st.session_state:
        st.session_state[_SHARED] = Document()
        st.session_state[_NOTICES] = []
        _open_link()
    return st.session_state.get(_slot()) or _first_view(_slot())


def settings() -> Any:
    """Return how this page is looked at, beyond what all pages share."""
    return _settings_of(st.session_state.get(_PAGE, "training"))


def set_page(**fields: Any) -> None:
    """Change how this page is looked at; a change that does not fit is refused and explained."""
    try:
        changed = type(settings()).model_validate(settings().model_dump() | fields)
    except InvalidInput as error:
        refuse(error)
        return
    st.session_state.setdefault(_SETTINGS, {})[changed.name] = changed
    st.session_state[_NOTICES] = []
    st.session_state.pop(_REFUSED, None)


def whole_document() -> Document:
    """Return the comparison together with this page's own settings: what a link or file holds."""
    now = document()
    return now.model_copy(update={"view": now.view.model_copy(update={"page": settings()})})


def is_first_view() -> bool:
    """Tell whether the page looks as it does to somebody who opens it."""
    page = st.session_state.get(_PAGE, "training")
    return document() == _first_view(_slot()) and settings() == _DEFAULTS[page]


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


def looks() -> list[Look]:
    """Return name, colour and dash of every run."""
    now = document()
    names = run_names(now.experiment.runs, now.view.names)
    return [Look(name, number) for name, number in zip(names, now.view.numbers, strict=True)]


def open_document(opened: Document) -> None:
    """Take a whole comparison and go to its page."""
    _take(opened, [])


def go_to(page: str) -> None:
    """Show another page from the next script run on."""
    st.session_state[_WANTED] = page
    st.session_state[_WHOLE] = True


def refuse(error: InvalidInput) -> None:
    """Explain why something was not taken; the comparison stays as it is."""
    speak()  # a widget's callback runs before its page has set the language
    st.session_state[_NOTICES] = [explain(error)]


def look_at(**changes: Any) -> None:
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
    look_at(names=tuple(names))


def apply_to_all(field: str) -> None:
    """Give every run the selected run's learning rate, batch size or optimizer."""
    now = document()
    value = getattr(now.experiment.runs[now.view.selected], field)
    change(runs=tuple(run.model_copy(update={field: value}) for run in now.experiment.runs))


def add_run() -> None:
    """Add a run of the first rule that is not there yet, else of Adam, and select it."""
    used = {type(run.optimizer) for run in document().experiment.runs}
    rule = next((rule for rule in OPTIMIZERS if rule not in used), Adam)
    selected = document().experiment.runs[document().view.selected]
    run = Run(
        optimizer=rule(),
        learning_rate=rule.default_learning_rate,
        batch_size=selected.batch_size,
    )
    _set_runs((*document().experiment.runs, run), added=1)


def duplicate_run() -> None:
    """Add a copy of the selected run and select it."""
    now = document()
    _set_runs((*now.experiment.runs, now.experiment.runs[now.view.selected]), added=1)


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
    _propose(now.experiment.model_copy(update={"runs": rest(now.experiment.runs)}), view)


def reset() -> None:
    """Go back to the first view."""
    st.session_state[_WHOLE] = True
    _keep(_first_view(_slot()), [])


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
    _propose(now.experiment.model_copy(update={"runs": runs}), view)


def has_validation_rows(experiment: Experiment) -> bool:
    """Tell whether there is a validation loss."""
    problem = experiment.problem
    return problem.kind == "network" and problem.training_rows < problem.dataset.n_rows


def _set_runs(runs: tuple[Run, ...], *, added: int) -> None:
    now = document()
    free = (number for number in range(1_000) if number not in now.view.numbers)
    view = now.view.model_copy(
        update={
            "names": now.view.names + ("",) * added,
            "numbers": now.view.numbers + tuple(next(free) for _run in range(added)),
            "selected": len(runs) - 1,
        }
    )
    _propose(now.experiment.model_copy(update={"runs": runs}), view)


def _open_link() -> None:
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if not query:
        return
    query.setdefault("page", [st.session_state.get(_PAGE, "training")])
    try:
        opened, unknown = from_link(query)
    except InvalidInput as error:
        text = _("The link could not be opened; this is the first view. {reason}")
        st.session_state[_NOTICES] = [text.format(reason=explain(error))]
        st.session_state[_REFUSED] = True
        return
    text = _("These parts of the link mean nothing here and were left out: {keys}.")
    shown = ", ".join(key[:40] for key in unknown[:5])
    if len(unknown) > 5:
        shown = _("{keys} and {count} more").format(keys=shown, count=len(unknown) - 5)
    _take(opened, [text.format(keys=shown)] if unknown else [])


def _take(opened: Document, told: list[str]) -> None:
    """Take comparison and page settings from outside."""
    page = opened.view.page
    st.session_state.setdefault(_SETTINGS, {})[page.name] = page
    st.session_state[_PAGE] = st.session_state[_WANTED] = page.name
    st.session_state[_WHOLE] = True
    view = _drawable(opened.view, opened.experiment, told)
    _keep(opened.model_copy(update={"view": view}), told)


def _drawable(view: View, experiment: Experiment, told: list[str]) -> View:
    """Return the view with a loss that there is; a change is told."""
    if view.quantity != "validation_loss" or has_validation_rows(experiment):
        return view
    told.append(_("There are no validation rows: the training loss is drawn."))
    return view.model_copy(update={"quantity": "training_loss"})


def _settings_of(page: str) -> Any:
    kept = st.session_state.get(_SETTINGS, {})
    return kept[page] if page in kept else _DEFAULTS[page]


def _slot() -> str:
    """Return where the comparison lies that the page works on."""
    own = st.session_state.get(_PAGE) == "surfaces" and settings().surface == "function"
    return _OWN if own else _SHARED


def _first_view(slot: str) -> Document:
    return with_default_view(FUNCTION_VIEW, FUNCTION_RUN) if slot == _OWN else Document()


def _propose(experiment: Experiment, view: View) -> None:
    """Take a change if it is valid; else keep the old comparison and say why."""
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
    _keep(changed, told)


def _keep(kept: Document, told: list[str]) -> None:
    st.session_state.pop(_REFUSED, None)
    st.session_state[_slot()] = kept
    st.session_state[_NOTICES] = told


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
            told.append(text.format(old=label(problem.loss).lower(), new=label(loss).lower()))
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
