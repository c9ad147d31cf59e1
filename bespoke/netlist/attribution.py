"""Which neuron a gate belongs to, found by what its nets compute.

Synthesis keeps no names, but it keeps most signals between neurons: a net that equals a bit of a neuron's output, or
its complement, on every sample and on many random ones, is taken as that signal. A wrong match would shift power from
one label to another, never change a total.
"""

from __future__ import annotations

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.errors import InputError
from bespoke.model import Network
from bespoke.netlist.simulation import simulate
from bespoke.netlist.types import Netlist
from bespoke.sensing import feature_bits

#: Label of gates that several neurons of a layer use.
SHARED = "shared"
#: Label of gates that no neuron's output needs: the argmax tree, and what synthesis merged with it.
MERGED = "argmax and merged"

_RANDOM_VECTORS = 4096


def neuron_label(layer: int, neuron: int) -> str:
    """Label of a neuron's gates; both count from zero, the output layer is the last."""
    return f"layer {layer} neuron {neuron}"


def attribute_gates(netlist: Netlist, network: Network, features: np.ndarray) -> tuple[str, ...]:
    """A label per gate: the neuron whose output it helps to compute, ``SHARED`` or ``MERGED``.

    A gate belongs to a neuron if it lies between the neuron's output signals and its input signals (the outputs of the
    layer before, or the inputs). An output signal that synthesis dissolved leaves its gates to what comes after.

    Parameters
    ----------
    netlist : combinational netlist of the network.
    features : unsigned integers (samples, features).

    Raises
    ------
    InputError
        if the netlist's inputs are not the network's.
    """
    if netlist.input_bits != network.features * network.input_bits:
        raise InputError(
            f"module {netlist.module} has {netlist.input_bits} input bits, the network "
            f"{network.features * network.input_bits}"
        )
    random = np.random.default_rng(0).integers(0, 1 << network.input_bits, (_RANDOM_VECTORS, network.features))
    samples = np.concatenate([random, np.asarray(features, dtype=np.int64)])
    owners = _owners(network, samples)
    bits = feature_bits(samples, network.input_bits)
    values = simulate(netlist, pack_bits(bits))
    rest = len(samples) % 64
    if rest:  # beyond the last sample only constants and complements differ from packed signals
        values[:, -1] &= (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
    matched: dict[int, tuple[int, int]] = {}
    full = pack_bits(np.ones((len(samples), 1), dtype=bool))[0]
    for net in range(2 + netlist.input_bits, netlist.nets):
        owner = owners.get(_signature(values[net], full))
        if owner is not None:
            matched[net] = owner
    return _labels(netlist, matched)


def _signature(row: np.ndarray, full: np.ndarray) -> bytes:
    """The same for a signal and its complement."""
    return (row ^ full if row[0] & np.uint64(1) else row).tobytes()


def _owners(network: Network, samples: np.ndarray) -> dict[bytes, tuple[int, int]]:
    """Layer and neuron per signature of an output bit; the earliest layer and neuron where several agree."""
    full = pack_bits(np.ones((len(samples), 1), dtype=bool))[0]
    result: dict[bytes, tuple[int, int]] = {}
    inputs = {_signature(row, full) for row in pack_bits(feature_bits(samples, network.input_bits))}
    for layer, sums in enumerate(network.layer_sums(samples)):
        for position, neuron in enumerate(network.layers[layer].neurons):
            unit = neuron.activation
            signal = sums[:, position] if unit is None else unit.apply(sums[:, position])
            width = network.argmax.width if unit is None else unit.width
            for row in pack_bits((signal[:, None] >> np.arange(width) & 1).astype(bool)):
                signature = _signature(row, full)
                if any(signature) and signature not in inputs:  # neither a constant nor a mere input
                    result.setdefault(signature, (layer, position))
    return result


def _labels(netlist: Netlist, matched: dict[int, tuple[int, int]]) -> tuple[str, ...]:
    first = netlist.first_gate_net
    users: list[set[tuple[int, int]]] = [set() for _ in range(netlist.gates)]
    for gate in range(netlist.gates - 1, -1, -1):
        own = matched.get(first + gate)
        if own is not None:
            users[gate].add(own)
        for net in netlist.gate_fanins[gate]:
            if net < first:
                continue
            # a signal of an earlier layer ends the cone; one of the same layer is shared with its owner's neighbour
            source = matched.get(int(net))
            users[net - first] |= {user for user in users[gate] if source is None or source[0] >= user[0]}
    labels = []
    for neurons in users:
        if not neurons:
            labels.append(MERGED)
        elif len(neurons) == 1:
            labels.append(neuron_label(*next(iter(neurons))))
        else:
            labels.append(SHARED)
    return tuple(labels)
