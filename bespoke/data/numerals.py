"""What was meant by a cell that is no number to Python, but one to people: decimal commas, separators of thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: 1,234 and 12,345,678.5: the comma may part thousands.
_COMMA_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
#: 3,5 and 1.234,5: the comma may begin the decimals.
_DECIMAL_COMMA = re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+),\d+")
#: 1.234.567: the dots part thousands.
_DOT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")
#: 1 234 and 1'234.5.
_SPACED_THOUSANDS = re.compile(r"[+-]?\d{1,3}(([ '’\u00a0\u2009\u202f])\d{3})(\2\d{3})*([.,]\d+)?")
#: A dot that can only begin decimals.
_DECIMAL_DOT = re.compile(r"[+-]?(0?\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{4,}\.\d+|0\d*\.\d+)")


def meant_by(cell: str, column: Sequence[str], others: Iterable[str]) -> str | None:
    """What is wrong with a cell and what to write instead; None where it is no number to people either.

    A comma before three digits parts thousands or begins decimals; which of them is decided by the whole column and,
    where that leaves it open, by the other cells of the table. Where nothing decides, both readings are shown and none
    is advised.

    Parameters
    ----------
    cell : of the column.
    column : all its cells.
    others : the other cells of numbers.
    """
    text = cell.strip()
    if _SPACED_THOUSANDS.fullmatch(text) and not text.isdigit():
        plain = re.sub(r"[ '’\u00a0\u2009\u202f]", "", text)
        if "," not in plain:
            return f"{text!r} has a separator of thousands; write {plain}"
        return f"{text!r} has a separator of thousands and a decimal comma; write {plain.replace(',', '.')}"
    if _DOT_THOUSANDS.fullmatch(text):
        return f"{text!r} has separators of thousands; write {text.replace('.', '')}"
    if not (_COMMA_THOUSANDS.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text)):
        return None
    thousands, decimals = text.replace(",", ""), text.replace(".", "").replace(",", ".")
    match _comma_of([one.strip() for one in column], others):
        case "thousands" if _COMMA_THOUSANDS.fullmatch(text):
            return f"{text!r} has a separator of thousands; write {thousands}"
        case "decimals" if _DECIMAL_COMMA.fullmatch(text):
            return f"{text!r} has a decimal comma; write {decimals}"
    if not _COMMA_THOUSANDS.fullmatch(text):
        return f"{text!r} has a decimal comma; write {decimals}"
    if not _DECIMAL_COMMA.fullmatch(text):
        return f"{text!r} has separators of thousands; write {thousands}"
    return (
        f"{text!r} may be {thousands} or {decimals}; write the numbers without separators of thousands and with a "
        "decimal point"
    )


def _comma_of(column: Sequence[str], others: Iterable[str]) -> str | None:
    """What commas are for in a column: thousands or decimals; None where that stays open."""
    with_comma = [text for text in column if "," in text and any(map(str.isdigit, text))]
    could_part = all(_COMMA_THOUSANDS.fullmatch(text) and not text.lstrip("+-").startswith("0") for text in with_comma)
    could_begin = all(_DECIMAL_COMMA.fullmatch(text) for text in with_comma)
    if could_part != could_begin:
        return "thousands" if could_part else "decimals"
    if not could_part:  # the column holds both
        return None
    elsewhere = [text for text in (*column, *map(str.strip, others)) if text]
    dots = any(_DECIMAL_DOT.fullmatch(text) for text in elsewhere)
    commas = any(_DECIMAL_COMMA.fullmatch(text) and not _COMMA_THOUSANDS.fullmatch(text) for text in elsewhere)
    if dots == commas:
        return None
    return "thousands" if dots else "decimals"
