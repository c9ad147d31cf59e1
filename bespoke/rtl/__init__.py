"""Network or logic circuit to Verilog, through the templates of ``rtl_templates/``, and checks on the emitted text."""

from bespoke.rtl.check import check_verilog
from bespoke.rtl.testbench import bus_words, emit_testbench
from bespoke.rtl.vectors import stress_vectors
from bespoke.rtl.verilog import emit_verilog

__all__ = ["bus_words", "check_verilog", "emit_testbench", "emit_verilog", "stress_vectors"]
