"""The training part, looked at: what every feature makes of its grid, and what in the table will cost accuracy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bespoke.data.dataset import Label
from bespoke.data.doubts import Warned, doubts_of
from bespoke.data.prepare import PreparedData
from bespoke.errors import InputError

#: Bars of a histogram.
HISTOGRAM_BINS = 12
_SCHEMA = 1


@dataclass(frozen=True)
class FeatureCard:
    """One feature over the training part.

    Parameters
    ----------
    name : of the feature.
    least, greatest : smallest and largest value, in the feature's unit.
    low, high : range of the grid, in the same unit; values beyond it clip.
    at_lowest, at_highest : share of the samples in the lowest and in the highest code.
    below, above : share of the samples below and above the range.
    levels : share of the samples in every code, the lowest first.
    histogram : samples in equally wide bins from ``least`` to ``greatest``.
    distinct : different values.
    missing : samples whose value is missing; they count as what stands for it.
    """

    name: str
    least: float
    greatest: float
    low: float
    high: float
    at_lowest: float
    at_highest: float
    below: float
    above: float
    levels: tuple[float, ...]
    histogram: tuple[int, ...]
    distinct: int
    missing: int


@dataclass(frozen=True)
class DataCard:
    """What the training part looks like. The test part is counted and not looked at.

    Parameters
    ----------
    name : of the data.
    bits : of a feature's grid.
    scale : the rule that ranges were fitted by.
    samples : of the training part.
    validation_samples, test_samples : of the other parts; None where there is no validation part.
    classes : every class label with its samples in the training part.
    features : in the order of the data.
    dropped : columns that were left out because they are constant or repeat another.
    warnings : what matters, the worst first.
    notes : what was done to the table.
    """

    name: str
    bits: int
    scale: str
    samples: int
    validation_samples: int | None
    test_samples: int
    classes: tuple[tuple[Label, int], ...]
    features: tuple[FeatureCard, ...]
    dropped: tuple[str, ...]
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"schema": _SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, document: Any) -> DataCard:
        """The card that ``to_json`` wrote; InputError if the document is not one."""
        try:
            if document["schema"] != _SCHEMA:
                raise InputError(f"the data's card is not of schema {_SCHEMA}")
            fields = {key: value for key, value in document.items() if key != "schema"}
            features = tuple(
                FeatureCard(**{**one, "levels": tuple(one["levels"]), "histogram": tuple(one["histogram"])})
                for one in fields.pop("features")
            )
            warnings = tuple(Warned(**one) for one in fields.pop("warnings"))
            classes = tuple((label, count) for label, count in fields.pop("classes"))
            dropped, notes = tuple(fields.pop("dropped")), tuple(fields.pop("notes"))
            return cls(**fields, features=features, warnings=warnings, classes=classes, dropped=dropped, notes=notes)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"the data's card is damaged ({type(error).__name__}: {error})") from error


def card_of(data: PreparedData) -> DataCard:
    """The card of a data set's training part, which must keep what was measured."""
    counts = np.bincount(data.train.classes, minlength=data.classes)
    return DataCard(
        name=data.name,
        bits=data.bits,
        scale=str(data.scaling.kind),
        samples=data.train.samples,
        validation_samples=None if data.validation is None else data.validation.samples,
        test_samples=data.test.samples,
        classes=tuple(zip(data.class_labels, counts.tolist(), strict=True)),
        features=tuple(_feature_card(data, column) for column in range(data.features)),
        dropped=data.dropped,
        warnings=doubts_of(data),
        notes=data.notes,
    )


def _feature_card(data: PreparedData, column: int) -> FeatureCard:
    part, quantiser = data.train, data.quantiser
    values, low, high = part.measured[:, column], quantiser.low[column], quantiser.high[column]
    shares = np.bincount(part.features[:, column], minlength=1 << data.bits) / part.samples
    return FeatureCard(
        name=data.feature_names[column],
        least=float(values.min()),
        greatest=float(values.max()),
        low=low,
        high=high,
        at_lowest=float(shares[0]),
        at_highest=float(shares[-1]),
        below=float(np.mean(values < low)),
        above=float(np.mean(values > high)),
        levels=tuple(shares.tolist()),
        histogram=_histogram(values),
        distinct=len(np.unique(values)),
        missing=0 if part.missing is None else int(part.missing[:, column].sum()),
    )


def _histogram(values: np.ndarray) -> tuple[int, ...]:
    """Samples per bin; the bins are those of shares of the span, which no span is too small or large for."""
    least, span = values.min(), np.ptp(values)
    places = (values - least) / span if span > 0 else np.zeros(len(values))
    bins = np.minimum(HISTOGRAM_BINS - 1, np.floor(places * HISTOGRAM_BINS)).astype(np.int64)
    return tuple(np.bincount(bins, minlength=HISTOGRAM_BINS).tolist())
