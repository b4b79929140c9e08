"""Rules as other libraries have them, from formulas: the recorded answers, which are not ours.

So what docstrings and words say of them holds, and by how much paths differ.
"""

import numpy as np
import pytest

from engine.problems.functions import Ravine
from tests.engine.rules.test_references import answers, followed, recorded


def amsgrad_of_corrected(g, t, p, s):
    m_hat, v_hat = adam(g, t, p, s)
    s["w"] = np.maximum(s["w"], v_hat)
    return m_hat / (np.sqrt(s["w"]) + p["epsilon"])


def amsgrad_of_the_paper(g, t, p, s):
    adam(g, t, p, s)
    s["w"] = np.maximum(s["w"], s["v"])
    return s["m"] / (np.sqrt(s["w"]) + p["epsilon"])


def nadam_of_keras(g, t, p, s):
    mu, mu_next = (p["beta1"] * (1 - 0.5 * 0.96**step) for step in (t, t + 1))
    s["product"] = s.get("product", 1.0) * mu
    _, v_hat = adam(g, t, p, s)
    ahead = mu_next * s["m"] / (1 - s["product"] * mu_next) + (1 - mu) * g / (1 - s["product"])
    return ahead / (np.sqrt(v_hat) + p["epsilon"])


def nadam_without_schedule(g, t, p, s):
    _, v_hat = adam(g, t, p, s)
    b = p["beta1"]
    ahead = b * s["m"] / (1 - b ** (t + 1)) + (1 - b) * g / (1 - b**t)
    return ahead / (np.sqrt(v_hat) + p["epsilon"])


def radam_with_epsilon_afterwards(g, t, p, s, threshold=5):
    m_hat, v_hat = adam(g, t, p, s)
    power, longest = p["beta2"] ** t, 2 / (1 - p["beta2"]) - 1
    length = longest - 2 * t * power / (1 - power)
    if length <= threshold:
        return m_hat
    r = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return np.sqrt(r) * m_hat / (np.sqrt(v_hat) + p["epsilon"])


def radam_from_4_on(g, t, p, s):
    return radam_with_epsilon_afterwards(g, t, p, s, threshold=4)


def adamax_of_keras(g, t, p, s):
    m_hat, _ = adam(g, t, p, s)
    s["u"] = np.maximum(p["beta2"] * s["u"], np.abs(g))
    return m_hat / (s["u"] + p["epsilon"])


def yogi_from_1e_6(g, t, p, s):
    if t == 1:
        s["m"], s["y"] = np.full_like(g, 1e-6), np.full_like(g, 1e-6)
    m_hat, _ = adam(g, t, p, s)
    s["y"] = s["y"] - (1 - p["beta2"]) * np.sign(s["y"] - g**2) * g**2
    return m_hat / (np.sqrt(s["y"] / (1 - p["beta2"] ** t)) + p["epsilon"])


def adan(g, t, p, s, weight):
    change = g - s.get("last", g)
    s["last"] = g
    s["m"] = p["beta1"] * s["m"] + (1 - p["beta1"]) * g
    s["v"] = p["beta2"] * s["v"] + (1 - p["beta2"]) * change
    s["n"] = p["beta3"] * s["n"] + (1 - p["beta3"]) * (g + weight * change) ** 2
    m, v, n = (s[x] / (1 - p[b] ** t) for x, b in (("m", "beta1"), ("v", "beta2"), ("n", "beta3")))
    return (m + weight * v) / (np.sqrt(n) + p["epsilon"])


def adan_of_optax(g, t, p, s):
    return adan(g, t, p, s, 1 - p["beta2"]) + p["weight_decay"] * s["params"]


def adan_of_the_paper(g, t, p, s):
    decay = p["weight_decay"]
    return (adan(g, t, p, s, p["beta2"]) + decay * s["params"]) / (1 + s["rate"] * decay)


def adam(g, t, p, s):
    """Both averages, corrected."""
    s["m"] = p["beta1"] * s["m"] + (1 - p["beta1"]) * g
    s["v"] = p["beta2"] * s["v"] + (1 - p["beta2"]) * g**2
    return s["m"] / (1 - p["beta1"] ** t), s["v"] / (1 - p["beta2"] ** t)


FORMS = {
    ("amsgrad", "maximum of the corrected v"): amsgrad_of_corrected,
    ("amsgrad", "no correction (paper)"): amsgrad_of_the_paper,
    ("nadam", "momentum_decay = 1"): nadam_of_keras,
    ("nadam", "no momentum schedule (momentum_decay = infinity)"): nadam_without_schedule,
    ("radam", "epsilon after the correction"): radam_with_epsilon_afterwards,
    ("radam", "paper's threshold 4"): radam_from_4_on,
    ("adamax", "epsilon added after the maximum"): adamax_of_keras,
    ("yogi", "both averages start at 1e-6 (the libraries' default)"): yogi_from_1e_6,
    ("adan", "difference weighted by 1 - beta2 (optax)"): adan_of_optax,
    (
        "adan",
        "proximal decay: all divided by 1 + rate * weight_decay (paper)",
    ): adan_of_the_paper,
}
RECORDED = [
    (entry, result)
    for entry in recorded()["entries"]
    for result in entry["results"][1:]
    if (entry["rule"], result["form"]) in FORMS
]


def path_of(form, entry):
    """Parameters of every step, ``(steps + 1, n_params)``.

    A form is given gradient, step, hyperparameters and what it remembers, and returns a direction.
    """
    stream, start, rate = None, np.array([-7.0, 2.0]), entry["learning_rate"]
    if entry["problem"] != "A":
        given = recorded()["streams"][entry["problem"]]
        stream, start = np.array(given["gradients"]), np.array(given["start"])
    path = [start]
    kept = {name: np.zeros_like(start) for name in "mvwun"} | {"rate": rate}
    for step in range(1, entry["steps"] + 1):
        kept["params"] = path[-1]
        grads = Ravine().gradient(path[-1][None])[0] if stream is None else stream[step - 1]
        path.append(path[-1] - rate * form(grads, step, entry["hyperparameters"], kept))
    return np.array(path)


@pytest.mark.parametrize(
    ("entry", "result"),
    RECORDED,
    ids=[f"{entry['rule']}-{entry['problem']}-{result['form']}" for entry, result in RECORDED],
)
def test_another_form_gives_its_recorded_answer_and_differs_from_ours_as_said(entry, result):
    theirs = path_of(FORMS[entry["rule"], result["form"]], entry)
    ours, _ = followed(entry)

    points, _ = answers(result)
    for step, expected in points.items():
        np.testing.assert_allclose(theirs[step], expected, rtol=1e-12, atol=1e-12)
    apart = np.abs(theirs - ours) / (1 + np.abs(ours))
    assert apart.max() == pytest.approx(result["from_recommended"], rel=1e-5)


def test_without_a_rising_momentum_the_first_step_of_nadam_is_half_as_long_again():
    given = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-16}

    first = nadam_without_schedule(np.ones(1), 1, given, {"m": np.zeros(1), "v": np.zeros(1)})

    assert first == pytest.approx(1 + 0.9 / 1.9)


def test_every_form_is_recorded():
    assert {(entry["rule"], result["form"]) for entry, result in RECORDED} == set(FORMS)
