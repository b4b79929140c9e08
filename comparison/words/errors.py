"""The engine's errors as sentences for the reader, made from code, field, value and limits."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Final

from comparison.words.tables import other_values_words, refusal_words
from engine import LIMITS, Interval
from engine.rules import RULES
from language import N_, _
from language.labels import LABELS, label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine import InvalidInput
    from language.labels import Space

# Fields by their names; a rule's hyperparameters have their own, and so has an axis.
_FIELDS: Final = {**LABELS["axis"], **LABELS["hyperparameter"], **LABELS["field"]}
_PLACE_OF_RUN: Final = re.compile(r"\bruns\.(\d+)\.")
_FIELD_OF_AXIS: Final = re.compile(r"axes\.\d+\.field")
# Fields that hold an id, and the name space of its label.
_SPACES: Final[Mapping[str, Space]] = {
    "dataset": "dataset",
    "function": "function",
    "kind": "problem",
    "loss": "loss",
    "output_activation": "activation",
    "problem": "problem",
    "schedule": "schedule",
}
_TITLES: Final[Mapping[str, str]] = {rule.name: rule.title for rule in RULES}
# Why a formula cannot be read.
_EXPECTED: Final = {
    "operand": N_("a number, a variable or a function is missing here"),
    "operation": N_("an operator is missing here: + − * / ^"),
    "operand_or_operation": N_("a number, a variable, a function or an operator is missing here"),
    "closing_bracket": N_("a closing bracket is missing"),
    "closed_line": N_("a closing bracket is missing before it; close brackets on the same line"),
    "shorter_name": N_("a name can have at most {variable_characters} characters"),
    "fewer_brackets": N_("brackets can be nested at most {formula_nesting} deep"),
    "fewer_variables": N_("a formula can have at most {variables} variables"),
    "number_without_zeros": N_("a number must not start with extra zeros"),
    "variable": N_("the formula needs a variable; without one there is nothing to differentiate"),
    "x_or_y": N_("the result must depend on x or y"),
    "finite_number": N_("this number is too large"),
    "function": N_(
        "this function is not available. There are sqrt, abs, sign, exp, ln, sin, cos, tan, asin,"
        " acos, atan, sinh, cosh, tanh, sigmoid, relu, max and min"
    ),
    "known_name": N_(
        "this looks like a constant or a function, not like a variable. The constants are e and"
        " pi; the functions are sqrt, abs, sign, exp, ln, sin, cos, tan, asin, acos, atan, sinh,"
        " cosh, tanh, sigmoid, relu, max and min, in lower case and with brackets"
    ),
    "brackets": N_("this function needs a value in brackets right behind its name, as in sin(x)^2"),
    "absolute_value": N_(
        "bars come in pairs around a whole value, and not inside other bars: write abs(x) for |x|"
    ),
    "clear_product": N_(
        "what is divided or raised here is not clear: write * or brackets, as in 1/2*x or 1/(2*x)"
    ),
    "superscript": N_(
        "a superscript must be a whole number, as in x² or x⁻¹, and no other power may follow it:"
        " write x^n, or (x²)^3"
    ),
    "root": N_("put what is under the root in brackets, as in √(x + 1)"),
    "one_argument": N_("this function takes one value in its brackets"),
    "two_arguments": N_("this function takes two values in its brackets, separated by a comma"),
    "character": N_("only letters, digits, + − * / ^ √ ² ( ) | . , = and line breaks can be used"),
    "named_line": N_("every line but the last must start with a name, as in t = x + y"),
    "new_name": N_("this name is already taken; choose another"),
    "lambda": N_("this word cannot be a name here; write λ or lam"),
}
# The same of a typed rule, where it is something else than of a formula.
_EXPECTED_OF_RULE: Final = {
    "direction_line": N_(
        "the last line, direction = …, is missing. It says what the parameters move along"
    ),
    "direction_instead": N_(
        "write direction = …; the learning rate and the subtraction are the page’s"
    ),
    "rate_outside": N_("leave the learning rate out: the page multiplies the direction by it"),
    "index_of_place": N_(
        "this index does not fit its place. In its own line and above it, a name has the value of"
        " the update before; below it, the new one. Write names without an index, and keep an old"
        " value in a line above, as in last = m"
    ),
    "gradient_before": N_(
        "g is the gradient of this update. To use the one before, write last = g as a line below"
    ),
    "direction_last": N_("nothing can follow the line of the direction"),
    "assignment": N_("every line gives a name a value, as in m = beta*m + g"),
    "interval": N_("the interval of a constant is written as in beta = 0.9 in [0, 1)"),
    "rising_interval": N_("an interval has two numbers, the lower one first, as in [0, 1)"),
    "inside_interval": N_("the value of this constant does not lie in its interval"),
    "constant": N_("a constant is one number before its interval, as in beta = 0.9 in [0, 1)"),
    "plain_name": N_(
        "a name consists of Latin or small Greek letters, digits and _, and begins with a letter"
    ),
    "known_quantity": N_(
        "no line gives this name a value. Use g (the gradient), params (the parameters), t (the"
        " number of the update, from 1), and names of lines"
    ),
    "named_norm": N_(
        "a norm is taken of a name, as in norm(g); give what is in the brackets a line of its own"
    ),
    "quantity": N_("this line holds numbers alone. Write a constant as one number, as in c = 0.5"),
    "finite_at_rest": N_(
        "where the gradient is 0, this is not a finite number. Does it divide by 0? Then add a"
        " small constant to the divisor, as in g/(sqrt(v) + epsilon)"
    ),
}
_MOST: Final = {name: f"{limit.high:,.0f}" for name, limit in LIMITS.items()}
_REASONS: Final = {
    "zero_division": N_("it divides by zero"),
    "log_domain": N_("the logarithm is only defined for numbers above 0"),
    "sqrt_domain": N_("the square root is only defined for numbers from 0 up"),
    "arc_domain": N_("asin and acos are only defined for numbers from −1 to 1"),
    "vertical": N_("the function is infinitely steep here"),
    "power_domain": N_("this power is not defined at these values"),
    "overflow": N_("the result is too large"),
}
# What a value must be if it has the wrong type.
_KINDS: Final = {
    "number": N_("a number"),
    "integer": N_("a whole number"),
    "bool": N_("true or false"),
    "string": N_("text"),
    "tuple": N_("a list"),
    "object": N_("an object with named fields"),
    "flag": N_("0 or 1"),
    "axis": N_("an axis, e.g. learning_rate=log:1e-4:1:9 or batch_size=1,8,32,all"),
    "title": N_("1 to 40 letters, digits, spaces and - + ( ) , '"),
    "json": N_("written as in JSON: 3, true or [1, 2]"),
}


def explain(error: InvalidInput) -> str:
    """Return one or two sentences: the field, its value, what is allowed, and how to fix it."""
    field, value = _field(error.field), _shown(error.value)
    apart = _apart(error)
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
        "missing": _("{field} is missing. Add it."),
        "duplicate": _("{field} contains a value twice: {value}. Remove one of them."),
        "duplicate_key": _("The key {value} appears twice. Remove one of them."),
    }
    kind = _KINDS.get(str(error.limits))
    limits = error.limits if kind is None else _(kind)
    return sentences[error.code].format(field=field, value=value, limits=limits)


def _apart(error: InvalidInput) -> Callable[[InvalidInput], str] | None:
    """Return what explains an error in words of its own; None where the usual ones do."""
    if error.field == "plane.directions":
        return _no_plane
    if error.field.endswith("schedule.end") and error.value == 0:
        return _falls_to_nothing
    return _APART.get(error.code)


def _not_here(error: InvalidInput) -> str:
    """Return which table is missing."""
    title, digest = error.value if isinstance(error.value, (tuple, list)) else ("", error.value)
    text = _(
        "The rows of the table “{title}” are not here (SHA-256 {digest}…): links do not carry them."
        " Bring the table on the page Your data, or open a file that holds its rows."
    )
    return text.format(title=_shown(title) or _("Your table"), digest=str(digest)[:12])


def _falls_to_nothing(error: InvalidInput) -> str:
    """Return why a schedule may not end at 0 here."""
    text = _(
        "{field} is 0, and the schedule gets there before the run ends: its last updates would do"
        " nothing. Choose a higher end value, or a longer schedule."
    )
    return text.format(field=_field(error.field))


def _unknown_field(error: InvalidInput) -> str:
    if _FIELD_OF_AXIS.fullmatch(error.field):
        text = _("Nothing here has the field {field}: no run, nor the data. Remove the axis.")
        return text.format(field=_shown(error.value))
    text = _("There is no setting called {field}. Remove it.")
    return text.format(field=_field(error.field, as_written=True))


def _not_json(error: InvalidInput) -> str:
    """Return where a file is not valid JSON, and the text there."""
    value = _shown(error.value)
    if not value.strip():
        return _("The file is empty.")
    line, column, reason = error.limits if isinstance(error.limits, tuple) else (1, 1, "")
    text = {
        "": _("This is not a valid JSON file: line {line}, column {column}, at “{value}”."),
        "number": _("Line {line}, column {column} of the file: a number has too many digits."),
        "depth": _("Line {line}, column {column} of the file: brackets are nested too deeply."),
    }[reason]
    return text.format(line=line, column=column, value=value)


def _retired(error: InvalidInput) -> str:
    """Return that a data set is no longer here, and which one takes its place."""
    text = _(
        "The data set “{name}” is no longer here, because its licence is unknown. “{successor}”"
        " ({id}) takes its place."
    )
    successor = str(error.limits)
    return text.format(
        name=_shown(error.value), successor=label("dataset", successor), id=successor
    )


def _no_plane(error: InvalidInput) -> str:
    """Return why there is no plane through the parameters, and what to choose instead."""
    if error.code == "conflict":
        return _(
            "There are no principal components, because every run diverged in its first steps."
            " Choose another plane, or lower the learning rates."
        )
    return _(
        "There is no plane along these two directions, because they are the same: too few weights"
        " differ from zero at its centre. Choose another plane, or other starting weights."
    )


def _conflict(error: InvalidInput, other: str, setting: object) -> str:
    """Return which two settings cannot be combined, and what each is set to."""
    if (error.field, setting) == ("plane", "diverged"):
        return _no_plane(error)
    if error.field.endswith("optimizer"):
        return _unfit_rule(error, other, setting)
    field, value = _field(error.field), _setting(error.field, error.value)
    if error.field.endswith("patience") and setting == "function":
        text = _(
            "{field} is {value}, but a test function has no validation rows. Remove the patience,"
            " or train a network on data."
        )
        return text.format(field=field, value=value)
    if error.field.endswith("schedule") and setting == "function":
        text = _(
            "{field} is “{value}”, but a test function has no validation rows. Choose another"
            " schedule, or train a network on data."
        )
        return text.format(field=field, value=value)
    text = _("{field} is {value}, which does not work with {other} = {setting}. Change either one.")
    return text.format(
        field=field, value=value, other=_field(other), setting=_setting(other, setting)
    )


def _unfit_rule(error: InvalidInput, other: str, setting: object) -> str:
    """Return why a rule makes no sense here, and what to change."""
    if other == "problem" and setting == "function":
        text = _(
            "{rule} works on the layers of a network, and a test function has none. Choose another"
            " optimizer, or train a network on data."
        )
    elif other == "problem":
        text = _(
            "{rule} follows the Hessian, which only test functions have here. Choose another"
            " optimizer, or minimise a test function."
        )
    elif other == "noise":
        text = _(
            "{rule} works only with gradients without noise, and all runs share the noise of"
            " {value}. Set it to 0, or choose another optimizer."
        )
    elif other == "function":
        text = _(
            "{rule} works only with gradients without noise, and the slopes of the function {value}"
            " change from step to step. Choose another test function, or another optimizer."
        )
    elif other == "sampling":
        text = _(
            "{rule} works only with the gradient of all rows, and rows that are drawn with"
            " replacement leave some out. Choose a shuffled pass, or another optimizer."
        )
    else:
        text = _(
            "{rule} works only with the gradient of all rows, so its batch size cannot be {value}."
            " Take all rows, or choose another optimizer."
        )
    rule = _TITLES.get(str(error.value), _shown(error.value))
    place = _PLACE_OF_RUN.search(error.field)
    if place is not None:
        rule = _("{rule} (run {number})").format(rule=rule, number=int(place[1]) + 1)
    return text.format(rule=rule, value=_setting(other, setting))


def _about_formula(error: InvalidInput) -> str:
    """Return where a formula is wrong, and what was expected there or why it has no value."""
    position, found = error.value if isinstance(error.value, tuple) else (1, "")
    if isinstance(position, tuple):
        return _about_rule(error, position[0], position[1], found)
    if error.code == "unexpected":
        expected = _(_EXPECTED[str(error.limits)]).format_map(_MOST)
        if not found:
            text = _("Formula, at its end: {expected}.")
            return text.format(expected=expected)
        text = _("Formula, character {position}, at {found}: {expected}.")
        return text.format(position=position, found=_shown(found), expected=expected)
    text = {
        "no_value": _(
            "Formula, character {position}, at {found}: there is no value here, because {reason}."
        ),
        "no_derivative": _(
            "Formula, character {position}, at {found}: there is no derivative here, because"
            " {reason}."
        ),
    }[error.code]
    reason = _(_REASONS[str(error.limits)])
    return text.format(position=position, found=_shown(found), reason=reason)


def _about_rule(error: InvalidInput, line: int, column: int, found: str) -> str:
    """Return where a typed rule is wrong, and what was expected there."""
    expected = _({**_EXPECTED, **_EXPECTED_OF_RULE}[str(error.limits)]).format_map(_MOST)
    text = _("Rule, line {line}, column {column}, at {found}: {expected}.")
    if not found:
        text = _("Rule, line {line}, column {column}, at its end: {expected}.")
    return text.format(line=line, column=column, found=_shown(found), expected=expected)


def duration(seconds: float) -> str:
    """Return a time in seconds, minutes or hours, whichever gives a convenient number."""
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
    if error.field in {"tables", "all_tables", "table_bytes"}:
        return _too_much_data(error.field, amount, high)
    if error.field in {"sweep_seconds", "sweep_bytes"}:
        return _too_large_here(error.field, amount, high)
    if error.field == "seconds":
        text = _("This training would take about {time}; the limit is {limit:.0f} s.")
        text = text.format(time=duration(amount), limit=high)
    elif error.field == "history_bytes":
        text = _(
            "The history of this training would take about {value:.0f} MB; the limit is"
            " {limit:.0f} MB. It stores the parameters of every run and seed for at least two"
            " steps: use fewer runs or seeds, or a smaller network."
        )
        return text.format(value=amount / 2**20, limit=high / 2**20)
    else:
        text = _(
            "This training would need about {value:.0f} MB of memory; the limit is {limit:.0f} MB."
        )
        text = text.format(value=amount / 2**20, limit=high / 2**20)
    return text + " " + _("Use fewer epochs, rows, runs or seeds, or a smaller network.")


def _too_much_data(field: str, amount: float, most: float) -> str:
    """Return that there is no room for a table, and what can be done."""
    text = {
        "table_bytes": _(
            "The table has {amount:.1f} MB; the limit is {most:.0f} MB. Leave out rows or columns"
            " that you do not need."
        ),
        "tables": _(
            "Your tables would take {amount:.0f} MB of memory here; {most:.0f} MB are yours. Remove"
            " a table that you no longer need."
        ),
        "all_tables": _(
            "The tables of all readers would take {amount:.0f} MB here; the limit is {most:.0f} MB."
            " Try again later, or bring a smaller table."
        ),
    }[field]
    return text.format(amount=amount / 2**20, most=most / 2**20)


def _too_large_here(field: str, amount: float, most: float) -> str:
    """Return that a sweep is too large to be started on a page, and what can be done."""
    text = _("This sweep would take about {amount}; on this server it may take {most}.")
    words = {"amount": duration(amount), "most": duration(most)}
    if field == "sweep_bytes":
        text = _("This sweep would take about {amount} of disk; on this server it may take {most}.")
        words = {"amount": f"{amount / 1e6:,.0f} MB", "most": f"{most / 1e6:,.0f} MB"}
    way_out = _(
        "Use fewer values, seeds or epochs; or save its specification, and train it with"
        " `python -m descent_lab sweep` on a machine of your own or a cluster."
    )
    return f"{text.format(**words)} {way_out}"


def _field(path: str, *, as_written: bool = False) -> str:
    """Return a path in words: runs.0.learning_rate is the learning rate of run 1.

    Args:
        path: the path.
        as_written: whether its last name stands as in a file.
    """
    parts = path.split(".")
    parents = [part for part in parts[:-1] if not part.isdigit()]
    name = parts[-1]
    if name.isdigit() and parents[-1:] == ["hidden"]:
        return _("Units of hidden layer {number}").format(number=int(name) + 1)
    if parents and (name.isdigit() or name in {"name", "kind"}):
        name = parents[-1]  # an entry of a list, or its kind
    sentence = _FIELDS.get(name)
    if "axes" in parents:
        sentence = LABELS["axis"].get(name, sentence)
    if "schedule" in parents and name != "schedule":
        sentence = LABELS["schedule_field"].get(name, sentence)
    words = _(sentence) if sentence and not as_written else _shown(name)
    if "axes" in parts[:-2]:
        number = int(parts[parts.index("axes") + 1]) + 1
        if name == "values" and parts[-1] != "values":  # one of them
            return _("A value of axis {number}").format(number=number)
        return _("{field} of axis {number}").format(field=words, number=number)
    if "runs" in parts[:-2]:
        number = int(parts[parts.index("runs") + 1]) + 1
        return _("{field} of run {number}").format(field=words, number=number)
    return words or _("The input")


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)  # as written in a file
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _as_written(value: object) -> str:
    """Return a value so that its type shows: text in quotes, a float with its decimal point."""
    if isinstance(value, str):
        return f"“{_shown(value)}”"
    whole = isinstance(value, float) and value.is_integer()
    return repr(value) if whole and len(repr(value)) <= 60 else _shown(value)


def _setting(field: str, value: object) -> str:
    """Return the value of a field: the label of an id, anything else as it is."""
    space = _SPACES.get(field.rpartition(".")[2])
    return label(space, value) if space and isinstance(value, str) else _shown(value)


def _length(value: object) -> int:
    return len(value) if isinstance(value, (tuple, list, str)) else 0


def _range_sentence(limits: Interval) -> str:
    if limits.low == limits.high:
        return _("{field} is {value}. It must be {limits}.")
    if math.isinf(limits.low) and math.isinf(limits.high):
        return _("{field} is {value}. It must be a finite number.")
    return _("{field} is {value}. It must be in the range {limits}.")


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
    "not_a_table": refusal_words,
    "other_values": other_values_words,
    "not_json": _not_json,
    "not_here": _not_here,
    "retired": _retired,
    "unknown_field": _unknown_field,
}
