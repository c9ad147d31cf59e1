"""`bespoke explore` by other metrics, starts and judging samples, and stopped between folds: what the options say."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from bespoke.cli import main
from bespoke.data import read_vectors
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort
from bespoke.run.modelfile import ModelFile
from bespoke.run.procedure import Procedure

LABELS = ("calm", "rough", "storm")
#: What each answer (columns) to each class costs, classes in no particular order: an overlooked storm is dear.
COSTS = "true,storm,calm,rough\nstorm,0,30,10\nrough,2,1,0\ncalm,2,0,1\n"
IN_ORDER = np.array([[0, 1, 2], [1, 0, 2], [30, 10, 0]])


@pytest.fixture(autouse=True)
def small_budget(monkeypatch):
    small = replace(BUDGETS[Effort.FAST], candidates=1500, moves=4000)
    monkeypatch.setitem(BUDGETS, Effort.FAST, small)


def table(seed: int, samples: int) -> str:
    """Three overlapping classes, the last of them rare."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(3, samples, p=[0.5, 0.38, 0.12])
    values = rng.normal(size=(samples, 3)) + 1.2 * kinds[:, np.newaxis] * [1, 0.5, 0]
    rows = [
        ",".join(f"{value:.3f}" for value in row) + f",{LABELS[kind]}" for row, kind in zip(values, kinds, strict=True)
    ]
    return "\n".join(["wind,waves,noise,sea", *rows]) + "\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    for seed, (name, samples) in enumerate({"train": 200, "validation": 90, "test": 60}.items()):
        (tmp_path / f"{name}.csv").write_text(table(seed, samples))
    (tmp_path / "costs.csv").write_text(COSTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def explore(place, monkeypatch, capsys):
    """`bespoke explore` in this process on the pair of files: exit code and the rows of its table."""

    def call(out: str, words: str) -> tuple[int, list[dict[str, str]]]:
        usual = f"explore --train train.csv --test test.csv --out {out} --effort fast --hidden 2 --seed 1 --workers 1"
        monkeypatch.setattr(sys, "argv", ["bespoke", *usual.split(), "--figures", "none", *words.split()])
        with pytest.raises(SystemExit) as end:
            main()
        capsys.readouterr()
        found = place / out / "explored.csv"
        rows = list(csv.DictReader(found.open(encoding="utf-8"))) if found.exists() else []
        return end.value.code or 0, rows

    return call


def judged(folder: Path, row: dict[str, str], part: str = "validation") -> tuple[np.ndarray, np.ndarray]:
    """True classes of a part, and what a row's design answers on it."""
    model, vectors = ModelFile.load(folder / row["model_file"]), read_vectors(folder / f"vectors/{part}.csv")
    return vectors.classes, model.classifier.predict(vectors.features)


def test_a_validation_file_judges_in_place_of_folds(explore, place):
    code, rows = explore("out", "--folds 0 --validation validation.csv")
    assert code == 0 and rows[-1]["origin"] == "exact baseline"
    truth, answers = judged(place / "out", rows[-1])
    assert len(truth) == 90 and not (place / "out/folds").exists()
    names = [line.rsplit(",", 1)[1] for line in (place / "validation.csv").read_text().split()[1:]]
    assert [LABELS[kind] for kind in truth] == names
    assert float(rows[-1]["forecast_accuracy"]) == pytest.approx(np.mean(truth == answers), abs=1e-6)
    assert len(read_vectors(place / "out/vectors/train.csv").classes) == 200


def test_without_folds_and_file_a_quarter_is_held_back(explore, place):
    code, rows = explore("out", "--folds 0")
    truth, answers = judged(place / "out", rows[-1])
    assert code == 0 and len(truth) == 50
    assert len(read_vectors(place / "out/vectors/train.csv").classes) == 150
    assert float(rows[-1]["forecast_accuracy"]) == pytest.approx(np.mean(truth == answers), abs=1e-6)


def test_with_folds_every_sample_that_is_not_test_is_trained_on_and_judged_once(explore, place):
    code, rows = explore("out", "--folds 3")
    assert code == 0 and not (place / "out/vectors/validation.csv").exists()
    assert len(read_vectors(place / "out/vectors/train.csv").classes) == 200
    evidence = [json.loads(path.read_text()) for path in sorted((place / "out/folds").glob("*/evidence.json"))]
    pooled = np.sum([fold["baseline"] for fold in evidence], axis=0)
    assert len(evidence) == 3 and pooled.sum() == 200
    assert float(rows[-1]["forecast_accuracy"]) == pytest.approx(np.trace(pooled) / 200, abs=1e-6)
    forecasts = [float(row["forecast_accuracy"]) for row in rows[:-1]]
    assert forecasts == sorted(forecasts)
    for row in rows:
        low, value, high = (float(row[f"forecast_{name}"]) for name in ("low", "accuracy", "high"))
        assert 0 <= low < value < high <= 1 and row["forecast_score"] == row["forecast_accuracy"]


@pytest.mark.parametrize(
    ("starts", "origins"),
    [
        ("network", {"network", "network search"}),
        ("tree", {"tree"}),
        ("forest,lut", {"forest", "lut"}),
        ("nothing", {"nothing"}),
    ],
)
def test_starts_are_all_that_the_search_starts_from(explore, place, starts, origins):
    """But for answers that read nothing, which every front may hold."""
    code, rows = explore("out", f"--folds 0 --starts {starts}")
    assert code == 0
    reading = [row for row in rows[:-1] if int(row["comparators"]) > 0]
    assert reading and {row["origin"] for row in reading} <= origins
    assert (place / "out/search/networks.json").exists() == (starts == "network")
    assert (
        f"starts = [\n    {json.dumps(starts.split(','))[1:-1].replace(', ', ',' + chr(10) + '    ')},\n]"
        in (place / "out/config.toml").read_text()
    )


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("--metric balanced-accuracy", balanced_accuracy_score),
        ("--metric f1-macro", lambda truth, answers: f1_score(truth, answers, average="macro")),
        ("--metric cost --cost-matrix costs.csv", lambda truth, answers: -IN_ORDER[truth, answers].mean()),
    ],
)
def test_the_metric_scores_what_is_forecast(explore, place, words, score):
    code, rows = explore("out", f"--folds 0 --validation validation.csv {words}")
    assert code == 0
    truth, answers = judged(place / "out", rows[-1])
    assert float(rows[-1]["forecast_accuracy"]) == pytest.approx(np.mean(truth == answers), abs=1e-6)
    assert float(rows[-1]["forecast_score"]) == pytest.approx(score(truth, answers), abs=1e-6)
    assert rows[-1]["forecast_score"] != rows[-1]["forecast_accuracy"]
    designs = json.loads((place / "out/search/circuits.json").read_text())["designs"]
    assert max(design["score"] for design in designs) > min(design["score"] for design in designs)
    assert any(design["score"] != design["train"][0] / design["train"][1] for design in designs)


