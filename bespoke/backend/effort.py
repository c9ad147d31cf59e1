"""What each effort of the back end may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bespoke.eda.abc import AS_IT_IS, ROUNDS, STYLES, Recipe, deep, redundancy, tables
from bespoke.errors import InputError

# Gates times looks that the optimiser does in a second on one slow core, measured on 500 to 1500 gates.
_LOOKS_A_SECOND = 1_500_000
# Larger netlists get more time in proportion, up to this many times as much.
_USUAL_GATES, _MOST_SHARES = 1000, 4.0
# With fewer looks a gate than this the optimiser finds next to nothing, and setting it up takes longer than looking.
_FEWEST_LOOKS = 0.1

#: From the cheapest on; each contains those before it.
EFFORTS = ("fast", "normal", "high")


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

        Small netlists are done long before the time is: a hundred looks a gate find what there is to find. None where
        the work is too little for the netlist.
        """
        looks = self.work * shares(gates) * _LOOKS_A_SECOND / max(gates, 50)
        return min(5_000 + 100 * gates, round(looks)) if looks >= _FEWEST_LOOKS * gates else 0


@dataclass(frozen=True)
class Level:
    """What an effort does beyond the one below it.

    Parameters
    ----------
    recipes : what ABC tries on every start.
    sized : further recipes, made for a graph of so many ANDs; None where one is not for that size.
    stages : what our own optimiser does with the best netlists of this level and those below.
    """

    recipes: tuple[Recipe, ...]
    stages: tuple[Stage, ...]
    sized: tuple[Callable[[int], Recipe | None], ...] = ()

    def recipes_for(self, ands: int) -> tuple[Recipe, ...]:
        """What ABC tries on a start of so many ANDs."""
        made = (make(ands) for make in self.sized)
        return (*self.recipes, *(recipe for recipe in made if recipe is not None))


@dataclass(frozen=True)
class SynthesisEffort:
    """Budget of one effort. Nothing in it is measured in time: the same seed gives the same result everywhere.

    A higher effort begins with every level of the lower ones, step by step with the same seeds, and keeps what they
    end with among its own candidates. So it can never end with a dearer netlist.

    Parameters
    ----------
    levels : from the cheapest on.
    proof_time_limit_s : safety limit of the final proof, an error when it passes.
    """

    levels: tuple[Level, ...]
    proof_time_limit_s: float = 1800.0

    def recipes_for(self, ands: int) -> tuple[Recipe, ...]:
        """What ABC tries on a start of so many ANDs, all levels together."""
        return tuple(recipe for level in self.levels for recipe in level.recipes_for(ands))


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
    if name not in EFFORTS:
        raise InputError(f"option --effort must be fast, normal or high, not {name!r}")
    levels = (
        Level((STYLES,), (Stage(1, 0.4),)),
        Level((ROUNDS, AS_IT_IS), (Stage(2, 8.0),), sized=(tables,)),
        Level(
            (),
            (Stage(4, 10.0), Stage(2, 40.0)),
            sized=tuple(
                partial(make, seed=s) for make, s in ((deep, seed), (redundancy, seed), (redundancy, seed + 1))
            ),
        ),
    )
    return SynthesisEffort(levels[: EFFORTS.index(name) + 1])
