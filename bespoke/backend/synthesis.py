"""The back end: any Verilog to the smallest, coolest netlist of printed cells, proven equal to its source."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bespoke.backend.circuits import netlist_of_mapped
from bespoke.backend.climbing import Candidate, Graph, climb
from bespoke.backend.effort import Level, Stage, effort_of
from bespoke.backend.equivalence import Proof, prove_netlist, refuse_difference
from bespoke.circuit import Circuit
from bespoke.eda.abc import PLAIN, SHALLOW, STYLES, Mapped, Recipe, optimise_and_map
from bespoke.eda.equivalence import simulated_difference
from bespoke.eda.rtlil import BitPort
from bespoke.eda.tools import Backend
from bespoke.eda.yosys import Elaborated, elaborate
from bespoke.errors import InputError, ToolFailedError, ToolTimeoutError, UndecidedError, VerificationError
from bespoke.execution import Executor, Serial
from bespoke.files import write_text
from bespoke.model import LogicCircuit
from bespoke.netlist import Netlist, area_cm2, cell_counts, read_netlist, static_power, timing, write_netlist
from bespoke.netlist.optimise import DEFAULT_POWER_WEIGHT, optimise_netlist
from bespoke.technology import Technology, to_genlib

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

#: Input vectors, or what makes them once the module's input ports are known.
Vectors = np.ndarray | Callable[[tuple[BitPort, ...]], np.ndarray]

_RANDOM_VECTORS = 1024

#: The library of every cell, which the plain flow maps on.
ALL_CELLS = "all_cells"

#: What a start circuit leads to must be proven with so many inspections (seconds, on circuits that may start), or the
#: source's own structure is taken after all: equal sums whose adders stand in another order can take for ever. Counted,
#: for a fallback that hangs on the clock would give another netlist on a busy machine.
_START_PROOF_INSPECTIONS = 100_000_000


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
    complemented: np.ndarray | None = None,
    clock_ms: float | None = None,
    seed: int = 0,
    executor: Executor | None = None,
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
    effort : ``fast``, ``normal`` or ``high``; each gives the same result for the same seed, on every machine.
    start_circuits : further structures of the same function; each is tried, and the best result wins.
    power_weight : share of static power in the price; the rest is area.
    complemented : bool (input bits,), inputs whose complement costs nothing and is what to map for. The netlist has an
        inverter before each of them; what the other figures of the search for it are measured on has not.
    clock_ms : what is slower than this is taken only if nothing is faster. None takes any delay.
    executor : whose threads run ABC and the optimiser; it changes nothing but the time. None runs them one by one.
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
    executor = executor or Serial()
    plan = effort_of(effort, seed)
    tell(0.0, "reading")
    design = elaborate(sources, top=top, folder=folder, backend=backend)
    _check_clocks(design)
    bits = _vectors(design, data_bits, seed)
    starts = {"source": design.aig} | {
        f"circuit{index}": _start_aig(index, circuit, design) for index, circuit in enumerate(start_circuits)
    }
    measure_whole = partial(_figures, bits=bits)
    libraries = {ALL_CELLS: to_genlib(technology)}
    plain_whole = None
    inverter = technology.find(0b01, 1)
    behind = None if complemented is None or inverter is None or not complemented.any() else complemented
    if behind is not None:  # from here on everything is about what stands behind the inverters
        mapped = optimise_and_map(design.aig, PLAIN, libraries, folder=folder / "abc/plain_whole")[0]
        plain_whole = measure_whole(netlist_of_mapped(mapped.circuit, design, technology))
        starts = {name: aig.with_inverted(behind) for name, aig in starts.items()}
        bits = bits ^ behind
    measure = partial(_figures, bits=bits)
    tell(0.1, "mapping")
    find_offers = partial(
        _offers, starts, design=design, technology=technology, folder=folder, measure=measure, executor=executor
    )
    offers = find_offers(plan.levels)
    if not any(offer.is_plain for offer in offers):
        mapped = optimise_and_map(starts["source"], PLAIN, libraries, folder=folder / "abc/plain")[0]
        netlist = netlist_of_mapped(mapped.circuit, design, technology)
        offers.insert(0, _Offer("source", mapped, netlist, measure(netlist), 0))
    plain_netlist, plain = next((offer.netlist, offer.figures) for offer in offers if offer.is_plain)
    price = partial(_price, reference=plain, power_weight=power_weight)
    in_time = partial(_in_time, clock_ms=clock_ms)
    # Whether the lowest level's are in time decides, for a higher effort must have every candidate of the lower ones.
    if not any(in_time(offer.netlist) for offer in offers if offer.level == 0):
        offers += find_offers([Level((SHALLOW,), ())])

    def acceptable(netlist: Netlist, figures: Figures) -> bool:
        """No worse than the plain flow, or in time where that is not."""
        return not _worse(figures, plain) or (in_time(netlist) and not in_time(plain_netlist))

    offers = [offer for offer in offers if acceptable(offer.netlist, offer.figures)]
    offers.sort(key=lambda offer: (not in_time(offer.netlist), price(offer.figures)))

    def candidate(graph: Graph, netlist: Netlist, figures: Figures) -> Candidate:
        return Candidate(graph, netlist, (not in_time(netlist), price(figures)))

    def improve(stage: Stage, given: Candidate) -> Candidate | None:
        """What our own optimiser makes of a netlist; None where it is not acceptable."""
        netlist = optimise_netlist(
            given.netlist,
            technology=technology,
            data_bits=bits,
            budget_moves=stage.tries(given.netlist.gates),
            seed=seed,
            power_weight=power_weight,
        ).netlist
        figures = measure(netlist)
        return candidate(given.graph, netlist, figures) if acceptable(netlist, figures) else None

    def best_netlists(offers: Sequence[_Offer]) -> list[Netlist]:
        levels = [
            (
                [candidate(offer.graph, offer.netlist, offer.figures) for offer in offers if offer.level == index],
                level.stages,
            )
            for index, level in enumerate(plan.levels)
        ]
        return climb(levels, improve, executor, tell)

    def proven(best: Netlist, inspections: int | None) -> tuple[Netlist, Proof]:
        tell(0.9, "proving")
        if behind is not None:
            best = best.behind(inverter, behind)
        write_text(path, write_netlist(best, header=f"{design.module} in cells of {technology.name}"))
        netlist = read_netlist(path, technology)
        proof = prove_netlist(
            netlist,
            design,
            folder=folder / "proof",
            inspections=inspections,
            time_limit_s=plan.proof_time_limit_s,
        )
        return netlist, proof

    path = folder / "netlist.v"
    netlist, proof = None, None
    inspections = _START_PROOF_INSPECTIONS if start_circuits else None
    # Where a level's netlist cannot be proven, that of the level below may be, as it would have been at lower effort.
    for best in best_netlists(offers):
        try:
            netlist, proof = proven(best, inspections)
            break
        except UndecidedError:
            if not start_circuits:
                raise
            log.warning("a start circuit of module %s led to a netlist that could not be proven", design.module)
    if netlist is None:
        netlist, proof = proven(best_netlists([offer for offer in offers if offer.start == "source"])[0], None)
    tell(1.0, "done")
    return SynthesisResult(
        netlist=netlist,
        netlist_path=path,
        plain=plain if plain_whole is None else plain_whole,
        final=measure_whole(netlist),
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
    level: int

    @property
    def graph(self) -> Graph:
        """The graph that was mapped."""
        return self.start, self.mapped.recipe

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain flow's netlist, which the first style on the same graph makes too."""
        of_plain_graph = self.start == "source" and self.mapped.recipe in (PLAIN.name, STYLES.name)
        return of_plain_graph and (self.mapped.library, self.mapped.style) == (ALL_CELLS, 0)


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
    clocks = {int(design.aig.outputs[cut.clock]) for cut in design.register_cuts}
    if not clocks:
        return
    clock = clocks.pop()
    if clocks:
        falling = _falling(design)
        if falling is not None:
            raise InputError(
                f"module {design.module}: register {falling} takes over at the falling edge of the clock, others at "
                "the rising one; printed flip-flops here have the rising edge alone"
            )
        raise InputError(f"module {design.module} has more than one clock, which the printed flow does not support")
    if clock & 1 or not 1 <= clock >> 1 <= design.input_bits:
        raise InputError(
            f"the clock of module {design.module} is gated, inverted or made inside; printed flip-flops here need the "
            "rising edge of an input port"
        )


