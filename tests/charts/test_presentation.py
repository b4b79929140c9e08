"""Charts for a projector: the same lines and numbers, larger."""

import pytest

from charts.presentation import enlarged
from charts.theme import RunStyle
from comparison.catalogue import losses
from comparison.fits import fits
from engine import fit
from tests.driven import small

STYLES = [RunStyle("SGD", 0), RunStyle("Adam", 1)]


@pytest.fixture(scope="module")
def history():
    return fit(small())


def sizes(figure):
    """The size of every text that names one, and of the common text."""
    yield figure.layout.font.size
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        yield from (axis.tickfont.size, axis.title.font.size)
    yield from (note.font.size for note in figure.layout.annotations)


def test_every_text_can_be_read_from_the_last_row(history):
    for chart in (
        losses(history, STYLES, "training_loss", "epochs", log=True),
        fits(history, STYLES, 5.0),
    ):
        assert min(sizes(enlarged(chart.figure))) >= 16


def test_lines_are_thicker_and_draw_the_same(history):
    chart = losses(history, STYLES, "training_loss", "epochs", log=True)
    large = enlarged(chart.figure)

    for thin, thick in zip(chart.figure.data, large.data, strict=True):
        assert thick.line.width > thin.line.width
        assert (thick.x == thin.x).all()
        assert (thick.y == thin.y).all()


def test_the_height_is_that_of_the_screen_and_the_chart_itself_stays(history):
    chart = losses(history, STYLES, "training_loss", "epochs", log=True)
    before = chart.figure.to_json()

    assert enlarged(chart.figure).layout.height is None
    assert chart.figure.to_json() == before
