"""The sentences a reader sees: English in the code, other languages in gettext catalogues.

`_("Batch size {size}").format(size=32)` translates now, into the language of the current context.
`N_("Training loss")` only marks a sentence, for a table that is filled before the language is
known; whoever reads the table says `_(label)`.

The language lives in a ContextVar, not in the process: two visitors never change each other's.
A new thread starts in English unless it runs in a copy of the context
(`contextvars.copy_context().run`).
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from types import MappingProxyType

__all__ = ["LANGUAGES", "N_", "_", "current_language", "ngettext", "set_language"]

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "ko": "한국어"})
"""Code to the language's own name, in the order of the menu."""

_SOURCE = "en"
_language = ContextVar("language", default=_SOURCE)


def set_language(code: str) -> None:
    """Set the language of the current context.

    Args:
        code: A key of `LANGUAGES`.

    Raises:
        ValueError: There is no such language.
    """
    if code not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {code!r}")
    _language.set(code)


def current_language() -> str:
    """Return the code of the current context's language."""
    return _language.get()


def _(sentence: str) -> str:
    """Return the sentence in the current language."""
    return _catalogue(_language.get()).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form for this count in the current language.

    Args:
        one: The English sentence for exactly one.
        many: The English sentence for any other count.
        count: How many there are; `format` it into the sentence separately.
    """
    return _catalogue(_language.get()).ngettext(one, many, count)


def N_(sentence: str) -> str:  # noqa: N802 (gettext's usual name, which the extractor knows)
    """Mark a sentence for the catalogues and return it as it is."""
    return sentence


@cache
def _catalogue(code: str) -> NullTranslations:
    if code == _SOURCE:
        return NullTranslations()
    return translation("descent_lab", Path(__file__).parent, [code])
