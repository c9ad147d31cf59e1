"""What each effort of the back end may spend."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.eda.abc import AS_IT_IS, ROUNDS, STYLES, Recipe, deep, redundancy
from bespoke.errors import InputError

# Gates times looks that the optimiser does in a second on one slow core, measured on 500 to 800 gates.
_LOOKS_A_SECOND = 1_500_000


@dataclass(frozen=True)
class SynthesisEffort:
    """Budget of one effort.

    Parameters
    ----------
    recipes : what ABC tries on every start.
    shortlist : how many of ABC's netlists our own optimiser begins with.
    first_work, work : what it may do on each of those, then on the best, in units of about a second on one core.
    optimise_time_limit_s : ends each run of the optimiser; None where the result must not depend on the clock.
    workers : ABC runs at a time.
    """

    recipes: tuple[Recipe, ...]
    shortlist: int
    first_work: float
    work: float
    optimise_time_limit_s: float | None = None
    proof_time_limit_s: float = 600.0
    workers: int = 2

    @staticmethod
    def tries(work: float, gates: int) -> int:
        """Targets to look at: a look costs about in proportion to the gates. Counted, so that results repeat.

        Small netlists are done long before the time is: a hundred looks a gate find what there is to find.
        """
        return min(5_000 + 100 * gates, max(20, round(work * _LOOKS_A_SECOND / max(gates, 50))))


def effort_of(name: str, seed: int) -> SynthesisEffort:
    """The budget of effort ``fast``, ``normal`` or ``high``.

    Raises
    ------
    InputError
        for another name.
    """
    match name:
        case "fast":
            return SynthesisEffort((STYLES,), 1, 0.0, 0.5)
        case "normal":
            return SynthesisEffort((STYLES, ROUNDS, AS_IT_IS), 2, 1.5, 8.0)
        case "high":
            timed = (deep(15, seed=seed), redundancy(15, seed=seed), redundancy(15, seed=seed + 1))
            return SynthesisEffort((STYLES, ROUNDS, AS_IT_IS, *timed), 3, 5.0, 40.0, optimise_time_limit_s=25.0)
    raise InputError(f"option --effort must be fast, normal or high, not {name!r}")
