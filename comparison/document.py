"""A comparison as a file and as a link: what is trained, and how it is looked at.

A file is JSON, ``{"format": 1, "experiment": {...}, "view": {...}}``. A link is the same in a flat
code: only what differs from the defaults, with one short key per field and ids that are never
translated. Defaults belong to the format version, so an old link keeps its meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from comparison.pages import AnyPage, SweepPage, TrainingPage
from comparison.words.cleaned import cleaned
from engine import Experiment, InvalidInput
from engine.experiment import FORMAT, FORMAT_1_RUNS
from engine.limits import LIMITS, Interval, check_length
from engine.problems.datasets.table import table
from engine.spec import Spec, parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.problems.datasets.table import Table

FILE_BYTES: Final = 3 * 2**20
ROWS_BYTES: Final = 2**20  # that a file carries
MOST_TABLES: Final = 10
SMOOTHING: Final = Interval(1, 1_000)  # iterations

# Names are cleaned here, once: everything that shows a name gets it from here.
Name = Annotated[
    str,
    Field(max_length=int(LIMITS["name_characters"].high)),
    AfterValidator(lambda name: cleaned(name).strip()),
]
# In one order, so that the same runs are hidden in the same document.
Numbers = Annotated[
    tuple[Annotated[int, Interval(0, 10_000)], ...],
    AfterValidator(lambda numbers: tuple(sorted(set(numbers)))),
]
Quantity = Literal["training_loss", "validation_loss", "batch_loss"]
Axis = Literal["iterations", "epochs", "rows_seen", "gradients", "seconds"]


class View(Spec):
    """How a comparison is looked at; it never changes what is computed.

    In files and links of format 1 it may hold ``tuned``, the claim that every run has its rule's
    best rate. The claim is ignored: only a sweep can show that.

    Attributes:
        names: the reader's name for each run, without invisible characters; "" is the automatic
            name.
        numbers: each run's index in the list of colours and dashes, which it keeps.
        selected: position of the run in the editor.
        hidden_runs: the numbers of the runs that charts leave out, rising.
        quantity: which loss is drawn.
        axis: what it is drawn against.
        log: whether the loss axis is logarithmic.
        presentation: whether it is shown large, for a projector.
        smoothing: how many iterations the batch loss is averaged over; 1 is none.
        page: the page that shows it, with that page's settings.
    """

    names: tuple[Name, ...] = ("",) * len(FORMAT_1_RUNS)
    numbers: tuple[Annotated[int, Interval(0, 10_000)], ...] = tuple(range(len(FORMAT_1_RUNS)))
    selected: Annotated[int, Interval(0, 11)] = 0
    hidden_runs: Numbers = ()
    quantity: Quantity = "training_loss"
    axis: Axis = "epochs"
    log: bool = Field(default=True, strict=True)
    presentation: bool = Field(default=False, strict=True)
    smoothing: Annotated[int, SMOOTHING] = 1
    page: AnyPage = TrainingPage()

    @model_validator(mode="before")
    @classmethod
    def _without_claims(cls, fields: Any) -> Any:
        if isinstance(fields, dict):
            return {name: value for name, value in fields.items() if name != "tuned"}
        return fields


class Document(Spec):
    """A comparison: an experiment and a view of it."""

    format: Annotated[int, Interval(FORMAT, FORMAT)] = FORMAT
    experiment: Experiment = Experiment()
    view: View = View()

    def on_page(self, page: AnyPage) -> Self:
        """Return the comparison as shown on a page with these settings."""
        return self.model_copy(update={"view": self.view.model_copy(update={"page": page})})

    def for_files(self) -> Self:
        """Return the comparison without the id of a sweep, with which others could stop it."""
        page = self.view.page
        if not isinstance(page, SweepPage):
            return self
        return self.on_page(page.model_copy(update={"sweep": ""}))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        runs = len(self.experiment.runs)
        for field in ("names", "numbers"):
            if len(getattr(self.view, field)) != runs:
                given = len(getattr(self.view, field))
                raise InvalidInput("wrong_length", f"view.{field}", given, Interval(runs, runs))
        if len(set(self.view.numbers)) < runs:
            raise InvalidInput("duplicate", "view.numbers", self.view.numbers)
        for number in self.view.hidden_runs:
            if number not in self.view.numbers:
                raise InvalidInput("unknown_choice", "view.hidden_runs", number, self.view.numbers)
        if self.view.selected >= runs:
            limits = Interval(0, runs - 1)
            raise InvalidInput("out_of_range", "view.selected", self.view.selected, limits)
        return self


class Rows(Spec):
    """The rows of a table in a file: a list for each column, null for a missing value.

    Attributes:
        names: of the columns.
        columns: of numbers, or of texts.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[float | str | None, ...], ...]


class Saved(Document):
    """A comparison in a file, which may carry the rows of a reader's table.

    Attributes:
        tables: the rows, at most 1 MiB of them.
    """

    tables: Annotated[tuple[Rows, ...], Field(exclude_if=lambda value: value == ())] = ()


def read_document(text: str | bytes) -> Document:
    """Return the comparison in a JSON file, without the rows that it may carry.

    Raises:
        InvalidInput: as ``read_saved``.
    """
    return read_saved(text)[0]


def read_saved(text: str | bytes) -> tuple[Document, tuple[Table, ...]]:
    """Return the comparison in a JSON file, and the tables whose rows it carries.

    A bare experiment, without format and view, is accepted.

    Raises:
        InvalidInput: the file is too large, not JSON, or a field is wrong.
    """
    size = len(text)
    if size > FILE_BYTES:
        raise InvalidInput("too_expensive", "file", size, Interval(0, FILE_BYTES))
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", errors="replace")  # some editors write a byte order mark
    parsed = parse_json(text)
    if isinstance(parsed, dict) and "experiment" not in parsed and "format" not in parsed:
        if "view" in parsed:
            raise InvalidInput("missing", "experiment", None)
        return with_default_view(Experiment.model_validate(parsed)), ()
    if not isinstance(parsed, dict) or "tables" not in parsed:
        return Document.model_validate(parsed), ()
    listed = parsed.pop("tables")
    check_length("tables", listed, Interval(0, MOST_TABLES))
    return Document.model_validate(parsed), tuple(
        read_table(one, f"tables.{place}") for place, one in enumerate(listed)
    )


def saved_text(document: Document, tables: Sequence[Table] = ()) -> str:
    """Return the JSON of a comparison for a file, with the rows of tables if there are any."""
    text = document.model_dump_json(indent=2)
    if not tables:
        return text
    rows = ", ".join(table.text for table in tables)
    return f'{text[:-2]},\n  "tables": [{rows}]\n}}'


def read_table(parsed: Any, field: str = "table") -> Table:
    """Return the table of ``Table.as_json``.

    Raises:
        InvalidInput: something else, at its place below ``field``.
    """
    if not isinstance(parsed, dict) or parsed.keys() != {"names", "columns"}:
        raise InvalidInput("wrong_type", field, parsed, "object with names and columns")
    try:
        return table(parsed["names"], parsed["columns"])
    except InvalidInput as error:
        raise error.at(f"{field}.{error.field}") from None


def with_default_view(experiment: Experiment, selected: int = 0) -> Document:
    """Return an experiment with the default view, and one of its runs selected."""
    runs = len(experiment.runs)
    view = View(names=("",) * runs, numbers=tuple(range(runs)), selected=selected)
    return Document(experiment=experiment, view=view)
