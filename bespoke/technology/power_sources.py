"""Which printed power source carries a design, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.errors import InputError
from bespoke.technology.cells import PowerSource, Technology


@dataclass(frozen=True)
class Verdict:
    """What one power source means for a design.

    Parameters
    ----------
    source : the battery or harvester.
    load_mw : power that the design draws.
    """

    source: PowerSource
    load_mw: float

    @property
    def carries(self) -> bool:
        """Whether the source delivers the power continuously."""
        return self.load_mw <= self.source.power_mw

    @property
    def margin_mw(self) -> float:
        """Power left over; negative where the source is too weak."""
        return self.source.power_mw - self.load_mw

    @property
    def load_ratio(self) -> float:
        """Share of the source's power that the design takes; above 1 where it is too weak."""
        return self.load_mw / self.source.power_mw

    @property
    def life_h(self) -> float | None:
        """Hours until the battery is empty; None for harvesters, unknown capacities and sources that are too weak."""
        if not self.carries or self.source.capacity_mwh is None or self.load_mw == 0:
            return None
        return self.source.capacity_mwh / self.load_mw


def carriers(technology: Technology, total_power_mw: float) -> tuple[Verdict, ...]:
    """A verdict per power source of the technology, the weakest source first.

    Raises
    ------
    InputError
        if the power is negative or not finite.
    """
    if not 0 <= total_power_mw < float("inf"):
        raise InputError(f"the power must be zero or more mW, not {total_power_mw}")
    ordered = sorted(technology.power_sources, key=lambda source: (source.power_mw, source.name))
    return tuple(Verdict(source, float(total_power_mw)) for source in ordered)


def smallest_carrier(technology: Technology, total_power_mw: float) -> Verdict | None:
    """The weakest source that still carries the design, or None where all are too weak."""
    return next((verdict for verdict in carriers(technology, total_power_mw) if verdict.carries), None)
