"""The argmax tree as unsigned comparisons of chosen bits.

Two's complement numbers compare like unsigned ones once their sign bits are inverted. Only the bits that a comparator
above still reads travel on with the winner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bespoke.model import ArgmaxTree, compared_bits
from bespoke.rtl.bits import Bit, Signal, concatenation, constant


@dataclass(frozen=True)
class ComparatorBlock:
    """What the template writes for one comparator; ``value`` is None where nobody reads the winner's sum."""

    title: str
    keep: Signal
    test: str
    winner: Signal
    first_class: str
    second_class: str
    value: Signal | None
    first_value: str
    second_value: str


def comparator_blocks(
    tree: ArgmaxTree, sum_bit: Callable[[int, int], Bit], class_bits: int
) -> tuple[list[ComparatorBlock], str]:
    """Blocks of a tree and the Verilog of the winning class.

    Parameters
    ----------
    sum_bit : bit ``position`` of the sum of a class, extended to any width.
    class_bits : width of the class index.
    """
    needed = compared_bits(tree)
    values: dict[int, dict[int, Bit]] = {
        node: {position: sum_bit(node, position) for position in _positions(needed[node])} for node in tree.leaves()
    }
    winners = {node: constant(node, class_bits) for node in range(tree.classes)}
    blocks = []
    for index, comparator in enumerate(tree.comparators):
        node = tree.classes + index
        first, second = values[comparator.first], values[comparator.second]
        pairs = _decisive_pairs(first, second, comparator.mask, tree.width)
        if not pairs or (pairs[0][0].is_constant and pairs[0][1].is_constant):  # decided before it starts
            chosen = comparator.first if not pairs or pairs[0][0].inverted else comparator.second
            values[node] = {position: values[chosen][position] for position in _positions(needed[node])}
            winners[node] = winners[chosen]
            continue
        keep = Signal(f"keep{index}", 1)
        pairs.reverse()
        carried, value_bits = _carried(first, second, needed[node])
        value = Signal(f"best{index}", len(carried)) if carried else None
        values[node] = {position: bit if bit is not None else Bit(value, place) for position, bit, place in value_bits}
        winner = Signal(f"winner{index}", class_bits)
        blocks.append(
            ComparatorBlock(
                title=f"classes {_names(tree, comparator.first)} against {_names(tree, comparator.second)} "
                f"on bits {tree.width}'b{comparator.mask:0{tree.width}b}",
                keep=keep,
                test=f"{concatenation([a for a, _ in pairs])} >= {concatenation([b for _, b in pairs])}",
                winner=winner,
                first_class=winners[comparator.first],
                second_class=winners[comparator.second],
                value=value,
                first_value=concatenation([a for a, _ in carried]),
                second_value=concatenation([b for _, b in carried]),
            )
        )
        winners[node] = winner.name
    return blocks, winners[tree.root]


def _positions(mask: int) -> list[int]:
    return [position for position in range(mask.bit_length()) if mask >> position & 1]


def _decisive_pairs(first: dict[int, Bit], second: dict[int, Bit], mask: int, width: int) -> list[tuple[Bit, Bit]]:
    """Bit pairs to compare, highest first, without those that can no longer decide anything."""
    pairs: list[tuple[Bit, Bit]] = []
    for position in reversed(_positions(mask)):
        a, b = first[position], second[position]
        if position == width - 1:
            a, b = ~a, ~b
        if a == b or (a, b) in pairs or (~a, ~b) in pairs:  # equal whenever the comparison gets here
            continue
        pairs.append((a, b))
        if a.is_constant and b.is_constant:  # decides for good
            break
    return pairs


def _carried(
    first: dict[int, Bit], second: dict[int, Bit], mask: int
) -> tuple[list[tuple[Bit, Bit]], list[tuple[int, Bit | None, int]]]:
    """Distinct pairs to select between; per position the bit that both share, or its place among the pairs."""
    pairs: list[tuple[Bit, Bit]] = []
    places: list[tuple[int, Bit | None, int]] = []
    for position in _positions(mask):
        pair = first[position], second[position]
        if pair[0] == pair[1]:
            places.append((position, pair[0], 0))
            continue
        if pair not in pairs:
            pairs.append(pair)
        places.append((position, None, pairs.index(pair)))
    return pairs, places


def _names(tree: ArgmaxTree, node: int) -> str:
    return ", ".join(str(leaf) for leaf in tree.leaves(node))
