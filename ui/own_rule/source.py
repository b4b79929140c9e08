"""What is typed: an example to start from, the name, the lines, and the values of constants."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import streamlit as st

from comparison.own_rules import EXAMPLES, example_of, title_of_changed
from comparison.words.cleaned import cleaned
from comparison.words.errors import explain
from comparison.words.names import symbol
from engine.errors import InvalidInput
from engine.rules import typed_rule
from language import _
from ui.own_rule.settings import settings
from ui.setup.typed import accept_rule
from ui.shell.binding import bound
from ui.shell.controls import number
from ui.shell.store import set_page
from ui.shell.text import escaped

_DRAFT: Final = "rule-draft"
_LINE: Final = 24  # pixels


class _Draft(NamedTuple):
    """What was typed last and refused, why, and the title and lines that are still in force."""

    title: str
    text: str
    error: InvalidInput
    before: tuple[str, str]


def _draft() -> _Draft | None:
    """Return the draft, unless another rule has come in its place since, by undo or a link."""
    draft: _Draft | None = st.session_state.get(_DRAFT)
    page = settings()
    return draft if draft is not None and draft.before == (page.title, page.text) else None


def refusal() -> str:
    """Return why what was typed last is not understood; "" if it is."""
    draft = _draft()
    return "" if draft is None else explain(draft.error)


def grammar() -> None:
    """Say how a rule is typed, in a sentence and in one line of it."""
    st.markdown(
        _(
            "One line per step, as in a paper: `g` is the gradient, `params` the parameters, `t`"
            " the number of the update. What is read before its line is **remembered** from update"
            " to update. The last line is `direction = …`; times the learning rate, it is"
            " subtracted."
        )
    )
    st.markdown(
        _(
            "Constants: `beta1 = 0.9 in [0, 1)`. Lines: `m = beta1*m + (1 - beta1)*g`. Last line:"
            " `direction = …`."
        )
    )


def examples() -> None:
    """Offer rules to start from, and say what is to be seen in the one on show."""
    page = settings()
    shown = example_of(page.title, page.text) if _draft() is None else None
    bound(
        st.pills,
        _("Start from"),
        list(EXAMPLES),
        format_func=lambda name: _(EXAMPLES[name].name),
        key="rule-example",
        shown=shown,
        report=_take_example,
    )
    if shown is not None:
        st.markdown(_(EXAMPLES[shown].story))


def _take_example(name: str) -> None:
    st.session_state.pop(_DRAFT, None)
    set_page(title=EXAMPLES[name].title, text=EXAMPLES[name].text, values=())


def lines() -> None:
    """Show the name and the lines; what is refused stays as a draft, with the reason."""
    rule = _draft() or settings()
    title, text = rule.title, rule.text
    bound(
        st.text_area,
        _("Lines"),
        key="rule-text",
        shown=text,
        report=lambda typed: _take(title_of_changed(title, typed), typed),
        height=min(420, 60 + _LINE * max(5, text.count("\n") + 1)),
        help=_(
            "A constant becomes a slider over its interval, as in beta = 0.9 in [0, 1). Without one"
            " it gets the usual one: [0, 1) for beta, momentum, decay, rho, mu and gamma,"
            " [1e-16, 1] for epsilon, [0, 1] for weight_decay and lam; any other goes from 0 to ten"
            " times its value. You can use + − * / ^ and brackets, sqrt, abs, sign, exp, ln, sin,"
            " cos, tan, tanh, sigmoid, relu, max(a, b), min(a, b), and norm(g), the length of a"
            " named quantity over all parameters of a run. β₁ is read as beta1, λ as lam, θ as"
            " params; m_t and m_{t-1} as m, new and old. Press Ctrl + Enter."
        ),
    )
    bound(
        st.text_input,
        _("Name"),
        key="rule-title",
        shown=title,
        report=lambda typed: _take(cleaned(typed).strip(), text),
        max_chars=40,
    )
    if refusal():
        st.warning(escaped(refusal()))


def _take(title: str, text: str) -> None:
    """Take a rule into the page and the menus, or keep it as a draft with the reason why not."""
    page = settings()
    try:
        rule = typed_rule(title, text)
    except InvalidInput as error:
        st.session_state[_DRAFT] = _Draft(title, text, error, (page.title, page.text))
        return
    st.session_state.pop(_DRAFT, None)
    before = [(one.name, one.interval) for one in page.rule.program.constants]
    now = [(one.name, one.interval) for one in rule.program.constants]
    values = page.values if now == before and text == page.text else ()
    set_page(title=title, text=rule.program.text, values=values)
    accept_rule(rule)


def constants() -> None:
    """Offer the values of the constants."""
    page = settings()
    rule = page.rule
    if not rule.constants:
        return
    st.subheader(_("Constants"), anchor=False)
    for one in rule.program.constants:
        sign = symbol(one.name, one.interval)
        number(
            one.name,
            rule.constants[one.name],
            one.interval,
            f"rule-{one.name}-{one.interval}",
            partial(_change, one.name),
            title=", ".join(dict.fromkeys((one.name, sign))),
        )
    if page.values:
        st.button(
            _("Back to the values of the lines"),
            key="rule-values",
            on_click=lambda: set_page(values=()),
        )


def _change(name: str, value: float) -> None:
    values = settings().rule.constants | {name: float(value)}
    set_page(values=tuple(values.values()))
