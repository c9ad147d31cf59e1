"""Float training, the exact fixed-point baseline, and power-of-two quantisation-aware training."""

from bespoke.train.fixed_point import fixed_point_network
from bespoke.train.float_model import FloatModel, Progress, train_float
from bespoke.train.quantised import QuantisationOptions, train_quantised

__all__ = [
    "FloatModel",
    "Progress",
    "QuantisationOptions",
    "fixed_point_network",
    "train_float",
    "train_quantised",
]
