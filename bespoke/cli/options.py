"""Options that several commands share, and how they become the settings of a run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from bespoke.costs import Objective
from bespoke.data import Missing, RareClasses, Scale
from bespoke.eda.tools import Backend
from bespoke.errors import InputError
from bespoke.execution import ExecutorKind
from bespoke.files import as_written
from bespoke.run.config import Effort, RunConfig, Unit, coerce, read_config
from bespoke.scores import Metric
from bespoke.sensing import FrontEndKind

_DATA = "Data"
_CHOICE = "Which design"
_SEARCH = "Training and search"
_BACKEND = "Technology and tools"
_MACHINE = "Where the work is done"

Data = Annotated[str | None, typer.Argument(help="Name of a known data set, or a CSV file.", show_default=False)]
Train = Annotated[str | None, typer.Option(help="CSV file of the training samples.", rich_help_panel=_DATA)]
Test = Annotated[str | None, typer.Option(help="CSV file of the test samples.", rich_help_panel=_DATA)]
Target = Annotated[
    str | None, typer.Option(help="Class column, name or index; default: the last.", rich_help_panel=_DATA)
]
DataDir = Annotated[
    str | None, typer.Option(envvar="BESPOKE_DATA", help="Folder of the literature's sets.", rich_help_panel=_DATA)
]
Bits = Annotated[int | None, typer.Option(help="Bits of every input; default 4.", rich_help_panel=_DATA)]
Range = Annotated[
    list[str] | None,
    typer.Option(
        "--range", help="name=low:high: a sensor's range in its unit; repeat for more.", rich_help_panel=_DATA
    ),
]
ScaleOption = Annotated[
    Scale | None,
    typer.Option("--scale", help="What other ranges are fitted to; default minmax.", rich_help_panel=_DATA),
]
MissingOption = Annotated[
    Missing | None,
    typer.Option(
        "--missing",
        help="Missing values: refuse, drop the samples, fill in medians; default refuse.",
        rich_help_panel=_DATA,
    ),
]
RareClassesOption = Annotated[
    RareClasses | None,
    typer.Option(
        "--rare-classes",
        help="Classes with too few samples: refuse, drop their samples, merge into one; default refuse.",
        rich_help_panel=_DATA,
    ),
]
Split = Annotated[
    int | None,
    typer.Option(help="Random state of the test split; default 42, the split of record.", rich_help_panel=_DATA),
]
Hidden = Annotated[
    str | None,
    typer.Option(
        help="Neurons of each hidden layer, such as 3 or 5,4; default auto: cross-validated.", rich_help_panel=_SEARCH
    ),
]
Model = Annotated[
    str | None,
    typer.Option(help="Trained MLP to start from: .onnx, .json or .npz; default: train one.", rich_help_panel=_SEARCH),
]
DeviceYield = Annotated[
    float | None,
    typer.Option(
        "--device-yield",
        help="Probability that a printed device works; default 0.99; searched under by --objective printed-accuracy.",
        rich_help_panel=_SEARCH,
    ),
]
ThresholdSigma = Annotated[
    float | None,
    typer.Option(
        "--threshold-sigma",
        help="Drift of a comparator's reference, standard deviation in steps of the grid; default 0.",
        rich_help_panel=_SEARCH,
    ),
]
Seed = Annotated[int | None, typer.Option(help="Seed of everything random; default 0.", rich_help_panel=_SEARCH)]
EffortOption = Annotated[
    Effort | None, typer.Option(help="What search and synthesis may spend; default normal.", rich_help_panel=_SEARCH)
]
Folds = Annotated[
    int | None,
    typer.Option(
        help="Folds that forecast the accuracy; default 5, fast 3; 0: a validation part instead.",
        rich_help_panel=_SEARCH,
    ),
]
Validation = Annotated[
    str | None, typer.Option(help="CSV file of the validation samples, for --folds 0.", rich_help_panel=_DATA)
]
MetricOption = Annotated[
    Metric | None,
    typer.Option(
        "--metric", help="What designs are compared and chosen by; default accuracy.", rich_help_panel=_SEARCH
    ),
]
CostMatrix = Annotated[
    str | None,
    typer.Option(help="CSV of what each answer (columns) to each class (rows) costs.", rich_help_panel=_SEARCH),
]
Starts = Annotated[
    str | None,
    typer.Option(
        help="What the gate-level search starts from: network,tree,forest,lut,nothing; default all.",
        rich_help_panel=_SEARCH,
    ),
]
Freeze = Annotated[
    list[Unit] | None, typer.Option(help="Unit kind to leave exact; repeat for more.", rich_help_panel=_SEARCH)
]
CircuitApproximation = Annotated[
    bool | None,
    typer.Option(
        "--circuit-approximation/--no-circuit-approximation",
        help="Approximate below the neurons too; default on.",
        rich_help_panel=_SEARCH,
    ),
]
Workers = Annotated[int | None, typer.Option(help="Cores; changes no result; default 2.", rich_help_panel=_MACHINE)]
ExecutorOption = Annotated[
    ExecutorKind | None,
    typer.Option(
        "--executor",
        help="Where pieces of the work are done; changes no result; default processes.",
        rich_help_panel=_MACHINE,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(help="Scheduler of a running Dask cluster, tcp://host:port; with dask.", rich_help_panel=_MACHINE),
]
MaxLoss = Annotated[
    float | None,
    typer.Option(help="Forecast accuracy that may be lost against the exact baseline's.", rich_help_panel=_CHOICE),
]
MinAccuracy = Annotated[float | None, typer.Option(help="Least forecast accuracy instead.", rich_help_panel=_CHOICE)]
ObjectiveOption = Annotated[
    Objective | None,
    typer.Option(
        "--objective",
        help="What to make small; printed-accuracy counts prints' errors; default system-power.",
        rich_help_panel=_SEARCH,
    ),
]
FrontEndOption = Annotated[
    FrontEndKind | None,
    typer.Option(
        "--front-end", help="What stands before the classifier; default thermometer.", rich_help_panel=_SEARCH
    ),
]
FrontEndFigures = Annotated[
    str | None,
    typer.Option(
        "--front-end-figures",
        help="What it costs: a set of the technology's figures, or a TOML file; default: the first set that fits.",
        rich_help_panel=_BACKEND,
    ),
]
MaxArea = Annotated[float | None, typer.Option("--max-area-cm2", help="Largest area, cm².", rich_help_panel=_CHOICE)]
MaxPower = Annotated[
    float | None, typer.Option("--max-power-mw", help="Largest static power, mW.", rich_help_panel=_CHOICE)
]
MaxSystemArea = Annotated[
    float | None,
    typer.Option("--max-system-area-cm2", help="Largest area with the front end, cm².", rich_help_panel=_CHOICE),
]
MaxSystemPower = Annotated[
    float | None,
    typer.Option("--max-system-power-mw", help="Largest power with the front end, mW.", rich_help_panel=_CHOICE),
]
Source = Annotated[
    str | None,
    typer.Option(help="Power source that must carry design and front end, by name.", rich_help_panel=_CHOICE),
]
ChooseRival = Annotated[
    bool | None,
    typer.Option("--choose-rival", help="Let the rival decision trees be chosen too.", rich_help_panel=_CHOICE),
]
DecisionsPerHour = Annotated[
    float | None,
    typer.Option(
        "--decisions-per-hour",
        help="For the average power of a system that is off in between.",
        rich_help_panel=_CHOICE,
    ),
]
TechnologyOption = Annotated[
    str | None, typer.Option(help="Name or TOML file; default egfet-1.0v.", rich_help_panel=_BACKEND)
]
Liberty = Annotated[
    list[str] | None,
    typer.Option(help="Liberty file to map on; repeat for several together.", rich_help_panel=_BACKEND),
]
Clock = Annotated[
    float | None, typer.Option("--clock-ms", help="Clock period; default: the technology's.", rich_help_panel=_BACKEND)
]
Yosys = Annotated[Backend | None, typer.Option(help="Which Yosys; default pyosys.", rich_help_panel=_BACKEND)]
Config = Annotated[Path | None, typer.Option(help="TOML file with any of these options.")]
Out = Annotated[Path, typer.Option(help="Folder of the run; the same command continues a stopped run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace another run in that folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

#: Type and default of every option that a command may take by name; see `takes`.
_SHARED = {
    "data": (Data, None),
    "out": (Out, ...),
    "train": (Train, None),
    "test": (Test, None),
    "target": (Target, None),
    "data_dir": (DataDir, None),
    "bits": (Bits, None),
    "range": (Range, None),
    "scale": (ScaleOption, None),
    "missing": (MissingOption, None),
    "rare_classes": (RareClassesOption, None),
    "split": (Split, None),
    "hidden": (Hidden, None),
    "model": (Model, None),
    "seed": (Seed, None),
    "effort": (EffortOption, None),
    "folds": (Folds, None),
    "validation": (Validation, None),
    "metric": (MetricOption, None),
    "cost_matrix": (CostMatrix, None),
    "starts": (Starts, None),
    "freeze": (Freeze, None),
    "circuit_approximation": (CircuitApproximation, None),
    "objective": (ObjectiveOption, None),
    "device_yield": (DeviceYield, None),
    "threshold_sigma": (ThresholdSigma, None),
    "front_end": (FrontEndOption, None),
    "front_end_figures": (FrontEndFigures, None),
    "max_system_area_cm2": (MaxSystemArea, None),
    "max_system_power_mw": (MaxSystemPower, None),
    "source": (Source, None),
    "choose_rival": (ChooseRival, None),
    "decisions_per_hour": (DecisionsPerHour, None),
    "max_loss": (MaxLoss, None),
    "min_accuracy": (MinAccuracy, None),
    "max_area_cm2": (MaxArea, None),
    "max_power_mw": (MaxPower, None),
    "technology": (TechnologyOption, None),
    "liberty": (Liberty, None),
    "clock_ms": (Clock, None),
    "yosys": (Yosys, None),
    "workers": (Workers, None),
    "executor": (ExecutorOption, None),
    "address": (Address, None),
    "config": (Config, None),
    "overwrite": (Overwrite, False),
    "json_output": (Json, False),
}
#: What says which data and how they become integers.
TABLE = (
    "data", "train", "test", "target", "data_dir", "bits", "range", "scale", "missing", "rare_classes", "split",
)  # fmt: skip
#: Where the work is done.
MACHINE = ("workers", "executor", "address")
#: What a command that trains, one that searches and one that chooses take, one after the other.
TRAINING = (
    "data", "out", "train", "test", "target", "data_dir", "bits", "range", "scale", "missing", "rare_classes", "split",
    "hidden", "model", "seed",
)  # fmt: skip
SEARCH = (
    "effort", "folds", "validation", "metric", "cost_matrix", "starts", "freeze", "circuit_approximation", "front_end",
    "objective", "device_yield", "threshold_sigma",
)  # fmt: skip
CHOICE = (
    "max_loss", "min_accuracy", "source", "max_system_power_mw", "max_system_area_cm2", "max_area_cm2", "max_power_mw",
    "choose_rival", "decisions_per_hour",
)  # fmt: skip
TECHNOLOGY = ("technology", "liberty", "front_end_figures")


def takes(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command with the options of these names, in the order of its help.

    An option that the command itself gives a default is as declared there, and so is one that is not shared; the
    command is called with all of them by keyword.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True).parameters
        parameters = []
        for name in names:
            declared = own.get(name)
            if name in _SHARED and (declared is None or declared.default is inspect.Parameter.empty):
                annotation, default = _SHARED[name]
            else:
                annotation, default = declared.annotation, declared.default
            kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))

        @functools.wraps(command)
        def wrapped(**given: Any) -> None:
            command(**given)

        wrapped.__signature__ = inspect.Signature(parameters)
        wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return wrapped

    return decorate


def settings_of(config: Path | None, given: dict[str, Any]) -> RunConfig:
    """Options given on the command line over those of the TOML file over the defaults."""
    given = {**given, "liberty": tuple(given.get("liberty") or ()) or None}
    given = {**given, "hidden": _hidden(given.get("hidden")), "freeze": tuple(given.get("freeze") or ())}
    if given.get("starts") is not None:
        given["starts"] = coerce("starts", [part.strip() for part in given["starts"].split(",")])
    if given.get("target") is not None:
        given["target"] = as_written(given["target"])
    if given.get("range"):
        given["range"] = coerce("range", [as_written(one) for one in given["range"]])
    settings = read_config(config) if config else {}
    if given.get("data") is not None or given.get("train") is not None:
        for key in ("data", "train", "test"):
            settings.pop(key, None)
    for key, others in _REPLACES.items():
        if given.get(key) is not None:
            for other in others:
                settings.pop(other, None)
    if given["hidden"] == _AUTO:
        settings.pop("hidden", None)
        given["hidden"] = None
    settings |= {key: value for key, value in given.items() if value not in (None, [], ())}
    return RunConfig(**settings)


#: What an option on the command line makes void in a file: a run's own has everything filled in.
_REPLACES = {
    "model": ("hidden",),
    "front_end": ("front_end_figures",),
    "technology": ("liberty", "front_end_figures"),
    "liberty": ("technology", "front_end_figures"),
}
#: Asks for hidden layers that the data decide.
_AUTO = "auto"


def _hidden(text: str | None) -> tuple[int, ...] | str | None:
    if text is None or text.strip() == _AUTO:
        return text and _AUTO
    try:
        return coerce("hidden", [int(part) for part in text.split(",")])
    except ValueError:
        raise InputError(f"option --hidden needs sizes such as 3 or 5,4, or auto; not {text!r}") from None


def require_verilog(sources: Iterable[Path]) -> None:
    """Every file is there, before a tool is started and a folder made.

    Raises
    ------
    InputError
        naming the file.
    """
    for source in sources:
        if source.is_dir():
            raise InputError(f"{source} is a folder; name the Verilog files in it")
        if not source.exists():
            raise InputError(f"Verilog file {source} does not exist")
