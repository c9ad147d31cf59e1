"""The settings of a run: one frozen value, read from options and TOML, written back resolved."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomli_w

from bespoke.costs import Objective
from bespoke.data import FeatureRange, Missing, RareClasses, Scale, Scaling
from bespoke.data.prepare import SPLIT_SEED
from bespoke.documents import read_toml
from bespoke.eda.tools import Backend
from bespoke.errors import InputError
from bespoke.execution import ExecutorKind
from bespoke.scores import Metric
from bespoke.sensing import MOST_BITS, FrontEndKind


class Effort(StrEnum):
    """How much search and synthesis may spend."""

    FAST = "fast"
    NORMAL = "normal"
    HIGH = "high"


class Unit(StrEnum):
    """The three kinds of units of a neuron that the search approximates."""

    MULTIPLY = "multiply"
    ACCUMULATE = "accumulate"
    ACTIVATE = "activate"


class Start(StrEnum):
    """What the gate-level search may start from."""

    NETWORK = "network"
    TREE = "tree"
    FOREST = "forest"
    LUT = "lut"
    NOTHING = "nothing"


def usual_folds(effort: Effort) -> int:
    """Folds that forecast the accuracy where nobody asks for another number."""
    return 3 if effort is Effort.FAST else 5


#: Settings that say which design of a finished front is wanted; what is trained, searched and forecast is the same
#: whatever they are, though half of the designs that are mapped are those that the request at hand may end at.
REQUEST_SETTINGS = (
    "max_loss",
    "min_accuracy",
    "max_area_cm2",
    "max_power_mw",
    "max_system_area_cm2",
    "max_system_power_mw",
    "source",
    "choose_rival",
    "decisions_per_hour",
)


#: What each setting may be, or entries of it, that is one of a few names.
CHOICES: dict[str, type[StrEnum]] = {
    "scale": Scale,
    "missing": Missing,
    "rare_classes": RareClasses,
    "effort": Effort,
    "metric": Metric,
    "starts": Start,
    "freeze": Unit,
    "objective": Objective,
    "front_end": FrontEndKind,
    "yosys": Backend,
    "executor": ExecutorKind,
}
#: Settings that say where the work is done, and change no result.
MACHINE_SETTINGS = ("workers", "executor", "address")

#: Of the published range of 0.90 to 0.99 ('Printed Microprocessors', ISCA 2020), for what is not asked otherwise.
DEVICE_YIELD = 0.99


def _option(default: Any, text: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"help": text, "low": low, "high": high})


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides a run's result, and where the work is done, which does not.

    Raises
    ------
    InputError
        naming the option whose value does not fit.
    """

    data: str | None = _option(None, "data set: a bundled or literature name, or a CSV file")
    train: str | None = _option(None, "CSV file with the training samples, instead of data")
    test: str | None = _option(None, "CSV file with the test samples, beside train")
    target: str | int | None = _option(None, "class column, by name or index; the last by default")
    data_dir: str | None = _option(None, "folder with the literature's CSV files")
    bits: int = _option(4, "bits of every input feature", low=1, high=MOST_BITS)
    range: tuple[FeatureRange, ...] = _option((), "name=low:high, the range of a sensor in its unit; repeat for more")
    scale: Scale = _option(Scale.MINMAX, "what the range of every other feature is fitted to")
    missing: Missing = _option(Missing.REFUSE, "what becomes of missing values")
    rare_classes: RareClasses = _option(RareClasses.REFUSE, "what becomes of classes with too few samples")
    split: int | None = _option(
        None, "random state of the test split; 42, the split of record, by default", low=0, high=2**32 - 1
    )
    hidden: tuple[int, ...] | None = _option(None, "neurons of each hidden layer; found by cross-validation by default")
    model: str | None = _option(None, "trained MLP to start from instead of training one: an .onnx, .json or .npz file")
    seed: int = _option(0, "seed of everything random", low=0, high=2**31 - 1)
    effort: Effort = _option(Effort.NORMAL, "how much search and synthesis may spend")
    folds: int | None = _option(
        None,
        "folds that forecast the accuracy; 5 by default, 3 at effort fast; 0 for a validation part instead",
        low=0,
        high=50,
    )
    validation: str | None = _option(None, "CSV file with the validation samples, for folds = 0")
    metric: Metric = _option(Metric.ACCURACY, "what designs are forecast, compared and chosen by")
    cost_matrix: str | None = _option(None, "CSV file: what each answer to each class costs, for metric cost")
    starts: tuple[Start, ...] = _option(tuple(Start), "what the gate-level search starts from")
    freeze: tuple[Unit, ...] = _option((), "unit kinds that the search leaves as trained")
    circuit_approximation: bool = _option(True, "approximate the front's circuits below the neuron level")
    objective: Objective = _option(Objective.SYSTEM_POWER, "what the search and the choice make small, beside accuracy")
    front_end: FrontEndKind = _option(FrontEndKind.THERMOMETER, "what stands between the sensors and the classifier")
    front_end_figures: str | None = _option(
        None, "figures of the front end: a set of the technology's, or a TOML file; the technology's first by default"
    )
    device_yield: float = _option(
        DEVICE_YIELD, "probability that a printed device works, for figures of prints", low=0.5, high=1
    )
    threshold_sigma: float = _option(
        0.0, "drift of a comparator's reference, standard deviation in steps of the grid", low=0, high=64
    )
    max_loss: float | None = _option(
        None, "forecast accuracy that the design may lose against the exact baseline", low=0, high=1
    )
    min_accuracy: float | None = _option(None, "least forecast accuracy of the design", low=0, high=1)
    max_area_cm2: float | None = _option(None, "largest area of the design, cm²", low=0)
    max_power_mw: float | None = _option(None, "largest static power of the design, mW", low=0)
    max_system_area_cm2: float | None = _option(None, "largest area of design and front end, cm²", low=0)
    max_system_power_mw: float | None = _option(None, "largest power of design and front end, mW", low=0)
    source: str | None = _option(None, "power source that must carry design and front end; `bespoke technology show`")
    choose_rival: bool = _option(False, "let the rival decision trees be chosen as well")
    decisions_per_hour: float | None = _option(
        None, "decisions an hour, for the average power of a system that is off in between", low=0
    )
    technology: str = _option("egfet-1.0v", "printed technology: a name or a TOML file")
    liberty: tuple[str, ...] | None = _option(
        None, "Liberty file to map on, instead of a technology; several make one technology of all their cells"
    )
    clock_ms: float | None = _option(None, "clock period, ms; the technology's by default", low=1e-6)
    yosys: Backend = _option(Backend.PYOSYS, "which Yosys runs")
    workers: int = _option(2, "cores that work at once; the result does not depend on it", low=1, high=1024)
    executor: ExecutorKind = _option(
        ExecutorKind.PROCESSES, "where pieces of the work are done; the result does not depend on it"
    )
    address: str | None = _option(None, "scheduler of a running Dask cluster, tcp://host:port, for executor dask")

    def __post_init__(self):
        for item in dataclasses.fields(self):
            value, low, high = getattr(self, item.name), item.metadata["low"], item.metadata["high"]
            if value is None or low is None:
                continue
            if not low <= value or (high is not None and not value <= high):
                bound = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
                raise InputError(f"option {_spelled(item.name)} must be {bound}, not {value}")
        Scaling(self.scale, self.range)  # refuses two ranges of one feature
        if (self.data is None) == (self.train is None):
            raise InputError("name either a data set or --train and --test; `bespoke datasets` lists the known names")
        if (self.train is None) != (self.test is None):
            raise InputError("--train and --test go together")
        if self.split is not None and self.train is not None:
            raise InputError("--split cuts a test part, which --test brings; leave one of them out")
        if self.hidden is not None and any(not 1 <= size <= 256 for size in self.hidden):
            raise InputError(f"option --hidden needs sizes between 1 and 256, such as 3 or 5,4; not {self.hidden}")
        if self.hidden is not None and self.model is not None:
            raise InputError("--model brings its own hidden layers; leave --hidden out")
        if self.folds == 1:
            raise InputError(
                "one fold leaves nothing to learn from; give --folds at least 2, or 0 for a validation part"
            )
        if self.validation is not None and self.folds != 0:
            raise InputError("--validation takes the place of cross-fitting; give --folds 0 with it")
        if (self.metric is Metric.COST) != (self.cost_matrix is not None):
            raise InputError("--metric cost and --cost-matrix go together")
        if not self.starts:
            raise InputError(f"--starts needs at least one of {', '.join(Start)}")
        if not self.circuit_approximation and Start.NETWORK not in self.starts:
            raise InputError("--no-circuit-approximation leaves networks alone, which --starts leaves out")
        if self.freeze and Start.NETWORK not in self.starts:
            raise InputError("--freeze is for the units of networks, which --starts leaves out")
        if set(self.freeze) == set(Unit):
            raise InputError("--freeze of all three kinds of units leaves nothing to search; let one of them change")
        if self.max_loss is not None and self.min_accuracy is not None:
            raise InputError("--max-loss and --min-accuracy both set the accuracy asked for; give one of them")
        if self.spread is not None and self.max_loss is not None and self.metric is not Metric.ACCURACY:
            raise InputError(
                "--max-loss with --objective printed-accuracy sets prints against the baseline's accuracy as designed; "
                f"with --metric {self.metric} give --min-accuracy"
            )
        if self.address is not None and self.executor is not ExecutorKind.DASK:
            raise InputError("--address is that of a Dask cluster; give --executor dask with it, or leave it out")
        if self.front_end is FrontEndKind.DIGITAL and self.front_end_figures is not None:
            raise InputError("--front-end digital costs nothing; leave --front-end-figures out")

    @property
    def fold_count(self) -> int:
        """Folds that forecast the accuracy; 0 for a validation part."""
        if self.folds is not None:
            return self.folds
        return usual_folds(self.effort)

    @property
    def spread(self) -> tuple[float, float] | None:
        """Device yield and drift under which designs are searched and compared; None where they count as designed."""
        return (self.device_yield, self.threshold_sigma) if self.objective is Objective.PRINTED_ACCURACY else None

    def result_settings(self) -> dict[str, Any]:
        """The settings that what is found depends on, as they stand in a run folder's config; not the request."""
        settings = to_plain(self)
        for name in MACHINE_SETTINGS:
            settings.pop(name, None)
        if self.split == SPLIT_SEED:  # as where nobody names one
            settings.pop("split")
        settings.pop("data_dir", None)  # where the data lay; their digest says what they were
        if self.spread is None:  # what prints are reported under, and no more
            settings.pop("device_yield"), settings.pop("threshold_sigma")
        return {name: value for name, value in settings.items() if name not in REQUEST_SETTINGS}

    def asking(self, **request: Any) -> RunConfig:
        """The same settings with another request; what it does not name is not asked for.

        How often decisions are made is no demand, so it stays unless it is named.
        """
        unasked = {item.name: item.default for item in dataclasses.fields(self) if item.name in REQUEST_SETTINGS}
        return dataclasses.replace(self, **{**unasked, "decisions_per_hour": self.decisions_per_hour, **request})


