"""Liberty files: units, supply pins, conditions, what is left out and why."""

from __future__ import annotations

import logging
import re

import pytest
from helpers import shared_pdk_dir
from plain_netlists import PlainLiberty

from bespoke.errors import InputError
from bespoke.technology import read_liberty

HEAD = """library (mine) {
  capacitive_load_unit (10, ff); time_unit : "100ps"; leakage_power_unit : "10pW"; voltage_unit : "1V";
  nom_voltage : 1.2;
  lu_table_template (by_load) {
    variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;
    index_1 ("1, 2, 4"); index_2 ("5, 6");
  }
"""
TABLES = """
      timing () { related_pin : "A B"; cell_rise (by_load) { values ("1, 2", "3, 4", "5, 6"); }
        cell_fall (by_load) { values ("0, 9", "0, 0", "0, 7"); }
        rise_transition (by_load) { values ("1, 1", "1, 1", "1, 1"); }
        fall_transition (scalar) { values ("2"); } }
"""


def cell(name: str = "G", *, function: str = "(A B)'", body: str = "", output: str = "", leakage: str | None = None):
    if leakage is None:
        leakage = "cell_leakage_power : 5;"
    return f"""
  cell ({name}) {{ area : 2.5; {leakage} {body}
    pin (A, B) {{ direction : input; capacitance : 3; }}
    pin (Y) {{ direction : output; function : "{function}"; {output} }} }}
"""


def read(tmp_path, *cells: str, head: str = HEAD):
    path = tmp_path / "mine.lib"
    path.write_text(head + "".join(cells) + "}\n")
    return read_liberty(path)


def test_units_and_templates_are_honoured(tmp_path):
    technology = read(tmp_path, cell(output=TABLES))
    assert (technology.name, technology.supply_v, technology.clock_ms) == ("mine", 1.2, 200.0)
    (found,) = technology.cells
    assert (found.inputs, found.output, found.truth, found.area_um2) == (("A", "B"), "Y", 0b0111, 2.5)
    assert found.leakage_nw == (0.05,) * 4  # 5 times 10 pW
    assert found.input_cap_nf == (3e-5, 3e-5)  # 3 times 10 fF
    arc = found.arcs[1]
    assert arc.loads_nf == (1e-5, 2e-5, 4e-5)
    assert arc.slews_ms == (5e-7, 6e-7)
    # the template has the load first: turned round, and the worse of rise and fall
    assert arc.delays_ms == ((1e-7, 3e-7, 5e-7), (9e-7, 4e-7, 7e-7))
    assert arc.output_slews_ms == ((2e-7,) * 3,) * 2


def test_energies_are_capacitance_times_squared_voltage(tmp_path):
    power = """internal_power () { related_pin : "A"; power (scalar) { values ("4"); } }
      internal_power () { related_pin : "B"; rise_power (scalar) { values ("6"); } fall_power (scalar) {
        values ("10"); } }"""
    (found,) = read(tmp_path, cell(output=power)).cells
    assert found.switching_energy_nj == pytest.approx((4 + 4 + 6 + 10) / 4 * 1e-5)  # 10 fF·V² = 1e-5 nJ
    assert found.input_energy_nj == ()


def test_leakage_conditions_supply_pins_and_fallbacks(tmp_path):
    supply = "pg_pin (VP) { pg_type : primary_power; } pg_pin (VG) { pg_type : primary_ground; }"
    leakage = (
        supply
        + """
      cell_leakage_power : 900;
      leakage_power () { value : 100; when : "A * B * !Y"; related_pg_pin : VP; }
      leakage_power () { value : 777; when : "A * B * !Y"; related_pg_pin : VG; }
      leakage_power () { value : 200; when : "!A * Y"; related_pg_pin : VP; }
      leakage_power () { value : 666; when : "A * !B * !Y"; related_pg_pin : VP; }
    """
    )
    (found,) = read(tmp_path, cell(leakage=leakage)).cells
    # A=1, B=0 has no entry, for the output is high there: the mean steps in
    assert found.leakage_nw == (2.0, 9.0, 2.0, 1.0)
    general = leakage + "leakage_power () { value : 300; related_pg_pin : VP; }"
    (found,) = read(tmp_path, cell(leakage=general)).cells
    assert found.leakage_nw == (2.0, 3.0, 2.0, 1.0)
    two = leakage.replace("related_pg_pin : VG; }", "related_pg_pin : VQ; }")
    (found,) = read(tmp_path, cell(leakage=two + "pg_pin (VQ) { pg_type : backup_power; }")).cells
    assert found.leakage_nw[3] == pytest.approx(8.77)  # both power pins together


