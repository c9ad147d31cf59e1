"""Loads what a run's settings name: the data, split, and the technology."""

from __future__ import annotations

from pathlib import Path

from bespoke.data import PreparedData, load_dataset, load_pair, prepare, prepare_pair
from bespoke.errors import InputError
from bespoke.importers import ImportedModel, import_model
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.runfolder import digest_arrays
from bespoke.sensing import FrontEnd, FrontEndKind, figures_of, priced_front_end
from bespoke.technology import PowerSource, Technology, load_technology, read_liberty

#: Hidden layers of the literature's classifiers; other data get DEFAULT_HIDDEN.
LITERATURE_HIDDEN = {
    "breast_cancer_wisconsin": (3,),
    "cardiotocography": (3,),
    "pendigits": (5,),
    "redwine": (2,),
    "whitewine": (4,),
}
DEFAULT_HIDDEN = (3,)


def prepare_data(config: RunConfig) -> tuple[PreparedData, str]:
    """The data, split and quantised, and where they come from.

    Raises
    ------
    InputError
        naming the file, column and row at fault.
    """
    if config.data is not None:
        dataset = load_dataset(config.data, target=config.target, data_dir=config.data_dir)
        return prepare(dataset, bits=config.bits), dataset.source
    train, test = load_pair(config.train, config.test, target=config.target)
    return prepare_pair(train, test, bits=config.bits), f"{train.source}, {test.source}"


def hidden_layers(config: RunConfig, data: PreparedData) -> tuple[int, ...]:
    """Hidden layers asked for, or the literature's for its data sets."""
    if config.hidden is not None:
        return config.hidden
    return LITERATURE_HIDDEN.get(data.name, DEFAULT_HIDDEN)


def technology_of(config: RunConfig) -> Technology:
    """The technology asked for, by name or file.

    Raises
    ------
    InputError
        for an unknown name or a file that does not describe one.
    """
    if config.liberty is not None:
        return read_liberty(Path(config.liberty))
    return load_technology(config.technology)


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


def baseline_front_end(technology: Technology, front_end: FrontEnd) -> FrontEnd:
    """What stands before the exact baseline: the literature's binary converters, unless words come from elsewhere."""
    if front_end.kind is FrontEndKind.DIGITAL:
        return front_end
    return priced_front_end(technology, FrontEndKind.BINARY)


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


def imported_model(config: RunConfig, data: PreparedData) -> ImportedModel | None:
    """The trained MLP asked for; None where one is to be trained.

    Raises
    ------
    InputError
        naming the file, if it cannot be imported or was made for other features or classes.
    """
    if config.model is None:
        return None
    imported = import_model(config.model)
    imported.adapted(data)  # refused before a folder is made
    return imported


def data_digest(data: PreparedData, imported: ImportedModel | None = None) -> str:
    """Stands for everything in the data, and in an imported model, that a result can depend on."""
    parts = [array for part in (data.train, data.validation, data.test) for array in (part.features, part.classes)]
    model = () if imported is None else (imported.adapted(data).to_json(),)
    return digest_arrays(data.feature_names, data.class_labels, data.quantiser, *parts, *model)
