"""What each effort of the back end may spend."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.eda.abc import AS_IT_IS, ROUNDS, STYLES, Recipe, deep, redundancy
from bespoke.errors import InputError

# Gates times looks that the optimiser does in a second on one slow core, measured on 500 to 1500 gates.
_LOOKS_A_SECOND = 1_500_000
# Larger netlists get more time in proportion, up to this many times as much.
_USUAL_GATES, _MOST_SHARES = 1000, 4.0


@dataclass(frozen=True)
class Stage:
    """Our own optimiser on the best netlists so far, side by side.

    Parameters
    ----------
    netlists : how many of them.
    work : what it may do on each, in units of about a second on one core for up to a thousand gates.
    time_limit_s : ends each run; None where the result must not depend on the clock.
    """

    netlists: int
    work: float
    time_limit_s: float | None = None

    def tries(self, gates: int) -> int:
        """Targets to look at: a look costs about in proportion to the gates. Counted, so that results repeat.

        Small netlists are done long before the time is: a hundred looks a gate find what there is to find.
        """
        looks = self.work * shares(gates) * _LOOKS_A_SECOND / max(gates, 50)
        return min(5_000 + 100 * gates, max(20, round(looks)))


@dataclass(frozen=True)
class SynthesisEffort:
    """Budget of one effort.

    Parameters
    ----------
    recipes : what ABC tries on every start.
    stages : what our own optimiser does with ABC's netlists.
    workers : runs of ABC, and of the optimiser, at a time; they change nothing but the time.
    """

    recipes: tuple[Recipe, ...]
    stages: tuple[Stage, ...]
    proof_time_limit_s: float = 600.0
    workers: int = 2


def shares(gates: int) -> float:
    """How many times the usual time a netlist of so many gates is worth."""
    return min(max(gates / _USUAL_GATES, 1.0), _MOST_SHARES)


def effort_of(name: str, seed: int) -> SynthesisEffort:
    """The budget of effort ``fast``, ``normal`` or ``high``.

    Raises
    ------
    InputError
        for another name.
    """
    match name:
        case "fast":
            return SynthesisEffort((STYLES,), (Stage(1, 0.4),))
        case "normal":
            return SynthesisEffort((STYLES, ROUNDS, AS_IT_IS), (Stage(2, 8.0),))
        case "high":
            timed = (deep(12, seed=seed), redundancy(12, seed=seed), redundancy(12, seed=seed + 1))
            return SynthesisEffort(
                (STYLES, ROUNDS, AS_IT_IS, *timed),
                (Stage(4, 20.0, time_limit_s=10.0), Stage(2, 80.0, time_limit_s=40.0)),
            )
    raise InputError(f"option --effort must be fast, normal or high, not {name!r}")
