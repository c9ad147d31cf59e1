"""bespoke: from a data set to a verified, measured Verilog classifier for printed electronics."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bespoke.kernel_cache import use_kernel_cache

if TYPE_CHECKING:
    from bespoke.estimator import BespokeClassifier, load

__version__ = "0.1.0"
__all__ = ["BespokeClassifier", "__version__", "load"]

use_kernel_cache()

#: Modules of the names that are here without being loaded: the first use loads scikit-learn, Numba and what they need.
_HOMES = {"BespokeClassifier": "bespoke.estimator", "load": "bespoke.estimator"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
