"""RTL and gate level of a whole design through a run's simulation stage."""

from types import SimpleNamespace

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network

from bespoke.errors import InputError, VerificationError
from bespoke.model import ArgmaxTree
from bespoke.rtl import emit_verilog
from bespoke.run.simulation import simulate_design
from bespoke.technology import load_technology, to_verilog_models

pytestmark = pytest.mark.eda


def test_rtl_and_the_accuracy_that_the_simulator_saw(tmp_path):
    rng = np.random.default_rng(9)
    network = random_network(rng, features=6, hidden=(2,), classes=3)
    network = network.with_argmax(ArgmaxTree.full(3, network.argmax.width))
    features = rng.integers(0, 16, (80, 6))
    classes = network.predict(features)
    classes[:20] = (classes[:20] + 1) % 3  # a quarter of the labels differ from the model
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(network))
    part = SimpleNamespace(features=features, classes=classes)
    report = simulate_design([source], network, part, folder=tmp_path / "run", seed=1, extra=120)
    assert (report.vectors, report.test_vectors, report.test_accuracy) == (200, 80, 0.75)
    few = simulate_design([source], network, part, folder=tmp_path / "run", seed=1, extra=120, max_vectors=50)
    assert (few.vectors, few.test_vectors) == (50, 20)
    lines = (tmp_path / "run" / "vectors.txt").read_text().split("\n")
    assert len(lines) == 51 and lines[0].endswith(f" {network.predict(features[:1])[0]}")


NETLIST = """\
module top (inp, out);
  input [2:0] inp;
  output [0:0] out;
  wire a, b;
  NAND2X1 g0 (.A1(inp[0]), .A2(inp[1]), .ZN(a));
  INVX1 g1 (.I(a), .ZN(b));
  OR2X1 g2 (.A1(b), .A2(inp[2]), .Z(out[0]));
endmodule
"""


def test_gate_level_with_the_technologys_cell_models(tmp_path):
    """out is 1 where x0 + x1 + 2*x2 reaches 2: the hand-made netlist above."""
    technology = load_technology("egfet-1.0v")
    text = NETLIST
    for name, pins in (("NAND2X1", ("A1", "A2", "ZN")), ("INVX1", ("I", "ZN")), ("OR2X1", ("A1", "A2", "Z"))):
        cell = technology.cell(name)
        line = next(line for line in text.split("\n") if f"  {name} " in line)
        renamed = line
        for old, new in zip(pins, (*cell.inputs, cell.output), strict=True):
            renamed = renamed.replace(f".{old}(", f".{new}(")
        text = text.replace(line, renamed)
    from bespoke.model import Network

    network = Network.from_arrays(
        input_bits=1, weights=[np.array([[0, 0, 0], [1, 1, 2]])], biases=[np.array([1, 0])], activations=[]
    )
    vectors = all_vectors(3, 1)
    part = SimpleNamespace(features=vectors, classes=network.predict(vectors))
    (tmp_path / "netlist.v").write_text(text)
    (tmp_path / "cells.v").write_text(to_verilog_models(technology))
    sources = [tmp_path / "netlist.v", tmp_path / "cells.v"]
    report = simulate_design(sources, network, part, folder=tmp_path / "run", seed=1, extra=30, vcd=True)
    assert (report.vectors, report.test_accuracy) == (38, 1.0)
    assert (tmp_path / "run" / "waves.vcd").is_file()
    (tmp_path / "netlist.v").write_text(text.replace("NAND2X1", "NOR2X1"))
    with pytest.raises(VerificationError, match="differs from the integer model: vector"):
        simulate_design(sources, network, part, folder=tmp_path / "run", seed=1, extra=30)


def test_the_module_is_found_whatever_it_is_called_and_whatever_wrote_the_file(tmp_path):
    """With the mark and line ends of other editors, an included file, and cell models that nothing instantiates."""
    from bespoke.model import Network

    network = Network.from_arrays(
        input_bits=1, weights=[np.array([[0, 0], [1, 1]])], biases=[np.array([1, 0])], activations=[]
    )
    part = SimpleNamespace(features=all_vectors(2, 1), classes=network.predict(all_vectors(2, 1)))
    body = "input wire [1:0] inp, output wire `WIDTH out);\n  // above 20 \u00b0C\n  assign out = &inp;\nendmodule\n"
    text = f'`include "width.vh"\nmodule mine({body}'
    (tmp_path / "width.vh").write_text("`define WIDTH [0:0]\n")
    (tmp_path / "mine.v").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "cells.v").write_text(to_verilog_models(load_technology()))
    sources = [tmp_path / "mine.v", tmp_path / "cells.v"]
    options = {"folder": tmp_path / "run", "seed": 1, "extra": 4, "top": None}
    assert simulate_design(sources, network, part, **options).test_accuracy == 1.0
    primitive = "primitive p(o, a); output o; input a; table 0 : 1; 1 : 0; endtable endprimitive\n"
    (tmp_path / "top.v").write_text(primitive + text.replace("mine", "top"))  # which Yosys does not read
    assert simulate_design([tmp_path / "top.v"], network, part, **options).test_accuracy == 1.0
    (tmp_path / "other.v").write_text(text.replace("mine", "other"))
    with pytest.raises(InputError, match=r"several modules \(mine, other\); say which with --top"):
        simulate_design([*sources, tmp_path / "other.v"], network, part, **options)
    with pytest.raises(InputError, match=r"no module has an input inp and an output out; found: .*NAND2X1"):
        simulate_design(sources[1:], network, part, **options)
