"""bespoke: from a data set to a verified, measured Verilog classifier for printed electronics."""

from importlib import import_module
from typing import Any

from bespoke.kernel_cache import use_kernel_cache

__version__ = "0.1.0"

#: Names that are imported when they are first asked for, and the room of each: ``import bespoke`` stays quick.
_LAZY = {"BespokeClassifier": "bespoke.estimator", "load": "bespoke.estimator"}

use_kernel_cache()


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
