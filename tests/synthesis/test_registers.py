"""A mapped sequential circuit is equal to its source, whatever its registers are called."""

import re

import numpy as np
import pytest

from bespoke.backend.equivalence import prove_equivalent
from bespoke.backend.synthesis import synthesise
from bespoke.circuit import CircuitBuilder, RegisterCut
from bespoke.eda.registers import CutCircuit, matches, without_duplicates
from bespoke.eda.rtlil import FlipFlopCut
from bespoke.errors import InputError
from bespoke.technology import load_technology

pytestmark = pytest.mark.eda

CLOCKED = "always @(posedge clk)"
RESET = "always @(posedge clk or negedge r)"

SOURCES = {
    "called like a port": (f"input clk, d, output reg q); {CLOCKED} q <= d;", ["q_reg"]),
    "shown by a port": (f"input clk, d, output q); reg s; {CLOCKED} s <= d; assign q = s;", ["s"]),
    "called like nets and gates": (
        f"input clk, d, e, output q, z); reg n4, n5, g0; {CLOCKED} begin n4 <= d ^ n5; n5 <= n4 & e; g0 <= n5 | d; end "
        "assign q = n4; assign z = ~(n5 | g0);",
        ["n4", "n5", "g0"],
    ),
    "called like another's new name": (
        f"input clk, input [1:0] d, output [1:0] q_reg); reg [1:0] q, register_0; {CLOCKED} begin q <= d; "
        "register_0 <= ~q; end assign q_reg = register_0;",
        ["q[0]", "q[1]", "register_0[0]", "register_0[1]"],
    ),
    "set": (f"input clk, r, d, output reg q); {RESET} if (!r) q <= 1; else q <= d;", ["q_inverted"]),
    "some bits set": (
        f"input clk, r, input [3:0] d, output [3:0] y); reg [3:0] q; {RESET} if (!r) q <= 10; else q <= d + q; "
        "assign y = ~q;",
        ["q[0]", "q[1]_inverted", "q[2]", "q[3]_inverted"],
    ),
    "reset high": (
        "input clk, r, input [1:0] d, output reg [1:0] q); always @(posedge clk or posedge r) if (r) q <= 1; "
        "else q <= q ^ d;",
        ["q[0]_inverted", "q[1]"],
    ),
    "synchronous reset and enable": (
        f"input clk, s, e, input [2:0] d, output reg [2:0] q); {CLOCKED} if (s) q <= 5; else if (e) q <= q + d;",
        ["q[0]", "q[1]", "q[2]"],
    ),
    "counter": (
        f"input clk, r, output [3:0] y); reg [3:0] c; {RESET} if (!r) c <= 6; else c <= c + 1; assign y = c;",
        None,
    ),
    "memory": (
        f"input clk, we, d, input [1:0] a, output q); reg w[0:3]; {CLOCKED} if (we) w[a] <= d; assign q = w[a];",
        [f"w[{word}]" for word in range(4)],
    ),
    "state machine": (
        f"input clk, r, go, output busy); reg [1:0] st; {RESET} if (!r) st <= 2; else case (st) 2: if (go) st <= 0; "
        "0: st <= 1; 1: st <= 3; default: st <= 2; endcase assign busy = st != 2;",
        None,
    ),
    "equal ones": (
        f"input clk, a, b, output y, z); reg p, q; {CLOCKED} begin p <= a & b; q <= ~(~a | ~b); end assign y = p; "
        "assign z = q;",
        ["p", "q"],
    ),
    "toggles": (
        f"input clk, e, output y, z); reg p, q; {CLOCKED} begin p <= p ^ e; q <= q ^ e; end assign y = p; "
        "assign z = p & ~q;",
        ["p", "q"],
    ),
    "escaped names": (
        f"input clk, input [1:0] d, output [1:0] \\end ); reg \\a.b , \\c[0] ; "
        f"{CLOCKED} begin \\a.b <= d[0] ^ \\c[0] ; "
        "\\c[0] <= d[1]; end assign \\end = {\\a.b , \\c[0] };",
        ["a.b", "c[0]"],
    ),
    "inside modules": (
        "input clk, r, d, output q); wire t; inner u(clk, r, d, t); inner v(.clk(clk), .r(r), .d(~t), .q(q)); "
        f"endmodule module inner(input clk, r, d, output q); reg x; {RESET} if (!r) x <= 1; else x <= d; assign q = x;",
        None,
    ),
    "unread, and constant": (
        f"input clk, d, output reg q, o); reg u; {CLOCKED} begin q <= d; u <= q; o <= 1; end",
        ["q_reg"],
    ),
    "undefined values": (
        f"input clk, input [1:0] a, output reg [1:0] y); {CLOCKED} case (a) 0: y <= 1; 1: y <= 2; default: y <= 2'bx; "
        "endcase",
        None,
    ),
}


def _synthesised(folder, text):
    source = folder / "source.v"
    source.write_text(text, encoding="utf-8")
    technology = load_technology()
    result = synthesise([source], top=None, technology=technology, folder=folder, data_bits=None, effort="fast")
    return source, result, technology


@pytest.mark.parametrize("kind", SOURCES)
def test_what_synthesis_wrote_is_proven_against_its_source(tmp_path, kind):
    body, names = SOURCES[kind]
    source, result, technology = _synthesised(tmp_path, f"module m({body} endmodule")
    instances = [flip_flop.instance for flip_flop in result.netlist.flip_flops]
    assert names is None or sorted(instances) == sorted(names)
    assert not any("$" in name for name in instances)  # numbers of Yosys' own, which change from run to run
    found = prove_equivalent(source, result.netlist_path, folder=tmp_path / "verify", technology=technology)
    assert found.equivalent
    # and no register is needed by name
    text = result.netlist_path.read_text(encoding="utf-8")
    for number, line in enumerate(re.findall(r"^ *DFF\w+ (?:\\\S+|\w+) ", text, re.M)):
        text = text.replace(line, f"  {line.split()[0]} other{number} ")
    text = re.sub(r"\b(n_*)(\d+)\b", r"w\1\2", text)
    renamed = tmp_path / "renamed.v"
    renamed.write_text(text, encoding="utf-8")
    assert prove_equivalent(source, renamed, folder=tmp_path / "renamed", technology=technology).equivalent


