"""Which design of a run is handed over, and that it is the one that was proven and measured."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bespoke.backend.equivalence import prove_equivalent
from bespoke.errors import InputError, VerificationError
from bespoke.model import IntegerClassifier
from bespoke.netlist import Netlist, area_cm2, cell_counts, predict, read_netlist
from bespoke.report.reading import BASELINE_ORIGIN, FrontRow, RunRecord
from bespoke.run.choosing import Bench
from bespoke.run.config import RunConfig, read_config
from bespoke.run.design import measure
from bespoke.run.metrics import DesignMetrics
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import prepare_data
from bespoke.run.progress import RunProgress
from bespoke.sensing import Wires
from bespoke.technology import Technology


@dataclass(frozen=True, eq=False)
class Handed:
    """A design with everything that was found out about it.

    Parameters
    ----------
    index : its row in ``front.csv``; None where the table does not have it.
    metrics : what was measured.
    model : its model file, the oracle.
    netlist : in the technology's cells.
    files : Verilog texts by name: ``netlist.v``, ``cells.v``, ``rtl/top.v``, ``rtl/top_tb.v``.
    """

    index: int | None
    metrics: DesignMetrics
    model: ModelFile
    netlist: Netlist
    technology: Technology
    files: dict[str, str]

    @property
    def classifier(self) -> IntegerClassifier:
        return self.model.classifier

    @property
    def wires(self) -> Wires:
        """What the netlist's input bus carries."""
        return self.model.wires

    @property
    def read(self) -> np.ndarray:
        """Which of the wires the netlist reads, bool (wires,)."""
        return self.netlist.read_inputs()[: self.wires.count]

    @property
    def labels(self) -> tuple[str, ...]:
        """Class labels as text, by output code."""
        return tuple(map(str, self.model.class_labels))


#: Verilog of a design's folder that is handed over.
_FILES = ("netlist.v", "cells.v", "rtl/top.v", "rtl/top_tb.v")


def design_of(record: RunRecord, index: int | None, *, scratch: Path, progress: RunProgress) -> Handed:
    """The run's chosen design, or that of a row of ``front.csv``.

    A design that the run only mapped for its front is mapped, verified and measured here, in ``scratch``, as the run
    does with the one that it chooses.

    Raises
    ------
    InputError
        if the front has no such design, or what the run was made of is not there any more.
    """
    row = record.chosen_row if index is None else _row(record, index)
    if row is None or row.chosen:
        return _in_folder(record, row, record.metrics.chosen, record.folder, record.folder)
    if row.origin == BASELINE_ORIGIN:
        return _in_folder(record, row, record.metrics.baseline, record.folder / "baseline", record.folder)
    progress.stage(f"mapping and verifying design {row.index}")
    metrics = _measured(record, row, scratch, progress)
    return _in_folder(record, row, metrics, scratch, scratch)


def _row(record: RunRecord, index: int) -> FrontRow:
    for row in record.front:
        if row.index == index:
            return row
    raise InputError(
        f"--design {index}: {record.folder / 'front.csv'} has the designs 0 to {len(record.front) - 1}; "
        "its column index numbers them"
    )


def _in_folder(record: RunRecord, row: FrontRow | None, metrics: DesignMetrics, folder: Path, root: Path) -> Handed:
    """The design whose files lie in ``folder``; its model file is named relative to ``root``."""
    files = {}
    for name in _FILES:
        try:
            files[name] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{folder / name} cannot be read ({error}); a finished run has it, so repeat the run"
            ) from None
    return Handed(
        index=None if row is None else row.index,
        metrics=metrics,
        model=ModelFile.load(root / metrics.model_file),
        netlist=read_netlist(files["netlist.v"], record.technology),
        technology=record.technology,
        files=files,
    )


def _measured(record: RunRecord, row: FrontRow, scratch: Path, progress: RunProgress) -> DesignMetrics:
    """What the run would have measured, had it chosen this design."""
    config = RunConfig(**read_config(record.folder / "config.toml"))
    data, _ = prepare_data(config)
    for part, held in ((data.train, record.train_part()), (data.test, record.test_part())):
        if not np.array_equal(part.features, held.features):
            raise InputError(
                f"the data of {record.folder} are not those that it was made of any more, and design {row.index} is to "
                "be measured on them; only the chosen design can be handed over without them"
            )
    model = ModelFile.load(record.folder / row.model_file)
    model.save(scratch / "model.json")
    metrics = measure(
        model.classifier,
        data,
        scratch,
        name=f"design {row.index}",
        backend=Bench.of(config).backend,
        model_file=scratch / "model.json",
        root=scratch,
        progress=progress.update,
    )
    return replace(
        metrics,
        forecast_accuracy=row.forecast_accuracy,
        forecast_low=row.forecast_low,
        forecast_high=row.forecast_high,
        forecast_score=row.forecast_score,
    )


def check_proven(handed: Handed, record: RunRecord, *, scratch: Path) -> None:
    """Make sure that the netlist is the one that was proven and measured, and prove it anew against its Verilog.

    Raises
    ------
    VerificationError
        if a file was changed since the run: in its digest, its cells, its area, its answers or its function.
    """
    metrics, netlist = handed.metrics, handed.netlist
    again = "it was changed after the run; repeat the run in a new folder"
    if not metrics.verification.netlist_equivalent:
        raise VerificationError(f"the run did not prove its netlist {metrics.netlist_file} equal to its Verilog")
    stamped = metrics.verification.netlist_sha256
    if stamped and stamped != sha256(handed.files["netlist.v"]):
        raise VerificationError(f"{metrics.netlist_file} is not the netlist that the run proved: {again}")
    same_area = math.isclose(area_cm2(netlist), metrics.area_cm2, rel_tol=1e-9, abs_tol=1e-15)
    if cell_counts(netlist) != dict(metrics.cell_counts) or not same_area:
        raise VerificationError(f"{metrics.netlist_file} has other cells than the run measured: {again}")
    vectors = np.concatenate([record.train_part().features, record.test_part().features])
    wrong = np.flatnonzero(predict(netlist, vectors, handed.wires) != handed.classifier.predict(vectors))
    if len(wrong):
        raise VerificationError(
            f"{metrics.netlist_file} answers otherwise than {metrics.model_file} on {len(wrong)} of the run's "
            f"{len(vectors)} vectors: {again}"
        )
    rtl, mapped = scratch / "rtl.v", scratch / "mapped.v"
    rtl.write_text(handed.files["rtl/top.v"], encoding="utf-8")
    mapped.write_text(handed.files["netlist.v"], encoding="utf-8")
    found = prove_equivalent(
        [rtl],
        [mapped],
        folder=scratch / "proof",
        top=netlist.module,
        technology=handed.technology,
        backend=record.settings.get("yosys", "pyosys"),
    )
    if not found.equivalent:
        raise VerificationError(f"{metrics.netlist_file} is not equal to {metrics.rtl_file}: {again}")


def sha256(content: str | bytes) -> str:
    """Digest of a file's content, hexadecimal."""
    return hashlib.sha256(content.encode("utf-8") if isinstance(content, str) else content).hexdigest()
