"""Commands that show what runs found: report, compare."""

from __future__ import annotations

import enum
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bespoke.errors import InputError
from bespoke.pipeline.config import Effort


class TableFormat(enum.StrEnum):
    """How ``compare`` prints."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke report runs/bc --figures pdf,png")(report)
    app.command(epilog="Example:  bespoke compare runs/bc runs/bc-small other.v --top top --format markdown")(compare)


Run = Annotated[Path, typer.Argument(help="Folder of a finished run.", show_default=False)]
Runs = Annotated[
    list[Path],
    typer.Argument(help="Folders of finished runs, and Verilog files to set beside the first run.", show_default=False),
]
Figures = Annotated[
    str | None, typer.Option(help="Also write figures for papers in these formats: png, svg, pdf.", show_default=False)
]
Summary = Annotated[bool, typer.Option("--summary", help="Print the summary on the terminal, too.")]
Format = Annotated[TableFormat, typer.Option("--format", help="How to print the table.")]
Top = Annotated[str | None, typer.Option(help="Module of the Verilog files; default: the outermost.")]
EffortOption = Annotated[Effort, typer.Option(help="What mapping foreign Verilog may spend.")]
Baselines = Annotated[bool, typer.Option("--baselines/--no-baselines", help="Show each run's exact baseline, too.")]


def report(run: Run, figures: Figures = None, summary: Summary = False) -> None:
    """Write report.html of a finished run: one file that opens in any browser, without network."""
    from bespoke.report import read_run, summary_table, write_figures, write_report  # heavy: only when needed

    formats = tuple(part.strip().lower().lstrip(".") for part in figures.split(",")) if figures else ()
    print(write_report(run))
    if formats:
        for path in write_figures(run, formats):
            print(path)
    if summary:
        from rich.console import Console

        Console().print(summary_table(read_run(run)))


def compare(
    runs: Runs,
    table_format: Format = TableFormat.TERMINAL,
    baselines: Baselines = True,
    top: Top = None,
    effort: EffortOption = Effort.FAST,
) -> None:
    """Put the designs of several runs side by side, each with its exact baseline, and foreign Verilog beside them.

    Foreign Verilog needs the interface of the first run's designs, and is measured on its technology and test vectors:
    a netlist of the technology's cells as it stands, any other after mapping.
    """
    from bespoke.report import compare_runs, comparison_html, comparison_markdown, readable_rows

    foreign = [path for path in runs if path.suffix in (".v", ".sv")]
    folders = [path for path in runs if path not in foreign]
    for path in folders:
        if path.is_file():
            raise InputError(f"{path} is neither the folder of a run nor a Verilog file")
    frame = compare_runs(folders, baselines=baselines, foreign=foreign, top=top, effort=str(effort))
    match table_format:
        case TableFormat.MARKDOWN:
            print(comparison_markdown(frame), end="")
        case TableFormat.HTML:
            print(comparison_html(frame), end="")
        case TableFormat.CSV:
            frame.to_csv(sys.stdout, index=False)
        case TableFormat.JSON:
            print(json.dumps(json.loads(frame.to_json(orient="records")), indent=1, ensure_ascii=False))
        case _:
            _print_table(*readable_rows(frame))


def _print_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """One design a column: the terminal is narrow, designs are few, figures many."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    table.add_column("")
    for row in rows:
        table.add_column(escape(row[0]), justify="right", overflow="fold")
    for index, heading in enumerate(headings[1:], start=1):
        table.add_row(heading, *(escape(row[index]) for row in rows))
    Console().print(table)
