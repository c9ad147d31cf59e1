"""Edits, error counts and archive, against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.model import LogicCircuit
from bespoke.run.config import RunConfig
from bespoke.search.circuit import kernels
from bespoke.search.circuit.accuracy import GIVEN_UP, simulate, simulation, wrong_after
from bespoke.search.circuit.archive import Archive, archive, offer
from bespoke.search.circuit.graph import (
    CONJUNCTION,
    EDIT_FIELDS,
    EDIT_GROWTH,
    EXCLUSIVE,
    FANIN,
    FIRST,
    FLIP,
    KIND,
    LIBRARY,
    LITERAL,
    NODE,
    OUTPUT,
    OVERRIDE,
    SECOND,
    SITE,
    SLOT,
    TARGET,
    builder,
    compact,
    rebuild,
)
from bespoke.search.circuit.proposals import propose
from bespoke.search.circuit.words import SampleWords, pack_samples
from bespoke.search.cost_model import cost_model
from bespoke.sensing import BinaryWires, ThermometerWires, Wires
from bespoke.technology import load_technology

FEATURES, BITS, CLASSES = 3, 2, 4
BINARY, THERMOMETER = BinaryWires(FEATURES, BITS), ThermometerWires.full(FEATURES, BITS)
EITHER = st.sampled_from([BINARY, THERMOMETER])
#: The library of `pack_samples` over binary wires: every constant of every feature.
THRESHOLDS = np.array([(feature, constant) for feature in range(FEATURES) for constant in (1, 2, 3)], dtype=np.int32)
EVERY_INPUT = np.array(np.meshgrid(*[range(1 << BITS)] * FEATURES)).reshape(FEATURES, -1).T


def random_circuit(rng: np.random.Generator, ands: int, wires: Wires = BINARY) -> LogicCircuit:
    """Any graph, with constants, equal nodes and dead nodes among the rest."""
    first = 1 + wires.count
    fanins = np.array([rng.integers(0, 2 * (first + index), 2) for index in range(ands)]).reshape(-1, 2)
    return LogicCircuit(wires, CLASSES, Circuit(wires.count, fanins, rng.integers(0, 2 * (first + ands), 2)))


def library_of(wires: Wires) -> np.ndarray:
    return THRESHOLDS if wires == BINARY else THRESHOLDS[:0]


def features_of(wires: Wires) -> np.ndarray:
    return np.zeros(0, np.int32) if wires == BINARY else wires.feature_of()


def arrays(circuit: LogicCircuit) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    fanins = np.concatenate([np.zeros((circuit.first_and, 2), np.int32), circuit.fanins])
    return len(fanins), fanins[:, 0].copy(), fanins[:, 1].copy(), circuit.outputs.copy()


def rebuilt(circuit: LogicCircuit, edit: np.ndarray) -> LogicCircuit:
    count, fanin0, fanin1, outputs = arrays(circuit)
    wires, inputs = circuit.wires, circuit.first_and
    space = dict(features=FEATURES, input_bits=BITS, feature_of=features_of(wires))
    graph = builder(count + EDIT_GROWTH + 2, 2, thresholds=library_of(wires), **space)
    made = rebuild(graph, inputs, count, fanin0, fanin1, outputs, edit)
    new0, new1 = np.zeros(made, np.int32), np.zeros(made, np.int32)
    kept = compact(graph, inputs, made, new0, new1, outputs)
    fanins = np.stack([new0[inputs:kept], new1[inputs:kept]], axis=1)
    return LogicCircuit(wires, CLASSES, Circuit(wires.count, fanins, outputs.copy()))


def random_edit(rng: np.random.Generator, ands: int, wires: Wires = BINARY) -> np.ndarray:
    first = 1 + wires.count
    edit = np.zeros(EDIT_FIELDS, dtype=np.int32)
    edit[TARGET] = rng.choice((NODE, FANIN, OUTPUT, OVERRIDE) if ands else (OUTPUT, OVERRIDE))
    inside = edit[TARGET] in (NODE, FANIN)
    if inside:
        edit[SITE] = bound = first + rng.integers(0, ands)
    else:
        edit[SITE], bound = rng.integers(0, 2 if edit[TARGET] == OUTPUT else CLASSES), first + ands
    edit[[SLOT, KIND, FLIP]] = rng.integers(0, 2), rng.integers(0, 3), rng.integers(0, 2)
    for operand in (FIRST, SECOND):
        library = len(library_of(wires)) > 0 and rng.random() < 0.3
        edit[operand] = 2 * LIBRARY + rng.integers(0, 2 * len(THRESHOLDS)) if library else rng.integers(0, 2 * bound)
    if rng.random() < 0.2:  # all readers of a wire read another, or a constant
        edit[[TARGET, SITE, KIND]] = NODE, rng.integers(1, first), LITERAL
        edit[FIRST], edit[SECOND] = rng.integers(0, 2 * first), 0
    return edit


def predicted_after(circuit: LogicCircuit, edit: np.ndarray, inputs: np.ndarray) -> list[int]:
    """The edited circuit's classes, sample by sample."""
    result = []
    for sample in inputs:
        values = [False, *circuit.wires.encode(sample[None, :])[0].tolist()]

        def value(literal: int, values=values, sample=sample) -> bool:
            if literal >> 1 >= LIBRARY:
                feature, constant = THRESHOLDS[(literal >> 1) - LIBRARY]
                return bool(sample[feature] >= constant) ^ bool(literal & 1)
            return values[literal >> 1] ^ bool(literal & 1)

        def replacement(value=value) -> bool:
            first, second = value(int(edit[FIRST])), value(int(edit[SECOND]))
            plain = {LITERAL: first, CONJUNCTION: first and second, EXCLUSIVE: first != second}[int(edit[KIND])]
            return plain ^ bool(edit[FLIP])

        if edit[TARGET] == NODE and edit[SITE] < circuit.first_and:
            values[edit[SITE]] = replacement()
        for index, pair in enumerate(circuit.fanins):
            here = edit[TARGET] in (NODE, FANIN) and edit[SITE] == circuit.first_and + index
            operands = [value(int(literal)) for literal in pair]
            if here and edit[TARGET] == FANIN:
                operands[edit[SLOT]] = replacement()
            values.append(replacement() if here and edit[TARGET] == NODE else operands[0] and operands[1])
        bits = [value(int(output)) for output in circuit.outputs]
        if edit[TARGET] == OUTPUT:
            bits[edit[SITE]] = replacement()
        named = sum(bit << place for place, bit in enumerate(bits))
        result.append(int(edit[SITE]) if edit[TARGET] == OVERRIDE and replacement() else named)
    return result


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 25), EITHER)
def test_an_edit_is_built_and_counted_as_defined(seed, ands, wires):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, ands, wires)
    edit = random_edit(rng, ands, wires)
    classes = rng.integers(0, CLASSES, len(EVERY_INPUT))
    expected = np.array(predicted_after(circuit, edit, EVERY_INPUT))

    assert rebuilt(circuit, edit).predict(EVERY_INPUT).tolist() == expected.tolist()

    words = pack_samples(EVERY_INPUT, classes, wires=wires, output_bits=2)
    first = circuit.first_and
    count, fanin0, fanin1, outputs = arrays(circuit)
    sim = simulation(words, count)
    total = simulate(sim, first, count, fanin0, fanin1, outputs)
    assert total == (circuit.predict(EVERY_INPUT) != classes).sum()
    after = wrong_after(sim, first, count, fanin0, fanin1, outputs, edit, total, 10**6)
    assert after == (expected != classes).sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_counts_over_many_chunks_are_exact_or_given_up(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 20)
    inputs = rng.integers(0, 1 << BITS, (1300, FEATURES))
    classes = circuit.predict(inputs)
    words = pack_samples(inputs, classes, wires=BINARY, output_bits=2)
    assert len(words.valid) == 3
    count, fanin0, fanin1, outputs = arrays(circuit)
    sim = simulation(words, count)
    assert simulate(sim, circuit.first_and, count, fanin0, fanin1, outputs) == 0
    for _ in range(10):
        edit = random_edit(rng, 20)
        expected = (rebuilt(circuit, edit).predict(inputs) != classes).sum()
        after = wrong_after(sim, circuit.first_and, count, fanin0, fanin1, outputs, edit, 0, 5)
        assert after == expected or (after == GIVEN_UP and expected > 5)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30), EITHER)
