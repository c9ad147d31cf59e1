"""Loads what a run's settings name: the data, split, and the technology."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bespoke.data import (
    PreparedData,
    Scaling,
    card_of,
    load_alike,
    load_dataset,
    prepare,
    prepare_pair,
    with_validation,
    write_vectors,
)
from bespoke.data.cost_matrix import read_cost_matrix
from bespoke.data.dataset import MIN_CLASS_SAMPLES
from bespoke.data.prepare import SPLIT_SEED
from bespoke.data.vectors import write_measured
from bespoke.errors import InputError
from bespoke.execution import Executor, Serial, executor_of
from bespoke.importers import ImportedModel, import_model
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import RunConfig
from bespoke.run.focus import focus_notes, focus_of
from bespoke.run.procedure import Procedure
from bespoke.run.progress import RunProgress
from bespoke.run.runfolder import RunFolder, digest_arrays
from bespoke.run.stages import Stage
from bespoke.scores import Scorer
from bespoke.search import Printing
from bespoke.sensing import FrontEnd, FrontEndKind, figures_of, priced_front_end
from bespoke.technology import (
    PowerSource,
    Technology,
    knows_delays,
    load_technology,
    require_mappable,
    shortcomings,
)
from bespoke.train import choose_topology

log = logging.getLogger(__name__)

#: What a run's folder holds of the data, looked at.
CARD_FILE = "data.json"
#: What was measured of the test part, for the drift of its sensors.
MEASURED_TEST = "measured/test.csv"
#: The hidden layer by cross-validation.
_TOPOLOGY = Stage("choosing the hidden layer", "models/topology.json")
#: Hidden layers of the literature's classifiers, which its setting asks for.
LITERATURE_HIDDEN = {
    "breast_cancer_wisconsin": (3,),
    "cardiotocography": (3,),
    "pendigits": (5,),
    "redwine": (2,),
    "whitewine": (4,),
}
#: Share of the samples that becomes the validation part where nothing is cross-fitted.
VALIDATION_FRACTION = 0.25


@dataclass(frozen=True)
class Topology:
    """Neurons of every hidden layer, and what was tried where they were searched for."""

    hidden: tuple[int, ...]
    tried: dict[str, Any] | None = None


def prepare_data(config: RunConfig) -> tuple[PreparedData, str]:
    """The data, split and quantised, and where they come from; what was done to the table is logged.

    Columns that are constant over the training part are left out, unless a model is imported, which may read them.

    Raises
    ------
    InputError
        naming the file, column and row at fault.
    """
    data, source = read_data(config)
    more = focus_notes(data, BUDGETS[config.effort], screened=config.model is None)
    data = replace(data, notes=(*data.notes, *more))
    for note in data.notes:
        log.warning("note: %s", note)
    return data, source


def read_data(config: RunConfig) -> tuple[PreparedData, str]:
    """As ``prepare_data``, without a word on what was done to the table; it stands in the data's notes."""
    fraction = VALIDATION_FRACTION if config.fold_count == 0 and config.validation is None else None
    extra = [path for path in (config.test, config.validation) if path is not None]
    settings = {
        "bits": config.bits,
        "scaling": Scaling(config.scale, config.range),
        "keep_idle": config.model is not None,
    }
    reading = {
        "target": config.target,
        "data_dir": config.data_dir,
        "missing": config.missing,
        "rare_classes": config.rare_classes,
    }
    cut = {"split_seed": SPLIT_SEED if config.split is None else config.split}
    if config.data is not None and config.validation is None:
        dataset = load_dataset(config.data, **reading)
        return prepare(dataset, validation_fraction=fraction, **cut, **settings), dataset.source
    if config.data is not None:
        dataset, validation = load_alike(config.data, extra, min_class_samples=MIN_CLASS_SAMPLES, **reading)
        data = with_validation(prepare(dataset, **cut, **settings), validation, dataset)
        return data, f"{dataset.source}, {validation.source}"
    train, test, *validations = load_alike(config.train, extra, **{**reading, "data_dir": None})
    validation = validations[0] if validations else None
    data = prepare_pair(train, test, validation=validation, validation_fraction=fraction, **settings)
    return data, ", ".join(part.source for part in (train, test, *validations))


def executor_named(config: RunConfig, out: Path) -> Executor:
    """Where the settings have the work done; pieces that nobody could do are kept in the folder's ``failed/``.

    Raises
    ------
    InputError
        for a Dask that is not installed, or a cluster that does not answer.
    """
    return executor_of(config.executor, config.workers, address=config.address, keep=out / "failed")


def write_parts(folder: RunFolder, data: PreparedData) -> None:
    """Every part of the data as vectors in the folder, and the card of the training part."""
    for name, part in data.parts.items():
        write_vectors(folder / f"vectors/{name}.csv", part, data.feature_names)
    if data.test.measured is not None:
        write_measured(folder / MEASURED_TEST, data.test, data.feature_names)
    folder.write_json(CARD_FILE, card_of(data).to_json())


