"""Runs as scripts of other libraries. Whether they replay is shown by ``make test-torch``."""

import ast
import math
import re
import runpy
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.theme import RunStyle
from engine import Budget, Experiment, Function, Network, Run, batches, fit, initial_params
from engine.formulas.graph import OPERATIONS as GRAPH_OPERATIONS
from engine.problems.datasets import Blobs, Line
from engine.problems.formula import Formula
from engine.problems.functions import FUNCTIONS
from engine.rules import RULES, SAM, SGD, Adagrad, Adam, Lookahead, Nesterov, Newton, typed_rule
from engine.rules.clipping import CLIPPINGS, ClipNorm, ClipValue
from engine.rules.wrappers import INNER
from engine.training.loop import problem_of
from exports.replay import histories_csv
from exports.scripts import FRAMEWORKS, code
from exports.scripts.formula import class_lines, training_lines
from exports.scripts.replay import Library, Replay, function_lines
from exports.scripts.translations import TRANSLATIONS, VALUES
from exports.scripts.translations.formulas import OPERATIONS as FORMULA_OPERATIONS
from language import set_language
from tests.engine.contract import EVERY, Uphill, run_of
from tests.engine.rules import own
from tests.engine.rules.facts import fits, fitted
from tests.exports.hostile import NAMES
from tests.reference.replays import replayed
from tests.strategies import formulas


def scripts(experiment, name="run"):
    """Every script of every run, by framework and rule."""
    return {
        (framework, run.optimizer.name): code(framework, experiment, position, name)
        for framework in FRAMEWORKS
        for position, run in enumerate(experiment.runs)
    }


def test_translations_are_of_rules_and_differ_only_where_there_is_no_equal_form():
    assert set(TRANSLATIONS) <= set(RULES)
    for row in TRANSLATIONS.values():
        assert set(row.differences) <= set(FRAMEWORKS)
        assert all(getattr(row, name) is None for name in row.differences)


def test_pytorch_has_every_rule_of_the_first_view():
    assert all(TRANSLATIONS[type(run.optimizer)].pytorch for run in Experiment().runs)


def test_a_library_with_another_form_computes_the_formula_and_says_why():
    written = scripts(Experiment())

    for framework, rule, words in (
        ("keras", "adagrad", "inside the square root"),
        ("keras", "adam", "epsilon hat"),
        ("optax", "adagrad", "inside the square root"),
    ):
        one = written[framework, rule]
        assert words in one.remark
        assert " ".join(ast.get_docstring(ast.parse(one.text)).split()).endswith(one.remark)
        assert "optimizer" not in ast.unparse(ast.parse(one.text).body[1:])


def test_a_library_with_the_same_form_calls_its_own_optimizer_and_says_nothing():
    one = code("optax", Experiment(runs=[Run(optimizer=Adam(), learning_rate=0.1)]), 0, "")

    assert one.remark is None
    assert "optax.adam(0.1" in one.text
    assert "class Adam" not in one.text


def gradients_of(experiment):
    """What returns the loss and the gradient of a batch: rows of a network, or a step."""
    problem = experiment.problem
    if problem.kind == "function":
        function = problem.function
        return lambda at, _step: (function.value(at)[0], function.gradient(at))
    size = experiment.counts(experiment.runs[0]).batch_size
    params, grads = np.empty((2, 1, problem.n_params))
    work = problem_of(experiment).batches(params, grads, 1, size, longest=1)

    def gradient(at, rows):
        params[:] = at
        work.load(np.array([rows]))
        for piece in work.pieces(0, size):
            piece()
        return work.losses(1, size)[0, 0], grads.copy()

    return gradient


AROUND = [rule(inner=name) for rule in (Lookahead, SAM) for name in INNER]
FORMULAS = [
    *((rule, None) for rule in (*(rule() for rule in EVERY), *AROUND)),
    *((typed_rule("Mine", text)(), None) for text in (own.ADAM, own.MANY, own.MOMENTUM)),
    *((rule, clipping(0.3)) for rule in (Adam(), SAM(), Uphill()) for clipping in CLIPPINGS),
]


