"""The sentences that a reader sees: English in the code, other languages in gettext catalogues.

`_("Batch size {size}").format(size=32)` translates at once, into the language of the current
context. `N_("Training loss")` only marks a sentence, for a table that is filled before the language
is known; code that reads the table calls `_()` on what it finds there.

The language is kept in a ContextVar, so that one visitor never changes the language of another.
A new thread starts in English unless it runs in a copy of the context
(`contextvars.copy_context().run`).

A further language is one line in `LANGUAGES` and a catalogue beside the Korean one.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from types import MappingProxyType

__all__ = [
    "LANGUAGES",
    "N_",
    "SOURCE_LANGUAGE",
    "_",
    "closest_language",
    "current_language",
    "ngettext",
    "set_language",
]

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "ko": "한국어"})
"""Every language by its code, under its own name and in the order of the menu."""

SOURCE_LANGUAGE = "en"
"""The language of the sentences in the code, which needs no catalogue."""

_language = ContextVar("language", default=SOURCE_LANGUAGE)


def set_language(code: str) -> None:
    """Set the language of the current context.

    Args:
        code: a key of `LANGUAGES`.

    Raises:
        ValueError: there is no such language.
    """
    if code not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {code!r}")
    _language.set(code)


def current_language() -> str:
    """Return the code of the current context's language."""
    return _language.get()


def closest_language(locale: str | None) -> str:
    """Return the language of a locale such as "ko-KR"; English where there is no catalogue for it.

    Args:
        locale: a tag as browsers send it (BCP 47), None if unknown.
    """
    code = (locale or "").partition("-")[0].lower()
    return code if code in LANGUAGES else SOURCE_LANGUAGE


def _(sentence: str) -> str:
    """Return the sentence in the current language."""
    return _catalogue(_language.get()).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form for this count in the current language.

    Args:
        one: the English sentence for exactly one.
        many: the English sentence for any other count.
        count: how many there are; it is put into the sentence by `format`, separately.
    """
    return _catalogue(_language.get()).ngettext(one, many, count)


def N_(sentence: str) -> str:  # noqa: N802 (gettext's usual name, which the extractor knows)
    """Mark a sentence for the catalogues and return it unchanged."""
    return sentence


@cache
def _catalogue(code: str) -> NullTranslations:
    if code == SOURCE_LANGUAGE:
        return NullTranslations()
    return translation("descent_lab", Path(__file__).parent, [code])
