"""Nets with two drivers, none, or three states are refused by name; what merely looks so is not."""

import numpy as np
import pytest

from bespoke.eda.yosys import elaborate
from bespoke.errors import InputError
from bespoke.technology import load_technology, to_verilog_models

pytestmark = pytest.mark.eda

RESOLVED = "module m(input [1:0] a, output y); {} t; assign t = a[0]; assign t = a[1]; assign y = t; endmodule"
CELL = "module s(input a, output y); assign y = ~a; endmodule "


def _read(folder, text, **options):
    path = folder / "design.v"
    path.write_text(text, encoding="utf-8")
    return elaborate([path], top="m", folder=folder / "run", **options)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "module m(input a, b, output y);\n wire t;\n and g(t, a, b);\n or h(t, a, b);\n assign y = t; endmodule",
            r"design\.v: module m: net t has two drivers \(an assign in .*design\.v line 3, an assign in .* line 4\)",
        ),
        ("module m(input a, output y); assign y = a; assign y = 1'b0; endmodule", "net y has two drivers"),
        ("module m(input a, b, output y); assign y = a; assign y = a; endmodule", "net y has two drivers"),
        (
            "module m(input [3:0] a, output [7:4] y); assign y[6:4] = a[2:0]; assign y[7:6] = a[3:2]; endmodule",
            r"net y\[6\] has two drivers",
        ),
        (
            "module m(input [1:0] a, output [0:1] y); assign y[0] = a[0]; assign y = a; endmodule",
            r"net y\[0\] has two drivers",
        ),
        (CELL + "module m(input a, b, output y); s u(a, y); s v(b, y); endmodule", r"\(pin y of s u, pin y of s v\)"),
        (CELL + "module m(input a, b, output y); s u(a, y); assign y = b; endmodule", "net y has two drivers"),
        (CELL + "module m(input a, b, output y); s u(a, b); assign y = b; endmodule", "net b has two drivers"),
        ("module m(input a, b, output y); assign a = b; assign y = a; endmodule", "the module's input"),
        (
            "module m(input a, b, output reg y); always @* y = a; always @* y = b; endmodule",
            r"net y has two drivers \(an always block",
        ),
        (
            "module m(input c, a, b, output reg y); always @(posedge c) y <= a; always @(posedge c) if (b) y <= b;"
            " endmodule",
            "net y has two drivers",
        ),
        (
            "module i(input a, b, output y); wire t; assign t = a; assign t = b; assign y = t; endmodule "
            "module m(input a, b, output y); i u(a, b, y); endmodule",
            "module i: net t has two drivers",
        ),
        ("module m(input a, b, c, output y); assign y = a; assign y = b; assign y = c; endmodule", "has 3 drivers"),
        ("module m(input a, output y); wire w; assign y = a | w; endmodule", "net w is not driven"),
        ("module m(input a, output [1:0] y); assign y[0] = a; endmodule", r"net y\[1\] is not driven"),
        ("module m(input a, output y); endmodule", "net y is not driven"),
        (CELL + "module m(input a, output y); s u(.y(y)); endmodule", r"net u\.a is not driven"),
        ("module m(input a, output y); assign y = 1'bx; endmodule", r"net y has an unknown value \(x\)"),
        (CELL + "module m(output y); s u(1'bx, y); endmodule", "pin a of s u reads an unknown value"),
        (CELL + "module m(output y); s u(1'bz, y); endmodule", "pin a of s u has three states"),
        ("module m(input a, b, output y); assign y = a ? b : 1'bz; endmodule", "three states"),
        ("module m(input a, b, output y); bufif1 g(y, a, b); endmodule", "three states"),
        ("module m(input a, b, output reg y); always @* if (a) y = b; else y = 1'bz; endmodule", "three states"),
        (CELL.replace("output", "inout") + "module m(input a, output y); s u(a, y); endmodule", "y is bidirectional"),
        (CELL + "module m(input a, output y); s u(a, 1'b0); assign y = a; endmodule", "connected to constants"),
    ],
)
def test_what_has_not_one_driver_is_refused(tmp_path, text, complaint):
    with pytest.raises(InputError, match=complaint):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        # a loop variable is assigned in two blocks, and read in none
        (
            """module m(input [1:0] a, output reg [1:0] y, z); integer i;
               always @* for (i = 0; i < 2; i = i + 1) y[i] = a[1 - i];
               always @* for (i = 0; i < 2; i = i + 1) z[i] = ~a[i]; endmodule""",
            [0b1100, 0b1010, 0b0101, 0b0011],
        ),
        # every bit has a block of its own
        (
            """module m(input [1:0] a, output reg [1:0] y); genvar i;
               generate for (i = 0; i < 2; i = i + 1) begin : g always @* y[i] = a[1 - i]; end endgenerate endmodule""",
            [0, 2, 1, 3],
        ),
        (RESOLVED.format("wand"), [0, 0, 0, 1]),
        (RESOLVED.format("wor"), [0, 1, 1, 1]),
        ("module m(input [1:0] a, output y); supply1 h; wire l = 0; assign y = a[0] & h | l; endmodule", [0, 1, 0, 1]),
        (
            "module m(input [1:0] a, output reg [1:0] y); always @* casez (a) 2'b1?: y = 2; 2'b?1: y = 1;"
            " default: y = 0; endcase endmodule",
            [0, 1, 2, 2],
        ),
        (
            "module m(input [1:0] a, output reg [1:0] y); always @* begin y = 0; if (a[1]) y[1] = a[0];"
            " y[0] = a[1]; end endmodule",
            [0, 0, 1, 3],
        ),
    ],
)
def test_what_has_one_driver_is_taken(tmp_path, text, outputs):
    design = _read(tmp_path, text)
    rows = design.aig.evaluate(np.array([[value & 1, value >> 1] for value in range(4)], dtype=bool))
    assert [int(sum(int(bit) << place for place, bit in enumerate(row))) for row in rows] == outputs


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("INVX1 g(.A(a), .Y(t)); INVX1 h(.A(b), .Y(t)); assign y = t;", r"net t has two drivers \(pin Y of INVX1 g"),
        ("INVX1 g(.A(a), .Y(y)); assign y = b;", "net y has two drivers"),
        ("INVX1 g(.A(t), .Y(y));", "net t is not driven"),
        ("INVX1 g(.A(1'bx), .Y(y));", "pin A of INVX1 g reads an unknown value"),
    ],
)
def test_netlists_of_cells_too(tmp_path, body, complaint):
    models = to_verilog_models(load_technology())
    text = f"module m(a, b, y); input a, b; output y; wire t; {body} endmodule"
    with pytest.raises(InputError, match=complaint):
        _read(tmp_path, text, cell_models=models)
