"""The rules, for notebooks; their home is ``engine.rules``."""

from engine.rules import *  # noqa: F403 - every rule there is
from engine.rules import RULES

OPTIMIZERS = RULES
