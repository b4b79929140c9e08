"""The manifest of a bundle: what it is, what made it, and the SHA-256 of each file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comparison.words.names import run_styles
from exports.contents import TABLE_FILE
from language import SOURCE_LANGUAGE, _, current_language

if TYPE_CHECKING:
    from comparison.document import Document
    from engine import History
    from exports.contents import Contents
    from exports.printed import Contract

FORMAT: Final = 1
_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"  # only a checkout has it
_LIBRARIES: Final = ("numpy", "pandas", "plotly", "pydantic")


def manifest(
    document: Document,
    history: History,
    caption: Contract,
    contents: Contents,
    remarks: list[str],
) -> bytes:
    """Return what the bundle is, and the SHA-256 of each of its files."""
    experiment = document.experiment
    equal, unequal = caption
    runs = zip(run_styles(document), history.runs, experiment.runs, strict=True)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "about": _("A comparison of optimizers, made by Descent Lab."),
        "reproduce": [
            command_again("experiment.json", contents),
            *(f"python {path}" for path in contents.files if path.startswith("scripts/pytorch_")),
        ],
        "versions": versions(),
        "language": current_language(),
        "data_seed": experiment.data_seed,
        "seeds": experiment.seeds,
        "unfinished": remarks,
        "contract": {"equal": equal, "unequal": unequal},
        "runs": [
            {
                "number": number,
                "name": style.name,
                "colour": style.colour,
                "status": [name or "stopped" for name in run.status],
                "last_step": run.last_step.tolist(),
                "iterations": experiment.iterations(spec),
            }
            for number, (style, run, spec) in enumerate(runs, 1)
        ],
        "digest": history.digest(),
        "times": {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds_last_training": history.seconds,
            "seconds_alone": [run.seconds_alone for run in history.runs],
            "seconds_alone_spread": [run.seconds_alone_spread for run in history.runs],
        },
    }
    return with_sums(facts, contents)


def with_sums(facts: dict[str, Any], contents: Contents) -> bytes:
    """Return facts about a bundle with what it leaves out and the SHA-256 of each of its files."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.files.items()}
    whole = {**facts, "left_out": contents.left_out, "files": sums}
    return (json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode(
        "utf-8", "replace"
    )


def command_again(path: str, contents: Contents, folder: str = "") -> str:
    """Return the command that makes the bundle again from the experiment's file.

    It does not refuse a training that takes long, since it has been done once.

    Args:
        path: of the file.
        contents: of the bundle, perhaps with a reader's table.
        folder: where that lies.
    """
    data = f" --data {folder}{TABLE_FILE}" if contents.has(TABLE_FILE) else ""
    return f"python -m descent_lab run {path}{data} --to DIR --no-limit{spoken()}"


def spoken() -> str:
    """Return the option that has the command speak the current language; "" if it does anyway."""
    language = current_language()
    return "" if language == SOURCE_LANGUAGE else f" --language {language}"


def versions(*further: str) -> dict[str, str]:
    """Return the versions of everything that numbers and charts depend on.

    Args:
        further: libraries beyond those that every bundle depends on.
    """
    libraries = {name: importlib.metadata.version(name) for name in (*_LIBRARIES, *further)}
    own = {"descent-lab": _own_version(), "python": platform.python_version()}
    return own | libraries


def _own_version() -> str:
    """Return the version of the running code: a checkout's, even if another one is installed."""
    if _PROJECT.is_file():
        version: str = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"]
        return version
    return importlib.metadata.version("descent-lab")
