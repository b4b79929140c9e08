"""The problem on which Adam goes the wrong way (Reddi, Kale and Kumar 2018, section 3).

On [-1, 1] the gradient is 1010 at every 101st update and -10 at the others, so that on average it
is 0.099 and -1 is the best point. What counts large gradients too little ends near 1, the worst.
"""

from operator import attrgetter

import numpy as np
import pytest

from engine.arrays import Layout
from engine.rules import RULES
from engine.spec import by_name
from tests.engine.contract import moment_of, zeros

KNOWN = by_name(RULES)
BETA2 = {"beta2": 0.99}
# Settings, and where 10,000 updates from 0 end, with the rate 0.5 / sqrt(t): computed from the
# formulas alone.
ENDS = {
    "sgd": ({}, -1.0),
    "momentum": ({}, -1.0),
    "adagrad": ({}, -0.4273),
    "rmsprop": ({"decay": 0.99}, 0.9602),
    "adam": (BETA2, 0.9476),
    "amsgrad": (BETA2, -0.9008),
    "nadam": (BETA2, 0.9896),
    "radam": (BETA2, 0.7853),
    "adamax": (BETA2, -0.3485),
    "adadelta": ({}, 0.0552),
    "lion": ({}, 0.995),
    "signum": ({}, 0.995),
    "adabelief": (BETA2, 0.9960),
    "yogi": (BETA2, -0.7926),
    "adan": ({}, -0.3069),
    "rprop": ({}, 1.0),
}


def end_of(rule):
    """Where a rule is after 10,000 updates."""
    moment, state = moment_of(np.zeros((1, 1))), zeros(rule, Layout((1, 1), bias=False))
    for step in range(1, 10_001):
        moment.step = step
        moment.rate[:] = 0.5 / step**0.5
        moment.grads[:] = 1010 if step % 101 == 1 else -10
        direction, state = rule.direction(moment, state)
        moment.params[:] = np.clip(moment.params - moment.rate * direction, -1, 1)
    return moment.params[0, 0]


# What these run is covered by others, and tracing makes it three times as long.
@pytest.mark.no_cover
@pytest.mark.parametrize(
    "rule",
    [KNOWN[name](**settings) for name, (settings, _) in ENDS.items() if name in KNOWN],
    ids=attrgetter("name"),
)
def test_a_rule_ends_where_its_formula_alone_ends(rule):
    assert end_of(rule) == pytest.approx(ENDS[rule.name][1], abs=5.1e-5)
