"""Size, float training, exact fixed-point baseline, and power-of-two quantisation-aware training of networks."""

from bespoke.train.effort import TRAINING_EFFORTS, TrainingEffort
from bespoke.train.fixed_point import fixed_point_network
from bespoke.train.float_model import FloatBudget, FloatModel, Progress, train_float
from bespoke.train.quantised import QuantisationOptions, train_quantised
from bespoke.train.topology import TopologyBudget, TopologyChoice, TriedSize, choose_topology

__all__ = [
    "TRAINING_EFFORTS",
    "FloatBudget",
    "FloatModel",
    "Progress",
    "QuantisationOptions",
    "TopologyBudget",
    "TopologyChoice",
    "TrainingEffort",
    "TriedSize",
    "choose_topology",
    "fixed_point_network",
    "train_float",
    "train_quantised",
]
