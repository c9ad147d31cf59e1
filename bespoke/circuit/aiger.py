"""And-inverter graphs as binary AIGER files, and back.

Format: Biere, Heljanko, Wieringa: AIGER 1.9 and beyond, FMV report 11/2, JKU Linz, 2011.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bespoke.circuit.graph import Circuit
from bespoke.errors import InputError
from bespoke.files import write_scratch


def write_aiger(circuit: Circuit, path: Path) -> None:
    """Write a binary AIGER file without symbols: inputs and outputs are known by their order."""
    header = f"aig {circuit.inputs + circuit.ands} {circuit.inputs} 0 {len(circuit.outputs)} {circuit.ands}\n"
    body = bytearray("".join([header, *(f"{literal}\n" for literal in circuit.outputs.tolist())]).encode())
    own = 2 * (1 + circuit.inputs)
    for a, b in circuit.fanins.tolist():
        if a < b:
            a, b = b, a
        for delta in (own - a, a - b):
            while delta > 127:
                body.append(delta & 127 | 128)
                delta >>= 7
            body.append(delta)
        own += 2
    write_scratch(path, bytes(body))


def read_aiger(path: Path) -> Circuit:
    """Read a combinational binary AIGER file.

    Raises
    ------
    InputError
        if the file is not one, or has latches.
    """
    data = path.read_bytes()
    try:
        end = data.index(b"\n")
        kind, *numbers = data[:end].decode("ascii").split()
        _, inputs, latches, outputs, ands = map(int, numbers[:5])
        if kind != "aig" or latches:
            raise ValueError("not a combinational binary AIGER file")
        position = end + 1
        literals = []
        for _ in range(outputs):
            end = data.index(b"\n", position)
            literals.append(int(data[position:end]))
            position = end + 1
        fanins = np.empty((ands, 2), dtype=np.int32)
        own = 2 * (1 + inputs)
        for index in range(ands):
            for column in range(2):
                delta = shift = 0
                while data[position] & 128:
                    delta |= (data[position] & 127) << shift
                    shift += 7
                    position += 1
                delta |= data[position] << shift
                position += 1
                fanins[index, column] = (own if column == 0 else fanins[index, 0]) - delta
            own += 2
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a combinational binary AIGER file ({error})") from error
    return Circuit(inputs, fanins, np.array(literals, dtype=np.int32))
