"""The engine's errors in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine import Interval
from language import N_, _
from language.labels import LABELS

if TYPE_CHECKING:
    from engine import InvalidInput

# Fields that have no label, or whose name is also that of a status.
_FIELDS: Final = {
    "runs": N_("Runs"),
    "sampling": N_("Sampling"),
    "last_batch": N_("Last batch"),
    "dataset": N_("Data set"),
    "validation_share": N_("Validation share"),
    "standardize": N_("Standardise the inputs"),
    "hidden": N_("Hidden layers"),
    "activation": N_("Activation"),
    "output_activation": N_("Output activation"),
    "bias": N_("Biases"),
    "start": N_("Starting weights"),
    "loss": N_("Loss function"),
    "l2": N_("L2 penalty"),
    "budget": N_("Budget"),
    "amount": N_("Budget"),
    "unit": N_("Counted in"),
    "target_loss": N_("Target loss"),
    "gradient_norm": N_("Gradient norm"),
    "patience": N_("Patience (epochs)"),
    "data_seed": N_("Data seed"),
    "seeds": N_("Seeds"),
    "names": N_("Name"),
}
# What an error expects, where it is a type.
_KINDS: Final = {
    "number": N_("a number"),
    "integer": N_("a whole number"),
    "bool": N_("true or false"),
    "string": N_("text"),
    "tuple": N_("a list"),
    "object": N_("an object with named fields"),
}


def explain(error: InvalidInput) -> str:
    """Return one or two sentences: the field, its value, what is allowed there, and the way out."""
    field, value = _field(error.field), _shown(error.value)
    if error.code in {"out_of_range", "not_finite"} and isinstance(error.limits, Interval):
        text = _("{field} is {value}. It must lie in {limits}.")
        return text.format(field=field, value=value, limits=_range(error.limits))
    if error.code == "wrong_length" and isinstance(error.limits, Interval):
        text = _("{field} has {value} entries. It must have {limits}.")
        length = error.value if isinstance(error.value, int) else _length(error.value)
        return text.format(field=field, value=length, limits=_range(error.limits))
    if error.code == "unknown_choice" and isinstance(error.limits, tuple):
        text = _("{field} is {value}. Choose one of: {limits}.")
        return text.format(field=field, value=value, limits=", ".join(map(str, error.limits)))
    if error.code == "conflict" and isinstance(error.limits, tuple):
        text = _(
            "{field} is {value}, which does not go with {other} = {setting}. Change one of the two."
        )
        other, setting = error.limits
        return text.format(field=field, value=value, other=_field(other), setting=_shown(setting))
    if error.code == "too_expensive" and isinstance(error.limits, Interval):
        return _too_expensive(error)
    sentences = {
        "wrong_type": _("{field} is {value}. It must be {limits}."),
        "unknown_field": _("There is no setting {field}. Remove it."),
        "missing": _("{field} is missing. Add it."),
        "duplicate": _("{field} holds a value twice: {value}. Remove one."),
        "not_json": _("This is not a valid JSON file: {value}"),
    }
    kind = _KINDS.get(str(error.limits))
    limits = error.limits if kind is None else _(kind)
    return sentences[error.code].format(field=field, value=value, limits=limits)


def _too_expensive(error: InvalidInput) -> str:
    amount, most = float(str(error.value)), error.limits
    high = most.high if isinstance(most, Interval) else 0.0
    if error.field == "link":
        text = _("The link would have {value:,.0f} characters; the limit is {limit:,.0f}.")
        return text.format(value=amount, limit=high)
    if error.field == "file":
        text = _("The file has {value:.1f} MB; the limit is {limit:.0f} MB.")
        return text.format(value=amount / 2**20, limit=high / 2**20)
    if error.field == "seconds":
        text = _("This training would take about {value:.0f} s; the limit is {limit:.0f} s.")
        text = text.format(value=amount, limit=high)
    else:
        text = _(
            "This training would need about {value:.0f} MB of memory; the limit is {limit:.0f} MB."
        )
        text = text.format(value=amount / 2**20, limit=high / 2**20)
    return text + " " + _("Take fewer epochs, rows, runs or seeds, or a smaller network.")


def _field(path: str) -> str:
    """Return a path in words: runs.0.learning_rate is the learning rate of run 1."""
    parts = path.split(".")
    parents = [part for part in parts[:-1] if not part.isdigit()]
    name = parts[-1]
    if name.isdigit() and parents[-1:] == ["hidden"]:
        return _("Units of hidden layer {number}").format(number=int(name) + 1)
    if parents and (name.isdigit() or name in {"name", "kind"}):
        name = parents[-1]  # an entry of a list, or what a thing is
    sentence = _FIELDS.get(name) or LABELS.get(name)
    words = _(sentence) if sentence else _shown(name)
    if "runs" in parts[:-2]:
        number = int(parts[parts.index("runs") + 1]) + 1
        return _("{field} of run {number}").format(field=words, number=number)
    return words or _("The input")


def _shown(value: object) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _length(value: object) -> int:
    return len(value) if isinstance(value, (tuple, list, str)) else 0


def _range(limits: Interval) -> str:
    if limits.low == limits.high:
        return f"{limits.low:,.10g}"
    left, right = "(" if limits.open_low else "[", ")" if limits.open_high else "]"
    return f"{left}{limits.low:,.10g} … {limits.high:,.10g}{right}"
