"""What a run measured: the content of ``metrics.json``, versioned."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from typing import Any

from bespoke.importers import Agreement
from bespoke.sensing import FrontEnd
from bespoke.statistics import Accuracy

#: Raised whenever a field changes its name or meaning.
METRICS_SCHEMA = 4


@dataclass(frozen=True)
class PartAccuracies:
    """Accuracy on each part of the data; None where there is no validation part."""

    train: Accuracy
    validation: Accuracy | None
    test: Accuracy


@dataclass(frozen=True)
class SourceVerdict:
    """Whether one printed power source carries the circuit.

    ``margin`` is delivered over needed power, None where the circuit needs none; ``life_h`` the hours for which
    a battery of known capacity carries it.
    """

    name: str
    kind: str
    power_mw: float
    carries: bool
    margin: float | None
    life_h: float | None


@dataclass(frozen=True)
class Verification:
    """What was compared with the integer model, each without one mismatch (a mismatch fails the run).

    ``rtl_vectors`` and ``gate_level_vectors`` went through Icarus, ``netlist_vectors`` through the bit-parallel
    simulation of the netlist. ``threshold_probes`` of the RTL's vectors stood at a threshold of the front end, a float
    below it or a float above. ``netlist_equivalent`` states that ABC proved the mapped netlist equal to the RTL,
    ``netlist_sha256`` which text that was (empty in runs of earlier versions).
    """

    rtl_vectors: int
    gate_level_vectors: int
    netlist_vectors: int
    netlist_equivalent: bool
    simulated_test_accuracy: float
    netlist_test_accuracy: float
    threshold_probes: int = 0
    netlist_sha256: str = ""


@dataclass(frozen=True)
class GateShare:
    """Area and static power of the gates that one neuron needs, or of those that belong to none alone.

    ``owner`` is a label of ``bespoke.netlist.attribution``; the shares of a design add up to the whole.
    """

    owner: str
    area_cm2: float
    static_power_mw: float


@dataclass(frozen=True)
class FrontEndSummary:
    """What stands before a design: its kind, the comparators that it needs, and whose figures price it.

    ``comparators``, ``figures`` (the set's name) and ``source`` are None where there are no figures.
    """

    kind: str
    comparators: int | None
    figures: str | None
    source: str | None

    @classmethod
    def of(cls, front_end: FrontEnd, comparators: int | None) -> FrontEndSummary:
        figures = front_end.figures
        names = (None, None) if figures is None else (figures.name, figures.source)
        return cls(str(front_end.kind), comparators, *names)


@dataclass(frozen=True)
class RivalMetrics:
    """The decision tree on the same grid and front end, of the size that the run's own rule picks among the trees.

    ``index`` is its row in front.csv; ``fits`` says whether any tree meets the request: where none does, the most
    accurate one within the budget stands here. Power is that on the training vectors, as for all of front.csv.
    """

    index: int
    fits: bool
    forecast_accuracy: float
    forecast_low: float
    forecast_high: float
    accuracy: PartAccuracies
    area_cm2: float
    static_power_mw: float
    comparators: int | None
    estimated_front_end_area_cm2: float | None
    estimated_front_end_power_mw: float | None
    estimated_system_area_cm2: float | None
    estimated_system_power_mw: float | None


@dataclass(frozen=True)
class DesignMetrics:
    """A mapped, verified and measured design.

    Power is that of the test part's vectors in their order; figures with ``train`` in their name are those of the
    training vectors, which alone the choice and the back end may look at; so is the plain flow's power. They are None
    where there were no training vectors; ``power_optimised_on`` says which vectors weighed power in the back end.

    Where the technology knows no switching energies of a cell, the dynamic power is None and the total power, like the
    system's, is the static power alone. Where it knows no delays, the delay, whether it meets the clock and what is
    made of them are None.

    The figures of front end and system are estimates, for nobody has measured the converters here, and None where there
    are no figures of them. The system is the circuit with its front end, less inverters that comparators with swapped
    inputs make needless; the verdicts on power sources are on it. Energy per decision is the system's power until the
    output has settled; the average power is that of ``decisions_per_hour`` decisions with the system off in between,
    without the switch.

    The forecast of accuracy, and of the score by the run's metric, with 95 % intervals: from cross-fitting, or from the
    validation part where that took its place. None where a design was measured by itself.

    ``confusion`` counts test samples by true class (rows) and answered class (columns). ``class_recall`` is the share
    of every class's test samples that are answered correctly, None where it has none; ``never_answered`` holds the
    labels, as text, of the classes that have test samples and are answered for no sample at all.
    """

    name: str
    kind: str
    topology: tuple[int, ...]
    accuracy: PartAccuracies
    area_cm2: float
    static_power_mw: float
    static_power_train_mw: float | None
    dynamic_power_mw: float | None
    total_power_mw: float
    cells: int
    cell_counts: dict[str, int]
    delay_ms: float | None
    delay_is_indicative: bool
    clock_ms: float
    meets_clock: bool | None
    plain_flow_area_cm2: float
    plain_flow_static_power_train_mw: float | None
    power_sources: tuple[SourceVerdict, ...]
    power_source: str | None
    used_inputs: tuple[str, ...]
    front_end: FrontEndSummary
    comparators: int | None
    estimated_front_end_area_cm2: float | None
    estimated_front_end_power_mw: float | None
    estimated_system_area_cm2: float | None
    estimated_system_power_mw: float | None
    estimated_energy_per_decision_uj: float | None
    estimated_average_power_mw: float | None
    decisions_per_hour: float | None
    verification: Verification
    model_file: str
    rtl_file: str
    netlist_file: str
    confusion: tuple[tuple[int, ...], ...]
    shares: tuple[GateShare, ...]
    power_optimised_on: str = "training vectors"
    dynamic_power_train_mw: float | None = None
    forecast_accuracy: float | None = None
    forecast_low: float | None = None
    forecast_high: float | None = None
    forecast_score: float | None = None
    forecast_score_low: float | None = None
    forecast_score_high: float | None = None
    class_recall: tuple[float | None, ...] = ()
    never_answered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ratios:
    """Baseline over chosen design; above 1 the chosen design is better.

    None where the design needs nothing at all, or the figure is unknown.
    """

    area: float | None
    static_power: float | None
    total_power: float | None
    system_area: float | None
    system_power: float | None


@dataclass(frozen=True)
class DataSummary:
    """The data as they entered the run.

    ``split`` is the random state that cut the test part, None where a set of its own is the test part; of an earlier
    version it is None as well, and was that of record.
    """

    name: str
    source: str
    features: tuple[str, ...]
    class_labels: tuple[str | int | float, ...]
    bits: int
    train_samples: int
    validation_samples: int | None
    test_samples: int
    split: int | None = None


@dataclass(frozen=True)
class SelectionSummary:
    """Which rule chose the design. The test part took no part in it.

    ``design`` is its number in front.csv, ``origin`` what it descends from, and ``copies`` are the numbers of its near
    copies. ``by_number`` says that it was asked for by its number, ``of_prints`` that forecast scores are those of
    prints. ``mapped_for`` is the request that the front was mapped for, where that was another.
    """

    rule: str
    front_designs: int
    eligible_designs: int
    metric: str
    folds: int
    design: int | None = None
    origin: str | None = None
    copies: tuple[int, ...] = ()
    by_number: bool = False
    of_prints: bool = False
    mapped_for: str | None = None


@dataclass(frozen=True)
class RobustnessSummary:
    """What becomes of the chosen design when it is printed, on the test vectors; ``robustness.json`` says more.

    Expected accuracy and the shares of prints, with 95 % intervals, are those at ``device_yield``, with comparators
    that drift by ``threshold_sigma`` steps of the grid. A good print has at least the accuracy ``floor``. ``devices``
    are those of logic and front end; the stuck-at figures are over every single fault.
    """

    device_yield: float
    threshold_sigma: float
    devices: float
    floor: float
    faults: int
    mean_stuck_at_accuracy: float
    median_stuck_at_accuracy: float
    worst_stuck_at_accuracy: float
    perfect_prints: float
    expected_printed_accuracy: float
    expected_low: float
    expected_high: float
    share_of_good_prints: float
    good_low: float
    good_high: float


@dataclass(frozen=True)
class SearchSummary:
    """What the search spent and found.

    ``seconds`` went to the search for networks, ``circuit_seconds`` to circuit-level approximation; ``front_designs``
    and ``hypervolume`` are those of the networks in training accuracy and estimated area.
    """

    candidates: int
    seconds: float
    circuit_seconds: float
    front_designs: int
    hypervolume: float

    @classmethod
    def nothing(cls) -> SearchSummary:
        """Where no networks were searched."""
        return cls(0, 0.0, 0.0, 0, 0.0)


@dataclass(frozen=True)
class RunMetrics:
    """Everything a run measured.

    ``seconds`` are those on the clock that each stage took, by its title; a stage that an earlier call had finished
    keeps its own. ``topology`` says how the hidden layers were found, None where they were given.
    ``imported_agreement`` counts the training samples on which a model of ``--model`` answers as its original does,
    before it is quantised; None where nothing was imported or there is no original to ask. ``dominated`` says in words
    which design of the front beats the chosen one and why it was not chosen, None where none does; it looks at the test
    part, which the choice does not.
    """

    bespoke_version: str
    technology: str
    supply_v: float
    seed: int
    command: str
    data: DataSummary
    float_accuracy: PartAccuracies
    quantised_accuracy: PartAccuracies
    selection: SelectionSummary
    search: SearchSummary
    baseline: DesignMetrics
    chosen: DesignMetrics
    ratios: Ratios
    rival: RivalMetrics | None
    seconds: dict[str, float]
    topology: dict[str, Any] | None = None
    imported_agreement: Agreement | None = None
    dominated: str | None = None
    robustness: RobustnessSummary | None = None
    schema: int = field(default=METRICS_SCHEMA)


def to_json(metrics: RunMetrics) -> dict[str, Any]:
    """Plain dictionary, ready for ``json.dump``."""
    return dataclasses.asdict(metrics)


def restored(kind: Any, value: Any) -> Any:
    """``value``, as it came from JSON, as the annotated type: nested dataclasses, tuples and optionals.

    Raises
    ------
    KeyError, TypeError
        if the document lacks a field or holds something else in its place.
    """
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError(f"{kind.__name__} must be an object")
        hints = typing.get_type_hints(kind)
        arguments = {}
        for item in dataclasses.fields(kind):
            if item.name in value:
                arguments[item.name] = restored(hints[item.name], value[item.name])
            elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
                raise KeyError(f"{kind.__name__} lacks {item.name}")
        return kind(**arguments)
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        return restored(options[0], value) if value is not None and len(options) == 1 else value
    if origin is tuple:
        return tuple(restored(typing.get_args(kind)[0], entry) for entry in value)
    return value
