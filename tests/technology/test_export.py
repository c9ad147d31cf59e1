"""Technologies for other tools: Liberty, genlib, Verilog models, read back by us, Yosys, ABC, Icarus and pyverilog."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from plain_netlists import FUNCTIONS, random_netlist

from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.eda.runner import run_tool
from bespoke.eda.tools import abc_command, icarus_command, yosys_command
from bespoke.errors import InputError
from bespoke.netlist import area_um2, evaluate, write_netlist
from bespoke.sensing import feature_bits
from bespoke.technology import load_technology, read_liberty, technology_names, to_genlib, to_liberty, to_verilog_models

EGFET = load_technology()


@pytest.mark.parametrize("name", ["egfet-0.6v", "egfet-0.8v", "egfet-1.0v"])
def test_liberty_reads_back_identically(name, tmp_path):
    technology = load_technology(name)
    path = tmp_path / "out.lib"
    path.write_text(to_liberty(technology))
    assert read_liberty(path) == replace(technology, front_end_figures=())  # Liberty has no place for them


def test_liberty_keeps_energies_of_inputs_and_awkward_text(tmp_path):
    cell = replace(EGFET.cell("NAND2X1"), input_energy_nj=(1.25, -0.5), arcs=())
    odd = replace(EGFET.cell("INVX1"), name="INV-1", input_cap_nf=(), switching_energy_nj=None, arcs=())
    technology = replace(EGFET, cells=(cell, odd), description='of "two"\nlines')
    path = tmp_path / "out.lib"
    path.write_text(to_liberty(technology))
    again = read_liberty(path, input_energies=True)
    assert again == replace(technology, description="of 'two' lines", front_end_figures=())


def test_genlib_text():
    lines = [line for line in to_genlib(EGFET).splitlines() if line.startswith("GATE")]
    gates = {line.split()[1]: (float(line.split()[2]), line.split(None, 3)[3]) for line in lines}
    assert gates["ZERO"] == (0, "O=CONST0;")
    assert gates["ONE"] == (0, "O=CONST1;")
    assert gates["BUF"][0] == 2 * 228420
    assert gates["NAND2X1"] == (247860, "Y=!(A1 * A2); PIN * INV 1 999 1 0 1 0")
    assert {name: area for name, (area, _) in gates.items() if name in FUNCTIONS} == {
        cell.name: cell.area_um2 for cell in EGFET.cells
    }
    assert "AND2X1" not in re.findall(r"GATE (\w+)", to_genlib(EGFET, without=("AND2X1",)))
    assert "BUF" not in to_genlib(EGFET, with_buffer=False)
    with pytest.raises(InputError, match="no cell 'AND3X1'"):
        to_genlib(EGFET, without=("AND3X1",))
    with pytest.raises(InputError, match="no inverter"):
        to_genlib(EGFET, without=("INVX1",))


def test_every_text_is_the_same_each_time():
    for writer in (to_liberty, to_genlib, to_verilog_models):
        assert writer(EGFET) == writer(load_technology("egfet-1.0v"))


SOURCE = """
module top(input [5:0] inp, input clk, output [3:0] out, output reg q);
  assign out = inp[2:0] + inp[5:3];
  always @(posedge clk) q <= ^out;
