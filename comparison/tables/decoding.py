"""From the bytes of a file to its text: which encoding it has, and what is no text at all."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import Final

from comparison.tables.refusing import refused
from engine import LIMITS, InvalidInput

# In the order in which they are tried. CP949 holds EUC-KR, and cp1252 what is printable of Latin-1.
ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp949", "cp1252")

_MARKS: Final = (  # byte order marks
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC: Final = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "excel"),  # .xls
    (b"\x1f\x8b", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ", "compressed"),
    (b"7z\xbc\xaf", "compressed"),
    (b"Rar!", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"PAR1", "binary"),
    (b"\x89HDF", "binary"),
    (b"\x93NUMPY", "binary"),
    (b"SQLite format 3", "binary"),
)
_SPREADSHEETS: Final = (b"xl/", b"opendocument.spreadsheet")  # inside of a zip
_HTML: Final = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml|!--)", re.IGNORECASE)
_JSON: Final = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{"\d\]-])')


def decoded(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text of a file and its encoding, one of ``ENCODINGS``.

    Args:
        raw: the content of the file.
        encoding: the encoding if it is known; else it is found.

    Raises:
        InvalidInput: the file is too large, empty, of another kind, or not in this encoding.
    """
    _check_kind(raw)
    if encoding is None:
        encoding = _detected(raw)
    elif encoding not in ENCODINGS:
        raise InvalidInput("unknown_choice", "encoding", encoding, ENCODINGS)
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _broken(raw, error, encoding) from None
    _check_text(text)
    return text, encoding


def _check_kind(raw: bytes) -> None:
    """Refuse what is no text, by its first bytes, and what is too long."""
    for magic, reason in _MAGIC:
        if raw.startswith(magic):
            is_sheet = reason == "zip" and any(mark in raw for mark in _SPREADSHEETS)
            raise refused("excel" if is_sheet else reason)
    most = LIMITS["table_bytes"].high
    if len(raw) > most:
        raise refused("bytes", megabytes=len(raw) / 2**20, most=most / 2**20)
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise refused("empty")


def _check_text(text: str) -> None:
    """Refuse text that is of another format, or holds what no text has."""
    if not text.strip():
        raise refused("empty")
    if "\0" in text:
        raise refused("binary")
    if _HTML.match(text):
        raise refused("html", 1, 0, text.lstrip())
    if _JSON.match(text):
        raise refused("json", 1, 0, text.lstrip())


def _detected(raw: bytes) -> str:
    """Return the first encoding in which the bytes make sense."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    zeros = raw[0::2].count(0), raw[1::2].count(0)
    # In UTF-16 digits and delimiters have a zero byte, and at least every tenth character is one.
    if max(zeros) > 2 * min(zeros) + max(1, len(raw) // 20):
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    if any(zeros):
        raise refused("binary")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if _is_korean(raw):
            return "cp949"
        if _is_mostly_utf8(raw):
            raise _broken(raw, error, "utf-8") from None
        return "cp1252"
    return "utf-8"


def _is_mostly_utf8(raw: bytes) -> bool:
    """Tell whether more characters are good UTF-8 than are not: the file is broken, not foreign."""
    text = raw.decode("utf-8", "replace")
    beyond_ascii = len(text) - sum(map(len, re.findall(r"[\0-\x7f]+", text)))
    bad = text.count("\ufffd")
    return beyond_ascii - bad > bad


def _is_korean(raw: bytes) -> bool:
    """Tell whether bytes are Korean text in CP949.

    Other text can be valid CP949 by chance: in Latin-1, °C and Äp are the bytes of syllables that
    nobody uses. So most of what is beyond ASCII must be syllables of the old standard KS X 1001,
    which has the usual ones, or its signs of units, such as ℃ and ㎡.
    """
    try:
        text = raw.decode("cp949")
    except UnicodeDecodeError:
        return False
    counts = Counter(mark for mark in text if mark > "\x7f")
    usual = sum(count for mark, count in counts.items() if _is_usual(mark))
    return 2 * usual > counts.total()


def _is_usual(mark: str) -> bool:
    # Python's EUC-KR spells syllables that KS X 1001 lacks in eight bytes.
    is_syllable = "가" <= mark <= "힣" and len(mark.encode("euc_kr")) == 2
    return is_syllable or mark == "℃" or "㎀" <= mark <= "㏟"


def _broken(raw: bytes, error: UnicodeDecodeError, encoding: str) -> InvalidInput:
    """Return the refusal of bytes that are not in their encoding, with the line of the first."""
    before = raw[: error.start].decode(encoding, "ignore")
    line, start = before.count("\n") + 1, before.rpartition("\n")[2]
    after = raw[error.start : error.start + 20].decode(encoding, "replace")
    excerpt = start[-20:] + after.partition("\n")[0]
    return refused("encoding", line, len(start) + 1, excerpt, encoding=encoding)
