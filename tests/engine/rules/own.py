"""Rules as readers type them, for tests."""

SGD = "direction = g"
MOMENTUM = "momentum = 0.9 in [0, 1)\nv = momentum*v + g\ndirection = v"
RMSPROP = (
    "decay = 0.9 in [0, 1)\nepsilon = 1e-8 in [1e-16, 1]\n"
    "v = decay*v + (1 - decay)*g^2\ndirection = g/(sqrt(v) + epsilon)"
)
BETAS = "beta1 = 0.9 in [0, 1)\nbeta2 = 0.999 in [0, 1)\n"
ADAM = (
    f"{BETAS}epsilon = 1e-8 in [1e-16, 1]\n"
    "m = beta1*m + (1 - beta1)*g\nv = beta2*v + (1 - beta2)*g^2\n"
    "direction = m/(1 - beta1^t) / (sqrt(v/(1 - beta2^t)) + epsilon)"
)
ADABELIEF = (
    f"{BETAS}epsilon = 1e-16 in (0, 1]\n"
    "m = beta1*m + (1-beta1)*g\n"
    "s = beta2*s + (1-beta2)*(g-m)^2 + epsilon\n"
    "direction = (m/(1-beta1^t)) / (sqrt(s/(1-beta2^t)) + epsilon)"
)
# Everything that a text may have: norms, a line that is no slot, a slot that is copied, all kinds
# of functions, parameters, and a power by a constant.
MANY = (
    "p = 1.5 in [0.5, 3]\nclip = 2 in (0, 10]\n"
    "last = g\n"
    "length = norm(g)\n"
    "u = g*min(1, clip/(length + 1e-9)) + 0.1*last\n"
    "a = 0.9*a + abs(u)^p\n"
    "n_hat = norm(a)/(1 + t)\n"
    "direction = sign(u)*sqrt(a) + tanh(u)*exp(-n_hat) + 0.01*params - max(u, -0.5)*relu(u)"
)
