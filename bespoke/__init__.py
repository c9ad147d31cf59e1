"""bespoke: from a data set to a verified, measured Verilog classifier for printed electronics."""

__version__ = "0.1.0"
