"""What each effort of the back end may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
    """

    netlists: int
    work: float

    def tries(self, gates: int) -> int:
        """Targets to look at: a look costs about in proportion to the gates. Counted, so that results repeat.

        Small netlists are done long before the time is: a hundred looks a gate find what there is to find.
        """
        looks = self.work * shares(gates) * _LOOKS_A_SECOND / max(gates, 50)
        return min(5_000 + 100 * gates, max(20, round(looks)))


@dataclass(frozen=True)
class SynthesisEffort:
    """Budget of one effort. Nothing in it is measured in time: the same seed gives the same result everywhere.

    Parameters
    ----------
    recipes : what ABC tries on every start.
    sized : further recipes, made for a graph of so many ANDs; None where one is not for that size.
    stages : what our own optimiser does with ABC's netlists.
    proof_time_limit_s : safety limit of the final proof, an error when it passes.
    """

    recipes: tuple[Recipe, ...]
    stages: tuple[Stage, ...]
    sized: tuple[Callable[[int], Recipe | None], ...] = ()
    proof_time_limit_s: float = 1800.0

    def recipes_for(self, ands: int) -> tuple[Recipe, ...]:
        """What ABC tries on a start of so many ANDs."""
        made = (make(ands) for make in self.sized)
        return (*self.recipes, *(recipe for recipe in made if recipe is not None))


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
            return SynthesisEffort(
                (STYLES, ROUNDS, AS_IT_IS),
                (Stage(4, 10.0), Stage(2, 40.0)),
                sized=tuple(
                    partial(make, seed=s) for make, s in ((deep, seed), (redundancy, seed), (redundancy, seed + 1))
                ),
            )
    raise InputError(f"option --effort must be fast, normal or high, not {name!r}")
