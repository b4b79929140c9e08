"""The page of a rule of one's own in sentences and tables, and its way through links and edits."""

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import Document, read_document, with_default_view
from comparison.edits import choose_rule, use_rule
from comparison.link import from_link, to_link
from comparison.offers import menu_id, menu_names, rules_by_family, typed_rules
from comparison.own_rules import (
    EXAMPLES,
    directions_table,
    example_of,
    first_rate,
    goes_uphill,
    is_finite_everywhere,
    likeness_words,
    likenesses_of,
    title_of_changed,
    understood,
    updates_table,
    updates_words,
)
from comparison.pages import RulePage, TrainingPage
from comparison.words.names import run_names
from engine import Experiment, InvalidInput, Run
from engine.rules import RULES, SGD, Adam, typed_rule
from engine.spec import by_name
from tests.engine.rules import own


def rule(text, title="Mine", **constants):
    return typed_rule(title, text)(**constants)


def page(name, **fields):
    example = EXAMPLES[name]
    return RulePage(title=example.title, text=example.text, **fields)


# Examples and sentences


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adabelief"])
def test_an_example_is_the_rule_that_it_says(name):
    mine = page(name).rule

    assert [one.rule.name for one in likenesses_of(mine)] == [name]
    assert likeness_words(mine).startswith(f"The same as {by_name(RULES)[name].title}")
    assert first_rate(mine) == by_name(RULES)[name].default_learning_rate
    assert example_of(mine.title, mine.text) == name


def test_changed_lines_do_not_keep_the_name_of_an_example():
    adam, belief = EXAMPLES["adam"], EXAMPLES["adabelief"]

    assert title_of_changed("My Momentum", own.ADABELIEF) == "My rule"
    assert title_of_changed("My rule", own.ADAM) == "My rule"
    assert title_of_changed("My rule", adam.text) == adam.title
    assert title_of_changed(belief.title, belief.text) == belief.title
    assert title_of_changed("Belief", own.MOMENTUM) == "Belief"


def test_the_mistake_is_found_in_the_numbers():
    mine = page("mistake").rule
    words, table = likeness_words(mine), updates_table(mine)

    assert words.startswith("No built-in rule is the same. Adam (β₁ 0.9, β₂ 0.999, ε 1e-08) points")
    assert "in update 1 on a bowl one direction is 10 here and 1 there" in words
    assert table.loc["direction", "θ₁, update 1"] == pytest.approx(10, rel=1e-6)
    assert first_rate(mine) == 0.01


def test_the_page_begins_with_the_momentum_example():
    assert example_of(RulePage().title, RulePage().text) == "momentum"


def test_what_is_remembered_is_said():
    assert understood(rule(own.SGD)) == ["It remembers nothing from one update to the next."]
    (said,) = understood(rule(own.ADAM))
    assert said.startswith("It remembers $m$ and $v$ from one update")
    assert len(understood(rule(own.MANY))) == 2


def test_tables_hold_slots_before_and_after():
    table = updates_table(rule(own.MOMENTUM))

    assert list(table.index) == ["g", "v before", "v", "direction"]
    assert table.loc["v", "θ₂, update 1"] == table.loc["v before", "θ₂, update 2"] == -2
    assert updates_words() == (
        "The gradient is (0.5, −2) in the first update and (1, 0) in the second."
    )
    assert directions_table(rule(own.SGD))["First direction"].tolist()[-1] == "1e+12"


def test_what_goes_wrong_is_seen():
    assert goes_uphill(rule("direction = -g"))
    assert not goes_uphill(rule(own.SGD))
    assert not is_finite_everywhere(rule("direction = exp(abs(g)) - 1"))
    assert "The nearest is" in likeness_words(rule("direction = g^3"))
    assert "bit by bit" in likeness_words(rule(own.SGD))


# The page's settings


