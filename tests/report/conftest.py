"""Run folders that the report's tests read."""

import shutil

import pytest
from printed_runs import write_run_with_prints
from sample_runs import write_sample_run

from bespoke.sensing import FrontEndKind


@pytest.fixture(scope="session")
def sample_runs(tmp_path_factory):
    """Folders by kind, not to be written into."""
    root = tmp_path_factory.mktemp("runs")
    return {
        "network": write_sample_run(root / "network"),
        "logic": write_sample_run(root / "logic", logic=True),
        "hostile": write_sample_run(root / "hostile", hostile=True),
        "comparators": write_sample_run(root / "comparators", kind=FrontEndKind.THERMOMETER),
        "compared": write_sample_run(root / "compared", kind=FrontEndKind.THERMOMETER, logic=True, area=0.01),
        "digital": write_sample_run(root / "digital", kind=FrontEndKind.DIGITAL, hostile=True, logic=True),
        "redwine": write_sample_run(root / "redwine", data_name="redwine", area=0.02),
        "printed": write_run_with_prints(root / "printed", hostile=True),
        "validated": write_sample_run(root / "validated", folds=0, metric="balanced-accuracy"),
    }


@pytest.fixture
def run_folder(sample_runs, tmp_path):
    """A function that copies one of them for a test to change."""

    def copied(kind="network"):
        return shutil.copytree(sample_runs[kind], tmp_path / kind)

    return copied