def to_plain(config: RunConfig) -> dict[str, Any]:
    """TOML-ready dictionary; options that are not set are left out."""
    plain = {}
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if value is None:
            continue
        if isinstance(value, tuple):
            value = [str(entry) if isinstance(entry, StrEnum | FeatureRange) else entry for entry in value]
        plain[item.name] = str(value) if isinstance(value, StrEnum) else value
    return plain


def to_toml(config: RunConfig, *, asked: RunConfig | None = None) -> str:
    """The settings as TOML; comments name those that are not set, and those that nobody asked for.

    Parameters
    ----------
    asked : the settings as they were given, where ``config`` has filled in what they left open.
    """
    plain = to_plain(config)
    unset = [item.name for item in dataclasses.fields(config) if item.name not in plain]
    found = [] if asked is None else [name for name in plain if name not in to_plain(asked)]
    comments = [
        f"# {words}: {', '.join(names)}"
        for words, names in (("found by the run, not asked for", found), ("not set", unset))
        if names
    ]
    return "\n".join([*comments, tomli_w.dumps(plain)])


def read_config(path: Path) -> dict[str, Any]:
    """Settings of a TOML file, checked for unknown keys and types, ready for ``RunConfig(**settings)``.

    Raises
    ------
    InputError
        naming the file and key.
    """
    document = read_toml(path, "config file")
    return {key: coerce(key, value, where=f"config file {path}: ") for key, value in document.items()}