def test_rebuilding_folds_hashes_and_drops_dead_nodes(seed, ands, wires):
    circuit = random_circuit(np.random.default_rng(seed), ands, wires)
    nothing = np.zeros(EDIT_FIELDS, dtype=np.int32)
    nothing[TARGET] = -1
    clean = rebuilt(circuit, nothing)
    assert (clean.predict(EVERY_INPUT) == circuit.predict(EVERY_INPUT)).all()
    pairs = [tuple(pair) for pair in clean.fanins.tolist()]
    assert len(set(pairs)) == len(pairs)
    assert all(first >> 1 != second >> 1 and min(first, second) > 1 for first, second in pairs)
    read = set((clean.fanins >> 1).ravel().tolist()) | set((clean.outputs >> 1).tolist())
    assert set(range(clean.first_and, clean.first_and + len(pairs))) <= read


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 20), st.sampled_from([0.0, 0.5, 1.0]), EITHER)
def test_proposed_edits_read_only_what_comes_before(seed, ands, growth, wires):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, ands, wires)
    words = pack_samples(EVERY_INPUT, np.zeros(len(EVERY_INPUT), np.int64), wires=wires, output_bits=2)
    count, fanin0, fanin1, outputs = arrays(circuit)
    sim = simulation(words, count)
    simulate(sim, circuit.first_and, count, fanin0, fanin1, outputs)
    state = np.array([seed + 1], dtype=np.uint64)
    edit = np.zeros(EDIT_FIELDS, dtype=np.int32)
    for _ in range(30):
        propose(sim, state, circuit.first_and, count, fanin0, fanin1, outputs, growth, features_of(wires), edit)
        bound = max(edit[SITE], circuit.first_and) if edit[TARGET] in (NODE, FANIN) else count
        for literal in (edit[FIRST], edit[SECOND]):
            assert 0 <= literal >> 1 < bound or LIBRARY <= literal >> 1 < LIBRARY + len(library_of(wires))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30))
