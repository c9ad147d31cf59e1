"""The cocotb test: every vector of a job against the integer model's answer.

Outputs are written down as the simulator saw them, up to and with the first wrong one.
"""

import json
import os
from pathlib import Path

import cocotb
from cocotb.triggers import Timer


@cocotb.test()
async def replay(dut):
    """Apply each vector, let the logic settle, compare."""
    job_file = Path(os.environ["BESPOKE_JOB"])
    job = json.loads(job_file.read_text(encoding="utf-8"))
    bus, out = getattr(dut, job["input_port"]), getattr(dut, job["output_port"])
    for handle, width in ((bus, job["features"] * job["input_bits"]), (out, job["output_bits"])):
        assert len(handle) == width, f"port {handle._name} has {len(handle)} bits, expected {width}"
    lines = (job_file.parent / "vectors.txt").read_text(encoding="ascii").split("\n")
    settle = Timer(1, unit="ms")
    with (job_file.parent / "outputs.txt").open("w", encoding="ascii") as sink:
        for number, line in enumerate(lines[:-1]):
            word, expected = line.split(" ")
            bus.value = int(word, 16)
            await settle
            seen = str(out.value)
            sink.write(seen + "\n")
            if expected != "-" and seen != format(int(expected), f"0{job['output_bits']}b"):
                raise AssertionError(
                    f"vector {number}, features {_features(int(word, 16), job)}: output {seen}, "
                    f"expected {int(expected):0{job['output_bits']}b} (class {expected})"
                )


def _features(word, job):
    """The input bus, decoded: feature j in bits [j*input_bits +: input_bits]."""
    bits = job["input_bits"]
    return [word >> feature * bits & (1 << bits) - 1 for feature in range(job["features"])]
