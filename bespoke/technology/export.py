"""Technologies as Liberty, genlib and Verilog cell models, for tools that know nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bespoke.errors import InputError
from bespoke.technology.boolean import (
    Expression,
    format_expression,
    parse_expression,
    without_constants,
    without_xor,
)
from bespoke.technology.cells import Cell, CellOutput, FlipFlop, MultiOutputCell, Technology, TimingArc
from bespoke.technology.templates import template_environment

#: Truth table of an inverter.
_INVERTER = 0b01
#: Longer functions are not written out in genlib. ABC's reader crashes at about 1400 signs.
_LONGEST_GENLIB = 400


def to_genlib(technology: Technology, *, without: Collection[str] = (), with_buffer: bool = True) -> str:
    """The combinational cells that mapping uses in ABC's genlib format, with the constants ``ZERO`` and ``ONE``.

    Parameters
    ----------
    without : names of cells to leave out.
    with_buffer : add a cell ``BUF`` priced as two inverters, without which ABC takes no library; a netlist reader
        turns it into a wire. Buffers of the technology's own are none of the cells that mapping uses: ABC would put
        one between every input and the output or register that reads it, the clock's included.

    Raises
    ------
    InputError
        naming a cell of ``without`` that the technology does not have, or if no inverter is left.
    """
    for name in without:
        technology.cell(name)
    cells = [cell for cell in technology.mapping_cells if cell.name not in without]
    inverters = [cell.area_um2 for cell in cells if len(cell.inputs) == 1 and cell.truth == _INVERTER]
    if not inverters:
        raise InputError(f"technology {technology.name} has no inverter left, which mapping needs")
    environment = template_environment()
    environment.filters |= {
        "number": _number,
        "one_line": _one_line,
        "phase": _phase,
        "genlib_function": _genlib_function,
    }
    return environment.get_template("technology.genlib.j2").render(
        technology=technology,
        cells=cells,
        buffer_area=2 * min(inverters) if with_buffer else None,
    )


def to_liberty(technology: Technology) -> str:
    """The technology as a Liberty library that ``read_liberty`` reads back to the same technology.

    Rise and fall have the same tables, for a technology keeps the worse of both. Power sources, figures of front ends
    and the names of cells left out are not part of it, so that those of the technology are lost.
    """
    tables: dict[str, dict] = {}
    for cell in _combinational(technology):
        for arc in (arc for output in _outputs(cell) for arc in output.arcs):
            tables.setdefault(_template_name(arc, tables), {"slews_ms": arc.slews_ms, "loads_nf": arc.loads_nf})
    environment = template_environment()
    environment.filters |= {
        "number": _number,
        "quoted": lambda text: '"' + _one_line(text).replace('"', "'") + '"',
        "time": lambda value: _number(value * 1e6),
        "load": lambda value: _number(value * 1e3),
        "energy": lambda value: _number(value * 1e3),
        "leakage_states": _leakage_states,
        "mean_leakage": lambda cell: sum(cell.leakage_nw) / len(cell.leakage_nw),
        "outputs": _outputs,
        "unateness": _unateness,
        "template_name": lambda arc: _template_name(arc, tables),
    }
    return environment.get_template("technology.lib.j2").render(
        technology=technology,
        combinational=_combinational(technology),
        tables=[{"name": name, **axes} for name, axes in tables.items()],
    )


def to_verilog_models(technology: Technology) -> str:
    """A Verilog-2005 module per cell: one ``assign`` an output, a behavioural flip-flop, or nothing."""
    environment = template_environment("rtl_templates", "")
    environment.filters |= {
        "one_line": _one_line,
        "verilog": _verilog_name,
        "verilog_function": _verilog_function,
        "flip_flop_pins": _flip_flop_pins,
        "outputs": _outputs,
        "pins": lambda cell: [*cell.inputs, *(output.pin for output in _outputs(cell))],
    }
    return environment.get_template("cell_models.v.j2").render(
        technology=technology, combinational=_combinational(technology)
    )


def _combinational(technology: Technology) -> list[Cell | MultiOutputCell]:
    return [*technology.cells, *technology.multi_output_cells]


def _outputs(cell: Cell | MultiOutputCell) -> tuple[CellOutput, ...]:
    if isinstance(cell, MultiOutputCell):
        return cell.outputs
    return (CellOutput(cell.output, cell.function, cell.truth, cell.arcs, cell.switching_energy_nj),)


def _genlib_function(cell: Cell) -> str:
    """The function without constants and XOR, which ABC's genlib reader takes by themselves alone or wrongly.

    XORs in XORs grow without bound where they are written out, and ABC crashes on long functions; those become a sum of
    products.
    """
    expression = without_xor(without_constants(parse_expression(cell.function)))
    text = format_expression(expression, signs="!*+^")
    if len(text) <= _LONGEST_GENLIB:
        return text
    states = range(1 << len(cell.inputs))
    ones = [state for state in states if cell.truth >> state & 1]
    many = 2 * len(ones) > len(states)
    listed = [state for state in states if state not in ones] if many else ones
    products = [
        " * ".join(pin if state >> index & 1 else f"!{pin}" for index, pin in enumerate(cell.inputs))
        for state in listed
    ]
    joined = " + ".join(f"({product})" for product in products)
    return f"!({joined})" if many else joined


def _number(value: float) -> str:
    """A figure with 12 digits, which is what reading keeps."""
    return f"{value:.12g}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _verilog_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", name) else f"\\{name} "


def _verilog_function(function: str) -> str:
    def renamed(node: Expression) -> Expression:
        if node[0] == "pin":
            return ("pin", _verilog_name(node[1]))
        if node[0] == "const":
            return ("pin", f"1'b{node[1]}")
        return (node[0], *(renamed(operand) for operand in node[1:]))

    return format_expression(renamed(parse_expression(function)), signs="~&|^")


def _flip_flop_pins(cell: FlipFlop) -> list[str]:
    return [pin for pin in (cell.clock, cell.data, cell.reset, cell.output, cell.inverted_output) if pin]


def _leakage_states(cell: Cell | MultiOutputCell) -> list[tuple[str, float]]:
    """Condition and figure of every state."""
    return [
        (" * ".join(pin if state >> index & 1 else f"!{pin}" for index, pin in enumerate(cell.inputs)), leakage)
        for state, leakage in enumerate(cell.leakage_nw)
    ]


def _unateness(truth: int, inputs: Sequence[str], pin: int) -> str:
    """How an output follows one input: ``positive_unate``, ``negative_unate`` or ``non_unate``."""
    rises = falls = False
    for state in range(1 << len(inputs)):
        if not state >> pin & 1:
            low, high = truth >> state & 1, truth >> (state | 1 << pin) & 1
            rises |= high > low
            falls |= high < low
    return "non_unate" if rises == falls else "positive_unate" if rises else "negative_unate"


def _phase(cell: Cell) -> str:
    """Genlib's word for how the output follows the inputs."""
    kinds = {_unateness(cell.truth, cell.inputs, pin) for pin in range(len(cell.inputs))}
    return (
        {"positive_unate": "NONINV", "negative_unate": "INV"}.get(kinds.pop(), "UNKNOWN")
        if len(kinds) == 1
        else ("UNKNOWN")
    )


def _template_name(arc: TimingArc, tables: dict[str, dict]) -> str:
    """Name of the template with the arc's axes: one of ``tables``, or a new one."""
    for name, axes in tables.items():
        if axes == {"slews_ms": arc.slews_ms, "loads_nf": arc.loads_nf}:
            return name
    return f"delay_{len(tables)}_{len(arc.slews_ms)}x{len(arc.loads_nf)}"
