"""A finished run whose chosen design is a netlist of eight gates behind three comparators, made without any tool."""

from __future__ import annotations

import json
from pathlib import Path

from sample_runs import sample_logic, sample_network, write_sample_run

from bespoke import __version__
from bespoke.pipeline.modelfile import ModelFile
from bespoke.sensing import FrontEndKind

#: What `sample_logic` computes: whether each of three features is in its upper half.
NETLIST = """module top(inp, out);
  input [2:0] inp;
  output [1:0] out;
  wire low, first, both, wanted, other, second;
  INVX1 g0 (.A(inp[1]), .Y(low));
  NAND2X1 g1 (.A1(inp[0]), .A2(low), .Y(first));
  INVX1 g2 (.A(first), .Y(out[0]));
  NAND2X1 g3 (.A1(low), .A2(inp[2]), .Y(both));
  INVX1 g4 (.A(both), .Y(wanted));
  INVX1 g5 (.A(inp[0]), .Y(other));
  NAND2X1 g6 (.A1(other), .A2(wanted), .Y(second));
  INVX1 g7 (.A(second), .Y(out[1]));
endmodule
"""


def write_printed_run(folder: Path, **options: object) -> Path:
    """The run folder; ``options`` are those of `sample_runs.write_sample_run`."""
    write_sample_run(folder, logic=True, kind=FrontEndKind.THERMOMETER, **options)
    names = json.loads((folder / "metrics.json").read_text())["data"]
    _, _, _, quantiser = sample_network()
    model = ModelFile(
        sample_logic(FrontEndKind.THERMOMETER),
        quantiser,
        tuple(names["features"]),
        tuple(names["class_labels"]),
        FrontEndKind.THERMOMETER,
    )
    model.save(folder / "models/approximate.json")
    (folder / "netlist.v").write_text(NETLIST)
    (folder / ".bespoke-run.json").write_text(json.dumps({"version": __version__, "data": "", "settings": {}}))
    return folder
