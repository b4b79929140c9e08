"""Tables in words: every bad file has a place and a way out, and every change its count."""

import re

import pytest

from comparison.tables.cells import DELIMITERS
from comparison.tables.decoding import ENCODINGS
from comparison.tables.describing import giveaways, suggest
from comparison.tables.reading import Reading, read
from comparison.words import tables as words
from comparison.words.errors import explain
from engine import LIMITS, InvalidInput

ROWS, COLUMNS = int(LIMITS["rows"].high), int(LIMITS["table_columns"].high)
# A file for each reason, and what a reader must find: where it is, and what to do.
BAD_FILES = {
    "empty": (b" \n", ["empty", "Choose a CSV file"]),
    "excel": (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", ["save the sheet as CSV"]),
    "zip": (b"PK\x03\x04data.csv", ["zip", "Unpack it"]),
    "compressed": (b"\x1f\x8b\x08", ["Unpack it"]),
    "pdf": (b"%PDF-1.7", ["PDF", "save them as CSV"]),
    "picture": (b"\x89PNG", ["picture"]),
    "binary": (b"a,b\n\x00,1\n", ["not a text file", "Save the table as CSV"]),
    "html": (b"<html><body>", ["web page", "“<html><body>”", "copy the table"]),
    "json": (b'{"format": 1}', ["JSON", '“{"format": 1}”', "Share"]),
    "bytes": (b"1" * (11 * 2**20), ["11.0 MB", "10 MB", "Remove"]),
    "encoding": (
        "a,b\n가,1\n나,2\n".encode() + b"\xff,3\n",
        ["Line 4, character 1", "UTF-8", "save the file"],
    ),
    "open_quote": (b'a,b\n1,"2\n3,4\n', ["Line 2, column 2", "never closed", '“1,"2”']),
    "after_quote": (b'a,b\n"1"x,2\n', ["Line 2, column 1", "closing quotation mark", '“"1"x,2”']),
    "long_cell": (b"a,b\n1," + b"x" * 200_000, ["Line 2", "131,072", "“1,xxx"]),
    "cells": (b"a,b\n1,2\n3,4,5\n", ["Line 3", "3 instead of 2", "“3 | 4 | 5”", "delimiter"]),
    "first_cells": (b"Heights\na,b\n1,2\n", ["Line 1", "1 instead of 2", "title, remove it"]),
    "title": (b"Heights,\na,b\n1,2\n3,4\n", ["Line 1", "“Heights”", "line 2", "Remove the title"]),
    "columns": (b"a," * 300 + b"\n", ["Line 1", "301", f"{COLUMNS}", "Remove columns"]),
    "rows": (b"1\n" * (ROWS + 1), [f"{ROWS:,}", f"line {ROWS + 1}", "Keep fewer"]),
    "few_rows": (b"a,b\n1,2\n", ["at least 2", "has 1", "line 2", "Add rows"]),
    "no_target": (b"a,b\n1,x\n1,x\n", ["2 to 10", "Add such a column"]),
    "no_features": (b"a,b\n1,2\n1,3\n", ["“b”", "2 to 20", "Add such a column"]),
}


def told(raw):
    """Return the sentence with which a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        suggest(read(raw).table)
    error = caught.value
    return error.limits[2], explain(error)


def test_every_reason_has_a_file():
    assert set(BAD_FILES) == set(words.REASONS)


@pytest.mark.parametrize(
    ("reason", "raw", "parts"), [(k, *v) for k, v in BAD_FILES.items()], ids=BAD_FILES
)
def test_a_bad_file_is_told_with_its_place_and_a_way_out(reason, raw, parts):
    found, text = told(raw)

    assert found == reason
    assert [part for part in parts if part not in text] == []
    assert text.endswith(".")
    assert not re.search(r"\{\w*\}|None", text)


def test_what_a_file_holds_is_shown_short_and_on_one_line():
    _reason, text = told(("a,b\n1,2\n3,4," + "\u202e\x1b" + "x" * 1_000 + "\n").encode())

    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "xxx…”" in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            "키,성별\n170,남\n160,여\n".encode("cp949"),
            "CP949 (EUC-KR), comma, decimal point, first line as names: 2 rows, 2 columns",
        ),
        (
            b"1,5;2,5\n3,5;4,5\n",
            "UTF-8, semicolon, decimal comma, no names in the file: 2 rows, 2 columns",
        ),
        (b"word\nyes\nno\n", "UTF-8, first line as names: 2 rows, 1 column"),
    ],
)
def test_what_was_understood_is_one_line(raw, said):
    assert words.understood_words(read(raw)) == said


def test_every_encoding_and_delimiter_has_a_name():
    assert set(words.ENCODINGS) == set(ENCODINGS)
    assert set(words.DELIMITERS) == set(DELIMITERS)


@pytest.mark.parametrize(
    ("raw", "how", "said"),
    [
        (b"a,b\n1,2\n3,4\n", Reading(), []),
        (b"1,2\n3,4\n", Reading(), ["The file has no names, so the columns are called x1 … x2."]),
        (
            b"a,b\n1,x\n,x\n,x\n",
            Reading(),
            ["Missing values: “a” 2.", "The same value in all rows: “a” and “b”."],
        ),
        (
            b"a,b,\n1,,\n\n2,,\n",
            Reading(),
            [
                "1 line without any value was skipped.",
                "1 column at the end, without a name and values, was dropped.",
                "Without any value: “b”.",
            ],
        ),
        (
            b"x,x,,y\n1,2,1,1\n2,2,2,3\n3,1,3,3\n",
            Reading(),
            [
                "1 column had no name; it is called x and its number.",
                "1 name appeared before; it got a number.",
                "The same values as “x”: “x3”.",
            ],
        ),
        (
            b"id,h\n9007199254740993,170\n3,n.a.\n",
            Reading(),
            [
                (
                    "“id”: 1 whole number beyond 2⁵³ was rounded. Read the column as texts to keep"
                    " all digits."
                ),
                (
                    "“h”: 1 of 2 cells are not numbers, e.g. line 3: “n.a.”. So the column is read"
                    " as texts."
                ),
            ],
        ),
        (
            b"h\n170\nn.a.\n160\n",
            Reading(kinds="n"),
            [
                "Missing values: “h” 1.",
                "“h”: 1 of 3 cells are not numbers, e.g. line 3: “n.a.”. They count as missing.",
            ],
        ),
        (
            b"p\n12%\n13%\n",
            Reading(),
            [
                (
                    "All cells are texts: the first line was taken for names. Change this if it is"
                    " data."
                ),
                (
                    "“p”: 2 of 2 cells are not numbers, e.g. line 2: “12%”. So the column is read"
                    " as texts. Remove the percent signs in the file."
                ),
            ],
        ),
        (
            b"a ,b\n'=1,1\n x,2\n",
            Reading(),
            [
                "1 name lost spaces around it, line breaks or invisible characters.",
                "“a”: 1 cell lost spaces around it, line breaks or invisible characters.",
                "“a”: 1 cell lost the apostrophe that keeps spreadsheets from running it.",
            ],
        ),
        (
            b"n" * 81 + b",\xe9\n1,2\n3,4\n",
            Reading(),
            [
                (
                    "The file is not UTF-8, so its letters were read as Latin-1. If names or texts"
                    " look wrong, choose another encoding."
                ),
                "1 name was cut to 80 characters.",
            ],
        ),
    ],
)
def test_nothing_is_changed_without_a_remark(raw, how, said):
    assert words.remark_words(read(raw, how)) == said


def test_remarks_stay_short_for_many_columns():
    raw = ",".join(f"c{place}" for place in range(200)) + ("\n" + ",".join("1" * 200)) * 2
    remarks = words.remark_words(read(raw.encode()))

    (text,) = remarks
    assert text == ("The same value in all rows: “c0”, “c1”, “c2”, “c3”, “c4”, “c5” and 194 more.")


def test_a_column_that_gives_the_answer_away_is_named():
    raw = "n,who,again,copy,fine,y\n" + "".join(
        f"{row},p{row},{2.5 * y},{y},{y * y % 7},{y}\n" for row, y in enumerate([3, 1, 4, 2, 9, 6])
    )
    table = read(raw.encode()).table

    found = giveaways(table, range(5), 5)

    assert [why for _place, why in found] == ["counting", "all_different", "straight", "equal"]
    told = [words.giveaway_words(table, place, why, 5) for place, why in found]
    for text, name in zip(told, ("n", "who", "again", "copy"), strict=True):
        assert f"“{name}”" in text
    assert "“y”" in told[-1]
