"""Builds a job's sources with Icarus and runs the replay bench on them: ``python launch.py JOB.json``.

A process of its own, for cocotb's runner ends the process where a test fails.
"""

import json
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import Icarus

_DUMP = """\
module bespoke_waves;
  initial begin
    $dumpfile("waves.vcd");
    $dumpvars(0, {top});
  end
endmodule
"""


class WaveIcarus(Icarus):
    """Icarus with the plain VCD that our own dump module asks for; the stock runner writes FST or nothing."""

    def _test_command(self):
        return [[word for word in command if word != "-none"] for command in super()._test_command()]


def main(job_file: Path) -> None:
    job = json.loads(job_file.read_text(encoding="utf-8"))
    folder = job_file.parent
    sources, build_args = [Path(source) for source in job["sources"]], []
    if job["vcd"]:
        dump = folder / "bespoke_waves.v"
        dump.write_text(_DUMP.format(top=job["top"]), encoding="utf-8")
        sources.append(dump)
        build_args = ["-s", "bespoke_waves"]
    runner = WaveIcarus() if job["vcd"] else Icarus()
    try:
        runner.build(
            sources=sources,
            includes=job["includes"],
            hdl_toplevel=job["top"],
            build_dir=folder / "build",
            build_args=build_args,
            timescale=("1ms", "1ms"),
            always=True,
        )
    except RuntimeError as error:  # Icarus has said why; a traceback would push that out of sight
        sys.exit(f"Icarus did not compile the sources: {error}")
    results = runner.test(
        test_module="replay_bench",
        hdl_toplevel=job["top"],
        hdl_toplevel_lang="verilog",
        build_dir=folder / "build",
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        extra_env={"BESPOKE_JOB": str(job_file)},
    )
    tests, failures = get_results(results)
    if tests != 1 or failures:
        sys.exit(f"{failures} of {tests} cocotb tests failed, expected one that passes")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
