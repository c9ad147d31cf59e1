"""The cocotb test: every vector of a job, through the front end's model, against the integer model's answer.

Outputs are written down as the simulator saw them, up to and with the first wrong one.
"""

import json
import os
from pathlib import Path

import cocotb
from cocotb.triggers import Timer
from front_ends import front_end_of


@cocotb.test()
async def replay(dut):
    """Measure each vector, apply the word, let the logic settle, compare."""
    job_file = Path(os.environ["BESPOKE_JOB"])
    job = json.loads(job_file.read_text(encoding="utf-8"))
    front_end = front_end_of(job["front_end"])
    bus, out = getattr(dut, job["input_port"]), getattr(dut, job["output_port"])
    for handle, width in ((bus, front_end.width), (out, job["output_bits"])):
        assert len(handle) == width, f"port {handle._name} has {len(handle)} bits, expected {width}"
    lines = (job_file.parent / "vectors.txt").read_text(encoding="ascii").split("\n")
    settle = Timer(1, unit="ms")
    with (job_file.parent / "outputs.txt").open("w", encoding="ascii") as sink:
        for number, line in enumerate(lines[:-1]):
            *cells, expected = line.split(" ")
            word = front_end.word(cells)
            bus.value = word
            await settle
            seen = str(out.value)
            sink.write(seen + "\n")
            if expected != "-" and seen != format(int(expected), f"0{job['output_bits']}b"):
                raise AssertionError(
                    f"vector {number}, {front_end.what} [{', '.join(cells)}], input {word:#x}: output {seen}, "
                    f"expected {int(expected):0{job['output_bits']}b} (class {expected})"
                )