def topology_of(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    progress: RunProgress,
    *,
    executor: Executor | None = None,
    imported: ImportedModel | None = None,
) -> Topology:
    """Hidden layers asked for, the imported model's, the literature's in its setting, or those that a search finds.

    The search cross-validates sizes on the training part; what it finds is kept in the folder.
    """
    if imported is not None:
        return Topology(imported.hidden)
    if config.hidden is not None:
        # the folder's own settings, given in full
        tried = folder.read_json(_TOPOLOGY.makes) if folder.has(_TOPOLOGY.makes) else None
        return Topology(config.hidden, tried)
    if config.front_end is FrontEndKind.BINARY and config.data in LITERATURE_HIDDEN:
        return Topology(LITERATURE_HIDDEN[config.data])

    def made() -> dict[str, Any]:
        progress.stage(_TOPOLOGY.title)
        budget = BUDGETS[config.effort].training.topology
        with folder.timed(_TOPOLOGY.title):
            seen = focus_of(data, BUDGETS[config.effort], config.seed).narrowed(data)
            return asdict((executor or Serial()).call(choose_topology, seen, seed=config.seed, budget=budget))

    document = folder.made(_TOPOLOGY, made)
    return Topology(tuple(document["hidden"]), document)


def procedure_of(
    config: RunConfig, data: PreparedData, hidden: tuple[int, ...], technology: Technology, front_end: FrontEnd
) -> Procedure:
    """What the run does with samples.

    Raises
    ------
    InputError
        for a cost matrix that is not one of the data's classes.
    """
    return Procedure(
        hidden=hidden,
        starts=config.starts,
        freeze=config.freeze,
        gate_level=config.circuit_approximation,
        objective=config.objective.cost,
        technology=technology,
        front_end=front_end,
        budget=BUDGETS[config.effort],
        seed=config.seed,
        scorer=scorer_of(config, data),
        printing=printing_of(config, technology, front_end),
    )


def printing_of(config: RunConfig, technology: Technology, front_end: FrontEnd) -> Printing | None:
    """How prints differ where the objective asks for their accuracy; None where designs count as designed."""
    if config.spread is None:
        return None
    device_yield, threshold_sigma = config.spread
    return Printing(technology, front_end, device_yield, threshold_sigma)


def scorer_of(config: RunConfig, data: PreparedData) -> Scorer:
    """What designs are compared by.

    Raises
    ------
    InputError
        for a cost matrix that is not one of the data's classes.
    """
    if config.cost_matrix is None:
        return Scorer(config.metric)
    return Scorer(config.metric, read_cost_matrix(Path(config.cost_matrix), data.class_labels))


def technology_of(config: RunConfig) -> Technology:
    """The technology asked for, by name or file; what designs will be without is logged as a warning.

    Raises
    ------
    InputError
        for an unknown name, a file that does not describe one, or a technology without what the run needs.
    """
    technology = load_technology(config.liberty or config.technology)
    require_mappable(technology)
    if config.decisions_per_hour is not None and not knows_delays(technology):
        raise InputError(
            "--decisions-per-hour needs the delay of designs; leave it out, for technology "
            f"{technology.name} states no delays"
        )
    for note in shortcomings(technology):
        log.warning("%s", note)
    return technology


def front_end_of(config: RunConfig, technology: Technology) -> FrontEnd:
    """What stands before the chosen design, with its prices.

    Raises
    ------
    InputError
        for unknown figures, or where the objective or a budget needs prices and there are none.
    """
    counted = config.objective.counts_front_end or any(
        limit is not None for limit in (config.max_system_area_cm2, config.max_system_power_mw, config.source)
    )
    return front_end_named(technology, config.front_end, config.front_end_figures, must_price=counted)


def front_end_named(technology: Technology, kind: FrontEndKind, figures: str | None, *, must_price: bool) -> FrontEnd:
    """A kind of front end with the figures of that name, or the technology's own.

    Parameters
    ----------
    must_price : whether it is an error if nobody can say what it costs.

    Raises
    ------
    InputError
        for unknown figures, or where there must be some and are none.
    """
    if must_price:
        return FrontEnd(kind, figures_of(technology, kind, figures))
    return priced_front_end(technology, kind, figures)


def source_of(config: RunConfig, technology: Technology) -> PowerSource | None:
    """The power source that must carry the system; None where none is named."""
    return None if config.source is None else source_named(config.source, technology)


def source_named(name: str, technology: Technology) -> PowerSource:
    """A power source that the technology lists, by its name in any case.

    Raises
    ------
    InputError
        naming those that there are, for another name.
    """
    for source in technology.power_sources:
        if source.name.casefold() == name.casefold():
            return source
    known = ", ".join(f"{source.name!r} ({source.power_mw:g} mW)" for source in technology.power_sources) or "none"
    raise InputError(f"unknown power source {name!r} (--source); technology {technology.name} has {known}")


def imported_model(config: RunConfig, data: PreparedData, *, folds: int) -> ImportedModel | None:
    """The trained MLP asked for; None where one is to be trained.

    Parameters
    ----------
    folds : on so many networks of its topology are trained, which takes a hidden layer.

    Raises
    ------
    InputError
        naming the file, if it cannot be imported or was made for other features or classes.
    """
    if config.model is None:
        return None
    imported = import_model(config.model)
    if folds and not imported.hidden:
        raise InputError(
            f"{imported.source}: the model has no hidden layer, so no network of its topology can be trained on the "
            "folds; pass --folds 0"
        )
    imported.adapted(data)  # refused before a folder is made
    return imported


def data_digest(data: PreparedData, imported: ImportedModel | None = None, scorer: Scorer | None = None) -> str:
    """Stands for everything in the data, in an imported model and in a cost matrix that a result can depend on."""
    parts = [
        array for part in data.parts.values() for array in (part.features, part.classes, part.measured, part.weights)
    ]
    parts += [part.missing for part in data.parts.values() if part.missing is not None]
    model = () if imported is None else (imported.adapted(data).to_json(),)
    costs = () if scorer is None or scorer.cost_matrix is None else (scorer.cost_matrix,)
    return digest_arrays(data.feature_names, data.class_labels, data.quantiser, *parts, *model, *costs)
