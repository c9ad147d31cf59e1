"""Settings from options and TOML: types, ranges, nearest names."""

import tomllib

import pytest

from bespoke.costs import Objective
from bespoke.errors import InputError
from bespoke.run.config import Effort, RunConfig, Start, Unit, read_config, to_toml
from bespoke.run.judging import baseline_front_end
from bespoke.run.preparation import front_end_of, source_of
from bespoke.scores import Metric
from bespoke.sensing import FrontEnd, FrontEndKind
from bespoke.technology import load_technology


def test_a_config_survives_its_own_toml(tmp_path):
    config = RunConfig(
        data="iris",
        hidden=(5, 4),
        effort=Effort.HIGH,
        freeze=(Unit.ACTIVATE,),
        max_loss=0.02,
        target=-1,
        seed=7,
        objective=Objective.SYSTEM_AREA,
        front_end=FrontEndKind.BINARY,
        front_end_figures="esl-2024",
        max_system_power_mw=2.5,
        source="Molex",
        choose_rival=True,
        decisions_per_hour=12.0,
        folds=0,
        validation="validation.csv",
        metric=Metric.COST,
        cost_matrix="costs.csv",
        starts=(Start.LUT, Start.NETWORK),
        liberty=("cells.lib", "more.lib"),
    )
    path = tmp_path / "run.toml"
    path.write_text(to_toml(config))
    assert RunConfig(**read_config(path)) == config


@pytest.mark.parametrize(
    ("text", "files"),
    [("'a.lib'", ("a.lib",)), ("['a.lib']", ("a.lib",)), ("['a.lib', 'b.lib']", ("a.lib", "b.lib")), ("[]", None)],
)
def test_liberty_is_one_file_or_several(tmp_path, text, files):
    path = tmp_path / "run.toml"
    path.write_text(f"liberty = {text}\n")
    assert read_config(path) == {"liberty": files}
    path.write_text("liberty = [1]\n")
    with pytest.raises(InputError, match="--liberty: expected a list of files, found 1"):
        read_config(path)