def _falling(design: Elaborated) -> str | None:
    """A register at the falling edge, where all have edges of one and the same signal as their clock."""
    clocks = [int(design.aig.outputs[cut.clock]) for cut in design.register_cuts]
    if len({clock >> 1 for clock in clocks}) > 1:
        return None
    return next((flop.name for flop, clock in zip(design.flip_flops, clocks, strict=True) if clock & 1), None)


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
    """Whether a netlist meets its clock; one whose delay nobody can tell passes."""
    if clock_ms is None:
        return True
    found = timing(netlist, clock_ms)
    return found is None or found.meets_clock


def _offers(
    starts: dict[str, Circuit],
    levels: Sequence[Level],
    *,
    design: Elaborated,
    technology: Technology,
    folder: Path,
    measure: Callable[[Netlist], Figures],
    executor: Executor,
) -> list[_Offer]:
    """Every start through every recipe of every level; a recipe that fails offers nothing.

    One that runs into its safety limit ends the synthesis: without it the result would be another.
    """
    libraries = {ALL_CELLS: to_genlib(technology)}
    cells = technology.mapping_cells
    compound = [cell.name for cell in cells if len(cell.inputs) == 2 and cell.truth in (0b1000, 0b1110)]
    if compound and len(cells) > len(compound) + 1:
        libraries["no_and_or"] = to_genlib(technology, without=compound)
    jobs = [
        (index, name, aig, recipe)
        for index, level in enumerate(levels)
        for name, aig in starts.items()
        for recipe in level.recipes_for(len(aig.fanins))
    ]

    def work(job: tuple[int, str, Circuit, Recipe]) -> tuple[Mapped, ...]:
        _, name, aig, recipe = job
        try:
            return optimise_and_map(aig, recipe, libraries, folder=folder / "abc" / f"{name}_{recipe.name}")
        except ToolTimeoutError:
            raise
        except ToolFailedError as error:
            log.warning("recipe %s on %s gave nothing: %s", recipe.name, name, str(error).splitlines()[0])
            return ()

    results = list(executor.threads(work, jobs))
    offers = []
    for (level, name, _, _), mapped in zip(jobs, results, strict=True):
        for one in mapped:
            netlist = netlist_of_mapped(one.circuit, design, technology)
            offers.append(_Offer(name, one, netlist, measure(netlist), level))
    return offers