def test_wrong_names_do_not_hide_equality_and_a_difference_is_shown(tmp_path):
    text = (
        "module m(input clk, input [1:0] d, output y); reg {0}, {1};"
        " always @(posedge clk) begin {0} <= d[0]; {1} <= {0} {2} d[1]; end assign y = {1}; endmodule"
    )
    paths = [tmp_path / name for name in ("a.v", "swapped.v", "wrong.v")]
    for path, words in zip(paths, (("p", "q", "&"), ("q", "p", "&"), ("p", "q", "|")), strict=True):
        path.write_text(text.format(*words), encoding="utf-8")
    assert prove_equivalent(paths[0], paths[1], folder=tmp_path / "swapped").equivalent
    found = prove_equivalent(paths[0], paths[2], folder=tmp_path / "wrong")
    assert not found.equivalent
    example = found.counter_example
    before, after = example.state["p"], (example.inputs["d"] >> 1)
    assert example.outputs_a["next value of q"] == (before & after)
    assert example.outputs_b["next value of q"] == (before | after)


def test_other_registers_are_refused_by_name(tmp_path):
    text = (
        "module m(input clk, a, b, output y); reg {0}; always @(posedge clk) {0} <= a {1} b; assign y = {0}; endmodule"
    )
    first, second = tmp_path / "a.v", tmp_path / "b.v"
    first.write_text(text.format("p", "&"), encoding="utf-8")
    second.write_text(text.format("q", "&"), encoding="utf-8")
    assert prove_equivalent(first, second, folder=tmp_path / "same").equivalent
    second.write_text(text.format("q", "|").replace("assign y = q", "assign y = q ^ a"), encoding="utf-8")
    with pytest.raises(InputError, match="register p of the first circuit has no counterpart"):
        prove_equivalent(first, second, folder=tmp_path / "other")
    second.write_text("module m(input clk, a, b, output y); assign y = a & b; endmodule", encoding="utf-8")
    with pytest.raises(InputError, match="have 1 and 0 flip-flops"):
        prove_equivalent(first, second, folder=tmp_path / "none")


def _random_circuit(rng, registers, inputs=3, outputs=2):
    builder = CircuitBuilder(inputs + registers)
    literals = [builder.input(index) for index in range(inputs + registers)]
    for _ in range(20 + 4 * registers):
        a, b = (int(rng.choice(literals)) ^ int(rng.integers(2)) for _ in range(2))
        literals.append(builder.function(int(rng.choice([0b1000, 0b0110, 0b1110])), [a, b]))
    roots = [int(literal) for literal in rng.choice(literals[-8:], outputs)]
    for _ in range(registers):
        roots += RegisterCut(data=int(rng.choice(literals[-2 * registers :])), clock=builder.input(0), reset=1)
    cuts = tuple(FlipFlopCut(f"r{index}", False, (f"r{index}",)) for index in range(registers))
    return CutCircuit(builder.build(roots), outputs, cuts)


@pytest.mark.parametrize("seed", range(12))
def test_registers_of_shuffled_circuits_are_found_again(seed):
    """Every match must make both circuits the same on random vectors; the shuffle itself is the reference."""
    rng = np.random.default_rng(seed)
    circuit = _random_circuit(rng, registers=int(rng.integers(1, 12)))
    shuffled = circuit.in_order(rng.permutation(len(circuit.registers)).tolist())
    nameless = CutCircuit(
        shuffled.aig, shuffled.outputs, tuple(FlipFlopCut(f"s{i}", False) for i in range(len(shuffled.registers)))
    )
    order = next(matches(circuit, nameless))
    assert sorted(order) == list(range(len(circuit.registers)))
    bits = rng.random((2000, circuit.aig.inputs)) < 0.5
    assert np.array_equal(circuit.aig.evaluate(bits), nameless.in_order(order).aig.evaluate(bits))


def test_only_registers_that_agree_from_the_first_clock_on_are_merged(tmp_path):
    builder = CircuitBuilder(5)  # a, b and three registers: the first two take over a AND b, the third toggles by a
    a, b, third = builder.input(0), builder.input(1), builder.input(4)
    both, toggled = builder.conjunction(a, b), builder.function(0b0110, [a, third])
    roots = [builder.input(2), builder.input(3)]
    for data in (both, both, toggled):
        roots += RegisterCut(data=data, clock=a, reset=1)
    cuts = tuple(FlipFlopCut(name, False) for name in "pqt")
    merged = without_duplicates(CutCircuit(builder.build(roots), 2, cuts), tmp_path, 10)
    assert [cut.name for cut in merged.registers] == ["p", "t"]
    assert merged.aig.outputs[:2].tolist() == [builder.input(2)] * 2
    # two toggles never agree unless they started so
    builder = CircuitBuilder(3)
    roots = [builder.input(1), builder.input(2)]
    for state in (1, 2):
        roots += RegisterCut(builder.function(0b0110, [builder.input(0), builder.input(state)]), builder.input(0), 1)
    toggles = CutCircuit(builder.build(roots), 2, cuts[:2])
    assert without_duplicates(toggles, tmp_path, 10) is toggles
