"""What a netlist computes: every net on every vector, 64 vectors a word."""

from __future__ import annotations

import numpy as np

from bespoke.circuit import pack_bits, unpack_bits
from bespoke.errors import InputError
from bespoke.netlist.kernels import evaluate_gates, run_cycles
from bespoke.netlist.types import Netlist
from bespoke.sensing import Wires, port_bits


def truth_tables(netlist: Netlist) -> tuple[np.ndarray, np.ndarray]:
    """Number of inputs, int64 (cells,), and truth table, uint64 (cells, chunks), of every cell used."""
    widths = np.array([len(cell.inputs) for cell in netlist.cells], dtype=np.int64)
    chunks = max(1, (1 << int(widths.max(initial=0))) // 64)
    tables = np.array(
        [[cell.truth >> 64 * chunk & (1 << 64) - 1 for chunk in range(chunks)] for cell in netlist.cells],
        dtype=np.uint64,
    ).reshape(len(netlist.cells), chunks)
    return widths, tables


def simulate(netlist: Netlist, packed: np.ndarray) -> np.ndarray:
    """Value of every net of a combinational netlist.

    Parameters
    ----------
    packed : uint64 (input bits, words), as ``pack_bits`` gives it.

    Returns
    -------
    uint64 (nets, words). Bits beyond the last vector hold what the circuit makes of zeros.

    Raises
    ------
    InputError
        if the netlist has flip-flops (see ``net_values``) or the number of input bits is another.
    """
    if netlist.flip_flops:
        raise InputError(f"module {netlist.module} has flip-flops; its values depend on the order of the vectors")
    packed = np.ascontiguousarray(packed, dtype=np.uint64)
    _check_inputs(netlist, packed.shape[0] if packed.ndim == 2 else -1)
    values = np.empty((netlist.nets, packed.shape[1]), dtype=np.uint64)
    values[0] = 0
    values[1] = np.uint64(0xFFFFFFFFFFFFFFFF)
    values[2 : netlist.first_gate_net] = packed
    widths, tables = truth_tables(netlist)
    evaluate_gates(values, netlist.first_gate_net, netlist.gate_cells, netlist.gate_fanins, widths, tables)
    return values


def net_values(netlist: Netlist, bits: np.ndarray) -> np.ndarray:
    """Packed value of every net on every vector, also of a sequential netlist.

    A netlist with flip-flops starts with all of them at zero and takes one vector a clock cycle, in order; a value is
    that before the clock's edge, a flip-flop whose reset is low is zero. All flip-flops must share one clock, an input
    whose own bits in ``bits`` are ignored but for gates that read it.

    Parameters
    ----------
    bits : bool (vectors, input bits).

    Returns
    -------
    uint64 (nets, words).
    """
    array = np.asarray(bits)
    if array.ndim != 2:
        raise InputError(f"input vectors must have the shape (vectors, bits), not {array.shape}")
    if not netlist.flip_flops:
        return simulate(netlist, pack_bits(array))
    _check_inputs(netlist, array.shape[1])
    clocks = {flip_flop.clock_net for flip_flop in netlist.flip_flops}
    if len(clocks) != 1 or not 2 <= next(iter(clocks)) < 2 + netlist.input_bits:
        raise InputError(f"the flip-flops of module {netlist.module} must share one clock that is an input")
    widths, tables = truth_tables(netlist)
    values = run_cycles(
        np.ascontiguousarray(array.astype(bool), dtype=np.uint8),
        2,
        np.array([flip_flop.d_net for flip_flop in netlist.flip_flops], dtype=np.int64),
        np.array([flip_flop.reset_net for flip_flop in netlist.flip_flops], dtype=np.int64),
        netlist.first_gate_net,
        netlist.gate_cells,
        netlist.gate_fanins,
        widths,
        tables,
        netlist.nets,
    )
    return pack_bits(values)


def evaluate(netlist: Netlist, bits: np.ndarray) -> np.ndarray:
    """Output bits, bool (vectors, output bits), for input vectors, bool (vectors, input bits)."""
    values = net_values(netlist, bits)
    return unpack_bits(values[netlist.output_nets], np.asarray(bits).shape[0])


def codes(netlist: Netlist, bits: np.ndarray) -> np.ndarray:
    """The output bits read as a number, int64 (vectors,), for input vectors, bool (vectors, input bits)."""
    return evaluate(netlist, bits).astype(np.int64) @ (1 << np.arange(netlist.output_bits, dtype=np.int64))


def predict(netlist: Netlist, features: np.ndarray, wires: Wires) -> np.ndarray:
    """Class index per sample, int64 (samples,), of a classifier's netlist.

    Parameters
    ----------
    features : grid values, unsigned integers (samples, features).
    wires : what the netlist's input bus carries of them.
    """
    return codes(netlist, port_bits(wires, features))


def _check_inputs(netlist: Netlist, found: int) -> None:
    if found != netlist.input_bits:
        raise InputError(f"module {netlist.module} has {netlist.input_bits} input bits, the vectors have {found}")
