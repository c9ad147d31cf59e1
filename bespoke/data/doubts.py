"""What in a table will cost accuracy or comparators without need, found on the training part alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bespoke.data.prepare import PreparedData
from bespoke.data.scaling import Scale

#: Share of the samples that may lie outside of the levels that a squeezed feature uses; one sample always may.
_OUTLIERS = 0.02
#: A feature is squeezed where the others use no more than this share of the levels ...
_SQUEEZED = 5 / 16
#: ... and crowded where this share of the samples lies in the lowest or the highest code.
_CROWDED = 0.4
#: Share of the samples beyond a range that is worth a word.
_CLIPPED = 0.05
#: A class with fewer samples to learn from is a small one.
_SMALL_CLASS = 10
#: A column of so few samples may well rise by chance.
_LEAST_RISING = 12
#: Correlation from which a column counts as a linear copy, for copies are rounded.
_COPY = 1 - 1e-5


class Doubt(StrEnum):
    """Kinds of warnings, the worst first."""

    IDENTIFIER = "identifier"
    COPY = "copy"
    SMALL_CLASS = "small class"
    LABEL_CASE = "label case"
    SQUEEZED = "squeezed"
    CLIPPED = "clipped"
    CROWDED = "crowded"


@dataclass(frozen=True)
class Warned:
    """A warning: its kind, the feature or class that it is of, and one sentence that says what to do."""

    kind: str
    name: str
    text: str


def doubts_of(data: PreparedData) -> tuple[Warned, ...]:
    """Warnings about a data set's training part, the worst first."""
    found = [*_small_classes(data), *_labels_alike(data), *_copies(data)]
    known = {warned.name for warned in found if warned.kind == Doubt.COPY}
    for column in range(data.features):
        found += [*_identifier(data, column), *_grid(data, column)]
    order = list(Doubt)
    kept = [w for w in found if w.kind in (Doubt.COPY, Doubt.IDENTIFIER) or w.name not in known]
    return tuple(sorted(kept, key=lambda warned: order.index(Doubt(warned.kind))))


def _small_classes(data: PreparedData) -> Iterator[Warned]:
    counts = np.bincount(data.train.classes, minlength=data.classes)
    for label, count in zip(data.class_labels, counts.tolist(), strict=True):
        if count < _SMALL_CLASS:
            samples = "1 sample" if count == 1 else f"{count} samples"
            text = f"class {label!r} has {samples} to learn from: its recall will say little; add samples or merge it"
            yield Warned(Doubt.SMALL_CLASS, str(label), text)


def _labels_alike(data: PreparedData) -> Iterator[Warned]:
    seen: dict[str, object] = {}
    for label in data.class_labels:
        plain = " ".join(str(label).casefold().split())
        if plain in seen:
            text = f"classes {seen[plain]!r} and {label!r} differ in case or blanks alone: one class in two spellings?"
            yield Warned(Doubt.LABEL_CASE, str(label), text)
        seen[plain] = label


def _copies(data: PreparedData) -> Iterator[Warned]:
    """Each column that is a linear function of an earlier one."""
    values = data.train.measured
    scale = np.abs(values).max(axis=0)
    scaled = values / np.where(scale > 0, scale, 1.0)
    centred = scaled - scaled.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    moving = np.flatnonzero(norm > 1e-9)
    unit = centred[:, moving] / norm[moving]
    alike = np.abs(unit.T @ unit) >= _COPY
    for place, column in enumerate(moving.tolist()):
        earlier = np.flatnonzero(alike[place, :place])
        if not len(earlier) or len(np.unique(values[:, column])) < 3:  # any two columns of two values may agree
            continue
        first = int(moving[earlier[0]])
        same = np.array_equal(values[:, column], values[:, first])
        what = "repeats" if same else "is a linear copy of"
        text = f"{data.feature_names[column]} {what} {data.feature_names[first]}: it tells nothing more; remove one"
        yield Warned(Doubt.COPY, data.feature_names[column], text)


