"""Compiled steps of the training of look-up networks: a layer forwards, a layer backwards, and Adam.

The forward pass is that of the hardware: every pin reads one wire, every state is a number of 4 bits. Only the
gradients are those of the relaxed network, in which a table interpolates between its entries and a pin reads a softmax
mixture of its candidates (straight-through estimates).
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Inputs of a table, and its entries.
PINS, STATES = 4, 16

#: Decay of Adam's two moments, and what keeps its quotient finite.
FIRST_MOMENT, SECOND_MOMENT, TINY = 0.9, 0.99, 1e-8


@njit(cache=True)
def layer_forward(signals, pins, entries, states, values):
    """Read every table of a layer.

    Parameters
    ----------
    signals : uint8 (wires, samples), what the layer may read.
    pins : int32 (tables, PINS), the wire of every pin.
    entries : float32 (tables, STATES), what a table answers in each state; pin i is bit i of the state.
    states : uint8 (tables, samples), filled in.
    values : float32 (tables, samples), filled in.
    """
    samples = signals.shape[1]
    for table in range(pins.shape[0]):
        first, second = signals[pins[table, 0]], signals[pins[table, 1]]
        third, fourth = signals[pins[table, 2]], signals[pins[table, 3]]
        own_states, own_values, own_entries = states[table], values[table], entries[table]
        for sample in range(samples):
            state = first[sample] | second[sample] << 1 | third[sample] << 2 | fourth[sample] << 3
            own_states[sample] = state
            own_values[sample] = own_entries[state]


@njit(cache=True, fastmath=True)
def layer_backward(
    levels, pins, soft, states, upstream, candidates, shares, entry_gradient, share_gradient, signal_gradient
):
    """Gradients of a layer's entries, of its connections, and of what it reads.

    Parameters
    ----------
    levels : float32 (wires, samples), the layer's signals as 0 and 1.
    soft : float32 (tables, STATES), the relaxed entries, in 0..1.
    upstream : float32 (tables, samples), gradient of the loss by each table's value.
    candidates, shares : int32 and float32 (tables, PINS, candidates), wires that a pin may read, and their softmax.
    entry_gradient : float32 (tables, STATES), by the relaxed entries, filled in.
    share_gradient : float32 (tables, PINS, candidates), by the logits of the shares, filled in.
    signal_gradient : float32 (wires, samples), added to; of no rows where nobody asks for it.
    """
    samples = levels.shape[1]
    slope = np.zeros(STATES, dtype=np.float32)
    along = np.zeros(samples, dtype=np.float32)
    for table in range(states.shape[0]):
        own_states, own_upstream = states[table], upstream[table]
        entry_gradient[table] = 0.0
        for sample in range(samples):
            entry_gradient[table, own_states[sample]] += own_upstream[sample]
        for pin in range(PINS):
            bit = 1 << pin
            for state in range(STATES):
                slope[state] = soft[table, state | bit] - soft[table, state & ~bit]
            for sample in range(samples):
                along[sample] = own_upstream[sample] * slope[own_states[sample]]
            mean = np.float32(0.0)
            for candidate in range(candidates.shape[2]):
                signal = levels[candidates[table, pin, candidate]]
                total = np.float32(0.0)
                for sample in range(samples):
                    total += along[sample] * signal[sample]
                share_gradient[table, pin, candidate] = total
                mean += shares[table, pin, candidate] * total
            for candidate in range(candidates.shape[2]):
                share_gradient[table, pin, candidate] = shares[table, pin, candidate] * (
                    share_gradient[table, pin, candidate] - mean
                )
            if signal_gradient.shape[0] > 0:
                target = signal_gradient[pins[table, pin]]
                for sample in range(samples):
                    target[sample] += along[sample]


@njit(cache=True, fastmath=True)
def adam(parameters, gradient, first, second, rate, step):
    """One step of Adam on flat float32 arrays; ``step`` counts from 1."""
    warm = np.float32(1.0 / (1.0 - FIRST_MOMENT**step))
    warm_squares = np.float32(1.0 / (1.0 - SECOND_MOMENT**step))
    keep, keep_squares = np.float32(FIRST_MOMENT), np.float32(SECOND_MOMENT)
    one, rate, tiny = np.float32(1.0), np.float32(rate), np.float32(TINY)
    for index in range(parameters.size):
        change = gradient[index]
        first[index] = keep * first[index] + (one - keep) * change
        second[index] = keep_squares * second[index] + (one - keep_squares) * change * change
        parameters[index] -= rate * first[index] * warm / (np.sqrt(second[index] * warm_squares) + tiny)


@njit(cache=True, fastmath=True)
def connect(logits, candidates, shares, pins):
    """Softmax of every pin's logits, and the wire of its largest one (the first among equals)."""
    for table in range(logits.shape[0]):
        for pin in range(PINS):
            best = 0
            for candidate in range(1, logits.shape[2]):
                if logits[table, pin, candidate] > logits[table, pin, best]:
                    best = candidate
            pins[table, pin] = candidates[table, pin, best]
            top = logits[table, pin, best]
            total = np.float32(0.0)
            for candidate in range(logits.shape[2]):
                shares[table, pin, candidate] = np.exp(logits[table, pin, candidate] - top)
                total += shares[table, pin, candidate]
            for candidate in range(logits.shape[2]):
                shares[table, pin, candidate] /= total
