"""Verilog to a flat and-inverter graph through Yosys."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.circuit import Circuit, RegisterCut, cut_outputs
from bespoke.eda.rtlil import BitPort, FlipFlopCut, circuit_from_json
from bespoke.eda.runner import run_tool
from bespoke.eda.scripts import render_script
from bespoke.eda.tools import Backend, yosys_command
from bespoke.errors import InputError, ToolFailedError
from bespoke.resources import resource_dir

log = logging.getLogger(__name__)

#: What a folder of included files may hold.
_VERILOG_SUFFIXES = (".v", ".vh", ".sv", ".svh", ".inc", ".mem", ".hex")
_NAME = re.compile(r"(?:[A-Za-z_][\w$]*|\\[^\s\"';#]+)\Z")
_DEFAULT_TIMEOUT_S = 600.0


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
    """

    module: str
    inputs: tuple[BitPort, ...]
    outputs: tuple[BitPort, ...]
    flip_flops: tuple[FlipFlopCut, ...]
    aig: Circuit
    warnings: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class _Source:
    name: str
    system_verilog: bool
    path: Path


def elaborate(
    sources: Sequence[Path],
    *,
    top: str | None,
    folder: Path,
    backend: Backend | str = Backend.PYOSYS,
    cell_models: str | None = None,
    carry_save: bool = True,
    name: str = "front_end",
    timeout_s: float = _DEFAULT_TIMEOUT_S,
) -> Elaborated:
    """Read Verilog, flatten and check it, and turn it into an and-inverter graph.

    Undriven and undefined bits count as 0; each is logged as a warning.

    Parameters
    ----------
    sources : Verilog-2005 files (``.sv``: SystemVerilog as far as Yosys reads it).
    top : module to take; None lets Yosys find the one that no other instantiates.
    folder : for the script, the log and the result.
    cell_models : Verilog text of library cells, for sources that are netlists.
    carry_save : whether sums of several operands become carry-save trees; same function, other structure.
    name : names the run's files.

    Raises
    ------
    InputError
        naming the file and Yosys' message if the Verilog cannot be read, naming the modules if there is no such top,
        or if the design has latches, loops or bidirectional ports.
    ToolFailedError
        if Yosys does not finish in time.
    """
    if top is not None and not _NAME.match(top):
        raise InputError(f"{top!r} is not a module name")
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    staged, include_folders = _stage(sources, folder, _copy if Backend(backend) is Backend.YOWASP else _link)
    ripple_carry = (resource_dir("flows") / "ripple_carry.v").read_text(encoding="utf-8")
    (folder / "ripple_carry.v").write_text(ripple_carry, encoding="utf-8")
    if cell_models is not None:
        (folder / "cells.v").write_text(cell_models, encoding="utf-8")
    script = render_script(
        "front_end.ys.j2",
        sources=staged,
        include_folders=include_folders,
        cell_models="cells.v" if cell_models is not None else None,
        top=top,
        carry_save=carry_save,
        adder_map="./ripple_carry.v",
    )
    (folder / "front_end.ys").write_text(script, encoding="utf-8")
    result = folder / "front_end.json"
    result.unlink(missing_ok=True)
    try:
        run = run_tool("yosys", (*yosys_command(backend), "front_end.ys"), folder=folder, timeout_s=timeout_s)
    except ToolFailedError as error:
        raise _as_input_error(error, staged, top) or error from None
    text = run.text()
    if not result.is_file():
        raise ToolFailedError("Yosys ended without a result", command=run.command, log=run.log)
    warnings = _warnings(text, staged)
    for warning in warnings:
        log.warning("%s", warning)
    if top is None:
        _check_single_top(text, staged)
    try:
        module, inputs, outputs, flip_flops, aig = circuit_from_json(result)
    except InputError as error:
        raise InputError(f"{_listed(staged)}: {error}") from None
    return Elaborated(module, inputs, outputs, flip_flops, aig, warnings)


