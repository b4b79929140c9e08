"""What pages share: the comparison, its controls, the one cache, the door for charts."""

import comparison  # noqa: F401 - before NumPy is loaded: it decides on threads
