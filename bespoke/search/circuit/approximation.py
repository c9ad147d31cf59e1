"""Circuit-level approximation: from circuits to a front of smaller, or better, ones."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bespoke.circuit import Circuit
from bespoke.dominance import non_dominated
from bespoke.errors import InputError
from bespoke.execution import Executor, Serial
from bespoke.model import LogicCircuit
from bespoke.search.circuit.island import DESCENT_SHARE, IslandJob, Traced, run_island
from bespoke.search.circuit.samples import with_held_back
from bespoke.search.circuit.types import ApproximationData, ApproximationOptions
from bespoke.search.circuit.validity import with_existing_classes
from bespoke.search.cost_model import charge_of, cost_model
from bespoke.search.estimate import estimates
from bespoke.search.found import CIRCUIT_APPROXIMATION, NOTHING, Found
from bespoke.search.printing import Printing
from bespoke.sensing import BinaryWires, FrontEnd, ThermometerWires, Wires
from bespoke.statistics import Accuracy
from bespoke.technology import Technology

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

#: Least moves of one descent, and most descents of an island in a round; a larger budget makes them longer.
DESCENT_MOVES, DESCENTS = 100_000, 6
#: What a NAND's cost must save at the steepest descents, as a share of the samples.
STEEPEST = 0.01
#: And at the flattest: so many training samples. Gates that pay even less follow the samples' chance.
FLATTEST = 0.3
#: Most thresholds of one feature that are offered to the search beside those of its starts.
MOST_LEVELS = 63
#: Largest circuits that are grown from nothing, in NAND cells, where there is no larger start.
GROWN_NANDS = 600


def approximate(
    starts: LogicCircuit | Sequence[LogicCircuit],
    data: ApproximationData,
    options: ApproximationOptions | None = None,
    *,
    technology: Technology,
    front_end: FrontEnd | None = None,
    origins: Sequence[str] | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> tuple[Found, ...]:
    """A front of circuits, from next to nothing up to the starts' accuracy and beyond.

    Signals are replaced by constants, by one another, and by new functions of two others. Simulated annealing lowers
    ``errors + rate * cost`` at many rates; what it passes enters an archive of the best circuit per level of cost,
    whose members evolve further. Large starts are shrunk, too. Unless the options say otherwise a constant output joins
    the starts, for small circuits grow well from nothing. Errors are counted on training samples and noisy copies of
    them, new ones in every round.

    The result depends on the seed and the options, not on the executor (with a time limit, on the machine).

    Parameters
    ----------
    starts : one circuit or several of the same kind of wires, grid and classes.
    data : samples that may be looked at.
    technology : its cells price the gates.
    front_end : its prices are those of the wires, where the objective counts them.
    origins : a name for each start, which the circuits that descend from it have as their origin.
    progress : called with the share done and a sentence.

    Returns
    -------
    circuits of rising estimated cost that no cheaper one equals in pooled accuracy, or in accuracy over all samples,
    noisy copies left out. Every circuit is folded, hashed, free of dead nodes, and names only existing classes,
    whatever the input. Over thermometer wires it has just those that it reads.

    Raises
    ------
    InputError
        where starts and data do not fit together.
    """
    options = options or ApproximationOptions()
    starts = (starts,) if isinstance(starts, LogicCircuit) else tuple(starts)
    _check(starts, data)
    if origins is not None and len(origins) != len(starts):
        raise InputError(f"{len(starts)} circuits to start from need as many origins, not {len(origins)}")
    wires = search_wires(starts, data)
    starts = tuple(start.over(wires) for start in starts)
    model = cost_model(technology, options.objective, wires, front_end)
    largest = options.largest_cost
    if largest is None:
        largest = max(1.1 * max(charge_of(start, model) for start in starts), GROWN_NANDS * model.unit)
    sequence = np.random.SeedSequence(seed)
    data = with_held_back(data, options, int(sequence.generate_state(1)[0]))
    names = [NOTHING, *(origins or [CIRCUIT_APPROXIMATION] * len(starts))]
    executor = executor or Serial()
    pool = _searched(starts, data, options, model, largest, sequence, executor, progress)
    return executor.call(_front, pool, names, data, options, technology, model, front_end)


def evolve_small(
    data: ApproximationData,
    options: ApproximationOptions | None = None,
    *,
    wires: Wires,
    classes: int,
    technology: Technology,
    front_end: FrontEnd | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> tuple[Found, ...]:
    """Circuits grown from nothing, without a network: the low-cost end of the front. See `approximate`.

    Parameters
    ----------
    wires : what the circuits may read.
    classes : number of classes.
    """
    return approximate(
        _constant(wires, classes, data),
        data,
        options,
        origins=[NOTHING],
        technology=technology,
        front_end=front_end,
        seed=seed,
        executor=executor,
        progress=progress,
    )


def _check(starts: tuple[LogicCircuit, ...], data: ApproximationData) -> None:
    if not starts:
        raise InputError("approximation needs at least one circuit to start from")
    first = starts[0]
    for start in starts:
        shapes = [(type(one.wires), one.features, one.input_bits, one.classes) for one in (start, first)]
        if shapes[0] != shapes[1]:
            raise InputError("all circuits to start from must have the same inputs and classes")
    parts = [("training", data.features, data.classes)]
    if data.held_back_classes is not None:
        parts.append(("held-back", data.held_back_features, data.held_back_classes))
    for part, features, classes in parts:
        if np.shape(features)[1] != first.features:
            raise InputError(f"{part} samples have {np.shape(features)[1]} features, the circuit {first.features}")
        if np.min(features) < 0 or np.max(features) >= 1 << first.input_bits:
            raise InputError(f"{part} features must lie in 0..{(1 << first.input_bits) - 1}")
        if np.max(classes) >= first.classes:
            raise InputError(f"{part} classes must lie in 0..{first.classes - 1}")


def search_wires(starts: Sequence[LogicCircuit], data: ApproximationData) -> Wires:
    """Wires that the search may read: all there are, or on a fine grid what the starts read and enough others.

    A feature's further thresholds lie so that the training samples are spread evenly among them.
    """
    first = starts[0].wires
    if isinstance(first, BinaryWires):
        return first
    if (1 << first.bits) - 1 <= MOST_LEVELS:
        return ThermometerWires.full(first.features, first.bits)
    levels = {(int(f), int(level)) for start in starts for f, level in start.wires.levels}
    shares = np.linspace(0, 1, MOST_LEVELS + 2)[1:-1]
    for feature in range(first.features):
        spread = np.quantile(np.asarray(data.features)[:, feature], shares, method="higher")
        levels |= {(feature, int(level)) for level in spread if level >= 1}
    return ThermometerWires.of(first.features, first.bits, levels)


def _constant(wires: Wires, classes: int, data: ApproximationData) -> LogicCircuit:
    """The circuit that always names the most frequent class."""
    width = max(1, (classes - 1).bit_length())
    most = int(np.bincount(data.classes).argmax())
    outputs = [most >> bit & 1 for bit in range(width)]
    return LogicCircuit(wires, classes, Circuit(wires.count, np.zeros((0, 2), dtype=np.int32), np.array(outputs)))


def _searched(starts, data, options, model, largest, sequence, executor, progress) -> dict[LogicCircuit, int]:
    """Everything that the islands' archives held at the end of a round, each with the number of its start.

    Starts count from 1; 0 is the constant circuit.
    """
    first = starts[0]
    constant = Traced(_constant(first.wires, first.classes, data), 0)
    traced = [Traced(start, number) for number, start in enumerate(starts, start=1)]
    share = options.moves // options.rounds
    descents = min(max(1, int(share * DESCENT_SHARE) // DESCENT_MOVES), DESCENTS)
    total = descents * options.islands * options.rounds
    steepest, flattest = (rate / model.unit for rate in (STEEPEST, min(FLATTEST / len(data.classes), STEEPEST)))
    order = np.random.default_rng(sequence.spawn(1)[0]).permutation(total)
    rates = flattest * (steepest / flattest) ** ((order + 0.5) / total)
    seeds = sequence.generate_state(1 + options.rounds * (options.islands + 1), dtype=np.uint64)
    members: tuple[Traced, ...] = ()
    pool: dict[LogicCircuit, int] = {one.circuit: one.origin for one in (constant, *reversed(traced))}
    grown = (constant,) if options.from_nothing else ()
    began = time.monotonic()
    for turn in range(options.rounds):
        jobs = []
        for island in range(options.islands):
            number = turn * options.islands + island
            jobs.append(
                IslandJob(
                    starts=() if turn else (*grown, *(traced[island :: options.islands] or traced)),
                    members=members,
                    data=data,
                    options=options,
                    model=model,
                    rates=tuple(sorted(rates[number * descents : (number + 1) * descents])),
                    moves=share,
                    largest=largest,
                    noise=int(seeds[1 + turn]),
                    seed=int(seeds[1 + options.rounds + number]),
                )
            )
        merged: dict[LogicCircuit, int] = {}
        for done, circuits in enumerate(executor.map(run_island, jobs), start=1):
            for one in circuits:
                merged.setdefault(one.circuit, one.origin)
            if progress is not None:
                share_done = (turn * options.islands + done) / (options.rounds * options.islands)
                progress(share_done, f"round {turn + 1} of {options.rounds}: {len(merged)} circuits")
        members = tuple(Traced(circuit, origin) for circuit, origin in merged.items())
        pool = merged | pool
        if options.time_limit_s is not None and time.monotonic() - began > options.time_limit_s:
            log.warning(
                "circuit approximation stopped at its time limit after round %d of %d", turn + 1, options.rounds
            )
            break
    return pool


def _front(pool, names, data, options, technology, model, front_end) -> tuple[Found, ...]:
    """The pool's circuits that no cheaper one equals, valid and rated.

    In pooled accuracy or in that over all samples: the held-back part is small and the rest has steered the search, so
    whoever chooses among them with samples of its own gets both.
    """
    most = int(np.bincount(data.classes).max())
    lowest = most / len(data.classes) if options.lowest_accuracy is None else options.lowest_accuracy
    accuracy = _accuracy if options.printing is None else partial(_printed_accuracy, options.printing)
    rated = []
    for circuit, number in pool.items():
        valid = with_existing_classes(circuit, model.area).narrowed()
        train = accuracy(valid, data.features, data.classes)
        if train.value < lowest:
            continue
        held_back = (
            None if data.held_back_classes is None else accuracy(valid, data.held_back_features, data.held_back_classes)
        )
        costs = estimates(valid, technology, data.features, front_end)
        rated.append(Found(valid, names[number], train, held_back, costs))
    kept: set[int] = set()
    for accuracy in (lambda one: one.pooled_accuracy, lambda one: one.overall_accuracy):
        kept.update(non_dominated([(one.estimated.along(options.objective), -accuracy(one)) for one in rated]))
    return tuple(sorted((rated[index] for index in kept), key=lambda one: one.estimated.along(options.objective)))


def _accuracy(circuit: LogicCircuit, features: np.ndarray, classes: np.ndarray) -> Accuracy:
    return Accuracy.of(circuit.predict(np.asarray(features)), np.asarray(classes))


def _printed_accuracy(printing: Printing, circuit: LogicCircuit, features: np.ndarray, classes: np.ndarray) -> Accuracy:
    """That of prints on average."""
    count = max(circuit.classes, int(np.max(classes)) + 1)
    return printing.answers(circuit, features, classes, class_count=count, seed=0).accuracy
