"""Networks and logic circuits as Verilog-2005.

The module has one input bus ``inp`` and one output ``out``, the class index. What the bus carries is the front end's
choice: binary words, feature j in bits ``[j*bits +: bits]``, or comparators, bit k that of wire k. Where no wire is
needed, for the class is constant, the bus has one bit that nothing reads: Verilog has no ports without bits. The same
classifier gives the same text, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import bespoke
from bespoke.errors import InputError
from bespoke.model import IntegerClassifier, LogicCircuit, Network, largest_value, read_values
from bespoke.rtl.adders import LONGEST_WORD_SUM, Adder, add_columns
from bespoke.rtl.argmax import comparator_blocks
from bespoke.rtl.bits import ZERO, Signal, concatenation, constant, declaration
from bespoke.rtl.interface import InputWords, circuit_inputs, header_view, network_inputs
from bespoke.rtl.neuron import NeuronBlock, Operand, formula, operands_of, qrelu_verilog, sum_bit, sum_width
from bespoke.rtl.text import checked_identifier, environment, safe_comment
from bespoke.sensing import BinaryWires, Quantiser, Wires, port_width


def emit_verilog(
    classifier: IntegerClassifier,
    *,
    wires: Wires | None = None,
    quantiser: Quantiser | None = None,
    title: str = "printed classifier",
    feature_names: Sequence[str] | None = None,
    class_labels: Sequence[object] | None = None,
    module: str = "top",
    longest_word_sum: int = LONGEST_WORD_SUM,
) -> str:
    """Verilog-2005 of a classifier.

    Parameters
    ----------
    classifier : network (one readable block per neuron) or logic circuit (one assignment per AND).
    wires : what the bus carries; by default a circuit's own wires, all bits of all features for a network.
    quantiser : of the classifier's inputs; with it comments name ranges and thresholds in the data's unit.
    title, feature_names, class_labels : appear in comments only, made safe whatever they contain.
    module : name of the module.
    longest_word_sum : vectors, a constant among them, that a sum may have to be written as ``a + b``; longer ones are
        written as full adders.

    Raises
    ------
    InputError
        if the number of names or labels, the quantiser or the wires do not fit the classifier, or ``module`` is no
        Verilog identifier.
    """
    checked_identifier(module)
    wires = default_wires(classifier) if wires is None else wires
    names = _names(feature_names, classifier.features, "feature names")
    words = InputWords(names, quantiser)
    labels = _names(class_labels, classifier.classes, "class labels")
    common = {
        "version": bespoke.__version__,
        "title": safe_comment(title),
        "module": module,
        "features": classifier.features,
        "input_bits": classifier.input_bits,
        "input_width": port_width(wires),
        "output_width": classifier.output_bits,
        "classes": classifier.classes,
        "labels": labels,
        "declaration": declaration,
        **header_view(wires, names, quantiser),
    }
    if isinstance(classifier, LogicCircuit):
        return environment().get_template("logic.v.j2").render(**common, **_logic_view(classifier.over(wires), words))
    return (
        environment()
        .get_template("network.v.j2")
        .render(**common, **_network_view(classifier, wires, words, longest_word_sum))
    )


def default_wires(classifier: IntegerClassifier) -> Wires:
    """The wires that a module has where nobody says: a circuit's own, all bits of all features for a network."""
    if isinstance(classifier, LogicCircuit):
        return classifier.wires
    return BinaryWires(classifier.features, classifier.input_bits)


def _names(given: Sequence[object] | None, count: int, what: str) -> list[str] | None:
    if given is None:
        return None
    if len(given) != count:
        raise InputError(f"{len(given)} {what} were given for a classifier with {count}")
    return [safe_comment(name) for name in given]


def _network_view(network: Network, wires: Wires, words: InputWords, longest_word_sum: int) -> dict[str, object]:
    """What ``network.v.j2`` shows."""
    read = read_values(network)
    ceiling = (1 << network.input_bits) - 1
    inputs: list[tuple[Signal | None, int]] = [
        (Signal(f"x{feature}", network.input_bits), ceiling) for feature in range(network.features)
    ]
    blocks: list[NeuronBlock] = []
    last = len(network.layers) - 1
    for index, layer in enumerate(network.layers):
        outputs: list[tuple[Signal | None, int]] = []
        for position in range(len(layer.neurons)):
            block, value = _neuron_block(
                network,
                index,
                position,
                inputs,
                is_read=position in read[index + 1],
                last=index == last,
                longest_word_sum=longest_word_sum,
            )
            blocks.append(block)
            outputs.append(value)
        inputs = outputs
    intervals = network.sum_intervals[-1]
    comparators, result = comparator_blocks(
        network.argmax,
        lambda node, bit: sum_bit(inputs[node][0], intervals[node], bit),
        network.output_bits,
    )
    return {
        "topology": "-".join(str(size) for size in network.topology),
        **network_inputs(network, wires, words),
        "neurons": blocks,
        "comparators": comparators,
        "never": sorted(set(range(network.classes)) - set(network.argmax.leaves())),
        "result": result,
    }


