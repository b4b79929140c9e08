"""Writes ``docs/reference.md`` from the code: ``make reference``."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comparison.document import FILE_BYTES
from comparison.link import LINK_CHARACTERS
from comparison.pages import PAGES
from comparison.words.errors import explain
from comparison.words.names import symbol
from descent_lab.command import _parser
from docs import meanings
from docs.described import attributes, fields, note, plain, prose, sentence, span, written
from engine.errors import CODES, InvalidInput
from engine.limits import COORDINATE, LIMITS
from engine.problems.activations import ACTIVATIONS, LEAK
from engine.problems.datasets import DATASETS, OwnTable
from engine.problems.formula import Formula
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.rules import RULES, choices, hyperparameters
from engine.rules.clipping import CLIPPINGS, THRESHOLD, Clipping
from engine.rules.schedules import LENGTHS, SCHEDULES, intervals, words
from engine.spec import name_of
from language import set_language
from language.labels import label
from ui.shell.navigation import MENU

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.problems.datasets import Source
    from engine.problems.function_of_two import KnownFunction
    from engine.problems.losses import Loss
    from engine.rules import Rule
    from engine.rules.schedules import Schedule

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / "docs" / "reference.md"
_HEAD: Final = """\
# Reference

Everything that has an id in links and files, every limit and every option. `make reference` writes
this file from the code: change the code, not the file."""


def text() -> str:
    """Return the reference."""
    set_language("en")
    sections = {
        "Rules": _rules(),
        "Schedules": _schedules(),
        "Clippings": _clippings(),
        "Data sets": _datasets(),
        "Test functions": _functions(),
        "Activations": _activations(),
        "Losses": _losses(),
        "Pages": _pages(),
        "Refusals": _refusals(),
        "Limits": _limits(),
        "Commands": _commands(),
        "Settings": _settings(),
    }
    links = (f"[{name}](#{name.lower().replace(' ', '-')})" for name in sections)
    blocks = [_HEAD, " · ".join(links)]
    for name, section in sections.items():
        blocks += [f"## {name}", *filter(None, section)]
    return "\n\n".join(blocks) + "\n"


def _rules() -> Iterator[str]:
    yield (
        "A rule gives the direction d of an update. It is multiplied by the learning rate and"
        " subtracted from the parameters θ. g is the gradient of the batch, and t counts updates"
        " from 1."
    )
    for rule in RULES:
        yield _heading(rule.title, rule().name)
        yield prose(rule)
        yield _formula(rule.formula)
        yield _table("hyperparameter | symbol | allowed | default", _hyperparameters(rule))
        yield f"Default learning rate: {rule.default_learning_rate:g}"
        yield f"Note: {note(rule)}" if note(rule) else ""
        yield f"Source: {rule.source}"


def _hyperparameters(rule: type[Rule]) -> Iterator[tuple[str, ...]]:
    told = attributes(rule)
    for name, interval in hyperparameters(rule).items():
        default = written(getattr(rule, name))
        meaning = told.get(name, "").removeprefix(f"{interval.symbol[1:]}, ")
        yield f"`{name}`", symbol(name, interval), span(interval), default, sentence(meaning)
    for name, options in choices(rule).items():
        allowed = ", ".join(f"`{option}`" for option in options)
        default = f"`{getattr(rule, name)}`"
        yield f"`{name}`", "", allowed, default, sentence(told.get(name, ""))


def _schedules() -> Iterator[str]:
    lengths = "; ".join(f"{span(LENGTHS[unit])} if `{unit}`" for unit in LENGTHS)
    yield (
        "A schedule gives the factor f of an update, by which its learning rate is multiplied. k is"
        " what is counted before the update and after the warm-up: updates, or rows where the unit"
        f" is `epochs`. What a length may be depends on the unit: {lengths}. A warm-up may be 0,"
        " too. Both are rounded to whole updates or rows."
    )
    for schedule in SCHEDULES:
        yield _heading(label("schedule", schedule.name), schedule.name)
        yield prose(schedule)
        yield _formula(schedule.formula)
        yield _table("field | symbol | allowed | default", _fields_of(schedule))
        yield f"Note: {note(schedule)}" if note(schedule) else ""
        yield f"Source: {schedule.source}" if schedule.source else ""


def _fields_of(schedule: type[Schedule]) -> Iterator[tuple[str, ...]]:
    told, numbers = attributes(schedule), intervals(schedule, schedule.unit)
    choices = words(schedule)
    for name in vars(schedule()):
        if name == "name":
            continue
        default, sign = written(getattr(schedule, name)), ""
        if name in numbers:
            sign = symbol(name, numbers[name])
            allowed = span(numbers[name])
            if name in schedule.lengths:
                allowed = "lengths" if name == "milestones" else "a length"
            elif name == "warm_up":
                allowed = "0 or a length"
        else:
            allowed = ", ".join(f"`{word}`" for word in choices[name])
        meaning = re.sub(r"^[^,]{1,4}, ", "", told[name])
        yield f"`{name}`", sign, allowed, default, sentence(meaning)


def _clippings() -> Iterator[str]:
    yield (
        "A clipping is what is done to every gradient g before the rule sees it; without one"
        " nothing is. A run's clipping is none by default."
    )
    for clipping in CLIPPINGS:
        yield _heading(label("clipping", clipping().name), clipping().name)
        yield prose(clipping)
        yield _formula(clipping.formula)
        meaning = sentence(attributes(Clipping)["threshold"].removeprefix("c, "))
        row = "`threshold`", THRESHOLD.symbol, span(THRESHOLD), written(1.0), meaning
        yield _table("field | symbol | allowed | default", [row])


def _datasets() -> Iterator[str]:
    for dataset in DATASETS:
        spec = dataset.model_validate({})
        yield _heading(label("dataset", spec.name), spec.name)
        yield prose(dataset)
        yield _size(spec)
        yield _table("setting | allowed | default", fields(dataset))
    yield _heading(label("dataset", "own"), "own")
    yield prose(OwnTable)
    told = attributes(OwnTable)
    yield "\n".join(f"- `{name}`: {told[name]}" for name in OwnTable.model_fields if name in told)


def _size(spec: Source) -> str:
    outputs = f"Classes: {spec.n_classes}" if spec.n_classes else f"Targets: {spec.n_outputs}"
    size = f"Rows: {spec.n_rows:,}. Features: {spec.n_features}. {outputs}."
    if spec.measured:
        return size + " [Source and licence](../engine/problems/datasets/files/README.md)"
    return size


def _functions() -> Iterator[str]:
    for function in FUNCTIONS:
        spec = function.model_validate({})
        yield _heading(label("function", spec.name), spec.name)
        yield _formula(spec.formula)
        yield prose(function)
        yield _where(spec)
        yield _table("setting | allowed | default", fields(function))
    yield _heading(label("function", name_of(Formula)), name_of(Formula))
    yield prose(Formula)
    told, allowed = (
        attributes(Formula),
        {"text": "text", "constants": f"numbers, {span(COORDINATE)}"},
    )
    rows = (
        (f"`{name}`", limits, written(Formula.model_fields[name].default), sentence(told[name]))
        for name, limits in allowed.items()
    )
    yield _table("setting | allowed | default", rows)


def _where(function: KnownFunction) -> str:
    elsewhere = "whole curves" if function.bounded else "nowhere"
    lowest = ", ".join(_point(found.x, found.y) for found in function.minima) or elsewhere
    return f"Start: {_point(*function.start)}. Lowest at: {lowest}."


def _point(x: float, y: float) -> str:
    return f"({round(x, 4) + 0.0:g}, {round(y, 4) + 0.0:g})"  # + 0.0: no minus zero


def _activations() -> Iterator[str]:
    yield "The derivative is written in terms of the output f."
    for name, activation in ACTIVATIONS.items():
        yield _heading(label("activation", name), name)
        derivative = inspect.getdoc(activation.backward) or ""
        yield plain(derivative.replace("``LEAK``", f"{LEAK:g}"))


def _losses() -> Iterator[str]:
    yield "m rows, k outputs, y the target, o an output, z a logit, σ the sigmoid."
    for name, loss in LOSSES.items():
        yield _heading(label("loss", name), name)
        yield _formula(loss.formula)
        yield f"It reads {loss.reads}, and suits {_suited(loss)}."


def _suited(loss: Loss) -> str:
    kinds = {"regression": 0, "two classes": 2, "more than two classes": 3}
    return ", ".join(words for words, classes in kinds.items() if loss.suits(classes))


def _pages() -> Iterator[str]:
    yield (
        "A link holds the settings of its page that differ from their defaults, such as"
        " `page.tab=score`. Anything but a word is written as in JSON."
    )
    for page in PAGES:
        name = page.model_fields["name"].default
        script = ast.parse((ROOT / MENU[name].script).read_text("utf-8"))
        purpose = (ast.get_docstring(script) or "").partition(": ")[2]
        yield _heading(MENU[name].title, name)
        yield sentence(purpose)
        yield _table("setting | allowed | default", fields(page))


def _refusals() -> Iterator[str]:
    yield (
        "Wrong input is refused before anything is computed, with a code, the field, its value and"
        " what is allowed there. The pages and the command line put that into a sentence."
    )
    for code in CODES:
        meaning, refused = meanings.REFUSALS[code]
        yield _heading("", code)
        yield meaning
        yield f"> {_refusal(code, refused)}"


def _refusal(code: str, refused: Callable[[], object]) -> str:
    """Return the sentence of a refusal."""
    try:
        refused()
    except InvalidInput as error:
        if error.code == code:
            return explain(error)
    raise ValueError(f"docs/meanings.py: the example of {code} is not refused with this code")


def _limits() -> Iterator[str]:
    yield (
        f"A link has at most {LINK_CHARACTERS:,} characters, and a file {FILE_BYTES:,} bytes."
        " The other limits have names:"
    )
    for name, interval in LIMITS.items():
        yield _heading("", name)
        yield f"{meanings.LIMITS[name]}: {span(interval)}"


def _commands() -> Iterator[str]:
    """Yield every command with its options; argparse has no public list of them."""
    yield "Where Descent Lab is installed, `descent-lab` is short for `python -m descent_lab`."
    whole = _parser()
    commands: Any = next(action for action in whole._actions if action.choices)  # noqa: SLF001
    told = {choice.dest: choice.help for choice in commands._choices_actions}  # noqa: SLF001
    for name, command in {"": whole, **commands.choices}.items():
        yield f"### `{command.prog}`"
        words = (command.description or told[name]).strip()
        yield _block("text", "\n\n".join(filter(None, [words, command.epilog])))
        for action in command._actions:  # noqa: SLF001
            if action is not commands and action.dest != "help":
                yield f"#### `{' '.join(action.option_strings) or action.metavar}`"
                yield action.help % vars(action)
                yield f"One of: {', '.join(action.choices)}" if action.choices else ""


def _settings() -> Iterator[str]:
    yield (
        "What `.streamlit/config.toml` sets, and why. An environment variable overrides it, such as"
        " `STREAMLIT_SERVER_ADDRESS`."
    )
    config = (ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    for block in config.split("\n\n")[1:]:
        (section,) = tomllib.loads(block)
        for comment, lines in re.findall(r"((?:^#.*\n)+)((?:^\w.*\n?)+)", block, re.MULTILINE):
            yield f"### `{section}.{lines.split()[0]}`"
            yield " ".join(line.lstrip("# ") for line in comment.splitlines())
            yield _block("toml", lines)


def _heading(title: str, name: str) -> str:
    return f"### {title} (`{name}`)" if title else f"### `{name}`"


def _block(kind: str, lines: str) -> str:
    return f"```{kind}\n{lines.strip()}\n```"


def _formula(latex: str) -> str:
    """Return a formula as GitHub draws it; between dollars Markdown would take backslashes away."""
    rows = rf"\begin{{gathered}} {latex} \end{{gathered}}" if r"\\" in latex else latex
    return _block("math", rows.replace(r"\\", "\\\\\n"))


def _table(heads: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    columns = heads.count("|") + 2  # the last one has no name
    return "\n".join([f"| {heads} | |", "| --- " * columns + "|", *lines]) if lines else ""


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
