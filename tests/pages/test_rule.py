"""The page of a rule of one's own, driven without a browser."""

import pytest

from comparison.own_rules import EXAMPLES
from engine.rules import typed_rule
from tests.driven import captions, first_run, plain, run, told
from tests.engine.rules import own

pytestmark = pytest.mark.usefixtures("nothing_waits")


def opened(**page):
    link = {f"page.{name}": value for name, value in page.items()}
    return first_run(link={"format": "1", "page": "rule", **link})


def page(at):
    return at.session_state["page-settings"]["rule"]


def latex(at):
    return " ".join(part.value for part in at.latex)


def typed(at, text):
    run(at.text_area(key="rule-text").set_value(text))


def code(at):
    (text,) = [one.value for one in at.code if one.language == "python"]
    return text


def verdict(at):
    return plain(" ".join(box.value for box in (*at.success, *at.info)))


def test_a_rule_is_typed_proved_changed_undone_and_used():
    at = opened()
    assert at.title[0].value == "Your own rule"
    assert verdict(at).startswith("The same as Momentum (μ 0.9)")
    assert "v_{t-1}" in latex(at)
    assert len(at.dataframe) == 2

    # an example that is wrong
    run(at.pills(key="rule-example").set_value("mistake"))
    assert EXAMPLES["mistake"].story in [part.value for part in at.markdown]
    assert verdict(at).startswith("No built-in rule is the same. Adam")
    assert at.dataframe[0].value.loc["direction"].iloc[0] == pytest.approx(10, rel=1e-6)

    # put right, with a new name
    typed(at, EXAMPLES["adam"].text.replace(" in [0, 1)", "").replace("beta", "β_"))
    assert page(at).text == at.text_area(key="rule-text").value == EXAMPLES["adam"].text
    assert page(at).title == at.text_input(key="rule-title").value == "My rule"
    run(at.text_input(key="rule-title").set_value("  Ada\u202em  "))
    assert (page(at).title, at.text_input(key="rule-title").value) == ("Adam", "Adam")
    assert verdict(at).startswith("The same as Adam (β₁ 0.9, β₂ 0.999, ε 1e-08)")
    assert at.pills(key="rule-example").value is None

    # a slider
    run(at.select_slider(key="rule-beta1-[0, 1)-slider").set_value(0.5))
    assert page(at).values == (0.5, 0.999, 1e-8)
    assert verdict(at).startswith("The same as Adam (β₁ 0.5")
    assert "beta1=0.5" in code(at)

    # what is refused stays as a draft; the rule before is marked as such, and cannot be used
    typed(at, "m = m + q\ndirection = m")
    reason = (
        "Rule, line 1, column 9, at q: no line gives this name a value. Use g"
        " (the gradient), params (the parameters), t (the number of the update, from 1), and names"
        " of lines."
    )
    assert told(at) == f"{reason} Below is still the last rule that was understood."
    assert plain(at.button(key="rule-use").help) == reason
    assert at.button(key="rule-use").disabled
    assert not verdict(at)
    assert at.text_area(key="rule-text").value == "m = m + q\ndirection = m"
    assert "What is not understood cannot be used." in captions(at)
    assert page(at).values == (0.5, 0.999, 1e-8)
    typed(at, page(at).text)
    assert not at.warning
    assert not at.button(key="rule-use").disabled
    assert verdict(at).startswith("The same as Adam (β₁ 0.5")
    assert page(at).values == (0.5, 0.999, 1e-8)

    # the code for another library
    run(at.segmented_control(key="rule-code").set_value("pytorch"))
    assert "class Adam(torch.optim.Optimizer):" in code(at)

    # undo goes back over what was made, not over the library
    run(at.button(key="undo").click())
    assert page(at).values == ()

    # into the comparison, and into the menus
    at.button(key="rule-use").click().run()
    runs = at.session_state["document"].experiment.runs
    assert runs[-1].optimizer == typed_rule("Adam", EXAMPLES["adam"].text)()
    assert runs[-1].learning_rate == 0.05


def test_lines_that_are_refused_are_never_used_and_left_by_undo():
    at = opened(text=own.ADAM)
    before = at.session_state["document"]

    # a click that comes together with lines that are refused adds nothing
    at.text_area(key="rule-text").set_value("direction = q")
    run(at.button(key="rule-use").click())
    assert at.session_state["document"] == before

    # undo leads away from a draft
    typed(at, "direction = g")
    typed(at, "direction = q")
    run(at.button(key="undo").click())
    assert at.text_area(key="rule-text").value == own.ADAM
    assert not at.warning


def test_hostile_text_is_shown_as_text():
    at = opened()
    typed(at, "<script>alert(1)</script> = g\n![x](http://x.y) = 1")
    assert [box.value for box in at.warning]
    assert all("<script>" not in box.value.replace("\\<", "") for box in at.warning)

    typed(at, "direction = " + "9" * 3_000)
    assert "2,000" in told(at)
    run(at.text_input(key="rule-title").set_value("<b>bold</b>"))
    assert "1 to 40 letters" in told(at)


def test_a_rule_that_goes_uphill_or_is_not_finite_somewhere_is_told():
    at = opened(text="direction = 1 - exp(abs(g))")

    assert "The first step goes uphill" in told(at)
    assert "the direction is not finite" in told(at)


def test_a_broken_link_is_explained():
    at = opened(text="direction = q")

    assert "The link could not be opened" in told(at)
    assert "Rule, line 1, column 13, at q" in told(at)


def test_typed_rules_stand_in_the_menu_of_optimizers():
    at = opened(title="Mine", text=own.ADAM)
    typed(at, own.RMSPROP)
    at.button(key="rule-use").click().run()
    other = first_run(
        session={key: at.session_state[key] for key in ("accepted-rules", "document")}
    )
    options = other.selectbox(key="optimizer").options

    assert "Mine · Your own" in options