def latch(kind: str, body: str) -> str:
    return f"""
  cell (S) {{ area : 1; cell_leakage_power : 1; {kind} (IQ, IQN) {{ {body} }}
    pin (C) {{ direction : input; }} pin (D) {{ direction : input; }}
    pin (Q) {{ direction : output; function : "IQ"; }} }}
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (cell("S", output='three_state : "A";'), "tri-state"),
        (cell("S", body="pin (Z) { direction : inout; }"), "neither input nor output"),
        (cell("S", function="A & IQ"), "names pins that are no inputs"),
        (cell("S", leakage=""), "no leakage power for every state"),
        (cell("S", function="A $ B"), "cannot be read"),
        (cell('"S 1"').replace("S 1", "S;1"), "its name 'S;1' has signs"),
        (latch("latch", 'enable : "C"; data_in : "D";'), "sequential"),
        (latch("ff", 'clocked_on : "!C"; next_state : "D";'), "rising edge"),
        (latch("ff", 'clocked_on : "C"; next_state : "D"; preset : "!C";'), "preset"),
        (latch("ff", 'clocked_on : "C"; next_state : "D"; clear : "C";'), "not active low"),
        (latch("ff", 'clocked_on : "C"; next_state : "C";'), "besides clock, data and reset"),
    ],
)
def test_what_is_left_out_is_logged_with_its_reason(tmp_path, caplog, text, reason):
    with caplog.at_level(logging.INFO, "bespoke.technology"):
        technology = read(tmp_path, cell(), text)
    assert [found.name for found in technology.cells] == ["G"]
    assert technology.flip_flops == ()
    (left_out,) = technology.left_out
    assert left_out.name.startswith("S") and reason in left_out.reason
    (record,) = caplog.records
    assert re.search(r"cell S\S* left out", record.message)
    assert reason in record.message


def test_flip_flops(tmp_path):
    technology = read(tmp_path, cell(), latch("ff", 'clocked_on : "C"; next_state : "D";'))
    (found,) = technology.flip_flops
    assert (found.name, found.clock, found.data, found.output, found.reset) == ("S", "C", "D", "Q", None)
    assert found.leakage_nw == 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module top; endmodule", "not a Liberty file that can be read"),
        ("library (x) { cell (A) {", "not a Liberty file that can be read"),
        ("library (x) { }", "no combinational cell with one output can be used, for there is no such cell"),
        ("cell (x) { }", "its groups are: 'cell'"),
        (HEAD.replace("100ps", "100 furlongs") + cell() + "}", "time_unit is"),
        (HEAD.replace("10, ff", "10, xx") + cell() + "}", "capacitive_load_unit is"),
    ],
)
def test_what_is_no_library(tmp_path, text, message):
    path = tmp_path / "odd.lib"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_liberty(path)
    assert "odd.lib" in str(caught.value)


@pytest.mark.parametrize("supply", ["0.6", "0.8", "1.0"])
def test_against_a_plain_reading_of_the_printed_libraries(supply, caplog):
    path = shared_pdk_dir() / f"PPDK_Standard_Library_{supply}V_25C_TYP_X1.lib"
    plain = PlainLiberty(path)
    with caplog.at_level(logging.INFO, "bespoke.technology"):
        technology = read_liberty(path)
    assert len(technology.cells) == 7
    assert [left_out.name for left_out in technology.left_out] == ["DFFX1", "LATCHX1", "TSBUF"]
    assert {record.message.split("cell ")[1].split()[0] for record in caplog.records} == {"DFFX1", "LATCHX1", "TSBUF"}
    for found in technology.cells:
        assert found.area_um2 == plain.area[found.name]
        for state, leakage in enumerate(found.leakage_nw):
            inputs = [state >> pin & 1 for pin in range(len(found.inputs))]
            assert leakage == plain.leakage_nw(found.name, found.inputs, inputs)
        for pin, cap in zip(found.inputs, found.input_cap_nf, strict=True):
            assert cap == pytest.approx(plain.capacitance[found.name, pin], rel=1e-12)
        assert found.switching_energy_nj == pytest.approx(plain.switching_nj(found.name), rel=1e-9)


def test_energies_of_inputs_that_toggle_alone_are_static_power_of_thirty_milliseconds():
    """Why they are not read by default. The NOR's output stays low while one input toggles and the other is high."""
    path = shared_pdk_dir() / "PPDK_Standard_Library_1.0V_25C_TYP_X1.lib"
    nor = next(cell for cell in read_liberty(path, input_energies=True).cells if cell.name == "NOR2X1")
    before_and_after = (nor.leakage_nw[2] + nor.leakage_nw[3]) / 2
    assert nor.input_energy_nj[0] == pytest.approx(before_and_after * 30e-3, rel=1e-3)
