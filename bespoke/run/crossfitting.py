"""The procedure on every fold and on the whole, side by side; see `bespoke.design.forecast`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib

from bespoke.data import Part, PreparedData, cut_folds
from bespoke.design import CrossFit, FoldEvidence
from bespoke.run.procedure import Developed, Procedure
from bespoke.run.progress import RunProgress, Share, ShareFile, Silent
from bespoke.run.runfolder import RunFolder
from bespoke.run.workers import one_thread_each
from bespoke.train import FloatModel

#: Seconds between two looks at how far the folds are.
_LOOK_EVERY_S = 0.5
#: Title of the stage.
STAGE = "training and searching"
# What a run of the procedure leaves: what judged it, that it is done (written last), and how far it is meanwhile.
_EVIDENCE, _DONE, _SHARE = "evidence.json", "search/done.json", "search/progress"


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
    workers: int,
    progress: RunProgress,
    imported: FloatModel | None = None,
) -> CrossFitted:
    """Runs the procedure on the whole training part and on every fold of it; what is done already is read back.

    Without folds the validation part judges the designs of the whole. An ``imported`` model takes part in the whole
    alone: it may have seen any sample, so that every fold trains a network of its topology.
    """
    cuts = cut_folds(data, folds, seed=procedure.seed) if folds else ()
    places = [folder, *(RunFolder(folder / f"folds/{number}") for number in range(len(cuts)))]
    tasks = [(place, fold.data, fold.held_out) for place, fold in zip(places[1:], cuts, strict=True)]
    tasks = [(folder, data, data.validation), *tasks]
    inner = max(1, workers // len(tasks))
    pending = [task for task in tasks if not _is_done(task[0])]
    if pending:
        progress.stage(STAGE + (f", {len(cuts)} folds beside the whole" if cuts else ""))
        jobs = (
            joblib.delayed(_develop)(
                procedure, place.path, samples, held_out, inner, imported if place is folder else None
            )
            for place, samples, held_out in pending
        )
        with folder.timed(STAGE), _watched([place for place, _, _ in pending], progress):
            joblib.Parallel(n_jobs=min(workers, len(pending)))(jobs)
    developed = procedure.develop(folder, data, workers=inner, progress=Silent(), imported=imported)
    evidence = [
        FoldEvidence.from_json(place.read_json(_EVIDENCE)) for place, _, held_out in tasks if held_out is not None
    ]
    return CrossFitted(developed, CrossFit(evidence, procedure.scorer))


def _is_done(place: RunFolder) -> bool:
    return place.has(_DONE)


@one_thread_each()
def _develop(
    procedure: Procedure,
    place: Path,
    data: PreparedData,
    held_out: Part | None,
    workers: int,
    imported: FloatModel | None,
) -> None:
    """One run of the procedure, for a process of its own; its results stand in its folder."""
    folder = RunFolder(place)
    (place / "models").mkdir(parents=True, exist_ok=True)
    (place / "search").mkdir(parents=True, exist_ok=True)
    share = ShareFile(place / _SHARE, procedure.stages)
    developed = procedure.develop(folder, data, workers=workers, progress=share, imported=imported)
    if held_out is not None:
        folder.write_json(_EVIDENCE, procedure.judged(developed, data, held_out).to_json())
    folder.write_json(_DONE, {"designs": len(developed.designs)})
    (place / _SHARE).unlink(missing_ok=True)


@contextmanager
def _watched(places: Sequence[RunFolder], progress: RunProgress) -> Iterator[None]:
    """Tells how far the processes are while the block lasts."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_EVERY_S):
            shares = [Share.read(place / _SHARE) for place in places]
            done = sum(_is_done(place) for place in places)
            begun = sum(share.fraction for share in shares)
            note = f"{done} of {len(places)} done; " + ", ".join(share.note for share in shares if share.note)
            progress.update(min(1.0, (done + begun) / len(places)), note)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