def test_what_is_not_set_is_not_written(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(to_toml(RunConfig(data="iris")))
    written = tomllib.loads(path.read_text())
    assert not {"folds", "hidden", "validation", "cost_matrix", "liberty"} & set(written)
    assert written["metric"] == "accuracy" and written["starts"] == ["network", "tree", "forest", "lut", "nothing"]
    config = RunConfig(**read_config(path))
    assert (config.hidden, config.folds, config.starts) == (None, None, tuple(Start))


@pytest.mark.parametrize(
    ("settings", "folds"),
    [
        ({}, 5),
        ({"effort": Effort.FAST}, 3),
        ({"effort": Effort.HIGH}, 5),
        ({"effort": Effort.FAST, "folds": 10}, 10),
        ({"folds": 2}, 2),
        ({"folds": 0}, 0),
    ],
)
def test_folds_go_with_the_effort_unless_they_are_given(settings, folds):
    assert RunConfig(data="iris", **settings).fold_count == folds


def test_what_decides_the_forecast_belongs_to_the_result():
    plain = RunConfig(data="iris").result_settings()
    for settings in ({"folds": 3}, {"metric": Metric.F1_MACRO}, {"starts": (Start.TREE,)}, {"hidden": (3,)}):
        assert RunConfig(data="iris", **settings).result_settings() != plain


def test_the_spread_of_prints_decides_the_result_only_where_it_is_searched_under():
    plain, other = RunConfig(data="iris"), RunConfig(data="iris", device_yield=0.95, threshold_sigma=0.2)
    assert plain.spread is None and plain.result_settings() == other.result_settings()
    printed = {"data": "iris", "objective": Objective.PRINTED_ACCURACY}
    assert RunConfig(**printed, device_yield=0.95, threshold_sigma=0.2).spread == (0.95, 0.2)
    assert RunConfig(**printed, device_yield=0.95).result_settings() != RunConfig(**printed).result_settings()
    with pytest.raises(InputError, match="--max-loss with --objective printed-accuracy"):
        RunConfig(**printed, metric=Metric.BALANCED_ACCURACY, max_loss=0.1)
    for option, value in (("device_yield", 0.3), ("device_yield", 1.1), ("threshold_sigma", -1.0)):
        with pytest.raises(InputError, match=f"--{option.replace('_', '-')}"):
            RunConfig(data="iris", **{option: value})


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
        ("choose_rival = 'yes'", "--choose-rival: expected true or false"),
        ("objective = 'system-pwr'", "--objective: 'system-pwr' is none of system-power, system-area, power, area"),
        ("front_end = 'thermo'", "did you mean thermometer"),
        ("front_end_figures = 2024", "--front-end-figures: expected text"),
        ("max_system_power_mw = 'little'", "--max-system-power-mw: expected a number"),
        ("decisions_per_hour = true", "--decisions-per-hour: expected a number"),
        ("folds = 2.5", "--folds: expected a whole number, found 2.5"),
        ("folds = '3'", "--folds: expected a whole number"),
        ("metric = 'acuracy'", "did you mean accuracy"),
        ("metric = 'auc'", "--metric: 'auc' is none of accuracy, balanced-accuracy, f1-macro, cost"),
        ("starts = ['tre']", "did you mean tree"),
        ("starts = ['mlp', 'tree']", "--starts: 'mlp' is none of network, tree, forest, lut, nothing"),
        ("starts = 'tree'", "--starts: expected a list"),
        ("cost_matrix = 3", "--cost-matrix: expected text"),
        ("validation = 1", "--validation: expected text"),
        ("hidden = 'wide'", "--hidden: expected a list"),
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
        ({"data": "iris", "max_system_power_mw": -1.0}, "--max-system-power-mw must be at least 0"),
        ({"data": "iris", "decisions_per_hour": -1.0}, "--decisions-per-hour must be at least 0"),
        (
            {"data": "iris", "front_end": FrontEndKind.DIGITAL, "front_end_figures": "date-2024"},
            "--front-end digital costs nothing; leave --front-end-figures out",
        ),
        ({"data": "iris", "max_loss": 0.1, "min_accuracy": 0.9}, "give one of them"),
        ({"data": "iris", "clock_ms": float("nan")}, "--clock-ms must be at least"),
        ({"data": "iris", "folds": 1}, "give --folds at least 2, or 0 for a validation part"),
        ({"data": "iris", "folds": -1}, "--folds must be between 0 and 50, not -1"),
        ({"data": "iris", "folds": 51}, "--folds must be between 0 and 50, not 51"),
        ({"data": "iris", "validation": "v.csv"}, "give --folds 0 with it"),
        ({"data": "iris", "validation": "v.csv", "folds": 5}, "give --folds 0 with it"),
        ({"data": "iris", "metric": Metric.COST}, "--metric cost and --cost-matrix go together"),
        ({"data": "iris", "cost_matrix": "c.csv"}, "--metric cost and --cost-matrix go together"),
        (
            {"data": "iris", "metric": Metric.F1_MACRO, "cost_matrix": "c.csv"},
            "--metric cost and --cost-matrix go together",
        ),
        ({"data": "iris", "starts": ()}, "--starts needs at least one of network, tree, forest, lut, nothing"),
        (
            {"data": "iris", "starts": (Start.TREE,), "circuit_approximation": False},
            "--no-circuit-approximation leaves networks alone",
        ),
        (
            {"data": "iris", "starts": (Start.TREE, Start.LUT), "freeze": (Unit.MULTIPLY,)},
            "--freeze is for the units of networks, which --starts leaves out",
        ),
        ({"data": "iris", "freeze": tuple(Unit)}, "--freeze of all three kinds of units leaves nothing to search"),
        ({"data": "iris", "model": "mlp.onnx", "hidden": (3,)}, "--model brings its own hidden layers"),
    ],
)
def test_values_that_do_not_fit_name_their_option(settings, words):
    with pytest.raises(InputError) as caught:
        RunConfig(**settings)
    assert words in str(caught.value)


