"""Integer classifiers as JSON, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model.logic import LogicCircuit
from bespoke.model.network import ArgmaxTree, Comparator, Layer, Network, Neuron, QRelu, Summand, Term
from bespoke.sensing import BinaryWires, Wires, wires_from_json

#: What ``predict`` of either kind is the reference for.
IntegerClassifier = Network | LogicCircuit

SCHEMA = 1


def to_json(classifier: IntegerClassifier) -> dict[str, Any]:
    """Plain dictionary of a network or logic circuit, ready for ``json.dump``."""
    if isinstance(classifier, LogicCircuit):
        return {
            "kind": "logic",
            "schema": SCHEMA,
            "wires": classifier.wires.to_json(),
            "classes": classifier.classes,
            "fanins": classifier.fanins.tolist(),
            "outputs": classifier.outputs.tolist(),
        }
    return {
        "kind": "network",
        "schema": SCHEMA,
        "input_bits": classifier.input_bits,
        "layers": [
            [
                {
                    "bias": neuron.bias,
                    "activation": None
                    if neuron.activation is None
                    else {"shift": neuron.activation.shift, "width": neuron.activation.width},
                    "summands": [
                        {"mask": summand.mask, "terms": [[term.sign, term.shift] for term in summand.terms]}
                        for summand in neuron.summands
                    ],
                }
                for neuron in layer.neurons
            ]
            for layer in classifier.layers
        ],
        "argmax": {
            "classes": classifier.argmax.classes,
            "width": classifier.argmax.width,
            "comparators": [[c.first, c.second, c.mask] for c in classifier.argmax.comparators],
            "root": classifier.argmax.root,
        },
    }


def from_json(document: Any) -> IntegerClassifier:
    """The classifier that ``to_json`` wrote.

    Raises
    ------
    InputError
        if the document is not one, or is of a later schema.
    """
    try:
        kind, schema = document["kind"], document["schema"]
        if schema != SCHEMA:
            raise InputError(f"the model has schema {schema!r}; this version reads schema {SCHEMA}")
        if kind == "logic":
            wires = _wires(document)
            fanins = np.array(document["fanins"], dtype=np.int32).reshape(-1, 2)
            outputs = np.array(document["outputs"], dtype=np.int32)
            return LogicCircuit(wires, _int(document["classes"]), Circuit(wires.count, fanins, outputs))
        if kind == "network":
            return _network(document)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(f"the model is damaged or not a bespoke model ({type(error).__name__}: {error})") from error
    raise InputError(f"the model's kind is {kind!r}; expected 'network' or 'logic'")


def _wires(document: dict[str, Any]) -> Wires:
    """The circuit's wires; models of earlier versions read the features' bits and do not say so."""
    if "wires" in document:
        return wires_from_json(document["wires"])
    return BinaryWires(_int(document["features"]), _int(document["input_bits"]))


def _network(document: dict[str, Any]) -> Network:
    layers = tuple(
        Layer(
            tuple(
                Neuron(
                    tuple(
                        Summand(tuple(Term(_int(sign), _int(shift)) for sign, shift in s["terms"]), _int(s["mask"]))
                        for s in neuron["summands"]
                    ),
                    _int(neuron["bias"]),
                    None
                    if neuron["activation"] is None
                    else QRelu(_int(neuron["activation"]["shift"]), _int(neuron["activation"]["width"])),
                )
                for neuron in layer
            )
        )
        for layer in document["layers"]
    )
    tree = document["argmax"]
    argmax = ArgmaxTree(
        _int(tree["classes"]),
        _int(tree["width"]),
        tuple(Comparator(_int(first), _int(second), _int(mask)) for first, second, mask in tree["comparators"]),
        _int(tree["root"]),
    )
    return Network(_int(document["input_bits"]), layers, argmax)


def _int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected an integer, found {value!r}")
    return value
