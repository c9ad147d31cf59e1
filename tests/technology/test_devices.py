"""Printed devices of cells: known ones by hand, networks by their truth tables, smallest ones by enumeration."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.resources import resource_dir
from bespoke.technology import (
    CellOutput,
    Devices,
    MultiOutputCell,
    devices_of,
    load_technology,
    read_toml,
    technology_names,
    to_toml,
)
from bespoke.technology.boolean import truth_table
from bespoke.technology.devices import smallest_stage


@pytest.mark.parametrize(
    ("function", "pins", "devices"),
    [
        ("!A", "A", 2),
        ("A", "A", 4),
        ("!(A & B)", "AB", 3),
        ("!A | !B", "AB", 3),
        ("!(A | B)", "AB", 3),
        ("A & B", "AB", 5),
        ("A | B", "AB", 5),
        ("!(A & B & C)", "ABC", 4),
        ("!((A & B) | C)", "ABC", 4),
        ("!((A & B) | (C & D))", "ABCD", 5),
        ("!((A & C) | (B & C))", "ABC", 4),  # C is shared
        ("A & !B", "AB", 5),  # a NOR with one inverter before it
        ("A ^ B", "AB", 9),  # four literals, a pull-up, two inverters
        ("!(A ^ B)", "AB", 9),
        ("!((S & A) | (!S & B))", "ABS", 7),
        ("(A & B) | (C & (A | B))", "ABC", 8),
        ("(A & B) | (A & !B)", "AB", 4),  # A alone
        ("!((A | B) & (C | D) & (E | F))", "ABCDEF", 7),
        ("!((A & B) | (C & D) | E)", "ABCDE", 6),
        ("A & B & C & D & E", "ABCDE", 8),
        ("0", "", 1),
        ("1", "", 1),
    ],
)
def test_known_cells(function, pins, devices):
    assert smallest_stage(function, tuple(pins)).devices == devices


def computed(stage, pins):
    full = (1 << (1 << len(pins))) - 1
    conducts = truth_table(stage.network, pins)
    return conducts if stage.inverted else full ^ conducts


def complements_stand_at_pins(network):
    if network[0] == "!":
        return network[1][0] == "pin"
    return network[0] in ("pin", "const") or all(complements_stand_at_pins(inner) for inner in network[1:])


def sum_of_products(truth, pins):
    """A function as text, a product per state where it is 1."""
    products = [
        " & ".join(pin if state >> place & 1 else f"!{pin}" for place, pin in enumerate(pins))
        for state in range(1 << len(pins))
        if truth >> state & 1
    ]
    return " | ".join(f"({one})" for one in products) or "0"


@pytest.mark.parametrize("pins", ["A", "AB", "ABC"])
def test_every_network_of_up_to_three_pins_computes_its_function_with_the_fewest_devices(pins):
    smallest = enumerated(pins)
    for truth in range(1, (1 << (1 << len(pins))) - 1):
        stage = smallest_stage(sum_of_products(truth, pins), tuple(pins))
        assert computed(stage, pins) == truth
        assert complements_stand_at_pins(stage.network)
        assert stage.devices == smallest[truth]


def enumerated(pins):
    """Fewest devices of every function, by growing all networks by literals for each set of complemented pins."""
    count, full = len(pins), (1 << (1 << len(pins))) - 1
    best = {}
    for mask in range(1 << count):
        literals = set()
        for pin in range(count):
            table = sum(1 << state for state in range(1 << count) if state >> pin & 1)
            literals |= {table, full ^ table} if mask >> pin & 1 else {table}
        sizes = dict.fromkeys(literals, 1)
        changed = True
        while changed:  # relaxation to a fixed point, in no order of sizes
            changed = False
            for one, ours in list(sizes.items()):
                for other, theirs in list(sizes.items()):
                    for joined in (one & other, one | other):
                        if sizes.get(joined, 99) > ours + theirs:
                            sizes[joined] = ours + theirs
                            changed = True
        for table, literals_read in sizes.items():
            devices = literals_read + 1 + 2 * mask.bit_count()
            best[full ^ table] = min(best.get(full ^ table, 99), devices)
            best[table] = min(best.get(table, 99), devices + 2)
    return best


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(4, 6).flatmap(lambda width: st.tuples(st.just(width), st.integers(1, (1 << (1 << width)) - 2))))
def test_networks_of_wider_functions_compute_them(drawn):
    width, truth = drawn
    pins = "ABCDEF"[:width]
    stage = smallest_stage(sum_of_products(truth, pins), tuple(pins))
    assert computed(stage, pins) == truth
    assert complements_stand_at_pins(stage.network)


def test_a_technology_without_devices_counts_them():
    for name in technology_names()[:3]:
        technology = load_technology(name)
        assert technology.devices_source == ""
        assert devices_of(technology.cell("NAND2X1")) == Devices(3, counted=True)
        assert devices_of(technology.cell("XOR2X1")) == Devices(9, counted=True)
        assert devices_of(technology.flip_flop("DFFNRX1")) == Devices(21, counted=True)


def adder(devices=None):
    outputs = (CellOutput("S", "A ^ B", 0b0110), CellOutput("C", "A & B", 0b1000))
    return MultiOutputCell("HA", ("A", "B"), outputs, 10.0, (1.0,) * 4, devices=devices)


def test_cells_with_several_outputs():
    assert devices_of(adder()) == Devices(9 + 5, counted=True)
    assert [devices_of(part).count for part in adder().parts] == [9, 5]
    assert devices_of(adder(11)) == Devices(11, counted=False)
    assert [devices_of(part) for part in adder(11).parts] == [Devices(11, counted=False), Devices(0, counted=False)]


def test_devices_of_a_file_are_read_and_written_back(tmp_path):
    technology = load_technology("egfet-0.8v")
    told = replace(
        technology,
        cells=tuple(replace(cell, devices=4) if cell.name == "INVX1" else cell for cell in technology.cells),
        multi_output_cells=(adder(11),),
        flip_flops=tuple(replace(cell, devices=30) for cell in technology.flip_flops),
        devices_source='our "layouts"',
    )
    path = tmp_path / "told.toml"
    path.write_text(to_toml(told), encoding="utf-8")
    again = read_toml(path)
    assert again == told
    assert devices_of(again.cell("INVX1")) == Devices(4, counted=False)
    assert devices_of(again.flip_flop("DFFNRX1")) == Devices(30, counted=False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("devices = 0", "cell INVX1: devices must be a whole number from 1 on, not 0"),
        ("devices = 2.0", "cell INVX1: devices must be a whole number from 1 on, not 2.0"),
        ("devices = true", "cell INVX1: devices must be a whole number from 1 on, not True"),
        ("devices = 2", "told.toml: cell INVX1 has devices, so the file must say in devices_source"),
    ],
)
def test_odd_devices_are_refused(tmp_path, line, message):
    source = (resource_dir("flows") / "technologies" / "egfet-1.0v.toml").read_text(encoding="utf-8")
    text = source.replace('"power-sources.toml"', "[]").replace("[cells.INVX1]", f"[cells.INVX1]\n{line}", 1)
    if line != "devices = 2":
        text = text.replace("clock_ms =", 'devices_source = "layouts"\nclock_ms =', 1)
    path = tmp_path / "told.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_toml(path)
