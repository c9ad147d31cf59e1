"""What training and search may spend, by effort. Counted in work, never in seconds, so that results repeat."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.pipeline.config import Effort
from bespoke.train import TRAINING_EFFORTS, TrainingEffort


@dataclass(frozen=True)
class Budget:
    """Work of one run of the procedure; a run of bespoke does it once for every fold and once for the whole.

    Parameters
    ----------
    training : of the networks.
    candidates : networks that the genetic search evaluates.
    islands : populations of either search.
    moves : edits that each island of the gate-level search tries.
    """

    training: TrainingEffort
    candidates: int
    islands: int
    moves: int


BUDGETS = {
    Effort.FAST: Budget(TRAINING_EFFORTS["fast"], 60_000, 1, 600_000),
    Effort.NORMAL: Budget(TRAINING_EFFORTS["normal"], 300_000, 2, 1_200_000),
    Effort.HIGH: Budget(TRAINING_EFFORTS["high"], 8_000_000, 2, 20_000_000),
}
