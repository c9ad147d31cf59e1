"""ABC: optimising and-inverter graphs and mapping them on library cells.

Every run of ABC is a process of its own on one circuit, for a failed ``read_aiger`` silently keeps the circuit before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.eda.aiger import Aig, write_aiger
from bespoke.eda.blif import MappedBlif, read_mapped_blif
from bespoke.eda.runner import run_tool
from bespoke.eda.scripts import render_script
from bespoke.eda.tools import abc_command
from bespoke.errors import ToolFailedError


@dataclass(frozen=True)
class Recipe:
    """Optimisation steps for a graph, and the styles in which the result is mapped.

    ``styles``: each a sequence of ABC commands that ends with a mapping. ``time_limit_s`` ends the run.
    """

    name: str
    steps: tuple[str, ...]
    styles: tuple[tuple[str, ...], ...]
    time_limit_s: float = 600.0


def _resubstitution(sizes: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(step for cut, nodes in sizes for step in ("dc2", f"resub -K {cut} -N {nodes}"))


# ABC's compress2rs, spelled out: the alias is in a start-up file that wheels do not carry.
_COMPRESS = (
    "balance -l", "resub -K 6 -l", "rewrite -l", "resub -K 6 -N 2 -l", "refactor -l", "resub -K 8 -l", "balance -l",
    "resub -K 8 -N 2 -l", "rewrite -l", "resub -K 10 -l", "rewrite -z -l", "resub -K 10 -N 2 -l", "balance -l",
    "resub -K 12 -l", "refactor -z -l", "resub -K 12 -N 2 -l", "rewrite -z -l", "balance -l",
)  # fmt: skip

_PLAIN_STEPS = (*_resubstitution(((8, 1), (10, 2), (12, 3))), "dc2")

#: The reference that our own flow is compared with. It must not change: published ratios rest on it.
PLAIN = Recipe("plain", _PLAIN_STEPS, (("dch", "amap"),))

_STYLES = (("dch", "amap -F 20 -A 20"), ("&get -n", "&dch -x", "&put", "amap -F 20 -A 20"))

ROUNDS = Recipe("rounds", (*_PLAIN_STEPS, *_COMPRESS, "dc2", *_COMPRESS, "dc2"), _STYLES)


def deep(iterations: int, *, quiet_steps: int, seed: int, time_limit_s: float) -> Recipe:
    """Rounds, then ``&deepsyn`` bounded by steps without improvement, so that the result repeats."""
    command = f"&deepsyn -I {iterations} -J {quiet_steps} -S {seed % 100}"
    return Recipe(
        f"deep{seed % 100}", (*ROUNDS.steps, "&get -n", command, "&put", "dc2"), _STYLES, time_limit_s=time_limit_s
    )


def deep_timed(seconds: int, *, seed: int, steps: tuple[str, ...] = ROUNDS.steps) -> Recipe:
    """Rounds, then ``&deepsyn`` for about so many seconds: the result depends on the machine's speed."""
    command = f"&deepsyn -T {seconds} -S {seed % 100}"
    return Recipe(
        f"timed{seed % 100}", (*steps, "&get -n", command, "&put", "dc2"), _STYLES, time_limit_s=4.0 * seconds + 60
    )


@dataclass(frozen=True)
class Mapped:
    """A mapped circuit and what made it."""

    circuit: MappedBlif
    recipe: str
    library: str
    style: int


def optimise_and_map(aig: Aig, recipe: Recipe, libraries: Mapping[str, str], *, folder: Path) -> tuple[Mapped, ...]:
    """Run a graph through a recipe and map the result on every library in every style.

    Parameters
    ----------
    libraries : genlib text by a plain name.
    folder : for the script, the log and the results.

    Raises
    ------
    ToolFailedError
        if ABC fails, runs out of time, or loses an input or output on the way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_aiger(aig, folder / "start.aig")
    for name, text in libraries.items():
        (folder / f"{name}.genlib").write_text(text)
    mappings = [
        {"library": f"{name}.genlib", "steps": steps, "result": f"{name}_{style}.blif", "name": name, "style": style}
        for name in libraries
        for style, steps in enumerate(recipe.styles)
    ]
    for mapping in mappings:
        (folder / mapping["result"]).unlink(missing_ok=True)
    script = render_script("optimise.abc.j2", aig="start.aig", steps=recipe.steps, mappings=mappings)
    text = run_abc(script, folder=folder, name="optimise", time_limit_s=recipe.time_limit_s)
    results = []
    for mapping in mappings:
        path = folder / mapping["result"]
        if not path.is_file():
            raise ToolFailedError(f"ABC did not write {path.name}", log=folder / "optimise.log", tail=text[-1500:])
        circuit = read_mapped_blif(path)
        if (len(circuit.inputs), len(circuit.outputs)) != (aig.inputs, len(aig.outputs)):
            raise ToolFailedError(f"ABC changed the ports in {path.name}", log=folder / "optimise.log")
        results.append(Mapped(circuit, recipe.name, mapping["name"], mapping["style"]))
    return tuple(results)


def run_abc(script: str, *, folder: Path, name: str, time_limit_s: float) -> str:
    """Run an ABC script in ``folder`` and return its log.

    Raises
    ------
    ToolFailedError
        if ABC fails (its exit code does not tell, its log does) or runs out of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.abc").write_text(script)
    run = run_tool(name, (*abc_command(), "-q", f"source {name}.abc"), folder=folder, timeout_s=time_limit_s)
    text = run.text()
    if re.search(r"^\*\* cmd error|^Error:|Cannot open|failed\.$", text, re.M):
        raise ToolFailedError(f"ABC could not carry out {name}", command=run.command, log=run.log, tail=text[-1500:])
    return text