def test_a_validation_file_goes_with_no_folds():
    assert RunConfig(data="iris", folds=0, validation="v.csv").fold_count == 0
    assert RunConfig(train="a.csv", test="b.csv", folds=0, validation="v.csv").validation == "v.csv"
    assert RunConfig(data="iris", metric=Metric.COST, cost_matrix="c.csv").metric is Metric.COST
    assert RunConfig(data="iris", starts=(Start.NETWORK,), freeze=(Unit.MULTIPLY,), circuit_approximation=False).freeze


def test_words_of_a_file_become_kinds(tmp_path):
    path = tmp_path / "run.toml"
    words = ("metric = 'f1-macro'", "starts = ['lut', 'tree']", "objective = 'power'", "front_end = 'digital'")
    path.write_text("\n".join((*words, "max_system_area_cm2 = 3", "hidden = 'auto'")))
    settings = read_config(path)
    assert settings["objective"] is Objective.POWER and settings["front_end"] is FrontEndKind.DIGITAL
    assert settings["hidden"] is None
    assert settings["metric"] is Metric.F1_MACRO and settings["starts"] == (Start.LUT, Start.TREE)
    assert isinstance(settings["max_system_area_cm2"], float)
    assert RunConfig(data="iris").front_end is FrontEndKind.THERMOMETER
    assert RunConfig(data="iris").objective is Objective.SYSTEM_POWER


#: What makes a run need the price of its front end.
COUNTING = [
    {},
    {"objective": Objective.SYSTEM_AREA},
    {"objective": Objective.AREA, "max_system_power_mw": 1.0},
    {"objective": Objective.POWER, "max_system_area_cm2": 1.0},
    {"objective": Objective.AREA, "source": "Molex"},
]


@pytest.mark.parametrize("settings", COUNTING, ids=str)
def test_where_the_system_counts_somebody_must_price_the_front_end(settings):
    config = RunConfig(data="iris", technology="egfet-0.6v", **settings)
    bare, priced = load_technology("egfet-0.6v"), load_technology("egfet-1.0v")
    with pytest.raises(InputError, match=r"egfet-0\.6v has no figures .*--front-end-figures.*--front-end digital"):
        front_end_of(config, bare)
    assert front_end_of(config, priced).figures.name == "date-2024"
    digital = RunConfig(data="iris", front_end=FrontEndKind.DIGITAL, **settings)
    assert front_end_of(digital, bare) == FrontEnd(FrontEndKind.DIGITAL, None)


def test_where_it_does_not_count_no_price_is_needed():
    bare = load_technology("egfet-0.6v")
    front_end = front_end_of(RunConfig(data="iris", objective=Objective.POWER), bare)
    assert front_end.kind is FrontEndKind.THERMOMETER and not front_end.is_priced
    named = RunConfig(data="iris", objective=Objective.AREA, front_end_figures="date-1924")
    with pytest.raises(InputError, match="date-1924"):
        front_end_of(named, bare)


def test_the_baseline_keeps_conventional_converters():
    technology = load_technology("egfet-1.0v")
    before = baseline_front_end(technology, front_end_of(RunConfig(data="iris"), technology))
    assert (before.kind, before.figures.name) == (FrontEndKind.BINARY, "esl-2024")
    digital = FrontEnd(FrontEndKind.DIGITAL, None)
    assert baseline_front_end(technology, digital) is digital
    assert not baseline_front_end(load_technology("egfet-0.6v"), before).is_priced


def test_a_source_by_its_name_in_any_case():
    technology = load_technology("egfet-1.0v")
    names = [source.name for source in technology.power_sources]
    for source in technology.power_sources:
        assert source_of(RunConfig(data="iris", source=source.name.lower()), technology) == source
    with pytest.raises(InputError, match="--source") as caught:
        source_of(RunConfig(data="iris", source="the sun"), technology)
    assert all(name in str(caught.value) for name in names) and "'the sun'" in str(caught.value)
    assert source_of(RunConfig(data="iris"), technology) is None
