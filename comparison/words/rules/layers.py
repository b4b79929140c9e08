"""Rules of whole layers, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import LAMB, LARS, SOAP, Adafactor, Muon, Shampoo
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        Muon: RuleWords(
            N_(
                "Remembers a fading mean of the gradients, and steps along a nearly orthogonal"
                " matrix in its place: along all directions of a layer about equally far. Here a"
                " layer is one matrix with p rows, a unit each, and q columns, the biases being the"
                " last one. The steps do not get shorter near the minimum, and a layer with a"
                " single row gets no more than momentum of a fixed length, 0.7 η."
            ),
            (
                N_(
                    "PyTorch has this form, but computes it in 16 bits, which makes a difference of"
                    " 0.004 to 0.009 in 60 updates of small matrices. Its Muon leaves biases to"
                    " another optimizer, and has λ = 0.1 unless told otherwise."
                ),
                N_(
                    "Keras scales the step by 0.2 √max(p, q), and here it is √max(1, p / q): its"
                    " rate η is 0.2 √q η here."
                ),
                N_(
                    "Optax corrects both parts of n for their start at zero, which makes a"
                    " difference of 0.01 to 0.02 in 60 updates, and takes the rows of a matrix for"
                    " its inputs."
                ),
                N_("The author leaves biases, the first and the last layer to AdamW."),
            ),
        ),
        LAMB: RuleWords(
            N_(
                "Remembers the two averages of Adam, and makes the step of every layer as long as"
                " the layer itself: with η = 0.01 it moves by a hundredth of its own norm, however"
                " large its gradients are. Here a layer is one matrix of its weights and biases. It"
                " was made for very large batches; near the minimum the steps do not get shorter,"
                " so it needs a rate that falls."
            ),
            (
                N_(
                    "PyTorch has no LAMB; Optax and timm have this form, but take the weights and"
                    " the biases of a layer as two."
                ),
                N_(
                    "Keras adds the weight decay after the ratio of norms, which is the same while"
                    " λ = 0, and has ε = 0.0000001 unless told otherwise."
                ),
                N_(
                    "The package pytorch-optimizer does not correct v for its start, corrects m"
                    " outside the ratio, and counts norms above 10 as 10: with β₁ = 0.9 its first"
                    " step is 10 times as long."
                ),
            ),
        ),
        LARS: RuleWords(
            N_(
                "Remembers a velocity as Momentum does, but first makes the gradient of every layer"
                " as long as the share κ of the layer itself. Here a layer is one matrix of its"
                " weights and biases. So SGD can train with very large batches, but gradients do"
                " not get shorter near the minimum, and it needs a rate that falls."
            ),
            (
                N_("PyTorch and Keras have no LARS; timm has this form."),
                N_("The package pytorch-optimizer has this form, but for matrices alone."),
                N_(
                    "Optax divides by the norm of g + λ θ, which is the same while λ = 0 and makes"
                    " a difference of 0.2 to 0.3 in 60 updates with λ = 0.05. It keeps η inside the"
                    " velocity, which shows only where η changes."
                ),
            ),
        ),
        Shampoo: RuleWords(
            N_(
                "Remembers for every layer which of its rows, and which of its columns, had"
                " gradients together; here a layer is one matrix, the biases being its last column."
                " Directions that were steep so far get shorter steps, even where a direction mixes"
                " many parameters, which Adagrad cannot do. As in Adagrad all steps get shorter and"
                " shorter, and the roots of the matrices take long for wide layers."
            ),
            (
                N_(
                    "PyTorch and Keras have no Shampoo; the package pytorch-optimizer has this"
                    " form, with a momentum that is left out here."
                ),
                N_(
                    "The package torch-optimizer has the exponent −1/2 instead of −1/4, and its R"
                    " gathers the gradient that L has already changed: a difference of 0.08 to 0.11"
                    " in 60 updates."
                ),
            ),
        ),
        SOAP: RuleWords(
            N_(
                "Remembers fading means of the two matrices of Shampoo, and runs Adam along their"
                " axes instead of along single parameters; here a layer is one matrix, the biases"
                " being its last column. The axes are renewed every f updates only, so it costs"
                " less than Shampoo, and its steps do not die out. The first update only finds the"
                " axes, and those that the first gradient leaves open are chosen by rounding: the"
                " same rows in another order lead another way."
            ),
            (
                N_(
                    "PyTorch and Keras have no SOAP; the code of the authors and the package"
                    " pytorch-optimizer have this form, with η = 0.003 and λ = 0.01 unless told"
                    " otherwise. They renew the axes in 32 bits, which makes a difference of"
                    " 0.0000001 in 60 updates."
                ),
            ),
        ),
        Adafactor: RuleWords(
            N_(
                "Remembers for every layer only the mean squares of its rows and of its columns,"
                " whose product stands for the squares of all its parameters, so that large models"
                " need hardly more memory than for themselves; here a layer is one matrix, the"
                " biases being its last column. The gradient is divided by the root, as in RMSprop,"
                " and η is a share of the layer's own size. It has no momentum, and the product can"
                " be far from the squares."
            ),
            (
                N_(
                    "PyTorch has this form, but takes no more than 1 / √t for η, as the paper and"
                    " Keras do; that is left out here, and makes no difference while η is less."
                ),
                N_(
                    "PyTorch, Keras and Optax take the biases of a layer as a vector of their own,"
                    " with a size of its own."
                ),
                N_(
                    "The paper, Keras and Optax add 1e-30 to the squares instead of ε₁, which shows"
                    " in the last digits. Optax factors only matrices with 128 rows and columns or"
                    " more, unless told otherwise."
                ),
            ),
        ),
    }
)
