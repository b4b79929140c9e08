"""Every page, the report and the bundle in a language that a test makes up: longer and accented.

It is registered as a further language is: one line in the table and a catalogue. Nothing may fail
in it, and a sentence that comes out without accents was not marked for translation.
"""

import json
import math
import re
from gettext import NullTranslations
from html import unescape
from pathlib import Path

import pytest

import exports.bundle
import language
import ui.shell.driver
import ui.shell.locale
from comparison.document import Document, View
from comparison.link import to_link
from comparison.pages import PAGES, SurfacesPage, TrainingPage
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import RULES, SGD, Adam
from exports.bundle import bundle
from exports.printed import CannotRender
from exports.report import report
from language import set_language
from tests.driven import first_run

pytestmark = pytest.mark.usefixtures("nothing_waits")
ROOT = Path(__file__).parents[2]
CODE = "xx"
ACCENTS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "ÀƁÇÐÉƑĜĤÎĴĶĻṀÑÕÞǪŔŠŢÛṼŴẊÝŽàƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž",
)
# What stays as it is: placeholders, formulas, tags, code, targets of links, icons, formats.
KEPT = re.compile(
    r"%?\{[^{}]*\}|\$[^$]*\$|\\[A-Za-z]+|<[^<>]*>|&\w+;|`[^`]*`|\]\([^)]*\)|:material/\w+:"
    r"|%[-+ #0]*[\d.]*[a-z%]|https?://\S+"
)
# What is put into sentences as it is: pictures, names of files, versions of libraries.
QUOTED = re.compile(r"data:image\S+|\b[\w-]+ \d+\.\d+\.\d+")
WORD = re.compile(r"[A-Za-z]{3,}")
# Proper names: of rules with their sources, of languages, of libraries, of the dashboard, and what
# is read in the lines of a typed rule.
NAMES = {
    *(word for rule in RULES for word in WORD.findall(f"{rule.title} {rule.source}")),
    *(word for name in language.LANGUAGES.values() for word in WORD.findall(name)),
    *("Descent", "Lab", "NumPy", "PyTorch"),
    *("momentum", "direction"),
}
EXPERIMENT = Experiment(
    problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
    runs=(
        Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
        Run(optimizer=Adam(), learning_rate=0.05, batch_size=10),
    ),
    budget=Budget(amount=4),
    seeds=(0, 1),
)
ON_FUNCTION = Experiment(
    problem=Function(),
    runs=(
        Run(optimizer=SGD(), learning_rate=1e4, batch_size="all"),
        Run(optimizer=Adam(), learning_rate=0.3, batch_size="all"),
    ),
    budget=Budget(amount=8, unit="iterations"),
)


def longer_and_accented(sentence):
    """The sentence in the made-up language: 40 % longer, nothing but its letters changed."""
    parts, end = [], 0
    for kept in KEPT.finditer(sentence):
        parts += [sentence[end : kept.start()].translate(ACCENTS), kept[0]]
        end = kept.end()
    rest = sentence[end:].translate(ACCENTS)
    return "".join([*parts, rest, "ñ" * math.ceil(0.4 * len(sentence))])


