"""Single stuck-at faults a second: only what a fault changes, beside the whole netlist simulated again per fault.

    python benchmarks/fault_simulation.py
    python benchmarks/fault_simulation.py --gates 3000 --samples 10000

On a random netlist, one core. A fault-sample is one fault on one sample; times are the best of several, without
compiling. The second way is the netlist's own compiled simulation, run once per fault of a gate's output, as many as
``--again`` says, and must count the same right samples.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.netlist import Netlist, Port, codes, truth_tables
from bespoke.netlist.kernels import evaluate_gates
from bespoke.robustness import StuckAtFaults, Subject, single_stuck_at
from bespoke.technology import load_technology


def random_netlist(rng: np.random.Generator, *, inputs: int, gates: int, outputs: int) -> Netlist:
    """Gates of two inputs and inverters that mostly read what is near and rarely what was read before, as mapped
    circuits do: a gate reads a net that nobody reads yet with a chance of 0.7."""
    technology = load_technology()
    cells = tuple(cell for cell in technology.cells if len(cell.inputs) in (1, 2))
    fresh = list(range(2, 2 + inputs))
    kinds, rows = [], []
    for gate in range(gates):
        kinds.append(int(rng.integers(len(cells))))
        row = [-1, -1]
        for pin in range(len(cells[kinds[-1]].inputs)):
            if len(fresh) > outputs and rng.random() < 0.7:
                row[pin] = fresh.pop(int(rng.integers(max(0, len(fresh) - 60), len(fresh))))
            else:
                row[pin] = int(rng.integers(max(2, 2 + inputs + gate - 200), 2 + inputs + gate))
        rows.append(row)
        fresh.append(2 + inputs + gate)
    return Netlist(
        module="top",
        inputs=(Port("inp", inputs),),
        outputs=(Port("out", outputs),),
        cells=cells,
        gate_cells=np.array(kinds, dtype=np.int32),
        gate_fanins=np.array(rows, dtype=np.int32),
        output_nets=np.array(fresh[-outputs:], dtype=np.int32),
    )


def simulated_again(subject: Subject, gates: range) -> np.ndarray:
    """Right samples with each gate's output at 0, every gate behind it simulated again."""
    netlist = subject.netlist
    widths, tables = truth_tables(netlist)
    values = np.empty((netlist.nets, -(-subject.samples // 64)), dtype=np.uint64)
    values[0], values[1] = 0, np.uint64(0xFFFFFFFFFFFFFFFF)
    values[2 : netlist.first_gate_net] = pack_bits(subject.bits)
    expected = pack_bits((subject.expected[:, None] >> np.arange(netlist.output_bits) & 1).astype(bool))
    valid = pack_bits(np.ones((subject.samples, 1), dtype=bool))[0]
    first = netlist.first_gate_net
    right = []
    for gate in gates:
        for start, stop in ((0, gate + 1), (gate + 1, netlist.gates)):
            part = slice(start, stop)
            evaluate_gates(values, first + start, netlist.gate_cells[part], netlist.gate_fanins[part], widths, tables)
            if start == 0:
                values[first + gate] = 0
        wrong = np.bitwise_or.reduce(values[netlist.output_nets] ^ expected, axis=0)
        right.append(int(np.bitwise_count(valid & ~wrong).sum()))
    return np.array(right)


def best_of(repeats: int, job) -> tuple[float, StuckAtFaults | np.ndarray]:
    """Seconds of the fastest run, and what it found."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        found = job()
        times.append(time.perf_counter() - started)
    return min(times), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gates", type=int, default=1000)
    parser.add_argument("--inputs", type=int, default=64)
    parser.add_argument("--outputs", type=int, default=4)
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--again", type=int, default=200, help="faults that the second way simulates")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    netlist = random_netlist(rng, inputs=arguments.inputs, gates=arguments.gates, outputs=arguments.outputs)
    bits = rng.random((arguments.samples, arguments.inputs)) < 0.5
    expected = codes(netlist, bits)
    expected[rng.random(arguments.samples) < 0.1] = 0
    devices, names = np.ones(netlist.gates, dtype=np.int64), tuple(map(str, range(arguments.inputs)))
    subject = Subject(netlist, bits, expected, devices, np.ones(arguments.inputs), names)
    single_stuck_at(subject)  # compiles
    seconds, faults = best_of(arguments.repeats, lambda: single_stuck_at(subject))
    gates = range(0, netlist.gates, max(1, netlist.gates // arguments.again))
    simulated_again(subject, gates[:1])
    slow, right = best_of(max(1, arguments.repeats // 2), lambda: simulated_again(subject, gates))
    outputs = [place for place, site in enumerate(faults.sites) if site.pin < 0 <= site.gate]
    assert np.array_equal(faults.correct[outputs, 0][gates], right), "the two ways disagree"
    fast_rate = faults.faults * arguments.samples / seconds
    slow_rate = len(gates) * arguments.samples / slow
    print(f"{netlist.gates} gates, {arguments.samples} samples, {faults.faults} single stuck-at faults")
    print(f"only what changes      {fast_rate:.2e} fault-samples/s ({1e3 * seconds:.1f} ms)")
    print(f"whole netlist again    {slow_rate:.2e} fault-samples/s")
    print(f"ratio                  {fast_rate / slow_rate:.1f}")


if __name__ == "__main__":
    main()
