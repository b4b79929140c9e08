"""The language is a matter of the context, and every catalogue is whole."""

import contextvars
import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import language
from language import (
    LANGUAGES,
    N_,
    SOURCE_LANGUAGE,
    _,
    closest_language,
    current_language,
    ngettext,
    set_language,
)

MARKED = [
    "dashboard.py",
    "descent_lab",
    "pages",
    "ui",
    "exports",
    "comparison",
    "charts",
    "language",
]
TRANSLATED = [code for code in LANGUAGES if code != SOURCE_LANGUAGE]

every_translation = pytest.mark.parametrize("code", TRANSLATED)


@pytest.fixture
def catalogue_with_a_word(monkeypatch):
    """Korean with known entries, whatever the real catalogue holds."""

    class Words(language.NullTranslations):
        def gettext(self, message):
            return {"Loss": "손실"}.get(message, message)

        def ngettext(self, msgid1, msgid2, n):
            return "실행 {n}개" if msgid1 == "{n} run" else super().ngettext(msgid1, msgid2, n)

    korean = Words()
    monkeypatch.setattr(language, "translation", lambda *_: korean)
    language._catalogue.cache_clear()
    yield
    language._catalogue.cache_clear()


def sentences():
    """(file, message) of every marked sentence; a plural is a pair."""
    for name in MARKED:
        path = Path(name)
        if path.is_dir():
            for file, __, message, *_ in extract_from_dir(path):
                yield path / file, message
        elif path.exists():
            for __, message, *_ in extract_from_file("python", path):
                yield path, message


def po_path(code):
    return Path("language", code, "LC_MESSAGES", "descent_lab.po")


def catalogue(code):
    with po_path(code).open("rb") as file:
        return read_po(file, locale=code)


def texts(message):
    """One string or the forms of a plural, as a tuple."""
    return message if isinstance(message, tuple) else (message,)


def placeholders(text):
    return set(re.findall(r"\{[^{}]*\}", text))


def test_sentences_are_english_by_default():
    def fresh():
        return current_language(), _("Loss")

    assert contextvars.Context().run(fresh) == ("en", "Loss")


@pytest.mark.usefixtures("catalogue_with_a_word")
def test_sentences_follow_the_language():
    set_language("ko")

    assert _("Loss") == "손실"
    assert ngettext("{n} run", "{n} runs", 1).format(n=1) == "실행 1개"


@every_translation
def test_sentences_come_from_the_committed_catalogue(code):
    set_language(code)

    assert f"Language: {code}" in _("")  # gettext answers an empty sentence with the header
    for message in catalogue(code):
        if isinstance(message.id, str) and message.id:
            assert message.string == _(message.id)


@pytest.mark.parametrize(("count", "expected"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs")])
def test_english_has_two_forms(count, expected):
    assert ngettext("{n} run", "{n} runs", count).format(n=count) == expected


@pytest.mark.usefixtures("catalogue_with_a_word")
def test_marking_does_not_translate():
    set_language("ko")

    assert N_("Loss") == "Loss"


@pytest.mark.usefixtures("catalogue_with_a_word")
def test_threads_do_not_share_the_language():
    both_have_set_theirs = threading.Barrier(2, timeout=120)

    def translated(code):
        set_language(code)
        both_have_set_theirs.wait()
        return _("Loss")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(translated, ["ko", "en"])) == ["손실", "Loss"]
    assert current_language() == "en"


@pytest.mark.usefixtures("catalogue_with_a_word")
def test_a_copied_context_keeps_the_language():
    set_language("ko")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(contextvars.copy_context().run, _, "Loss").result() == "손실"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="en, ko"):
        set_language("xx")
    assert current_language() == "en"


@pytest.mark.parametrize(
    ("locale", "code"),
    [("ko-KR", "ko"), ("KO", "ko"), ("en-GB", "en"), ("xx-XX", "en"), ("", "en"), (None, "en")],
)
def test_a_locale_has_the_language_that_is_closest(locale, code):
    assert closest_language(locale) == code


@every_translation
def test_every_sentence_is_translated(code):
    translated = {
        message.id for message in catalogue(code) if message.id and all(texts(message.string))
    }

    missing = [f"{file}: {message}" for file, message in sentences() if message not in translated]
    assert missing == [], "make messages, then fill in the catalogue"


@every_translation
def test_no_translation_is_a_guess_or_left_over(code):
    used = {message for __, message in sentences()}
    po = catalogue(code)

    assert [message.id for message in po if message.fuzzy] == []
    assert [message.id for message in po if message.id and message.id not in used] == []
    assert list(po.obsolete) == []


@every_translation
def test_a_translation_has_the_placeholders_of_its_sentence(code):
    for message in catalogue(code):
        expected = placeholders(texts(message.id)[-1])

        for text in filter(None, texts(message.string)) if message.id else ():
            assert expected == placeholders(text), message.id


@every_translation
def test_the_compiled_catalogue_is_up_to_date(code):
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(code))

    assert compiled.getvalue() == po_path(code).with_suffix(".mo").read_bytes(), "make messages"
