"""The optimiser's face: a netlist in, a cheaper equivalent one out, with a record of how it came about."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bespoke.circuit import unpack_bits
from bespoke.errors import InputError, VerificationError
from bespoke.netlist.measure import area_um2, static_power
from bespoke.netlist.optimise.boundary import cell_list, combinational_view, restore_flip_flops, to_netlist
from bespoke.netlist.optimise.library import build_library
from bespoke.netlist.optimise.run import Run
from bespoke.netlist.simulation import evaluate, net_values
from bespoke.netlist.types import Netlist
from bespoke.technology import Technology

logger = logging.getLogger(__name__)

#: Share of the static power in the price; the rest is area.
DEFAULT_POWER_WEIGHT = 0.5
_RANDOM_VECTORS = 1024


@dataclass(frozen=True)
class OptimisedNetlist:
    """An optimised netlist and how it came about.

    Parameters
    ----------
    netlist : same ports and flip-flops as the one given, equivalent to it for every input.
    area_um2, area_before_um2 : flip-flops included.
    static_power_nw, static_power_before_nw : of the gates, mean over the data (random vectors where there are none).
    tries : targets looked at.
    accepted : moves made; each was proven.
    proven_locally, proven : proofs by truth table of a small cut, and by SAT; both are 0 where the search ran on every
        pattern there is, which proves by itself.
    refuted : moves that a counter-example turned down.
    exhaustive : the search ran on every pattern.
    seconds : wall-clock time.
    """

    netlist: Netlist
    area_um2: float
    area_before_um2: float
    static_power_nw: float
    static_power_before_nw: float
    tries: int
    accepted: int
    proven_locally: int
    proven: int
    refuted: int
    exhaustive: bool
    seconds: float


def optimise_netlist(
    netlist: Netlist,
    *,
    technology: Technology,
    data_bits: np.ndarray | None,
    budget_moves: int,
    seed: int,
    power_weight: float = DEFAULT_POWER_WEIGHT,
    time_limit_s: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> OptimisedNetlist:
    """Make a mapped netlist cheaper by resubstitution under observability don't-cares, each move proven.

    The price is ``(1 - power_weight) * area + power_weight * static power``, both relative to the netlist given. The
    function stays the same for every input; the data only weigh the power.

    Parameters
    ----------
    netlist : gates of cells with up to four inputs; flip-flops stay as they are.
    technology : its one- and two-input cells make new gates.
    data_bits : bool (vectors, input bits) as ``static_power`` takes them, or None for random vectors.
    budget_moves : targets to look at; with no time limit the result depends on nothing but the arguments.
    seed : of all random draws.
    power_weight : 0 (area alone) to 1 (static power alone).
    time_limit_s : stop after so many seconds; the search then cools down by the clock.
    progress : called now and then with the share done, 0 to 1.

    Raises
    ------
    InputError
        for data of another width, a price weight outside 0..1, a negative budget, a time limit
        that is not positive, or a cell with more than four inputs.
    VerificationError
        if the result differs from the netlist given on a pattern (a defect of the optimiser).
    """
    started = time.monotonic()
    if not 0 <= power_weight <= 1:
        raise InputError(f"power_weight must lie in 0..1, not {power_weight}")
    if budget_moves < 0:
        raise InputError(f"budget_moves must not be negative, it is {budget_moves}")
    if time_limit_s is not None and time_limit_s <= 0:
        raise InputError(f"time_limit_s must be positive, it is {time_limit_s}")
    rng = np.random.default_rng(seed)
    view = combinational_view(netlist)
    data = _source_values(netlist, view, data_bits, rng)
    cells, allowed, gate_cells = cell_list(view, technology)
    library = build_library(cells, allowed)
    run = Run(view, gate_cells, library, data, power_weight=power_weight, rng=rng)
    try:
        run.search(budget_moves, started=started, time_limit_s=time_limit_s, progress=progress)
        result = to_netlist(run.state, library, cells, view)
    finally:
        run.close()
    before, after = static_power(view, data), static_power(result, data)
    if _price(result, after.total_mw, view, before.total_mw, power_weight) > 1:
        result, after = view, before  # the search weighs a sample of the data; on all of them nothing was gained
    _check(view, result, data, rng)
    return OptimisedNetlist(
        netlist=restore_flip_flops(result, netlist),
        area_um2=area_um2(restore_flip_flops(result, netlist)),
        area_before_um2=area_um2(netlist),
        static_power_nw=after.total_mw * 1e6,
        static_power_before_nw=before.total_mw * 1e6,
        tries=run.tries,
        accepted=run.accepted,
        proven_locally=run.locally_proven,
        proven=run.proven,
        refuted=run.refuted,
        exhaustive=run.exhaustive,
        seconds=time.monotonic() - started,
    )


def _source_values(netlist: Netlist, view: Netlist, data_bits: np.ndarray | None, rng: np.random.Generator):
    """bool (vectors, sources): inputs and flip-flop outputs on the data."""
    if data_bits is None or np.asarray(data_bits).shape[0] == 0:
        return rng.random((_RANDOM_VECTORS, view.input_bits)) < 0.5
    bits = np.asarray(data_bits)
    if bits.ndim != 2 or bits.shape[1] != netlist.input_bits:
        raise InputError(f"module {netlist.module} has {netlist.input_bits} input bits, the data have {bits.shape[1:]}")
    if not netlist.flip_flops:
        return bits.astype(bool)
    return unpack_bits(net_values(netlist, bits)[2 : view.first_gate_net], len(bits))


def _price(after: Netlist, power_after: float, before: Netlist, power_before: float, power_weight: float) -> float:
    area = area_um2(after) / area_um2(before) if before.gates else 1.0
    power = power_after / power_before if power_before > 0 else 1.0
    return (1 - power_weight) * area + power_weight * power


def _check(before: Netlist, after: Netlist, data: np.ndarray, rng: np.random.Generator) -> None:
    """Compare the two on the data and on fresh random patterns, by the simulator that the optimiser does not use."""
    fresh = rng.random((4096, before.input_bits)) < rng.choice([0.1, 0.5, 0.9], (4096, 1))
    for bits in (data, fresh):
        wrong = (evaluate(before, bits) != evaluate(after, bits)).any(axis=1)
        if wrong.any():
            raise VerificationError(
                f"the optimised netlist of module {before.module} differs from the one given on the input bits "
                + "".join("01"[int(bit)] for bit in bits[int(np.argmax(wrong))])
            )
