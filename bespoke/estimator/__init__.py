"""The scikit-learn face: a classifier that is a printed circuit."""

from bespoke.estimator.classifier import BespokeClassifier
from bespoke.estimator.designs import Design

__all__ = ["BespokeClassifier", "Design"]
