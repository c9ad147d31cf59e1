"""Proof that two circuits are equal, counter-examples by port."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.circuit import Circuit
from bespoke.eda.equivalence import find_difference
from bespoke.eda.rtlil import BitPort
from bespoke.eda.tools import Backend
from bespoke.eda.yosys import Elaborated, elaborate
from bespoke.errors import InputError, VerificationError
from bespoke.netlist import Netlist
from bespoke.pipeline.circuits import aig_of_netlist
from bespoke.technology import Technology, to_verilog_models


@dataclass(frozen=True)
class Proof:
    """A finished proof of equality."""

    output_bits: int
    seconds: float


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

    ``module_a`` and ``module_b`` are the modules that were compared.
    """

    equivalent: bool
    counter_example: CounterExample | None
    module_a: str
    module_b: str
    seconds: float


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

    Ports are matched by name. Flip-flops are matched by name too, and what they take over is compared like an output.

    Parameters
    ----------
    a, b : Verilog files each, RTL or netlists of the technology's cells.
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
    models = to_verilog_models(technology) if technology is not None else None
    designs = [
        elaborate(
            [Path(sources)] if isinstance(sources, str | Path) else list(sources),
            top=module,
            folder=folder,
            backend=backend,
            cell_models=models,
            name=name,
        )
        for name, sources, module in (("a", a, top), ("b", b, top_b or top))
    ]
    first, second = designs
    _check_interfaces(first, second)
    second_aig = _in_order_of(first, second)
    pattern = find_difference(first.aig, second_aig, folder=folder / "proof", time_limit_s=time_limit_s)
    seconds = time.monotonic() - started
    if pattern is None:
        return Equivalence(True, None, first.module, second.module, seconds)
    outputs = [aig.evaluate(pattern[None, :])[0] for aig in (first.aig, second_aig)]
    return Equivalence(False, _decoded(first, pattern, *outputs), first.module, second.module, seconds)


def prove_netlist(netlist: Netlist, design: Elaborated, *, folder: Path, time_limit_s: float) -> Proof:
    """Prove a mapped netlist equal to the source that it was made of, all of it.

    Raises
    ------
    VerificationError
        if they differ, with the inputs that show it, or if it could not be decided.
    """
    started = time.monotonic()
    aig = aig_of_netlist(netlist, [cut.name for cut in design.flip_flops])
    pattern = find_difference(design.aig, aig, folder=folder, time_limit_s=time_limit_s)
    refuse_difference(design, aig, pattern, name=f"the netlist of module {design.module}")
    return Proof(len(design.aig.outputs), time.monotonic() - started)


def refuse_difference(design: Elaborated, aig: Circuit, pattern: np.ndarray | None, *, name: str) -> None:
    """Raise a VerificationError if there is a pattern on which the graph, called ``name``, differs from the design."""
    if pattern is None:
        return
    outputs = [graph.evaluate(pattern[None, :])[0] for graph in (design.aig, aig)]
    example = _decoded(design, pattern, *outputs)
    raise VerificationError(
        f"{name} differs from its source on {in_words(example.inputs | example.state)}: source "
        f"{in_words(example.outputs_a)}, other {in_words(example.outputs_b)}"
    )


def in_words(values: dict[str, int]) -> str:
    """``a=1, b=2``."""
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _check_interfaces(a: Elaborated, b: Elaborated) -> None:
    for kind, ports_a, ports_b in (("input", a.inputs, b.inputs), ("output", a.outputs, b.outputs)):
        widths_a = {port.name: port.width for port in ports_a}
        widths_b = {port.name: port.width for port in ports_b}
        for name in [*widths_a, *widths_b]:
            if widths_a.get(name) != widths_b.get(name):
                sides = (f"{widths[name]} bits" if name in widths else "missing" for widths in (widths_a, widths_b))
                first, second = sides
                raise InputError(f"{kind} port {name!r} is {first} in the first circuit and {second} in the second")
    if len(a.flip_flops) != len(b.flip_flops):
        raise InputError(
            f"the circuits have {len(a.flip_flops)} and {len(b.flip_flops)} flip-flops; only circuits with the same "
            "registers can be compared"
        )


def _in_order_of(a: Elaborated, b: Elaborated) -> Circuit:
    """The graph of ``b`` with inputs and outputs in the order of ``a``."""
    inputs = _bit_order(a.inputs, b.inputs)
    outputs = _bit_order(a.outputs, b.outputs)
    for cut in a.flip_flops:
        match = next((index for index, other in enumerate(b.flip_flops) if cut.is_called_like(other)), None)
        if match is None:
            raise InputError(f"register {cut.name} of the first circuit has no namesake in the second")
        inputs.append(sum(port.width for port in b.inputs) + match)
        first = sum(port.width for port in b.outputs) + 3 * match
        outputs += [first, first + 1, first + 2]
    if len(set(inputs)) != len(inputs):
        raise InputError("the registers of the two circuits cannot be told apart by name")
    return b.aig.reordered(inputs, outputs)


def _bit_order(wanted: Sequence[BitPort], present: Sequence[BitPort]) -> list[int]:
    """Positions among ``present``'s bits of the bits of ``wanted``."""
    start, position = {}, 0
    for port in present:
        start[port.name] = position
        position += port.width
    return [start[port.name] + bit for port in wanted for bit in range(port.width)]


def _decoded(design: Elaborated, pattern: np.ndarray, out_a: np.ndarray, out_b: np.ndarray) -> CounterExample:
    cut = sum(port.width for port in design.inputs)
    state = {flop.name: int(bit) for flop, bit in zip(design.flip_flops, pattern[cut:], strict=True)}
    results = []
    for bits in (out_a, out_b):
        values = _by_port(design.outputs, bits)
        first = sum(port.width for port in design.outputs)
        for index, flop in enumerate(design.flip_flops):
            for offset, what in enumerate(("next value", "clock", "reset")):
                if out_a[first + 3 * index + offset] != out_b[first + 3 * index + offset]:
                    values[f"{what} of {flop.name}"] = int(bits[first + 3 * index + offset])
        results.append(values)
    widths = {port.name: port.width for port in design.inputs}
    return CounterExample(_by_port(design.inputs, pattern), state, *results, widths)


def _by_port(ports: Sequence[BitPort], bits: np.ndarray) -> dict[str, int]:
    values, position = {}, 0
    for port in ports:
        values[port.name] = sum(int(bits[position + bit]) << bit for bit in range(port.width))
        position += port.width
    return values
