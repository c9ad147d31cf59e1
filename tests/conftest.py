"""No test's verdict depends on a draw of its own: Hypothesis tries the same examples in every run."""

import pytest
from hypothesis import settings

from bespoke.execution import executor_of

settings.register_profile("repeatable", derandomize=True, deadline=None)  # a busy machine is no fault
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def two_workers():
    """Two processes, the same for all tests, which change no result."""
    with executor_of(workers=2) as executor:
        yield executor
