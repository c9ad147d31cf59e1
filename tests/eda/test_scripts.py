"""Tool scripts against golden copies, and the house rule that a template's unknown value is an error."""

from pathlib import Path

import jinja2
import pytest

from bespoke.eda.abc import PLAIN
from bespoke.eda.scripts import render_script
from bespoke.eda.sources import StagedSource

GOLDEN = Path(__file__).parent / "golden"


def _front_end(**changes):
    values = {
        "sources": [StagedSource("source_0.v", False, Path("a.v")), StagedSource("source_1.sv", True, Path("b.sv"))],
        "include_folders": ["include_0"],
        "cell_models": None,
        "top": "top",
        "carry_save": True,
        "adder_map": "./ripple_carry.v",
    }
    return render_script("front_end.ys.j2", **(values | changes))


SCRIPTS = {
    "front_end.ys": lambda: _front_end(),
    "front_end_netlist.ys": lambda: _front_end(cell_models="cells.v", top=None, carry_save=False),
    "plain.abc": lambda: render_script(
        "optimise.abc.j2",
        aig="start.aig",
        steps=PLAIN.steps,
        choices=PLAIN.choices,
        mappings=[{"library": "all_cells.genlib", "styles": [(PLAIN.styles[0], "all_cells_0.blif")]}],
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_the_golden_one(name):
    assert SCRIPTS[name]() == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_missing_value_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render_script("prove.abc.j2")