def _stage(
    sources: Sequence[Path], folder: Path, bring: Callable[[Path, Path], None]
) -> tuple[list[_Source], list[str]]:
    """Put the sources under plain names into the folder, so that no name of the user's reaches a script."""
    if not sources:
        raise InputError("no Verilog file was given")
    staged, folders = [], []
    for index, given in enumerate(map(Path, sources)):
        path = given.resolve()
        if not path.is_file():
            raise InputError(f"there is no Verilog file {given}")
        system_verilog = path.suffix.lower() == ".sv"
        link = f"source_{index}{'.sv' if system_verilog else '.v'}"
        bring(path, folder / link)
        staged.append(_Source(link, system_verilog, given))
        if path.parent not in folders:
            folders.append(path.parent)
    names = []
    for index, parent in enumerate(folders):  # for `include
        bring(parent, folder / f"include_{index}")
        if (folder / f"include_{index}").exists():
            names.append(f"include_{index}")
    return staged, names


def _link(target: Path, link: Path) -> None:
    """A link, or a copy where the system allows no links."""
    if link.is_dir() and not link.is_symlink():  # a copy made for another Yosys
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        _copy(target, link)


def _copy(target: Path, copy: Path) -> None:
    """The file, or a folder's own Verilog files: the WASM sandbox follows no link out of its folder."""
    if target.is_file():
        copy.unlink(missing_ok=True)
        shutil.copyfile(target, copy)
        return
    if copy.is_symlink():
        copy.unlink()
    copy.mkdir(exist_ok=True)
    for path in target.iterdir():
        if path.suffix.lower() in _VERILOG_SUFFIXES and path.is_file():
            shutil.copyfile(path, copy / path.name)


def _as_input_error(error: ToolFailedError, staged: Sequence[_Source], top: str | None) -> InputError | None:
    """What Yosys complains of, in the user's own file names; None if it is not about the input."""
    if error.log is None:
        return None
    text = error.log.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^(?:(?P<file>[^\s:]+):(?P<line>\d+)(?:\.\d+-\d+\.\d+)?: )?ERROR: (?P<message>.*)", text, re.M)
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
    latch = re.search(r"Latch inferred for signal `(?:[^']*\.)?\\?([^'.]+)'", text)
    if latch and "DLATCH" in message.upper():
        return InputError(
            f"{_listed(staged)}: signal {latch[1]} is a latch, and the technology has none; give it a "
            "value in every branch or a clock"
        )
    if "init" in message and "FF" in message.upper():
        message += "; printed flip-flops come up in an unknown state, so use a reset instead of an initial value"
    place = f"{_user_names(found['file'], staged)} line {found['line']}" if found["file"] else _listed(staged)
    return InputError(f"{place}: {message}")


def _check_single_top(text: str, staged: Sequence[_Source]) -> None:
    """Yosys takes any of several tops; better to ask."""
    chosen = re.search(r"^Automatically selected (.+) as design top module", text, re.M)
    if chosen is None:
        return
    unused = re.findall(r"^Removing unused module `\\?([^']+)'", text.split("cells.v")[0], re.M)
    unused = [name for name in dict.fromkeys(unused) if not name.startswith("$")]
    if unused:
        modules = ", ".join([chosen[1], *unused])
        raise InputError(f"{_listed(staged)}: there are several modules ({modules}); say which is the top with --top")


def _listed(staged: Sequence[_Source]) -> str:
    return ", ".join(str(source.path) for source in staged)


def _user_names(text: str, staged: Sequence[_Source]) -> str:
    """The text with the names of the user's files for those of the links."""
    for source in staged:
        text = text.replace(source.name, str(source.path))
    return text


def _warnings(text: str, staged: Sequence[_Source]) -> tuple[str, ...]:
    """Every warning once, except those about what was already undriven before flattening made it unused."""
    found = re.findall(r"^(?:[^\s]+: )?Warning: (.*)", text, re.M)
    sentences = []
    for message in dict.fromkeys(message.strip() for message in found):
        if re.search(r"is used but has no driver", message):
            message = message.rstrip(".") + "; it counts as 0"
        sentences.append(_user_names(message, staged))
    return tuple(sentences)
