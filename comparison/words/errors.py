"""The engine's errors in the reader's words."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from engine import LIMITS, Interval
from language import N_, _
from language.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine import InvalidInput

# Fields that have no label, or whose name is also that of a status.
_FIELDS: Final = {
    "format": N_("File format"),
    "runs": N_("Runs"),
    "schedule": N_("Schedule"),
    "sampling": N_("Sampling"),
    "last_batch": N_("Last batch"),
    "problem": N_("Problem"),
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
    "sizes": N_("Batch sizes"),
    "epoch": N_("Epoch of the run"),
    "epochs_shown": N_("Epochs shown"),
    "first_row": N_("First row shown"),
    "formula_characters": N_("Length of the formula in characters"),
    "formula_operations": N_("Number of operations in the formula"),
    "parameters": N_("Number of parameters"),
    "variable": N_("Variable"),
    "values": N_("Values of the variables"),
    "names": N_("Name"),
    "numbers": N_("Colours"),
    "selected": N_("Selected run"),
    "quantity": N_("Loss drawn"),
    "axis": N_("Axis across"),
    "log": N_("Logarithmic loss axis"),
    "tuned": N_("Tuned learning rates"),
    "record_every": N_("Iterations from one evaluation to the next"),
    "noise_seed": N_("Seed of the noise"),
    "page": N_("Page"),
    "tab": N_("Tab"),
    "norm": N_("Norm"),
    "clicks": N_("Move the start by a click"),
    "slice": N_("One parameter"),
    "surface": N_("Surface"),
    "panels": N_("One panel per run"),
    "relief": N_("In three dimensions"),
    "window": N_("Window"),
    "camera": N_("Camera"),
    "plane": N_("Plane"),
    "plane_seed": N_("Seed of the directions"),
    "weights": N_("Two parameters"),
    "fineness": N_("Points"),
    "plans": N_("Settings that are counted"),
    "plan": N_("Setting in the editor"),
    "charts": N_("Charts"),
    "noise_size": N_("Batch size of the cloud"),
    "shown": N_("Shown"),
    "target": N_("Target loss"),
    "example": N_("Example"),
    "formula": N_("Formula"),
    # Keys of links that have another name than what they set.
    "data": N_("Data set"),
    "validation": N_("Validation share"),
    "standardize_targets": N_("Standardise the targets"),
    "gradient": N_("Gradient norm"),
    "every": N_("Iterations from one evaluation to the next"),
    "colours": N_("Colours"),
    "output": N_("Output activation"),
    "show": N_("Loss drawn"),
    "step": N_("Step"),
    "updates": N_("Updates"),
}
# What a formula should have at the place of an error.
_EXPECTED: Final = {
    "operand": N_("a number, a variable or a function was expected"),
    "operation": N_("an operation was expected: + − * / ^ (write 2*x, not 2x)"),
    "operand_or_operation": N_("a number, a variable, a function or an operation was expected"),
    "closing_bracket": N_("a closing bracket was expected"),
    "closed_line": N_("a closing bracket was expected before it: a line must close its brackets"),
    "shorter_name": N_("a shorter name was expected, of {variable_characters} characters at most"),
    "fewer_brackets": N_(
        "fewer brackets inside each other were expected, {formula_nesting} at most"
    ),
    "fewer_variables": N_("no further variable was expected, {variables} are the most"),
    "number_without_zeros": N_("a number without zeros in front of it was expected"),
    "variable": N_("a variable was expected: without one there is nothing to differentiate by"),
    "finite_number": N_("a smaller number was expected"),
    "function": N_(
        "a function was expected that is known here: exp, log, sin, cos, tanh, sigmoid, relu, max,"
        " min. The logarithm ln(x) is log(x), the root of x is x^0.5, |x| is max(x, −x)"
    ),
    "known_name": N_(
        "a variable was expected, and this looks like a constant or a function. The constants are e"
        " and pi; the functions are exp, log, sin, cos, tanh, sigmoid, relu, max and min, in small"
        " letters and with brackets. The logarithm ln(x) is log(x), the root of x is x^0.5"
    ),
    "one_argument": N_("one operand in the brackets was expected"),
    "two_arguments": N_("two operands in the brackets were expected"),
    "character": N_("only letters, digits, + − * / ^ ( ) . , = and line breaks were expected"),
    "named_line": N_("a name was expected at the beginning of the line: t = x + y"),
    "new_name": N_("a name was expected that is not in use yet"),
}
_MOST: Final = {name: f"{limit.high:,.0f}" for name, limit in LIMITS.items()}
_REASONS: Final = {
    "zero_division": N_("it divides by zero there"),
    "log_domain": N_("the logarithm is defined only above 0"),
    "power_domain": N_("this power is not defined there"),
    "overflow": N_("the number is too large"),
}
# What an error expects, where it is a type.
_KINDS: Final = {
    "number": N_("a number"),
    "integer": N_("a whole number"),
    "bool": N_("true or false"),
    "string": N_("text"),
    "tuple": N_("a list"),
    "object": N_("an object with named fields"),
    "flag": N_("0 or 1"),
    "json": N_("written as in JSON: 3, true or [1, 2]"),
}


def explain(error: InvalidInput) -> str:
    """Return one or two sentences: the field, its value, what is allowed there, and the way out."""
    field, value = _field(error.field), _shown(error.value)
    apart = _no_plane if error.field == "plane.directions" else _APART.get(error.code)
    if apart is not None:
        return apart(error)
    if error.code == "wrong_type":
        value = _as_written(error.value)
    if error.code in {"out_of_range", "not_finite"} and isinstance(error.limits, Interval):
        text = _range_sentence(error.limits)
        return text.format(field=field, value=value, limits=_range(error.limits))
    if error.code == "wrong_length" and isinstance(error.limits, Interval):
        text = _("{field} has {value} entries. It must have {limits}.")
        if isinstance(error.value, str):
            text = _("{field} has {value} characters. It must have {limits}.")
        length = error.value if isinstance(error.value, int) else _length(error.value)
        return text.format(field=field, value=length, limits=_range(error.limits))
    if error.code == "unknown_choice" and isinstance(error.limits, tuple):
        text = _("{field} is {value}. Choose one of: {limits}.")
        return text.format(field=field, value=value, limits=", ".join(map(str, error.limits)))
    if error.code == "conflict" and isinstance(error.limits, tuple):
        return _conflict(error, *error.limits)
    sentences = {
        "wrong_type": _("{field} is {value}. It must be {limits}."),
        "unknown_field": _("There is no setting {field}. Remove it."),
        "missing": _("{field} is missing. Add it."),
        "duplicate": _("{field} holds a value twice: {value}. Remove one."),
        "duplicate_key": _("The key {value} is given twice. Remove one of the two."),
    }
    kind = _KINDS.get(str(error.limits))
    limits = error.limits if kind is None else _(kind)
    return sentences[error.code].format(field=field, value=value, limits=limits)


def _not_json(error: InvalidInput) -> str:
    """Return where a file is no JSON, and what stands there."""
    value = _shown(error.value)
    if not value.strip():
        return _("The file is empty.")
    line, column, reason = error.limits if isinstance(error.limits, tuple) else (1, 1, "")
    text = {
        "": _("This is not a valid JSON file: line {line}, column {column}, at “{value}”."),
        "number": _("Line {line}, column {column} of the file: a number has too many digits."),
        "depth": _(
            "Line {line}, column {column} of the file: too many brackets inside each other."
        ),
    }[reason]
    return text.format(line=line, column=column, value=value)


def _no_plane(error: InvalidInput) -> str:
    """Return why there is no plane through the parameters, and what to choose instead."""
    if error.code == "conflict":
        return _(
            "There are no principal components, for every run diverged at its first steps. Choose"
            " another plane, or lower learning rates."
        )
    return _(
        "There is no plane along these two directions, for they are one: too few weights differ"
        " from zero at its middle. Choose another plane, or other starting weights."
    )


def _conflict(error: InvalidInput, other: str, setting: object) -> str:
    """Return which two settings do not go together, with the labels of what they are set to."""
    if (error.field, setting) == ("plane", "diverged"):
        return _no_plane(error)
    field, value = _field(error.field), _labelled(error.value)
    if error.field.endswith("patience") and setting == "function":
        text = _(
            "{field} is {value}, but a test function has no validation rows. Take the patience"
            " away, or train a network on data."
        )
        return text.format(field=field, value=value)
    text = _(
        "{field} is {value}, which does not go with {other} = {setting}. Change one of the two."
    )
    return text.format(field=field, value=value, other=_field(other), setting=_labelled(setting))


def _about_formula(error: InvalidInput) -> str:
    """Return where a formula is wrong, and what was expected there or why it has no value."""
    position, found = error.value if isinstance(error.value, tuple) else (1, "")
    if error.code == "unexpected":
        expected = _(_EXPECTED[str(error.limits)]).format_map(_MOST)
        if not found:
            text = _("Formula, at its end: {expected}.")
            return text.format(expected=expected)
        text = _("Formula, character {position}, at {found}: {expected}.")
        return text.format(position=position, found=_shown(found), expected=expected)
    text = {
        "no_value": _("Formula, character {position}, at {found}: no value, for {reason}."),
        "no_derivative": _(
            "Formula, character {position}, at {found}: no derivative, for {reason}."
        ),
    }[error.code]
    reason = _(_REASONS[str(error.limits)])
    return text.format(position=position, found=_shown(found), reason=reason)


def _duration(seconds: float) -> str:
    """Return a time in the unit in which it is a number that one can picture."""
    if seconds < 120:
        return _("{value:.0f} s").format(value=seconds)
    if seconds < 2 * 3_600:
        return _("{value:.0f} minutes").format(value=seconds / 60)
    return _("{value:,.0f} hours").format(value=seconds / 3_600)


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
        text = _("This training would take about {time}; the limit is {limit:.0f} s.")
        text = text.format(time=_duration(amount), limit=high)
    elif error.field == "history_bytes":
        text = _(
            "The history of this training would have about {value:.0f} MB; the limit is"
            " {limit:.0f} MB. It keeps the parameters of every run and seed at two steps at the"
            " least: take fewer runs or seeds, or a smaller network."
        )
        return text.format(value=amount / 2**20, limit=high / 2**20)
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
    if value is None or isinstance(value, bool):
        return json.dumps(value)  # as it is written in a file
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _as_written(value: object) -> str:
    """Return a value so that its type is seen: a text in quotes, a float with its point."""
    if isinstance(value, str):
        return f"“{_shown(value)}”"
    whole = isinstance(value, float) and value.is_integer()
    return repr(value) if whole and len(repr(value)) <= 60 else _shown(value)


def _labelled(value: object) -> str:
    """Return what an id is called; anything else as it is."""
    return _(LABELS[value]) if isinstance(value, str) and value in LABELS else _shown(value)


def _length(value: object) -> int:
    return len(value) if isinstance(value, (tuple, list, str)) else 0


def _range_sentence(limits: Interval) -> str:
    if limits.low == limits.high:
        return _("{field} is {value}. It must be {limits}.")
    if math.isinf(limits.low) and math.isinf(limits.high):
        return _("{field} is {value}. It must be a finite number.")
    return _("{field} is {value}. It must lie in {limits}.")


def _range(limits: Interval) -> str:
    if limits.low == limits.high:
        return f"{limits.low:,.10g}"
    left, right = "(" if limits.open_low else "[", ")" if limits.open_high else "]"
    return f"{left}{limits.low:,.10g} … {limits.high:,.10g}{right}"


_APART: Final[Mapping[str, Callable[[InvalidInput], str]]] = {
    "too_expensive": _too_expensive,
    "unexpected": _about_formula,
    "no_value": _about_formula,
    "no_derivative": _about_formula,
    "not_json": _not_json,
}
