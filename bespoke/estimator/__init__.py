"""The scikit-learn face: a classifier that is a printed circuit."""

from bespoke.design import Design
from bespoke.estimator.answering import CircuitClassifier
from bespoke.estimator.classifier import BespokeClassifier
from bespoke.estimator.runs import ModelClassifier, load

__all__ = ["BespokeClassifier", "CircuitClassifier", "Design", "ModelClassifier", "load"]
