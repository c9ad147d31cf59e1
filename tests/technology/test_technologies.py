"""Technology files: the built-in ones, strictness, names, registered ones."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest
from helpers import shared_pdk_dir

from bespoke.errors import InputError
from bespoke.resources import resource_dir
from bespoke.technology import (
    PowerSource,
    load_technology,
    read_liberty,
    read_toml,
    registry,
    technology_names,
    to_toml,
)

#: Published area in µm² and static power in nW by state (A1 A2 = 00, 01, 10, 11; 0, 1) at 1.0 V.
PUBLISHED = {
    "INVX1": (228420, [491, 19284]),
    "NAND2X1": (247860, [248, 491, 391, 18569]),
    "NOR2X1": (399500, [959, 19284, 19284, 19640]),
    "AND2X1": (433500, [19513, 19737, 19645, 19074]),
    "OR2X1": (563530, [20165, 19779, 19779, 20133]),
    "XOR2X1": (1042800, [19625, 19798, 19924, 37973]),
    "XNOR2X1": (1347557, [20131, 39051, 39169, 38479]),
}


def test_the_default_has_the_published_figures():
    technology = load_technology()
    assert technology.name == "egfet-1.0v"
    assert (technology.supply_v, technology.clock_ms) == (1.0, 200.0)
    assert {cell.name for cell in technology.cells} == set(PUBLISHED)
    for name, (area, leakage) in PUBLISHED.items():
        cell = technology.cell(name)
        assert cell.area_um2 == area
        # published with the first pin leftmost; states here have the first pin as bit 0
        states = [0, 1] if len(cell.inputs) == 1 else [0, 2, 1, 3]
        assert [cell.leakage_nw[state] for state in states] == pytest.approx(leakage, abs=0.51)
    (flip_flop,) = technology.flip_flops
    assert (flip_flop.name, flip_flop.area_um2, flip_flop.leakage_nw) == ("DFFNRX1", 2776032, 121630)
    assert [source.power_mw for source in technology.power_sources] == [0.1, 3, 15, 30]


def test_truth_tables_follow_the_functions():
    truths = {cell.name: cell.truth for cell in load_technology().cells}
    assert truths == {
        "INVX1": 0b01,
        "NAND2X1": 0b0111,
        "NOR2X1": 0b0001,
        "AND2X1": 0b1000,
        "OR2X1": 0b1110,
        "XOR2X1": 0b0110,
        "XNOR2X1": 0b1001,
    }


@pytest.mark.parametrize("supply", ["0.6", "0.8", "1.0"])
def test_built_in_files_have_every_figure_of_the_liberty(supply):
    built_in = load_technology(f"egfet-{supply}v")
    library = read_liberty(shared_pdk_dir() / f"PPDK_Standard_Library_{supply}V_25C_TYP_X1.lib")
    assert built_in.supply_v == library.supply_v == float(supply)
    assert built_in.flip_flops == library.flip_flops
    for cell in library.cells:
        # the functions are spelt in another way
        assert replace(built_in.cell(cell.name), function=cell.function) == cell
    assert len(built_in.cells) == len(library.cells)


@pytest.mark.parametrize("name", ["egfet-0.6v", "egfet-0.8v", "egfet-1.0v"])
def test_toml_round_trip(name, tmp_path):
    technology = load_technology(name)
    path = tmp_path / "again.toml"
    path.write_text(to_toml(technology, comments=["a comment"]))
    assert read_toml(path) == technology
    assert load_technology(path) == technology
    assert load_technology(str(path)) == technology


def test_toml_round_trip_of_awkward_text(tmp_path):
    technology = load_technology()
    cell = replace(technology.cell("INVX1"), name="inv.1", arcs=(), switching_energy_nj=None, input_energy_nj=(-0.5,))
    source = PowerSource('a "cell"', "battery", 2.5, 90.0, "C:\\x\ty\u007f")
    technology = replace(technology, cells=(cell,), power_sources=(source,), description='ä\n"]\\')
    path = tmp_path / "again.toml"
    path.write_text(to_toml(technology), encoding="utf-8")
    assert read_toml(path) == technology


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("area_um2 = 228420\n", "", "cell INVX1 lacks the key 'area_um2'"),
        ("area_um2 = 228420", "area_um2 = 228420\narea_mm2 = 1", "cell INVX1 has the unknown key 'area_mm2'"),
        ("supply_v = 1", "suply_v = 1", "lacks the key 'supply_v'"),
        ("supply_v = 1", "supply_v = 0", "supply_v must be above zero"),
        ("supply_v = 1", 'supply_v = "1"', "supply_v must be a number, not '1'"),
        ("01 = 490.604, ", "", "cell NAND2X1: leakage_nw lacks the state '01'"),
        ("0 = 491.103, 1 = 19283.8", "0 = 491.103, 1 = 19283.8, 10 = 1", "cell INVX1: leakage_nw has '10'"),
        ("491.103", "-491.103", "cell INVX1: leakage_nw: 0 must be zero or more"),
        ("491.103", "nan", "cell INVX1: leakage_nw: 0 must be a number"),
        ('"!(A1 & A2)"', '"!(A1 & A3)"', "cell NAND2X1: function: pin 'A3'"),
        ('"!(A1 & A2)"', '"!(A1 & A2"', "cell NAND2X1: function: the Boolean expression"),
        ('output = "Y"', 'output = "A"', "cell INVX1: inputs and output must be different"),
        ("{ A = 12.9125 }", "{ B = 12.9125 }", "cell INVX1: input_cap_nf lacks the key 'A'"),
        ("loads_nf = [10, 15, 20]", "loads_nf = [10, 20, 15]", r"delays\.A\.loads_nf must be a list of rising"),
        ("[0.930197, 1.11244, 1.28891]", "[0.930197, 1.11244]", r"delays\.A\.delays_ms must have 3 columns"),
        (", [0.930197, 1.11244, 1.28891]", "", r"delays\.A\.delays_ms must have 3 rows"),
        ("[cells.INVX1]", '[cells."INV X1"]', "cell INV X1: its name 'INV X1' has signs"),
        ('inputs = ["A"]', 'inputs = ["A;"]', "cell INVX1: its pin 'A;' has signs"),
        ('inputs = ["A"]', f"inputs = {[f'A{pin}' for pin in range(30)]}", "INVX1 has 30 inputs; 10 are the most"),
        ('reset = "RST_N"', 'reset = "RST N"', "flip-flop DFFNRX1: its pin 'RST N'"),
        ("[flip_flops.DFFNRX1]", "[flip_flops.INVX1]", "INVX1 is both a cell and a flip-flop"),
        ("schema = 1", "schema = 2", "schema is 2"),
        ("schema = 1", "schema = ", "cannot be read as TOML"),
        ('"power-sources.toml"', '"none.toml"', r"none\.toml does not exist"),
    ],
)
def test_strict_reading_names_file_cell_and_key(tmp_path, old, new, message):
    text = (resource_dir("flows") / "technologies" / "egfet-1.0v.toml").read_text()
    assert old in text
    (tmp_path / "power-sources.toml").write_text("power_sources = []\n")
    path = tmp_path / "odd.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_toml(path)
    assert str(tmp_path) in str(caught.value)


def test_a_technology_without_cells(tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text(
        'schema = 1\nname = "bare"\ndescription = ""\nsource = ""\nsupply_v = 1\nclock_ms = 200\ncells = {}\n'
    )
    with pytest.raises(InputError, match=r"bare\.toml describes no cell"):
        read_toml(path)


def test_names_and_unknown_names():
    assert technology_names()[:3] == ("egfet-0.6v", "egfet-0.8v", "egfet-1.0v")
    with pytest.raises(InputError, match=r"unknown technology 'egfet-1v'; the nearest is 'egfet-1\.0v'"):
        load_technology("egfet-1v")
    with pytest.raises(InputError, match=r"mine\.toml does not exist"):
        load_technology("mine.toml")
    with pytest.raises(InputError, match="no cell 'FA'"):
        load_technology().cell("FA")


def mine():
    return replace(load_technology("egfet-0.8v"), name="mine")


def broken():
    raise RuntimeError("no licence")


SOMETHING = 7


def test_third_parties_register_technologies(monkeypatch, tmp_path):
    """As ``importlib.metadata`` gives them for a package with the entry-point group ``bespoke.technologies``."""
    path = tmp_path / "file.toml"
    path.write_text(to_toml(load_technology("egfet-0.6v")))
    monkeypatch.setitem(globals(), "PATH", path)
    monkeypatch.setitem(__import__("sys").modules, "third_party", __import__("types").SimpleNamespace(**globals()))
    values = {"mine": "mine", "path": "PATH", "broken": "broken", "odd": "SOMETHING", "egfet-1.0v": "broken"}
    points = [EntryPoint(name, f"third_party:{value}", registry.ENTRY_POINT_GROUP) for name, value in values.items()]
    monkeypatch.setattr(registry, "entry_points", lambda *, group: [p for p in points if p.group == group])
    assert technology_names()[3:] == ("broken", "mine", "odd", "path")
    assert load_technology("mine").name == "mine"
    assert load_technology("path").name == "egfet-0.6v"
    assert load_technology("egfet-1.0v").supply_v == 1.0  # nobody shadows a built-in one
    with pytest.raises(InputError, match=r"third_party:broken, cannot be loaded: RuntimeError: no licence"):
        load_technology("broken")
    with pytest.raises(InputError, match="is a int, not a Technology or a path"):
        load_technology("odd")
