"""What a technology lacks for making designs: what mapping cannot do without, and what only goes untold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bespoke.errors import InputError
from bespoke.technology.cells import Cell, LeftOutCell, Technology

#: Reasons, and cells, that a sentence names.
_TOLD = 3
_INVERTER = 0b01


def common_reasons(cells: Sequence[LeftOutCell]) -> str:
    """The commonest reasons with their counts: ``9: it says no area; 2: its output is tri-state; 4: other reasons``."""
    counts = Counter(cell.reason for cell in cells).most_common()
    shown = len(counts) if len(counts) == _TOLD + 1 else _TOLD  # one reason more takes no more room than its count
    told = [f"{count}: {reason}" for reason, count in counts[:shown]]
    rest = sum(count for _, count in counts[shown:])
    return "; ".join([*told, *([f"{rest}: other reasons"] if rest else [])])


def require_mappable(technology: Technology) -> None:
    """Logic can be mapped on the technology.

    Raises
    ------
    InputError
        saying what is missing.
    """
    cells = technology.mapping_cells
    inverter = any(len(cell.inputs) == 1 and cell.truth == _INVERTER for cell in cells)
    gate = any(len(cell.inputs) == 2 and cell.truth.bit_count() in (1, 3) for cell in cells)
    if inverter and gate:
        return
    missing = "inverter" if not inverter else "two-input gate such as a NAND"
    unused = [*technology.unmapped_cells, *technology.left_out]
    reasons = f"; of its cells mapping leaves out {len(unused)} ({common_reasons(unused)})" if unused else ""
    raise InputError(f"technology {technology.name} has no {missing}, which mapping needs{reasons}")


def knows_delays(technology: Technology) -> bool:
    """Whether any cell that mapping uses can be timed."""
    return any(cell.knows_delays for cell in technology.mapping_cells)


def shortcomings(technology: Technology) -> tuple[str, ...]:
    """What of the technology goes unused, and what its designs will be without, in sentences for people."""
    notes = []
    unused = [*technology.unmapped_cells, *technology.left_out]
    if unused:
        count = f"{len(unused)} cell{'s' if unused[1:] else ''}"
        notes.append(
            f"mapping leaves out {count} ({common_reasons(unused)}); `bespoke technology show` lists which and why"
        )
    cells = technology.mapping_cells
    untimed = [cell for cell in cells if not cell.knows_delays]
    if untimed:
        notes.append(
            f"{_which(untimed, cells)} no delays or no input capacitances: designs of such cells come without a delay, "
            "and no clock period is checked"
        )
    silent = [cell for cell in cells if not cell.knows_energies]
    if silent:
        notes.append(
            f"{_which(silent, cells)} no switching energies or no input capacitances: power of designs of these is "
            "static power alone"
        )
    if cells and not any(any(cell.leakage_nw) for cell in cells):
        notes.append("every cell's static power is zero: only area tells designs apart")
    return tuple(f"technology {technology.name}: {note}" for note in notes)


def _which(cells: Sequence[Cell], of: Sequence[Cell]) -> str:
    """Subject and verb: ``it states``, or the first cells' names with ``state``."""
    if len(cells) == len(of):
        return "it states"
    names = ", ".join(cell.name for cell in cells[:_TOLD])
    more = f" and {len(cells) - _TOLD} more" if len(cells) > _TOLD else ""
    return f"cell {names} states" if len(cells) == 1 else f"cells {names}{more} state"
