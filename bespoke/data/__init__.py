"""Data sets: loading, splitting, scaling, quantising."""

from bespoke.data.cost_matrix import read_cost_matrix
from bespoke.data.dataset import Dataset, check_trainable, dataset_from_frame
from bespoke.data.folds import Fold, cut_folds, nothing, quantiser_of
from bespoke.data.loading import dataset_names, load_alike, load_dataset
from bespoke.data.prepare import (
    Part,
    PreparedData,
    prepare,
    prepare_pair,
    prepare_without_test,
    with_validation,
)
from bespoke.data.vectors import read_vectors, write_vectors

__all__ = [
    "Dataset",
    "Fold",
    "Part",
    "PreparedData",
    "check_trainable",
    "cut_folds",
    "dataset_from_frame",
    "dataset_names",
    "load_alike",
    "load_dataset",
    "nothing",
    "prepare",
    "prepare_pair",
    "prepare_without_test",
    "quantiser_of",
    "read_cost_matrix",
    "read_vectors",
    "with_validation",
    "write_vectors",
]
