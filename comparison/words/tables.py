"""Tables that readers bring, in words: why a file is none, what was understood, what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.words.names import listed
from engine import LIMITS
from language import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comparison.tables.columns import ColumnFacts
    from comparison.tables.reading import Understood
    from engine import InvalidInput
    from engine.problems.datasets.table import Table

# Why a file is no table, and the way out. Each may tell line, text and the facts of its refusal.
REASONS: Final = {
    "empty": N_(
        "The file is empty. Choose a CSV file with names in its first line and rows below."
    ),
    "excel": N_(
        "This is a spreadsheet file, not a CSV file. Open it in your spreadsheet program and save"
        " the sheet as CSV, or copy the cells and paste them here."
    ),
    "zip": N_("This is a zip archive. Unpack it and choose the CSV file inside."),
    "compressed": N_("This is a compressed file. Unpack it and choose the CSV file inside."),
    "pdf": N_(
        "This is a PDF file. Type or copy its numbers into a spreadsheet and save them as CSV."
    ),
    "picture": N_(
        "This is a picture. Type its numbers into a spreadsheet program and save them as CSV."
    ),
    "binary": N_("This is not a text file. Save the table as CSV in the program that wrote it."),
    "html": N_(
        "This is a web page, not a CSV file; it begins with “{text}”. Download the file itself, or"
        " copy the table from the page and paste it here."
    ),
    "json": N_(
        "This is a JSON file, not a CSV file; it begins with “{text}”. Save the table as CSV. A"
        " file of an experiment is opened under “Share”."
    ),
    "bytes": N_(
        "The file has {megabytes:.1f} MB; the limit is {most:.0f} MB. Remove rows or columns that"
        " you do not need."
    ),
    "encoding": N_(
        "Line {line}, character {column}: the text “{text}” is not in the encoding {encoding}."
        " Choose another encoding, or save the file anew as “CSV UTF-8”."
    ),
    "open_quote": N_(
        "Line {line}, column {column}: a quotation mark is opened here and never closed, at"
        " “{text}”. Close it or remove it; inside of quotation marks, write two of them for one."
    ),
    "after_quote": N_(
        "Line {line}, column {column}: text follows a closing quotation mark, at “{text}”. Put the"
        " whole cell in quotation marks and write two of them for one inside; or choose another"
        " delimiter."
    ),
    "long_cell": N_(
        "Line {line}: a cell is longer than {most:,} characters, at “{text}”. Perhaps a quotation"
        " mark is not closed; otherwise shorten the text."
    ),
    "cells": N_(
        "Line {line} has {cells} instead of {expected} cells, as many as the first line has, at"
        " “{text}”. Add or remove cells, put a cell with a delimiter inside in quotation marks, or"
        " choose another delimiter."
    ),
    "first_cells": N_(
        "Line {line} has {cells} instead of {next_cells} cells, as many as the next line has, at"
        " “{text}”. If it is a title, remove it; if it holds the names, add those that are missing;"
        " otherwise choose another delimiter."
    ),
    "title": N_(
        "Line {line} is a title, “{text}”; the names stand in line {names}. Remove the title."
    ),
    "columns": N_(
        "Line {line}: there are {columns} columns; the limit is {most}. Remove columns that you do"
        " not need, or turn the table so that each row is one case."
    ),
    "rows": N_("The table has more than {most:,} rows, up to line {line}. Keep fewer rows."),
    "few_rows": N_(
        "A table needs at least {least} rows below its names; this one has {rows} and ends in line"
        " {line}. Add rows. If the first line holds values and no names, say so."
    ),
    "no_target": N_(
        "No column can be predicted: a target has at least two different numbers, or 2 to {most}"
        " different texts. Add such a column."
    ),
    "no_features": N_(
        "There is no column from which to predict “{name}”: an input has at least two different"
        " numbers, or 2 to {most} different texts. Add such a column."
    ),
}
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp949": "CP949 (EUC-KR)",
    "cp1252": "Latin-1 (Windows-1252)",
}
DELIMITERS: Final = {
    ",": N_("comma"),
    ";": N_("semicolon"),
    "\t": N_("tab"),
    " ": N_("spaces"),
}
DECIMALS: Final = {".": N_("decimal point"), ",": N_("decimal comma")}
# Why a column should not be an input.
_GIVEAWAYS: Final = {
    "equal": N_("“{name}” has the values of the target, “{target}”: it gives the answer away."),
    "one_to_one": N_(
        "Each value of “{name}” goes with one value of the target, “{target}”: it gives the answer"
        " away."
    ),
    "straight": N_(
        "“{target}” follows from “{name}” along a straight line: this column alone gives the"
        " answer."
    ),
    "counting": N_(
        "“{name}” counts the rows: each of its whole numbers stands there once. That is a name of a"
        " row, from which nothing is learned."
    ),
    "all_different": N_(
        "All texts of “{name}” are different. That is a name of a row, from which nothing is"
        " learned."
    ),
}
# What is told of a column of texts whose cells look like numbers.
_LOOKS: Final = {
    "grouped": N_(
        "Remove separators of thousands in the file; if these are decimals, choose the other"
        " decimal sign."
    ),
    "decimal": N_("If these are decimals, choose the other decimal sign."),
    "percent": N_("Remove the percent signs in the file."),
    "money": N_("Remove the signs of the currency in the file."),
    "date": N_("Dates are texts here: write days or years as a number to use them as one."),
    "infinite": N_("A number must be finite, and below 1.8e308."),
}
_NAMED: Final = 6  # columns in one sentence


def refusal_words(error: InvalidInput) -> str:
    """Return why a file is no table, where, and the way out."""
    line, column, reason, facts = (
        error.limits if isinstance(error.limits, tuple) else (0, 0, "", ())
    )
    told = {"line": line, "column": column, "text": error.value, **dict(facts)}
    if "encoding" in told:
        told["encoding"] = ENCODINGS[told["encoding"]]
    return _(REASONS[reason]).format_map(told)


def other_values_words(error: InvalidInput) -> str:
    """Return that a file holds another table than an experiment was made with."""
    text = _(
        "This file holds other values than the table of the experiment: their SHA-256 begins with"
        " {found}, not with {expected}. Choose the file that the experiment was made with."
    )
    return text.format(found=str(error.value)[:8], expected=str(error.limits)[:8])


def understood_words(understood: Understood) -> str:
    """Return how a file was read, and what it holds, on one line."""
    how, count = understood.how, len(understood.columns)
    delimiter, decimal = DELIMITERS[str(how.delimiter)], DECIMALS[str(how.decimal)]
    parts = [ENCODINGS[str(how.encoding)]]
    if count > 1:
        parts.append(_(delimiter))
    if "n" in str(how.kinds):
        parts.append(_(decimal))
    parts.append(_("first line as names") if how.header else _("no names in the file"))
    rows = understood.table.n_rows
    return _("{how}: {rows}, {columns}").format(
        how=", ".join(parts),
        rows=ngettext("{count} row", "{count} rows", rows).format(count=f"{rows:,}"),
        columns=ngettext("{count} column", "{count} columns", count).format(count=count),
    )


def remark_words(understood: Understood) -> list[str]:
    """Return what a reader should look at, each with its count; nothing is changed without it."""
    return [*_of_file(understood), *_of_names(understood), *_of_columns(understood.columns)]


def giveaway_words(table: Table, place: int, why: str, target: int) -> str:
    """Return why an input gives the target away, or is no input; as ``giveaways`` found it."""
    text = _(_GIVEAWAYS[why])
    return text.format(name=table.names[place], target=table.names[target])


def _of_file(understood: Understood) -> Iterable[str]:
    how, blank = understood.how, understood.blank
    if how.encoding == "cp1252":
        yield _(
            "The file is not UTF-8, so its letters were read as Latin-1. If names or texts look"
            " wrong, choose another encoding."
        )
    if understood.header_assumed:
        yield _(
            "All cells are texts: the first line was taken for names. Change this if it is data."
        )
    if blank:
        text = ngettext(
            "{count} line without any value was skipped.",
            "{count} lines without any value were skipped.",
            blank,
        )
        yield text.format(count=f"{blank:,}")
    if understood.dropped:
        text = ngettext(
            "{count} column at the end, without a name and values, was dropped.",
            "{count} columns at the end, without a name and values, were dropped.",
            understood.dropped,
        )
        yield text.format(count=understood.dropped)


def _of_names(understood: Understood) -> Iterable[str]:
    names = understood.names
    if not understood.how.header:
        count = len(names.names)
        yield _("The file has no names, so the columns are called {names}.").format(
            names="x1" if count == 1 else f"x1 … x{count}"
        )
    if names.empty:
        text = ngettext(
            "{count} column had no name; it is called x and its number.",
            "{count} columns had no name; they are called x and their number.",
            names.empty,
        )
        yield text.format(count=names.empty)
    if names.repeated:
        text = ngettext(
            "{count} name appeared before; it got a number.",
            "{count} names appeared before; they got a number.",
            names.repeated,
        )
        yield text.format(count=names.repeated)
    if names.cut:
        text = ngettext(
            "{count} name was cut to {most} characters.",
            "{count} names were cut to {most} characters.",
            names.cut,
        )
        yield text.format(count=names.cut, most=int(LIMITS["name_characters"].high))
    if names.cleaned:
        text = ngettext(
            "{count} name lost spaces around it, line breaks or invisible characters.",
            "{count} names lost spaces around them, line breaks or invisible characters.",
            names.cleaned,
        )
        yield text.format(count=names.cleaned)


def _of_columns(columns: Sequence[ColumnFacts]) -> Iterable[str]:
    names = [column.name for column in columns]
    rows_missing = [column for column in columns if column.missing and column.distinct]
    if rows_missing:
        counts = [f"“{column.name}” {column.missing:,}" for column in rows_missing]
        yield _("Missing values: {columns}.").format(columns=_some(counts))
    for text, chosen in (
        (N_("Without any value: {columns}."), [one for one in columns if not one.distinct]),
        (
            N_("The same value in all rows: {columns}."),
            [one for one in columns if one.distinct == 1],
        ),
    ):
        if chosen:
            yield _(text).format(columns=_some([f"“{column.name}”" for column in chosen]))
    groups: dict[int, list[str]] = {}
    for column in columns:
        if column.duplicate_of is not None and column.distinct > 1:
            groups.setdefault(column.duplicate_of, []).append(f"“{column.name}”")
    for place, others in groups.items():
        text = _("The same values as “{name}”: {columns}.")
        yield text.format(name=names[place], columns=_some(others))
    for column in columns:
        yield from _of_cells(column)


def _of_cells(column: ColumnFacts) -> Iterable[str]:
    """Yield what happened to single cells of a column."""
    name = f"“{column.name}”"
    if column.rounded:
        text = ngettext(
            "{name}: {count} whole number beyond 2⁵³ was rounded. Read the column as texts to keep"
            " all digits.",
            "{name}: {count} whole numbers beyond 2⁵³ were rounded. Read the column as texts to"
            " keep all digits.",
            column.rounded,
        )
        yield text.format(name=name, count=f"{column.rounded:,}")
    if column.odd and (column.kind == "n" or column.numeric or column.look):
        yield _odd_words(name, column)
    if column.cleaned:
        text = ngettext(
            "{name}: {count} cell lost spaces around it, line breaks or invisible characters.",
            "{name}: {count} cells lost spaces around them, line breaks or invisible characters.",
            column.cleaned,
        )
        yield text.format(name=name, count=f"{column.cleaned:,}")
    if column.restored:
        text = ngettext(
            "{name}: {count} cell lost the apostrophe that keeps spreadsheets from running it.",
            "{name}: {count} cells lost the apostrophe that keeps spreadsheets from running them.",
            column.restored,
        )
        yield text.format(name=name, count=f"{column.restored:,}")


def _odd_words(name: str, column: ColumnFacts) -> str:
    """Return how many cells are no numbers, with an example, and what follows."""
    text = _("{name}: {count} of {all} cells are not numbers, e.g. line {line}: “{cell}”.")
    if column.kind == "n":
        text += " " + _("They count as missing.")
    else:
        text += " " + _("So the column is read as texts.")
    if column.look:
        text += " " + _(_LOOKS[column.look])
    line, cell = column.examples[0]
    count, every = f"{column.odd:,}", f"{column.odd + column.numeric:,}"
    return text.format(name=name, count=count, all=every, line=line, cell=cell)


def _some(parts: Sequence[str]) -> str:
    """Return parts in one phrase, the last ones counted only if there are many."""
    left = len(parts) - _NAMED
    if left <= 0:
        return listed(parts)
    more = ngettext("{count} more", "{count} more", left).format(count=left)
    return listed([*parts[:_NAMED], more])
