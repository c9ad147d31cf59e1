"""Commands that show what runs found: report, compare."""

from __future__ import annotations

import enum
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bespoke.errors import InputError
from bespoke.run.config import Effort

if TYPE_CHECKING:
    import pandas as pd


class TableFormat(enum.StrEnum):
    """How ``compare`` prints."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    LATEX = "latex"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke report runs/bc --figures pdf,png")(report)
    app.command(epilog="Example:  bespoke compare runs/bc runs/bc-small --columns test_accuracy,area_cm2,cells")(
        compare
    )


Run = Annotated[Path, typer.Argument(help="Folder of a finished run, or of a sweep.", show_default=False)]
Runs = Annotated[
    list[Path],
    typer.Argument(
        help="Folders of finished runs or sweeps, and Verilog files to set beside the first run.", show_default=False
    ),
]
Figures = Annotated[
    str | None, typer.Option(help="Also write figures for papers in these formats: png, svg, pdf.", show_default=False)
]
Summary = Annotated[bool, typer.Option("--summary", help="Print the summary on the terminal, too.")]
Format = Annotated[TableFormat, typer.Option("--format", help="How to print the table.")]
Top = Annotated[str | None, typer.Option(help="Module of the Verilog files; default: the outermost.")]
EffortOption = Annotated[Effort, typer.Option(help="What mapping foreign Verilog may spend.")]
Columns = Annotated[
    str | None,
    typer.Option(
        help="Columns by name, with commas between, such as test_accuracy,area_cm2,cells; --format csv names them all. "
        "Default: all; on the terminal and in LaTeX the few that say most, where all are too wide.",
        show_default=False,
    ),
]
Baselines = Annotated[bool, typer.Option("--baselines/--no-baselines", help="Show each run's exact baseline, too.")]


def report(run: Run, figures: Figures = None, summary: Summary = False) -> None:
    """Write report.html of a finished run, or sweep.html of a sweep: one file for any browser, without network."""
    # heavy: only when needed
    from bespoke.report import checked_formats, read_run, summary_table, write_figures, write_report
    from bespoke.sweep.reading import is_sweep

    wanted = () if figures is None else figures.split(",")
    formats = checked_formats(part.strip().lower().lstrip(".") for part in wanted)
    if is_sweep(run):
        _report_sweep(run, formats, summary)
        return
    print(write_report(run))
    if formats:
        for path in write_figures(run, formats):
            print(path)
    if summary:
        from rich.console import Console

        Console().print(summary_table(read_run(run)))


def _report_sweep(folder: Path, formats: tuple[str, ...], summary: bool) -> None:
    from bespoke.report.sweep_page import write_sweep_figures, write_sweep_page
    from bespoke.report.sweep_summary import summary_text
    from bespoke.sweep.tables import read_summary

    for path in (write_sweep_page(folder), *write_sweep_figures(folder, formats)):
        print(path)
    if summary:
        print(summary_text(read_summary(folder)), end="")


def compare(
    runs: Runs,
    table_format: Format = TableFormat.TERMINAL,
    columns: Columns = None,
    baselines: Baselines = True,
    top: Top = None,
    effort: EffortOption = Effort.FAST,
) -> None:
    """Put the designs of several runs side by side, each with its exact baseline, and foreign Verilog beside them.

    Foreign Verilog needs the interface of the first run's designs, and is measured on its technology and test vectors:
    a netlist of the technology's cells as it stands, any other after mapping. A sweep stands for its points.
    """
    from bespoke.report import compare_runs, named_columns
    from bespoke.sweep.reading import done_points, is_sweep

    names = None if columns is None else named_columns(columns.split(","))
    foreign = [path for path in runs if path.suffix in (".v", ".sv")]
    folders = [path for path in runs if path not in foreign]
    for path in folders:
        if path.is_file():
            raise InputError(f"{path} is neither the folder of a run nor a Verilog file")
    folders = [point for path in folders for point in (done_points(path) if is_sweep(path) else [path])]
    frame = compare_runs(folders, baselines=baselines, foreign=foreign, top=top, effort=str(effort))
    _print_comparison(frame, table_format, names)


def _print_comparison(frame: pd.DataFrame, table_format: TableFormat, names: tuple[str, ...] | None) -> None:
    from bespoke.report import comparison_html, comparison_latex, comparison_markdown, comparison_table

    data = frame if names is None else frame[list(names)]
    match table_format:
        case TableFormat.MARKDOWN:
            print(comparison_markdown(frame, names), end="")
        case TableFormat.HTML:
            print(comparison_html(frame, names), end="")
        case TableFormat.LATEX:
            print(comparison_latex(frame, names), end="")
        case TableFormat.CSV:
            data.to_csv(sys.stdout, index=False)
        case TableFormat.JSON:
            print(json.dumps(json.loads(data.to_json(orient="records")), indent=1, ensure_ascii=False))
        case _:
            from rich.console import Console

            console = Console()
            console.print(comparison_table(frame, names, width=console.width))
