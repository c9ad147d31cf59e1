"""The models that a run begins with: float, exact baseline, quantised; each kept in the run folder."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.data import PreparedData, write_vectors
from bespoke.importers import ImportedModel
from bespoke.model import Network
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.metrics import PartAccuracies
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import hidden_layers
from bespoke.pipeline.progress import RunProgress
from bespoke.pipeline.runfolder import RunFolder
from bespoke.statistics import Accuracy
from bespoke.train import FloatModel, fixed_point_network, train_float, train_quantised


@dataclass(frozen=True)
class TrainedModels:
    """The float model, its exact 8-bit fixed-point network, and the power-of-two network trained from it."""

    float_model: FloatModel
    baseline: Network
    quantised: Network


def train_models(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    progress: RunProgress,
    *,
    imported: ImportedModel | None = None,
) -> TrainedModels:
    """Trains what the folder does not hold yet, and leaves vectors and models there.

    An ``imported`` model takes the place of the float model that would be trained, re-expressed over the quantiser of
    the data with features and classes in its order: everything later is compared with it.
    """
    vectors = folder / "vectors"
    vectors.mkdir(parents=True, exist_ok=True)
    for name in ("train", "validation", "test"):
        write_vectors(vectors / f"{name}.csv", getattr(data, name), data.feature_names)
    float_model = _float_model(folder, config, data, imported, progress)
    baseline = fixed_point_network(float_model, bits=data.bits)
    ModelFile.of(baseline, data).save(folder / "models/baseline.json")
    return TrainedModels(float_model, baseline, _quantised(folder, config, data, float_model, progress))


def float_accuracies(model: FloatModel, data: PreparedData) -> PartAccuracies:
    """Accuracy of the float model on each part, on the quantised features that the circuits see."""
    return PartAccuracies(
        *(
            Accuracy.of(model.predict(part.features, data.bits), part.classes)
            for part in (data.train, data.validation, data.test)
        )
    )


def _float_model(
    folder: RunFolder, config: RunConfig, data: PreparedData, imported: ImportedModel | None, progress: RunProgress
) -> FloatModel:
    name = "models/float.json"
    if imported is not None:
        folder.write_json(name, imported.adapted(data).to_json())
    elif not folder.has(name):
        progress.stage("training the float network")
        hidden = hidden_layers(config, data)
        model = train_float(data, hidden=hidden, seed=config.seed, progress=progress.update)
        folder.write_json(name, model.to_json())
    return FloatModel.from_json(folder.read_json(name))


def _quantised(
    folder: RunFolder, config: RunConfig, data: PreparedData, model: FloatModel, progress: RunProgress
) -> Network:
    name = "models/quantised.json"
    if not folder.has(name):
        progress.stage("quantisation-aware training")
        network = train_quantised(model, data, seed=config.seed, progress=progress.update)
        ModelFile.of(network, data).save(folder / name)
    return ModelFile.load(folder / name).classifier
