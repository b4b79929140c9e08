"""A table from a file: what is understood, and that nothing changes without being counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.reading import Reading, read
from engine import LIMITS, InvalidInput
from engine.problems.datasets.table import numbers, texts
from tests.comparison.tables.files import KOREAN, refusal, values

LARGE = "id,x\n9007199254740993,1\n9007199254740995,2.5\n"


@pytest.mark.parametrize(
    ("raw", "how", "expected"),
    [
        (
            KOREAN.encode("cp949"),
            Reading("cp949", ",", ".", header=True, kinds="nnt"),
            {"키": [170.5, 161, 158], "몸무게": [60, 52.5, 49], "성별": ["남", "여", "여"]},
        ),
        (  # what Excel calls Unicode text
            ("\ufeff" + KOREAN.replace(",", "\t")).encode("utf-16-le"),
            Reading("utf-16-le", "\t", ".", header=True, kinds="nnt"),
            {"키": [170.5, 161, 158], "몸무게": [60, 52.5, 49], "성별": ["남", "여", "여"]},
        ),
        (
            b"1,5;2,5\n3,5;4,5\n",
            Reading("utf-8", ";", ",", header=False, kinds="nn"),
            {"x1": [1.5, 3.5], "x2": [2.5, 4.5]},
        ),
        (
            b"x\ty\n1,5\t2\n2,25\t3\n",
            Reading("utf-8", "\t", ",", header=True, kinds="nn"),
            {"x": [1.5, 2.25], "y": [2, 3]},
        ),
        (  # labels that pandas takes for missing values
            b"x,label\n1,NA\nNA,None\n3,\n",
            Reading("utf-8", ",", ".", header=True, kinds="nt"),
            {"x": [1, None, 3], "label": ["NA", "None", None]},
        ),
        (
            "ville;âge\nOrléans;3,5\nNîmes;4\n".encode("latin-1"),
            Reading("cp1252", ";", ",", header=True, kinds="tn"),
            {"ville": ["Orléans", "Nîmes"], "âge": [3.5, 4]},
        ),
        (
            b"5.1,setosa\n4.9,setosa\n",
            Reading("utf-8", ",", ".", header=False, kinds="nt"),
            {"x1": [5.1, 4.9], "x2": ["setosa", "setosa"]},
        ),
        (  # years as names above numbers, and one name that is a word
            b"age,2019,2020\n1,2,3\n4,5,6\n",
            Reading("utf-8", ",", ".", header=True, kinds="nnn"),
            {"age": [1, 4], "2019": [2, 5], "2020": [3, 6]},
        ),
        (  # a column of numbers may be without any
            b"a,b\n1,\n2,\n",
            Reading("utf-8", ",", ".", header=True, kinds="nn"),
            {"a": [1, 2], "b": [None, None]},
        ),
        (
            b"ok\ntrue\nfalse\n",
            Reading("utf-8", ",", ".", header=True, kinds="t"),
            {"ok": ["true", "false"]},
        ),
    ],
    ids=range(10),
)
def test_a_file_is_understood(raw, how, expected):
    understood = read(raw)

    assert understood.how == how
    assert values(understood.table) == expected
    assert read(raw, understood.how).table.digest == understood.table.digest


def test_what_was_understood_can_be_corrected():
    raw = b"a,b\n1.5,x\n2,y\n"

    assert values(read(raw, Reading(header=False)).table)["x1"] == ["a", "1.5", "2"]
    assert values(read(raw, Reading(kinds="tt")).table)["a"] == ["1.5", "2"]
    assert values(read(raw, Reading(delimiter=";")).table) == {"a,b": ["1.5,x", "2,y"]}
    assert values(read(raw, Reading(decimal=",")).table)["a"] == ["1.5", "2"]
    assert values(read(KOREAN.encode("cp949"), Reading("cp1252")).table)["Å°"] == [170.5, 161, 158]


@pytest.mark.parametrize(
    ("how", "code", "field"),
    [
        (Reading(encoding="rot13"), "unknown_choice", "encoding"),
        (Reading(delimiter="|"), "unknown_choice", "delimiter"),
        (Reading(decimal="'"), "unknown_choice", "decimal"),
        (Reading(kinds="n"), "wrong_length", "kinds"),
        (Reading(kinds="nx"), "unknown_choice", "kinds"),
    ],
)
def test_a_correction_that_is_none_is_refused(how, code, field):
    with pytest.raises(InvalidInput) as caught:
        read(b"a,b\n1,2\n3,4\n", how)

    assert (caught.value.code, caught.value.field) == (code, field)


def test_numbers_that_were_asked_for_count_other_cells_as_missing():
    raw = b"h\n170\nn.a.\n160\nabout 5\n"
    as_texts, as_numbers = read(raw), read(raw, Reading(kinds="n"))

    for understood in (as_texts, as_numbers):
        (facts,) = understood.columns
        assert (facts.odd, facts.numeric) == (2, 2)
        assert facts.examples == ((3, "n.a."), (5, "about 5"))
    assert as_texts.how.kinds == "t"
    assert values(as_numbers.table) == {"h": [170, None, 160, None]}
    assert as_numbers.columns[0].missing == 2


def test_numbers_are_told_by_their_size_and_texts_by_their_counts():
    number, text = read(b"n,t\n3,a\n1,b\n,a\n2,\n").columns

    assert (number.low, number.median, number.high) == (1, 2, 3)
    assert (number.missing, number.distinct, number.categories) == (1, 3, ())
    assert (text.missing, text.distinct, text.low) == (1, 2, None)
    assert text.categories == (("a", 2), ("b", 1))


def test_the_middle_of_the_largest_numbers_is_finite():
    assert read(b"x\n1.6e308\n1.4e308\n").columns[0].median == 1.5e308


def test_columns_that_tell_nothing_new_are_told():
    columns = read(b"a,b,c,d,e\n1,1.0,x,5,\n2,2,y,5,\n,,x,5,\n").columns

    assert [column.duplicate_of for column in columns] == [None, 0, None, None, None]
    assert [column.constant for column in columns] == [False, False, False, True, True]
    assert columns[4].distinct == 0


def test_integers_beyond_what_numbers_hold_are_counted_and_can_be_kept_as_texts():
    raw = LARGE.encode()

    assert read(raw).columns[0].rounded == 2
    kept = read(raw, Reading(kinds="tn"))
    assert values(kept.table)["id"] == ["9007199254740993", "9007199254740995"]
    assert kept.columns[0].rounded == 0


@pytest.mark.parametrize(
    ("cells", "look"),
    [
        (("1,234", "5,678"), "grouped"),
        (("5%", "7 %"), "percent"),
        (("2024-01-01", "2024-02-01"), "date"),
    ],
)
def test_what_only_looks_like_a_number_stays_a_text(cells, look):
    raw = "x\ty\n" + "".join(f"{cell}\t{row}\n" for row, cell in enumerate(cells))

    understood = read(raw.encode())

    assert values(understood.table)["x"] == list(cells)
    assert understood.columns[0].look == look


def test_names_are_made_unique_visible_and_short_with_counts():
    names = ["x", "x", "", " a\u202eb ", "n" * 90, "x"]
    raw = ("\t".join(names) + "\n" + "1\t2\t3\t4\t5\t6\n" * 2).encode()

    found = read(raw).names

    assert found.names == ("x", "x (2)", "x3", "ab", "n" * 80, "x (3)")
    assert (found.empty, found.repeated, found.cleaned, found.cut) == (1, 2, 1, 1)


def test_long_names_that_are_alike_are_told_apart_within_the_limit():
    names = read(("n" * 90 + "\t" + "n" * 80 + "\n" + "1\t2\n" * 2).encode()).names.names

    assert names == ("n" * 80, "n" * 76 + " (2)")


@given(st.lists(st.text(st.sampled_from("x12 ()\u200b"), max_size=90), min_size=2, max_size=12))
def test_no_two_names_are_alike(names):
    raw = "\t".join(names) + "x\n" + "\t".join("1" * len(names)) + "\n0" + "\t0" * (len(names) - 1)

    found = read(raw.encode(), Reading(delimiter="\t", header=True)).names.names

    assert len(set(found)) == len(names)
    assert all(0 < len(name) <= LIMITS["name_characters"].high for name in found)


def test_texts_lose_what_cannot_be_seen_and_a_protecting_apostrophe_with_counts():
    label, formula = read('label,formula\n a ,"\'=1+1"\n"a\n",x\na\u202e,\'tis\n'.encode()).columns

    assert label.categories == (("a", 3),)
    assert (label.cleaned, label.restored) == (3, 0)
    assert [text for text, _count in formula.categories] == ["=1+1", "x", "'tis"]
    assert (formula.cleaned, formula.restored) == (0, 1)


def test_lines_and_last_columns_without_anything_are_left_out_with_a_count():
    understood = read(b"a,b,,\n1,2,,\n\n,,,\n3,4,,\n,,,\n")

    assert values(understood.table) == {"a": [1, 3], "b": [2, 4]}
    assert understood.blank == 3
    assert understood.dropped == 2
    named = read(b"a,b,c\n1,2,\n3,4,\n")  # a column with a name is one
    assert named.dropped == 0
    assert named.table.names == ("a", "b", "c")


def test_only_custom_says_that_texts_have_names_above_them():
    assert read(b"a,b\nx,y\nz,w\n").header_assumed
    assert not read(b"a,b\nx,1\nz,2\n").header_assumed
    assert not read(b"a,b\nx,y\nz,w\n", Reading(header=True)).header_assumed


@pytest.mark.parametrize(
    ("raw", "line", "reason", "facts"),
    [
        (b"a,b\n1,2\n", 2, "few_rows", {"rows": 1, "least": 2}),
        (b"a,b\n", 1, "few_rows", {"rows": 0, "least": 2}),
        (b"1,2\n", 1, "few_rows", {"rows": 1, "least": 2}),
        (b",,\n,,\n", 0, "empty", {}),
        (b"Heights,,\nh,w,s\n1,2,m\n3,4,f\n", 1, "title", {"names": 2}),
        (b"Heights\nh,w\n1,2\n3,4\n", 1, "first_cells", {"cells": 1, "next_cells": 2}),
        (b"a,b\n1,2\n3,4,5\n", 3, "cells", {"cells": 3, "expected": 2}),
        (
            b",".join([b"x"] * 201) + b"\n" + b",".join([b"1"] * 201),
            1,
            "columns",
            {"columns": 201, "most": 200},
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(raw, line, reason, facts):
    assert refusal(read, raw) == (line, 0, reason, facts)


def test_the_largest_tables_are_read():
    wide = b",".join([b"x"] * 200) + b"\n" + (b",".join([b"1"] * 200) + b"\n") * 2
    rows = int(LIMITS["rows"].high)

    assert len(read(wide).columns) == 200
    assert len(read(wide.replace(b"\n", b",\n")).columns) == 200  # a delimiter ends each line
    assert read(b"x\n" + b"1\n" * rows).table.n_rows == rows
    assert refusal(read, b"1\n" * (rows + 1))[2] == "rows"


@given(
    st.binary(max_size=60) | st.text(st.sampled_from('1a,;\t"\n .-'), max_size=60).map(str.encode)
)
def test_any_bytes_are_a_table_or_refused(raw):
    try:
        understood = read(raw)
    except InvalidInput as error:
        assert error.code == "not_a_table"  # noqa: PT017 - a table is right, too
        return
    table = understood.table
    assert table.n_rows >= 2
    assert len(set(table.names)) == len(table.columns) == len(understood.columns)


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(
                st.floats(allow_nan=False, allow_infinity=False)
                | st.sampled_from(["a", "b", "né", "가"]),
                min_size=width,
                max_size=width,
            ),
            min_size=2,
        )
    ),
    st.sampled_from([(",", "."), (";", ","), ("\t", ","), (";", "."), ("\t", ".")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_however_a_table_is_written_its_values_are_read(rows, signs, encoding):
    delimiter, decimal = signs
    lines = [delimiter.join(f"name {place}" for place in range(len(rows[0])))]
    lines += [delimiter.join(str(cell).replace(".", decimal) for cell in row) for row in rows]
    how = Reading(delimiter=delimiter, decimal=decimal, header=True)

    table = read("\n".join(lines).encode(encoding), how).table

    for column, cells in zip(table.columns, zip(*rows, strict=True), strict=True):
        if all(isinstance(cell, float) for cell in cells):
            expected = numbers(cells)
            assert column.values.tolist() == expected.values.tolist()
        else:
            expected = texts([str(cell).replace(".", decimal) for cell in cells])
            assert column.categories == expected.categories
            assert column.codes.tolist() == expected.codes.tolist()
