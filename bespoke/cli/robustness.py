"""Command about what becomes of a design when it is printed: robustness."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bespoke.cli.options import Json
from bespoke.cli.progress import TerminalProgress
from bespoke.eda.tools import Backend
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.stopping import farewell
from bespoke.technology import DEFAULT_TECHNOLOGY, Technology, load_technology, read_liberty

if TYPE_CHECKING:
    from bespoke.run.printable import Printable
    from bespoke.run.robustness import PrintSettings
    from bespoke.run.robustness_record import Robustness

RESULT = "robustness.json"


def register(app: typer.Typer) -> None:
    app.command(
        epilog="Example:  bespoke robustness runs/bc --device-yield 0.95 --device-yield 0.99 --threshold-sigma 0.25"
    )(robustness)


Place = Annotated[
    Path,
    typer.Argument(
        metavar="RUN|MODEL|NETLIST",
        help="Folder of a finished run, a model file, or a Verilog netlist of library cells.",
        show_default=False,
    ),
]
Design = Annotated[
    int | None,
    typer.Option(help="Another design of the run, by its number in front.csv; default: the chosen one."),
]
DeviceYield = Annotated[
    list[float] | None,
    typer.Option(
        "--device-yield",
        help="Chance that a printed device works; repeat for more; default 0.9 0.95 0.99 0.999, and the run's.",
    ),
]
Sigma = Annotated[
    float | None,
    typer.Option(
        help="Drift of every comparator of a print, standard deviation in steps of the grid; default: the run's, or 0."
    ),
]
Floor = Annotated[
    float | None, typer.Option(help="Least accuracy of a good print; default: three points below the intact accuracy.")
]
Prints = Annotated[int, typer.Option(help="Prints sampled for each device yield.")]
Seed = Annotated[int | None, typer.Option(help="Seed of everything random; default: the run's, or 0.", min=0)]
Vectors = Annotated[
    Path | None,
    typer.Option(
        "--vectors",
        "--data",
        help="CSV of samples for a MODEL or NETLIST: a run's vectors; for a model also measured values in columns "
        "named as its features, or a data set's name; for a netlist also columns called like its ports, or a "
        "hand-over's test vectors.",
    ),
]
Target = Annotated[
    str | None, typer.Option(help="Class column of measured values; default: the last that is no feature.")
]
TableOption = Annotated[
    Path | None, typer.Option("--front-end-table", help="A netlist's front_end.csv: what drives its input bits.")
]
Top = Annotated[str | None, typer.Option(help="Module of a netlist; default: the one that no other instantiates.")]
TechnologyOption = Annotated[
    str | None, typer.Option(help="Name of a technology, or a .toml or .lib file, where no run says it.")
]
Liberty = Annotated[
    list[Path] | None, typer.Option(help="Liberty file instead of a technology; repeat for several together.")
]
YosysOption = Annotated[Backend | None, typer.Option(help="Whose Yosys maps a model.")]
Out = Annotated[
    Path | None, typer.Option(help=f"Folder for {RESULT} and what is kept of a stopped command; default: the run's.")
]


def robustness(
    place: Place,
    design: Design = None,
    vectors: Vectors = None,
    target: Target = None,
    device_yield: DeviceYield = None,
    threshold_sigma: Sigma = None,
    floor: Floor = None,
    prints: Prints = 2000,
    seed: Seed = None,
    front_end_table: TableOption = None,
    top: Top = None,
    technology: TechnologyOption = None,
    liberty: Liberty = None,
    yosys: YosysOption = None,
    out: Out = None,
    json_output: Json = False,
) -> None:
    """Say what becomes of a design when it is printed: stuck-at faults, yield, drift, supplies.

    Every single stuck-at fault is simulated, prints with broken devices are enumerated or sampled at each device yield,
    comparators and sensors drift, and the netlist is measured at the technology's other supplies. All accuracies are on
    a run's test part, or on the file of --vectors. A command that was stopped goes on where it was.
    """
    from bespoke.robustness.prints import DEFAULT_DEVICE_YIELDS
    from bespoke.run.robustness import PrintSettings  # heavy: only when there is something to examine

    settings = PrintSettings(
        device_yields=tuple(sorted(set(device_yield or DEFAULT_DEVICE_YIELDS))),
        threshold_sigma=threshold_sigma or 0.0,
        floor=floor,
        prints=prints,
        seed=seed or 0,
    )
    if not place.exists():
        raise InputError(f"{place} does not exist; name a run's folder, a model file or a netlist")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; name a folder")
    options = {"--vectors": vectors, "--target": target, "--technology": technology, "--liberty": liberty or None}
    options |= {"--front-end-table": front_end_table, "--top": top, "--yosys": yosys}
    is_netlist = place.suffix in (".v", ".sv")
    with TerminalProgress() as progress:
        if place.is_dir():
            _refuse(options, options, f"{place} is a run, which says that itself")
            given = {"seed": seed, "device_yields": device_yield or None, "threshold_sigma": threshold_sigma}
            own = [name for name, value in given.items() if value is None]
            found = _of_run(place, design, settings, own, out, progress)
        else:
            _refuse({"--design": design}, ("--design",), f"{place} is no run, and has no other designs")
            if vectors is None:
                raise InputError(f"--vectors is needed: the samples that {place} is to answer, as a CSV file")
            known = read_liberty(liberty) if liberty else load_technology(technology or DEFAULT_TECHNOLOGY)
            if is_netlist:
                _refuse(options, ("--target", "--yosys"), f"{place} is a netlist")
                found = _of_netlist(place, vectors, front_end_table, top, known, settings, out, progress)
            else:
                _refuse(options, ("--front-end-table", "--top"), f"{place} is a model, which says that itself")
                found = _of_model(place, vectors, target, known, yosys, settings, out, progress)
    record, path = found
    if json_output:
        print(json.dumps(record.to_json(), indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    from bespoke.report.robustness_terminal import robustness_summary

    console = Console()
    console.print(robustness_summary(record))
    if path is not None:
        console.print(path, soft_wrap=True, markup=False, highlight=False)


_Found = tuple["Robustness", Path | None]


def _refuse(given: dict[str, object], names: object, because: str) -> None:
    """Options that do not go with what is examined."""
    for name in names:
        if given[name] is not None:
            raise InputError(f"{name} does not go with this: {because}")


def _of_run(
    place: Path, number: int | None, settings: PrintSettings, open_ones: list[str], out: Path | None, progress
) -> _Found:
    """``open_ones`` are the settings that the command leaves to the run's own."""
    from dataclasses import replace

    from bespoke.run.robustness_places import design_of_run
    from bespoke.run.runfolder import RunFolder

    with closing(RunFolder(place)) as folder:
        progress.stage("reading the run")
        found = design_of_run(folder, number=number, progress=progress.update)
        config = found.config
        of_run = {
            "seed": config.seed,
            "device_yields": tuple(sorted({*settings.device_yields, config.device_yield})),
            "threshold_sigma": config.threshold_sigma,
        }
        settings = replace(settings, **{name: of_run[name] for name in open_ones})
        return _examined(found.printable, settings, out or found.folder, progress)


