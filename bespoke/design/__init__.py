"""A design: the model, what is known of it, what it costs; the front of several, and the choice among them."""

from bespoke.design.choice import Choice, Request, choose
from bespoke.design.design import EXACT_BASELINE, Design, trusted_accuracy
from bespoke.design.front import Axis, estimated, front_of, mistrust, thinned

__all__ = [
    "EXACT_BASELINE",
    "Axis",
    "Choice",
    "Design",
    "Request",
    "choose",
    "estimated",
    "front_of",
    "mistrust",
    "thinned",
    "trusted_accuracy",
]
