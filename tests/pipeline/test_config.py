"""Settings from options and TOML: types, ranges, nearest names."""

import tomllib

import pytest

from bespoke.errors import InputError
from bespoke.pipeline.config import Effort, RunConfig, Unit, read_config, to_toml


def test_a_config_survives_its_own_toml(tmp_path):
    config = RunConfig(
        data="iris", hidden=(5, 4), effort=Effort.HIGH, freeze=(Unit.ACTIVATE,), max_loss=0.02, target=-1, seed=7
    )
    path = tmp_path / "run.toml"
    path.write_text(to_toml(config))
    assert RunConfig(**read_config(path)) == config


def test_workers_do_not_belong_to_the_result():
    one, many = RunConfig(data="iris", workers=1), RunConfig(data="iris", workers=8)
    assert one.result_settings() == many.result_settings()
    assert tomllib.loads(to_toml(many))["workers"] == 8


@pytest.mark.parametrize(
    "text, words",
    [
        ("dta = 'iris'", "unknown option 'dta'; did you mean 'data'"),
        ("bits = 'four'", "--bits: expected a whole number, found 'four'"),
        ("bits = true", "--bits: expected a whole number, found True"),
        ("effort = 'hihg'", "did you mean high"),
        ("freeze = 'multiply'", "--freeze: expected a list"),
        ("hidden = [3.5]", "--hidden: expected a list of whole numbers"),
        ("max_loss = '1 %'", "--max-loss: expected a number"),
        ("circuit_approximation = 1", "expected true or false"),
        ("data = ", "cannot be read"),
    ],
)
def test_a_wrong_file_names_its_key(tmp_path, text, words):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_config(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml does not exist"):
        read_config(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="is a folder"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({}, "name either a data set"),
        ({"data": "iris", "train": "a.csv", "test": "b.csv"}, "name either a data set"),
        ({"train": "a.csv"}, "go together"),
        ({"data": "iris", "bits": 0}, "--bits must be between 1 and 12, not 0"),
        ({"data": "iris", "max_loss": 1.5}, "--max-loss must be between 0 and 1"),
        ({"data": "iris", "hidden": (0,)}, "--hidden needs sizes"),
        ({"data": "iris", "max_area_cm2": -1.0}, "--max-area-cm2 must be at least 0"),
        ({"data": "iris", "max_loss": 0.1, "min_accuracy": 0.9}, "give one of them"),
        ({"data": "iris", "clock_ms": float("nan")}, "--clock-ms must be at least"),
    ],
)
def test_values_that_do_not_fit_name_their_option(settings, words):
    with pytest.raises(InputError) as caught:
        RunConfig(**settings)
    assert words in str(caught.value)
