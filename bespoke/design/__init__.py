"""A design: the model, what is known of it, what it costs; the front of several, and the choice among them."""

from bespoke.design.choice import Choice, Request, choose
from bespoke.design.design import EXACT_BASELINE, Design, answers_of
from bespoke.design.forecast import Answers, CrossFit, FoldEvidence, Forecast, Judged
from bespoke.design.front import Axis, estimated, front_of, shortfall, thinned, with_forecasts

__all__ = [
    "EXACT_BASELINE",
    "Answers",
    "Axis",
    "Choice",
    "CrossFit",
    "Design",
    "FoldEvidence",
    "Forecast",
    "Judged",
    "Request",
    "answers_of",
    "choose",
    "estimated",
    "front_of",
    "shortfall",
    "thinned",
    "with_forecasts",
]
