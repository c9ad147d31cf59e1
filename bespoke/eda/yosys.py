"""Verilog to a flat and-inverter graph through Yosys."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from bespoke.circuit import Circuit, RegisterCut, cut_outputs
from bespoke.eda.drivers import base_names, check_drivers, instantiated, read_rtlil
from bespoke.eda.equivalence import find_difference
from bespoke.eda.rtlil import BitPort, FlipFlopCut, circuit_from_json
from bespoke.eda.runner import run_tool
from bespoke.eda.scripts import render_script
from bespoke.eda.sources import StagedSource, stage_sources
from bespoke.eda.tools import Backend, yosys_command
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.files import write_text
from bespoke.resources import resource_dir

log = logging.getLogger(__name__)

T = TypeVar("T")

_NAME = re.compile(r"(?:[A-Za-z_][\w$]*|\\[^\s\"';#]+)\Z")
_DEFAULT_TIMEOUT_S = 600.0
_UNDEFINED_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Elaborated:
    """A module as read by Yosys: its ports and its combinational part.

    Parameters
    ----------
    module : name of the top module.
    inputs, outputs : ports in order.
    flip_flops : empty for a combinational module.
    aig : its inputs are the bits of the input ports in order, lowest bit first, then the flip-flops' outputs; its
        outputs the bits of the output ports, then the ``RegisterCut`` of every flip-flop.
    warnings : what Yosys warned of, a sentence each.
    undefined : a sentence if outputs or registers depend on undefined values (x), which count as 0 in the graph.
    """

    module: str
    inputs: tuple[BitPort, ...]
    outputs: tuple[BitPort, ...]
    flip_flops: tuple[FlipFlopCut, ...]
    aig: Circuit
    warnings: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()

    @property
    def input_bits(self) -> int:
        """Bits of all input ports; the flip-flops' outputs follow them among the graph's inputs."""
        return sum(port.width for port in self.inputs)

    @property
    def output_bits(self) -> int:
        """Bits of all output ports; the flip-flops' cuts follow them among the graph's outputs."""
        return sum(port.width for port in self.outputs)

    @property
    def register_cuts(self) -> tuple[RegisterCut[int], ...]:
        """Per flip-flop the positions, among the graph's outputs, of what it reads."""
        return tuple(cut_outputs(index, self.output_bits) for index in range(len(self.flip_flops)))


def elaborate(
    sources: Sequence[Path],
    *,
    top: str | None,
    folder: Path,
    backend: Backend | str = Backend.PYOSYS,
    cell_models: str | None = None,
    carry_save: bool = True,
    reasons: Mapping[str, str] | None = None,
    name: str = "front_end",
    log_undefined: bool = True,
    timeout_s: float = _DEFAULT_TIMEOUT_S,
) -> Elaborated:
    """Read Verilog, flatten and check it, and turn it into an and-inverter graph.

    Undefined values (x) in expressions count as 0, with a warning.

    Parameters
    ----------
    sources : Verilog-2005 files (``.sv``: SystemVerilog as far as Yosys reads it).
    top : module to take; None lets Yosys find the one that no other instantiates.
    folder : for the script, the log and the result.
    cell_models : Verilog text of library cells, for sources that are netlists.
    reasons : why cells have no model, by name.
    carry_save : whether sums of several operands become carry-save trees; same function, other structure.
    name : names the run's files.
    log_undefined : whether undefined values are warned of in the log too.

    Raises
    ------
    InputError
        naming the file and Yosys' message if the Verilog cannot be read, naming the modules if there is no such top,
        or if the design has latches, loops, bidirectional ports, or nets with no driver, two, or three states.
    ToolFailedError
        if Yosys does not finish in time.
    """
    read = read_with_yosys(
        "front_end.ys.j2",
        sources,
        top=top,
        folder=folder / name,
        backend=backend,
        texts={"cells.v": cell_models, "ripple_carry.v": _flow("ripple_carry.v")},
        reasons=reasons,
        timeout_s=timeout_s,
        cell_models="cells.v" if cell_models is not None else None,
        carry_save=carry_save,
        adder_map="./ripple_carry.v",
    )
    cut = read.interpreted(circuit_from_json)
    undefined = ()
    if cut.open_aig is not None and _depends_on_undefined(cut.aig, cut.open_aig, folder / name / "undefined"):
        undefined = (f"{_listed(read.staged)}: undefined values (x) reach outputs or registers; they count as 0",)
    warnings = _warnings(read.log, read.staged) + undefined
    for warning in warnings:
        if log_undefined or warning not in undefined:
            log.warning("%s", warning)
    return Elaborated(cut.module, cut.inputs, cut.outputs, cut.flip_flops, cut.aig, warnings, undefined)


