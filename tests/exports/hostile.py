"""Names that would run, fetch or lead elsewhere, were they more than text."""

NAMES = (
    '=HYPERLINK("https://example.org/a")',
    "<img src=https://example.org/b.png onerror=alert(1)>",
    "<a href=https://example.org/c>here</a>",
    "</script><script>alert(1)</script>",
    "../../etc/passwd",
    "\u202egnp.exe",
    "![x](https://example.org/d.png) $\\href{https://example.org/e}{z}$",
    '<span style="background-image:url(https://example.org/f)">%{y}',
    "'; import os; os.abort() #",
    '"""\nraise SystemExit(3)\n',
    '한국어 "이름"',
)
