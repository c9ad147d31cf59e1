"""Expressions as other tools read them: Yosys' reader of Liberty, ABC's of genlib, Yosys' and Icarus' of Verilog."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest

from bespoke.circuit import Circuit, read_aiger
from bespoke.eda.runner import run_tool
from bespoke.eda.tools import abc_command, icarus_command, yosys_command
from bespoke.technology import Technology, read_liberty, to_genlib, to_liberty, to_verilog_models

pytestmark = pytest.mark.eda

PINS = ("A", "B", "C", "D")
CELLS = 200


def random_text(rng: random.Random, depth: int = 4) -> str:
    """An expression in Liberty's notation with as few brackets as chance gives, blanks for AND and all spellings."""
    if depth == 0:
        return rng.choice(PINS) if rng.random() < 0.97 else rng.choice("01")
    match rng.randrange(10):
        case 0:
            return f"!{random_text(rng, 0)}"
        case 1:
            return f"{random_text(rng, 0)}'"
        case 2:
            return f"!({random_text(rng, depth - 1)})"
        case 3:
            return f"({random_text(rng, depth - 1)})'"
        case 4:
            return f"({random_text(rng, depth - 1)})"
        case 5:
            return f"!(!({random_text(rng, depth - 1)})')"
        case _:
            sign = rng.choice([" & ", "*", " ", " | ", "+", " ^ ", "^", " ^ "])
            return f"{random_text(rng, depth - 1)}{sign}{random_text(rng, depth - 1)}"


def random_library(seed: int) -> str:
    """Two small gates, and cells of random functions of which none is dearer in both area and power than another."""
    rng = random.Random(seed)
    inputs = " ".join(f"pin ({pin}) {{ direction : input; }}" for pin in PINS)
    text = "library (random) { nom_voltage : 1; leakage_power_unit : 1nW;\n"
    for name, pins, function in (("INV", "A", "!A"), ("NAND", "AB", "!(A B)")):  # ABC takes no library without them
        listed = " ".join(f"pin ({pin}) {{ direction : input; }}" for pin in pins)
        text += f" cell ({name}) {{ area : 1; cell_leakage_power : 1; {listed}"
        text += f' pin (Y) {{ direction : output; function : "{function}"; }} }}\n'
    for index in range(CELLS):
        text += (
            f" cell (C{index}) {{ area : {10 + index}; cell_leakage_power : {1000 - index}; {inputs} "
            f'pin (Y) {{ direction : output; function : "{random_text(rng)}"; }} }}\n'
        )
    return text + "}\n"


@pytest.fixture(scope="module", params=[1, 2])
def library(request, tmp_path_factory) -> tuple[str, Technology]:
    text = random_library(request.param)
    path = tmp_path_factory.mktemp("random") / "random.lib"
    path.write_text(text)
    technology = read_liberty(path)
    assert len(technology.cells) == CELLS + 2 and not technology.left_out
    return text, technology


def top(names: list[str]) -> str:
    """A module with one output a cell, all over the same four inputs."""
    pins = ", ".join(f".{pin}(x[{place}])" for place, pin in enumerate(PINS))
    gates = "".join(f"  {name} g{index} ({pins}, .Y(y[{index}]));\n" for index, name in enumerate(names))
    return f"module top(input [3:0] x, output [{len(names) - 1}:0] y);\n{gates}endmodule\n"


def truths(circuit: Circuit) -> list[int]:
    """Truth table of every output over the four inputs."""
    values = circuit.evaluate(np.array([[state >> pin & 1 for pin in range(4)] for state in range(16)], dtype=bool))
    return [int(column @ (1 << np.arange(16))) for column in values.T.astype(np.int64)]


def by_yosys(names: list[str], reader: str, folder: Path) -> list[int]:
    (folder / "top.v").write_text(top(names))
    (folder / "read.ys").write_text(
        f"{reader}\nread_verilog top.v\nhierarchy -check -top top\nproc\nflatten\n"
        "opt\naigmap\nopt_clean\nwrite_aiger out.aig\n"
    )
    run_tool("yosys", [*yosys_command(), "read.ys"], folder=folder, timeout_s=100)
    return truths(read_aiger(folder / "out.aig"))


