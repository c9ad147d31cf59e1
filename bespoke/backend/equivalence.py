"""Proof that two circuits are equal, counter-examples by port."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.backend.circuits import aig_of_netlist
from bespoke.circuit import Circuit, RegisterCut, cut_outputs
from bespoke.eda.equivalence import find_difference
from bespoke.eda.registers import CutCircuit, matches, unmatched_register, without_duplicates
from bespoke.eda.rtlil import BitPort, FlipFlopCut
from bespoke.eda.tools import Backend
from bespoke.eda.yosys import Elaborated, elaborate
from bespoke.errors import InputError, VerificationError
from bespoke.netlist import Netlist
from bespoke.technology import Technology, to_verilog_models

_INDEXED = re.compile(r"(.+)\[(0|-?[1-9]\d*)\]")

#: How counter-examples call what a register reads.
_READ_BY_REGISTER = RegisterCut(data="next value", clock="clock", reset="reset")


@dataclass(frozen=True)
class Proof:
    """A finished proof.

    Parameters
    ----------
    equivalent : whether no input whatever tells the two circuits apart.
    output_bits : that were compared; what flip-flops take over counts too.
    seconds : wall-clock time.
    """

    equivalent: bool
    output_bits: int
    seconds: float

    def covers(self, netlist: Netlist) -> bool:
        """Whether it shows a combinational netlist equal to its source in every output bit."""
        return self.equivalent and self.output_bits == netlist.output_bits


@dataclass(frozen=True)
class CounterExample:
    """Inputs on which two circuits differ, and what each makes of them; integers by port name.

    ``state`` holds the flip-flops' values where there are some.
    """

    inputs: dict[str, int]
    state: dict[str, int]
    outputs_a: dict[str, int]
    outputs_b: dict[str, int]

    input_widths: dict[str, int]

    def features(self, bits: int, port: str = "inp") -> tuple[int, ...]:
        """The bus ``port`` cut into features of so many bits, for a counter-example of a classifier.

        Raises
        ------
        InputError
            if there is no such input, or it cannot be cut so.
        """
        width = self.input_widths.get(port, 0)
        if not width or width % bits:
            raise InputError(f"there is no input bus {port} whose width {bits} divides")
        return tuple(self.inputs[port] >> start & ((1 << bits) - 1) for start in range(0, width, bits))


@dataclass(frozen=True)
class Equivalence:
    """What ``prove_equivalent`` found; ``counter_example`` is None where the circuits are equal.

    ``module_a`` and ``module_b`` are the modules that were compared; ``notes`` say what was taken for what, where the
    Verilog leaves it open.
    """

    equivalent: bool
    counter_example: CounterExample | None
    module_a: str
    module_b: str
    seconds: float
    notes: tuple[str, ...] = ()


def prove_equivalent(
    a: Sequence[Path] | Path,
    b: Sequence[Path] | Path,
    *,
    folder: Path,
    top: str | None = None,
    top_b: str | None = None,
    technology: Technology | None = None,
    backend: Backend | str = Backend.PYOSYS,
    time_limit_s: float = 600.0,
) -> Equivalence:
    """Prove two Verilog circuits equal for every input, or find an input that tells them apart.

    Ports are matched by name. Flip-flops are matched by name too, else by what they take over and what they reach; what
    they take over is compared like an output.

    Parameters
    ----------
    a, b : Verilog files each, RTL or netlists of the technology's cells.
    technology : whose cells the netlists have.
    top, top_b : their modules; ``top_b`` is ``top`` by default.
    folder : for scripts and logs.

    Raises
    ------
    InputError
        if a file cannot be read, or ports or flip-flops differ.
    VerificationError
        if neither could be shown within the time limit.
    """
    started = time.monotonic()
    models, reasons = None, {}
    if technology is not None:
        models = to_verilog_models(technology)
        reasons = {cell.name: cell.reason for cell in technology.left_out}
    designs = [
        elaborate(
            [Path(sources)] if isinstance(sources, str | Path) else list(sources),
            top=module,
            folder=folder,
            backend=backend,
            cell_models=models,
            reasons=reasons,
            name=name,
            log_undefined=False,  # it is among the notes
        )
        for name, sources, module in (("a", a, top), ("b", b, top_b or top))
    ]
    _check_interfaces(*designs)
    first, second = (_cut(design, like=designs[0]) for design in designs)
    if len(first.registers) != len(second.registers):
        first, second = (
            without_duplicates(side, folder / f"duplicates_{name}", time_limit_s)
            for side, name in ((first, "a"), (second, "b"))
        )
    example = _difference(first, second, designs[0], folder=folder, time_limit_s=time_limit_s)
    return Equivalence(
        equivalent=example is None,
        counter_example=example,
        module_a=designs[0].module,
        module_b=designs[1].module,
        seconds=time.monotonic() - started,
        notes=(*(note for design in designs for note in design.undefined), *_range_notes(*designs)),
    )


def prove_netlist(
    netlist: Netlist,
    design: Elaborated,
    *,
    folder: Path,
    time_limit_s: float,
    inspections: int | None = None,
) -> Proof:
    """Prove a mapped netlist equal to the source that it was made of, all of it.

    Its flip-flops stand in the order of the source's.

    Parameters
    ----------
    inspections, time_limit_s : as ``find_difference`` takes them.

    Raises
    ------
    VerificationError
        if they differ, with the inputs that show it; an UndecidedError or OutOfTimeError if it could not be decided.
    """
    started = time.monotonic()
    aig = aig_of_netlist(netlist)
    pattern = find_difference(design.aig, aig, folder=folder, inspections=inspections, time_limit_s=time_limit_s)
    refuse_difference(design, aig, pattern, name=f"the netlist of module {design.module}")
    return Proof(pattern is None, len(design.aig.outputs), time.monotonic() - started)


def refuse_difference(design: Elaborated, aig: Circuit, pattern: np.ndarray | None, *, name: str) -> None:
    """Raise a VerificationError if there is a pattern on which the graph, called ``name``, differs from the design."""
    if pattern is None:
        return
    outputs = [graph.evaluate(pattern[None, :])[0] for graph in (design.aig, aig)]
    example = _decoded(design, design.flip_flops, pattern, *outputs)
    raise VerificationError(
        f"{name} differs from its source on {in_words(example.inputs | example.state)}: source "
        f"{in_words(example.outputs_a)}, other {in_words(example.outputs_b)}"
    )


def in_words(values: dict[str, int]) -> str:
    """``a=1, b=2``."""
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _check_interfaces(a: Elaborated, b: Elaborated) -> None:
    """The same ports by name and width; bits of a vector may be ports of their own, ``\\x[0]`` for bit 0 of ``x``."""
    for kind, ports_a, ports_b in (("input", a.inputs, b.inputs), ("output", a.outputs, b.outputs)):
        widths_a = {port.name: port.width for port in ports_a}
        widths_b = {port.name: port.width for port in ports_b}
        if set(_bit_places(ports_a, ports_b)) == set(_bit_places(ports_b, ports_a)):
            continue
        for name in [*widths_a, *widths_b]:
            if widths_a.get(name) != widths_b.get(name):
                sides = (
                    f"{widths[name]} bit{'s' if widths[name] != 1 else ''}" if name in widths else "missing"
                    for widths in (widths_a, widths_b)
                )
                first, second = sides
                raise InputError(f"{kind} port {name!r} is {first} in the first circuit and {second} in the second")
        raise InputError(f"the {kind} ports of the two circuits have the same names but not the same bits")


def _range_notes(a: Elaborated, b: Elaborated) -> list[str]:
    """What was taken for what where a vector is declared with two ranges; Verilog joins vectors by place too."""
    others = {port.name: port for port in (*b.inputs, *b.outputs)}
    return [
        f"port {port.name} is {port.range or 'one bit'} in the first circuit and {other.range or 'one bit'} in the "
        f"second; they are compared by place, {port.name}[{port.indices[0]}] with {port.name}[{other.indices[0]}]"
        for port in (*a.inputs, *a.outputs)
        if (other := others.get(port.name)) is not None and other.width == port.width and other.range != port.range
    ]


def _cut(design: Elaborated, *, like: Elaborated) -> CutCircuit:
    """The design's graph, its ports in the order of another's."""
    inputs = _bit_order(like.inputs, design.inputs)
    outputs = _bit_order(like.outputs, design.outputs)
    inputs += range(design.input_bits, design.aig.inputs)
    outputs += range(design.output_bits, len(design.aig.outputs))
    return CutCircuit(design.aig.reordered(inputs, outputs), design.output_bits, design.flip_flops)


def _difference(
    first: CutCircuit, second: CutCircuit, design: Elaborated, *, folder: Path, time_limit_s: float
) -> CounterExample | None:
    """Inputs and registers on which two circuits differ, whichever register of one is taken for which of the other.

    Raises
    ------
    InputError
        naming a register, where they have not the same ones.
    """
    if len(first.registers) != len(second.registers):
        raise InputError(
            f"the circuits have {len(first.registers)} and {len(second.registers)} flip-flops that reach an output: "
            f"{unmatched_register(first, second)} has no counterpart; only circuits with the same "
            "registers can be compared"
        )
    example = None
    for number, order in enumerate(matches(first, second)):
        matched = second.in_order(order)
        proof = folder / ("proof" if not number else f"proof_{number}")
        pattern = find_difference(first.aig, matched.aig, folder=proof, time_limit_s=time_limit_s)
        if pattern is None:
            return None
        if example is None:
            outputs = [side.aig.evaluate(pattern[None, :])[0] for side in (first, matched)]
            example = _decoded(design, first.registers, pattern, *outputs)
    if example is None:
        raise InputError(
            f"{unmatched_register(first, second)} has no counterpart: none of its name, and none that takes over the "
            "same; only circuits with the same registers can be compared"
        )
    return example


def _bit_order(wanted: Sequence[BitPort], present: Sequence[BitPort]) -> list[int]:
    """Positions among ``present``'s bits of the bits of ``wanted``."""
    places = _bit_places(present, wanted)
    return [places[key] for key in _bit_places(wanted, present)]


