"""Processes and threads keep to the number of workers."""

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from bespoke.backend.synthesis import synthesise
from bespoke.errors import InputError
from bespoke.run.workers import one_thread_each
from bespoke.technology import load_technology


def test_linear_algebra_takes_one_thread_here_and_in_processes():
    def threads() -> set[int]:  # in here, so that it travels to the processes as it is
        np.ones((2, 2)) @ np.ones((2, 2))
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    @one_thread_each()
    def everywhere() -> list[set[int]]:
        return [threads(), *joblib.Parallel(n_jobs=2)(joblib.delayed(threads)() for _ in range(2))]

    before = threads()
    assert all(found <= {1} for found in everywhere())
    assert threads() == before


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(InputError, match="workers must be at least 1"):
        synthesise([], top=None, technology=load_technology(), folder=tmp_path, data_bits=None, workers=0)
