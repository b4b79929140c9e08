"""What ``python -m descent_lab`` does."""

import sys

if __name__ == "__main__":  # the processes of a sweep read this file as well, and need no command
    try:
        from descent_lab.command import main

        sys.exit(main())
    except KeyboardInterrupt:  # before any work has begun
        sys.exit(3)
