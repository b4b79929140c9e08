"""What enters or leaves as text: errors in words, and the document of a comparison.

Whoever imports it, the dashboard and the command line, lets linear algebra use one thread: several
wait for each other more than they help where a machine has other work, such as a second reader's
training. A setting of one's own stands; the engine as a library leaves it alone.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # NumPy looks at it once, when it is loaded