@dataclass(frozen=True)
class YosysRead:
    """What a script left behind: its result as JSON, its log, and the files that it read."""

    result: Path
    log: str
    staged: Sequence[StagedSource]

    def interpreted(self, reader: Callable[[Path], T]) -> T:
        """What the reader makes of the result; its errors name the files."""
        try:
            return reader(self.result)
        except InputError as error:
            raise InputError(_with_place(str(error), self.staged)) from None


def read_with_yosys(
    template: str,
    sources: Sequence[Path],
    *,
    top: str | None,
    folder: Path,
    backend: Backend | str = Backend.PYOSYS,
    texts: Mapping[str, str | None] | None = None,
    reasons: Mapping[str, str] | None = None,
    result: str = "result.json",
    timeout_s: float = _DEFAULT_TIMEOUT_S,
    **values: object,
) -> YosysRead:
    """Run a script that reads Verilog, and check the modules and the drivers that it writes beside its result.

    Parameters
    ----------
    template : of the script; ``values`` are for it.
    texts : further files by name; None is left out.
    reasons : why modules are missing that the sources may instantiate, by name.
    result : the file that the script writes.

    Raises
    ------
    InputError
        as for `elaborate`.
    """
    if top is not None and not _NAME.match(top):
        raise InputError(f"{top!r} is not a module name")
    folder.mkdir(parents=True, exist_ok=True)
    staged, include_folders = stage_sources(sources, folder, copies=Backend(backend) is Backend.YOWASP)
    for file, text in (texts or {}).items():
        if text is not None:
            write_text(folder / file, text)
    script = Path(template).name.removesuffix(".j2")
    rendered = render_script(template, sources=staged, include_folders=include_folders, top=top, **values)
    write_text(folder / script, rendered)
    results = tuple(folder / name for name in (result, "modules.il", "drivers.il"))
    for path in results:
        path.unlink(missing_ok=True)
    failure = None
    try:
        run = run_tool("yosys", (*yosys_command(backend), script), folder=folder, timeout_s=timeout_s)
    except ToolFailedError as error:
        failure = error
    try:
        _check_hierarchy(*results[1:], top)
    except InputError as error:
        raise InputError(_with_place(str(error), staged)) from None
    if failure is not None:
        raise _as_input_error(failure, staged, top, reasons or {}) or failure from None
    if not results[0].is_file():
        raise ToolFailedError("Yosys ended without a result", command=run.command, log=run.log)
    return YosysRead(results[0], run.text(), staged)


def _flow(name: str) -> str:
    return (resource_dir("flows") / name).read_text(encoding="utf-8")


def _depends_on_undefined(aig: Circuit, open_aig: Circuit, folder: Path) -> bool:
    """Whether anything depends on the last inputs of the open graph; taken for so where it cannot be decided."""
    closed = aig.with_inputs(open_aig.inputs, np.arange(aig.inputs))
    try:
        return find_difference(closed, open_aig, folder=folder, time_limit_s=_UNDEFINED_TIMEOUT_S) is not None
    except VerificationError:
        return True


def _check_hierarchy(all_modules: Path, kept_modules: Path, top: str | None) -> None:
    """Refuse several tops, and nets with several drivers; the files are there as far as Yosys came."""
    if not kept_modules.is_file():
        return
    kept = read_rtlil(kept_modules.read_text(encoding="utf-8", errors="replace"))
    if top is None and all_modules.is_file():
        given = read_rtlil(all_modules.read_text(encoding="utf-8", errors="replace"))
        unused = base_names(given.values()) - base_names(kept.values()) - instantiated(given.values())
        if unused:
            chosen = [module.base_name for module in kept.values() if module.is_top]
            raise InputError(
                f"there are several modules ({', '.join(sorted([*chosen, *unused]))}); say which is the top with --top"
            )
    check_drivers(kept)


