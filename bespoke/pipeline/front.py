"""The front of a run: the proposals worth it, mapped and measured."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import joblib
import numpy as np

from bespoke.data import PreparedData
from bespoke.files import write_json, write_text
from bespoke.model import IntegerClassifier, Network
from bespoke.netlist import area_cm2, feature_bits, static_power
from bespoke.pipeline.config import Effort, RunConfig
from bespoke.pipeline.design import Backend, emit, start_circuits
from bespoke.pipeline.metrics import Accuracy, restored
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.progress import RunProgress
from bespoke.pipeline.proposals import Proposal
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.selection import Entry, Request
from bespoke.pipeline.synthesis import synthesise

#: Proposals that are mapped, by effort.
MAPPED_DESIGNS = {Effort.FAST: 16, Effort.NORMAL: 24, Effort.HIGH: 64}

_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "validation_accuracy",
    "trusted_accuracy",
    "test_accuracy",
    "estimated_area_cm2",
    "area_cm2",
    "static_power_mw",
    "chosen",
    "model_file",
)


@dataclass(frozen=True)
class Mapped:
    """What mapping measured; static power is that of the training vectors, for the choice may look at no others."""

    area_cm2: float
    static_power_mw: float


@dataclass(frozen=True)
class FrontDesign:
    """A proposal, what mapping measured of it, and its model file below the run folder."""

    proposal: Proposal
    mapped: Mapped
    model_file: str

    def entry(self, index: int) -> Entry:
        """What the choice sees."""
        return Entry(
            index,
            self.proposal.train,
            self.proposal.validation,
            self.mapped.area_cm2,
            self.mapped.static_power_mw,
        )


def thinned(designs: Sequence[Proposal], count: int, request: Request) -> list[Proposal]:
    """The proposals worth mapping, cheapest first.

    Half of the places go to those that the request is most likely to end at, by their estimates: the estimate is not
    the measurement, so several are mapped. The rest shows the whole front in trusted accuracy and estimated cost,
    runners-up included where there is room.
    """
    unique = _distinct(designs)
    entries = [_estimated(index, design) for index, design in enumerate(unique)]
    costs = np.array([request.cost(entry)[0] for entry in entries])
    trusted = np.array([entry.trusted_accuracy for entry in entries])
    kept = _likely(entries, request)[: count // 2]
    strictly = (costs[None, :] < costs[:, None]) | (trusted[None, :] > trusted[:, None])
    beaten = (costs[None, :] <= costs[:, None]) & (trusted[None, :] >= trusted[:, None]) & strictly
    dominators = beaten.sum(axis=1)
    order = [int(index) for index in np.lexsort((costs, dominators)) if index not in kept]
    front = [index for index in order if dominators[index] == 0]
    room = count - len(kept)
    if len(front) > room:  # spread over the costs, both ends included
        front = [front[pick] for pick in np.unique(np.linspace(0, len(front) - 1, room).round().astype(int))]
    kept += front + [index for index in order if dominators[index] > 0][: room - len(front)]
    return [unique[index] for index in sorted(kept, key=lambda index: (costs[index], index))]


def _distinct(designs: Sequence[Proposal]) -> list[Proposal]:
    """One design of those that no figure tells apart; the first of them, so a network before a circuit."""
    first: dict[tuple[float, float, float], Proposal] = {}
    for design in designs:
        first.setdefault((design.train.value, design.validation.value, design.estimated_area_cm2), design)
    return list(first.values())


def _estimated(index: int, design: Proposal) -> Entry:
    """The design as the choice would see it if the estimates were right."""
    return Entry(index, design.train, design.validation, design.estimated_area_cm2, design.estimated_static_power_mw)


def _likely(entries: Sequence[Entry], request: Request) -> list[int]:
    """Indices of the entries that meet the request, best first."""
    fitting = [entry for entry in entries if request.met_by(entry) and request.affords(entry)]
    if not request.asks_accuracy:
        fitting.sort(key=lambda entry: (-entry.trusted_accuracy, request.cost(entry)))
    else:
        fitting.sort(key=lambda entry: (request.cost(entry), entry.index))
    return [entry.index for entry in fitting]


def map_front(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    proposals: Sequence[Proposal],
    *,
    request: Request,
    backend: Backend,
    progress: RunProgress,
) -> list[FrontDesign]:
    """Maps the proposals with the fast effort, several at once; what was mapped before is read back.

    The designs share the workers, so each is mapped by one.
    """
    chosen = thinned(proposals, MAPPED_DESIGNS[config.effort], request)
    progress.stage(f"mapping {len(chosen)} designs of the front")
    places = [f"front/{index:03d}" for index in range(len(chosen))]
    jobs = [
        joblib.delayed(_map_one)(design.classifier, data, folder / place, backend)
        for design, place in zip(chosen, places, strict=True)
    ]
    designs = []
    results = joblib.Parallel(n_jobs=min(config.workers, len(jobs)), return_as="generator")(jobs)
    for design, place, mapped in zip(chosen, places, results, strict=True):
        designs.append(FrontDesign(design, mapped, f"{place}/model.json"))
        progress.update(len(designs) / len(jobs), f"{len(designs)} of {len(jobs)}")
    return designs


def _map_one(classifier: IntegerClassifier, data: PreparedData, folder: Path, backend: Backend) -> Mapped:
    done = folder / "mapped.json"
    if done.is_file():
        return restored(Mapped, json.loads(done.read_text(encoding="utf-8")))
    ModelFile.of(classifier, data).save(folder / "model.json")
    bits = feature_bits(data.train.features, data.bits)
    result = synthesise(
        [emit(classifier, data, folder, title=f"{data.name}: a design of the front")],
        top="top",
        technology=backend.technology,
        folder=folder / "logs",
        data_bits=bits,
        effort=str(Effort.FAST),
        start_circuits=start_circuits(classifier),
        backend=backend.yosys,
        clock_ms=backend.clock_ms,
        seed=backend.seed,
        workers=1,
    )
    mapped = Mapped(area_cm2(result.netlist), static_power(result.netlist, bits).total_mw)
    write_json(done, asdict(mapped))
    return mapped


def write_table(path: Path, front: Sequence[FrontDesign], data: PreparedData, *, chosen: int) -> None:
    """``front.csv``. Written after the choice: only here are the designs' test accuracies computed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, design in enumerate(front):
        proposal = design.proposal
        test = Accuracy.of(proposal.classifier.predict(data.test.features), data.test.classes)
        writer.writerow(
            [
                index,
                proposal.origin,
                "network" if isinstance(proposal.classifier, Network) else "logic",
                f"{proposal.train.value:.6f}",
                f"{proposal.validation.value:.6f}",
                f"{proposal.trusted_accuracy:.6f}",
                f"{test.value:.6f}",
                f"{proposal.estimated_area_cm2:.6g}",
                f"{design.mapped.area_cm2:.8g}",
                f"{design.mapped.static_power_mw:.6g}",
                int(index == chosen),
                design.model_file,
            ]
        )
    write_text(path, text.getvalue())
