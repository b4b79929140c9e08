"""What a comparison is, without Streamlit: its document, link, pages, edits, offers and words.

In: files, links, and what a reader wants changed. Out: valid documents, the charts and surfaces
that belong to them, and every sentence about them.

Whoever imports it, the dashboard and the command line, lets linear algebra use one thread: several
wait for each other more than they help where a machine has other work, such as a second reader's
training. A setting of one's own stands; the engine as a library leaves it alone.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # NumPy looks at it once, when it is loaded