def _identifier(data: PreparedData, column: int) -> Iterator[Warned]:
    """A column of integers that are all distinct and dense, or of values that rise from row to row."""
    part, name = data.train, data.feature_names[column]
    values = part.measured[:, column]
    if part.samples < _LEAST_RISING or len(np.unique(values)) < part.samples:
        return
    in_file = values[np.argsort(part.rows)]
    steps = np.diff(in_file)
    whole = bool((values == np.floor(values)).all())
    if (steps > 0).all() or (steps < 0).all():
        what = "a row number or a clock" if whole else "a clock"
        text = f"{name} {'rises' if steps[0] > 0 else 'falls'} from row to row: is it {what}? Remove it"
        yield Warned(Doubt.IDENTIFIER, name, text)
    elif whole and np.ptp(values) < 2 * (part.rows.max() + 1):
        text = f"{name} is another whole number in every row: is it an identifier? Remove it"
        yield Warned(Doubt.IDENTIFIER, name, text)


def _grid(data: PreparedData, column: int) -> Iterator[Warned]:
    """What the range makes of a feature's samples: one warning at most, for two would ask for opposite ranges."""
    part, name, levels = data.train, data.feature_names[column], 1 << data.bits
    by_hand = any(one.name == name for one in data.scaling.ranges)
    values, codes = part.measured[:, column], part.features[:, column]
    low, high = data.quantiser.low[column], data.quantiser.high[column]
    distinct = len(np.unique(values))
    beyond = float(np.mean((values < low) | (values > high)))
    if beyond > _CLIPPED:
        text = f"{name}: {100 * beyond:.0f} % of the samples lie outside of {low:g} to {high:g} and clip"
        advice = "widen its --range or leave it out" if by_hand else "give it a --range or take --scale minmax"
        yield Warned(Doubt.CLIPPED, name, f"{text}; {advice}")
        return
    if distinct <= levels // 2:  # a switch or a grade, which has levels enough
        return
    first, last = _window(np.bincount(codes, minlength=levels), part.samples)
    if last - first + 1 <= max(1, int(_SQUEEZED * levels)):
        inside = values[(codes >= first) & (codes <= last)]
        used = last - first + 1
        text = (
            f"{name}: {100 * len(inside) / part.samples:.0f} % of the samples share {used} of {levels} levels, within "
            f"{inside.min():.4g} to {inside.max():.4g} of the range {low:.4g} to {high:.4g}; "
            f"{_narrower(data.scaling.kind, by_hand=by_hand)}"
        )
        yield Warned(Doubt.SQUEEZED, name, text)
        return
    for code, end in ((0, "lowest"), (levels - 1, "highest")):
        share = float(np.mean(codes == code))
        if share < _CROWDED:
            continue
        within = np.unique(values[codes == code])
        end_value = within[-1] if code else within[0]
        at_end = float(np.mean(values == end_value))
        if at_end >= _CROWDED and distinct > 2 * levels:
            share, text = at_end, f"are {end_value:.4g}, the {end} value: does the sensor reach its end?"
        elif len(within) > 1:
            text = (
                f"cannot be told apart in the {end} code, {within[0]:.4g} to {within[-1]:.4g}; more --bits, or "
                f"{'another' if by_hand else 'a'} --range"
            )
        else:
            continue
        yield Warned(Doubt.CROWDED, name, f"{name}: {100 * share:.0f} % of the samples {text}")


def _narrower(scale: Scale, *, by_hand: bool) -> str:
    """How a range is made narrower; a range given by hand goes before every rule."""
    if by_hand:
        return "narrow its --range"
    return "narrow it with --range or --scale quantile" if scale is Scale.MINMAX else "narrow it with --range"


def _window(counts: np.ndarray, samples: int) -> tuple[int, int]:
    """First and last code of the shortest run of codes that holds all samples but a few outliers."""
    needed = samples - max(1, int(_OUTLIERS * samples))
    total = np.concatenate([[0], np.cumsum(counts)])
    best = (0, len(counts) - 1)
    last = 0
    for first in range(len(counts)):
        last = max(last, first)
        while last < len(counts) and total[last + 1] - total[first] < needed:
            last += 1
        if last == len(counts):
            break
        if last - first < best[1] - best[0]:
            best = (first, last)
    return best
