"""A run as a script for another library, which replays it from the files of a bundle."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from exports.replay import no_rows, unknown_factors
from exports.scripts import keras, optax, pytorch
from exports.scripts.replay import Library, Replay
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine import Experiment

__all__ = ["FRAMEWORKS", "Code", "code"]


class _Framework(Protocol):
    """What each library's module provides."""

    LIBRARY: Library

    def script(self, replay: Replay) -> str:
        """Return the text of a script."""

    def refusal(self, replay: Replay) -> str | None:
        """Return why the library cannot replay the run at all, None if it can."""


FRAMEWORKS: Final[Mapping[str, _Framework]] = MappingProxyType(
    {"pytorch": pytorch, "keras": keras, "optax": optax}
)


class Code(NamedTuple):
    """A script, with a remark about it.

    Attributes:
        text: the script; None if the library cannot replay the run or the bundle holds no rows.
        remark: why there is no script, or why it computes the rule's formula instead of calling the
            library's optimizer, and how it follows a schedule, in the reader's language; None if
            there is nothing to say.
    """

    text: str | None
    remark: str | None


def code(framework: str, experiment: Experiment, position: int, name: str) -> Code:
    """Return a run as a script.

    Args:
        framework: a key of ``FRAMEWORKS``.
        experiment: the experiment of the run.
        position: position of the run, from 0.
        name: the reader's name for it.
    """
    chosen, replay = FRAMEWORKS[framework], Replay(experiment, position, name)
    refusal = chosen.refusal(replay) or _nothing_to_read(experiment)
    refusal = refusal or unknown_factors(experiment, replay.run)
    if refusal:
        return Code(None, refusal)
    remarks = replay.remarks(chosen.LIBRARY, _)
    return Code(chosen.script(replay), " ".join(remarks) or None)


def _nothing_to_read(experiment: Experiment) -> str | None:
    """Return a remark that the bundle holds no rows for a script; None if it does."""
    reason = no_rows(experiment)
    if reason is None:
        return None
    text = _("The script would need data.csv, which is not in the bundle. {reason}")
    return text.format(reason=reason)
