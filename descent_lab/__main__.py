"""What ``python -m descent_lab`` does."""

import sys

if __name__ == "__main__":  # the processes of a sweep read this file as well, and need no command
    from descent_lab.command import main

    sys.exit(main())
