"""Verilog to and-inverter graph: function, ports, and what is said about Verilog that cannot be used."""

import logging

import numpy as np
import pytest

from bespoke.eda.tools import Backend, doctor, yosys_command
from bespoke.eda.yosys import elaborate
from bespoke.errors import InputError, ToolMissingError

pytestmark = pytest.mark.eda


def _read(folder, text, *, top="top", name="design.v", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return elaborate([path], top=top, folder=folder / "run", **options)


def _outputs(design, **inputs):
    """Output integers by port name for one integer per input port."""
    bits = [inputs[port.name] >> bit & 1 for port in design.inputs for bit in range(port.width)]
    row = design.aig.evaluate(np.array([bits], dtype=bool))[0].tolist()
    values = {}
    for port in design.outputs:
        values[port.name] = sum(int(row.pop(0)) << bit for bit in range(port.width))
    return values


ARITHMETIC = """
module top (input [3:0] a, input signed [3:0] b, input [0:2] up, input [7:5] off,
            output [7:0] product, output [4:0] sum, output less, output [5:0] mixed, output [2:0] copies);
  assign product = a * a;
  assign sum = a + b;
  assign less = $signed(a) < b;
  assign mixed = a - (b >>> 1) + up * off;
  assign copies = up ^ off;
endmodule
"""


def _installed(backend):
    try:
        yosys_command(backend)
    except ToolMissingError:
        return False
    return True


@pytest.mark.parametrize("backend", list(Backend))
@pytest.mark.parametrize("carry_save", [True, False])
def test_arithmetic_is_that_of_python(tmp_path, carry_save, backend):
    if not _installed(backend):
        pytest.skip(f"Yosys as {backend} is not installed")
    (tmp_path / "width.vh").write_text("`define WIDTH 5\n")
    text = '`include "width.vh"' + ARITHMETIC.replace("[4:0] sum", "[`WIDTH-1:0] sum")
    design = _read(tmp_path, text, carry_save=carry_save, backend=backend)
    assert [(port.name, port.width) for port in design.inputs] == [("a", 4), ("b", 4), ("up", 3), ("off", 3)]

    def signed(value):
        return value - 16 if value > 7 else value

    rng = np.random.default_rng(1)
    for _ in range(300):
        a, b, up, off = (int(rng.integers(limit)) for limit in (16, 16, 8, 8))
        assert _outputs(design, a=a, b=b, up=up, off=off) == {
            "product": a * a,
            "sum": (a + b) % 32,  # one operand is unsigned, so Verilog takes both as such
            "less": int(signed(a) < signed(b)),
            "mixed": (a - (b >> 1) + up * off) % 64,
            "copies": up ^ off,
        }


def test_hierarchy_functions_generate_and_tables(tmp_path):
    design = _read(
        tmp_path,
        """
        module cell_(input [3:0] x, output reg [3:0] y);
          always @* case (x) 0: y = 7; 3: y = 1; 9, 10: y = 12; default: y = x + 1; endcase
        endmodule
        module top(input [3:0] x, output [3:0] y, output [3:0] r);
          wire [3:0] t;
          cell_ first(x, t);
          cell_ second(.x(t), .y(y));
          genvar i;
          generate for (i = 0; i < 4; i = i + 1) begin : bits assign r[i] = x[3 - i]; end endgenerate
        endmodule
        """,
    )

    def table(x):
        return {0: 7, 3: 1, 9: 12, 10: 12}.get(x, (x + 1) % 16)

    for x in range(16):
        assert _outputs(design, x=x) == {"y": table(table(x)), "r": int(f"{x:04b}"[::-1], 2)}


CASE = (
    "module top(input [1:0] a, output reg [1:0] y);"
    " always @* case (a) 0: y = 1; 1: y = 2; 2: y = 3; {} endcase endmodule"
)


def test_undefined_values_that_reach_an_output_count_as_zero_and_are_warned_of(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        design = _read(tmp_path, CASE.format("default: y = 2'bxx;"))
    assert [_outputs(design, a=a)["y"] for a in range(4)] == [1, 2, 3, 0]
    (warning,) = design.warnings
    assert "design.v: undefined values (x) reach outputs or registers; they count as 0" in warning
    assert warning in caplog.text
    assert _read(tmp_path, CASE.format("3: y = 0; default: y = 2'bxx;")).warnings == ()  # no input leads there


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (
            "reg [3:0] r[0:3]; initial begin r[0] = 1; r[1] = 2; r[2] = 3; r[3] = 15; end assign y = r[a];",
            [1, 2, 3, 15],
        ),
        ("reg [3:0] r[0:2]; initial begin r[0] = 5; r[1] = 2; r[2] = 3; end assign y = r[a];", [5, 2, 3, 0]),
        ('reg [3:0] r[0:3]; initial $readmemh("words.hex", r); assign y = r[a];', [15, 0, 10, 1]),
        ("reg [3:0] c; initial c = 9; assign y = a + c;", [9, 10, 11, 12]),
    ],
)
def test_tables_in_memories(tmp_path, text, table):
    (tmp_path / "words.hex").write_text("F\n0\nA\n1\n")
    design = _read(tmp_path, f"module top(input [1:0] a, output [3:0] y); {text} endmodule")
    assert [_outputs(design, a=a)["y"] for a in range(4)] == table