def test_thresholds_of_one_feature_fold(seed, ands):
    """No AND of two thresholds of one feature is left but an interval, one reached and a higher one not."""
    circuit = random_circuit(np.random.default_rng(seed), ands, THERMOMETER)
    nothing = np.zeros(EDIT_FIELDS, dtype=np.int32)
    nothing[TARGET] = -1
    levels = THERMOMETER.levels
    for first, second in rebuilt(circuit, nothing).fanins.tolist():
        if 0 < first >> 1 < circuit.first_and and 0 < second >> 1 < circuit.first_and:
            (f, low), (g, high) = sorted([levels[(first >> 1) - 1].tolist(), levels[(second >> 1) - 1].tolist()])
            if f == g:
                assert low < high
                lower, upper = sorted([first, second], key=lambda literal: literal >> 1)
                assert not lower & 1 and upper & 1


def test_archive_keeps_what_no_cheaper_circuit_equals():
    store = archive(capacity=4, output_bits=1, lowest=1.0, highest=4.0)
    none, output = np.zeros(1, np.int32), np.zeros(1, np.int32)

    def kept(cost: float, wrong: int, origin: int = 0) -> bool:
        return offer(store, 1, none, none, output, none[:0], cost, wrong, origin) >= 0

    assert kept(2.0, 10)
    assert not kept(3.0, 10)
    assert kept(3.0, 9)
    assert not kept(2.0, 11)
    assert kept(2.0, 10)  # as good: the archive drifts
    assert kept(1.5, 9)  # makes both others pointless
    assert sorted(store.wrong[store.wrong >= 0].tolist()) == [9]
    assert not kept(9.0, 0)  # beyond the archive
    assert kept(1.5, 8, 7) and not kept(3.0, 8, 5)
    assert store.origins[store.wrong >= 0].tolist() == [7]


def searched(circuit: LogicCircuit, words: SampleWords, seed: int) -> tuple[Archive, list[tuple[int, LogicCircuit]]]:
    """The archive after some thousand edits of a circuit, and what its filled levels hold."""
    model = cost_model(load_technology(), RunConfig(data="iris").objective, THERMOMETER, None)
    inputs, capacity = circuit.first_and, circuit.first_and + 200
    ws = kernels.workspace(words, capacity=capacity, output_bits=2, model=model, seed=seed + 1)
    bounds = dict(lowest=0.8 * model.unit, highest=400 * model.unit)
    store = archive(capacity=capacity, output_bits=2, breaks=words.breaks, **bounds)
    count, fanin0, fanin1, outputs = arrays(circuit)
    rows = np.full(count if words.breaks else 0, -1, dtype=np.int32)
    count = kernels.load(ws, inputs, count, fanin0, fanin1, outputs, rows)
    if words.breaks:  # each AND has a row of its own, as far as there are enough
        assert len(set(ws.sim.row[inputs:count].tolist())) == min(count - inputs, words.stuck.shape[1])
    kernels.descend(ws, store, inputs, count, np.array([1.0, 4.0]) / model.unit, 2000, 0.4, 0.5)
    kernels.evolve(ws, store, inputs, 4000, 200, 0.4, capacity)
    members = []
    for level in np.flatnonzero(store.wrong >= 0).tolist():
        own = slice(inputs, store.counts[level])
        fanins = np.stack([store.fanin0[level, own], store.fanin1[level, own]], axis=1)
        graph = Circuit(THERMOMETER.count, fanins, store.outputs[level].copy())
        members.append((level, LogicCircuit(THERMOMETER, CLASSES, graph)))
    assert len(members) > 1
    return store, members