def _bit_places(ports: Sequence[BitPort], others: Sequence[BitPort]) -> dict[tuple[str, int], int]:
    """Positions of the ports' bits by vector and index, in order.

    A port that the other circuit has as well, as wide, is joined with it by place, as Verilog joins vectors, so its
    bits count from 0; the index is the declared one where the bits of a vector are ports of their own in one of them.
    """
    names = {port.name for port in ports}
    shared = {(port.name, port.width) for port in others}
    places = {}
    for port in ports:
        part = _INDEXED.fullmatch(port.name) if port.width == 1 else None
        if (port.name, port.width) in shared:
            keys = [(port.name, bit) for bit in range(port.width)]
        elif part and part[1] not in names:
            keys = [(part[1], int(part[2]))]
        else:
            keys = [(port.name, index) for index in port.indices]
        for key in keys:
            places[key] = len(places)
    return places


def _decoded(
    design: Elaborated,
    registers: Sequence[FlipFlopCut],
    pattern: np.ndarray,
    out_a: np.ndarray,
    out_b: np.ndarray,
) -> CounterExample:
    """A difference in words: the design has the names of the ports, ``registers`` those of the registers."""
    state_bits = pattern[design.input_bits :]
    state = {flop.name: int(bit) for flop, bit in zip(registers, state_bits, strict=True)}
    results = []
    for bits in (out_a, out_b):
        values = _by_port(design.outputs, bits)
        for index, flop in enumerate(registers):
            for place, what in zip(cut_outputs(index, design.output_bits), _READ_BY_REGISTER, strict=True):
                if out_a[place] != out_b[place]:
                    values[f"{what} of {flop.name}"] = int(bits[place])
        results.append(values)
    widths = {port.name: port.width for port in design.inputs}
    return CounterExample(_by_port(design.inputs, pattern), state, *results, widths)


def _by_port(ports: Sequence[BitPort], bits: np.ndarray) -> dict[str, int]:
    values, position = {}, 0
    for port in ports:
        values[port.name] = sum(int(bits[position + bit]) << bit for bit in range(port.width))
        position += port.width
    return values