def test_a_memory_that_is_written_becomes_registers(tmp_path):
    design = _read(
        tmp_path,
        """module top(input clk, we, input [2:0] a, input [1:0] d, output [1:0] q);
           reg [1:0] r[0:7]; always @(posedge clk) if (we) r[a] <= d; assign q = r[a]; endmodule""",
    )
    names = [flop.name for flop in design.flip_flops]
    assert sorted(names) == [f"r[{word}][{bit}]" for word in range(8) for bit in range(2)]
    rng = np.random.default_rng(0)
    bits = rng.random((200, design.aig.inputs)) < 0.5
    seen = design.aig.evaluate(bits)
    for row, result in zip(bits.astype(int), seen.astype(int), strict=True):
        we, address, data = row[1], row[2:5] @ [1, 2, 4], row[5:7]
        state = dict(zip(names, row[7:], strict=True))
        assert result[:2].tolist() == [state[f"r[{address}][{bit}]"] for bit in range(2)]
        for name, cut in zip(names, design.register_cuts, strict=True):
            word, bit = int(name[2]), int(name[5])
            assert result[cut.data] == (data[bit] if we and word == address else state[name])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_marks_line_ends_and_encodings_of_other_editors(tmp_path, encoding):
    text = "`default_nettype none\r\n// above 20 \u00b0C\r\n`define BOTH a \\\r\n  & b\r\n"
    text += "module top(input wire a, b, output wire y);\r\nassign y = `BOTH;\r\nendmodule\r\n"
    (tmp_path / "design.v").write_bytes(text.encode(encoding))
    design = elaborate([tmp_path / "design.v"], top=None, folder=tmp_path / "run")
    assert [_outputs(design, a=a, b=b)["y"] for a in (0, 1) for b in (0, 1)] == [0, 0, 0, 1]


INVERTER = "module inv #(parameter W = 2)(input [W-1:0] a, output [W-1:0] y); assign y = ~a; endmodule "


@pytest.mark.parametrize(
    "text",
    [
        INVERTER + "module m(input [2:0] a, output [2:0] y); inv #(.W(3)) i(a, y); endmodule",
        INVERTER + "module m(input [2:0] a, output [2:0] y); inv i(a, y); defparam i.W = 3; endmodule",
        INVERTER.replace("inv", "m").replace("W = 2", "W = 3"),
        # the inner module depends on a parameter, and one instantiates itself
        """module p(input a, output y); assign y = a; endmodule module q(input a, output y); assign y = ~a; endmodule
           module s #(parameter K = 0)(input a, output y);
             generate if (K) q u(a, y); else p u(a, y); endgenerate endmodule
           module t #(parameter N = 1)(input [N-1:0] a, output [N-1:0] y);
             generate if (N == 1) s #(.K(1)) u(a, y); else begin
               t #(.N(1)) u(a[0], y[0]); t #(.N(N-1)) v(a[N-1:1], y[N-1:1]); end endgenerate endmodule
           module m(input [2:0] a, output [2:0] y); t #(.N(3)) u(a, y); endmodule""",
    ],
)
def test_the_top_is_found_among_modules_with_parameters(tmp_path, text):
    design = _read(tmp_path, text, top=None)
    assert design.module == "m"
    assert [_outputs(design, a=a)["y"] for a in range(8)] == [7 - a for a in range(8)]


