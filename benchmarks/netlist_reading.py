"""Seconds to read a netlist: our reader, Yosys with what turns its JSON into a netlist, and pyverilog's parser alone.

    python benchmarks/netlist_reading.py

Random netlists as our writer writes them; the readers take turns, the fastest turn of each counts. The reader of our
own is on the path of every mapping, Yosys' only where a netlist comes from elsewhere.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.netlist import Netlist, Port, read_netlist, write_netlist
from bespoke.rtl.check import parse
from bespoke.technology import Technology, load_technology

_INPUTS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gates", nargs="*", type=int, default=[50, 500, 5000])
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    technology = load_technology()
    parse("module first(a); input a; endmodule")  # builds the parser
    print("| gates | kB | ours, s | Yosys, s | pyverilog, s |\n| --- | --- | --- | --- | --- |")
    for gates in arguments.gates:
        text = write_netlist(_random(gates, technology))
        seconds = " | ".join(f"{one:.3f}" for one in _times(text, technology, arguments.turns))
        print(f"| {gates} | {len(text) // 1000} | {seconds} |", flush=True)


def _times(text: str, technology: Technology, turns: int) -> list[float]:
    """Fastest turn of each reader."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "netlist.v"
        path.write_text(text, encoding="utf-8")
        readers = (
            lambda: read_netlist(path, technology),
            lambda: foreign_netlist([path], technology),
            lambda: parse(text),
        )
        return [min(one) for one in zip(*([_seconds(read) for read in readers] for _ in range(turns)), strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _random(gates: int, technology: Technology) -> Netlist:
    rng = np.random.default_rng(0)
    cells = technology.mapping_cells
    widest = max(len(cell.inputs) for cell in cells)
    kinds = rng.integers(len(cells), size=gates)
    fanins = np.full((gates, widest), -1, dtype=np.int32)
    for gate, kind in enumerate(kinds.tolist()):
        width = len(cells[kind].inputs)
        fanins[gate, :width] = rng.integers(2, 2 + _INPUTS + gate, width)
    return Netlist(
        module="top",
        inputs=(Port("inp", _INPUTS),),
        outputs=(Port("out", 8),),
        cells=cells,
        gate_cells=kinds.astype(np.int32),
        gate_fanins=fanins,
        output_nets=rng.integers(2, 2 + _INPUTS + gates, 8).astype(np.int32),
    )


if __name__ == "__main__":
    main()
