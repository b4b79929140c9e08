"""Lines as papers write them, in plain names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.spelling import Index, spelled

SIGNS = "mgtv01β₁ε²λθη\u0302ₜ₋_{}-−+*/^()=,←:\\ .beta"


def plain(line):
    return spelled(line).text


@pytest.mark.parametrize("letter", "αβγδεζικμνξπρστυφχψω")
def test_a_greek_letter_is_called_as_unicode_calls_it(letter):
    name = unicodedata.name(letter).removeprefix("GREEK SMALL LETTER ").lower()

    assert plain(f"2*{letter} + {letter}₁*{letter}_2") == f"2*{name} + {name}1*{name}2"
    assert plain(rf"\{name}_1 - \{name}_{{12}}") == f"{name}1 - {name}12"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("λ = lambda", "lam = lam"),
        ("θ - theta", "params - params"),
        ("η", "eta"),
        ("µ·ϵ", "mu·epsilon"),
        (r"\varepsilon", "epsilon"),
        ("m ← v", "m = v"),
        ("m := v", "m = v"),
        ("m̂ = v̂", "m_hat = v_hat"),
        ("ĝ²", "g_hat²"),
        ("x_1 + x_{1}", "x_1 + x_1"),
        ("beta_1", "beta1"),
        ("theta_1", "theta1"),
        ("1e-8*e", "1e-8*e"),
        ("2β - 0.5lambda + m²λ", "2beta - 0.5lam + m²lam"),
        ("x_λ + k.λ", "x_lambda + k.λ"),
        (r"\hat m + \frac{a}{b}", r"\hat m + \frac{a}{b}"),
        ("한 é Δ", "한 é Δ"),
        ("", ""),
    ],
)
def test_names_are_plain(typed, expected):
    assert plain(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected", "update"),
    [
        ("m_t", "m", "t"),
        ("m_{ t }", "m", "t"),
        ("mₜ", "m", "t"),
        ("m_{t-1}", "m", "t-1"),
        ("m_{t − 1}", "m", "t-1"),
        ("mₜ₋₁", "m", "t-1"),
        ("m_{t+1}", "m", "t+1"),
        ("m̂_t", "m_hat", "t"),
        ("m_hat_t", "m_hat", "t"),
        ("θ_{t-1}", "params", "t-1"),
        ("m_t-1", "m", ""),
        ("m_t_t", "m", ""),
    ],
)
def test_an_index_of_updates_is_told_apart(typed, expected, update):
    line = spelled(f"2*{typed}^2")

    assert line.text == f"2*{expected}^2"
    assert line.indices == (Index(2, expected, update),)


def test_a_difference_is_none():
    assert spelled("m_t - 1").text == "m - 1"
    assert spelled("m_t-10").indices == (Index(0, "m", "t"),)


def test_places_are_those_of_what_was_typed():
    typed = "β₁*m_{t-1} + q"
    line = spelled(typed)

    assert line.text == "beta1*m + q"
    assert [line.origins[line.text.index(mark)] for mark in "*m+q"] == [2, 3, 11, 13]
    assert line.origins[-1] == len(typed)


@given(st.text(st.sampled_from(SIGNS), max_size=40))
def test_plain_names_stay(line):
    once = spelled(line)

    assert len(once.origins) == len(once.text) + 1
    assert list(once.origins) == sorted(once.origins)
    if not once.indices:
        assert spelled(once.text).text == once.text
