"""What a comparison is, without Streamlit: its document, links, edits, offers, charts and words.

Importing it, as the dashboard and the command line do, limits linear algebra to one thread: several
threads wait for each other more than they help on a machine with other work, such as a second
reader's training. A setting of the user's own is kept, and the engine as a library leaves it alone.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # NumPy reads it once, when it is loaded
