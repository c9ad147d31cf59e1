"""`bespoke synth` and `bespoke verify` from the outside."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.eda.rtlil import BitPort
from bespoke.errors import InputError
from bespoke.run.vectors import read_input_bits
from bespoke.sensing import Quantiser, ThermometerWires, write_front_end

ADDER = "module adder(input [2:0] a, b, output [3:0] s); assign s = a + b; endmodule"


@pytest.mark.eda
def test_synth_leaves_netlist_metrics_and_logs_and_verify_agrees(tmp_path):
    source = tmp_path / "my adder.v"
    source.write_text(ADDER)
    vectors = tmp_path / "vectors.csv"
    vectors.write_text("b,a\n" + "".join(f"{value % 8},{value % 5}\n" for value in range(40)))
    out = tmp_path / "out dir"
    options = ["--top", "adder", "--effort", "fast", "--data", str(vectors), "--out", str(out)]
    done = CliRunner().invoke(app, ["synth", str(source), *options])
    assert done.exit_code == 0, done.output
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["module"] == "adder"
    assert metrics["data_vectors"] == 40
    assert 0 < metrics["area_cm2"] <= metrics["plain_flow"]["area_cm2"]
    assert 0 < metrics["static_power_mw"] <= metrics["plain_flow"]["static_power_mw"]
    assert metrics["proven_output_bits"] == 4
    assert list((out / "logs").rglob("*.log"))
    same = CliRunner().invoke(app, ["verify", str(source), str(out / "netlist.v")])
    assert same.exit_code == 0
    assert "equal for every input" in same.output
    broken = tmp_path / "broken.v"
    broken.write_text(ADDER.replace("a + b", "(a & 5) + b"))
    other = CliRunner().invoke(app, ["verify", str(broken), str(out / "netlist.v")])
    assert other.exit_code == 1
    assert "different" in other.output
    assert "inputs  a=" in other.output


@pytest.mark.eda
def test_synth_on_several_libraries_without_delays(tmp_path):
    (tmp_path / "a.v").write_text(ADDER)
    head = "library ({0}) {{ nom_voltage : 1; cell ({0}) {{ area : 1; cell_leakage_power : 1; "
    pin = 'pin (Y) {{ direction : output; function : "{1}"; }} }} }}'
    first, second = (
        "pin (A) {{ direction : input; }} ",
        "pin (A) {{ direction : input; }} pin (B) {{ direction : input; }} ",
    )
    (tmp_path / "inv.lib").write_text((head + first + pin).format("INV", "!A"))
    (tmp_path / "nand.lib").write_text((head + second + pin).format("NAND", "!(A B)"))
    options = [str(tmp_path / "a.v"), "--effort", "fast", "--liberty", str(tmp_path / "inv.lib"), "--out"]
    with pytest.raises(InputError, match="technology INV has no two-input gate such as a NAND"):
        CliRunner().invoke(app, ["synth", *options, str(tmp_path / "none")], catch_exceptions=False)
    assert not (tmp_path / "none").exists()
    done = CliRunner().invoke(app, ["synth", *options, str(tmp_path / "out"), "--liberty", str(tmp_path / "nand.lib")])
    assert done.exit_code == 0, done.output
    assert "note: technology INV+NAND: it states no delays" in done.stderr
    (delay,) = [line for line in done.stdout.splitlines() if line.startswith("delay, ms")]
    assert delay.split() == ["delay,", "ms", "unknown"]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["delay_ms"] is metrics["meets_clock"] is None
    assert set(metrics["cell_counts"]) <= {"INV", "NAND"}


@pytest.mark.eda
def test_verify_shows_a_classifiers_features(tmp_path):
    for name, expression in (("a.v", "inp[7:4] > inp[3:0]"), ("b.v", "inp[7:4] >= inp[3:0]")):
        text = f"module top(input [7:0] inp, output out); assign out = {expression}; endmodule"
        (tmp_path / name).write_text(text)
    found = CliRunner().invoke(app, ["verify", str(tmp_path / "a.v"), str(tmp_path / "b.v"), "--bits", "4"])
    assert found.exit_code == 1
    line = next(line for line in found.output.splitlines() if line.strip().startswith("features"))
    values = [int(value) for value in line.split("features")[1].split(",")]
    assert len(values) == 2
    assert values[0] == values[1]


PORTS = (BitPort("a", 3), BitPort("b", 2))


def test_vectors_by_port_name(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("y,b,a\n9,1,6\n0,2,1\n")
    expected = [[0, 1, 1, 1, 0], [1, 0, 0, 0, 1]]
    assert np.array_equal(read_input_bits(path, PORTS), np.array(expected, dtype=bool))


def test_vectors_of_a_run(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("f,g,class\n3,1,0\n2,0,1\n")
    expected = [[1, 1, 1, 0], [0, 1, 0, 0]]
    assert np.array_equal(read_input_bits(path, (BitPort("inp", 4),)), np.array(expected, dtype=bool))


@pytest.mark.parametrize(
    ("text", "ports", "complaint"),
    [
        ("a\n1\n", PORTS, r"v\.csv: the header has no column for input port b"),
        ("a,b\n1,x\n", PORTS, r"v\.csv, line 2, column b: expected an integer"),
        ("a,b\n1,1\n8,1\n", PORTS, r"v\.csv, line 3, column a: 8 does not fit 3 bits"),
        ("a,b\n", PORTS, r"v\.csv: there are no vectors"),
        (
            "f,g,h,class\n1,1,1,0\n",
            (BitPort("inp", 8),),
            r"3 features do not fill the 8 bits of input inp; .*--front-end-table",
        ),
        ("f,g,class\n1,16,0\n", (BitPort("inp", 8),), r"features of input inp have 4 bits, found 1\.\.16"),
    ],
)
def test_vectors_that_do_not_fit_are_named(tmp_path, text, ports, complaint):
    path = tmp_path / "v.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_input_bits(path, ports)


def test_vectors_of_a_run_behind_comparators(tmp_path):
    """The table named, or the one that the run has; never taken for words where it says otherwise."""
    wires, names = ThermometerWires.of(2, 2, [(0, 1), (0, 3), (1, 2)]), ("f", "g h")
    run, table = tmp_path / "run", tmp_path / "run/front_end.csv"
    vectors = run / "vectors/test.csv"
    vectors.parent.mkdir(parents=True)
    vectors.write_text("f,g h,class\n3,1,0\n2,2,1\n")
    write_front_end(table, wires, names, Quantiser((0.0, 0.0), (1.0, 1.0), 2))
    expected = [[True, True, False], [True, False, True]]
    assert read_input_bits(vectors, (BitPort("inp", 3),)).tolist() == expected
    assert read_input_bits(vectors, (BitPort("inp", 4),)).shape == (2, 4)  # the same run's words of two bits
    with pytest.raises(InputError, match=r"2 features as words of 2 bits do not fill the 6 bits.*--front-end-table"):
        read_input_bits(vectors, (BitPort("inp", 6),))
    elsewhere = table.rename(tmp_path / "elsewhere.csv")
    assert read_input_bits(vectors, (BitPort("inp", 3),), front_end_table=elsewhere).tolist() == expected
    with pytest.raises(InputError, match=r"elsewhere\.csv: 3 rows do not fit the 4 bits of input inp"):
        read_input_bits(vectors, (BitPort("inp", 4),), front_end_table=elsewhere)
    vectors.write_text("f,g h,class\n4,1,0\n")
    with pytest.raises(InputError, match=r"test\.csv: inputs must lie in 0\.\.3"):
        read_input_bits(vectors, (BitPort("inp", 3),), front_end_table=elsewhere)
    write_front_end(elsewhere, ThermometerWires.of(2, 2, []), names, Quantiser((0.0, 0.0), (1.0, 1.0), 2))
    assert read_input_bits(vectors, (BitPort("inp", 1),), front_end_table=elsewhere).tolist() == [[False]]
    with pytest.raises(InputError, match=r"name its front_end\.csv with --front-end-table"):
        read_input_bits(vectors, (BitPort("inp", 3),))


def test_a_missing_vector_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv: cannot be read"):
        read_input_bits(tmp_path / "nowhere.csv", PORTS)
