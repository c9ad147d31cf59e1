"""A run that starts from somebody's trained MLP."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError
from bespoke.importers import import_model
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.preparation import front_end_of, procedure_of, technology_of, topology_of
from bespoke.pipeline.progress import Silent
from bespoke.pipeline.runfolder import RunFolder


def test_the_imported_model_is_the_float_model_that_everything_is_compared_with(tmp_path):
    dataset = load_dataset("iris")
    data = prepare(dataset)
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier((4,), max_iter=2000, random_state=0, solver="lbfgs"))
    pipeline.fit(dataset.features[data.train.rows], dataset.classes[data.train.rows])
    config, imported = RunConfig(data="iris"), import_model(pipeline)
    folder, technology = RunFolder(tmp_path), technology_of(config)
    topology = topology_of(folder, config, data, Silent(), imported=imported)
    assert (topology.hidden, topology.tried) == ((4,), None)
    procedure = procedure_of(config, data, topology.hidden, technology, front_end_of(config, technology))
    trained = procedure.train(folder, data, Silent(), imported=imported.adapted(data))
    theirs = pipeline.predict(dataset.features[data.test.rows])
    ours = trained.float_model.predict(data.test.features, data.bits)
    assert (theirs == ours).mean() > 0.85  # ours sees four bits of every feature
    assert trained.baseline.topology == (4, 4, 3)
    assert (trained.baseline.predict(data.test.features) == ours).mean() > 0.95


def test_a_model_of_other_features_is_refused():
    data = prepare(load_dataset("wine"))
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier((2,), max_iter=50, random_state=0, solver="lbfgs"))
    rng = np.random.default_rng(0)
    pipeline.fit(rng.random((30, 4)), np.array(data.class_labels)[np.arange(30) % 3])
    with pytest.raises(InputError, match="reads 4 features, the data have 13"):
        import_model(pipeline).adapted(data)
    with pytest.raises(InputError, match="--model brings its own hidden layers"):
        RunConfig(data="wine", model="mlp.onnx", hidden=(3,))
