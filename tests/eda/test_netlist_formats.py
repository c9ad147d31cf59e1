"""BLIF and EDIF of random netlists say what the netlist says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from exhaustive import all_vectors
from plain_netlists import FUNCTIONS, plain_values, random_netlist

from bespoke.eda.edif import read_edif
from bespoke.eda.netlist_formats import write_formats
from bespoke.errors import InputError
from bespoke.netlist import cell_counts, read_netlist, write_netlist
from bespoke.technology import load_technology, to_verilog_models

TECHNOLOGY = load_technology("egfet-1.0v")


def blif_outputs(text: str, vector: list[int]) -> list[int]:
    """What a BLIF of mapped gates answers, by nothing but the format's own definition."""
    drivers, inputs, outputs = {}, [], []
    lines = text.replace("\\\n", " ").splitlines()
    for index, line in enumerate(lines):
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == ".inputs":
            inputs = words[1:]
        elif words[0] == ".outputs":
            outputs = words[1:]
        elif words[0] == ".gate":
            pins = dict(pin.split("=") for pin in words[2:])
            output = pins.pop("Y")
            drivers[output] = (FUNCTIONS[words[1]], [pins[name] for name in sorted(pins)])
        elif words[0] == ".names" and len(words) == 2:
            drivers[words[1]] = (lambda value=int(lines[index + 1].strip() == "1"): value, [])
        elif words[0] == ".names":
            assert len(words) == 3 and lines[index + 1].strip() == "1 1"
            drivers[words[2]] = (lambda value: value, [words[1]])
    values = dict(zip(inputs, vector, strict=True))

    def value(net: str) -> int:
        if net not in values:
            function, operands = drivers[net]
            values[net] = function(*map(value, operands))
        return values[net]

    return [value(net) for net in outputs]


@pytest.mark.eda
@pytest.mark.parametrize(("seed", "inputs", "outputs"), [(0, 5, 3), (1, 1, 1), (2, 6, 2)])
def test_both_formats_answer_as_the_netlist(tmp_path, seed, inputs, outputs):
    netlist = random_netlist(
        np.random.default_rng(seed), TECHNOLOGY, input_bits=inputs, gates=4 * inputs, outputs=outputs
    )
    found = write_formats(write_netlist(netlist), to_verilog_models(TECHNOLOGY), top="top", folder=tmp_path)
    edif = read_netlist(found.from_edif, TECHNOLOGY)
    assert cell_counts(edif) == cell_counts(netlist)  # cells that nothing reads are printed, too, and stay
    gates = re.findall(r"^\.gate (\w+)", found.blif.read_text(), re.MULTILINE)
    assert {cell: gates.count(cell) for cell in sorted(set(gates))} == cell_counts(netlist)
    for vector in all_vectors(inputs, 1).tolist():
        expected = [plain_values(netlist, vector)[net] for net in netlist.output_nets]
        assert blif_outputs(found.blif.read_text(), vector) == expected
        assert [plain_values(edif, vector)[net] for net in edif.output_nets] == expected


@pytest.mark.eda
def test_constants_and_wires_need_no_cells(tmp_path):
    text = (
        "module top (inp, out);\n  input [2:0] inp;\n  output [3:0] out;\n"
        "  assign out[0] = inp[2];\n  assign out[1] = 1'b1;\n  assign out[2] = 1'b0;\n  assign out[3] = inp[2];\n"
        "endmodule\n"
    )
    found = write_formats(text, to_verilog_models(TECHNOLOGY), top="top", folder=tmp_path)
    back = read_netlist(found.from_edif, TECHNOLOGY)
    for vector in all_vectors(3, 1).tolist():
        expected = [vector[2], 1, 0, vector[2]]
        assert blif_outputs(found.blif.read_text(), vector) == expected
        assert [plain_values(back, vector)[net] for net in back.output_nets] == expected


EDIF = """(edif top (external LIB (cell (rename id1 "INV.X1") (view V (interface (port A (direction INPUT))))))
 (library DESIGN (cell top (view V (interface (port (array (rename inp "inp[1:0]") 2) (direction INPUT))
   (port out (direction OUTPUT)))
  (contents (instance u (viewRef V (cellRef id1 (libraryRef LIB))))
   (net a (joined (portRef (member inp 0)) (portRef A (instanceRef u))))
   (net b (joined (portRef out) (portRef Y (instanceRef u))))))))
 (design top (cellRef top (libraryRef DESIGN))))"""


def test_members_are_counted_from_the_highest_bit_and_names_are_the_original_ones(tmp_path):
    path = tmp_path / "n.edif"
    path.write_text(EDIF)
    netlist = read_edif(path)
    assert netlist.instances == {"u": "INV.X1"}
    assert (netlist.ports[0].name, netlist.ports[0].width) == ("inp", 2)
    assert netlist.nets[0][0].bit == 1
    text = netlist.to_verilog()
    assert "assign n0 = inp[1];" in text and "\\INV.X1  g0 (.A(n0), .Y(n1));" in text


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", "edif", "(edif top)", EDIF[:-1], EDIF.replace("cellRef id1", "cellRef id2"), EDIF + ")", '("'],
)
def test_what_is_no_netlist_is_refused_by_name(tmp_path, text):
    path = tmp_path / "n.edif"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_edif(path)
