"""The procedure on folds and whole: the same however it is run, and blind for what judges it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from bespoke.costs import Objective
from bespoke.data import Part, PreparedData, cut_folds, load_dataset, prepare
from bespoke.design import Answers, FoldEvidence, answers_of
from bespoke.execution import Serial, executor_of
from bespoke.run import crossfitting, procedure
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort, Start
from bespoke.run.crossfitting import CrossFitted, cross_fit
from bespoke.run.modelfile import ModelFile
from bespoke.run.procedure import Procedure
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.scores import Confusion, Metric, Scorer
from bespoke.sensing import FrontEndKind, priced_front_end
from bespoke.technology import load_technology
from bespoke.train.trees import grow_trees

TECHNOLOGY = load_technology()
FOLDS = 2
PROCEDURE = Procedure(
    hidden=(2,),
    starts=(Start.NETWORK, Start.TREE, Start.NOTHING),
    freeze=(),
    gate_level=True,
    objective=Objective.SYSTEM_POWER,
    technology=TECHNOLOGY,
    front_end=priced_front_end(TECHNOLOGY, FrontEndKind.THERMOMETER),
    budget=replace(BUDGETS[Effort.FAST], candidates=3000, islands=2, moves=4000),
    seed=5,
)


@pytest.fixture(scope="module")
def data() -> PreparedData:
    return prepare(load_dataset("iris"))


def fitted(
    path, data: PreparedData, *, folds: int = FOLDS, workers: int = 1, how: Procedure = PROCEDURE
) -> CrossFitted:
    path.mkdir(exist_ok=True)
    with executor_of(workers=workers) as executor:
        return cross_fit(RunFolder(path), how, data, folds=folds, executor=executor, progress=Silent())


def found_in(path) -> list[list[dict]]:
    """Designs of the whole and of every fold as they stand in their folders, networks and circuits."""
    places = [path, *(path / f"folds/{fold}" for fold in range(FOLDS))]
    places = [place for place in places if (place / "search").is_dir()]
    return [
        json.loads((place / f"search/{search}.json").read_text())["designs"]
        for place in places
        for search in ("networks", "circuits")
    ]


@pytest.fixture(scope="module")
def once(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("once") / "run"
    return path, fitted(path, data)


def without_times(path) -> dict[str, str]:
    """Every evidence, as text."""
    return {str(place.relative_to(path)): place.read_text() for place in sorted(path.rglob("evidence.json"))}


def test_the_number_of_workers_changes_nothing(once, data, tmp_path):
    path, result = once
    for workers in (2, 6):  # with six there are more than there are pieces at a time
        other = tmp_path / str(workers)
        again = fitted(other, data, workers=workers)
        assert without_times(other) == without_times(path) and len(without_times(path)) == FOLDS
        assert found_in(other) == found_in(path)
        assert again.developed.designs == result.developed.designs
        assert again.crossfit.folds == result.crossfit.folds


def test_every_fold_is_judged_on_what_it_was_made_without(once, data):
    path, result = once
    for number, (fold, evidence) in enumerate(zip(cut_folds(data, FOLDS, seed=5), result.crossfit.folds, strict=True)):
        place = path / f"folds/{number}"
        networks, circuits = found_in(path)[2 + 2 * number : 4 + 2 * number]
        assert len(evidence.designs) > 2 and len(networks) + len(circuits) >= len(evidence.designs)
        for judged in evidence.designs:
            assert judged.held_out.intact.samples == fold.held_out.samples
            assert judged.held_out.intact.class_samples.tolist() == np.bincount(fold.held_out.classes).tolist()
        baseline = ModelFile.load(place / "models/baseline.json")
        assert baseline.quantiser == fold.data.quantiser
        assert evidence.baseline == answers_of(baseline.classifier, fold.held_out)
        trees = grow_trees(fold.data.train.features, fold.data.train.classes)
        assert evidence.trees == tuple(
            Answers(Confusion.of(tree.predict(fold.held_out.features), fold.held_out.classes, 3)) for tree in trees
        )


def test_designs_of_a_fold_answer_as_its_evidence_says(once, data):
    path, result = once
    fold = cut_folds(data, FOLDS, seed=5)[1]
    developed = PROCEDURE.develop(RunFolder(path / "folds/1"), fold.data, executor=Serial(), progress=Silent())
    answers = {(one.estimated, one.score): [] for one in developed.designs}
    for one in developed.designs:
        answers[one.estimated, one.score].append(answers_of(one.model, fold.held_out))
        right = one.model.predict(fold.data.train.features) == fold.data.train.classes
        assert one.train.value == one.score == pytest.approx(right.mean())
    for judged in result.crossfit.folds[1].designs:
        assert judged.held_out in answers[judged.costs, judged.score]
    seen = {(judged.costs, judged.score) for judged in result.crossfit.folds[1].designs}
    for axis in Objective:  # whatever decides, the best by what was seen is judged
        assert max(answers, key=lambda key: (key[1], -key[0].along(axis)))[1] == max(score for _, score in seen)


def test_the_whole_is_what_the_procedure_makes_of_all_samples(once, data, tmp_path):
    _, result = once
    for place in ("models", "search"):
        (tmp_path / place).mkdir()
    alone = PROCEDURE.develop(RunFolder(tmp_path), data, executor=Serial(), progress=Silent())
    assert alone.designs == result.developed.designs
    assert {one.origin for one in alone.designs} <= {"network search", "network", "tree", "nothing"}
    assert len(list((tmp_path / "search").glob("*.json"))) == 2


class Killed(Exception):
    """The run ends here."""


@pytest.mark.parametrize("stage", ["judged", "circuits"])
def test_an_interrupted_run_goes_on_to_the_same_evidence(once, data, tmp_path, monkeypatch, stage):
    """Killed in the second fold, before it was judged or between its two searches."""
    path, result = once
    calls = []

    def dying(plain):
        def killed(*arguments, **options):
            calls.append(stage)
            if len(calls) == (2 if stage == "judged" else 3):  # the whole is not judged, but searched first
                raise Killed
            return plain(*arguments, **options)

        return killed

    with monkeypatch.context() as patch:
        if stage == "judged":
            patch.setattr(Procedure, "judged", dying(Procedure.judged))
        else:
            patch.setattr(procedure, "approximate", dying(procedure.approximate))
        with pytest.raises(Killed):
            fitted(tmp_path, data)
    assert list(without_times(tmp_path)) == ["folds/0/evidence.json"]
    assert (tmp_path / "folds/1/search/networks.json").is_file()
    done = {place: place.stat().st_mtime_ns for place in tmp_path.rglob("*.json")}
    trained = []
    plain = procedure.train_float
    monkeypatch.setattr(procedure, "train_float", lambda *a, **o: trained.append(1) or plain(*a, **o))
    again = fitted(tmp_path, data)
    assert without_times(tmp_path) == without_times(path)
    assert again.developed.designs == result.developed.designs and again.crossfit.folds == result.crossfit.folds
    assert not trained
    for place, time in done.items():  # what was there is read and not made again, but for small models beside it
        if place.name not in ("baseline.json", "stages.json"):
            assert place.stat().st_mtime_ns == time, place


def test_a_finished_run_is_read_back(once, data, monkeypatch):
    path, result = once
    for name in ("train_float", "train_quantised", "explore", "approximate"):
        monkeypatch.setattr(procedure, name, None)
    spent = RunFolder(path).seconds
    again = fitted(path, data)
    assert RunFolder(path).seconds == spent and spent["training and searching"] > 0  # not those of reading
    assert again.crossfit.folds == result.crossfit.folds and again.developed.designs == result.developed.designs


def permuted(part: Part, seed: int) -> Part:
    """The samples with one another's classes, and with features that nobody has measured."""
    rng = np.random.default_rng(seed)
    return replace(part, features=part.features[:, ::-1], classes=rng.permutation(part.classes))


