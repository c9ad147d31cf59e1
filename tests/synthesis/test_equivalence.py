"""Equality proven or refuted: arithmetic written in two ways, and circuits broken on purpose."""

import numpy as np
import pytest

from bespoke.backend.equivalence import prove_equivalent
from bespoke.circuit import CircuitBuilder
from bespoke.eda.equivalence import find_difference
from bespoke.errors import InputError, OutOfTimeError, UndecidedError
from bespoke.technology import load_technology

pytestmark = pytest.mark.eda


def _prove(folder, first, second, **options):
    paths = []
    for name, text in (("first.v", first), ("second.v", second)):
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    return prove_equivalent(*paths, folder=folder / "run", **options)


def _sum_module(body):
    ports = "input [7:0] a, b, c, output [9:0] y"
    return f"module top({ports}); {body} endmodule"


def test_sums_in_another_order_are_equal(tmp_path):
    found = _prove(
        tmp_path,
        _sum_module("assign y = a + b + c;"),
        _sum_module("wire [8:0] t = c + b; assign y = t + a;"),
        top="top",
    )
    assert found.equivalent
    assert found.counter_example is None


def test_a_difference_on_one_of_millions_of_inputs_is_found_and_decoded(tmp_path):
    found = _prove(
        tmp_path,
        _sum_module("assign y = a + b + c;"),
        _sum_module("assign y = (a == 93 && b == 201 && c == 44) ? 7 : a + b + c;"),
        top="top",
    )
    assert not found.equivalent
    assert found.counter_example.inputs == {"a": 93, "b": 201, "c": 44}
    assert found.counter_example.outputs_a == {"y": 93 + 201 + 44}
    assert found.counter_example.outputs_b == {"y": 7}


def test_a_broken_netlist_gives_a_counter_example_that_python_confirms(tmp_path):
    technology = load_technology("egfet-1.0v")
    netlist = """module top(inp, out); input [3:0] inp; output out; wire n;
      NAND2X1 g0 (.A1(inp[0]), .A2(inp[3]), .Y(n)); {cell} g1 (.A1(n), .A2(inp[2]), .Y(out)); endmodule"""
    source = "module top(input [3:0] inp, output out); assign out = ~(~(inp[0] & inp[3]) & inp[2]); endmodule"
    assert _prove(tmp_path, source, netlist.format(cell="NAND2X1"), top="top", technology=technology).equivalent
    found = _prove(tmp_path, source, netlist.format(cell="NOR2X1"), top="top", technology=technology)
    assert not found.equivalent
    value = found.counter_example.inputs["inp"]
    inner = 1 - ((value & 1) & (value >> 3 & 1))
    third = value >> 2 & 1
    assert found.counter_example.outputs_a == {"out": 1 - (inner & third)}
    assert found.counter_example.outputs_b == {"out": 1 - (inner | third)}
    features = found.counter_example.features(2)
    assert sum(feature << 2 * index for index, feature in enumerate(features)) == value


def test_ports_are_matched_by_name(tmp_path):
    found = _prove(
        tmp_path,
        "module top(input [1:0] a, input b, output y, output z); assign y = a > b; assign z = ^a; endmodule",
        "module other(output z, input b, output y, input [1:0] a); assign y = a[1] | a[0] & ~b;"
        " assign z = a[0] ^ a[1]; endmodule",
    )
    assert found.equivalent
    assert (found.module_a, found.module_b) == ("top", "other")


def test_bits_of_a_vector_may_be_ports_of_their_own(tmp_path):
    """As ABC writes them, in any order."""
    bits = "module m(input \\a[1] , b, \\a[0] , output \\y[0] , \\y[1] ); assign {\\y[1] , \\y[0] } = {}; endmodule"
    vector = "module m(input [1:0] a, input b, output [1:0] y); assign y = a + b; endmodule"
    plain = bits.replace("{}", "{\\a[1] , \\a[0] } + b")
    assert _prove(tmp_path, vector, plain).equivalent
    assert _prove(tmp_path, plain, vector).equivalent
    found = _prove(tmp_path, vector, bits.replace("{}", "{\\a[0] , \\a[1] } + b"))
    assert found.counter_example.inputs["a"] in (1, 2)
    with pytest.raises(InputError, match="input port 'a' is 3 bits in the first circuit and missing"):
        _prove(tmp_path, vector.replace("[1:0] a", "[2:0] a"), plain)


@pytest.mark.parametrize("declared", ["[1:0]", "[0:1]", "[2:1]", "[1:2]", "[-1:0]"])
def test_bits_that_are_ports_are_those_of_the_declared_index(tmp_path, declared):
    """Both functions differ under an exchange of the bits, so each answer hangs on the index of each bit."""
    i, j = (int(bound) for bound in declared.strip("[]").split(":"))
    vector = f"module m(input {declared} a, output {declared} y); assign y[{i}] = a[{i}] & ~a[{j}], y[{j}] = a[{j}];"
    flat = (
        f"module m(input \\a[{i}] , \\a[{j}] , output \\y[{j}] , \\y[{i}] ); "
        "assign \\y[{0}] = \\a[{0}] & ~ \\a[{1}] , \\y[{1}] = \\a[{1}] ; endmodule"
    )
    vector, right, wrong = (
        f"{vector} endmodule",
        *(flat.replace("{0}", f"{x}").replace("{1}", f"{y}") for x, y in ((i, j), (j, i))),
    )
    for first, second, equal in ((vector, right, True), (right, vector, True), (vector, wrong, False)):
        assert _prove(tmp_path, first, second).equivalent is equal
    other = flat.replace("{0}", f"{i}").replace("{1}", f"{j}").replace(f"[{i}]", "[7]")
    with pytest.raises(InputError, match="input port"):
        _prove(tmp_path, vector, other)