def _of_model(
    place: Path,
    vectors: Path,
    target: str | None,
    technology: Technology,
    yosys: Backend | None,
    settings: PrintSettings,
    out: Path | None,
    progress: TerminalProgress,
) -> _Found:
    from bespoke.run.robustness_places import design_of_model
    from bespoke.technology import require_mappable

    require_mappable(technology)
    with tempfile.TemporaryDirectory(prefix="bespoke-robustness-") as scratch:
        progress.stage("mapping the model")
        printable, left_out = design_of_model(
            place,
            vectors,
            target=target,
            technology=technology,
            yosys=str(yosys or Backend.PYOSYS),
            seed=settings.seed,
            folder=Path(scratch) if out is None else out / "mapping",
            progress=progress.update,
        )
        if left_out:
            print(f"{vectors}: {left_out} rows are left out, for a value is missing", file=sys.stderr)
        return _examined(printable, settings, out, progress)


def _of_netlist(
    place: Path,
    vectors: Path,
    front_end_table: Path | None,
    top: str | None,
    technology: Technology,
    settings: PrintSettings,
    out: Path | None,
    progress: TerminalProgress,
) -> _Found:
    from bespoke.run.robustness_places import design_of_netlist

    progress.stage("reading the netlist")
    printable = design_of_netlist(place, vectors, technology=technology, top=top, front_end_table=front_end_table)
    return _examined(printable, settings, out, progress)


def _examined(printable: Printable, settings: PrintSettings, out: Path | None, progress: TerminalProgress) -> _Found:
    """The record, and where it was written; nothing is written without a folder."""
    from bespoke.run.robustness import examine

    progress.stage("faults, prints, drift, supplies")
    if out is None:
        return examine(printable, settings, progress=progress.update), None
    with farewell(f"stopped; the same command goes on from what {out / 'robustness'} keeps"):
        record = examine(printable, settings, kept_in=out / "robustness", progress=progress.update)
        write_json(out / RESULT, record.to_json())
    return record, out / RESULT
