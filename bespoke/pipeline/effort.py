"""What each effort of the back end may spend."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.eda.abc import ROUNDS, Recipe, deep_timed
from bespoke.errors import InputError


@dataclass(frozen=True)
class SynthesisEffort:
    """Budget of one effort.

    Parameters
    ----------
    recipes : what ABC tries on every start.
    shortlist : how many of ABC's netlists our own optimiser begins with, ``first_tries`` targets each.
    tries : targets that it looks at on the best of those.
    optimise_time_limit_s : None where the result must not depend on the clock.
    workers : ABC runs at a time.
    """

    recipes: tuple[Recipe, ...]
    shortlist: int
    first_tries: int
    tries: int
    optimise_time_limit_s: float | None
    proof_time_limit_s: float = 600.0
    workers: int = 2


def effort_of(name: str, seed: int) -> SynthesisEffort:
    """The budget of effort ``fast``, ``normal`` or ``high``.

    Raises
    ------
    InputError
        for another name.
    """
    match name:
        case "fast":
            return SynthesisEffort((ROUNDS,), 1, 0, 2_000, None)
        case "normal":
            return SynthesisEffort((ROUNDS,), 2, 5_000, 40_000, None)
        case "high":
            timed = tuple(deep_timed(12, seed=seed + index) for index in range(2))
            return SynthesisEffort((ROUNDS, *timed), 3, 10_000, 400_000, 60.0)
    raise InputError(f"option --effort must be fast, normal or high, not {name!r}")
