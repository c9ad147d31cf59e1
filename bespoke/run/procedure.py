"""The procedure that makes designs from samples: training, then search. Folds and the whole run the same one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from bespoke.costs import COSTS, Objective
from bespoke.data import Part, PreparedData
from bespoke.design import Answers, Design, FoldEvidence, Judged, estimated, front_of, shortfall
from bespoke.errors import InputError
from bespoke.execution import Executor
from bespoke.model import Network
from bespoke.run.budgets import Budget
from bespoke.run.config import Start, Unit
from bespoke.run.focus import Focus, focus_of
from bespoke.run.judging import Judge, baseline_front_end
from bespoke.run.metrics import SearchSummary, restored
from bespoke.run.modelfile import ModelFile
from bespoke.run.progress import RunProgress
from bespoke.run.runfolder import RunFolder
from bespoke.run.stages import Stage
from bespoke.run.starts import circuits_to_start_from
from bespoke.scores import Scorer, class_weights, repetitions
from bespoke.search import Found, Front, Printing, SearchData, SearchOptions, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate, evolve_small
from bespoke.sensing import FrontEnd, all_wires
from bespoke.technology import Technology
from bespoke.train import FloatModel, fixed_point_network, train_float, train_quantised
from bespoke.train.trees import grow_trees, tree_circuit

#: Smaller training parts are searched with a noisy copy of each sample beside it, against over-fitting.
ENOUGH_SAMPLES = 2000
#: The stages; what the gate-level search needs depends on what it starts from.
_FLOAT = Stage("training the float network", "models/float.json")
_QUANTISED = Stage("quantisation-aware training", "models/quantised.json", (_FLOAT.makes,))
_NETWORKS = Stage("searching networks", "search/networks.json", (_QUANTISED.makes,))
_CIRCUITS = Stage("searching circuits", "search/circuits.json")
#: Where the genetic search goes on from.
_CHECKPOINT = "search/checkpoint.npz"


@dataclass(frozen=True)
class TrainedModels:
    """The float model, its exact 8-bit fixed-point network, and the power-of-two network trained from it."""

    float_model: FloatModel
    baseline: Network
    quantised: Network


@dataclass(frozen=True)
class Developed:
    """What the procedure made of samples."""

    models: TrainedModels
    designs: tuple[Design, ...]
    summary: SearchSummary


@dataclass(frozen=True, eq=False)
class Procedure:
    """All that decides what is made of samples, but the samples.

    Parameters
    ----------
    hidden : neurons of every hidden layer.
    starts : what the gate-level search starts from; the genetic search runs where networks are among them.
    freeze : kinds of units that the genetic search leaves as trained.
    gate_level : whether circuits are searched below the neurons.
    scorer : what designs are compared by.
    class_weight : the user's own weights of errors by class, as `bespoke.scores.class_weights` takes them.
    printing : how prints differ, where their errors are what counts; None for those of the designs.
    """

    hidden: tuple[int, ...]
    starts: tuple[Start, ...]
    freeze: tuple[Unit, ...]
    gate_level: bool
    objective: Objective
    technology: Technology
    front_end: FrontEnd
    budget: Budget
    seed: int
    scorer: Scorer = field(default_factory=Scorer)
    class_weight: Any = None
    printing: Printing | None = None

    def judge(self, data: PreparedData) -> Judge:
        """What rates models on the data."""
        return Judge(data, self.scorer, self.technology, self.printing, self.seed)

    @property
    def stages(self) -> dict[str, float]:
        """Titles of its stages in order, and about what part of the time each takes."""
        stages = {_FLOAT.title: 0.1, _QUANTISED.title: 0.1}
        if Start.NETWORK in self.starts:
            stages[_NETWORKS.title] = 0.3
        if self.gate_level:
            stages[_CIRCUITS.title] = 0.5
        return stages

    @property
    def searches(self) -> tuple[Stage, ...]:
        """The stages whose designs are what the procedure ends with."""
        networks = (_NETWORKS,) if Start.NETWORK in self.starts else ()
        needs = tuple(stage.makes for stage in networks)
        return (*networks, *((replace(_CIRCUITS, needs=needs),) if self.gate_level else ()))

    def develop(
        self,
        folder: RunFolder,
        data: PreparedData,
        *,
        executor: Executor,
        progress: RunProgress,
        imported: FloatModel | None = None,
    ) -> Developed:
        """Models and designs from the training part of the data; what the folder holds already is read back."""
        focus = focus_of(data, self.budget, self.seed, screened=imported is None)
        models = self.train(folder, data, progress, executor=executor, imported=imported, focus=focus)
        learnt = self._learnt(focus, data)
        designs: list[Design] = []
        summary = SearchSummary.nothing()
        if Start.NETWORK in self.starts:
            designs, summary = self._networks(folder, data, learnt, models.quantised, focus, executor, progress)
        if self.gate_level:
            circuits, seconds = self._circuits(folder, data, learnt, designs, focus, executor, progress)
            designs, summary = designs + circuits, replace(summary, circuit_seconds=seconds)
        return Developed(models, tuple(designs), summary)

    def _learnt(self, focus: Focus, data: PreparedData) -> PreparedData:
        """What training and search look at."""
        narrow = focus.narrowed(data)
        return replace(narrow, train=self.emphasised(narrow.train), validation=None)

    def emphasised(self, part: Part) -> Part:
        """The part with samples repeated so that every error weighs what the metric and the user say."""
        counts = np.bincount(part.classes, minlength=int(part.classes.max()) + 1)
        if self.scorer.cost_matrix is not None:
            counts = np.bincount(part.classes, minlength=len(self.scorer.cost_matrix))
        weights = class_weights(self.scorer, counts, self.class_weight)[part.classes]
        if part.weights is not None:
            weights = weights * part.weights
        times = repetitions(weights)
        return part if (times == 1).all() else part.taken(np.repeat(np.arange(part.samples), times))

    def train(
        self,
        folder: RunFolder,
        data: PreparedData,
        progress: RunProgress,
        *,
        executor: Executor,
        imported: FloatModel | None = None,
        focus: Focus | None = None,
    ) -> TrainedModels:
        """The models that the search begins with; an imported one takes the place of the float model."""
        focus = focus or focus_of(data, self.budget, self.seed, screened=imported is None)
        learnt = self._learnt(focus, data)
        float_model = self._float_model(folder, learnt, imported, focus, executor, progress)
        baseline = fixed_point_network(float_model, bits=data.bits)
        ModelFile.of(baseline, data).save(folder / "models/baseline.json")
        quantised = self._quantised(folder, data, learnt, float_model, focus, executor, progress)
        return TrainedModels(float_model, baseline, quantised)

    def judged(self, developed: Developed, data: PreparedData, held_out: Part) -> FoldEvidence:
        """What designs that were found in ``data`` answer on samples that it lacks."""
        designs, judge = _on_some_front(developed.designs), self.judge(data)
        conventional = baseline_front_end(self.technology, self.front_end)
        return FoldEvidence(
            tuple(Judged(one.estimated, one.score, judge.answers(one.model, held_out)) for one in designs),
            judge.behind(conventional).answers(developed.models.baseline, held_out),
            self._judged_trees(judge, held_out),
        )

    def _judged_trees(self, judge: Judge, held_out: Part) -> tuple[Answers, ...]:
        data, kind = judge.data, self.front_end.kind
        return tuple(
            judge.answers(tree_circuit(tree, classes=data.classes, bits=data.bits, kind=kind), held_out)
            for tree in grow_trees(data.train.features, data.train.classes)
        )

    def _float_model(
        self,
        folder: RunFolder,
        learnt: PreparedData,
        imported: FloatModel | None,
        focus: Focus,
        executor: Executor,
        progress: RunProgress,
    ) -> FloatModel:
        def made() -> dict[str, Any]:
            if imported is not None:
                return imported.to_json()
            progress.stage(_FLOAT.title)
            budget = self.budget.training.float_model
            model = executor.call(train_float, learnt, hidden=self.hidden, seed=self.seed, budget=budget)
            return focus.widened(model).to_json()

        return FloatModel.from_json(folder.made(_FLOAT, made))

    def _quantised(
        self,
        folder: RunFolder,
        data: PreparedData,
        learnt: PreparedData,
        model: FloatModel,
        focus: Focus,
        executor: Executor,
        progress: RunProgress,
    ) -> Network:
        def made() -> dict[str, Any]:
            progress.stage(_QUANTISED.title)
            options = self.budget.training.quantised
            start = focus.narrowed_model(model)
            network = executor.call(train_quantised, start, learnt, seed=self.seed, options=options)
            return ModelFile.of(focus.widened(network), data).to_json()

        folder.made(_QUANTISED, made)
        return ModelFile.load(folder / _QUANTISED.makes).classifier

    def _networks(
        self,
        folder: RunFolder,
        data: PreparedData,
        learnt: PreparedData,
        start: Network,
        focus: Focus,
        executor: Executor,
        progress: RunProgress,
    ) -> tuple[list[Design], SearchSummary]:
        def made() -> dict[str, Any]:
            progress.stage(_NETWORKS.title)
            options = SearchOptions(
                candidates=self.budget.candidates,
                islands=self.budget.islands,
                epochs=min(12, max(2, self.budget.candidates // 20_000)),
                objective=self.objective,
                jitter=int(learnt.train.samples < ENOUGH_SAMPLES),
                seed=self.seed,
                **{str(unit): unit not in self.freeze for unit in Unit},
            )
            front = explore(
                SearchData(learnt.train.features, learnt.train.classes, data.bits, data.classes),
                [focus.narrowed_model(start)],
                options,
                technology=self.technology,
                front_end=self.front_end,
                executor=executor,
                progress=progress.update,
                checkpoint=folder / _CHECKPOINT,
            )
            designs = executor.call(self.rated, front.candidates, data, focus)
            return {"summary": asdict(_summary(front)), "designs": [design.to_json() for design in designs]}

        document = folder.made(_NETWORKS, made)
        return _designs(folder, _NETWORKS, document), restored(SearchSummary, document["summary"])

    def _circuits(
        self,
        folder: RunFolder,
        data: PreparedData,
        learnt: PreparedData,
        networks: list[Design],
        focus: Focus,
        executor: Executor,
        progress: RunProgress,
    ) -> tuple[list[Design], float]:
        """Designs of the gate-level search, and the seconds that it took."""

        def made() -> dict[str, Any]:
            progress.stage(_CIRCUITS.title)
            began = time.monotonic()
            starts = executor.call(
                circuits_to_start_from,
                self.starts,
                [replace(one, model=focus.narrowed_model(one.model)) for one in networks],
                learnt,
                objective=self.objective,
                kind=self.front_end.kind,
                tables=self.budget.tables,
                seed=self.seed,
            )
            search = partial(
                approximate if starts else evolve_small,
                technology=self.technology,
                front_end=self.front_end,
                seed=self.seed,
                executor=executor,
                progress=progress.update,
            )
            samples = ApproximationData(learnt.train.features, learnt.train.classes)
            options = ApproximationOptions(
                moves=self.budget.moves,
                islands=self.budget.islands,
                from_nothing=Start.NOTHING in self.starts,
                objective=self.objective,
                printing=self.printing,
            )
            if starts:
                found = search([circuit for _, circuit in starts], samples, options, origins=[s for s, _ in starts])
            else:
                wires = all_wires(self.front_end.kind, learnt.features, data.bits)
                found = search(samples, options, wires=wires, classes=data.classes)
            designs = executor.call(self.rated, found, data, focus)
            return {"seconds": time.monotonic() - began, "designs": [design.to_json() for design in designs]}

        stage = self.searches[-1]
        document = folder.made(stage, made)
        return _designs(folder, stage, document), document["seconds"]

    def rated(self, found: Iterable[Found], data: PreparedData, focus: Focus) -> list[Design]:
        """What a search found as designs, rated on the training samples as they are, without repetitions."""
        judge = self.judge(data)
        designs = [
            judge.rated(focus.widened(one.classifier), origin=one.origin, estimated=one.estimated) for one in found
        ]
        return _on_some_front(designs)


def _on_some_front(designs: Iterable[Design]) -> list[Design]:
    """The designs that the procedure may end at along any cost."""
    designs = list(designs)
    kept = {id(one): one for axis in COSTS for one in front_of(designs, estimated(axis), shortfall)}
    return [one for one in designs if id(one) in kept]


def _summary(front: Front) -> SearchSummary:
    return SearchSummary(
        candidates=front.statistics.evaluated,
        seconds=front.statistics.seconds,
        circuit_seconds=0.0,
        front_designs=len(front.pareto),
        hypervolume=front.hypervolume,
    )


def _designs(folder: RunFolder, stage: Stage, document: dict[str, Any]) -> list[Design]:
    """The designs that a search left."""
    try:
        return [Design.from_json(entry) for entry in document["designs"]]
    except InputError as error:
        raise InputError(
            f"{folder / stage.makes} is damaged or of another version ({error}); remove it, or pass --overwrite"
        ) from None