@pytest.mark.parametrize("seed", range(3))
def test_the_archive_knows_how_many_samples_its_circuits_get_wrong(seed):
    """After many edits, of which each had only a part of the graph simulated anew."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 60, THERMOMETER)
    classes = np.where(rng.random(len(EVERY_INPUT)) < 0.7, circuit.predict(EVERY_INPUT), 0)
    store, members = searched(circuit, pack_samples(EVERY_INPUT, classes, wires=THERMOMETER, output_bits=2), seed)
    for level, member in members:
        assert (member.predict(EVERY_INPUT) != classes).sum() == store.wrong[level]


def printed(circuit: LogicCircuit, rows: np.ndarray, carried: np.ndarray, gone: np.ndarray, high: np.ndarray):
    """Answers where each AND's gate is broken on the samples of its row, one AND after the other."""
    values = [np.zeros(len(carried), dtype=bool), *carried.T]
    for row, (left, right) in zip(rows, circuit.fanins.tolist(), strict=True):
        own = (values[left >> 1] ^ bool(left & 1)) & (values[right >> 1] ^ bool(right & 1))
        values.append(np.where(gone[row], high[row], own))
    return sum(
        (values[output >> 1] ^ bool(output & 1)).astype(int) << bit for bit, output in enumerate(circuit.outputs)
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_archive_knows_how_many_prints_go_wrong(seed):
    """Each AND keeps its row of defects through edits, builds and the archive, and counts stay those of the rows."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 60, THERMOMETER)
    inputs = np.tile(EVERY_INPUT, (12, 1))
    classes = circuit.predict(inputs)
    carried = THERMOMETER.encode(inputs) ^ (rng.random((len(inputs), THERMOMETER.count)) < 0.05)
    gone = rng.random((50 if seed else 20, len(inputs))) < 0.1  # with few rows, nodes share
    high = gone & (rng.random(gone.shape) < 0.4)
    words = pack_samples(inputs, classes, wires=THERMOMETER, output_bits=2, carried=carried, broken=(gone, high))
    store, members = searched(circuit, words, seed)
    for level, member in members:
        rows = store.rows[level, member.first_and : store.counts[level]]
        assert (printed(member, rows, carried, gone, high) != classes).sum() == store.wrong[level]


@pytest.mark.parametrize("samples", [1, 63, 512, 513])
def test_packed_samples_read_back(samples):
    rng = np.random.default_rng(samples)
    inputs, classes = rng.integers(0, 1 << BITS, (samples, FEATURES)), rng.integers(0, CLASSES, samples)
    words = pack_samples(inputs, classes, wires=BINARY, output_bits=2)
    for sample in rng.integers(0, samples, 20).tolist():
        chunk, lane, place = sample // 512, sample % 512 // 64, sample % 64
        for feature in range(FEATURES):
            for bit in range(BITS):
                word = int(words.inputs[chunk, 1 + feature * BITS + bit, lane])
                assert word >> place & 1 == int(inputs[sample, feature]) >> bit & 1
        for index, (feature, constant) in enumerate(THRESHOLDS):
            holds = int(words.library[chunk, index, lane]) >> place & 1
            assert holds == (inputs[sample, feature] >= constant)
        assert [int(words.labels[chunk, bit, lane]) >> place & 1 for bit in range(2)] == [
            classes[sample] & 1,
            classes[sample] >> 1,
        ]
    assert words.thresholds.tolist() == THRESHOLDS.tolist()
    assert sum(int(word).bit_count() for word in words.valid.ravel()) == words.samples == samples
