"""The rules, for notebooks; they are defined in ``engine.rules``."""

from engine.rules import *  # noqa: F403 - every rule there is
from engine.rules import RULES

OPTIMIZERS = RULES
