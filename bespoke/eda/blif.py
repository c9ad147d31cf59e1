"""Reads the mapped BLIF that ABC writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bespoke.errors import InputError


@dataclass(frozen=True)
class MappedGate:
    """An instance of a library cell: nets by pin, output among them."""

    cell: str
    pins: dict[str, str]


@dataclass(frozen=True)
class MappedBlif:
    """Gates of library cells in the order of the file; nets are known by name, ports by their order."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    gates: tuple[MappedGate, ...]


def read_mapped_blif(path: Path) -> MappedBlif:
    """Read a BLIF file of ``.gate`` lines.

    Raises
    ------
    InputError
        naming a line that is something else.
    """
    inputs: list[str] = []
    outputs: list[str] = []
    gates: list[MappedGate] = []
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        words = line.split("#", 1)[0].split()
        match words:
            case [] | [".model", *_] | [".end"] | [".default_input_arrival", *_]:
                pass
            case [".inputs", *names]:
                inputs += names
            case [".outputs", *names]:
                outputs += names
            case [".gate", cell, *pins]:
                gates.append(MappedGate(cell, dict(pin.split("=", 1) for pin in pins)))
            case _:
                raise InputError(f"{path}: expected mapped gates, found {line.strip()!r}")
    return MappedBlif(tuple(inputs), tuple(outputs), tuple(gates))
