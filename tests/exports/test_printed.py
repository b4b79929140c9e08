"""Charts as pages and pictures: what leaves is what is shown."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

import exports.printed
from charts.counts import count_bars
from charts.curves import loss_curves
from charts.graph import graph_drawing
from charts.surfaces import Field, relief
from charts.theme import RunStyle
from engine import Budget, Experiment, Plan, fit
from engine.backprop.examples import EXAMPLES
from engine.formulas.graph import differentiate
from exports.markup import FONTS, plotly_script
from exports.printed import (
    CannotRender,
    caption_lines,
    to_html,
    to_images,
    why_no_pictures,
)
from language import set_language
from tests.exports.hostile import NAMES

EQUAL, UNEQUAL = ("the same start", "one seed"), ("batch sizes differ",)
CLEAR = "rgba(0, 0, 0, 0)"


def printed(*arguments):
    """A printed chart, checked by plotly."""
    return go.Figure(exports.printed.printed(*arguments))


@pytest.fixture(scope="module")
def chart():
    history = fit(Experiment(budget=Budget(amount=4)))
    styles = [RunStyle(name, number) for number, name in enumerate(NAMES[:7])]
    return loss_curves(history, styles, "training_loss", "epochs", log=True)


def test_what_is_printed_has_the_points_of_the_screen(chart):
    drawing, screen = exports.printed.printed(chart, (EQUAL, UNEQUAL)), chart.figure.to_dict()

    assert drawing["data"] == screen["data"]
    assert drawing["layout"]["yaxis"] == screen["layout"]["yaxis"]


def test_paper_has_colours_of_its_own_and_the_screen_keeps_its_own(chart):
    figure = printed(chart, (EQUAL, UNEQUAL))

    assert (figure.layout.paper_bgcolor, figure.layout.plot_bgcolor) == ("white", "white")
    assert figure.layout.font.color == "#1a1a1a"
    assert figure.layout.template.layout.colorway[0] == "#0072b2"
    assert chart.figure.layout.paper_bgcolor == CLEAR
    assert chart.figure.layout.title.text is None


def test_paper_does_not_move_and_a_page_does():
    example = EXAMPLES["apples"]
    moving = graph_drawing(example.graph, differentiate(example.graph, example.point), 0, {})
    still = printed(moving, (EQUAL, UNEQUAL))

    assert (still.layout.sliders, still.layout.updatemenus) == ((), ())
    assert len(moving.figure.layout.sliders) == len(moving.figure.layout.updatemenus) == 1
    page = to_html(moving, (EQUAL, UNEQUAL), "graph", shared=True).decode()
    assert '"sliders"' in page
    assert page.count("100 × 2 = 200") + page.count(r"100 \u00d7 2 = 200") >= 1


def test_the_contract_is_the_caption(chart):
    text = printed(chart, (EQUAL, UNEQUAL)).layout.title.text

    assert text == "the same start · one seed · <b>batch</b> <b>sizes</b> <b>differ</b>"


def test_a_long_caption_is_broken_and_gets_its_room(chart):
    short, long = (printed(chart, (EQUAL * n, UNEQUAL)) for n in (1, 30))

    assert long.layout.title.text.count("<br>") > 3
    # A letter of DejaVu Sans, the widest of the fonts, is 6.5 pixels wide in the mean.
    assert all(6.5 * len(line) < 900 for line in caption_lines((EQUAL * 30, ()), 900))
    plot = [f.layout.height - f.layout.margin.b for f in (short, long)]
    assert plot[0] == plot[1]


def test_an_axis_title_of_two_lines_gets_its_room_above_the_caption():
    plans = [Plan(rows=1_000, batch_size=size, epochs=50) for size in (1_000, 1)]
    two, one = (printed(count_bars(some), (EQUAL, ())) for some in (plans, plans[:1]))
    titles = [figure.layout.xaxis.title.text for figure in (two, one)]

    assert [title.count("<br>") for title in titles] == [1, 0]
    assert two.layout.margin.b - one.layout.margin.b == 23


@pytest.mark.parametrize("title", ["Norm of the full gradient (median of 3 seeds)", "손실 " * 20])
@pytest.mark.parametrize("domain", [(0, 1), (0.6, 1)])
def test_an_upright_title_is_no_longer_than_its_axis(chart, title, domain):
    figure = go.Figure(chart.figure)
    figure.update_yaxes(title=title, domain=domain)
    drawn = printed(chart._replace(figure=figure), (EQUAL, ()))
    lines = drawn.layout.yaxis.title.text.split("<br>")
    room = drawn.layout.height - drawn.layout.margin.b - drawn.layout.margin.t

    assert " ".join(lines) == title.strip()
    assert len(lines) > 1
    # Hangul is two letters wide.
    widths = [9 * sum(2 if mark > "\u1100" else 1 for mark in line) for line in lines]
    assert max(widths) < room * (domain[1] - domain[0])
    assert figure.layout.yaxis.title.text == title  # on screen it stays as it is


def test_numbers_are_written_in_a_font_that_a_pdf_can_hold_as_text():
    """Fonts of Hangul have Latin letters too, and outlines that a PDF holds as drawings."""
    families = [family.strip(" '") for family in FONTS.split(",")]
    hangul = [place for place, family in enumerate(families) if "KR" in family or "Goth" in family]

    assert len(hangul) == 5
    assert {"Arial", "Liberation Sans", "DejaVu Sans"} <= set(families[: hangul[0]])


def test_korean_takes_twice_the_width():
    lines = [len(caption_lines(([mark * 20] * 30, ()), 900)) for mark in ("a", "가")]

    assert 1.6 < lines[1] / lines[0] < 2.4


def test_without_a_contract_there_is_no_caption(chart):
    figure = printed(chart, ((), ()))

    assert figure.layout.title.text == ""
    assert figure.layout.height == chart.figure.layout.height


def test_a_size_that_was_chosen_is_kept(chart):
    figure = printed(chart, (EQUAL, UNEQUAL), 1_600, 900)

    assert (figure.layout.width, figure.layout.height) == (1_600, 900)


def test_a_page_is_little_more_than_plotly(chart):
    content = to_html(chart, (EQUAL, UNEQUAL), "loss")

    assert len(plotly_script()) < len(content) < len(plotly_script()) + 2**20


def test_a_page_that_shares_plotly_is_small(chart):
    content = to_html(chart, (EQUAL, UNEQUAL), "loss", shared=True).decode()

    assert len(content) < 200_000
    assert re.findall(r'<script[^>]* src="([^"]*)"', content) == ["plotly.min.js"]


def test_no_name_becomes_markup(chart):
    content = to_html(chart, (NAMES, NAMES), "loss", source=str(NAMES), shared=True).decode()

    assert content.count("<script") == content.count("</script>") == 3
    assert not re.search(r"<(img|a|span)\b", content)
    assert "connect-src" not in content  # nothing is allowed there
    assert "default-src 'none'" in content


def test_a_page_neither_uploads_nor_advertises(chart):
    content = to_html(chart, (EQUAL, UNEQUAL), "loss", shared=True).decode()

    assert '"showSendToCloud": false' in content
    assert '"filename": "descent-lab-loss"' in content


def test_the_page_speaks_the_language(chart):
    set_language("ko")
    content = to_html(chart, (EQUAL, UNEQUAL), "loss", shared=True).decode()

    assert '<html lang="ko">' in content


def test_without_kaleido_the_reader_is_told_what_to_install(monkeypatch, chart):
    monkeypatch.setattr(exports.printed, "find_spec", lambda _name: None)

    with pytest.raises(CannotRender, match="pip install kaleido"):
        to_images([printed(chart, (EQUAL, ()))], "png")


def test_without_a_browser_the_reader_is_told_what_to_install(monkeypatch, chart):
    monkeypatch.setattr(exports.printed, "_browser", lambda: None)

    with pytest.raises(CannotRender, match="Chrome or Chromium"):
        to_images([printed(chart, (EQUAL, ()))], "png")


def test_drawing_ends_in_time(monkeypatch, chart):
    async def never(*_args):
        raise TimeoutError

    monkeypatch.setattr(exports.printed, "why_no_pictures", lambda: None)
    monkeypatch.setattr(exports.printed, "_drawn", never)

    with pytest.raises(CannotRender, match="too long"):
        to_images([printed(chart, (EQUAL, ()))], "png")


def test_a_drawing_that_never_ends_is_tried_once_more(monkeypatch, chart):
    answers = iter([TimeoutError(), [b"picture"]])

    async def at_the_second_try(*_args):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(exports.printed, "why_no_pictures", lambda: None)
    monkeypatch.setattr(exports.printed, "_drawn", at_the_second_try)

    assert to_images([printed(chart, (EQUAL, ()))], "png") == [b"picture"]


def test_a_failure_is_no_traceback(monkeypatch, chart):
    async def broken(*_args):
        raise RuntimeError("no display")

    monkeypatch.setattr(exports.printed, "why_no_pictures", lambda: None)
    monkeypatch.setattr(exports.printed, "_drawn", broken)

    with pytest.raises(CannotRender, match="could not be drawn"):
        to_images([printed(chart, (EQUAL, ()))], "png")


def test_the_caption_begins_with_what_is_said_of_the_chart_alone(chart):
    figure = printed(chart._replace(remarks=("Step 3.", "seed 7")), (EQUAL, UNEQUAL))

    assert figure.layout.title.text.startswith("Step 3 · seed 7 · the same start")


def test_three_dimensions_have_no_axis_below_them(chart):
    field = Field(np.arange(3.0), np.arange(3.0), np.arange(9.0).reshape(3, 3))
    deep, flat = (printed(made, (EQUAL, ())) for made in (relief(field, []), chart))

    assert deep.layout.margin.b + 50 < flat.layout.margin.b
    assert deep.layout.margin.b >= 16  # the caption's line


def test_a_browser_that_is_installed_later_is_found(monkeypatch):
    chromium = pytest.importorskip("choreographer.browsers.chromium").Chromium
    found = iter([None, "/usr/bin/chrome"])
    monkeypatch.setattr(chromium, "find_browser", lambda **_options: next(found))

    assert "Install Chrome" in why_no_pictures()
    assert why_no_pictures() is None
