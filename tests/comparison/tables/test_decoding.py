"""From bytes to text: the encoding is found, and what is no text is refused by name."""

import codecs
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.tables.decoding import ENCODINGS, decoded
from engine import LIMITS, InvalidInput
from tests.comparison.tables.files import KOREAN, refusal

FRENCH = "ville;âge;état\r\nOrléans;3;élevé\r\nNîmes;4;créée\r\nÀ côté;5;Ärger\r\n"


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text in files.items():
            made.writestr(name.replace("_", "/"), text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        (KOREAN.encode(), KOREAN, "utf-8"),
        (KOREAN.encode("utf-8-sig"), KOREAN, "utf-8"),
        (codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"), KOREAN, "utf-16-le"),
        (codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"), KOREAN, "utf-16-be"),
        (KOREAN.encode("utf-16-le"), KOREAN, "utf-16-le"),
        (KOREAN.encode("utf-16-be"), KOREAN, "utf-16-be"),
        (KOREAN.encode("cp949"), KOREAN, "cp949"),
        (KOREAN.encode("euc_kr"), KOREAN, "cp949"),
        ("펲시,햏\n1,2\n".encode("cp949") + KOREAN.encode("cp949"), None, "cp949"),
        ("T(℃),RH\n20,1\n".encode("cp949"), "T(℃),RH\n20,1\n", "cp949"),
        ("온도(℃),면적(㎡)·±\n20,1\n".encode("cp949"), None, "cp949"),
        (
            "키 큰 팀,큰\n20,1\n".encode("cp949"),
            "키 큰 팀,큰\n20,1\n",
            "cp949",
        ),  # much is valid UTF-8
        (FRENCH.encode("cp1252"), FRENCH, "cp1252"),
        (FRENCH.encode("latin-1"), FRENCH, "cp1252"),
        # By chance the bytes of rare Korean syllables: °C and Äp.
        ("T °C;Äpfel\n1;2\n".encode("latin-1"), "T °C;Äpfel\n1;2\n", "cp1252"),
        ("µm;²\n1;2\n".encode("latin-1"), "µm;²\n1;2\n", "cp1252"),
        ("price;€\n1;2\n".encode("cp1252"), "price;€\n1;2\n", "cp1252"),
    ],
)
def test_an_encoding_is_found(raw, text, encoding):
    found = decoded(raw)

    assert found[1] == encoding
    assert text in {None, found[0]}


@given(st.text(st.sampled_from("가나다라마바사아자차키몸무게성별0123456789,.\n"), min_size=20))
def test_utf8_is_never_taken_for_another_encoding(text):
    if text.strip():
        assert decoded(text.encode()) == (text, "utf-8")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_can_be_chosen(encoding):
    text = "h,w\n170,60\n"

    assert decoded(text.encode(encoding), encoding) == (text, encoding)


def test_another_encoding_than_the_known_ones_is_refused():
    with pytest.raises(InvalidInput) as caught:
        decoded(b"a,b\n1,2\n", "utf-7")

    assert (caught.value.code, caught.value.field) == ("unknown_choice", "encoding")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t \n", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (archive(xl_workbook="<workbook/>"), "excel"),
        (archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "excel"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100), "excel"),
        (archive(data="a,b\n1,2\n"), "zip"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "compressed"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"PAR1" + bytes(20), "binary"),
        (b"a,b\n1,\x002\n3,4\n", "binary"),
        (bytes(range(256)), "binary"),
        (b"\xff\xfe\x00\x00" + "a,b\n1,2\n".encode("utf-32-le"), "binary"),
        (b"<!DOCTYPE html>\n<html>", "html"),
        (b"\n <HTML><table>", "html"),
        (b'<?xml version="1.0"?>', "html"),
        (b'{"format": 1}', "json"),
        (b"[[1, 2], [3, 4]]", "json"),
    ],
)
def test_what_is_no_text_of_a_table_is_refused_by_name(raw, reason):
    assert refusal(decoded, raw)[2] == reason


def test_a_name_in_brackets_is_no_json():
    assert decoded(b"[m],{s}\n1,2\n")[0] == "[m],{s}\n1,2\n"


def test_a_large_file_is_refused_by_its_size():
    most = int(LIMITS["table_bytes"].high)

    assert refusal(decoded, b"1" * (most + 1))[2] == "bytes"
    assert len(decoded(b"1" * most)[0]) == most


def test_a_broken_utf8_file_is_not_taken_for_latin_1():
    raw = KOREAN.encode().replace("여".encode(), b"\xff", 1)

    line, character, reason, facts = refusal(decoded, raw)

    assert (line, character, reason, facts) == (3, 10, "encoding", {"encoding": "utf-8"})


def test_a_chosen_encoding_that_does_not_fit_is_refused_with_its_line():
    line, character, reason, facts = refusal(decoded, b"a\n1\nx\xff\n", "cp949")

    assert (line, character, reason, facts) == (3, 2, "encoding", {"encoding": "cp949"})