def test_the_page_holds_values_of_the_constants():
    assert page("adam", values=(0.5, 0.9, 1e-3)).rule.beta1 == 0.5
    assert page("adam").rule.beta1 == 0.9


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "direction = q"}, "text"),
        ({"title": "<b>"}, "title"),
        ({"values": (1.0, 2.0)}, "values"),
        ({"values": (1.0,)}, "values.0"),
    ],
)
def test_the_page_refuses_what_is_no_rule(fields, field):
    with pytest.raises(InvalidInput) as error:
        RulePage(**fields)

    assert error.value.field == field


# Links, files, menus, edits


def both_ways(document):
    query = parse_qs(urlencode(to_link(document), doseq=True), keep_blank_values=True)
    assert read_document(document.model_dump_json()) == document
    return from_link(query)


VALUES = st.floats(0, 0.999)
LINES = st.sampled_from([own.SGD, own.MOMENTUM, own.ADAM, own.MANY, own.ADABELIEF])
TITLES = st.from_regex(r"[a-zA-Z가-힣0-9]([a-zA-Z0-9 (),'+\-]{0,30}[a-z0-9)])?", fullmatch=True)


@given(LINES, TITLES, VALUES)
def test_links_and_files_hold_a_rule_by_content(text, title, value):
    kind = typed_rule(title, text)
    names = [one.name for one in kind.program.constants if value in one.interval]
    runs = [
        Run(optimizer=kind(**dict.fromkeys(names[:1], value)), learning_rate=0.1),
        Run(optimizer=SGD(), learning_rate=0.2),
        Run(optimizer=kind(), learning_rate=0.3),
    ]
    document = with_default_view(Experiment(runs=runs))

    assert both_ways(document) == (document, [])


@given(LINES, TITLES)
def test_links_and_files_hold_the_page(text, title):
    document = Document().on_page(RulePage(title=title, text=text, tab="pytorch"))

    assert both_ways(document) == (document, [])


def test_a_link_with_a_broken_rule_is_refused_with_its_place():
    query = {"run": ["typed~0.1~32~title:Mine~text:m = m+g;direction = q"]}
    with pytest.raises(InvalidInput) as error:
        from_link(query)

    assert error.value.value == ((2, 13), "q")
    with pytest.raises(InvalidInput) as error:
        from_link({"run": ["typed~0.1~32"]})
    assert error.value.code == "missing"


def test_menus_have_typed_rules_last_and_all_names_differ():
    first, second = typed_rule("Mine", own.SGD), typed_rule("Mine", own.ADAM)
    rules = rules_by_family([first, second, first])
    names = menu_names(rules)

    assert list(names.values())[-2:] == ["Mine · Your own", "Mine (2) · Your own"]
    assert len(set(names.values())) == len(rules) == len(RULES) + 2
    assert names[menu_id(Adam)].startswith("Adam · ")


def test_a_rule_is_used_chosen_and_named_like_any_other():
    used = use_rule(Document().on_page(RulePage()), rule(own.ADAM), 0.05, TrainingPage())
    runs = used.document.experiment.runs

    assert (used.done, runs[-1].optimizer, runs[-1].learning_rate) == ("add", rule(own.ADAM), 0.05)
    assert used.notices[0].startswith("The learning rate 0.05 of Mine is not tuned.")
    assert isinstance(used.document.view.page, TrainingPage)
    assert used.document.view.selected == len(runs) - 1
    assert typed_rules(used.document.experiment) == [typed_rule("Mine", own.ADAM)]
    chosen = choose_rule(used.document, 0, typed_rule("Other", own.MOMENTUM)).document
    assert chosen.experiment.runs[0].optimizer == rule(own.MOMENTUM, "Other")


def test_runs_of_a_typed_rule_are_named_by_what_tells_them_apart():
    runs = [Run(optimizer=rule(own.ADAM, beta1=one), learning_rate=0.1) for one in (0.9, 0.5)]

    assert run_names(runs, ("", "")) == ["Mine β₁ 0.9", "Mine β₁ 0.5"]
