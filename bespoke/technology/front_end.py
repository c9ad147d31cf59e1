"""Area and power of the flash converters between sensors and classifier.

Figures of Afentaki et al., 'Reducing ADC Front-end Costs During Training of On-sensor Printed MLPs', IEEE ESL 2024, for
EGFET at 1.0 V.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError

COMPARATOR_AREA_CM2 = 0.0008
COMPARATOR_POWER_MW = 0.0461
OR_AREA_CM2 = 0.00564
OR_POWER_MW = 0.0200


@dataclass(frozen=True, eq=False)
class FrontEnd:
    """Converters of a classifier's inputs, estimated from counts.

    Parameters
    ----------
    comparators, ors : int64 (features,), how many of each the converter of a feature needs.
    """

    comparators: np.ndarray
    ors: np.ndarray

    @property
    def area_cm2(self) -> float:
        return float(self.comparators.sum() * COMPARATOR_AREA_CM2 + self.ors.sum() * OR_AREA_CM2)

    @property
    def power_mw(self) -> float:
        return float(self.comparators.sum() * COMPARATOR_POWER_MW + self.ors.sum() * OR_POWER_MW)


def front_end(used_bits: np.ndarray) -> FrontEnd:
    """Converters that deliver only the bits that a classifier reads.

    A flash converter of N bits has a comparator and a one-hot line per code, and an encoder in which output bit b is
    the OR of the ``2**(N-1)`` lines whose code has bit b: with two-input gates ``2**(N-1) - 1`` ORs a bit, hence
    16 comparators and 28 ORs for 4 bits, as published. If m is the lowest bit that the classifier reads, codes that
    differ below bit m alone need not be told apart: ``2**(N-m)`` lines are left, hence as many comparators, and
    ``2**(N-m-1) - 1`` ORs for each of the bits read. A feature of which no bit is read needs no converter.

    Parameters
    ----------
    used_bits : bool (features, bits), lowest bit first.

    Raises
    ------
    InputError
        for another shape.
    """
    used = np.asarray(used_bits)
    if used.ndim != 2 or used.dtype != np.bool_ or used.shape[1] == 0:
        raise InputError(
            f"used input bits must be Boolean of the shape (features, bits), not {used.dtype} {used.shape}"
        )
    lowest = used.argmax(axis=1)
    codes = np.where(used.any(axis=1), np.int64(1) << (used.shape[1] - lowest), 0).astype(np.int64)
    ors = used.sum(axis=1) * np.maximum(codes // 2 - 1, 0)
    return FrontEnd(codes, ors.astype(np.int64))
