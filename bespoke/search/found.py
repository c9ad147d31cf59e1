"""What a search finds, whatever it searched among."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.costs import Costs
from bespoke.model import IntegerClassifier
from bespoke.statistics import Accuracy

#: Origins of what the two searches find; what grew from no start at all has an origin of its own.
NETWORK_SEARCH, CIRCUIT_APPROXIMATION, NOTHING = "network search", "circuit approximation", "nothing"


@dataclass(frozen=True)
class Found:
    """A classifier, rated on the samples that its search was given.

    Parameters
    ----------
    classifier : names only existing classes, whatever the input.
    origin : the search that found it, or what the start is called that it descends from.
    train : on the training samples, without noisy copies and without what was held back of them; of prints on average
        where the search counted their errors.
    held_back : on samples that never steered the search; None where there are none.
    estimated : by the search's cost model, static power in the states that the training samples put the gates in.
    """

    classifier: IntegerClassifier
    origin: str
    train: Accuracy
    held_back: Accuracy | None
    estimated: Costs

    @property
    def overall_accuracy(self) -> float:
        """Accuracy over training and held-back samples together."""
        if self.held_back is None:
            return self.train.value
        return (self.train.correct + self.held_back.correct) / (self.train.samples + self.held_back.samples)

    @property
    def pooled_accuracy(self) -> float:
        """Mean of training and held-back accuracy; the former alone where nothing is held back.

        The first favours what follows the training samples' chance, the second, on few samples, is uncertain.
        """
        return self.train.value if self.held_back is None else (self.train.value + self.held_back.value) / 2
