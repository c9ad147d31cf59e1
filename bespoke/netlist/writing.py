"""A netlist as plain structural Verilog."""

from __future__ import annotations

import re

import jinja2

from bespoke.netlist.types import Netlist, Port
from bespoke.resources import resource_dir

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
# words that may not stand as a name unescaped: those of Verilog-2005 and the few that SystemVerilog tools mind
_WORDS = """
always and assign automatic begin bit buf bufif0 bufif1 byte case casex casez cell cmos config deassign default
defparam design disable do edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify
endtable endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial
inout input instance int integer join large liblist library localparam logic macromodule medium module nand negedge
nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup
pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1
scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0
tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
"""
_KEYWORDS = frozenset(_WORDS.split())


def write_netlist(netlist: Netlist, *, header: str = "") -> str:
    """Verilog text of the netlist: one instance a gate in order, nets named by number; the same netlist, the same text.

    Parameters
    ----------
    header : lines that become comments at the head.
    """
    names = _net_names(netlist)
    gates = _instance_names(netlist)
    instances = []
    for flip_flop, name in zip(netlist.flip_flops, gates[netlist.gates :], strict=True):
        cell = flip_flop.cell
        pins = [(cell.clock, names[flip_flop.clock_net]), (cell.data, names[flip_flop.d_net])]
        if cell.reset:
            pins.append((cell.reset, names[flip_flop.reset_net]))
        instances.append(_instance(cell.name, name, [*pins, (cell.output, names[flip_flop.q_net])]))
    for gate in range(netlist.gates):
        cell = netlist.cells[netlist.gate_cells[gate]]
        pins = [(pin, names[net]) for pin, net in zip(cell.inputs, netlist.gate_fanins[gate], strict=False)]
        pins.append((cell.output, names[netlist.first_gate_net + gate]))
        instances.append(_instance(cell.name, gates[gate], pins))
    targets = [name for port in netlist.outputs for name in _port_bits(port)]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("rtl_templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("netlist.v.j2").render(
        header=["// " + line.rstrip().rstrip("\\") for line in header.splitlines()],
        module=verilog_name(netlist.module),
        ports=[verilog_name(port.name) for port in (*netlist.inputs, *netlist.outputs)],
        declarations=[_declaration("input", port) for port in netlist.inputs]
        + [_declaration("output", port) for port in netlist.outputs],
        wires=names[2 + netlist.input_bits :],
        instances=instances,
        assigns=[(target, names[net]) for target, net in zip(targets, netlist.output_nets, strict=True)],
    )


def verilog_name(name: str) -> str:
    """The name as Verilog takes it: as it is, or escaped."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return "\\" + re.sub(r"\s", "_", name) + " "


def _declaration(direction: str, port: Port) -> str:
    vector = f"[{port.indices[-1]}:{port.indices[0]}] " if port.is_vector else ""
    return f"{direction} {vector}{verilog_name(port.name)}"


def _port_bits(port: Port) -> list[str]:
    name = verilog_name(port.name)
    return [f"{name}[{index}]" for index in port.indices] if port.is_vector else [name]


def _net_names(netlist: Netlist) -> list[str]:
    """Text of every net: constants, port bits, then numbered wires under a prefix that no port or instance has."""
    prefix = _free_prefix("n", [*_port_names(netlist), *_given_names(netlist)])
    inputs = [name for port in netlist.inputs for name in _port_bits(port)]
    return ["1'b0", "1'b1", *inputs, *(f"{prefix}{net}" for net in range(2 + len(inputs), netlist.nets))]


def _free_prefix(prefix: str, taken: list[str]) -> str:
    while any(re.fullmatch(re.escape(prefix) + r"\d+", name) for name in taken):
        prefix += "_"
    return prefix


def _port_names(netlist: Netlist) -> list[str]:
    return [port.name for port in (*netlist.inputs, *netlist.outputs)]


def _given_names(netlist: Netlist) -> list[str]:
    """Names that the gates, then the flip-flops have; empty where one has none."""
    return [*(netlist.gate_names or [""] * netlist.gates), *(one.instance for one in netlist.flip_flops)]


def _instance_names(netlist: Netlist) -> list[str]:
    """Names of the gates, then the flip-flops: their own where there are some, different ones otherwise.

    In Verilog an instance may not be called like a port: a register that is one has ``_reg`` behind its name.
    """
    given = _given_names(netlist)
    ports = _port_names(netlist)
    taken = {*ports, *_net_names(netlist)[2 + netlist.input_bits :]}
    prefix = _free_prefix("g", [*given, *taken])
    result = []
    for index, own in enumerate(given):
        name = own
        if index >= netlist.gates:
            while name and name in taken:
                name += "_reg"
        if not name or name in taken:
            name = f"{prefix}{index}"
        taken.add(name)
        result.append(verilog_name(name))
    return result


def _instance(cell: str, name: str, pins: list[tuple[str, str]]) -> str:
    return f"{verilog_name(cell)} {name} (" + ", ".join(f".{verilog_name(pin)}({net})" for pin, net in pins) + ")"
