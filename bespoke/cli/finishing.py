"""What a run and a choice end with: report and summary in the folder, the summary on the terminal."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bespoke.files import write_text

if TYPE_CHECKING:
    from bespoke.run.metrics import RunMetrics
    from bespoke.run.progress import RunProgress


def command_line() -> str:
    """This process' own command, as it may be typed again."""
    return shlex.join(["bespoke", *sys.argv[1:]])


def finishing(progress: RunProgress) -> Callable[[Path], None]:
    """A function that writes report and summary of a run into its folder."""

    def finish(folder: Path) -> None:
        from bespoke.report import read_run, summary_table, write_report  # heavy: only when there is something to tell

        progress.stage("writing the report")
        write_report(folder)
        plain = Console(file=io.StringIO(), width=120)
        plain.print(summary_table(read_run(folder)))
        write_text(folder / "summary.txt", plain.file.getvalue())

    return finish


def show_run(folder: Path, metrics: RunMetrics, *, as_json: bool) -> None:
    """The summary, or ``metrics.json``, on standard output."""
    from bespoke.report import read_run, summary_table
    from bespoke.run.metrics import to_json

    if as_json:
        print(json.dumps(to_json(metrics), indent=1))
        return
    console = Console()
    console.print(summary_table(read_run(folder)))
    console.print(f"[bold]Report[/] {folder / 'report.html'}", highlight=False)