def test_odd_names_and_folders_are_safe(tmp_path):
    folder = tmp_path / 'it\'s a "dir"; $(touch x) #é'
    folder.mkdir()
    (folder / "part.vh").write_text("`define WIDTH 3\n")
    design = _read(
        folder,
        '`include "part.vh"\n'
        "module \\top$x;1 (input [`WIDTH-1:0] \\a[b] , output \\o. ); assign \\o. = &\\a[b] ; endmodule",
        top=None,
        name="a b;'c.v",
    )
    assert design.module == "top$x;1"
    assert _outputs(design, **{"a[b]": 7}) == {"o.": 1}
    assert _outputs(design, **{"a[b]": 6}) == {"o.": 0}


TWO = "module one(input a, output b); assign b = ~a; endmodule module two(input a, output b); assign b = a; endmodule"


@pytest.mark.parametrize(
    ("text", "top", "complaint"),
    [
        ("module top(input a, output b);\n assign b = a +;\nendmodule", "top", r"design\.v line 2: syntax error"),
        ("module top(input a, output b); foo u(a, b); endmodule", "top", r"design\.v: foo, which .*--liberty"),
        (
            TWO,
            "three",
            r"no module 'three' in .*design\.v; modules found: one, two",
        ),
        (
            TWO,
            None,
            r"design\.v: there are several modules \(.*\); say which",
        ),
        ("", None, r"design\.v: the Verilog has no module"),
        (
            "module top(input e, a, output reg z); always @* if (e) z = a; endmodule",
            "top",
            r"design\.v: signal z is a latch",
        ),
        (
            "module top(input e, output z); wire y; assign z = ~(e & y); assign y = ~(e & z); endmodule",
            "top",
            r"signal [yz] depends on itself",
        ),
        ("module top(input a, inout z); assign z = a ? 1'b1 : 1'bz; endmodule", "top", r"port z is bidirectional"),
        (
            INVERTER + "module m(input [2:0] a, output [2:0] y); inv #(3) i(a, y); endmodule " + TWO,
            None,
            r"several modules \(m, one, two\)",
        ),
        (
            "module top(input c, a, output reg z); initial z = 0; always @(posedge c) z <= a; endmodule",
            "top",
            r"design\.v: .*initial value",
        ),
        (
            'module top(output y); reg r[0:1]; initial $readmemh("none.hex", r); assign y = r[0]; endmodule',
            "top",
            r"design\.v line 1: Can not open file `none\.hex`",
        ),
        ("module top; endmodule", "a b", r"'a b' is not a module name"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, top, complaint):
    with pytest.raises(InputError, match=complaint):
        _read(tmp_path, text, top=top)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no Verilog file .*nowhere\.v"):
        elaborate([tmp_path / "nowhere.v"], top="top", folder=tmp_path)


def test_flip_flops_are_cut(tmp_path):
    design = _read(
        tmp_path,
        """module top(input clk, rst_n, en, input [1:0] d, output reg [1:0] q, output reg z);
           always @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else if (en) q <= q + d;
           always @(posedge clk) z <= ^q;
           endmodule""",
    )
    assert [(flop.name, flop.has_reset) for flop in design.flip_flops] == [("q[0]", True), ("q[1]", True), ("z", False)]
    inputs = 5
    clock, reset = 2 * (1 + 0), 2 * (1 + 1)
    for cut, has_reset in zip(design.register_cuts, (True, True, False), strict=True):
        assert design.aig.outputs[[cut.clock, cut.reset]].tolist() == [clock, reset if has_reset else 1]
    for en in (0, 1):
        for d in range(4):
            for q in range(4):
                bits = [0, 1, en, d & 1, d >> 1, q & 1, q >> 1, 0]
                assert len(bits) == inputs + 3
                row = design.aig.evaluate(np.array([bits], dtype=bool))[0]
                after = (q + d) % 4 if en else q
                assert [int(row[cut.data]) for cut in design.register_cuts] == [after & 1, after >> 1, (q ^ q >> 1) & 1]


def test_doctor_names_every_tool_and_how_to_get_it():
    found = {status.name: status for status in doctor()}
    assert {"pyosys", "yosys-abc", "iverilog", "vvp", "cocotb"} <= found.keys()
    assert found["pyosys"].ok
    assert found["pyosys"].version[0].isdigit()
    for status in found.values():
        assert status.ok == bool(status.version)
        assert "install" in status.how_to_get


def test_a_missing_yosys_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match=r"yosys is not installed; install the system package"):
        yosys_command("system")