endmodule
"""


@pytest.mark.eda
@pytest.mark.parametrize("name", ["egfet-0.6v", "egfet-1.0v"])
def test_yosys_and_abc_take_liberty_and_genlib(name, tmp_path):
    """Synthesis with both files; Yosys' area of the result equals ours, and the result computes the source's sum."""
    technology = load_technology(name)
    (tmp_path / "cells.lib").write_text(to_liberty(technology))
    (tmp_path / "cells.genlib").write_text(to_genlib(technology))
    (tmp_path / "source.v").write_text(SOURCE)
    (tmp_path / "synth.ys").write_text(
        "read_verilog source.v\nread_liberty -lib cells.lib\nsynth -top top\ndfflibmap -liberty cells.lib\n"
        "abc -genlib cells.genlib\nopt_clean\nstat -json -liberty cells.lib\nwrite_verilog -noattr -noexpr mapped.v\n"
    )
    run = run_tool("yosys", [*yosys_command(), "synth.ys"], folder=tmp_path, timeout_s=100)
    netlist = foreign_netlist([tmp_path / "mapped.v"], technology)
    (area,) = set(re.findall(r'"area":\s*([\d.]+)', run.text()))
    assert float(area) == pytest.approx(area_um2(netlist), rel=1e-6)
    assert [flip_flop.cell.name for flip_flop in netlist.flip_flops] == ["DFFNRX1"]
    values = np.arange(64)
    bits = np.concatenate([feature_bits(values[:, None], 6), np.zeros((64, 1), dtype=bool)], axis=1)
    found = evaluate(netlist, bits)[:, :4].astype(int) @ [1, 2, 4, 8]
    assert found.tolist() == ((values & 7) + (values >> 3)).tolist()


@pytest.mark.eda
def test_what_abc_writes_reads_back(tmp_path):
    """ABC maps a random netlist anew with our genlib; what it writes computes the same."""
    netlist = random_netlist(np.random.default_rng(5), EGFET, input_bits=6, gates=60, outputs=5)
    (tmp_path / "cells.genlib").write_text(to_genlib(EGFET))
    (tmp_path / "in.v").write_text(write_netlist(netlist))
    (tmp_path / "cells.v").write_text(to_verilog_models(EGFET))
    (tmp_path / "to_aig.ys").write_text(
        "read_verilog in.v cells.v\nhierarchy -top top\nproc\nflatten\nopt\naigmap\nopt_clean\nwrite_blif in.blif\n"
    )
    run_tool("yosys", [*yosys_command(), "to_aig.ys"], folder=tmp_path, timeout_s=100)
    (tmp_path / "map.abc").write_text(
        "read_library cells.genlib\nread_blif in.blif\nstrash\ndc2\nmap -a\nwrite_verilog out.v\n"
    )
    run_tool("abc", [*abc_command(), "-f", "map.abc"], folder=tmp_path, timeout_s=100)
    mapped = foreign_netlist([tmp_path / "out.v"], EGFET)
    assert mapped.inputs == netlist.inputs
    assert mapped.outputs == netlist.outputs
    bits = feature_bits(np.arange(64)[:, None], 6)
    assert np.array_equal(evaluate(mapped, bits), evaluate(netlist, bits))


@pytest.mark.eda
def test_verilog_models_in_icarus_have_the_cells_functions(tmp_path):
    bench = ["module bench; reg a, b; integer s;"]
    for name, function in FUNCTIONS.items():
        pins = ".A(a)" if function.__code__.co_argcount == 1 else ".A1(a), .A2(b)"
        bench.append(f"wire y_{name}; {name} u_{name} ({pins}, .Y(y_{name}));")
    shown = ", ".join(f"y_{name}" for name in FUNCTIONS)
    bench.append(f"initial for (s = 0; s < 4; s = s + 1) begin {{b, a}} = s; #1 $display({shown}); end endmodule")
    (tmp_path / "bench.v").write_text("\n".join(bench) + "\n")
    (tmp_path / "cells.v").write_text(to_verilog_models(EGFET))
    command = [*icarus_command(), "-Wall", "-o", "sim", "bench.v", "cells.v"]
    compiled = run_tool("compile", command, folder=tmp_path, timeout_s=60)
    assert "cells.v" not in compiled.text()  # no warning about the models
    rows = run_tool("run", [*icarus_command("vvp"), "-n", "sim"], folder=tmp_path, timeout_s=60).text().splitlines()
    assert len(rows) == 4
    for state, row in enumerate(rows):
        a, b = state & 1, state >> 1
        expected = [f(a) if f.__code__.co_argcount == 1 else f(a, b) for f in FUNCTIONS.values()]
        assert [int(value) for value in row.strip()] == expected


def test_pyverilog_reads_models_and_netlists(tmp_path):
    from pyverilog.vparser.parser import VerilogCodeParser

    netlist = random_netlist(np.random.default_rng(2), EGFET, input_bits=4, gates=12, outputs=3)
    path = tmp_path / "all.v"
    path.write_text(to_verilog_models(EGFET) + write_netlist(netlist, header="made for a test"))
    tree = VerilogCodeParser(
        [str(path)], preprocess_output=str(tmp_path / "pre.v"), outputdir=str(tmp_path), debug=False
    ).parse()
    modules = {definition.name for definition in tree.description.definitions}
    assert modules == {*FUNCTIONS, "DFFNRX1", "top"}


def test_technologies_of_all_supplies_have_the_same_cells():
    models = {to_verilog_models(load_technology(name)).split("\n", 1)[1] for name in technology_names()[:3]}
    assert len(models) == 1
