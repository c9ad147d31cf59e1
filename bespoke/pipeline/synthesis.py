"""The back end: any Verilog to the smallest, coolest netlist of printed cells, proven equal to its source."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from bespoke.circuit import Circuit
from bespoke.eda.abc import PLAIN, SHALLOW, Mapped, Recipe, optimise_and_map
from bespoke.eda.equivalence import simulated_difference
from bespoke.eda.rtlil import BitPort
from bespoke.eda.tools import Backend
from bespoke.eda.yosys import Elaborated, elaborate
from bespoke.errors import InputError, ToolFailedError, UndecidedError, VerificationError
from bespoke.files import write_text
from bespoke.model import LogicCircuit
from bespoke.netlist import Netlist, area_cm2, cell_counts, read_netlist, static_power, timing, write_netlist
from bespoke.netlist.optimise import DEFAULT_POWER_WEIGHT, optimise_netlist
from bespoke.pipeline.circuits import netlist_of_mapped
from bespoke.pipeline.effort import Stage, SynthesisEffort, effort_of, shares
from bespoke.pipeline.equivalence import Proof, prove_netlist, refuse_difference
from bespoke.technology import Technology, to_genlib

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

#: Input vectors, or what makes them once the module's input ports are known.
Vectors = np.ndarray | Callable[[tuple[BitPort, ...]], np.ndarray]

_RANDOM_VECTORS = 1024


#: What a start circuit leads to must be proven within this time, or the source's own structure is taken after all:
#: equal sums whose adders stand in another order can take for ever.
_START_PROOF_S = 40.0


@dataclass(frozen=True)
class Figures:
    """Measured figures of a netlist; static power is the mean over the data given to ``synthesise``."""

    area_cm2: float
    static_power_mw: float
    cells: int
    cell_counts: dict[str, int]


@dataclass(frozen=True)
class MappedFigures:
    """One of the netlists that ABC offered: where it started, how it was made, what it measures."""

    start: str
    recipe: str
    library: str
    style: int
    figures: Figures


@dataclass(frozen=True, eq=False)
class SynthesisResult:
    """A mapped netlist, proven equal to its source.

    Parameters
    ----------
    netlist : as read back from ``netlist_path``.
    plain : figures of the plain reference flow on the same source.
    final : figures of ``netlist``.
    proof : that ``netlist`` equals the source.
    offers : every netlist that the optimiser could start from, best first.
    warnings : what reading the source gave rise to.
    data_vectors : vectors that the static power is the mean over; 0: random vectors.
    """

    netlist: Netlist
    netlist_path: Path
    plain: Figures
    final: Figures
    proof: Proof
    offers: tuple[MappedFigures, ...]
    warnings: tuple[str, ...]
    data_vectors: int


def synthesise(
    sources: Sequence[Path],
    *,
    top: str | None,
    technology: Technology,
    folder: Path,
    data_bits: Vectors | None,
    effort: str = "normal",
    start_circuits: Sequence[LogicCircuit] = (),
    backend: Backend | str = Backend.PYOSYS,
    power_weight: float = DEFAULT_POWER_WEIGHT,
    clock_ms: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> SynthesisResult:
    """Map Verilog on a technology, optimise area and static power, and prove the result.

    Parameters
    ----------
    sources : Verilog files.
    top : module to map; None takes the one that no other instantiates.
    folder : for ``netlist.v``, scripts and logs.
    data_bits : bool (vectors, input bits), ports in order, lowest bit first: what the static power is measured on, or
        a function that makes them of the input ports. None measures on random vectors.
    effort : ``fast``, ``normal`` or ``high``. The first two give the same result for the same seed.
    start_circuits : further structures of the same function; each is tried, and the best result wins.
    power_weight : share of static power in the price; the rest is area.
    clock_ms : what is slower than this is taken only if nothing is faster. None takes any delay.
    progress : called with the share done, 0 to 1, and a word on what is going on.

    Raises
    ------
    InputError
        for Verilog that cannot be read or mapped, or data of another width.
    ToolFailedError
        if Yosys or ABC fails.
    VerificationError
        if the netlist, or a start circuit, is not equal to the source.
    """
    tell = progress or (lambda fraction, note: None)
    plan = effort_of(effort, seed)
    tell(0.0, "reading")
    design = elaborate(sources, top=top, folder=folder, backend=backend)
    _check_clocks(design)
    bits = _vectors(design, data_bits, seed)
    starts = {"source": design.aig} | {
        f"circuit{index}": _start_aig(index, circuit, design) for index, circuit in enumerate(start_circuits)
    }
    measure = partial(_figures, bits=bits)
    libraries = {"all_cells": to_genlib(technology)}
    tell(0.1, "mapping")
    with ThreadPoolExecutor(1) as beside:
        plain_run = beside.submit(optimise_and_map, design.aig, PLAIN, libraries, folder=folder / "abc/plain")
        offers = _offers(starts, plan, design, technology, folder, measure)
    plain_mapped = plain_run.result()[0]
    plain_netlist = netlist_of_mapped(plain_mapped.circuit, design, technology)
    plain = measure(plain_netlist)
    offers.insert(0, _Offer("source", plain_mapped, plain_netlist, plain))
    price = partial(_price, reference=plain, power_weight=power_weight)
    in_time = partial(_in_time, clock_ms=clock_ms)
    if not any(in_time(offer.netlist) for offer in offers):
        offers += _offers(starts, replace(plan, recipes=(SHALLOW,)), design, technology, folder, measure)

    def acceptable(netlist: Netlist) -> bool:
        """No worse than the plain flow, or in time where that is not."""
        return not _worse(measure(netlist), plain) or (in_time(netlist) and not in_time(plain_netlist))

    offers = [offer for offer in offers if acceptable(offer.netlist)]

    def rank(netlist: Netlist) -> tuple[bool, float]:
        return not in_time(netlist), price(measure(netlist))

    offers.sort(key=lambda offer: rank(offer.netlist))

    def proven(offers: Sequence[_Offer], time_limit_s: float) -> tuple[Netlist, Proof]:
        best = _optimise(offers, plan, technology, bits, seed, power_weight, acceptable, rank, tell)
        tell(0.9, "proving")
        write_text(path, write_netlist(best, header=f"{design.module} in cells of {technology.name}"))
        netlist = read_netlist(path, technology, module=design.module)
        return netlist, prove_netlist(netlist, design, folder=folder / "proof", time_limit_s=time_limit_s)

    path = folder / "netlist.v"
    try:
        netlist, proof = proven(offers, _START_PROOF_S if start_circuits else plan.proof_time_limit_s)
    except UndecidedError:
        if not start_circuits:
            raise
        log.warning("a start circuit of module %s led to a netlist that could not be proven", design.module)
        of_source = [offer for offer in offers if offer.start == "source"]
        netlist, proof = proven(of_source, plan.proof_time_limit_s)
    tell(1.0, "done")
    return SynthesisResult(
        netlist=netlist,
        netlist_path=path,
        plain=plain,
        final=measure(netlist),
        proof=proof,
        offers=tuple(
            MappedFigures(offer.start, offer.mapped.recipe, offer.mapped.library, offer.mapped.style, offer.figures)
            for offer in offers
        ),
        warnings=design.warnings,
        data_vectors=0 if data_bits is None else len(bits),
    )


@dataclass(frozen=True, eq=False)
class _Offer:
    start: str
    mapped: Mapped
    netlist: Netlist
    figures: Figures


def _vectors(design: Elaborated, data_bits: Vectors | None, seed: int) -> np.ndarray:
    width = sum(port.width for port in design.inputs)
    if data_bits is None:
        return np.random.default_rng(seed).random((_RANDOM_VECTORS, width)) < 0.5
    bits = np.asarray(data_bits(design.inputs) if callable(data_bits) else data_bits, dtype=bool)
    if bits.ndim != 2 or bits.shape[1] != width or not len(bits):
        raise InputError(f"module {design.module} has {width} input bits, the data have the shape {bits.shape}")
    return bits


def _check_clocks(design: Elaborated) -> None:
    """Flip-flops need one clock that comes from outside as it is."""
    first = sum(port.width for port in design.outputs)
    inputs = sum(port.width for port in design.inputs)
    clocks = {int(literal) for literal in design.aig.outputs[first + 1 :: 3]}
    if not clocks:
        return
    clock = clocks.pop()
    if clocks:
        raise InputError(f"module {design.module} has more than one clock, which the printed flow does not support")
    if clock & 1 or not 1 <= clock >> 1 <= inputs:
        raise InputError(
            f"the clock of module {design.module} is gated, inverted or made inside; printed flip-flops here need the "
            "rising edge of an input port"
        )


def _start_aig(index: int, circuit: LogicCircuit, design: Elaborated) -> Circuit:
    """The start circuit as a graph, compared with the source on some thousand patterns; the rest shows at the end."""
    aig = circuit.circuit
    name = f"start circuit {index} of module {design.module}"
    if (aig.inputs, len(aig.outputs)) != (design.aig.inputs, len(design.aig.outputs)):
        raise VerificationError(
            f"{name} has {aig.inputs} input and {len(aig.outputs)} output bits, its source has {design.aig.inputs} and "
            f"{len(design.aig.outputs)}"
        )
    refuse_difference(design, aig, simulated_difference(design.aig, aig), name=name)
    return aig


def _figures(netlist: Netlist, *, bits: np.ndarray) -> Figures:
    counts = cell_counts(netlist)
    return Figures(area_cm2(netlist), static_power(netlist, bits).total_mw, sum(counts.values()), counts)


def _price(figures: Figures, *, reference: Figures, power_weight: float) -> float:
    """Area and static power relative to the plain flow's, weighted."""
    area = figures.area_cm2 / reference.area_cm2 if reference.area_cm2 else figures.area_cm2
    power = (
        figures.static_power_mw / reference.static_power_mw if reference.static_power_mw else figures.static_power_mw
    )
    return (1 - power_weight) * area + power_weight * power


