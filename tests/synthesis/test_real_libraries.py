"""Synthesis on libraries in the shape of real ones, and on such as state no delays or energies."""

from __future__ import annotations

import dataclasses
import json
import logging
from dataclasses import replace

import numpy as np
import pytest
from helpers import random_network
from miniature_libraries import MINIATURES

from bespoke.backend.equivalence import prove_equivalent
from bespoke.backend.mapping import Backend
from bespoke.backend.synthesis import synthesise
from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError
from bespoke.model import ArgmaxTree
from bespoke.report import wording
from bespoke.run.config import RunConfig
from bespoke.run.design import measure
from bespoke.run.metrics import DesignMetrics, restored
from bespoke.run.preparation import technology_of
from bespoke.sensing import FrontEndKind, priced_front_end
from bespoke.technology import Technology, load_technology, read_liberty

SOURCE = """module top(input clk, input reset, input [2:0] a, input [2:0] b, output [3:0] sum, output odd);
  reg held;
  assign sum = a + b;
  assign odd = ~held;
  always @(posedge clk or negedge reset) if (!reset) held <= 0; else held <= ^sum;
endmodule
"""


@pytest.mark.eda
@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_a_library_that_has_more_than_mapping_can_use(name, tmp_path):
    (tmp_path / "cells.lib").write_text(MINIATURES[name]())
    (tmp_path / "top.v").write_text(SOURCE)
    technology = read_liberty(tmp_path / "cells.lib")
    result = synthesise(
        [tmp_path / "top.v"], top="top", technology=technology, folder=tmp_path, data_bits=None, effort="fast"
    )
    assert result.proof.equivalent and result.proof.output_bits == 5 + 3  # what the register takes over as well
    assert {cell.name for cell in result.netlist.cells} <= {cell.name for cell in technology.mapping_cells}
    assert result.final.static_power_mw > 0
    (flip_flop,) = result.netlist.flip_flops
    assert flip_flop.cell in technology.flip_flops


@pytest.mark.eda
def test_xor_before_and_in_a_netlists_cell(tmp_path):
    """A ^ B & C of Liberty is (A ^ B) & C, which the same text in Verilog is not."""
    liberty = MINIATURES["picowatts"]()
    assert '"A ^ B C"' in liberty
    (tmp_path / "cells.lib").write_text(liberty)
    technology = read_liberty(tmp_path / "cells.lib")
    ports = "module m(input a, input b, input c, output y);"
    (tmp_path / "as_verilog.v").write_text(f"{ports} assign y = a ^ b & c; endmodule")
    (tmp_path / "as_liberty.v").write_text(f"{ports} assign y = (a ^ b) & c; endmodule")
    (tmp_path / "netlist.v").write_text(
        "module m(a, b, c, y); input a, b, c; output y; and2or_1 g (.A(a), .B(b), .C(c), .X(y)); endmodule"
    )
    for source, equal in (("as_verilog.v", False), ("as_liberty.v", True)):
        found = prove_equivalent(
            tmp_path / source, tmp_path / "netlist.v", folder=tmp_path / source[:-2], top="m", technology=technology
        )
        assert (found.counter_example is None) == equal


def bare(technology: Technology, **fields: object) -> Technology:
    return replace(technology, cells=tuple(replace(cell, **fields) for cell in technology.cells))


@pytest.mark.eda
def test_a_design_without_delays_and_energies(tmp_path):
    data = prepare(load_dataset("iris"), bits=2)
    drawn = random_network(np.random.default_rng(3), features=4, hidden=(2,), classes=3, input_bits=2)
    technology = bare(load_technology(), arcs=(), switching_energy_nj=None)
    backend = Backend(technology, "fast", "pyosys", 200.0, 0, priced_front_end(technology, FrontEndKind.DIGITAL))
    found = measure(
        drawn.with_argmax(ArgmaxTree.full(3, drawn.argmax.width)),
        data,
        tmp_path,
        name="a design",
        backend=replace(backend, decisions_per_hour=60.0),
        model_file=tmp_path / "model.json",
        root=tmp_path,
    )
    absent = ("delay_ms", "meets_clock", "dynamic_power_mw", "dynamic_power_train_mw")
    absent += ("estimated_energy_per_decision_uj", "estimated_average_power_mw")
    assert {name: getattr(found, name) for name in absent} == dict.fromkeys(absent)
    assert not found.delay_is_indicative
    assert found.total_power_mw == found.static_power_mw == found.estimated_system_power_mw > 0
    assert found.area_cm2 > 0 and found.verification.netlist_equivalent
    assert wording.delay(found) == wording.short_delay(found) == "unknown"
    assert len(wording.untold(found)) == 2
    plain = {"delay_ms": None, "meets_clock": None, "dynamic_power_mw": None}
    assert restored(DesignMetrics, {**_plain(found), **plain}) == found


def _plain(metrics: DesignMetrics) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(metrics)))


def test_a_run_says_at_its_start_what_designs_will_be_without(tmp_path, caplog):
    (tmp_path / "cells.lib").write_text(MINIATURES["picowatts"]())
    config = RunConfig(data="iris", liberty=(str(tmp_path / "cells.lib"),))
    with caplog.at_level(logging.WARNING, "bespoke"):
        technology_of(config)
    left_out, energies = (record.getMessage() for record in caplog.records)
    assert "mapping leaves out 6 cells" in left_out and "no switching energies" in energies


def test_a_run_that_needs_delays_is_refused_at_its_start(tmp_path):
    text = MINIATURES["picowatts"]().replace("timing ()", "timing_of_old ()")
    (tmp_path / "cells.lib").write_text(text)
    config = RunConfig(data="iris", liberty=(str(tmp_path / "cells.lib"),))
    technology_of(config)
    with pytest.raises(InputError, match=r"--decisions-per-hour .* technology mini_pico states no delays"):
        technology_of(replace(config, decisions_per_hour=60.0))
