"""Typed rules as mathematics: what stands below a name, and that everything can be drawn."""

import pytest

from comparison.words.mathml import mathml, plain_symbol
from comparison.words.rules import formula_of, source_of
from comparison.words.typed import typed_formula
from comparison.words.worked import number, worked
from engine import Budget, Experiment, Function, Run, inspect
from engine.formulas.formula import FUNCTIONS
from engine.rules import Adam, typed_rule
from engine.rules.programs import parse_program
from tests.engine.rules import own


def formula(text):
    return typed_formula(parse_program(text))


def test_slots_have_the_step_before_above_their_line_and_this_one_below():
    text = "u = m\nm = 0.9*m + g\ndirection = m + t*params"

    assert formula(text) == (
        r"u_t = m_{t-1} \\ m_t = 0.9 \cdot m_{t-1} + g_t"
        r" \\ d_t = m_t + t \cdot \theta_{t-1}"
    )


def test_greek_letters_hats_norms_and_words():
    text = (
        "beta1 = 0.9 in [0, 1)\nm_hat = beta1*g\nlong = norm(m_hat)\ndirection = m_hat/(1 + long)"
    )

    assert formula(text) == (
        r"\hat m_t = \beta_1 \cdot g_t \\ \operatorname{long}_t = \|\hat m_t\|"
        r" \\ d_t = \frac{\hat m_t}{1 + \operatorname{long}_t}"
    )


@pytest.mark.parametrize("text", [own.ADAM, own.MANY, own.ADABELIEF, own.SGD])
def test_every_formula_can_be_drawn_in_a_report(text):
    assert mathml(formula(text)).startswith("<math")


@pytest.mark.parametrize(("name", "operands"), [(name, of[1]) for name, of in FUNCTIONS.items()])
def test_every_function_can_be_drawn(name, operands):
    inside = ", ".join(["g + 0.5"] * operands)

    assert "<math" in mathml(formula(f"direction = 0*{name}({inside})"))


def test_plain_symbols():
    assert plain_symbol(r"\operatorname{clip}") == "clip"
    assert plain_symbol(r"\beta_1") == "β₁"


def test_lines_that_are_no_slots_have_their_numbers_too():
    text = "m = 0.5*m + g\nm_hat = m/(1 - 0.5^t)\ndirection = m_hat*2"
    rule = typed_rule("Mine", text)()
    run = Run(optimizer=rule, learning_rate=0.1, batch_size="all")
    budget = Budget(amount=5, unit="iterations")
    seen = inspect(Experiment(problem=Function(), runs=[run], budget=budget), 0, 0, 2)
    m_hat = seen.slots_after["m"][0] / (1 - 0.5**2)
    _, hat, last = worked(formula_of(type(rule)), seen.terms(0))

    assert hat.endswith(f" = {number(m_hat)}")
    assert number(m_hat) in last
    assert last.endswith(f" = {number(2 * m_hat)}")


def test_one_door_leads_to_the_formula_and_source_of_any_rule():
    mine = typed_rule("Mine", own.SGD)

    assert formula_of(mine) == "d_t = g_t"
    assert formula_of(Adam) == Adam.formula
    assert source_of(Adam) == Adam.source
    assert source_of(mine) == "A rule that a reader typed."


def test_an_update_is_worked_out_in_numbers():
    rule = typed_rule("Mine", own.MOMENTUM)()
    experiment = Experiment(
        problem=Function(),
        runs=[Run(optimizer=rule, learning_rate=0.1, batch_size="all")],
        budget=Budget(amount=5, unit="iterations"),
    )
    seen = inspect(experiment, 0, 0, 2)
    first, second = worked(formula_of(type(rule)), seen.terms(0))

    before, v = (held["v"][0] for held in (seen.slots_before, seen.slots_after))
    assert first.startswith(r"v_t = \operatorname{momentum} \cdot v_{t-1} + g_t = {0.9} \cdot")
    assert number(before) in first
    assert first.endswith(f" = {number(v)}")
    assert second.endswith(f" = {number(v)}")
