"""Colours that everybody can tell apart, on both backgrounds, and a layout of our own."""

import tomllib
from pathlib import Path

import plotly.graph_objects as go
import plotly.io
import pytest

from charts.theme import COLOURS, TEXT, RunStyle, layout, translucent

THEME = tomllib.loads(Path(".streamlit/config.toml").read_text("utf-8"))["theme"]
STYLES = Path("ui/shell/style.css")
DIFFERENT_PAIRS = 24


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WebAIM's checker


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_line_stands_out_from_the_background(colour, theme):
    assert contrast(colour, THEME[theme]["backgroundColor"]) >= 3


def test_no_two_runs_of_a_house_full_look_alike():
    styles = [RunStyle("run", number) for number in range(DIFFERENT_PAIRS)]

    assert len({(style.colour, style.dash) for style in styles}) == DIFFERENT_PAIRS


@pytest.mark.parametrize("number", range(DIFFERENT_PAIRS))
def test_neighbours_differ_in_colour_and_in_dash(number):
    one, next_one = RunStyle("one", number), RunStyle("next", number + 1)

    assert one.colour != next_one.colour
    assert one.dash != next_one.dash


@pytest.mark.parametrize("number", [0, 11, 23, 24, 1000])
def test_every_number_has_a_look_that_plotly_knows(number):
    style = RunStyle("run", number)

    line = go.Scatter(line={"color": style.colour, "dash": style.dash}).line
    assert (line.color, line.dash) == (style.colour, style.dash)


def test_a_figure_does_not_depend_on_plotlys_process_wide_template(monkeypatch):
    """Streamlit sets one with placeholders, which turn exports black."""
    plain = go.Figure(layout=layout(300)).to_json()
    monkeypatch.setattr(plotly.io.templates, "default", "plotly_dark")

    assert go.Figure(layout=layout(300)).to_json() == plain


def test_a_figures_own_options_go_over_the_common_layout():
    options = layout(300, xaxis={"title": "Epochs"}, showlegend=True)

    assert options["height"] == 300
    assert options["showlegend"]
    assert options["xaxis"]["title"] == "Epochs"
    assert options["xaxis"]["gridcolor"] == options["yaxis"]["gridcolor"]
    assert "title" not in layout(300)["xaxis"]


def test_a_translucent_colour_keeps_its_red_green_and_blue():
    assert translucent("#0072b2", 0.18) == "rgba(0, 114, 178, 0.18)"
    assert translucent("#ffffff", 1) == "rgba(255, 255, 255, 1)"


def test_text_without_a_colour_is_known_to_the_style_sheet_and_can_be_seen_without_it():
    channels = ", ".join(str(int(TEXT[start : start + 2], 16)) for start in (1, 3, 5))

    assert layout(300)["font"]["color"] == TEXT
    assert f'.annotation-text[style*="rgb({channels})"]' in STYLES.read_text("utf-8")
    for theme in THEME.values():
        if isinstance(theme, dict) and "backgroundColor" in theme:
            assert contrast(TEXT, theme["backgroundColor"]) >= 4.2
