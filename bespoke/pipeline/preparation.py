"""Loads what a run's settings name: the data, split, and the technology."""

from __future__ import annotations

from pathlib import Path

from bespoke.data import PreparedData, load_dataset, load_pair, prepare, prepare_pair
from bespoke.importers import ImportedModel, import_model
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.runfolder import digest_arrays
from bespoke.technology import Technology, load_technology, read_liberty

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
