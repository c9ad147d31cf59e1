"""The folder and the zip: everything for whoever prints, whole or not at all, the same bytes for the same run."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bespoke import __version__
from bespoke.eda.tools import require_tools
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.files import scratch_folder, write_bytes
from bespoke.handover.budget import power_budget
from bespoke.handover.design import Handed, check_proven, design_of, sha256
from bespoke.handover.formats import proven_formats
from bespoke.handover.page import render_page
from bespoke.handover.tables import CellRow, CodeRow, PinRow, cell_rows, code_rows, csv_text, pin_rows
from bespoke.handover.vectors import choose_vectors, vectors_text
from bespoke.report.reading import RunRecord, read_run
from bespoke.run.progress import RunProgress, Silent

#: Raised when a file or a key of the folder changes its meaning.
SCHEMA = 1
_MANIFEST = "manifest.json"
_KIND = "bespoke handover"
#: Folder inside the zip, whatever the one on disk is called.
_INSIDE = "handover"
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class HandedOver:
    """What was written: the folder, its zip, and the names of the files in them."""

    folder: Path
    archive: Path
    files: tuple[str, ...]
    design: int | None


def hand_over(
    run: str | Path,
    *,
    design: int | None = None,
    out: str | Path | None = None,
    progress: RunProgress | None = None,
) -> HandedOver:
    """Pack a finished run's design for whoever prints it, after proving once more that it is the one that was measured.

    Parameters
    ----------
    run : folder of a finished run.
    design : a row of its ``front.csv``; None takes the chosen one.
    out : folder to write; ``handover`` (``handover-N`` for another design) in the run's by default. The zip lies beside
        it under the same name. What an earlier call wrote there is replaced.

    Raises
    ------
    InputError
        if the run has not finished, the design does not exist, or the folder holds anything else.
    VerificationError
        if a file of the run is not the one that was proven and measured.
    """
    record = read_run(run)
    progress = progress or Silent()
    name = "handover" if design is None else f"handover-{design}"
    folder = Path(out) if out is not None else record.folder / name
    archive = folder.with_name(folder.name + ".zip")
    _check_place(folder, archive)
    require_tools(record.settings.get("yosys", "pyosys"))
    with scratch_folder("bespoke-handover-", keep=(ToolFailedError, VerificationError)) as scratch:
        handed = design_of(record, design, scratch=scratch / "design", progress=progress)
        files = _content(handed, record, scratch, progress)
    files[_MANIFEST] = _json(_manifest(handed, record, files))
    ordered = {name: files[name].encode("utf-8") for name in sorted(files)}
    _replace_folder(folder, ordered)
    write_bytes(archive, _zipped(ordered))
    return HandedOver(folder, archive, tuple(ordered), handed.index)


def _content(handed: Handed, record: RunRecord, scratch: Path, progress: RunProgress) -> dict[str, str]:
    """Texts of all files but the manifest, by name."""
    progress.stage("proving the netlist")
    check_proven(handed, record, scratch=scratch)
    progress.update(0.4, "BLIF and EDIF")
    yosys = record.settings.get("yosys", "pyosys")
    formats = proven_formats(handed, folder=scratch / "formats", yosys=yosys)
    progress.stage("packing")
    vectors = choose_vectors(handed, record.train_part().features, record.test_part().features)
    cells, pins, codes = cell_rows(handed), pin_rows(handed), code_rows(handed)
    budget = power_budget(handed.metrics, supply_v=handed.technology.supply_v, asked=record.settings.get("source"))
    return {
        "netlist.v": handed.files["netlist.v"],
        "netlist.blif": formats.blif,
        "netlist.edif": formats.edif,
        "cells.v": handed.files["cells.v"],
        "rtl.v": handed.files["rtl/top.v"],
        "testbench.v": handed.files["rtl/top_tb.v"],
        "model.json": _json(handed.model.to_json()),
        "cells.csv": csv_text(CellRow, cells),
        "pins.csv": csv_text(PinRow, pins),
        "classes.csv": csv_text(CodeRow, codes),
        "power_budget.json": _json(asdict(budget)),
        "test_vectors.csv": vectors_text(handed, vectors),
        "README.html": render_page(handed, record, cells=cells, pins=pins, codes=codes, budget=budget, vectors=vectors),
    }


def _manifest(handed: Handed, record: RunRecord, files: dict[str, str]) -> dict[str, object]:
    """What this is, what made it, and the digest of everything in it and before it."""
    metrics = record.metrics
    told = record.folder / "versions.json"
    versions = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    return {
        "kind": _KIND,
        "schema": SCHEMA,
        "design": handed.index,
        "name": handed.metrics.name,
        "technology": metrics.technology,
        "command": metrics.command,
        "packed_by": f"bespoke {__version__}",
        "commit": versions.get("commit"),
        "versions": versions,
        "data": {
            "name": metrics.data.name,
            "sha256": versions.get("data_sha256"),
            "vectors_sha256": {
                path.name: sha256(path.read_bytes()) for path in sorted((record.folder / "vectors").glob("*.csv"))
            },
        },
        "model_sha256": sha256(files["model.json"]),
        "netlist_sha256": sha256(files["netlist.v"]),
        "files": {name: sha256(files[name]) for name in sorted(files)},
    }


def _json(document: object) -> str:
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _check_place(folder: Path, archive: Path) -> None:
    """Nothing but an earlier handover is replaced.

    Raises
    ------
    InputError
        naming what is in the way.
    """
    if folder.is_dir() and any(folder.iterdir()) and not _is_handover(folder):
        raise InputError(f"--out {folder} holds files that are not of a handover; name an empty or a new folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder} is a file; name a folder")
    if archive.exists() and not _is_handover(folder):
        raise InputError(f"{archive}, where the zip goes, is there already; name another folder with --out")


def _is_handover(folder: Path) -> bool:
    try:
        return json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["kind"] == _KIND
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _replace_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write under a temporary name beside it, then rename."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(f".{folder.name}.", inside=folder.parent, suffix=".tmp") as temporary:
        new, old = temporary / "new", temporary / "old"
        for name, content in files.items():
            write_bytes(new / name, content)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)


def _zipped(files: dict[str, bytes]) -> bytes:
    """Stored, in order, without times: compressed bytes depend on the machine's library."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{_INSIDE}/{name}", date_time=_DATE)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            archive.writestr(entry, content)
    return sink.getvalue()
