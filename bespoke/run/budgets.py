"""What training and search may spend, by effort. Counted in work, never in seconds, so that results repeat."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.run.config import Effort
from bespoke.train import TRAINING_EFFORTS, TrainingEffort


@dataclass(frozen=True)
class Budget:
    """Work of one run of the procedure; a run of bespoke does it once for every fold and once for the whole.

    Parameters
    ----------
    training : of the networks.
    candidates : networks that the genetic search evaluates.
    tables : most look-up tables in a layer of the networks of such that the gate-level search starts from.
    islands : populations of either search.
    moves : edits that each island of the gate-level search tries.
    features : that training and search use at most; where data have more, those that tell most are kept.
    samples : that training and search look at, about; where there are more, all of them still judge.
    """

    training: TrainingEffort
    candidates: int
    tables: int
    islands: int
    moves: int
    features: int = 96
    samples: int = 16_000


BUDGETS = {
    Effort.FAST: Budget(TRAINING_EFFORTS["fast"], candidates=30_000, tables=30, islands=1, moves=600_000),
    Effort.NORMAL: Budget(TRAINING_EFFORTS["normal"], candidates=100_000, tables=160, islands=2, moves=1_200_000),
    Effort.HIGH: Budget(TRAINING_EFFORTS["high"], candidates=4_000_000, tables=300, islands=2, moves=12_000_000),
}
