"""Libraries in the shape of real ones: what is usable, what a netlist may hold, what is left out and why."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from miniature_libraries import MINIATURES, banners, picowatts, quoted_names

from bespoke.errors import InputError
from bespoke.technology import (
    Technology,
    knows_delays,
    load_technology,
    read_liberty,
    read_toml,
    require_mappable,
    shortcomings,
    to_liberty,
    to_toml,
    to_verilog_models,
)


@pytest.fixture(params=sorted(MINIATURES))
def miniature(request, tmp_path) -> Technology:
    return read(tmp_path, MINIATURES[request.param]())


def read(folder, *texts: str) -> Technology:
    paths = [folder / f"{index}.lib" for index in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return read_liberty(paths)


def names(cells) -> list[str]:
    return [cell.name for cell in cells]


def reasons(cells) -> dict[str, str]:
    return {cell.name: cell.reason for cell in cells}


def test_every_cell_of_a_library_is_somewhere(miniature, tmp_path):
    found = re.findall(r'^\s*cell ?\("?(\w+)"?\)', (tmp_path / "0.lib").read_text(), re.M)
    kinds = (
        miniature.cells,
        miniature.multi_output_cells,
        miniature.flip_flops,
        miniature.physical_cells,
        miniature.left_out,
    )
    assert sorted(found) == sorted(name for kind in kinds for name in names(kind))
    mapped, unmapped = names(miniature.mapping_cells), names(miniature.unmapped_cells)
    usable = [*names(miniature.cells), *names(miniature.multi_output_cells), *names(miniature.physical_cells)]
    assert sorted([*mapped, *unmapped]) == sorted(usable)
    require_mappable(miniature)


def test_quoted_names(tmp_path):
    technology = read(tmp_path, quoted_names())
    assert technology.supply_v == 1.8
    assert names(technology.mapping_cells) == ["inv_1", "nand2_1", "nor2_1", "xor2_1", "a21oi_1"]
    assert reasons(technology.unmapped_cells) == {
        "a2111oi_0": "more than 4 inputs",
        "lpflow_isobuf_1": "the library says dont_use",
        "inv_8": "another of the same function is no larger and draws no more",
        "nand2_4": "another of the same function is no larger and draws no more",
        "ha_1": "several outputs",
        "conb_1": "several outputs",
        "tapvpwrvgnd_1": "computes nothing",
        "diode_2": "computes nothing",
    }
    assert names(technology.flip_flops) == ["dfxtp_1", "dfrtp_1"]
    assert technology.flip_flop("dfrtp_1").reset == "RESET_B"
    assert technology.cell("nand2_1").leakage_nw == (1e-3, 2e-3, 2e-3, 5e-3)
    assert technology.physical_cell("diode_2").pins == ("DIODE",)
    carry, total = technology.parts("ha_1")
    assert (carry.output, carry.truth, carry.area_um2, carry.leakage_nw) == (
        "COUT",
        0b1000,
        12.5,
        (0.01, 0.02, 0.03, 0.04),
    )
    assert (total.output, total.truth, total.area_um2, total.leakage_nw) == ("SUM", 0b0110, 0, (0,) * 4)
    assert total.further_output and not carry.further_output and total.input_cap_nf == (0, 0)
    assert [(part.output, part.inputs, part.truth) for part in technology.parts("conb_1")] == [
        ("HI", (), 1),
        ("LO", (), 0),
    ]
    with pytest.raises(InputError, match="leaves cell 'ebufn_1' out: its output is tri-state"):
        technology.cell("ebufn_1")
    assert set(reasons(technology.left_out)) == {"dfstp_1", "sdfxtp_1", "ebufn_1", "dlclkp_1"}


def test_banners(tmp_path):
    technology = read(tmp_path, banners())
    assert technology.supply_v == 1.1
    assert technology.cell("INV_X1").input_cap_nf == (1.7e-6,)  # femtofarads
    assert [(part.output, part.truth) for part in technology.parts("FA_X1")] == [("CO", 0xE8), ("S", 0x96)]
    assert [technology.cell(name).truth for name in ("LOGIC0_X1", "LOGIC1_X1")] == [0, 1]
    assert technology.cell("LOGIC1_X1").leakage_nw == (3.0,) and technology.cell("LOGIC1_X1").inputs == ()
    assert technology.flip_flop("DFFR_X1").inverted_output == "QN"
    assert technology.parts("FILLCELL_X1") == () and technology.physical_cell("FILLCELL_X1").area_um2 == 0.266
    assert reasons(technology.left_out) == {
        "TBUF_X1": "its output is tri-state",
        "SDFF_X1": "its data is a function of several pins, as with scan or enable",
        "DLH_X1": "it is sequential (latch)",
    }
    assert knows_delays(technology) and len(shortcomings(technology)) == 1


def test_picowatts(tmp_path):
    technology = read(tmp_path, picowatts())
    assert technology.supply_v == 1.2
    assert technology.cell("inv_1").leakage_nw == (0.12, 0.17)
    assert technology.cell("inv_1").area_um2 == 5.4432
    assert technology.cell("and2or_1").function == "(A ^ B) & C"
    assert technology.flip_flop("dfrbp_1").leakage_nw == pytest.approx(0.7)
    assert reasons(technology.left_out) == {
        "sighold": "it has pins that are neither input nor output",
        "regs": "it has buses",
    }
    left_out, energies = shortcomings(technology)
    assert (
        "leaves out 6 cells (2: computes nothing; 1: more than 4 inputs; 1: its output is constant; 2: other"
        in left_out
    )
    assert "states no switching energies" in energies and "static power alone" in energies


def test_toml_and_liberty_read_back_identically(miniature, tmp_path):
    path = tmp_path / "out.toml"
    path.write_text(to_toml(miniature))
    assert read_toml(path) == miniature
    again = read(tmp_path, to_liberty(miniature))
    assert again == replace(miniature, left_out=())  # Liberty has no place for them


def test_a_name_stands_under_one_kind_of_cell_alone(tmp_path):
    text = to_toml(read(tmp_path, banners())).replace("[physical_cells.FILLCELL_X1]", "[physical_cells.FA_X1]")
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(InputError, match="FA_X1 is both a cell and a physical cell"):
        read_toml(tmp_path / "odd.toml")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('[multi_output_cells.FA_X1.outputs.S]', '[multi_output_cells.FA_X1.outputs.A]', "must be different pins"),
        ('function = "CI ^ (A ^ B)"', 'function = "CI ^ Q"', r"FA_X1: outputs\.S: function: pin 'Q'"),
        ("[physical_cells.ANTENNA_X1]\npins = [", "[physical_cells.ANTENNA_X1]\npins = [1, ", "pins must be a list"),
        ("dont_use = true", "dont_use = 1", "dont_use must be true or false, not 1"),
    ],
)  # fmt: skip
def test_broken_toml_is_told(tmp_path, before, after, message):
    technology = read(tmp_path, banners())
    text = to_toml(replace(technology, cells=(replace(technology.cells[0], dont_use=True), *technology.cells[1:])))
    assert before in text
    (tmp_path / "odd.toml").write_text(text.replace(before, after))
    with pytest.raises(InputError, match=message):
        read_toml(tmp_path / "odd.toml")


def test_verilog_models_have_every_cell(miniature):
    text = to_verilog_models(miniature)
    kinds = (miniature.cells, miniature.multi_output_cells, miniature.flip_flops, miniature.physical_cells)
    for kind in kinds:
        for cell in kind:
            assert f"module {cell.name}" in text
    assert "input ;" not in text


# ---- several files ----

SMALL = """library ({name}) {{ time_unit : "{time}"; capacitive_load_unit ({load}); leakage_power_unit : "{power}";
  voltage_unit : "1V"; {supply}
  cell ({cell}) {{ area : 2; cell_leakage_power : {leakage};
    pin (A) {{ direction : input; capacitance : {cap}; }}
    pin (Y) {{ direction : output; function : "!A"; }} }} }}