def _worse(figures: Figures, plain: Figures) -> bool:
    """Whether a netlist loses to the plain flow in one of the two figures, whatever it gains in the other."""
    slack = 1 + 1e-9
    return figures.area_cm2 > plain.area_cm2 * slack or figures.static_power_mw > plain.static_power_mw * slack


def _in_time(netlist: Netlist, *, clock_ms: float | None) -> bool:
    return clock_ms is None or timing(netlist, clock_ms).meets_clock


def _offers(
    starts: dict[str, Circuit],
    plan: SynthesisEffort,
    design: Elaborated,
    technology: Technology,
    folder: Path,
    measure: Callable[[Netlist], Figures],
) -> list[_Offer]:
    """Every start through every recipe; a recipe that fails or runs out of time offers nothing."""
    libraries = {"all_cells": to_genlib(technology)}
    compound = [cell.name for cell in technology.cells if len(cell.inputs) == 2 and cell.truth in (0b1000, 0b1110)]
    if compound and len(technology.cells) > len(compound) + 1:
        libraries["no_and_or"] = to_genlib(technology, without=compound)
    jobs = [(name, aig, recipe) for name, aig in starts.items() for recipe in plan.recipes]

    def work(job: tuple[str, Circuit, Recipe]) -> tuple[Mapped, ...]:
        name, aig, recipe = job
        try:
            return optimise_and_map(aig, recipe, libraries, folder=folder / "abc" / f"{name}_{recipe.name}")
        except ToolFailedError as error:
            log.warning("recipe %s on %s gave nothing: %s", recipe.name, name, str(error).splitlines()[0])
            return ()

    with ThreadPoolExecutor(plan.workers) as pool:
        results = list(pool.map(work, jobs))
    offers = []
    for (name, _, _), mapped in zip(jobs, results, strict=True):
        for one in mapped:
            netlist = netlist_of_mapped(one.circuit, design, technology)
            offers.append(_Offer(name, one, netlist, measure(netlist)))
    return offers


