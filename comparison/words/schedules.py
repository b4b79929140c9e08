"""What each schedule does, in words, and where other libraries differ."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    MultiStep,
    OneCycle,
    PolynomialDecay,
    ReduceOnPlateau,
    Step,
    Triangular,
    WarmRestarts,
    WarmUpStableDecay,
)
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules.schedules import Schedule

# What a schedule does to the rate of every update, and a warm-up to the first ones, in LaTeX.
SCHEDULED: Final = r"\eta = \eta_0\,f_t"
WARM_UP: Final = r"t \le w: \quad f_t = t / w \\ t > w: \quad k = t - 1 - w"

WARM_UP_WORDS: Final = RuleWords(
    N_(
        "A warm-up lets the rate grow evenly over the first updates, until averages of the rule"
        " have filled and the steepest slopes are left behind. The schedule begins after it."
    ),
    (
        N_(
            "Here the first update has the factor 1/w, as in PyTorch's LinearLR with that start."
            " By default LinearLR starts at 1/3."
        ),
        N_(
            "The ready-made warm-ups of Optax and Keras start at 0, so that their first update"
            " does nothing."
        ),
    ),
)

SCHEDULE_WORDS: Final[Mapping[type[Schedule], RuleWords]] = MappingProxyType(
    {
        Constant: RuleWords(
            N_(
                "The rate stays as it is. With a noisy gradient the run ends up jumping about near"
                " the minimum, the further the higher the rate is."
            ),
            (),
        ),
        Step: RuleWords(
            N_(
                "The rate stays as it is for some time, then falls by a factor, again and again."
                " The loss often drops right after such a step, because the noise does."
            ),
            (
                N_("PyTorch, Keras and Optax agree, if all count updates."),
                N_(
                    "PyTorch counts calls of its scheduler, which are epochs in most examples;"
                    " Keras and Optax count updates."
                ),
            ),
        ),
        MultiStep: RuleWords(
            N_(
                "The rate falls by the same factor at times that you choose, such as after a half"
                " and after three quarters of the run."
            ),
            (
                N_("PyTorch and Optax change the rate in the same update as here."),
                N_("Keras changes it one update later."),
            ),
        ),
        Exponential: RuleWords(
            N_(
                "The rate falls by the same factor in every epoch, evenly in between. It soon"
                " becomes tiny, so that the total distance a run can go is limited."
            ),
            (
                N_(
                    "PyTorch, Keras and Optax agree if all count updates. Where PyTorch is called"
                    " once per epoch, the rate falls in steps."
                ),
            ),
        ),
        InverseTime: RuleWords(
            N_(
                "The rate falls fast at first and ever more slowly, like 1/t. This is slow enough"
                " to reach any place, and fast enough for the noise to die out."
            ),
            (N_("Keras has this form; PyTorch and Optax have none."),),
        ),
        PolynomialDecay: RuleWords(
            N_(
                "The rate falls along a straight line, or a power of one, to an end value at the"
                " end of the run."
            ),
            (
                N_(
                    "PyTorch, Keras and Optax agree. The end value would be that of the update"
                    " after the last one; beyond it, all of them hold it."
                ),
            ),
        ),
        Cosine: RuleWords(
            N_(
                "The rate falls along half a wave: slowly at first, fast in the middle, and slowly"
                " towards the end of the run. There is no time to choose but the length of the run."
            ),
            (
                N_(
                    "PyTorch, Keras and Optax agree up to the end. The end value would be that of"
                    " the update after the last one."
                ),
                N_("Beyond the end PyTorch's rate rises again; the others hold it, as here."),
            ),
        ),
        WarmRestarts: RuleWords(
            N_(
                "The rate falls along a cosine and jumps back to the top, in cycles that may grow"
                " longer. A jump can leave a narrow minimum; just before it the loss is lowest."
            ),
            (
                N_("PyTorch, Keras and Optax agree. No update has the end value itself."),
                N_("Optax' own function adds a warm-up to every cycle if asked to."),
            ),
        ),
        OneCycle: RuleWords(
            N_(
                "The rate climbs from a small start to the full rate, then falls far below the"
                " start, once in the whole run. Its peak may be higher than any constant rate that"
                " works."
            ),
            (
                N_(
                    "This is PyTorch's form: the last update has the end value exactly, and"
                    " another update would be an error there."
                ),
                N_(
                    "Optax and fastai reach their end one update after the last; Optax has its"
                    " peak one update later, too."
                ),
                N_(
                    "PyTorch and fastai lower the momentum while the rate is high, by default."
                    " Here the momentum stays."
                ),
            ),
        ),
        Triangular: RuleWords(
            N_(
                "The rate rises and falls along straight lines between two values, again and"
                " again, perhaps less high each time."
            ),
            (
                N_("PyTorch has this form, in its modes “triangular” and “triangular2”."),
                N_(
                    "By default PyTorch lowers the momentum while the rate is high. Here the"
                    " momentum stays."
                ),
            ),
        ),
        WarmUpStableDecay: RuleWords(
            N_(
                "After a warm-up the rate stays at its full height, and falls only in the last"
                " part. So a run can be made longer without starting again: the fall comes later."
            ),
            (
                N_(
                    "pytorch-optimizer has this form with a warm-up from 0. Neither reaches 0"
                    " within the run; after its end it would be 0 there, and the last value here."
                ),
            ),
        ),
        ReduceOnPlateau: RuleWords(
            N_(
                "The rate falls whenever the validation loss has not improved for more than some"
                " epochs. Each seed falls at times of its own."
            ),
            (
                N_(
                    "This is PyTorch's rule: the epoch after the last one that is borne lowers"
                    " the rate. Keras and Optax lower it one epoch sooner."
                ),
                N_("PyTorch leaves out changes of the rate that are smaller than 1e-8."),
            ),
        ),
    }
)
