"""Compiled steps of the training of look-up networks: a layer forwards, a layer backwards, and Adam.

The forward pass is that of the hardware: every pin reads one wire, every state is a number of 4 bits. Only the
gradients are those of the relaxed network, in which a table interpolates between its entries and a pin reads a softmax
mixture of all wires (straight-through estimates).
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
def layer_backward(states, soft, upstream, pins, entry_gradient, pin_gradient, signal_gradient):
    """Gradients of a layer's entries, of its pins, and of what it reads.

    Parameters
    ----------
    states : uint8 (tables, samples), as `layer_forward` left them.
    soft : float32 (tables, STATES), the relaxed entries, in 0..1.
    upstream : float32 (tables, samples), gradient of the loss by each table's value.
    pins : int32 (tables, PINS), the wire of every pin.
    entry_gradient : float32 (tables, STATES), by the entries' logits, filled in.
    pin_gradient : float32 (tables, PINS, samples), by what a pin reads, filled in.
    signal_gradient : float32 (wires, samples), added to; of no rows where nobody asks for it.
    """
    samples = states.shape[1]
    slope = np.zeros(STATES, dtype=np.float32)
    for table in range(states.shape[0]):
        own_states, own_upstream = states[table], upstream[table]
        entry_gradient[table] = 0.0
        for sample in range(samples):
            entry_gradient[table, own_states[sample]] += own_upstream[sample]
        for state in range(STATES):
            entry_gradient[table, state] *= soft[table, state] * (1 - soft[table, state])
        for pin in range(PINS):
            bit = 1 << pin
            for state in range(STATES):
                slope[state] = soft[table, state | bit] - soft[table, state & ~bit]
            along = pin_gradient[table, pin]
            for sample in range(samples):
                along[sample] = own_upstream[sample] * slope[own_states[sample]]
            if signal_gradient.shape[0] > 0:
                target = signal_gradient[pins[table, pin]]
                for sample in range(samples):
                    target[sample] += along[sample]


@njit(cache=True, fastmath=True)
def through_softmax(gradient, shares):
    """Turn the gradient by every pin's shares, float32 (pins, wires), into that by their logits, in place."""
    for pin in range(gradient.shape[0]):
        mean = np.float32(0.0)
        for wire in range(gradient.shape[1]):
            mean += shares[pin, wire] * gradient[pin, wire]
        for wire in range(gradient.shape[1]):
            gradient[pin, wire] = shares[pin, wire] * (gradient[pin, wire] - mean)


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
def connect(logits, shares, pins):
    """Softmax of every pin's logits, float32 (pins, wires), and the wire of its largest one, the first among equals."""
    flat = pins.reshape(-1)
    for pin in range(logits.shape[0]):
        best = 0
        for wire in range(1, logits.shape[1]):
            if logits[pin, wire] > logits[pin, best]:
                best = wire
        flat[pin] = best
        top = logits[pin, best]
        total = np.float32(0.0)
        for wire in range(logits.shape[1]):
            shares[pin, wire] = np.exp(logits[pin, wire] - top)
            total += shares[pin, wire]
        scale = np.float32(1.0) / total
        for wire in range(logits.shape[1]):
            shares[pin, wire] *= scale
