"""What models answer on samples, as designed and, where prints are what counts, printed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bespoke.costs import Costs
from bespoke.data import Part, PreparedData
from bespoke.design import Answers, Design, answers_of
from bespoke.model import IntegerClassifier
from bespoke.scores import Scorer
from bespoke.search import Printing
from bespoke.sensing import FrontEnd, FrontEndKind, priced_front_end
from bespoke.technology import Technology


@dataclass(frozen=True, eq=False)
class Judge:
    """Rates models on parts of the data, one like the other.

    Parameters
    ----------
    data : whose grid the samples are on.
    scorer : what designs are compared by.
    technology : its cells stand for the gates that may be broken.
    printing : how prints differ; None where models are compared as designed.
    seed : of the prints that are drawn.
    """

    data: PreparedData
    scorer: Scorer
    technology: Technology
    printing: Printing | None = None
    seed: int = 0

    def behind(self, front_end: FrontEnd) -> Judge:
        """The same for models that stand behind another front end."""
        return self if self.printing is None else replace(self, printing=replace(self.printing, front_end=front_end))

    def answers(self, model: IntegerClassifier, part: Part) -> Answers:
        """What a model answers on a part."""
        found = answers_of(model, part)
        if self.printing is None:
            return found
        positions = None if part.measured is None else self.data.quantiser.positions(part.measured)
        printed = self.printing.answers(
            model,
            part.features,
            part.classes,
            class_count=found.intact.classes,
            seed=self.seed,
            positions=positions,
        )
        return Answers(found.intact, printed)

    def rated(self, model: IntegerClassifier, *, origin: str, estimated: Costs) -> Design:
        """A design with what it achieves on the training part."""
        return Design.rated(
            model, self.answers(model, self.data.train), origin=origin, estimated=estimated, scorer=self.scorer
        )


def baseline_front_end(technology: Technology, front_end: FrontEnd) -> FrontEnd:
    """What stands before the exact baseline: the literature's binary converters, unless words come from elsewhere."""
    if front_end.kind is FrontEndKind.DIGITAL:
        return front_end
    return priced_front_end(technology, FrontEndKind.BINARY)
