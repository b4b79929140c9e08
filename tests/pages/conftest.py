"""What every test of a page shares."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_keeper():
    """No thread starts what waits on the shelf: tests train it, or leave it waiting."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sweeps.shelf.Shelf.keep", lambda _self, _until: None)
        yield