def test_held_out_samples_and_the_test_part_change_no_design(once, data, tmp_path, monkeypatch):
    path, result = once

    def scrambled(*arguments, **options):
        return tuple(replace(f, held_out=permuted(f.held_out, 1)) for f in cut_folds(*arguments, **options))

    monkeypatch.setattr(crossfitting, "cut_folds", scrambled)
    again = fitted(tmp_path, replace(data, test=permuted(data.test, 2)))
    assert found_in(tmp_path) == found_in(path)
    assert again.developed.designs == result.developed.designs
    for before, after in zip(result.crossfit.folds, again.crossfit.folds, strict=True):
        assert [(one.costs, one.score) for one in before.designs] == [(one.costs, one.score) for one in after.designs]
        assert [one.held_out for one in before.designs] != [one.held_out for one in after.designs]


def test_the_test_part_changes_no_forecast(once, data, tmp_path):
    path, _ = once
    fitted(tmp_path, replace(data, test=permuted(data.test, 3)))
    assert without_times(tmp_path) == without_times(path)


def test_without_folds_the_validation_part_judges(tmp_path):
    data = prepare(load_dataset("iris"), validation_fraction=0.25)
    result = fitted(tmp_path / "plain", data, folds=0)
    (evidence,) = result.crossfit.folds
    assert not (tmp_path / "plain/folds").exists()
    assert FoldEvidence.from_json(json.loads((tmp_path / "plain/evidence.json").read_text())) == evidence
    assert evidence.baseline == answers_of(result.developed.models.baseline, data.validation)
    answers = [answers_of(one.model, data.validation) for one in result.developed.designs]
    assert len(evidence.designs) > 2 and all(judged.held_out in answers for judged in evidence.designs)
    best = max(evidence.designs, key=lambda one: (one.score, -one.costs.area_cm2))
    forecast = result.crossfit.at(1e9, Objective.AREA)
    assert forecast.accuracy >= best.held_out.intact.accuracy.value - 1e-12
    again = fitted(tmp_path / "scrambled", replace(data, validation=permuted(data.validation, 4)), folds=0)
    assert again.developed.designs == result.developed.designs
    assert again.crossfit.folds != result.crossfit.folds


