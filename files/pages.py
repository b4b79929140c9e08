"""How each page is looked at: what a link or file says about a page beyond its experiment."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from engine.spec import Spec


class TrainingPage(Spec):
    """The Compare page; all that it shows is in the view itself."""

    name: Literal["training"] = "training"


class SurfacesPage(Spec):
    """The Surfaces page.

    Attributes:
        surface: "function" is the page's own problem, "network" the Compare page's.
    """

    name: Literal["surfaces"] = "surfaces"
    surface: Literal["function", "network"] = "function"


class EpochsPage(Spec):
    """The Epochs page; it works on the Compare page's experiment."""

    name: Literal["epochs"] = "epochs"


class BackpropagationPage(Spec):
    """The Backpropagation page."""

    name: Literal["backpropagation"] = "backpropagation"


PAGES: Final = (TrainingPage, SurfacesPage, EpochsPage, BackpropagationPage)

AnyPage = Annotated[
    TrainingPage | SurfacesPage | EpochsPage | BackpropagationPage, Field(discriminator="name")
]
