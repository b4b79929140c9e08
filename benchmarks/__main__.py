"""``python -m benchmarks``: limits the process to one thread, then compares."""

from benchmarks import hold_to_one_thread

hold_to_one_thread()

from benchmarks.comparison import main  # noqa: E402 - NumPy and the peers load with it

main()
