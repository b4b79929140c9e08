"""Which numbers the engine gives."""

from typing import Final

# Raised whenever a training gives other numbers than before: results that are kept by key are then
# not mixed with those of an older engine. A test holds golden numbers against it.
VERSION: Final = 1
