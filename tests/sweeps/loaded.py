"""What a worker has loaded, of what it has no use for; this module itself loads nothing."""

import sys


def loaded():
    return [name for name in ("streamlit", "plotly", "pandas", "pyarrow") if name in sys.modules]
