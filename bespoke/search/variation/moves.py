"""The moves there are, how often each is made, and the limits that they keep.

Moves belong to one of the three kinds of unit (multiply, accumulate, activate), so that each kind can be frozen.
"""

from __future__ import annotations

import numpy as np

# Moves. Those up to INPUT_KILL change multiply units, up to BIAS_ROUND accumulate units, the others activate units;
# CROSS needs all three.
WEIGHT_ZERO = 0
WEIGHT_NEW = 1
WEIGHT_SIGN = 2
WEIGHT_SHIFT = 3
WEIGHT_TERM = 4
WEIGHT_SWAP = 5
NEURON_KILL = 6
INPUT_KILL = 7
MASK_BIT = 8
MASK_END = 9
MASK_COLUMN = 10
MASK_ALL = 11
SOURCE_LOW = 12
LAYER_COLUMN = 13
BIAS_STEP = 14
BIAS_CENTRE = 15
BIAS_ROUND = 16
QRELU_SHIFT = 17
QRELU_WIDTH = 18
TREE_BIT = 19
TREE_LOW = 20
TREE_SWAP = 21
TREE_ORDER = 22
CLASS_KILL = 23
CROSS = 24
MOVES = 25

#: How often each move is made, before frozen kinds are taken out.
RATES = np.zeros(MOVES)
RATES[[WEIGHT_ZERO, WEIGHT_NEW, WEIGHT_SIGN, WEIGHT_SHIFT, WEIGHT_TERM, WEIGHT_SWAP]] = 3.0, 5.0, 1.0, 2.0, 1.0, 2.0
RATES[[NEURON_KILL, INPUT_KILL]] = 0.2, 0.2
RATES[[MASK_BIT, MASK_END, MASK_COLUMN, MASK_ALL, SOURCE_LOW, LAYER_COLUMN]] = 4.0, 2.0, 0.6, 1.0, 0.6, 0.3
RATES[[BIAS_STEP, BIAS_CENTRE, BIAS_ROUND]] = 4.0, 2.0, 1.0
RATES[[QRELU_SHIFT, QRELU_WIDTH]] = 1.2, 1.2
RATES[[TREE_BIT, TREE_LOW, TREE_SWAP, TREE_ORDER, CLASS_KILL]] = 0.8, 0.6, 0.4, 0.3, 0.2
RATES[CROSS] = 1.0

# Positions in the array of limits.
WEIGHT_SHIFTS = 0
TERMS = 1
LARGEST_BIAS = 2
QRELU_SHIFTS = 3
QRELU_WIDTHS = 4
TREE_BITS = 5
LIMITS = 6


def move_rates(*, multiply: bool, accumulate: bool, activate: bool, terms: int, hidden: int) -> np.ndarray:
    """Cumulative probabilities of the moves when only some kinds of unit may change."""
    rates = RATES.copy()
    if not multiply:
        rates[WEIGHT_ZERO:MASK_BIT] = 0
    if not accumulate:
        rates[MASK_BIT:QRELU_SHIFT] = 0
    if not activate:
        rates[QRELU_SHIFT:CROSS] = 0
    if not (multiply and accumulate and activate):
        rates[CROSS] = 0
    if terms < 2:
        rates[WEIGHT_TERM] = 0
    if hidden == 0:
        rates[NEURON_KILL] = 0
        rates[[QRELU_SHIFT, QRELU_WIDTH]] = 0
    return np.cumsum(rates) / rates.sum()
