"""Data sets: loading, splitting, scaling, quantising."""

from bespoke.data.cost_matrix import read_cost_matrix
from bespoke.data.dataset import Dataset, check_trainable, dataset_from_frame
from bespoke.data.loading import dataset_names, load_dataset, load_pair
from bespoke.data.prepare import Part, PreparedData, prepare, prepare_pair, prepare_without_test
from bespoke.data.vectors import read_vectors, write_vectors

__all__ = [
    "Dataset",
    "Part",
    "PreparedData",
    "check_trainable",
    "dataset_from_frame",
    "dataset_names",
    "load_dataset",
    "load_pair",
    "prepare",
    "prepare_pair",
    "prepare_without_test",
    "read_cost_matrix",
    "read_vectors",
    "write_vectors",
]
