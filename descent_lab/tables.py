"""Readers' tables for the commands: from files, or from the experiment file that carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.document import read_table
from comparison.tables.known import read_known
from comparison.words.errors import explain
from engine import InvalidInput
from engine.problems.datasets.table import TABLES
from engine.spec import parse_json
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.problems.datasets import OwnTable
    from engine.problems.datasets.table import Table

_OWNER: Final = "command"
_MOST: Final = 64 * 2**20  # bytes of the JSON of a table, which is longer than its CSV


class DataRefused(Exception):  # noqa: N818 - says what happened
    """A file given with --data that is not the table that is needed.

    Attributes:
        why: the sentence.
    """

    def __init__(self, path: Path, error: InvalidInput) -> None:
        super().__init__(f"{path}: {explain(error)}")
        self.why = str(self.args[0])


def bring(
    needed: Sequence[OwnTable], paths: Sequence[Path], carried: Sequence[Table]
) -> tuple[Table, ...]:
    """Keep the tables that a training needs, and return them.

    Args:
        needed: the data sets.
        paths: files with tables, each a CSV, or JSON as an experiment file has it.
        carried: tables that came with the experiment.

    Raises:
        DataRefused: a file is no such table.
        InvalidInput: "not_here": none of them is a table that is needed.
        OSError: a file cannot be read.
    """
    known = {table.digest: table for table in carried}
    for path in paths:
        missing = [one for one in needed if one.digest not in known]
        for table in _read(path, missing):
            known[table.digest] = table
    for one in needed:
        if one.digest not in known:
            raise InvalidInput("not_here", "data", (one.title, one.digest))
        TABLES.keep(_OWNER, known[one.digest])
    return tuple(known[one.digest] for one in needed)


def _read(path: Path, missing: Sequence[OwnTable]) -> list[Table]:
    """Return the tables of a file."""
    with path.open("rb") as file:
        raw = file.read(_MOST + 1)
    try:
        if raw.lstrip()[:1] in {b"{", b"["}:
            parsed = parse_json(raw)
            return [read_table(one) for one in (parsed if isinstance(parsed, list) else [parsed])]
        return [read_known(raw, one.kinds, one.digest) for one in missing[:1]]
    except InvalidInput as error:
        raise DataRefused(path, error) from None


def data_hint(error: InvalidInput) -> str:
    """Return the way out where a table is missing; "" for any other error."""
    return _("Give it with --data FILE.") if error.code == "not_here" else ""
