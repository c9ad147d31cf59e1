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
