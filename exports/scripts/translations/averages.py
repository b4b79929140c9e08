"""Rules that report an average of where they have been, in other libraries.

A script compares the losses of batches, which are those where the gradient is taken.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import AveragedSGD, ScheduleFreeAdamW, ScheduleFreeSGD
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        ScheduleFreeSGD: Translation(
            optax=(
                "contrib.schedule_free_sgd(\n    $learning_rate, b1=$momentum,"
                " weight_decay=$weight_decay\n)"
            ),
        ),
        ScheduleFreeAdamW: Translation(
            optax=(
                "contrib.schedule_free_adamw(\n    $learning_rate, b1=$momentum, b2=$beta2,"
                " eps=$epsilon, weight_decay=$weight_decay\n)"
            ),
            differences={
                "keras": N_(
                    "Keras gives all steps the same weight in the mean while the learning rate"
                    " changes, and its weight decay moves the mean as well."
                )
            },
        ),
        AveragedSGD: Translation(
            differences={
                "pytorch": N_(
                    "PyTorch keeps the mean beside its SGD, in"
                    " torch.optim.swa_utils.AveragedModel; its ASGD leaves the first iterate out."
                )
            },
        ),
    }
)