def test_the_runs_metric_scores_the_designs(data, tmp_path):
    scorer = Scorer(Metric.COST, ((0, 4, 4), (1, 0, 1), (1, 1, 0)))
    how = replace(PROCEDURE, scorer=scorer, starts=(Start.TREE,))
    result = fitted(tmp_path, data, how=how)
    assert result.crossfit.scorer == scorer and not (tmp_path / "search/networks.json").exists()
    for one in result.developed.designs:
        assert one.score == pytest.approx(scorer.value(answers_of(one.model, data.train).intact))
        assert one.train.samples == data.train.samples  # rated on the samples as they are, without repetitions
        assert one.origin in ("tree", "nothing")
    assert result.crossfit.at(1e9, Objective.AREA).score <= 0


def test_errors_of_dear_classes_are_learnt_from_more_often(data):
    scorer = Scorer(Metric.COST, ((0, 4, 4), (1, 0, 1), (1, 1, 0)))
    plain, heavy = PROCEDURE.emphasised(data.train), replace(PROCEDURE, scorer=scorer).emphasised(data.train)
    assert plain is data.train
    before, after = np.bincount(data.train.classes), np.bincount(heavy.classes)
    assert after.tolist() == (before * [4, 1, 1]).tolist()
    assert set(heavy.rows) == set(data.train.rows)


def test_more_folds_than_samples_of_any_class_are_as_many_as_there_can_be(tmp_path):
    dataset = load_dataset("iris")
    data = prepare(replace(dataset, features=dataset.features[::7], classes=dataset.classes[::7]))
    most = int(np.bincount(data.train.classes).max())
    how = replace(PROCEDURE, gate_level=False, budget=replace(PROCEDURE.budget, candidates=500))
    assert len(fitted(tmp_path, data, folds=50, how=how).crossfit.folds) == most