def test_dear_errors_are_made_less_often(explore, place):
    """The rare class costs most where it is overlooked, so the search answers it more often than for accuracy."""
    _, plain = explore("plain", "--folds 0")
    _, weighed = explore("weighed", "--folds 0 --metric cost --cost-matrix costs.csv")
    found = [
        np.mean(
            [
                np.mean(answers[truth == 2] == 2)
                for truth, answers in (judged(place / out, row, "train") for row in rows)
            ]
        )
        for out, rows in (("plain", plain), ("weighed", weighed))
    ]
    assert found[1] > found[0] + 0.1


def test_an_exploration_stopped_between_folds_goes_on_to_the_same_result(explore, place, monkeypatch):
    code, whole = explore("whole", "--folds 2")
    assert code == 0
    real, judging = Procedure.judged, []

    def interrupt(*arguments, **options):
        judging.append(arguments)
        if len(judging) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(Procedure, "judged", interrupt)
    code, rows = explore("out", "--folds 2")
    assert code == 130 and not rows
    done = place / "out/folds/0/evidence.json"
    before = done.stat().st_mtime_ns
    assert not (place / "out/folds/1/evidence.json").exists()
    code, rows = explore("out", "--folds 2")
    assert code == 0 and rows == whole and len(judging) == 3
    assert done.stat().st_mtime_ns == before
    code, _ = explore("out", "--folds 3")
    assert code == 2  # other folds are another run
