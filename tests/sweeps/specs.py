"""Hypothesis strategies: small sweeps, most of whose axes are those of some rules alone."""

from hypothesis import reject
from hypothesis import strategies as st

from engine import InvalidInput
from engine.rules import RULES
from sweeps.spec import SweepSpec

RULE_NAMES = [rule.name for rule in RULES]
RATES = (0.01, 0.1, 1.0)
# Some values of some fields; those of a run may be for some rules only.
OF_RUNS = {
    "learning_rate": RATES,
    "batch_size": (1, 4, 30, "all"),
    "sampling": ("shuffled", "replacement"),
    "last_batch": ("kept", "dropped"),
    "clipping": (None, {"name": "norm", "threshold": 1.0}, {"name": "value", "threshold": 0.5}),
    "schedule": ({"name": "constant"}, {"name": "cosine"}, {"name": "step", "every": 1.0}),
    "optimizer.momentum": (0.1, 0.5, 0.9),
    "optimizer.beta1": (0.1, 0.9),
    "optimizer.epsilon": (1e-8, 1e-3),
}
OF_PROBLEMS = {
    "problem.l2": (0.0, 0.1),
    "problem.dataset": ("xor", "circles"),
    "problem.hidden": ([], [4], [3, 2]),
    "problem.validation_share": (0.0, 0.25),
    "budget.amount": (1, 2),
    "data_seed": (0, 1),
    "record_every": (None, 5),
}
RANGES = {"learning_rate": (0.01, 1.0), "batch_size": (1, 100), "budget.amount": (1, 9)}


@st.composite
def axes(draw, field):
    """An axis of a field."""
    fields = {"field": field}
    if field in OF_RUNS and draw(st.booleans()):
        fields["rules"] = draw(st.lists(st.sampled_from(RULE_NAMES), unique=True))
    if field in RANGES and draw(st.booleans()):
        low, high = RANGES[field]
        scale = draw(st.sampled_from(("linear", "log")))
        return fields | {"low": low, "high": high, "count": draw(st.integers(2, 3)), "scale": scale}
    values = st.sampled_from((OF_RUNS | OF_PROBLEMS)[field])
    return fields | {"values": draw(st.lists(values, min_size=1, max_size=3, unique_by=repr))}


@st.composite
def sweeps(draw, **fields):
    """A grid of at most some hundred settings, two epochs each."""
    run = st.fixed_dictionaries(
        {
            "optimizer": st.fixed_dictionaries({"name": st.sampled_from(RULE_NAMES)}),
            "learning_rate": st.sampled_from(RATES),
            "batch_size": st.sampled_from((16, "all")),
        }
    )
    names = draw(st.lists(st.sampled_from([*OF_RUNS, *OF_PROBLEMS]), max_size=3))
    drawn = [draw(axes(name)) for name in names]
    if draw(st.booleans()):
        rules = draw(st.lists(st.sampled_from(RULE_NAMES), min_size=1, max_size=2, unique=True))
        drawn.insert(draw(st.integers(0, len(drawn))), {"field": "optimizer", "values": rules})
    experiment = {
        "problem": {"kind": "network", "hidden": [3]},
        "runs": draw(st.lists(run, min_size=1, max_size=3)),
        "budget": {"amount": 2},
        "seeds": draw(st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True)),
    }
    try:
        return SweepSpec(experiment=experiment, axes=drawn, **fields)
    except InvalidInput as error:
        # No run has the field, or one has it twice; a rule makes no sense in the base. Anything
        # else is a fault.
        makes_no_sense = error.code == "conflict" and error.field.endswith("optimizer")
        if (
            error.code not in {"unknown_field", "unknown_choice", "duplicate"}
            and not makes_no_sense
        ):
            raise
    return reject()
