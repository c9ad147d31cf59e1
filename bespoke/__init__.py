"""bespoke: from a data set to a verified, measured Verilog classifier for printed electronics."""

from bespoke.kernel_cache import use_kernel_cache

__version__ = "0.1.0"

use_kernel_cache()
