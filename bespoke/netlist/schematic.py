"""Schematics of small mapped netlists as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bespoke.errors import InputError
from bespoke.netlist.schematic_layout import Kind, Layout, Part, layout
from bespoke.netlist.types import Netlist
from bespoke.technology import Cell

#: Above this many gates a schematic helps nobody, and its wires outgrow any page.
MAX_SCHEMATIC_GATES = 400

_ROW = 24.0  # height of a row; layers alternate by half a row, so that wires of one row never lie on another's
_BODY = 30.0  # width of a gate
_TRACK = 6.0  # distance of vertical wires
_MARGIN = 12.0
_LETTER = 6.2  # width of a letter of the labels

_STYLE = """
.schematic { font: 10px ui-monospace, monospace; color: #1c1c1c; background: #fff; }
.schematic path, .schematic circle { stroke: currentColor; stroke-width: 1.2; fill: none; }
.schematic .gate path, .schematic .gate circle { fill: #e8eef7; }
.schematic .wire circle { fill: currentColor; }
.schematic text { fill: currentColor; }
.schematic .wire:hover path { stroke: #c2410c; stroke-width: 2.4; }
"""


@dataclass(frozen=True)
class GateMark:
    """How a gate is shown apart: its colour (CSS), a sign of a letter or two beside it, what the pointer says."""

    colour: str
    sign: str
    note: str


def schematic_svg(
    netlist: Netlist,
    *,
    title: str = "",
    max_gates: int = MAX_SCHEMATIC_GATES,
    marks: Mapping[int, GateMark] | None = None,
) -> str:
    """The netlist as a stand-alone SVG, inputs on the left, outputs on the right.

    Gates show the usual symbols (by their function, not their name) and name cell and instance under the pointer.

    Parameters
    ----------
    netlist : combinational gates; flip-flops appear as inputs and outputs of the logic between them.
    title : shown under the pointer; by default the module's name.
    max_gates : refuse larger netlists.
    marks : gates that are shown apart, by index.

    Raises
    ------
    InputError
        if the netlist has more gates than ``max_gates``, or no output.
    """
    if netlist.gates > max_gates:
        raise InputError(f"a schematic of {netlist.gates} gates cannot be read; the limit is {max_gates}")
    if not netlist.output_bits:
        raise InputError(f"module {netlist.module} has no output to draw")
    plan = layout(netlist)
    sources, outputs = _source_names(netlist), _output_names(netlist)
    left = _MARGIN + _LETTER * max((len(sources[part.index]) for part in plan.layers[0]), default=0)
    starts = _layer_starts(plan, left)
    height = 2 * _MARGIN + _ROW * (plan.rows + 0.5)
    width = starts[-1] + _MARGIN + _LETTER * max(len(name) for name in outputs) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="schematic" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">',
        f"<title>{escape(title or netlist.module)}</title>",
        f"<style>{_STYLE}</style>",
    ]
    for channel, wires in enumerate(plan.channels):
        for wire in wires:
            tracks_at = starts[channel] + _BODY + _TRACK * (1.5 + wire.track)
            lines.append(_wire(wire.source, wire.readers, tracks_at, starts))
    for layer in plan.layers:
        for part in layer:
            x, y = starts[part.layer], _height(part)
            match part.kind:
                case Kind.SOURCE:
                    lines.append(
                        f'<text x="{x + _BODY - 4:g}" y="{y + 3:g}" text-anchor="end">'
                        f"{escape(sources[part.index])}</text>"
                    )
                case Kind.OUTPUT:
                    lines.append(f'<text x="{x + 4:g}" y="{y + 3:g}">{escape(outputs[part.index])}</text>')
                case Kind.GATE:
                    cell = netlist.cells[netlist.gate_cells[part.index]]
                    name = netlist.gate_names[part.index] if netlist.gate_names else f"gate {part.index}"
                    lines.append(_gate(cell, name, x, y, (marks or {}).get(part.index)))
                case Kind.PASS:
                    lines.append(f'<g class="wire"><path d="M{x:g} {y:g}H{x + _BODY:g}"/></g>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _source_names(netlist: Netlist) -> list[str]:
    names = ["0", "1"]
    names += [name for port in netlist.inputs for name in port.bit_names]
    return names + [f"{flip_flop.instance}.{flip_flop.cell.output}" for flip_flop in netlist.flip_flops]


def _output_names(netlist: Netlist) -> list[str]:
    names = [name for port in netlist.outputs for name in port.bit_names]
    return names + [f"{flip_flop.instance}.{flip_flop.cell.data}" for flip_flop in netlist.flip_flops]


def _layer_starts(plan: Layout, left: float) -> list[float]:
    """Left edge of every layer; the first layer's names end where its gates would."""
    starts = [max(_MARGIN, left - _BODY + _MARGIN)]
    for tracks in plan.tracks:
        starts.append(starts[-1] + _BODY + _TRACK * (tracks + 2))
    return starts


def _height(part: Part) -> float:
    """Middle of a part. Passing wires sit a little lower than gates, so that no pin of a neighbour meets them."""
    return _MARGIN + _ROW * (part.row + 0.5 + 0.5 * (part.layer % 2)) + (3 if part.kind is Kind.PASS else 0)


def _pin_heights(reader: Part, source: Part) -> list[float]:
    """Where a net meets a reader: symmetric gates, so the pins are in the order of what they read, top to bottom."""
    middle = _height(reader)
    count = len(reader.fanins)
    if reader.kind is not Kind.GATE or count == 1:
        return [middle]
    order = sorted(range(count), key=lambda pin: (_height(reader.fanins[pin]), pin))
    step = 12.0 if count == 2 else 7.0
    return [
        middle + step * (place - (count - 1) / 2) for place, pin in enumerate(order) if reader.fanins[pin] is source
    ]


def _wire(source: Part, readers: Sequence[Part], track_x: float, starts: Sequence[float]) -> str:
    """A net from one layer to the next: out, along its track, and into every pin."""
    start = starts[source.layer] + _BODY
    y = _height(source)
    targets = sorted(height for reader in readers for height in _pin_heights(reader, source))
    end = starts[source.layer + 1]
    ys = [y, *targets]
    path = [f"M{start:g} {y:g}H{track_x:g}", f"M{track_x:g} {min(ys):g}V{max(ys):g}"]
    path += [f"M{track_x:g} {target:g}H{end:g}" for target in targets]
    dots = [
        f'<circle cx="{track_x:g}" cy="{height:g}" r="1.6"/>'
        for height in sorted(set(ys))
        if min(ys) < height < max(ys) and len(ys) > 2
    ]
    return f'<g class="wire"><path d="{"".join(path)}"/>{"".join(dots)}</g>'


def _gate(cell: Cell, name: str, x: float, y: float, mark: GateMark | None = None) -> str:
    """The symbol of a cell, its middle at height ``y``."""
    shape, inverted = _shape(cell)
    tip = x + _BODY - (5 if inverted else 0)
    body, reach = _BODIES[shape](x + 4, tip, y)
    fill = f' style="fill:{escape(mark.colour)}"' if mark else ""
    parts = [f'<path d="{body}"{fill}/>']
    if inverted:
        parts.append(f'<circle cx="{tip + 2.5:g}" cy="{y:g}" r="2.5"{fill}/>')
    if mark and mark.sign:
        parts.append(f'<text x="{x + _BODY - 3:g}" y="{y - 4:g}" font-weight="700">{escape(mark.sign)}</text>')
    note = f"; {escape(mark.note)}" if mark else ""
    leads = max(1, len(cell.inputs))
    step = 12.0 if leads == 2 else 7.0
    stubs = "".join(f"M{x:g} {y + step * (pin - (leads - 1) / 2):g}h{reach:g}" for pin in range(leads))
    label = f'<text x="{x + 6:g}" y="{y + 3:g}" font-size="6">{escape(cell.name)}</text>' if shape == "box" else ""
    return (
        f'<g class="gate"><title>{escape(cell.name)} {escape(name)}: {escape(cell.output)} = {escape(cell.function)}'
        f'{note}</title><path d="{stubs}" style="fill:none"/>{"".join(parts)}{label}</g>'
    )


def _shape(cell: Cell) -> tuple[str, bool]:
    """Symbol of a truth table, and whether its output is inverted."""
    states = 1 << len(cell.inputs)
    everything = (1 << states) - 1
    parity = sum(1 << state for state in range(states) if state.bit_count() & 1)
    if len(cell.inputs) == 1:
        return ("buffer", cell.truth == 0b01) if cell.truth in (0b01, 0b10) else ("box", False)
    for shape, truth in (("and", 1 << (states - 1)), ("or", everything ^ 1), ("xor", parity)):
        if cell.truth in (truth, everything ^ truth):
            return shape, cell.truth != truth
    return "box", False


def _and_body(left: float, right: float, y: float) -> tuple[str, float]:
    return f"M{left:g} {y - 9:g}H{right - 9:g}A9 9 0 0 1 {right - 9:g} {y + 9:g}H{left:g}Z", 4


def _or_body(left: float, right: float, y: float) -> tuple[str, float]:
    middle = (left + right) / 2
    return (
        f"M{left:g} {y - 9:g}Q{middle + 4:g} {y - 9:g} {right:g} {y:g}Q{middle + 4:g} {y + 9:g} {left:g} {y + 9:g}"
        f"Q{left + 6:g} {y:g} {left:g} {y - 9:g}Z",
        6,
    )


def _xor_body(left: float, right: float, y: float) -> tuple[str, float]:
    body, reach = _or_body(left + 3, right, y)
    return f"{body}M{left:g} {y - 9:g}Q{left + 6:g} {y:g} {left:g} {y + 9:g}", reach


def _buffer_body(left: float, right: float, y: float) -> tuple[str, float]:
    return f"M{left:g} {y - 8:g}L{right:g} {y:g}L{left:g} {y + 8:g}Z", 4


def _box_body(left: float, right: float, y: float) -> tuple[str, float]:
    return f"M{left:g} {y - 11:g}H{right:g}V{y + 11:g}H{left:g}Z", 4


_BODIES = {"and": _and_body, "or": _or_body, "xor": _xor_body, "buffer": _buffer_body, "box": _box_body}