"""


def small(name: str, cell: str, **others) -> str:
    usual = {"time": "1ns", "load": "1, pf", "power": "1nW", "supply": "nom_voltage : 1.2;", "leakage": 3, "cap": 0.5}
    return SMALL.format(name=name, cell=cell, **(usual | others))


def test_several_files_are_one_technology_each_in_its_own_units(tmp_path):
    other = small("b", "Q", load='"100", "FF"', power="1uW", cap=5, leakage="3e-3", supply='nom_voltage : "1.20";')
    technology = read(tmp_path, small("a", "P"), other)
    first, second = technology.cells
    assert (technology.name, technology.source, names(technology.cells)) == ("a+b", "0.lib, 1.lib", ["P", "Q"])
    assert (first.leakage_nw, first.input_cap_nf) == (second.leakage_nw, second.input_cap_nf) == ((3.0, 3.0), (5e-4,))
    unsaid = read(tmp_path, small("a", "P", supply=""), small("b", "Q"))
    assert unsaid.supply_v == 1.2  # the file that says it


def test_several_files_may_not_contradict_each_other(tmp_path):
    with pytest.raises(InputError, match=r"cell 'P' is described in \S*0\.lib and \S*1\.lib"):
        read(tmp_path, small("a", "P"), small("b", "P"))
    with pytest.raises(InputError, match=r"0\.lib is for 1\.2 V and \S*1\.lib for 1\.8 V"):
        read(tmp_path, small("a", "P"), small("b", "Q", supply="nom_voltage : 1.8;"))
    twice = small("a", "P").rstrip().removesuffix("}") + small("a", "P").split("\n", 2)[2]
    with pytest.raises(InputError, match=r"cell 'P' is described in \S*0\.lib twice"):
        read(tmp_path, twice)


def test_the_supply_is_that_of_the_operating_conditions_or_is_assumed_aloud(tmp_path, caplog):
    conditions = "operating_conditions (slow) { voltage : 1.6; } operating_conditions (usual) { voltage : 1.8; }"
    assert read(tmp_path, small("a", "P", supply=conditions)).supply_v == 1.6
    named = conditions + " default_operating_conditions : usual;"
    assert read(tmp_path, small("a", "P", supply=named)).supply_v == 1.8
    assert not caplog.records
    assert read(tmp_path, small("a", "P", supply="")).supply_v == 1.0
    assert "1 V is assumed" in caplog.text
    with pytest.raises(InputError, match=r"0\.lib: nom_voltage is 0, not above zero"):
        read(tmp_path, small("a", "P", supply="nom_voltage : 0;"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time": "1 furlong"}, "time_unit is '1furlong'"),
        ({"load": "1"}, r"capacitive_load_unit is \(1\)"),
        ({"load": "x, pf"}, "capacitive_load_unit is 'x', not a number"),
        ({"load": "0, pf"}, "zero or negative"),
        ({"supply": "nom_voltage : high;"}, "is 'high', not a number"),
    ],
)
def test_units_that_cannot_be_read(tmp_path, given, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, small("a", "P", **given))
    assert "0.lib" in str(caught.value)


# ---- what mapping cannot do without ----


def test_what_is_missing_for_mapping_is_told(tmp_path):
    technology = read(tmp_path, banners())

    def without(*gone: str) -> Technology:
        return replace(technology, cells=tuple(cell for cell in technology.cells if cell.name not in gone))

    with pytest.raises(InputError, match=r"no inverter, which mapping needs; .* leaves out 10 \(2: its"):
        require_mappable(without("INV_X1"))
    with pytest.raises(InputError, match="no two-input gate such as a NAND"):
        require_mappable(without("NAND2_X1", "NOR2_X1"))
    with pytest.raises(InputError, match="no inverter"):  # it is there, but not to be used
        inverter = technology.cell("INV_X1")
        cells = [replace(cell, dont_use=True) if cell is inverter else cell for cell in technology.cells]
        require_mappable(replace(technology, cells=tuple(cells)))


@pytest.mark.parametrize("missing", ["area : 2;", "cell_leakage_power : 3;"])
def test_a_library_without_areas_or_leakage_is_refused_with_the_reason(tmp_path, missing):
    text = small("a", "P").replace(missing, "")
    assert text != small("a", "P")
    reason = "no area" if "area" in missing else "no leakage power"
    with pytest.raises(InputError, match=rf"0\.lib: no combinational cell .* left out are 1 \(1: it says {reason}"):
        read(tmp_path, text)


def test_what_designs_will_be_without_is_told():
    technology = load_technology()
    assert shortcomings(technology) == () and knows_delays(technology)
    bare = [replace(cell, arcs=(), switching_energy_nj=None) for cell in technology.cells]
    delays, energies = shortcomings(replace(technology, cells=tuple(bare)))
    assert "it states no delays" in delays and "it states no switching energies" in energies
    assert not knows_delays(replace(technology, cells=tuple(bare)))
    (some,) = shortcomings(replace(technology, cells=(replace(technology.cells[0], arcs=()), *technology.cells[1:])))
    assert "cell INVX1 states no delays" in some
    cold = [replace(cell, leakage_nw=(0.0,) * len(cell.leakage_nw)) for cell in technology.cells]
    assert "only area tells designs apart" in shortcomings(replace(technology, cells=tuple(cold)))[-1]


def test_a_cell_that_ignores_a_pin_is_not_mapped_on():
    technology = load_technology()
    odd = replace(technology.cell("NAND2X1"), name="ODD", function="!A1", truth=0b0101, area_um2=1.0)
    widened = replace(technology, cells=(*technology.cells, odd))
    assert reasons(widened.unmapped_cells) == {"ODD": "its output does not depend on every input"}