def four_inputs(technology: Technology) -> dict[str, int]:
    return {cell.name: cell.truth for cell in technology.cells if len(cell.inputs) == 4}


def test_liberty_is_read_as_yosys_reads_it(library, tmp_path):
    text, technology = library
    (tmp_path / "cells.lib").write_text(text)
    expected = four_inputs(technology)
    assert by_yosys(list(expected), "read_liberty cells.lib", tmp_path) == list(expected.values())


def test_liberty_is_written_as_yosys_reads_it(library, tmp_path):
    _, technology = library
    (tmp_path / "cells.lib").write_text(to_liberty(technology))
    expected = four_inputs(technology)
    assert by_yosys(list(expected), "read_liberty cells.lib", tmp_path) == list(expected.values())
    assert four_inputs(read_liberty(tmp_path / "cells.lib")) == expected


def test_verilog_models_are_as_yosys_reads_them(library, tmp_path):
    _, technology = library
    (tmp_path / "cells.v").write_text(to_verilog_models(technology))
    expected = four_inputs(technology)
    assert by_yosys(list(expected), "read_verilog cells.v", tmp_path) == list(expected.values())


def test_verilog_models_are_as_icarus_reads_them(library, tmp_path):
    _, technology = library
    expected = four_inputs(technology)
    (tmp_path / "cells.v").write_text(to_verilog_models(technology))
    (tmp_path / "top.v").write_text(top(list(expected)))
    (tmp_path / "bench.v").write_text(
        f"module bench; reg [3:0] x; wire [{len(expected) - 1}:0] y; integer s; top t (.x(x), .y(y));\n"
        'initial for (s = 0; s < 16; s = s + 1) begin x = s; #1 $display("%b", y); end endmodule\n'
    )
    files = ["bench.v", "top.v", "cells.v"]
    run_tool("compile", [*icarus_command(), "-s", "bench", "-o", "sim", *files], folder=tmp_path, timeout_s=60)
    rows = run_tool("run", [*icarus_command("vvp"), "-n", "sim"], folder=tmp_path, timeout_s=60).text().split()
    assert len(rows) == 16
    found = [sum(int(row[-1 - index]) << state for state, row in enumerate(rows)) for index in range(len(expected))]
    assert found == list(expected.values())


def test_genlib_is_as_abc_reads_it(library, tmp_path):
    text, _ = library
    # most random functions do not depend on every pin, which mapping asks for; their XOR with all pins mostly does
    (tmp_path / "cells.lib").write_text(re.sub(r'function : "(.{9,})"', r'function : "(\1) ^ A !B ^ C ^ D"', text))
    technology = read_liberty(tmp_path / "cells.lib")
    mapped = {cell.name: cell.truth for cell in technology.mapping_cells if len(cell.inputs) == 4}
    assert len(mapped) > CELLS / 4
    (tmp_path / "cells.genlib").write_text(to_genlib(technology))
    outputs = [f"y{index}" for index in range(len(mapped))]
    pins = " ".join(f"{pin}=x{place}" for place, pin in enumerate(PINS))
    gates = "".join(f".gate {name} {pins} Y={output}\n" for name, output in zip(mapped, outputs, strict=True))
    (tmp_path / "top.blif").write_text(f".model top\n.inputs x0 x1 x2 x3\n.outputs {' '.join(outputs)}\n{gates}.end\n")
    (tmp_path / "read.abc").write_text("read_library cells.genlib\nread_blif top.blif\nstrash\nwrite_aiger out.aig\n")
    run_tool("abc", [*abc_command(), "-f", "read.abc"], folder=tmp_path, timeout_s=60)
    assert truths(read_aiger(tmp_path / "out.aig")) == list(mapped.values())