def _neuron_block(
    network: Network,
    layer: int,
    position: int,
    inputs: Sequence[tuple[Signal | None, int]],
    *,
    is_read: bool,
    last: bool,
    longest_word_sum: int,
) -> tuple[NeuronBlock, tuple[Signal | None, int]]:
    """The block of a neuron, and its result as a signal and that signal's largest value."""
    neuron = network.layers[layer].neurons[position]
    interval = network.sum_intervals[layer][position]
    stem = f"h{layer + 1}_{position}" if not last else f"y{position}"
    total = Signal(stem if last else f"{stem}_sum", sum_width(interval))
    unit = neuron.activation
    largest = 0 if unit is None else largest_value(unit, interval)
    output, activation, note = None, "", ""
    is_constant = interval.low == interval.high
    if not is_read:
        note = "no later unit reads this neuron"
    elif unit is None:
        note = f"constant {interval.low}" if is_constant else ""
    elif not largest:
        note = "always 0"
    else:
        output = Signal(stem, largest.bit_length())
        activation = (
            constant(largest, output.width) if is_constant else qrelu_verilog(unit, total, interval, output.width)
        )
    needs_sum = is_read and not is_constant and (unit is None or largest > 0)
    operands: list[Operand] = []
    adders: list[Adder] = []
    added, offset = "", 0
    if needs_sum:
        operands, offset = operands_of(neuron, inputs, total.width)
        adders, added = _sum(operands, offset, total.width, f"{stem}_a", longest_word_sum)
    block = NeuronBlock(
        title=f"output sum {position}" if last else f"hidden layer {layer + 1}, neuron {position}",
        formula=formula(neuron, [f"x{i}" if layer == 0 else f"h{layer}_{i}" for i in range(len(inputs))]),
        sum=total if needs_sum else None,
        low=interval.low,
        high=interval.high,
        operands=tuple(operands),
        offset=f"{constant(offset, total.width)} is {offset} modulo {1 << total.width}",
        adders=tuple(adders),
        total=added,
        output=output,
        activation=activation,
        note=note if unit is None or note else f"QReLU: shift {unit.shift}, {unit.width} bits",
    )
    return block, (total if last else output, largest)


def _sum(
    operands: Sequence[Operand], offset: int, width: int, stem: str, longest_word_sum: int
) -> tuple[list[Adder], str]:
    """Adders of a sum, and the sum itself; no adders where it is short enough for one expression, or needs none."""
    columns = [
        [operand.bits[column] for operand in operands if operand.bits[column : column + 1] not in ((), (ZERO,))]
        for column in range(width)
    ]
    adders, bits = add_columns(columns, offset, stem)
    addends = [operand.verilog for operand in operands]
    if offset % (1 << width):
        addends.append(constant(offset, width))
    if adders and len(addends) <= longest_word_sum:
        return [], " + ".join(addends)
    return adders, concatenation(bits)


def _logic_view(circuit: LogicCircuit, words: InputWords) -> dict[str, object]:
    """What ``logic.v.j2`` shows: the ANDs that the outputs read, and the wires below them."""
    live = np.flatnonzero(circuit.circuit.live()).tolist()

    inputs = circuit_inputs(circuit.wires, [node - 1 for node in live if 0 < node < circuit.first_and], words)

    def text(literal: int) -> str:
        node = literal >> 1
        if node == 0:
            return f"1'b{literal & 1}"
        return "~" * (literal & 1) + (f"n{node}" if node >= circuit.first_and else inputs[node - 1].signal.name)

    return {
        "wires": list(inputs.values()),
        "gates": [
            (f"n{node}", *(text(int(literal)) for literal in circuit.fanins[node - circuit.first_and]))
            for node in live
            if node >= circuit.first_and
        ],
        "results": [text(int(literal)) for literal in circuit.outputs],
    }
