"""A finished run whose chosen design is a netlist of eight gates behind three wires, made without any tool."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sample_runs import sample_logic, sample_network, write_sample_run

from bespoke import __version__
from bespoke.files import write_json
from bespoke.run.metrics import RunMetrics, restored, to_json
from bespoke.run.modelfile import ModelFile
from bespoke.run.printed import summary_of
from bespoke.run.robustness import PrintSettings, examine
from bespoke.run.robustness_places import design_of_run
from bespoke.run.runfolder import RunFolder
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


def netlist_behind(kind: FrontEndKind) -> str:
    """The netlist for a kind of front end: words of four bits have the features' upper halves in their highest bits."""
    if kind is FrontEndKind.THERMOMETER:
        return NETLIST
    text = NETLIST.replace("input [2:0] inp", "input [51:0] inp")
    for comparator, feature in ((2, 12), (1, 6), (0, 0)):
        text = text.replace(f"inp[{comparator}]", f"inp[{4 * feature + 3}]")
    return text


def write_printed_run(folder: Path, *, kind: FrontEndKind = FrontEndKind.THERMOMETER, **options: object) -> Path:
    """The run folder; ``options`` are those of `sample_runs.write_sample_run`."""
    write_sample_run(folder, logic=True, kind=kind, **options)
    names = json.loads((folder / "metrics.json").read_text())["data"]
    _, _, _, quantiser = sample_network()
    model = ModelFile(
        sample_logic(kind),
        quantiser,
        tuple(names["features"]),
        tuple(names["class_labels"]),
        kind,
    )
    model.save(folder / "models/approximate.json")
    (folder / "netlist.v").write_text(netlist_behind(kind))
    with (folder / "config.toml").open("a") as settings:
        settings.write(f'front_end = "{kind}"\n')
    (folder / ".bespoke-run.json").write_text(json.dumps({"version": __version__, "data": "", "settings": {}}))
    return folder


def write_run_with_prints(folder: Path, **options: object) -> Path:
    """The same with everything that a run says of prints."""
    write_printed_run(folder, **options)
    with closing(RunFolder(folder)) as held:
        found = design_of_run(held, number=None)
    record = examine(found.printable, PrintSettings.quick(device_yield=0.99, threshold_sigma=0.0, seed=0))
    write_json(folder / "robustness.json", record.to_json())
    metrics = restored(RunMetrics, json.loads((folder / "metrics.json").read_text()))
    write_json(folder / "metrics.json", to_json(replace(metrics, robustness=summary_of(record, 0.99))))
    return folder
