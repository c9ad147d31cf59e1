"""Vectors of input bits, packed 64 to a word for bit-parallel work."""

from __future__ import annotations

import numpy as np

from bespoke.errors import InputError

WORD = 64


def pack_bits(bits: np.ndarray) -> np.ndarray:
    """Pack Boolean vectors, one a row, into words, one row a bit position.

    Parameters
    ----------
    bits : bool (vectors, positions).

    Returns
    -------
    uint64 (positions, words): bit i of word w of a row belongs to vector ``64 * w + i``; bits beyond are zero.
    """
    array = np.asarray(bits)
    if array.ndim != 2:
        raise InputError(f"input vectors must have the shape (vectors, bits), not {array.shape}")
    vectors, positions = array.shape
    words = -(-vectors // WORD)
    octets = np.zeros((positions, words * 8), dtype=np.uint8)
    packed = np.packbits(array.T.astype(bool), axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view("<u8").astype(np.uint64)


def unpack_bits(packed: np.ndarray, vectors: int) -> np.ndarray:
    """bool (vectors, positions) of what ``pack_bits`` packed."""
    octets = np.ascontiguousarray(packed, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=vectors, bitorder="little").T.astype(bool)


def feature_bits(features: np.ndarray, bits: int) -> np.ndarray:
    """Input vectors of integer features, as the bus ``inp`` of a classifier takes them.

    Parameters
    ----------
    features : unsigned integers (samples, features) below ``2**bits``.

    Returns
    -------
    bool (samples, features * bits): bit b of feature j stands in column ``j * bits + b``.

    Raises
    ------
    InputError
        for another shape, type or a value out of range.
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "iub":
        raise InputError(f"features must be integers of the shape (samples, features), not {array.dtype} {array.shape}")
    array = array.astype(np.int64)
    if array.size and (array.min() < 0 or array.max() >= 1 << bits):
        raise InputError(f"features must lie in 0..{(1 << bits) - 1}, found {array.min()}..{array.max()}")
    return (array[:, :, None] >> np.arange(bits) & 1).astype(bool).reshape(array.shape[0], array.shape[1] * bits)
