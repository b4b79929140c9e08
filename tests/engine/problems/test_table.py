"""Readers' tables: their values, their digest, and where a process keeps them."""

import hashlib
import json
import struct
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import InvalidInput
from engine.problems.datasets.table import Table, Tables, numbers, table, texts

TEXTS = st.text(min_size=1, max_size=5)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw):
    rows = draw(st.integers(2, 6))
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    columns = []
    for _name in names:
        values = draw(st.sampled_from([FINITE, TEXTS]))
        columns.append(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)))
    return table(names, columns)


def small():
    return table(["x", "kind"], [[1.0, 2.5, None], ["a", None, "b"]])


def test_the_digest_is_that_of_names_and_values():
    text = b"3 rows, nt:" + b"1:x" + b"n" + struct.pack("<3d", 1.0, 2.5, np.nan)
    text += b"4:kind" + b"1:a" + b"1:b" + b"t" + struct.pack("<3q", 0, -1, 1)
    assert small().digest == hashlib.sha256(text).hexdigest()


@given(tables())
def test_json_gives_the_same_table_again(one):
    again = table(**json.loads(json.dumps(one.as_json())))
    assert again.digest == one.digest
    assert again.as_json() == one.as_json()


@given(tables(), st.data())
def test_another_cell_is_another_table(one, data):
    listed = one.as_json()
    place = data.draw(st.integers(0, len(one.names) - 1))
    row = data.draw(st.integers(0, one.n_rows - 1))
    column = listed["columns"][place]
    is_text = one.kinds[place] == "t"
    column[row] = f"{column[row]}!" if is_text else (0.0 if column[row] else 1.0)
    assert table(**listed).digest != one.digest


def test_tables_of_other_shapes_are_never_the_same():
    crafted = struct.unpack("<d", b"5:bcdefn")[0]

    assert (
        table(["a", "bcdef"], [[1, 2], [3, 4]]).digest
        != table(["a"], [[1, 2, crafted, 3, 4]]).digest
    )


def test_zeros_have_no_sign_and_missing_values_one_form():
    assert table(["x"], [[-0.0, 1.0]]).digest == table(["x"], [[0.0, 1.0]]).digest
    odd = np.array([1.0, -np.nan])
    assert Table(("x",), (numbers(odd),)).digest == table(["x"], [[1.0, None]]).digest


def test_names_and_kinds_are_part_of_the_digest():
    digests = {
        table(["x"], [[1.0, 2.0]]).digest,
        table(["y"], [[1.0, 2.0]]).digest,
        table(["x"], [["1.0", "2.0"]]).digest,
        table(["x", "y"], [[1.0, 2.0], [1.0, 2.0]]).digest,
    }
    assert len(digests) == 4


def test_texts_are_counted_in_order_of_appearance():
    column = texts(["b", "a", "", "b", None])
    assert column.categories == ("b", "a")
    assert column.codes.tolist() == [0, 1, -1, 0, -1]
    assert column.equal("a").tolist() == [False, True, False, False, False]
    assert not column.equal("c").any()


@pytest.mark.parametrize(
    ("value", "name"), [(1.0, "1"), (-2.0, "-2"), (0.5, "0.5"), (1e300, "1e+300"), (0.1, "0.1")]
)
def test_a_number_has_one_name_as_a_class(value, name):
    column = numbers([value, np.nan])
    assert column.written(value) == name
    assert column.equal(name).tolist() == [True, False]
    assert not column.equal("nan").any()


@pytest.mark.parametrize(
    ("names", "columns", "code", "field"),
    [
        ([], [], "wrong_length", "names"),
        (["x"] * 201, [[1, 2]] * 201, "wrong_length", "names"),
        (["x", "y"], [[1, 2]], "wrong_length", "columns"),
        (["x", "x"], [[1, 2], [1, 2]], "duplicate", "names"),
        ([1], [[1, 2]], "wrong_type", "names.0"),
        (["x"], [[1]], "wrong_length", "columns.0"),
        (["x", "y"], [[1, 2], [1, 2, 3]], "wrong_length", "columns.1"),
        (["x"], ["12"], "wrong_type", "columns.0"),
        (["x"], [[1, True]], "wrong_type", "columns.0.1"),
        (["x"], [[1, "a"]], "wrong_type", "columns.0.0"),
        (["x"], [[1, float("inf")]], "not_finite", "columns.0"),
        (["x"], [[1, 10**400]], "out_of_range", "columns.0"),
        ([""], [[1, 2]], "wrong_length", "names.0"),
        (["x" * 81], [[1, 2]], "wrong_length", "names.0"),
        (["\ud800"], [[1, 2]], "wrong_type", "names.0"),
        (["x"], [["a", "\udfff"]], "wrong_type", "columns.0.1"),
        (["x"], [["a", "b" * 131_073]], "wrong_type", "columns.0.1"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(names, columns, code, field):
    with pytest.raises(InvalidInput) as refused:
        table(names, columns)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_owner_has_a_share_and_all_have_a_limit():
    one, other = small(), table(["x"], [[1.0, 2.0]])
    kept = Tables(share=one.size, most=one.size + other.size - 1)
    kept.keep("a", one, "first")
    kept.keep("a", one, "again")  # it is there
    assert [one.title for one in kept.owned("a")] == ["again"]
    with pytest.raises(InvalidInput) as refused:
        kept.keep("a", other)
    assert (refused.value.code, refused.value.field) == ("too_expensive", "tables")
    kept.keep("b", one)  # which takes no more memory
    kept.drop("b", one.digest)
    with pytest.raises(InvalidInput) as refused:
        kept.keep("b", other)
    assert refused.value.field == "all_tables"
    kept.forget("a")
    kept.keep("b", other)
    assert kept.holds("b", other.digest)


def test_a_table_is_there_as_long_as_somebody_keeps_it():
    kept, one = Tables(share=10_000, most=10_000), small()
    kept.keep("a", one)
    kept.keep("b", one)
    kept.drop("a", one.digest)
    assert not kept.holds("a", one.digest)
    assert kept.get(one.digest) is one
    kept.forget("b")
    with pytest.raises(InvalidInput) as refused:
        kept.get(one.digest, "my rows")
    assert (refused.value.code, refused.value.value) == ("not_here", ("my rows", one.digest))


def test_readers_may_come_and_go_at_the_same_time():
    kept = Tables(share=10**6, most=10**6)
    mine = [table(["x"], [[float(number), 1.0]]) for number in range(20)]

    def come_and_go(owner):
        for one in mine:
            kept.keep(owner, one)
        kept.forget(owner)

    threads = [threading.Thread(target=come_and_go, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in mine:
        with pytest.raises(InvalidInput):
            kept.get(one.digest)