class Accented(NullTranslations):
    """The catalogue of the made-up language."""

    def gettext(self, message):
        return longer_and_accented(message)

    def ngettext(self, msgid1, msgid2, n):
        return longer_and_accented(msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def made_up_language(monkeypatch):
    """A language more than there is: `set_language` knows it, and browsers may ask for it."""
    languages = language.LANGUAGES | {CODE: longer_and_accented("Made up")}
    monkeypatch.setattr(language, "LANGUAGES", languages)
    monkeypatch.setattr(ui.shell.locale, "LANGUAGES", languages)
    monkeypatch.setattr(language, "translation", lambda *_: Accented())
    language._catalogue.cache_clear()
    yield
    language._catalogue.cache_clear()


def opened(page, experiment=EXPERIMENT, **settings):
    """A page after its first run, in a browser that asks for the made-up language."""
    view = View(names=("", ""), numbers=(0, 1), page=page(**settings))
    link = to_link(Document(experiment=experiment, view=view))
    return first_run(link=link, locale=f"{CODE}-XX")


def nodes(block):
    """Everything on a page, containers included."""
    for child in block.children.values():
        yield child
        yield from nodes(child) if hasattr(child, "children") else ()


def strings(message):
    """(field, text) of every text in a protocol buffer."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if field.type == field.TYPE_STRING:
                yield field.name, one
            elif field.type == field.TYPE_MESSAGE and not isinstance(value, dict):
                yield from strings(one)


READ = {"label", "help", "body", "alt", "content", "options", "placeholder", "text"}
DRAWN = {"text", "name", "hovertemplate", "ticktext", "title"}


def written(value, key=""):
    """Every text that a figure or a table's columns show."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from written(inside, name)
    elif isinstance(value, list):
        for inside in value:
            yield from written(inside, key)
    elif isinstance(value, str) and key in DRAWN | {"label", "help"}:
        yield value


def texts(at):
    """Every text that a page shows or has read to its readers."""
    for node in nodes(at._tree):
        proto = getattr(node, "proto", None)
        hidden = str(getattr(node, "key", "")).startswith("drawn-mark-")  # by style.css
        if proto is None or node.type == "html" or hidden:
            continue
        for field, text in strings(proto):
            if field in READ:
                yield text
            elif field in {"spec", "columns"}:
                yield from written(json.loads(text))
            elif field == "json":
                yield from json.loads(text).get("texts", {}).values()
        if node.type == "dataframe":
            table = node.value
            cells = [*table.columns, *table.index, *table.to_numpy().ravel()]
            yield from (cell for cell in cells if isinstance(cell, str))


def not_marked(shown):
    """The texts with a word that is neither accented nor a name."""
    found = set()
    for text in shown:
        words = WORD.findall(QUOTED.sub(" ", KEPT.sub(" ", text)))
        if set(words) - NAMES:
            found.add(text)
    return found


TABS = [(page, tab) for page in PAGES for tab in page.model_fields["tab"].annotation.__args__]


@pytest.mark.parametrize(("page", "tab"), TABS, ids=lambda part: getattr(part, "__name__", part))
def test_every_sentence_of_a_page_is_marked(page, tab):
    assert not_marked(texts(opened(page, tab=tab))) == set()


def in_html(page):
    """Every text of an HTML page, without styles, scripts, formulas and files."""
    body = re.sub(r"<(style|script|math|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    yield from map(unescape, re.findall(r'(?:alt|title|aria-label)="([^"]*)"', body))
    yield from map(unescape, re.split(r"<[^<>]*>", body))


@pytest.mark.parametrize(
    ("experiment", "page"),
    [(EXPERIMENT, TrainingPage()), (ON_FUNCTION, SurfacesPage())],
    ids=["network", "function"],
)
def test_every_sentence_of_report_and_bundle_is_marked(experiment, page, monkeypatch):
    monkeypatch.setattr(exports.bundle, "to_images", nothing_drawn)
    set_language(CODE)
    document = Document(experiment=experiment, view=View(names=("", ""), numbers=(0, 1), page=page))
    history = fit(experiment)

    files = bundle(document, history)

    assert not_marked(in_html(report(document, history, "", "").decode())) == set()
    for name, content in files.items():
        if name.endswith(".html"):
            assert not_marked(in_html(content.decode())) == set(), name
    lines = files["README.md"].decode().splitlines()
    assert not_marked(line for line in lines if not line.startswith("    ")) == set()
    assert not_marked(json.loads(files["manifest.json"])["left_out"].values()) == set()


def nothing_drawn(*_args):
    raise CannotRender(longer_and_accented("nothing to draw with"))


def test_what_is_not_marked_is_found_wherever_it_stands(monkeypatch):
    """In English all of it is unmarked: titles, help, menus, axes, columns, alternative texts."""
    monkeypatch.setattr(language, "translation", lambda *_: NullTranslations())
    language._catalogue.cache_clear()

    found = not_marked(texts(opened(TrainingPage, tab="loss")))

    assert {
        "Hidden layers",
        "All runs of a seed start from the same weights.",
        "Binary cross-entropy",
        "Training loss",
        "Status",
        "The training rows of the data set Two moons.",
    } <= found


def test_the_made_up_language_changes_letters_alone():
    assert longer_and_accented("{n} of $x$ in `a`") == "{n} öƒ $x$ îñ `a`ñññññññ"
