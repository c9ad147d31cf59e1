"""Netlists into the optimiser's gate list and back; flip-flops stay what they are, as a boundary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.state import FREE, SINK, SOURCE, State, sort_gates
from bespoke.netlist.types import FlipFlopInstance, Netlist, Port
from bespoke.technology import Cell, Technology


def combinational_view(netlist: Netlist) -> Netlist:
    """The combinational part alone: flip-flop outputs as an input port, their data, clock and reset as outputs."""
    if not netlist.flip_flops:
        return netlist
    read = [net for flop in netlist.flip_flops for net in _nets_read(flop)]
    return replace(
        netlist,
        inputs=(*netlist.inputs, Port("flip_flop_outputs", len(netlist.flip_flops))),
        outputs=(*netlist.outputs, Port("flip_flop_inputs", len(read))),
        output_nets=np.concatenate([netlist.output_nets, np.array(read, dtype=np.int32)]).astype(np.int32),
        flip_flops=(),
    )


def restore_flip_flops(view: Netlist, original: Netlist) -> Netlist:
    """Undo ``combinational_view`` on an optimised view."""
    if not original.flip_flops:
        return view
    read = iter(view.output_nets[original.output_bits :].tolist())
    flops = []
    for flop in original.flip_flops:
        names = ["d_net", *(name for name in ("clock_net", "reset_net") if getattr(flop, name) >= 0)]
        flops.append(replace(flop, **{name: next(read) for name in names}))
    return replace(
        view,
        inputs=original.inputs,
        outputs=original.outputs,
        output_nets=view.output_nets[: original.output_bits],
        flip_flops=tuple(flops),
    )


def _nets_read(flop: FlipFlopInstance) -> list[int]:
    return [flop.d_net, *(net for net in (flop.clock_net, flop.reset_net) if net >= 0)]


def cell_list(netlist: Netlist, technology: Technology) -> tuple[list[Cell], list[bool], np.ndarray]:
    """Cells that the optimiser may meet, which of them new gates may use, and the gates' cells as indices into them."""
    cells = list(technology.mapping_cells)
    allowed = [True] * len(cells)
    index = {cell.name: place for place, cell in enumerate(cells)}
    renumbered = np.zeros(len(netlist.cells), dtype=np.int32)
    for place, cell in enumerate(netlist.cells):
        if cell.name not in index or cells[index[cell.name]].truth != cell.truth:
            index[cell.name] = len(cells)
            cells.append(cell)
            allowed.append(False)
        renumbered[place] = index[cell.name]
    return cells, allowed, renumbered[netlist.gate_cells]


def to_netlist(state: State, library: Library, cells: list[Cell], template: Netlist) -> Netlist:
    """The circuit under work as a netlist with ``template``'s ports; only the cells in use are listed."""
    count = sort_gates(state, library)
    order = [
        node for node in state.slot["order"][:count].tolist() if state.node["cell"][node] not in (FREE, SINK, SOURCE)
    ]
    sinks = np.flatnonzero(state.node["cell"] == SINK)
    net_of = np.full(len(state.node), -1, dtype=np.int32)
    net_of[: template.first_gate_net] = np.arange(template.first_gate_net)
    net_of[order] = template.first_gate_net + np.arange(len(order))
    kinds = state.node["cell"][order] if order else np.zeros(0, dtype=np.int32)
    used = sorted(set(kinds.tolist()))
    width = max((len(cells[kind].inputs) for kind in used), default=0)
    fanins = np.full((len(order), width), -1, dtype=np.int32)
    for gate, node in enumerate(order):
        pins = len(cells[state.node["cell"][node]].inputs)
        fanins[gate, :pins] = net_of[state.fanin[node, :pins]]
    place = {kind: index for index, kind in enumerate(used)}
    return replace(
        template,
        cells=tuple(cells[kind] for kind in used),
        gate_cells=np.array([place[kind] for kind in kinds.tolist()], dtype=np.int32),
        gate_fanins=fanins,
        output_nets=net_of[state.fanin[sinks, 0]].astype(np.int32),
        gate_names=(),
    )
