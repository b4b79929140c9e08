"""How the wheel is made: in it everything is one package, and imports are written accordingly.

In a checkout the rooms are side by side: ``engine``, ``charts``, ``ui``. Installed under such names
they would hide those of other programs. So the wheel holds ``descent_lab.engine`` and so on, and
this hook of Hatchling, which alone loads this file, rewrites the imports on the way.
"""

from __future__ import annotations

import ast
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = "descent_lab"
ROOMS: Final = (
    "charts",
    "comparison",
    "engine",
    "exports",
    "language",
    "pages",
    "storage",
    "sweeps",
    "ui",
)
BESIDE_THEM: Final = ("dashboard.py", ".streamlit/config.toml")


class OnePackage(BuildHookInterface[BuilderConfig]):
    """Adds the rooms to the package, with the imports of all modules rewritten."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files that Hatchling adds to the wheel.

        Raises:
            RuntimeError: an editable installation, in which nothing can be rewritten.
        """
        if version == "editable":
            raise RuntimeError("There is no editable installation: run the checkout as it is.")
        self._copies = TemporaryDirectory()  # kept until the wheel is written
        for path in shipped(Path(self.root)):
            inside = path.relative_to(self.root)
            if inside.parts[0] != PACKAGE:
                inside = PACKAGE / inside
            copy = path
            if path.suffix == ".py":
                copy = self._copies.name / inside
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(rewritten(path.read_bytes()))
            build_data["force_include"][str(copy)] = str(inside)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - Hatchling's
        """Remove what was written for the wheel."""
        self._copies.cleanup()


def shipped(root: Path) -> Iterator[Path]:
    """Yield the files of a checkout that go into the wheel."""
    yield from map(root.joinpath, BESIDE_THEM)
    for room in (PACKAGE, *ROOMS):
        for path in sorted(root.joinpath(room).rglob("*")):
            if path.is_file() and path.suffix not in {".po", ".pyc"} and path != Path(__file__):
                yield path


def rewritten(module: bytes) -> bytes:
    """Return the text of a module whose imports name the rooms as parts of the package.

    Raises:
        ValueError: an import has no equivalent on one line: ``import engine.rules`` binds
            ``engine``.
    """
    lines = module.splitlines(keepends=True)
    for line, column, text in sorted(_insertions(ast.parse(module)), reverse=True):
        before = lines[line - 1]
        lines[line - 1] = before[:column] + text.encode() + before[column:]
    return b"".join(lines)


def _insertions(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Yield what to insert for an import: the line, the bytes before it there, and the text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _in_a_room(node.module):
            yield node.lineno, node.col_offset + len("from "), f"{PACKAGE}."
        elif isinstance(node, ast.Import):
            for one in filter(lambda name: _in_a_room(name.name), node.names):
                if "." in one.name and not one.asname:
                    raise ValueError(f"line {one.lineno}: write 'from {one.name} import …'")
                bound = "" if one.asname else f"{one.name} as "
                yield one.lineno, one.col_offset, f"{PACKAGE}.{bound}"


def _in_a_room(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in ROOMS