def test_vectors_of_two_ranges_are_compared_by_place_and_it_is_said(tmp_path):
    down = "module m(input [1:0] a, output y); assign y = a[0] & ~a[1]; endmodule"
    up = "module m(input [0:1] a, output y); assign y = a[1] & ~a[0]; endmodule"
    found = _prove(tmp_path, down, up)
    assert found.equivalent
    assert found.notes == (
        "port a is [1:0] in the first circuit and [0:1] in the second; they are compared by place, a[0] with a[1]",
    )
    assert not _prove(tmp_path, down, up.replace("a[1] & ~a[0]", "a[0] & ~a[1]")).equivalent


def test_a_register_that_reaches_an_output_in_one_circuit_alone_is_named(tmp_path):
    """A dead one is no register of the circuit, in either."""
    plain = "module m(input clk, d, output reg q); always @(posedge clk) q <= d; endmodule"
    dead = plain.replace("q <= d;", "begin q <= d; p <= ~r; r <= p; end").replace("; always", "; reg p, r; always")
    assert _prove(tmp_path, plain, dead).equivalent
    two = dead.replace("q <= d", "q <= d ^ p").replace("p <= ~r", "p <= d")
    message = r"1 and 2 flip-flops that reach an output: register p of the second circuit has no counterpart"
    with pytest.raises(InputError, match=message):
        _prove(tmp_path, plain, two)


def test_undefined_values_are_told_once(tmp_path, caplog):
    text = "module m(input a, b, output y); assign y = a ? b : 1'bx; endmodule"
    found = _prove(tmp_path, text, text)
    assert len(found.notes) == 2 and not any("undefined" in record.getMessage() for record in caplog.records)


def test_other_ports_or_registers_are_refused(tmp_path):
    a = "module top(input [1:0] a, output y); assign y = ^a; endmodule"
    with pytest.raises(InputError, match="input port 'a' is 2 bits in the first circuit and 3 bits in the second"):
        _prove(tmp_path, a, "module top(input [2:0] a, output y); assign y = ^a; endmodule", top="top")
    with pytest.raises(InputError, match="output port 'y' is 1 bit in the first circuit and missing"):
        _prove(tmp_path, a, "module top(input [1:0] a, output x); assign x = ^a; endmodule", top="top")


def test_undecided_is_never_equal(tmp_path):
    """Two multipliers of unlike structure within a second: whatever happens, it must not be called equal wrongly."""
    rng = np.random.default_rng(0)

    def multiplier(swap):
        builder = CircuitBuilder(32)
        a = [builder.input(index) for index in range(16)]
        b = [builder.input(16 + index) for index in range(16)]
        a, b = (b, a) if swap else (a, b)
        total = [0] * 32
        for shift, bit in enumerate(a):
            carry = 0
            for position in range(32 - shift):
                x = total[shift + position]
                y = builder.conjunction(bit, b[position]) if position < 16 else 0
                half = builder.function(0b0110, [x, y])
                generated = builder.conjunction(x, y)
                total[shift + position] = builder.function(0b0110, [half, carry])
                carry = builder.disjunction(generated, builder.conjunction(half, carry))
        return builder.build(total)

    first, second = multiplier(False), multiplier(True)
    patterns = rng.random((64, 32)) < 0.5
    weights = 1 << np.arange(16, dtype=np.int64)
    expected = (patterns[:, :16] @ weights) * (patterns[:, 16:] @ weights)
    for aig in (first, second):
        assert np.array_equal(aig.evaluate(patterns) @ (1 << np.arange(32, dtype=np.int64)), expected)
    with pytest.raises(OutOfTimeError, match="could not decide within 3 s"):
        find_difference(first, second, folder=tmp_path / "timed", time_limit_s=3)
    with pytest.raises(UndecidedError, match="could not decide with 10000 inspections"):
        find_difference(first, second, folder=tmp_path / "counted", inspections=10_000)


def test_counted_work_proves_and_refutes(tmp_path):
    """Conjunctions of 24 bits, so that simulation does not see the one input that differs."""

    def conjunction(order, inverted):
        builder = CircuitBuilder(24)
        literal = builder.input(order[0])
        for index in order[1:]:
            literal = builder.conjunction(literal, builder.input(index) ^ (inverted and index == 0))
        return builder.build([literal])

    forward, backward = conjunction(range(23, -1, -1), False), conjunction([*range(1, 24), 0], False)
    assert find_difference(forward, backward, folder=tmp_path / "equal", inspections=1_000_000) is None
    other = conjunction(range(23, -1, -1), True)
    pattern = find_difference(forward, other, folder=tmp_path / "other", inspections=1_000_000)
    assert pattern[1:].all()
