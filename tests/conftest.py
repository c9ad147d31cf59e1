"""No test's verdict depends on a draw of its own: Hypothesis tries the same examples in every run."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
