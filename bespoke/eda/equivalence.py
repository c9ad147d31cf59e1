"""Proof by ABC that two and-inverter graphs compute the same."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np

from bespoke.circuit import Circuit, write_aiger
from bespoke.eda.abc import run_abc
from bespoke.eda.scripts import render_script
from bespoke.errors import ToolFailedError, UndecidedError, VerificationError

_SIMULATED_PATTERNS = 4096
_EQUAL = re.compile(r"^Networks are equivalent", re.M)
_DIFFERENT = re.compile(r"NOT EQUIVALENT", re.M)


def find_difference(a: Circuit, b: Circuit, *, folder: Path, time_limit_s: float = 600.0) -> np.ndarray | None:
    """An input on which two circuits differ, or None where they are proven to be equal.

    A counter-example is checked by evaluating both circuits before it is returned.

    Parameters
    ----------
    a, b : as many inputs and outputs each, matched by order.
    folder : for scripts and logs.
    time_limit_s : for all attempts together.

    Returns
    -------
    bool (inputs,) or None.

    Raises
    ------
    UndecidedError
        if neither could be shown within the time limit.
    """
    if (a.inputs, len(a.outputs)) != (b.inputs, len(b.outputs)):
        raise VerificationError(
            f"the circuits have {a.inputs} and {b.inputs} input bits, {len(a.outputs)} and {len(b.outputs)} output bits"
        )
    seen = simulated_difference(a, b)
    if seen is not None:
        return seen
    folder.mkdir(parents=True, exist_ok=True)
    write_aiger(a, folder / "a.aig")
    write_aiger(b, folder / "b.aig")
    deadline = time.monotonic() + time_limit_s
    for attempt in range(len(_ATTEMPTS)):
        left = deadline - time.monotonic()
        if left < 1:
            break
        share = left if attempt == len(_ATTEMPTS) - 1 else max(1.0, left / 3)
        steps = tuple(step.format(seconds=max(1, int(share))) for step in _ATTEMPTS[attempt])
        try:
            text = run_abc(
                render_script("prove.abc.j2", steps=steps),
                folder=folder,
                name=f"prove_{attempt}",
                time_limit_s=1.2 * share + 1,
            )
        except ToolFailedError:
            continue  # out of time, or this method cannot do it; the next may
        if _DIFFERENT.search(text):
            pattern = _pattern(text, a.inputs)
            if pattern is not None and _differ(a, b, pattern[None, :]).any():
                return pattern
            continue
        if _EQUAL.search(text):
            return None
    raise UndecidedError(
        f"could not decide within {time_limit_s:g} s whether the two circuits are equal; logs are in {folder}"
    )


# By rising effort. `cec` merges equal nodes before it turns to SAT, which decides adders that `&cec` does not; it says
# which input differs. Both are told to match by order.
_ATTEMPTS = (
    ("cec -n -T {seconds} -C 100000 a.aig b.aig",),
    ("&cec -T {seconds} -C 1000000 a.aig b.aig",),
    ("cec -n -T {seconds} -C 100000000 a.aig b.aig",),
)


def simulated_difference(a: Circuit, b: Circuit) -> np.ndarray | None:
    """A difference on a few thousand patterns of several densities, if there is one that shows so easily."""
    rng = np.random.default_rng(0)
    if a.inputs <= 12:
        patterns = (np.arange(1 << a.inputs)[:, None] >> np.arange(a.inputs) & 1).astype(bool)
    else:
        density = rng.choice([0.1, 0.3, 0.5, 0.5, 0.7, 0.9], (_SIMULATED_PATTERNS, 1))
        patterns = rng.random((_SIMULATED_PATTERNS, a.inputs)) < density
    different = _differ(a, b, patterns)
    return patterns[int(np.argmax(different))] if different.any() else None


def _differ(a: Circuit, b: Circuit, patterns: np.ndarray) -> np.ndarray:
    return (a.evaluate(patterns) != b.evaluate(patterns)).any(axis=1)


def _pattern(text: str, inputs: int) -> np.ndarray | None:
    """The input that ABC names: bit by bit (``pi3 = 1'h0``) or as one number (``a = 24'h2CC95D``)."""
    found = re.search(r"^INPUT:(.*?)OUTPUT:", text, re.M)
    if found is None:
        return None
    pattern = np.zeros(inputs, dtype=bool)
    for number, value in re.findall(r"\bpi(\d+) = 1'h([01])", found[1]):
        if int(number) < inputs:
            pattern[int(number)] = value == "1"
    whole = re.match(r"\s*a = \d+'h([0-9A-Fa-f]+)", found[1])
    if whole is not None:
        pattern[:] = [int(whole[1], 16) >> bit & 1 for bit in range(inputs)]
    return pattern
