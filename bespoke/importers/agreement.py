"""Whether an imported model answers as the original does."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import numpy as np

_LOG = logging.getLogger(__name__)


class Original(Protocol):
    """The model that was imported, able to answer by itself."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def answers(self, features: np.ndarray) -> tuple[np.ndarray, str]:
        """Class index per sample, int64 (samples,), for raw float features, and the program that computed it."""


@dataclass(frozen=True)
class Agreement:
    """On how many samples an imported model answers as the original does.

    Parameters
    ----------
    original : what messages call it.
    program : that computed the original's answers.
    """

    same: int
    samples: int
    original: str
    program: str

    @property
    def is_whole(self) -> bool:
        return self.same == self.samples

    def in_words(self, samples: str = "samples") -> str:
        """One line for people; ``samples`` says which they are."""
        return (
            f"the imported model answers as {self.original} does on {self.same} of {self.samples} {samples} "
            f"({self.program})"
        )


def agreement_of(ours: np.ndarray, original: Original, features: np.ndarray) -> Agreement | None:
    """How ``ours``, class indices (samples,), agree with the original's answers.

    None, with a warning in the log, where the original cannot be asked.
    """
    try:
        theirs, program = original.answers(features)
    except Exception as error:  # whatever kind the runtime has for a graph or a number that it does not take
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        _LOG.warning("%s could not be asked, so its import is compared with nothing: %s", original.name, reason)
        return None
    return Agreement(int((ours == theirs).sum()), len(ours), original.name, program)
