"""What is worth knowing of designs beside one another: near copies, and why a dominated one was chosen."""

from __future__ import annotations

from collections.abc import Sequence

from bespoke.costs import Costs
from bespoke.data import Part, PreparedData
from bespoke.design import EXACT_BASELINE, Choice, Design
from bespoke.model import IntegerClassifier, LogicCircuit, input_wires, used_bits
from bespoke.pipeline.rivals import RIVAL_TREE
from bespoke.sensing import FrontEndKind, ThermometerWires

#: Costs that differ by no larger a share than this are alike.
ALIKE = 0.01


def near_copies(
    designs: Sequence[Design], samples: Part, kind: FrontEndKind, *, chosen: int | None = None
) -> list[int | None]:
    """Of which design each is a near copy; None for one that stands for itself.

    A near copy reads the same wires, answers the same on every one of the samples, and costs the same within a
    hundredth. It is named after the chosen design where that is one of them, else after the first. Rival trees and the
    exact baseline stand for themselves.

    Parameters
    ----------
    samples : the development part, or what of it there is.
    kind : what stands before the designs.
    """
    first: dict[tuple[bytes, bytes], list[int]] = {}
    copies: list[int | None] = [None] * len(designs)
    for index in sorted(range(len(designs)), key=lambda index: index != chosen):
        design = designs[index]
        if design.origin in (RIVAL_TREE, EXACT_BASELINE):
            continue
        key = _read(design.model, kind), design.model.predict(samples.features).tobytes()
        alike = [other for other in first.get(key, []) if _cost_alike(designs[other].costs, design.costs)]
        if alike:
            copies[index] = alike[0]
        else:
            first.setdefault(key, []).append(index)
    return copies


def _read(model: IntegerClassifier, kind: FrontEndKind) -> bytes:
    """What a classifier reads of the sensors, for comparison with others behind the same kind of front end."""
    wires = input_wires(model, kind)
    if not isinstance(wires, ThermometerWires):
        return used_bits(model).tobytes()
    used = wires.only(model.used_wires()) if isinstance(model, LogicCircuit) else wires
    return used.levels.tobytes()


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
            unit = "mW" if request.objective.is_power else "cm²"
            return (
                f"design {best} dominates the chosen design {chosen} {where}, {values[best]:.4f} at {costs[best]:.3g} "
                f"{unit} against {values[chosen]:.4f} at {costs[chosen]:.3g} {unit}: "
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
