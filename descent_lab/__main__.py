"""What ``python -m descent_lab`` does."""

import sys

from descent_lab.command import main

if __name__ == "__main__":
    sys.exit(main())
