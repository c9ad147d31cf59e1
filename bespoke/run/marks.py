"""What is worth knowing of designs beside one another: near copies, and why a dominated one was chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bespoke.costs import Costs
from bespoke.data import Part, PreparedData
from bespoke.design import EXACT_BASELINE, Choice, Design
from bespoke.model import read_features
from bespoke.run.rivals import RIVAL_TREE

#: Designs whose costs differ by no larger a share, and whose answers on no larger a share of samples, are alike.
ALIKE = 0.01


def near_copies(designs: Sequence[Design], samples: Part, *, chosen: int | None = None) -> list[int | None]:
    """Of which design each is a near copy; None for one that stands for itself.

    A near copy reads the same sensors, costs the same within a hundredth in every figure that is known, and answers
    otherwise on no more than a hundredth of the samples, which is less than their number can tell. It is named after
    the chosen design where that is what it is like, else after the first such. Rival trees and the exact baseline stand
    for themselves.

    Parameters
    ----------
    samples : the development part, or what of it there is.
    """
    stand_alone: list[tuple[int, list[int], np.ndarray]] = []
    copies: list[int | None] = [None] * len(designs)
    for index in sorted(range(len(designs)), key=lambda index: index != chosen):
        design = designs[index]
        if design.origin in (RIVAL_TREE, EXACT_BASELINE):
            continue
        read, answers = read_features(design.model), design.model.predict(samples.features)
        for other, other_read, other_answers in stand_alone:
            if (
                read == other_read
                and _cost_alike(designs[other].costs, design.costs)
                and np.mean(answers != other_answers) <= ALIKE
            ):
                copies[index] = other
                break
        else:
            stand_alone.append((index, read, answers))
    return copies


def _cost_alike(one: Costs, other: Costs) -> bool:
    pairs = (
        (getattr(one, name), getattr(other, name))
        for name in ("area_cm2", "static_power_mw", "system_area_cm2", "system_power_mw")
    )
    return all(
        ours == theirs or (None not in (ours, theirs) and abs(ours - theirs) <= ALIKE * max(ours, theirs))
        for ours, theirs in pairs
    )


def dominated(
    front: Sequence[Design],
    data: PreparedData,
    choice: Choice,
    *,
    copies: Sequence[int | None],
    by_number: bool = False,
    rivals: bool = False,
) -> str | None:
    """Which design beats the chosen one in accuracy or cost and is no worse in the other, and why it was not chosen.

    By the forecast where there is one such, else on the test part; the best of them is named. None where there is none;
    near copies of the chosen design do not count.

    Parameters
    ----------
    copies : as `near_copies` gives them.
    by_number : the chosen design was asked for by its number.
    rivals : whether rival trees could be chosen.
    """
    chosen, request = choice.index, choice.request
    costs = [request.cost(design)[0] for design in front]
    forecasts = [design.expected_score for design in front]
    tests = [float((design.model.predict(data.test.features) == data.test.classes).mean()) for design in front]
    others = [index for index in range(len(front)) if chosen not in (index, copies[index])]
    for values, where in ((forecasts, f"in forecast {request.metric}"), (tests, "on the test part")):
        better = [
            index
            for index in others
            if values[index] >= values[chosen]
            and costs[index] <= costs[chosen]
            and (values[index], costs[index]) != (values[chosen], costs[chosen])
        ]
        if better:
            best = min(better, key=lambda index: (-values[index], costs[index], index))
            is_power = request.objective.is_power
            unit = "mW" if is_power else "cm²"
            # the choice looks at no other vectors, and figures of the chosen design elsewhere are on the test vectors
            basis = " (power on the training vectors)" if is_power else ""
            return (
                f"design {best} dominates the chosen design {chosen} {where}, {values[best]:.4f} at {costs[best]:.3g} "
                f"{unit} against {values[chosen]:.4f} at {costs[chosen]:.3g} {unit}{basis}: "
                + _reason(front, best, choice, by_number=by_number, rivals=rivals)
            )
    return None


def _reason(front: Sequence[Design], best: int, choice: Choice, *, by_number: bool, rivals: bool) -> str:
    """Why the dominating design was not chosen."""
    other, request = front[best], choice.request
    ours, theirs = choice.design.expected_score, other.expected_score
    if by_number:
        return f"design {choice.index} was asked for by its number"
    if other.origin == RIVAL_TREE and not rivals:
        return "it is a rival tree, which --choose-rival alone lets be chosen"
    if not request.affords(other):
        return "it is beyond the budget"
    if not request.met_by(other):
        return f"its forecast {request.metric}, {theirs:.4f}, is below what was asked for"
    if theirs < ours:
        return (
            f"its forecast {request.metric} is lower, {theirs:.4f} against {ours:.4f}, and a choice sees nothing else"
        )
    return "a choice goes by forecasts, and no test sample takes part in it"
