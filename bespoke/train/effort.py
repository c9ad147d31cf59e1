"""What each effort may spend on training."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.train.float_model import FloatBudget
from bespoke.train.quantised import QuantisationOptions
from bespoke.train.topology import TopologyBudget


@dataclass(frozen=True)
class TrainingEffort:
    """Budgets of the float model, of quantisation-aware training, and of choosing the hidden layer's size.

    Nothing in them is measured in time: the same seed gives the same result everywhere.
    """

    float_model: FloatBudget
    quantised: QuantisationOptions
    topology: TopologyBudget


#: Fast takes about a third of normal. Seconds on one core for RedWine and for Pendigits with 20 neurons: float model
#: 0.2 and 2 (fast), 0.5 and 5 (normal); quantised 0.1 and 1, 0.4 and 3; topology 0.5 and 5, 1.5 and 16.
TRAINING_EFFORTS = {
    "fast": TrainingEffort(
        FloatBudget(starts=14, iterations=300, work=8e8),
        QuantisationOptions(epochs=40, starts=1),
        TopologyBudget(starts=4, iterations=80, work=2e9),
    ),
    "normal": TrainingEffort(FloatBudget(), QuantisationOptions(), TopologyBudget()),
    "high": TrainingEffort(
        FloatBudget(starts=100, iterations=600, work=1e10),
        QuantisationOptions(epochs=120, starts=6),
        TopologyBudget(starts=10, iterations=250, work=2.4e10),
    ),
}