def coerce(key: str, value: Any, *, where: str = "") -> Any:
    """A plain value as the type of the option ``key``.

    Raises
    ------
    InputError
        for an unknown option (naming the nearest) or a value of the wrong type.
    """
    known = [item.name for item in dataclasses.fields(RunConfig)]
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
        raise InputError(f"{where}unknown option {key!r}{hint}")
    try:
        return _coerced(key, value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}option {_spelled(key)}: {error}") from None


def _coerced(key: str, value: Any) -> Any:
    match key:
        case "bits" | "seed" | "workers" | "folds" | "split":
            return _typed(value, int, "a whole number")
        case "hidden":
            if value == "auto":
                return None
            entries = [value] if isinstance(value, int) else _typed(value, list, "a list of whole numbers")
            return tuple(_typed(entry, int, "a list of whole numbers") for entry in entries)
        case "range":
            return _ranges(value)
        case "liberty":
            entries = [value] if isinstance(value, str) else _typed(value, (list, tuple), "a file or a list of files")
            return tuple(_typed(entry, str, "a list of files") for entry in entries) or None
        case "freeze":
            return tuple(_choice(entry, CHOICES[key]) for entry in _typed(value, list, "a list of unit kinds"))
        case "starts":
            entries = _typed(value, list, "a list of starts")
            return tuple(dict.fromkeys(_choice(entry, CHOICES[key]) for entry in entries))
        case _ if key in CHOICES:
            return _choice(value, CHOICES[key])
        case "circuit_approximation" | "choose_rival":
            return _typed(value, bool, "true or false")
        case (
            "device_yield" | "threshold_sigma" | "max_loss" | "min_accuracy" | "max_area_cm2" | "max_power_mw"
            | "max_system_area_cm2" | "max_system_power_mw" | "decisions_per_hour" | "clock_ms"
        ):  # fmt: skip
            return float(_typed(value, (int, float), "a number"))
        case "target":
            return _typed(value, (str, int), "a column's name or index")
        case _:
            return _typed(value, str, "text")


def _ranges(value: Any) -> tuple[FeatureRange, ...]:
    """Ranges in the order of names: of a list of ``name=low:high``, or of a table by name."""
    if isinstance(value, dict):
        value = [
            f"{name}={':'.join(map(str, ends)) if isinstance(ends, list) else ends}" for name, ends in value.items()
        ]
    entries = _typed(value, list, "a list of name=low:high, or a table")
    return tuple(sorted(FeatureRange.parsed(_typed(entry, str, "name=low:high")) for entry in entries))


def _typed(value: Any, kind: type | tuple[type, ...], words: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"expected {words}, found {value!r}")
    return value


def _choice(value: Any, kind: type[StrEnum]) -> StrEnum:
    names = [str(entry) for entry in kind]
    if value not in names:
        near = difflib.get_close_matches(str(value), names, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"{value!r} is none of {', '.join(names)}{hint}")
    return kind(value)


def _spelled(name: str) -> str:
    return "--" + name.replace("_", "-")
