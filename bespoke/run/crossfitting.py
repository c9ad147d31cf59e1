"""The procedure on every fold and on the whole, side by side; see `bespoke.design.forecast`."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from bespoke.data import Part, PreparedData, cut_folds
from bespoke.design import CrossFit, FoldEvidence
from bespoke.execution import Executor
from bespoke.run.procedure import Developed, Procedure
from bespoke.run.progress import RunProgress, SideBySide
from bespoke.run.runfolder import RunFolder
from bespoke.run.stages import Stage
from bespoke.train import FloatModel

#: Title of the stage.
STAGE = "training and searching"


@dataclass(frozen=True)
class CrossFitted:
    """What was made of all samples that are not test, and how good such designs are on samples unseen."""

    developed: Developed
    crossfit: CrossFit


def cross_fit(
    folder: RunFolder,
    procedure: Procedure,
    data: PreparedData,
    *,
    folds: int,
    executor: Executor,
    progress: RunProgress,
    imported: FloatModel | None = None,
) -> CrossFitted:
    """Runs the procedure on the whole training part and on every fold of it; what is done already is read back.

    Without folds the validation part judges the designs of the whole. An ``imported`` model takes part in the whole
    alone: it may have seen any sample, so that every fold trains a network of its topology.
    """
    cuts = cut_folds(data, folds, seed=procedure.seed) if folds else ()
    places = [RunFolder(folder / f"folds/{number}") for number in range(len(cuts))]
    judged = _judged(procedure)
    judged_places = places if cuts else [folder] if data.validation is not None else []
    pending = [number for number, place in enumerate(places) if not place.is_done(judged)]
    is_developed = all(folder.is_done(stage) for stage in procedure.searches)
    is_new = bool(pending) or not is_developed or not all(place.is_done(judged) for place in judged_places)
    if is_new:
        progress.stage(STAGE + (f", {len(cuts)} folds beside the whole" if cuts else ""))
    sides = SideBySide(progress, 1 + len(pending), procedure.stages)

    def whole() -> Developed:
        developed = procedure.develop(folder, data, executor=executor, progress=sides.job(0), imported=imported)
        if data.validation is not None and not cuts:
            _evidence(folder, procedure, developed, data, data.validation, executor)
        sides.done(0)
        return developed

    def fold(side: int, number: int) -> None:
        place, samples = places[number], cuts[number].data
        developed = procedure.develop(place, samples, executor=executor, progress=sides.job(side))
        _evidence(place, procedure, developed, samples, cuts[number].held_out, executor)
        sides.done(side)

    with folder.timed(STAGE) if is_new else nullcontext():
        jobs = [whole, *(partial(fold, side, number) for side, number in enumerate(pending, start=1))]
        developed, *_ = executor.beside(jobs)
    evidence = [FoldEvidence.from_json(place.read_json(judged.makes)) for place in judged_places]
    return CrossFitted(developed, CrossFit(evidence, procedure.scorer))


def _judged(procedure: Procedure) -> Stage:
    """What a run of the procedure achieved on samples that it did not see."""
    return Stage("judging", "evidence.json", tuple(stage.makes for stage in procedure.searches))


def _evidence(
    place: RunFolder, procedure: Procedure, developed: Developed, data: PreparedData, held_out: Part, executor: Executor
) -> None:
    place.made(_judged(procedure), lambda: executor.call(judged_document, procedure, developed, data, held_out))


def judged_document(procedure: Procedure, developed: Developed, data: PreparedData, held_out: Part) -> dict:
    """`Procedure.judged` as it is kept."""
    return procedure.judged(developed, data, held_out).to_json()
