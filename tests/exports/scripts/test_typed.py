"""Typed rules as code: the NumPy class gives the engine's path, the PyTorch one is Python."""

import ast
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import with_default_view
from engine import Budget, Experiment, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import typed_rule
from exports.bundle import bundle
from exports.scripts import FRAMEWORKS
from exports.scripts.typed import CODE, class_name, numpy_code, script_class, torch_code
from tests.engine.contract import follow
from tests.engine.rules import own
from tests.exports.scripts.like_torch import instead_of_torch, tensor

ODD = (
    "np = 3 in [0, 5]\nmath = 2 in [1, 4]\nmax1 = 0.5 in [0, 1]\n"
    "q = sqrt(1 - max1^t) + 2^(-t)/np - min(math, t)\n"
    "c = max1*0.5 + c\n"
    "zip = -g^2 - (g - (3 - g))/(g*g + (2*math))*-c + sigmoid(max1)*relu(g)\n"
    "last = g\n"
    "direction = zip*q - e*pi*asin(tanh(last))/(1 + abs(sign(params))) + max(g, max(zip, c))^3"
)
TEXTS = {
    "sgd": own.SGD,
    "momentum": own.MOMENTUM,
    "adam": own.ADAM,
    "many": own.MANY,
    "odd": ODD,
    "constant": "m = 2^(-t)\nv = v + 1\ndirection = m/(1+v)",
}


def made(code):
    """The class that code defines."""
    space = {}
    exec(compile(code, "code", "exec"), space)  # noqa: S102 - it is ours
    return next(one for one in space.values() if isinstance(one, type))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_numpy_class_goes_the_path_of_the_engine(text):
    rng = np.random.default_rng(1)
    stream, start = rng.normal(size=(60, 2, 5)), rng.normal(size=(2, 5))
    rule = typed_rule("My rule", text)()
    path = follow([rule, rule], stream, start, 0.05)
    optimizer, params = made(numpy_code(rule, 0.05))(), start
    for step, gradient in enumerate(stream, 1):
        params = optimizer.step(params, gradient)
        np.testing.assert_allclose(params, path[step], rtol=1e-11, atol=1e-11)


def test_the_numpy_class_has_the_constants_as_arguments():
    rule = typed_rule("My rule", own.ADAM)(beta1=0.5)
    kind = made(numpy_code(rule, 0.05))

    assert kind.__name__ == "MyRule"
    assert (kind().beta1, kind(beta1=0.7).beta1, kind().learning_rate) == (0.5, 0.7, 0.05)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_pytorch_optimizer_is_python_that_names_what_it_imports_or_assigns(text):
    code = torch_code(typed_rule("My rule", text)(), 0.05)
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    known |= {alias.name for node in imports for alias in node.names}
    known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    builtins = {"super", "max", "min", "abs", "float", "zip"}

    assert {node.id for node in names} <= known | builtins
    assert "class MyRule(torch.optim.Optimizer):" in code


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_pytorch_optimizer_goes_the_path_of_the_engine(text):
    rng = np.random.default_rng(2)
    stream, start = rng.normal(size=(40, 1, 6)), rng.normal(size=(1, 6))
    rule = typed_rule("My rule", text)()
    path = follow([rule], stream, start, 0.05)
    with instead_of_torch():
        kind = made(torch_code(rule, 0.05))
    params = [tensor(start[0, :2]), tensor(start[0, 2:].reshape(2, 2))]
    optimizer = kind(params)
    for (gradient,) in stream:
        params[0].grad, params[1].grad = tensor(gradient[:2]), tensor(gradient[2:].reshape(2, 2))
        optimizer.step()
    ended = np.concatenate([one.ravel() for one in params])
    np.testing.assert_allclose(ended, path[-1, 0], rtol=1e-11, atol=1e-11)


def test_pytorch_takes_a_norm_of_all_parameters_of_a_group():
    code = torch_code(typed_rule("Mine", "direction = g/(norm(g) + 1)")(), 0.1)

    assert "torch.cat([p.grad.flatten() for p in parts])" in code
    assert "torch.linalg.vector_norm(g)" in code


@pytest.mark.parametrize(
    ("title", "name"),
    [("My Adam", "MyAdam"), ("아담", "TypedRule"), ("2 fast", "TypedRule"), ("rule", "TypedRule")],
)
def test_a_class_is_named_by_its_title_where_that_makes_a_name(title, name):
    assert class_name(title) == name


@given(st.sampled_from(list(TEXTS)), st.text(alphabet="aB3 -+(),'", max_size=20))
def test_code_never_breaks_with_the_title(text, title):
    rule = typed_rule(f"x{title}y", TEXTS[text])()

    for _, write in CODE.values():
        ast.parse(write(rule, 0.1))
    ast.parse(script_class(type(rule)))


@pytest.mark.usefixtures("nothing_drawn")
def test_the_scripts_of_a_bundle_have_the_class_and_its_values():
    rule = typed_rule("My rule", own.ADAM)(beta1=0.5)
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
        runs=[Run(optimizer=rule, learning_rate=0.1, batch_size=10)],
        budget=Budget(amount=2),
    )
    files = bundle(with_default_view(experiment), fit(experiment))

    left_out = json.loads(files["manifest.json"])["left_out"]
    assert not any(name.startswith("scripts/") for name in left_out)
    for name, framework in FRAMEWORKS.items():
        script = files[f"scripts/{name}_1.py"].decode()
        words = " ".join(ast.get_docstring(ast.parse(script)).split())
        assert "There is no translation" not in words
        assert f"My rule was typed, so it is no optimizer of {framework.LIBRARY.title}" in words
        assert ("; the page Your own rule writes it as one." in words) == (name in CODE)
        assert "class MyRule(Rule):" in script
        assert "rule = MyRule(beta1=0.5, beta2=0.999, epsilon=1e-08)" in script
