"""Compiled builder of a network's structurally hashed and-inverter graph."""

from bespoke.search.aig.builder import bounds, build
from bespoke.search.aig.graph import COLUMNS, Workspace, workspace
from bespoke.search.aig.sums import STYLE_THRESHOLD, STYLES

__all__ = ["COLUMNS", "STYLES", "STYLE_THRESHOLD", "Workspace", "bounds", "build", "workspace"]
