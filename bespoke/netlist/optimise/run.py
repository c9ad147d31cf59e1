"""One optimisation run: the compiled search, and the proofs between its moves."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from bespoke.netlist.optimise.cones import set_target, usable_sources
from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.local_proof import CUT_LIMIT, TABLE_ROWS
from bespoke.netlist.optimise.moves import commit, try_plan
from bespoke.netlist.optimise.patterns import around, plan_patterns
from bespoke.netlist.optimise.proof import Prover, Verdict
from bespoke.netlist.optimise.search import (
    CONE_LIMIT,
    REGION_LIMIT,
    before_commit,
    changed_nodes,
    growth,
    price,
    search,
    turn_down,
)
from bespoke.netlist.optimise.signatures import add_word, simulate_all
from bespoke.netlist.optimise.state import DATA_MASK, link, new_state, restore_best
from bespoke.netlist.types import Netlist

#: A move whose counter-examples do not reach an output is tried again with more of the circuit so many times.
DEEPENINGS = 8
#: Starting temperature in prices of the smallest two-input gate.
HOTTEST = 0.3
#: Hard moves that do not pay are given to the solver in proportion to the part of them that it can decide.
SOLVER_EAGERNESS = 0.5
#: Those that pay likewise, but only where it decides little: on adders it fails nineteen times in twenty.
PAYING_EAGERNESS = 5.0
_CHUNK = 256


class Run:
    """State and counts of one run.

    Parameters
    ----------
    netlist : combinational.
    gate_cells : its gates' cells as indices into ``library``.
    data : bool (vectors, sources).
    power_weight : share of the static power in the price.
    rng : draws patterns; the compiled search has a generator of its own, seeded from it.
    """

    def __init__(
        self,
        netlist: Netlist,
        gate_cells: np.ndarray,
        library: Library,
        data: np.ndarray,
        *,
        power_weight: float,
        rng: np.random.Generator,
    ):
        self._rng = rng
        self._library = library
        self.proven = self.refuted = self.undecided = 0
        seed = int(rng.integers(1 << 60))
        probe = new_state(netlist, gate_cells, words=1, seed=seed)
        link(probe, library)
        used = probe.node["refs"][2 : netlist.first_gate_net] > 0
        patterns = plan_patterns(data, used, len(gate_cells), rng)
        self.exhaustive = patterns.exhaustive
        self._first_learnt = patterns.words.shape[1]
        self._learnt_words = patterns.learnt_words
        self._learnt = 0
        state = new_state(netlist, gate_cells, words=self._first_learnt + patterns.learnt_words, seed=seed)
        self.state = state
        self._table = np.zeros((TABLE_ROWS, 1 << (CUT_LIMIT - 6)), dtype=np.uint64)
        link(state, library)
        usable_sources(state)
        state.now[0]["words"] = self._first_learnt
        state.now[0]["data_words"] = patterns.data_words
        state.now[0]["data_count"] = patterns.data_count
        state.specification[DATA_MASK, : patterns.data_words] = ~np.uint64(0)
        if patterns.data_count % 64:
            state.specification[DATA_MASK, patterns.data_words - 1] = np.uint64((1 << patterns.data_count % 64) - 1)
        state.rows[2 : netlist.first_gate_net, : self._first_learnt] = patterns.words
        state.rows[1] = ~np.uint64(0)
        simulate_all(state, library, 0, int(state.now[0]["words"]))
        state.now[0]["per_area"] = (1 - power_weight) / max(1.0, state.now[0]["area"])
        state.now[0]["per_static"] = power_weight / max(1.0, state.now[0]["static"])
        self._prover = None if self.exhaustive else Prover(state, library)

    @property
    def tries(self) -> int:
        return int(self.state.now[0]["tries"])

    @property
    def locally_proven(self) -> int:
        return int(self.state.now[0]["local_proofs"])

    @property
    def accepted(self) -> int:
        return int(self.state.now[0]["commits"])

    def close(self) -> None:
        """Free the solver."""
        if self._prover is not None:
            self._prover.close()

    def search(
        self,
        budget: int,
        *,
        started: float,
        time_limit_s: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Spend the budget and leave the best netlist in ``state``."""
        state, library = self.state, self._library
        two_input = library.cell["area"][library.top_cells] if len(library.top_cells) else library.cell["area"]
        hottest = HOTTEST * float(two_input.min(initial=np.inf)) * self._gate_price()
        done = 0.0
        while self.tries < budget and done < 1.0 and state.now[0]["live_count"]:
            stop = min(budget, self.tries + _CHUNK)
            while search(
                state,
                library,
                self._table,
                stop,
                budget,
                hottest,
                done,
                self.exhaustive,
                self._solver_share(SOLVER_EAGERNESS),
            ):
                self._settle()
                if time_limit_s is not None:
                    done = (time.monotonic() - started) / time_limit_s
                    if done >= 1.0:
                        break
            if time_limit_s is not None:
                done = (time.monotonic() - started) / time_limit_s
            if progress is not None:
                progress(min(1.0, max(done, self.tries / budget)))
        if price(state) >= state.now[0]["best"] - 1e-12 and not state.now[0]["best_is_current"]:
            restore_best(state, library)

    def _gate_price(self) -> float:
        """Price of a µm² with the static power that goes with it."""
        now = self.state.now[0]
        return float(now["per_area"] + now["per_static"] * now["static"] / max(1.0, now["area"]))

    def _settle(self) -> None:
        """Prove the move in hand and make it, or learn from the counter-example."""
        state, library = self.state, self._library
        pays = growth(state) < 0
        if pays and self._rng.random() >= self._solver_share(PAYING_EAGERNESS):
            turn_down(state)
            return
        self._prover.follow()
        for _ in range(DEEPENINGS):
            verdict, example = self._prover.check(pays=pays)
            if verdict is Verdict.PROVEN:
                self.proven += 1
                before_commit(state)
                commit(state, library)
                return
            if verdict is Verdict.UNDECIDED:
                break
            self._learn(example)
            set_target(state, library, int(state.now[0]["target"]), int(state.now[0]["target_edge"]), CONE_LIMIT)
            if not try_plan(state, library):
                self.refuted += 1
                return
            if changed_nodes(state) > REGION_LIMIT:
                break
        self.undecided += 1
        turn_down(state)

    def _solver_share(self, eagerness: float) -> float:
        """Share of the hard moves that the solver is asked about: the less it can tell, the fewer."""
        told = self.proven + self.refuted
        return min(1.0, eagerness * (told + 10) / (told + self.undecided + 10))

    def _learn(self, example: np.ndarray) -> None:
        """Add a counter-example and its neighbourhood to the patterns; the oldest make room."""
        slot = self._first_learnt + self._learnt % self._learnt_words
        self._learnt += 1
        add_word(self.state, self._library, around(example, self._rng), slot)
