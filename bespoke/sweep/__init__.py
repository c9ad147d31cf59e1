"""Many runs from one file: every combination of settings a run folder, all of them one table."""

from bespoke.sweep.job import SweepOutcome, run_sweep
from bespoke.sweep.points import Point, points_of
from bespoke.sweep.spec import SweepFile, read_sweep

__all__ = ["Point", "SweepFile", "SweepOutcome", "points_of", "read_sweep", "run_sweep"]
