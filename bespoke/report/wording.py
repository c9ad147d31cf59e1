"""Numbers as people read them, the same on the terminal, in the page and in tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bespoke.data.prepare import SPLIT_SEED
from bespoke.design import EXACT_BASELINE
from bespoke.importers import Agreement
from bespoke.run.metrics import DesignMetrics, FrontEndSummary, RunMetrics, SelectionSummary, SourceVerdict
from bespoke.scores import Confusion
from bespoke.statistics import Accuracy

#: Classes that a sentence names; of more it says how many.
_NAMED_CLASSES = 3
#: Instead of a delay, where the technology tells none.
UNKNOWN_DELAY = "unknown"


def figures(value: float | None, digits: int = 3) -> str:
    """``value`` with that many significant digits, never in exponent form; a dash for None.

    >>> figures(0.034567), figures(17.62), figures(2.0), figures(1234.5), figures(0.0)
    ('0.0346', '17.6', '2.00', '1234', '0')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    after_point = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{max(0, after_point)}f}"
    if after_point > 0 and len(text.replace(".", "").lstrip("0-")) > digits:
        text = f"{value:.{after_point - 1}f}"  # rounding carried into a further digit
    return text


def count(value: int | None) -> str:
    """A whole number; a dash for None."""
    return figures(None) if value is None else str(value)


def counted(value: int | None, noun: str) -> str:
    """A number of things.

    >>> counted(1, "sensor"), counted(2, "sensor"), counted(None, "comparator")
    ('1 sensor', '2 sensors', '– comparators')
    """
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def amount(value: float | None) -> str:
    """A count as it is, a measure with three digits."""
    return str(value) if isinstance(value, int) else figures(value)


def accuracy(value: Accuracy, digits: int = 3) -> str:
    """Accuracy with its interval: ``0.956 [0.917, 0.977]``."""
    return f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"


def never_answered(design: DesignMetrics, labels: Sequence[object]) -> str | None:
    """A warning of classes that occur in the test part and that the design never answers; None where there are none."""
    counts = Confusion.from_json(design.confusion)
    silent = counts.never_answered
    if not silent:
        return None
    samples = int(counts.class_samples[list(silent)].sum())
    named = ", ".join(str(labels[index]) for index in silent[:_NAMED_CLASSES])
    more = f" and {len(silent) - _NAMED_CLASSES} more" if len(silent) > _NAMED_CLASSES else ""
    return (
        f"The chosen design never answers class{'es' if silent[1:] else ''} {named}{more}: "
        f"{samples} of the {counts.samples} test samples."
    )


def agreement(found: Agreement) -> str:
    """How an imported model agrees with its original, as a sentence."""
    words = found.in_words("training samples")
    sentence = words[0].upper() + words[1:]
    return f"{sentence}." if found.is_whole else f"{sentence}; on the others it answers otherwise."


def ratio(value: float | None) -> str:
    """How many times smaller: ``41×``; ``∞`` where the chosen design needs nothing."""
    if value is None:
        return "∞"
    return f"{value:.0f}×" if value >= 100 else f"{figures(value)}×"


def source(design: DesignMetrics) -> str:
    """The weakest source that carries the system, or ``none``; a dash where nobody knows what the system needs."""
    if design.estimated_system_power_mw is None:
        return figures(None)
    return design.power_source or "none"


def margin(design: DesignMetrics) -> str:
    """Power that the source delivers over power that the system needs; where none carries it, of the strongest."""
    verdicts = {verdict.name: verdict for verdict in design.power_sources}
    if not verdicts:
        return figures(None)
    if design.power_source in verdicts:
        return ratio(verdicts[design.power_source].margin)
    strongest = max(verdicts.values(), key=lambda verdict: verdict.power_mw)
    return f"{ratio(strongest.margin)} ({strongest.name})"


def front_end(summary: FrontEndSummary) -> str:
    """``thermometer, date-2024``: the kind of front end and the figures that price it."""
    return summary.kind if summary.figures is None else f"{summary.kind}, {summary.figures}"


def system_ratio(design: DesignMetrics, value: float | None) -> str:
    """A ratio of figures with front end; a dash where the chosen design has none."""
    return figures(None) if design.estimated_system_area_cm2 is None else ratio(value)


def delay(design: DesignMetrics) -> str:
    """Delay against the clock period; that it is unknown where the technology tells none."""
    if design.delay_ms is None:
        return UNKNOWN_DELAY
    sign = "~" if design.delay_is_indicative else ""
    verdict = "meets" if design.meets_clock else "MISSES"
    return f"{sign}{figures(design.delay_ms)} ms, {verdict} {design.clock_ms:g} ms"