def _as_input_error(
    error: ToolFailedError, staged: Sequence[StagedSource], top: str | None, reasons: Mapping[str, str]
) -> InputError | None:
    """What Yosys complains of, in the user's own file names; None if it is not about the input."""
    if error.log is None:
        return None
    text = error.log.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^(?:(?P<file>[^\s:]+):(?P<line>\d+)(?:\.\d+-\d+\.\d+)?: )?ERROR: ?(?P<message>.*)", text, re.M)
    if found is None:
        return None
    message = _user_names(found["message"].strip(), staged).rstrip(".")
    if re.search(r"Module `\\?(\S+)' not found", message) and top is not None:
        modules = re.findall(
            r"(?:Generating RTLIL representation for module|Storing AST representation for module) "
            r"`(?:\$abstract)?\\?([^']+)'",
            text,
        )
        listed = ", ".join(dict.fromkeys(modules)) or "none"
        return InputError(f"there is no module {top!r} in {_listed(staged)}; modules found: {listed}")
    missing = re.search(r"Module `\\?(\S+)' referenced in module `\\?(\S+)'.* is not part of the design", message)
    if missing and missing[1] in reasons:
        return InputError(f"{_listed(staged)}: the technology leaves cell {missing[1]} out: {reasons[missing[1]]}")
    latch = re.search(r"Latch inferred for signal `(?:[^']*\.)?\\?([^'.]+)'", text)
    if latch and "DLATCH" in message.upper():
        return InputError(
            f"{_listed(staged)}: signal {latch[1]} is a latch, and the technology has none; give it a "
            "value in every branch or a clock"
        )
    if missing:
        return InputError(
            f"{_listed(staged)}: {missing[1]}, which module {missing[2]} instantiates, is neither a module there nor a "
            "cell of the technology; --technology or --liberty names another one"
        )
    if re.search(r"\$_DFFSRE?_\w+\) cannot be legalized", message):
        return InputError(
            f"{_listed(staged)}: {_set_and_reset(text)} an asynchronous set and an asynchronous reset; both together "
            "are not supported by the technology's flip-flops"
        )
    if "init" in message and "FF" in message.upper():
        message += "; printed flip-flops come up in an unknown state, so use a reset instead of an initial value"
    place = f"{_user_names(found['file'], staged)} line {found['line']}" if found["file"] else _listed(staged)
    return InputError(f"{place}: {message}")


def _set_and_reset(log_text: str) -> str:
    """Subject and verb, of the registers that Yosys says it made with a set and a reset."""
    made = re.findall(
        r"Creating register for signal `(?:[^']*\.)?\\?([^'.]+)' using process [^\n]*\n"
        r"(?:[^\n]*\n)??\s*created \$dffsr",
        log_text,
    )
    names = list(dict.fromkeys(made))
    if not names:
        return "a register has"
    return f"register {names[0]} has" if len(names) == 1 else f"registers {', '.join(names)} have"


def _listed(staged: Sequence[StagedSource]) -> str:
    return ", ".join(str(source.path) for source in staged)


def _user_names(text: str, staged: Sequence[StagedSource]) -> str:
    """The text with the names of the user's files for those of the links."""
    for source in staged:
        text = text.replace(source.name, str(source.path))
    return text


def _with_place(message: str, staged: Sequence[StagedSource]) -> str:
    """The message behind the name of the files, unless it begins with one."""
    message = _user_names(message, staged)
    return (
        message if message.startswith(tuple(str(source.path) for source in staged)) else f"{_listed(staged)}: {message}"
    )


def _warnings(text: str, staged: Sequence[StagedSource]) -> tuple[str, ...]:
    """Every warning of Yosys once."""
    found = re.findall(r"^(?:[^\s]+: )?Warning: (.*)", text, re.M)
    return tuple(_user_names(message, staged) for message in dict.fromkeys(message.strip() for message in found))
