"""Command for whoever prints: handover."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bespoke.cli.progress import TerminalProgress


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke handover runs/bc --out print/bc")(handover)


Run = Annotated[Path, typer.Argument(help="Folder of a finished run.", show_default=False)]
Design = Annotated[
    int | None, typer.Option(help="Row of front.csv instead of the chosen design.", min=0, show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder to write, its zip beside it; default: handover in the run's.", show_default=False),
]


def handover(run: Run, design: Design = None, out: Out = None) -> None:
    """Pack a design for whoever prints it: netlist, cells, pins, power budget, test vectors, a page in words.

    The netlist is proven once more to be the one that the run measured, also in BLIF and EDIF. The same run gives the
    same bytes. A design that the run did not choose is mapped, verified and measured first, as the chosen one was.
    """
    from bespoke.handover import hand_over  # heavy: only when needed

    with TerminalProgress() as progress:
        handed = hand_over(run, design=design, out=out, progress=progress)
    print(handed.folder)
    print(handed.archive)
