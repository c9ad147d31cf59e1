"""Proof that a move keeps every output, by SAT on the part of the circuit that the move can change."""

from __future__ import annotations

from enum import Enum

import numpy as np

from bespoke.netlist.optimise.encoding import CellClauses, Encoding
from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.state import SINK, SOURCE, State

#: Solver conflicts spent on one move, times the gates of the circuit: a conflict costs in proportion to them. Beyond,
#: the move counts as not proven; moves that hold need few.
MOVE_WORK, MOVE_CONFLICTS = 40_000, 100
#: So many times as many are spent on a move that pays.
PAYING = 5
#: A proof is first tried on so many gates around the move, everything before them being free.
WINDOW_GATES, WINDOW_CONFLICTS = 150, 100
#: A solver is thrown away when it has this many times the variables of a fresh one.
STALE = 6


class Verdict(Enum):
    """What became of a proof."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class Prover:
    """Keeps a solver that knows the circuit as it stands, and proves moves against it.

    Parameters
    ----------
    state, library : the circuit under work.
    """

    def __init__(self, state: State, library: Library):
        self._state = state
        self._cells = CellClauses(library)
        self._sources = np.flatnonzero(state.node["cell"] == SOURCE)[2:].tolist()
        self._whole: Encoding | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything about the circuit."""
        self.close()
        self._whole = Encoding(self._state, self._cells)

    def close(self) -> None:
        """Free the solver's memory."""
        if self._whole is not None:
            self._whole.close()
            self._whole = None

    def check(self, *, pays: bool) -> tuple[Verdict, np.ndarray | None]:
        """Whether the move in hand (``try_plan`` has run) keeps all outputs for every input.

        Nodes whose value changes on some pattern get a second copy; those that read them and do not change on any
        pattern must be equal to what they were, which the solver decides. A model of the contrary is returned as the
        sources' values, bool (sources,): either an output does change, or the caller's patterns learn a further node
        that changes, and the next check goes that much deeper.
        """
        state = self._state
        reached = self._reached()
        if state.now[0]["live_count"] > 2 * WINDOW_GATES:
            local = Encoding(state, self._cells, window=self._window(reached))
            answer = local.can_differ(self._differences(local, reached), conflicts=WINDOW_CONFLICTS)
            local.close()
            if answer is False:
                return Verdict.PROVEN, None
        if self._whole.variables > STALE * (1000 + len(state.node)):
            self.reset()
        whole = self._whole
        answer = whole.can_differ(self._differences(whole, reached), conflicts=self._conflicts(pays))
        if answer is None:
            return Verdict.UNDECIDED, None
        if not answer:
            return Verdict.PROVEN, None
        model = whole.solver.get_model()
        variables = [whole.of_node.get(source, 0) for source in self._sources]
        return Verdict.REFUTED, np.array([0 < name <= len(model) and model[name - 1] > 0 for name in variables])

    def follow(self) -> None:
        """Take notice of the moves made since the last time: what changed will be encoded anew."""
        state = self._state
        count = int(state.now[0]["dirty_count"])
        if count > len(state.slot):
            self.reset()
        else:
            for node in state.slot["dirty"][:count].tolist():
                self._whole.of_node.pop(node, None)
        state.now[0]["dirty_count"] = 0

    def _conflicts(self, pays: bool) -> int:
        usual = min(MOVE_CONFLICTS, 10 + MOVE_WORK // (1 + int(self._state.now[0]["live_count"])))
        return PAYING * usual if pays else usual

    def _is_local(self) -> bool:
        """Whether the target keeps its value on every pattern, so that nothing beyond it has to be looked at."""
        state = self._state
        source, target = int(state.now[0]["plan_source"]), int(state.now[0]["target"])
        words = int(state.now[0]["words"])
        row = source if source >= 0 else 2 * len(state.node) - 1 - source
        return bool(state.now[0]["bounded"]) or np.array_equal(state.rows[row, :words], state.rows[target, :words])

    def _reached(self) -> list[int]:
        """Nodes that see the change, in topological order."""
        state = self._state
        order = state.slot["order"][: state.now[0]["order_count"]]
        return order[state.node["evaluated"][order] == state.now[0]["changed"]].tolist()

    def _differences(self, encoding: Encoding, reached: list[int]) -> list[int]:
        """Encode the circuit after the move beside the circuit as it is; literals that tell where they differ."""
        state = self._state
        width = state.fanin.shape[1]
        target, target_edge = int(state.now[0]["target"]), int(state.now[0]["target_edge"])
        plan: list[int] = []

        def literal(net: int) -> int:
            return encoding.node(net) if net >= 0 else plan[-1 - net]

        for line in state.plan[: state.now[0]["plan_size"]].tolist():
            pins = line[1 : 1 + self._cells.arity[line[0]]]
            plan.append(encoding.gate(line[0], [literal(net) for net in pins]))
        new = literal(int(state.now[0]["plan_source"]))
        if self._is_local():
            return [encoding.difference(new, encoding.node(target))]
        stamp = int(state.now[0]["changed"])
        copies: dict[int, int] = {}
        differences = []
        for node in reached:
            kind = int(state.node[node]["cell"])
            pins = []
            for pin in range(1 if kind == SINK else self._cells.arity[kind]):
                net = int(state.fanin[node, pin])
                if net == target and target_edge in (-1, node * width + pin):
                    pins.append(new)
                else:
                    pins.append(copies.get(net) or encoding.node(net))
            if kind == SINK:
                differences.append(encoding.difference(pins[0], encoding.node(int(state.fanin[node, 0]))))
            elif state.node[node]["changed"] == stamp:
                copies[node] = encoding.gate(kind, pins)
            else:
                differences.append(encoding.difference(encoding.gate(kind, pins), encoding.node(node)))
        return differences

    def _window(self, reached: list[int]) -> set[int]:
        """Gates around the move: those that it touches and what they read, breadth first."""
        state = self._state
        nets = [state.now[0]["plan_source"], state.now[0]["target"], *reached]
        for line in state.plan[: state.now[0]["plan_size"]].tolist():
            nets.extend(line[1 : 1 + self._cells.arity[line[0]]])
        queue = [int(net) for net in nets if net >= 0]
        window: set[int] = set()
        for node in queue:  # grows on the way
            if len(window) >= WINDOW_GATES:
                break
            kind = int(state.node[node]["cell"])
            if node in window or kind == SOURCE:
                continue
            if kind != SINK:
                window.add(node)
            queue.extend(state.fanin[node, : 1 if kind == SINK else self._cells.arity[kind]].tolist())
        return window
