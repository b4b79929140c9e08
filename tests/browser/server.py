"""The server of the browser tests: `streamlit` with sweeps that give way to nobody.

A sweep from a page gives way to whatever else the machine does, and beside these tests, or a build,
it would stand still for minutes.
"""

import comparison  # isort: skip  # noqa: F401 - before NumPy is loaded, as in the dashboard
from streamlit.web.cli import main

from sweeps import child

child._NICE = 0
main()
