"""Descent Lab as a package: the engine for notebooks, and the command ``descent-lab``.

Every public name of the engine is also a name of this package, and ``from descent_lab import
engine`` gives the engine itself. In a checkout the engine is the folder ``engine``; where Descent
Lab is installed it is ``descent_lab.engine``.

The engine is loaded when one of its names is first used. The command sets the threads of linear
algebra before NumPy is loaded (see ``comparison``); importing this package leaves them alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine import *  # noqa: F403 - so type checkers know the names


def __getattr__(name: str) -> Any:
    import engine  # noqa: PLC0415 - see above

    return engine if name == "engine" else getattr(engine, name)


def __dir__() -> list[str]:
    import engine  # noqa: PLC0415 - see above

    return ["engine", *engine.__all__]
