"""Runs that several files compare theirs with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_runs import blobs, on_little, small_run, write_table


@pytest.fixture
def small_budget():
    """Everything that a run does, on little: some seconds."""
    with on_little():
        yield


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> Path:
    """Folder with ``train.csv`` and ``test.csv``."""
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(8)
    write_table(folder / "train.csv", *blobs(rng, 150))
    write_table(folder / "test.csv", *blobs(rng, 60))
    return folder


@pytest.fixture(scope="session")
def reference(tables, tmp_path_factory) -> Path:
    """A small run of two processes."""
    with on_little():
        return small_run(tables, tmp_path_factory.mktemp("reference") / "run")
