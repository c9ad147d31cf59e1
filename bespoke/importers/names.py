"""Which name of one side is which of the other: as written first, then ever more loosely, and never by a guess."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

#: What only parts the words of a name; a sign or another symbol tells names apart.
_BETWEEN_WORDS = re.compile(r"[\s_.,:;/()\[\]{}'\"`]+|(?<=\w)-(?=\w)")
#: What tables and arrays call features that have no names: x0, x1, ...; feature_1, feature_2, ...
_NUMBERED = re.compile(r"([a-z]*)[ _]?(\d+)", re.IGNORECASE)

Spelling = Callable[[Any], Hashable]


def matched(ours: Sequence[Any], theirs: Sequence[Any], spellings: Sequence[Spelling]) -> list[int | None]:
    """For each of ``ours`` the place of its like in ``theirs``, None where there is none.

    Names that are alike in an earlier spelling are taken first; among those left, two are alike in a later one only if
    no other name left on either side is.
    """
    found: list[int | None] = [None] * len(ours)
    for spelling in spellings:
        left = [place for place, like in enumerate(found) if like is None]
        free = [place for place in range(len(theirs)) if place not in found]
        here, there = ([spelling(names[place]) for place in places] for names, places in ((ours, left), (theirs, free)))
        once, once_there = Counter(here), Counter(there)
        for place, key in zip(left, here, strict=True):
            if once[key] == once_there[key] == 1:
                found[place] = free[there.index(key)]
    return found


def _exact(name: str) -> Hashable:
    return str(name)


def _trimmed(name: str) -> Hashable:
    return unicodedata.normalize("NFKC", str(name)).strip()


def _in_words(name: str) -> Hashable:
    return _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFKC", str(name))).strip()


def _in_any_case(name: str) -> Hashable:
    return _in_words(name).casefold()


def _in_letters(name: str) -> Hashable:
    return _in_any_case(name).replace(" ", "")


#: Of features: signs and symbols count in all of them, case and what parts words do not in the later ones.
FEATURE_SPELLINGS: tuple[Spelling, ...] = (_exact, _trimmed, _in_words, _in_any_case, _in_letters)


def plain(label: Any) -> str:
    """A label as text, in which ``1``, ``1.0`` and ``"1"`` are the same."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


#: Of classes: as text, without blanks around it, in any case.
LABEL_SPELLINGS: tuple[Spelling, ...] = (
    plain,
    lambda label: _trimmed(plain(label)),
    lambda label: _trimmed(plain(label)).casefold(),
)


def only_numbered(names: Sequence[str]) -> bool:
    """Whether the names are but their places, such as x0, x1, ...: what features without names are called."""
    parts = [_NUMBERED.fullmatch(name) for name in names]
    if any(part is None for part in parts) or len({part[1] for part in parts}) > 1:
        return False
    numbers = [int(part[2]) for part in parts]
    return numbers[:1] in ([0], [1]) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
