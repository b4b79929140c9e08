"""A run as a script of another library, which replays it from the files of a bundle."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from exports.replay import no_rows
from exports.scripts import keras, optax, pytorch
from exports.scripts.replay import Library, Replay
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine import Experiment

__all__ = ["FRAMEWORKS", "Code", "code"]


class _Framework(Protocol):
    """What there is to say about a library."""

    LIBRARY: Library

    def script(self, replay: Replay) -> str:
        """Return the text of a script."""

    def refusal(self, replay: Replay) -> str | None:
        """Return why the library cannot replay the run at all, None where it can."""


FRAMEWORKS: Final[Mapping[str, _Framework]] = MappingProxyType(
    {"pytorch": pytorch, "keras": keras, "optax": optax}
)


class Code(NamedTuple):
    """A script, and what there is to say about it.

    Attributes:
        text: the script; None where the library cannot replay the run, or the bundle holds no rows.
        remark: why there is none, or why it computes the rule's formula instead of calling the
            library's optimizer, in the reader's language; None where it calls that.
    """

    text: str | None
    remark: str | None


def code(framework: str, experiment: Experiment, position: int, name: str) -> Code:
    """Return a run as a script.

    Args:
        framework: a key of ``FRAMEWORKS``.
        experiment: which the run belongs to.
        position: of the run, from 0.
        name: what the reader calls it.
    """
    chosen, replay = FRAMEWORKS[framework], Replay(experiment, position, name)
    refusal = chosen.refusal(replay) or _nothing_to_read(experiment)
    if refusal:
        return Code(None, refusal)
    has_form = replay.translated(chosen.LIBRARY) is not None
    return Code(chosen.script(replay), None if has_form else replay.why_formula(chosen.LIBRARY, _))


def _nothing_to_read(experiment: Experiment) -> str | None:
    """Return that a script would find no rows in the bundle; None where it would."""
    reason = no_rows(experiment)
    if reason is None:
        return None
    text = _("The script would need data.csv, which is not in the bundle. {reason}")
    return text.format(reason=reason)
