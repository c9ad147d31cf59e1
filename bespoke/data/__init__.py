"""Data sets: loading, splitting, scaling, quantising."""

from bespoke.data.card import DataCard, FeatureCard, Warned, card_of
from bespoke.data.cost_matrix import read_cost_matrix
from bespoke.data.dataset import Dataset, check_trainable, dataset_from_frame
from bespoke.data.folds import Fold, cut_folds, nothing
from bespoke.data.loading import LocalSet, dataset_names, load_alike, load_dataset, local_sets
from bespoke.data.prepare import (
    Part,
    PreparedData,
    prepare,
    prepare_pair,
    prepare_without_test,
    with_validation,
)
from bespoke.data.rare import RareClasses
from bespoke.data.scaling import FeatureRange, Missing, Scale, Scaling, quantiser_of
from bespoke.data.vectors import read_vectors, write_vectors

__all__ = [
    "DataCard",
    "Dataset",
    "FeatureCard",
    "FeatureRange",
    "Fold",
    "LocalSet",
    "Missing",
    "Part",
    "PreparedData",
    "RareClasses",
    "Scale",
    "Scaling",
    "Warned",
    "card_of",
    "check_trainable",
    "cut_folds",
    "dataset_from_frame",
    "dataset_names",
    "load_alike",
    "load_dataset",
    "local_sets",
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
