"""Command about the installation: doctor."""

from __future__ import annotations

import dataclasses
import json
import platform
import sys

import typer
from rich.console import Console
from rich.table import Table

from bespoke import __version__
from bespoke.eda.tools import doctor as examine


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke doctor --json")(doctor)


def doctor(json_output: bool = typer.Option(False, "--json", help="For machines.")) -> None:
    """List every outside tool, its version and place, and how to get what is missing.

    Ends with exit code 1 where a needed tool is missing.
    """
    tools = examine()
    healthy = all(tool.ok for tool in tools if tool.needed)
    if json_output:
        print(
            json.dumps(
                {
                    "bespoke": __version__,
                    "python": platform.python_version(),
                    "healthy": healthy,
                    "tools": [dataclasses.asdict(tool) for tool in tools],
                },
                indent=1,
            )
        )
        raise typer.Exit(0 if healthy else 1)
    console = Console()
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    for heading in ("", "tool", "version", "place"):
        table.add_column(heading, overflow="fold")
    table.add_row("[green]ok[/]", "bespoke", __version__, str(sys.modules["bespoke"].__path__[0]))
    table.add_row("[green]ok[/]", "python", platform.python_version(), sys.executable)
    for tool in tools:
        if tool.ok:
            table.add_row("[green]ok[/]", tool.name, tool.version, tool.path)
        else:
            mark = "[red]missing[/]" if tool.needed else "[dim]optional[/]"
            table.add_row(mark, tool.name, "", tool.how_to_get)
    console.print(table)
    if not healthy:
        console.print("[red]A needed tool is missing; see above how to get it.[/]")
        raise typer.Exit(1)
