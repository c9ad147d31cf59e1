"""Network or logic circuit to Verilog, through the templates of ``rtl_templates/``, and checks on the emitted text."""

from bespoke.rtl.verilog import emit_verilog

__all__ = ["emit_verilog"]
