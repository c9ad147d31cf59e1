"""Checks of single parameters, and what is said of those that do not fit."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from numbers import Integral, Real
from typing import Any

import numpy as np

from bespoke.errors import InputError

#: An option of the command line in a message, with a value of it that is a number or the front end without a price.
_OPTION = re.compile(r"(?:\boption )?--([a-z]+(?:-[a-z]+)*)(?: (digital|\d+)\b)?")


def one_of(kind: type[StrEnum], value: Any, name: str) -> StrEnum:
    """A parameter that takes one of several words."""
    if not isinstance(value, str) or value not in list(kind):
        raise ValueError(f"{name} must be one of {', '.join(kind)}, not {value!r}")
    return kind(value)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number of whatever type, which True and 2.0 are not."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)


def whole(name: str, value: Any, *, least: int, most: float = math.inf) -> int:
    """A parameter that is a whole number.

    Raises
    ------
    ValueError
        naming the parameter, for what is none from ``least`` to ``most``.
    """
    if not is_whole(value) or not least <= value <= most:
        limits = f"of at least {least}" if most == math.inf else f"from {least} to {most:g}"
        raise ValueError(f"{name} must be a whole number {limits}, not {value!r}")
    return int(value)


def checked(name: str, value: Any, *, most: float = math.inf) -> float | None:
    """A number that is asked for, or None.

    Raises
    ------
    ValueError
        naming the parameter, for what is no number from 0 to ``most``.
    """
    if value is None:
        return None
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most:
        limits = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
        raise ValueError(f"{name} must be a number {limits}, not {value!r}")
    return float(value)


def in_parameters(error: InputError) -> ValueError:
    """The error with parameters where its sentence names options of the command line."""

    def parameter(found: re.Match[str]) -> str:
        name, value = found[1].replace("-", "_"), found[2]
        if value is None:
            return name
        return f"{name}={value if value.isdigit() else repr(value)}"

    return ValueError(_OPTION.sub(parameter, str(error)))
