"""What a sweep comes to: every design of every point, and means with their spread, as CSV and as Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from bespoke.dominance import non_dominated
from bespoke.errors import InputError
from bespoke.files import write_bytes, write_text
from bespoke.sweep.points import Point

#: What `summary.csv` has the mean and the spread of.
FIGURES = ("test_accuracy", "forecast_accuracy", "area_cm2", "estimated_system_power_mw")
#: Settings that repeat a combination: what differs between their values is chance.
REPEATING = ("seed", "split")
#: Behind the name of a figure in `summary.csv`: mean, standard deviation, half of the width of the 95 % t-interval.
MEAN, DEVIATION, HALF_WIDTH = "_mean", "_sd", "_half_width"
_CONFIDENCE = 0.95


def fronts(out: Path, done: Sequence[Point]) -> pd.DataFrame:
    """Every design of the points that are done: swept settings, what its ``front.csv`` says, ``folder`` and ``pareto``.

    ``pareto`` is 1 where no design of any point on the same data has a better forecast for no more estimated system
    power, or as good a one for less; designs without a figure of power are never on that front.

    Raises
    ------
    InputError
        if a point has lost its ``front.csv``.
    """
    parts = [_front(out, point) for point in done]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    table["pareto"] = 0
    for _, rows in table.groupby("_data", sort=False):
        table.loc[rows.index, "pareto"] = on_front(rows["forecast_accuracy"], rows["estimated_system_power_mw"])
    return table.drop(columns="_data")


def _front(out: Path, point: Point) -> pd.DataFrame:
    table = _read_front(out / point.folder / "front.csv")
    for place, (key, value) in enumerate(point.settings.items()):
        table.insert(place, key, value)
    table["folder"] = point.folder
    assert point.config is not None
    table["_data"] = f"{point.config.data} {point.config.train}"
    return table


def fronts_of(out: Path) -> pd.DataFrame:
    """``fronts.csv`` of a sweep; see `fronts`. Empty where no point is done."""
    path = out / "fronts.csv"
    return _read_front(path) if path.is_file() else pd.DataFrame()


def _read_front(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype_backend="numpy_nullable")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); remove its folder and sweep again") from None


def on_front(accuracy: pd.Series, cost: pd.Series) -> np.ndarray:
    """1 where no other has a higher accuracy for no higher cost, or the same for less; equals alike, int (rows,)."""
    points = np.column_stack([-accuracy.to_numpy(float, na_value=np.nan), cost.to_numpy(float, na_value=np.nan)])
    known = ~np.isnan(points).any(axis=1)
    best = {tuple(points[known][index]) for index in non_dominated(points[known])}
    return np.array([int(tuple(point) in best) for point in points], dtype=int)


def summary(table: pd.DataFrame, swept: Sequence[str]) -> pd.DataFrame:
    """Means and spread over what repeats a combination of the other settings.

    Parameters
    ----------
    table : the content of ``sweep.csv``; only points that are done count.
    swept : the swept settings.

    Returns
    -------
    A row per combination in the order of the file: its settings; ``n``, the points that are done; and for each of
    `FIGURES` mean, standard deviation (of a sample) and half of the width of the 95 % t-interval of the mean, which
    are missing where there are too few points.
    """
    keys = [key for key in swept if key not in REPEATING]
    groups = [((), table)] if not keys else table.groupby(keys, sort=False, dropna=False)
    rows = []
    for values, points in groups:
        done = points[points["status"] == "done"]
        row = dict(zip(keys, values, strict=True)) | {"n": len(done)}
        for figure in FIGURES:
            row |= _spread(figure, done[figure].dropna().to_numpy(float))
        rows.append(row)
    return pd.DataFrame(rows)


def _spread(figure: str, values: np.ndarray) -> dict[str, float]:
    count = len(values)
    deviation = values.std(ddof=1) if count > 1 else np.nan
    quantile = stats.t.ppf((1 + _CONFIDENCE) / 2, count - 1) if count > 1 else np.nan
    return {
        figure + MEAN: values.mean() if count else np.nan,
        figure + DEVIATION: deviation,
        figure + HALF_WIDTH: quantile * deviation / np.sqrt(count) if count > 1 else np.nan,
    }


def write_csv(table: pd.DataFrame, path: Path) -> None:
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """The table with a type per column: text where a setting has words among its numbers."""
    plain = table.copy()
    for name in [name for name in plain if plain[name].dtype == "object"]:
        words = any(isinstance(value, str) for value in plain[name])
        plain[name] = plain[name].map(str) if words else pd.to_numeric(plain[name])
    write_bytes(path, plain.to_parquet(index=False, engine="pyarrow"))


def read_summary(out: Path) -> pd.DataFrame:
    """``summary.csv`` of a sweep, settings as text; see `summary`."""
    table = read_text_table(out / "summary.csv")
    figures = table.columns[table.columns.get_loc("n") + 1 :]
    return table.astype({"n": int} | dict.fromkeys(figures, float))


def read_text_table(path: Path) -> pd.DataFrame:
    """A table of a sweep, every cell as text; NaN where it is empty.

    Raises
    ------
    InputError
        if it is not there, or no table.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); `bespoke sweep` writes it") from None
    return table.replace("", np.nan)
