"""The scikit-learn face: a classifier that is a printed circuit."""

from bespoke.design import Design
from bespoke.estimator.classifier import BespokeClassifier

__all__ = ["BespokeClassifier", "Design"]