def _optimise(
    offers: Sequence[_Offer],
    plan: SynthesisEffort,
    technology: Technology,
    bits: np.ndarray,
    seed: int,
    power_weight: float,
    acceptable: Callable[[Netlist], bool],
    rank: Callable[[Netlist], tuple[bool, float]],
    tell: Progress,
) -> Netlist:
    """Our own optimiser, stage by stage, on the best netlists so far.

    The offers hold the plain flow's netlist at least, so the result is never worse than that in area or power.
    """

    def run(stage: Stage, netlist: Netlist) -> Netlist:
        limit = stage.time_limit_s
        return optimise_netlist(
            netlist,
            technology=technology,
            data_bits=bits,
            budget_moves=stage.tries(netlist.gates),
            seed=seed,
            power_weight=power_weight,
            time_limit_s=None if limit is None else limit * shares(netlist.gates),
        ).netlist

    # One netlist of each graph first: those of the same graph end much alike.
    graphs = {(offer.start, offer.mapped.recipe): offer for offer in reversed(offers)}
    firsts = {(offer.figures.area_cm2, offer.figures.static_power_mw): offer.netlist for offer in graphs.values()}
    netlists = sorted(firsts.values(), key=rank)
    with ThreadPoolExecutor(plan.workers) as pool:
        for index, stage in enumerate(plan.stages):
            tell(0.4 + 0.5 * index / len(plan.stages), "optimising")
            found = list(pool.map(partial(run, stage), [one for one in netlists[: stage.netlists] if one.gates]))
            netlists = sorted((*(one for one in found if acceptable(one)), *netlists), key=rank)
    return netlists[0]