@pytest.mark.parametrize(("rule", "clipping"), FORMULAS, ids=repr)
def test_a_formula_trains_as_the_engine_does(rule, clipping, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.experiment.RULES", EVERY)
    experiment = Experiment(problem=Function(), budget=Budget(amount=30, unit="iterations"))
    runs = (run_of(SGD(), 0.05, batch_size="all", clipping=clipping),)
    experiment = fitted(experiment.model_copy(update={"runs": runs}), rule)
    start = initial_params(experiment, 0)
    replay, file = Replay(experiment, 0, ""), tmp_path / "script.py"
    lines = ["from __future__ import annotations", class_lines(replay), training_lines(replay)]
    file.write_text("\n".join(lines), "utf-8")
    given = {
        "SEED": 0,
        "table": lambda _name: [{"seed_0": repr(value)} for value in start.tolist()],
        "batches": list(batches(experiment, 0, 0)) if experiment.problem.kind == "network" else [],
        "gradient": gradients_of(experiment),
        "hessian": Function().function.hessian,
    }
    found = runpy.run_path(str(file), given, "__main__")["losses"]

    expected = fit(experiment).runs[0].batch_loss.last[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len(set(found)) > 25


CLIPPED = {
    ("pytorch", ClipNorm): "part.grad *= min(1.0, 0.5 / norm)",
    ("pytorch", ClipValue): "clip_grad_value_(params, 0.5)",
    ("keras", ClipNorm): "SGD(learning_rate=0.1, global_clipnorm=0.5)",
    ("keras", ClipValue): "SGD(learning_rate=0.1, clipvalue=0.5)",
    ("optax", ClipNorm): "optax.clip_by_global_norm(0.5),\n    optax.sgd(0.1),",
    ("optax", ClipValue): "optax.clip(0.5),\n    optax.sgd(0.1),",
}


@pytest.mark.parametrize(("framework", "kind"), CLIPPED)
def test_a_library_clips_gradients_before_its_own_optimizer_sees_them(framework, kind):
    run = Run(optimizer=SGD(), learning_rate=0.1, clipping=kind(0.5))
    one = code(framework, Experiment(runs=[run]), 0, "")

    ast.parse(one.text)
    assert one.remark is None
    assert CLIPPED[framework, kind] in one.text


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("rule", [rule for rule in RULES if fits(rule, Network())])
def test_every_rule_that_clips_is_code(framework, rule):
    for clipping in (ClipNorm(0.5), ClipValue(0.5)):
        run = Run(optimizer=rule(), learning_rate=0.1, batch_size="all", clipping=clipping)

        assert ast.parse(code(framework, Experiment(runs=[run]), 0, "").text).body


def test_pytorch_clips_the_gradient_of_a_function_before_the_step():
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all", clipping=ClipValue(0.5))
    text = code("pytorch", Experiment(problem=Function(noise=0.1), runs=[run]), 0, "").text

    parts = ("backward()", "noises[number]", "clip_grad_value_", "optimizer.step()")
    assert sorted(parts, key=text.rindex) == list(parts)


@pytest.mark.parametrize(
    "problem",
    [
        Network(),
        Network(dataset=Line(), loss="half_sum_of_squares", hidden=(), l2=0.1),
        Network(
            dataset=Blobs(classes=4), loss="cross_entropy", activation="leaky_relu", bias=False
        ),
        Network(dataset=Blobs(classes=4), loss="mean_squared_error", output_activation="sigmoid"),
        Function(),
    ],
)
def test_scripts_are_code(problem):
    for written in scripts(Experiment(problem=problem)).values():
        if written.text:
            ast.parse(written.text)
            assert "$" not in written.text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_name_is_a_string_and_nothing_else(framework, name):
    tree = ast.parse(code(framework, Experiment(), 0, name).text)

    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert values.count(name) == 1
    assert len(tree.body) == len(ast.parse(code(framework, Experiment(), 0, "Adam").text).body)


def test_what_turns_text_around_is_written_as_an_escape():
    assert "\u202e" not in code("pytorch", Experiment(), 0, "a\u202eb").text


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_name_moves_no_cursor_where_it_is_printed(framework):
    assert "{NAME!r}" in code(framework, Experiment(), 0, "").text
    assert "{NAME}" not in code(framework, Experiment(), 0, "").text


def checked(folder, history, losses):
    """Compare losses with a recorded history as a script does: whether it agrees, and its words."""
    replay = Replay(history.experiment, 0, "\x1b[2Jx")
    imports = "import sys\nfrom math import inf, nan\nfrom pathlib import Path"
    library = Library("pytorch", "", "", imports)
    script = folder / "scripts" / "pytorch_1.py"
    script.parent.mkdir()
    text = replay.head(library) + f"losses = {losses!r}\n" + replay.check()
    script.write_text(text, "utf-8")
    (folder / "histories.csv").write_bytes(histories_csv(history, [RunStyle("x", 0)]))
    equal, said = replayed(script, 0)
    return equal, "\n".join(said)


@cache
def noisy(rate, updates, seeds):
    """A history of one run, of several seeds in bins, and every loss of its first seed."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all")]
    budget = Budget(amount=updates, unit="iterations")
    problem = Function(noise=0.5)
    one = Experiment(problem=problem, runs=runs, budget=budget, record_every=updates)
    losses = fit(one).runs[0].batch_loss
    assert losses.width == 1
    known = losses.last[0].tolist()
    known += [math.nan] * (updates - len(known))
    return fit(one.model_copy(update={"seeds": tuple(range(seeds))})), known


@pytest.mark.parametrize("rate", [0.1, 1.05], ids=["stable", "diverges"])
@pytest.mark.parametrize("seeds", [1, 30], ids=["every update", "bins"])
def test_a_right_replay_is_right_and_says_what_was_compared(tmp_path, rate, seeds):
    history, losses = noisy(rate, 600, seeds)
    width = history.runs[0].batch_loss.width
    equal, said = checked(tmp_path, history, losses)

    assert (width > 1) is (seeds > 1)
    assert (history.runs[0].status[0] == "diverged") is (rate > 1)
    assert equal, said
    assert "600 updates replayed" in said
    assert f"of the updates 1, {1 + width}, {1 + 2 * width}" in said
    assert "departs by more than 1e-9: none" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("seeds", [1, 30], ids=["every update", "bins"])
def test_a_wrong_replay_fails_and_says_from_where_on(tmp_path, seeds):
    history, losses = noisy(0.1, 600, seeds)
    width = history.runs[0].batch_loss.width
    wrong = [loss * (1 + 1e-6 * (update > width)) for update, loss in enumerate(losses, 1)]
    equal, said = checked(tmp_path, history, wrong)

    assert not equal
    assert f"departs by more than 1e-9: {1 + width}" in said


def test_settings_are_exact():
    adam = Adam(beta1=0.1 + 0.2, beta2=1 / 3, epsilon=1e-12)
    experiment = Experiment(runs=[Run(optimizer=adam, learning_rate=2 / 3)])

    assert (
        f"lr={2 / 3!r}, betas=({0.1 + 0.2!r}, {1 / 3!r}), eps=1e-12"
        in code("pytorch", experiment, 0, "").text
    )


def test_pytorch_refuses_nesterov_without_momentum_and_so_it_is_not_asked():
    experiment = Experiment(runs=[Run(optimizer=Nesterov(momentum=0.0), learning_rate=0.1)])

    assert "nesterov=True" not in code("pytorch", experiment, 0, "").text


def test_the_first_seed_is_the_default():
    experiment = Experiment(seeds=(7, 3))

    assert "SEEDS = (7, 3)" in code("pytorch", experiment, 0, "").text


def test_runs_that_cut_alike_read_the_same_batches():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in (1, 32, 1)]
    experiment = Experiment(runs=runs)
    cuts = [Replay(experiment, position, "").cut for position in range(3)]

    assert cuts[0] == cuts[2] != cuts[1]
    assert sorted(set(cuts)) == [1, 2]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_lines_of_a_function_compute_its_value(function):
    chosen = function()
    lines = function_lines(Function(function=chosen), "numpy")
    space = {"numpy": np, "point": np.array([0.3, -1.2])}
    exec(lines, space)  # noqa: S102 - what a user runs too

    assert space["value"] == chosen.value(np.array([[0.3, -1.2]]))[0]


EVERYTHING = """
u = max(x, 1) - min(y, x) + relu(x) + max(1, 2)*(-x)
v = sigmoid(x*a) + sign(y) + tan(x) + asin(x/100) + acos(y/100) + atan(x) + sinh(x) + cosh(y)
w = tanh(x) + 2^x + abs(x)^-1 + ln(abs(y) + 1)/sqrt(2) - exp(-y^2) + x^2.5*0 + sin(x)*cos(y)
u + v*w + 가*x
"""


@given(formulas() | st.just(Formula(text=EVERYTHING, constants={"a": -2.5})))
def test_the_lines_of_a_formula_compute_its_value(formula):
    lines = function_lines(Function(function=formula), "numpy")
    for point in np.random.default_rng(0).uniform(0.1, 3, size=(5, 2)):
        space = {"numpy": np, "point": point}
        with np.errstate(all="ignore"):
            exec(lines, space)  # noqa: S102 - what a user runs too
        expected = formula.value(point[None])[0]

        np.testing.assert_allclose(space["value"], expected, rtol=1e-13, atol=1e-13)


def test_a_script_holds_no_letter_of_a_typed_formula():
    typed = Formula(text="danger = x - 1\ndanger^2 + 위험*y", constants={"위험": 2.0})
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")
    experiment = Experiment(problem=Function(function=typed), runs=[run])
    for framework in ("pytorch", "optax"):
        text = code(framework, experiment, 0, "").text

        compile(text, "script", "exec")
        assert "danger" not in text
        assert "위험" not in text
        assert "value = " in text


def test_every_operation_of_formulas_is_translated():
    assert set(FORMULA_OPERATIONS) == set(GRAPH_OPERATIONS)


def test_every_test_function_has_its_line():
    assert set(VALUES) == set(FUNCTIONS)


def test_a_rule_around_another_carries_the_class_of_that_one_and_no_further_one():
    run = Run(optimizer=Lookahead(inner="nesterov"), learning_rate=0.1)
    text = code("keras", Experiment(runs=[run]), 0, "").text
    classes = {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}

    assert classes == {"Moment", "Slot", "Rule", "Nesterov", "Lookahead"}
    assert "rule = Lookahead(period=5, share=0.5, inner='nesterov')" in text


@pytest.mark.parametrize(
    ("framework", "call"),
    [("pytorch", "torch.autograd.functional.hessian("), ("optax", "jax.hessian(")],
)
def test_the_library_computes_the_hessian_where_a_rule_needs_it(framework, call):
    for rule in (Newton, SGD, Lookahead):
        runs = [Run(optimizer=rule(), learning_rate=0.5, batch_size="all")]
        text = code(framework, Experiment(problem=Function(), runs=runs), 0, "").text

        assert (call in text) == (rule is Newton)
        assert ("moment.hessian = hessian(moment.params)" in text) == (rule is Newton)


def test_keras_has_no_test_functions():
    written = code("keras", Experiment(problem=Function()), 0, "")

    assert written.text is None
    assert "a test function has none" in written.remark


def test_the_page_says_it_in_the_reader_s_language_and_the_script_in_english():
    adagrad = Experiment(runs=[Run(optimizer=Adagrad(), learning_rate=0.1)])
    english = code("keras", adagrad, 0, "")
    set_language("ko")
    korean = code("keras", adagrad, 0, "")

    assert korean.text == english.text
    assert re.search("[가-힣]", korean.remark)
    assert not re.search("[가-힣]", english.remark)