def short_delay(design: DesignMetrics) -> str:
    """Delay where the clock period stands beside it: ``~1.72 ms``."""
    if design.delay_ms is None:
        return UNKNOWN_DELAY
    late = "" if design.meets_clock else ", TOO LATE"
    return f"{'~' if design.delay_is_indicative else ''}{figures(design.delay_ms)} ms{late}"


def untold(design: DesignMetrics) -> tuple[str, ...]:
    """What the technology leaves untold of a design, in sentences; empty where it tells all."""
    notes = []
    if design.delay_ms is None:
        notes.append("The technology states no delays: the clock period is not checked.")
    if design.dynamic_power_mw is None:
        notes.append("The technology states no switching energies: power is static power alone.")
    return tuple(notes)


def topology(design: DesignMetrics) -> str:
    """``30-3-2``."""
    return "-".join(str(size) for size in design.topology) if design.topology else "logic circuit"


def verdict(source: SourceVerdict) -> str:
    """One source's verdict in words."""
    if not source.carries:
        return f"too weak: delivers {figures(source.power_mw)} mW"
    life = "" if source.life_h is None else f", lasts {hours(source.life_h)}"
    return f"carries it with a margin of {ratio(source.margin)}{life}"


def hours(value: float) -> str:
    """A life time in the unit that suits it."""
    for size, unit in ((24 * 365.25, "years"), (24, "days")):
        if value >= 2 * size:
            return f"{figures(value / size, 2)} {unit}"
    return f"{figures(value, 2)} h"


def duration(seconds: float) -> str:
    """``48 s`` or ``3 min 20 s``."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def samples(metrics: RunMetrics) -> str:
    """``1119/480 development/test samples``, or with the validation part that took the folds' place."""
    data = metrics.data
    split = f" of split {data.split}, not that of record" if data.split not in (None, SPLIT_SEED) else ""
    if data.validation_samples is None:
        return f"{data.train_samples}/{data.test_samples} development/test samples{split}"
    counts = f"{data.train_samples}/{data.validation_samples}/{data.test_samples}"
    return f"{counts} training/validation/test samples{split}"


def forecast(design: DesignMetrics) -> str:
    """The forecast of accuracy with its interval."""
    return _with_interval(design.forecast_accuracy, design.forecast_low, design.forecast_high)


def forecast_score(design: DesignMetrics) -> str:
    """The forecast by the run's metric with its interval."""
    return _with_interval(design.forecast_score, design.forecast_score_low, design.forecast_score_high)


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    return figures(None) if value is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def forecast_origin(selection: SelectionSummary) -> str:
    """What the forecasts of a run rest on."""
    if not selection.folds:
        return "Forecasts are from the validation part, which neither training nor search has seen."
    return (
        f"Forecasts are cross-fitted: {selection.folds} times the whole procedure ran without a fold of the "
        "development part, which then judged it."
    )


def chosen_by(metrics: RunMetrics) -> str:
    """Which design was chosen, by which rule, and what there is to say of that."""
    selection = metrics.selection
    number = "" if selection.design is None else f"design {selection.design}{near_copies(len(selection.copies))}, "
    if selection.by_number:
        sentences = [f"Chosen: {number}{selection.rule}."]
    else:
        fitting = f"{selection.eligible_designs} of {selection.front_designs} designs of the front fit"
        sentences = [f"Chosen: {number}{selection.rule}; {fitting}."]
        if selection.origin == EXACT_BASELINE:
            sentences.append(
                "That is the exact baseline itself, for no cheaper design meets the request; `bespoke choose` takes "
                "another one, such as --max-loss 0.05."
            )
    if metrics.dominated is not None:
        sentences.append(f"{metrics.dominated[0].upper()}{metrics.dominated[1:]}.")
    if selection.mapped_for is not None and not selection.by_number:
        sentences.append(
            f"The front was mapped for another request ({selection.mapped_for}); one mapped for this, by `bespoke run` "
            "in a folder of its own, may hold designs that meet it better."
        )
    return " ".join(sentences)


def near_copies(count: int) -> str:
    """What stands behind a design that others are near copies of: `` (and 2 near-copies)``; nothing for none."""
    return "" if not count else f" (and {count} near-cop{'y' if count == 1 else 'ies'})"
