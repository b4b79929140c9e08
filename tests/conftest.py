"""What every test shares."""

from hypothesis import settings

# The same examples on every run and no clock: a failure here is a failure anywhere.
settings.register_profile("tests", derandomize=True, deadline=None, database=None)
settings.load_profile("tests")
