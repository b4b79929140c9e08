"""Self-contained pages with interactive charts: they open offline and fetch nothing."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from html import escape
from typing import Any, Final

import plotly.io as pio
from plotly.offline import get_plotlyjs

from charts.theme import PAPER_TEXT
from language import current_language
from storage.writing import file_name

SHARED_SCRIPT: Final = "plotly.min.js"

# The page may run its own code and load a script beside it; it may fetch nothing from anywhere, no
# matter what a name in it contains. Charts in three dimensions compile functions.
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' file: 'self';"
    " style-src 'unsafe-inline'; img-src data: blob:; worker-src blob:"
)
# Latin fonts first, although Hangul fonts have Latin letters, too: a PDF holds the outlines of the
# latter as drawings (Type 3), in which no number can be searched, copied or read aloud.
FONTS: Final = (
    "'Source Sans 3', Arial, 'Liberation Sans', 'DejaVu Sans', 'Noto Sans KR', 'Noto Sans CJK KR',"
    " 'Apple SD Gothic Neo', 'Malgun Gothic', NanumGothic, sans-serif"
)
# A surface in three dimensions is printed from its canvas, and browsers clear a canvas once it is
# on the screen, unless they are asked to keep it before plotly draws.
_KEPT_CANVAS: Final = """<script>{
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const kept = kind.includes("webgl") ? {...options, preserveDrawingBuffer: true} : options;
    return get.call(this, kind, kept);
  };
}</script>"""
_STYLE: Final = f"""
body {{ font: 16px/1.5 {FONTS}; color: {PAPER_TEXT}; background: #fff;
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}
h1, h2, h3 {{ line-height: 1.2; }}
figure {{ margin: 1rem 0 2rem; overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .2rem .7rem .2rem 0; text-align: left; border-bottom: 1px solid #ddd; }}
td.number {{ text-align: right; }}
.notes {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
.sample {{ vertical-align: middle; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
@page {{ margin: 14mm; }}
@media print {{
  body {{ margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }}
  figure, tr, .formula {{ break-inside: avoid; }}
  h2, h3 {{ break-after: avoid; }}
  details {{ display: none; }}
  .origin {{ break-before: avoid; }}
  .modebar {{ display: none !important; }}
}}
"""


def page(title: str, body: str, scripts: str) -> bytes:
    """Return a whole page.

    Args:
        title: plain text.
        body: markup.
        scripts: loads plotly; from ``inline_script`` or ``shared_script``.
    """
    # Streamlit identifies files above 1 MiB by length, beginning, middle and end: two pages that
    # differ in a few letters elsewhere would be the same file to it, the older one.
    digest = sha256(body.encode("utf-8", "replace")).hexdigest()
    text = (
        f'<!DOCTYPE html>\n<html lang="{current_language()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="digest" content="{digest}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n{_KEPT_CANVAS}\n{scripts}\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return text.encode("utf-8", "replace")


def inline_script() -> str:
    """Return plotly.js as part of the page."""
    return f"<script>{plotly_script()}</script>"


def shared_script() -> str:
    """Return plotly.js as a file beside the page."""
    return f'<script charset="utf-8" src="{SHARED_SCRIPT}"></script>'


@cache
def plotly_script() -> str:
    """Return plotly.js, 4.8 MB."""
    script: str = get_plotlyjs()
    return script


def drawn(drawing: dict[str, Any], key: str, alt: str) -> str:
    """Return the markup that draws a chart.

    Args:
        drawing: a chart as plotly.js takes it.
        key: an id, different for every chart of a page.
        alt: alternative text.
    """
    # Always the same encoder: plotly would use a faster one if it is installed, whose text differs.
    # It escapes < > and /, so that no label can end the script.
    content = pio.to_json(drawing, engine="json", validate=False)
    name, options = file_name(key), json.dumps(camera(key))
    return (
        f'<figure role="img" aria-label="{escape(alt)}"><div id="{name}"></div>\n<script>'
        f'Plotly.newPlot("{name}", Object.assign({content}, {{config: {options}}}));'
        "</script></figure>"
    )


def camera(key: str, form: str = "svg", **size: int) -> dict[str, Any]:
    """Return plotly's settings: no logo, no upload, and what its camera button saves."""
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "toImageButtonOptions": {"format": form, "filename": file_name(key), **size},
    }
