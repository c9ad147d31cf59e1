"""The folder of a sweep, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bespoke.errors import InputError
from bespoke.sweep.spec import read_sweep
from bespoke.sweep.tables import FIGURES, fronts_of, read_summary, read_text_table

#: What tells the folder of a sweep from that of a run.
TABLE = "sweep.csv"


@dataclass(frozen=True)
class SweepRecord:
    """What a sweep left.

    Attributes
    ----------
    settings : names of the swept settings.
    data : data set that all points share; None where it is swept.
    points : ``sweep.csv``, settings as text.
    summary : see `bespoke.sweep.tables.summary`.
    fronts : see `bespoke.sweep.tables.fronts`; empty where no point is done.
    """

    folder: Path
    settings: tuple[str, ...]
    data: str | None
    points: pd.DataFrame
    summary: pd.DataFrame
    fronts: pd.DataFrame

    @property
    def data_names(self) -> Sequence[str]:
        """Of every row of ``fronts`` the data set."""
        for name in ("data", "train"):
            if name in self.settings:
                return [str(value) for value in self.fronts[name]]
        return [self.data or ""] * len(self.fronts)


def is_sweep(folder: Path) -> bool:
    return (folder / TABLE).is_file()


def read_record(folder: Path) -> SweepRecord:
    """The content of a sweep's folder.

    Raises
    ------
    InputError
        naming the file that is not there or cannot be read.
    """
    points = read_text_table(folder / TABLE).astype(dict.fromkeys(FIGURES, float))
    settings = tuple(points.columns[: points.columns.get_loc("status")])
    shared = read_sweep(folder / "sweep.toml").shared
    data = None if {"data", "train"} & set(settings) else shared.get("data") or shared.get("train")
    return SweepRecord(folder, settings, data, points, read_summary(folder), fronts_of(folder))


def done_points(folder: Path) -> list[Path]:
    """Run folders of the points that are done.

    Raises
    ------
    InputError
        if there is none.
    """
    points = read_text_table(folder / TABLE)
    done = [folder / name for name in points["folder"][points["status"] == "done"]]
    if not done:
        raise InputError(f"no point of the sweep in {folder} is done; `bespoke sweep` computes them")
    return done
