"""Users' Verilog files under plain names in a tool's folder, so that no name of theirs reaches a script."""

from __future__ import annotations

import codecs
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.errors import InputError
from bespoke.files import write_bytes

#: What a folder of included files may hold.
_VERILOG_SUFFIXES = (".v", ".vh", ".sv", ".svh", ".inc", ".mem", ".hex")
_SYSTEM_VERILOG_SUFFIX = ".sv"
_TABLE = re.compile(rb'\$readmem[bh]\s*\(\s*"([^"\n]+)"')


@dataclass(frozen=True)
class StagedSource:
    """A file of the user's, ``path``, that stands as ``name`` in the tool's folder."""

    name: str
    system_verilog: bool
    path: Path


def stage_sources(
    sources: Sequence[Path], folder: Path, *, copies: bool = False
) -> tuple[list[StagedSource], list[str]]:
    """Bring the files into the folder, and the folders that they lie in, for ``include``.

    Parameters
    ----------
    copies : files of their own instead of links, for a tool that follows none.

    Returns
    -------
    The files, and the names of the folders.

    Raises
    ------
    InputError
        naming the file that is missing.
    """
    bring = _copy if copies else _link
    if not sources:
        raise InputError("no Verilog file was given")
    staged, folders = [], []
    for index, given in enumerate(map(Path, sources)):
        path = given.resolve()
        if not path.is_file():
            raise InputError(f"there is no Verilog file {given}")
        system_verilog = path.suffix.lower() == _SYSTEM_VERILOG_SUFFIX
        name = f"source_{index}{'.sv' if system_verilog else '.v'}"
        _bring_text(path, folder / name, bring)
        _bring_tables(path, folder, bring)
        staged.append(StagedSource(name, system_verilog, given))
        if path.parent not in folders:
            folders.append(path.parent)
    names = []
    for index, parent in enumerate(folders):
        bring(parent, folder / f"include_{index}")
        if (folder / f"include_{index}").exists():
            names.append(f"include_{index}")
    return staged, names


def plain_sources(sources: Sequence[Path], folder: Path) -> list[Path]:
    """The files themselves, or copies in the folder of those whose marks or line ends a tool would stumble over."""
    plain = []
    for index, path in enumerate(sources):
        content = path.read_bytes()
        repaired = plain_verilog(content)
        if repaired != content:
            path = folder / f"source_{index}{path.suffix}"
            write_bytes(path, repaired)
        plain.append(path)
    return plain


def plain_verilog(content: bytes) -> bytes:
    """A file's text as UTF-8 without byte-order mark and carriage returns, which tools stumble over."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            content = content[len(mark) :].decode(encoding, errors="replace").encode()
            break
    return content.replace(b"\r\n", b"\n") if b"\r" in content else content


def _bring_text(path: Path, name: Path, bring: Callable[[Path, Path], None]) -> None:
    content = path.read_bytes()
    plain = plain_verilog(content)
    if plain == content:
        bring(path, name)
    else:
        name.unlink(missing_ok=True)
        name.write_bytes(plain)


def _bring_tables(source: Path, folder: Path, bring: Callable[[Path, Path], None]) -> None:
    """Files that the source fills memories from, named from its own folder."""
    for found in _TABLE.findall(source.read_bytes()):
        name = Path(found.decode(errors="replace"))
        table, place = source.parent / name, folder / name
        if (
            ".." in name.parts
            or name.is_absolute()
            or not table.is_file()
            or (place.exists() and not place.is_symlink())
        ):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        bring(table, place)


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
