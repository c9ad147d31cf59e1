"""Commands that look at data: data, datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bespoke.cli.options import TABLE, DataDir, settings_of, takes
from bespoke.data import LocalSet, local_sets

if TYPE_CHECKING:
    from bespoke.data import DataCard, FeatureCard

#: Marks of rising height, for shares on the terminal.
_HEIGHTS = " ▁▂▃▄▅▆▇█"
#: Codes that a row shows side by side; finer grids are joined to as many.
_SHOWN_CODES = 16
#: Columns of the terminal that a name has at least.
_SHORTEST_NAME = 10


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke data my.csv --target class --range temperature=-10:40")(data)
    app.command(epilog="Example:  bespoke datasets")(datasets)


@takes(*TABLE, "seed", "config", "json_output")
def data(config: Path | None, json_output: bool, **options: Any) -> None:
    """Look at data as a run would take them: warnings, then every feature's range and what its grid makes of it.

    Ranges, shares and warnings are of the training part; the test part is only counted.
    """
    from bespoke.data import card_of  # heavy: only when data are read
    from bespoke.run.preparation import read_data

    if options["test"] is not None and options["data"] is not None:  # a table beside its test file
        options["train"], options["data"] = options["data"], None
    card = card_of(read_data(settings_of(config, options))[0])
    if json_output:
        print(json.dumps(card.to_json(), indent=1, ensure_ascii=False))
        return
    _show(card)


def datasets(data_dir: DataDir = None, json_output: bool = typer.Option(False, "--json", help="For machines.")) -> None:
    """List the data sets known by name, and which of them are on this machine."""
    known = local_sets(data_dir)
    if json_output:
        print(json.dumps([one.to_json() for one in known], indent=1, ensure_ascii=False))
        return
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    for heading in ("name", "what it is", "where"):
        table.add_column(heading, no_wrap=heading == "where")
    for one in known:
        table.add_row(one.name, one.description, _where(one))
    console = Console()
    console.print(table)
    for folder in sorted({str(one.path.parent) for one in known if one.path is not None}):
        console.print(f"local files: {folder}", soft_wrap=True, markup=False, highlight=False)
    if not all(one.local for one in known):
        console.print(
            "A set that needs a file is read from NAME.csv in the folder that --data-dir or BESPOKE_DATA names, or "
            "downloaded once from UCI.",
            highlight=False,
        )


def _where(one: LocalSet) -> str:
    if not one.local:
        return "needs a file"
    return "bundled" if one.path is None else "local file"


def _show(card: DataCard) -> None:
    console = Console()

    def say(text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False, highlight=False)

    parts = [f"{card.samples} samples to develop on"]
    if card.validation_samples is not None:
        parts.append(f"{card.validation_samples} to validate on")
    parts.append(f"{card.test_samples} to test on")
    say(f"{card.name}: {', '.join(parts)}; {len(card.features)} features, {card.bits} bits each, scale {card.scale}")
    say("classes: " + ", ".join(f"{label} ({count})" for label, count in card.classes))
    for note in card.notes:
        say(f"note: {note}")
    for warned in card.warnings:
        say(f"warning: {warned.text}", "yellow")
    if not card.warnings:
        say("no warnings")
    console.print(_features(card, console.width))
    say(
        "low and high: share in the lowest and highest code. values: samples from the smallest to the largest value. "
        "codes: samples by code, the lowest first.",
        "dim",
    )


def _features(card: DataCard, width: int) -> Table:
    """A row per feature, no wider than the terminal: names are cut in the middle."""
    headings = ("feature", "from", "to", "low", "high", "values", "codes")
    rows = [
        (
            feature.name,
            f"{feature.low:.4g}",
            f"{feature.high:.4g}",
            f"{100 * feature.at_lowest:.0f} %",
            f"{100 * feature.at_highest:.0f} %",
            _bars(feature.histogram),
            _bars(_joined(feature)),
        )
        for feature in card.features
    ]
    others = sum(1 + max(len(row[column]) for row in (headings, *rows)) for column in range(1, len(headings)))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in ("from", "to", "low", "high") else "left", no_wrap=True)
    for name, *cells in rows:
        table.add_row(escape(_cut(name, max(_SHORTEST_NAME, width - others))), *cells)
    return table


def _cut(name: str, width: int) -> str:
    """At most so many characters: the beginning and the end, where names differ."""
    if len(name) <= width:
        return name
    kept = width - 1
    return name[: kept - kept // 2] + "…" + name[len(name) - kept // 2 :]


def _joined(feature: FeatureCard) -> list[float]:
    """Shares by code, neighbours joined where there are too many for a row."""
    step = max(1, len(feature.levels) // _SHOWN_CODES)
    return [sum(feature.levels[start : start + step]) for start in range(0, len(feature.levels), step)]


def _bars(shares: Any) -> str:
    """A mark per share, its height in proportion to the largest; whatever is not nothing is seen."""
    most = max(shares)
    top = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[max(share > 0, round(top * share / most))] if most else _HEIGHTS[0] for share in shares)
