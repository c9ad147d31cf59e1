"""ABC: optimising and-inverter graphs and mapping them on library cells.

Every run of ABC is a process of its own on one circuit, for a failed ``read_aiger`` silently keeps the circuit before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.circuit import Circuit, write_aiger
from bespoke.eda.blif import MappedBlif, read_mapped_blif
from bespoke.eda.runner import run_tool
from bespoke.eda.scripts import render_script
from bespoke.eda.tools import abc_command
from bespoke.errors import ToolFailedError
from bespoke.files import write_scratch


@dataclass(frozen=True)
class Recipe:
    """Optimisation steps for a graph, and how the result is mapped.

    Parameters
    ----------
    steps : ABC commands on the structurally hashed, fraiged graph.
    choices : commands that add structural choices for the mapper.
    styles : mapping commands; each makes a netlist of its own, for which of them wins changes from graph to graph.
    time_limit_s : safety limit, an error when it passes; what a recipe spends is counted.
    """

    name: str
    steps: tuple[str, ...]
    choices: tuple[str, ...] = ("dch",)
    styles: tuple[str, ...] = ("amap", "amap -x", "amap -F 2 -C 2000")
    time_limit_s: float = 3600.0


def _resubstitution(sizes: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(step for cut, nodes in sizes for step in ("dc2", f"resub -K {cut} -N {nodes}"))


#: The reference that our own flow is compared with. It must not change: published ratios rest on it.
PLAIN = Recipe("plain", (*_resubstitution(((8, 1), (10, 2), (12, 3))), "dc2"), styles=("amap",))

#: The same graph as the reference's, mapped in several styles, the reference's first.
STYLES = Recipe("styles", PLAIN.steps, styles=(*PLAIN.styles, "amap -x", "amap -F 2 -C 2000"))

# No `balance`: it tears full adders apart, and what they are mapped on grows by some percent.
ROUNDS = Recipe(
    "rounds",
    ("rewrite -l", "refactor -l", "resub -K 10 -N 2 -l", "rewrite -z -l", "resub -K 12 -N 3 -l", "refactor -z -l",
     "resub -K 12 -N 3 -F 2 -l", "rewrite -l", "dc2"),
)  # fmt: skip

# Tables of other sizes cut the graph elsewhere each time. The solver's conflicts are bounded, and no time is.
_TABLE_INPUTS = (6, 4, 8, 5)

#: A detour by look-up tables between rounds of rewriting: map on them, simplify them by SAT under don't-cares, make a
#: graph of them again. It leaves where local rewriting cannot; multiplexers and tables gain some percent, adders lose.
TABLES = Recipe(
    "tables",
    (
        *PLAIN.steps,
        *(
            step
            for inputs in _TABLE_INPUTS
            for step in (
                "&get -n", f"&if -a -K {inputs}", "&mfs -a -e -C 300 -W 4 -L 50", "&st", "&put",
                "dc2", "resub -K 8 -N 2 -l", "dc2", "resub -K 12 -N 3 -l",
            )
        ),
    ),
)  # fmt: skip

#: For circuits that miss their clock: shorter paths, at a price in area.
SHALLOW = Recipe("shallow", (*PLAIN.steps, "if -g -K 6 -C 8", "strash", "dch", "if -g -K 6 -C 8", "strash"))

#: As the source has it: a careful adder structure is sometimes best left alone.
AS_IT_IS = Recipe("as_it_is", ())


#: `&deepsyn` repeats whole scripts, each of which takes a time that grows with about the square of the ANDs: few steps
#: without gain for large graphs, and none beyond a size at which one alone takes minutes.
_DEEP_ANDS, _DEEP_WORK, _DEEP_STEPS = 1000, 6_000_000, 60
#: `&rrr` takes graphs of more ANDs in windows of so many, so often: its time on the whole grows without a useful bound.
_WHOLE_ANDS, _WINDOW_ANDS, _WINDOWS = 500, 250, 6
#: The detour takes one to two seconds for a thousand ANDs, so it is left out where that adds up to minutes.
_TABLES_ANDS = 20_000


def deep(ands: int, *, seed: int) -> Recipe | None:
    """``&deepsyn`` on a graph of so many ANDs until a number of steps gain nothing; None for a large graph.

    Its own time limit stays unused: what is counted repeats on every machine.
    """
    if ands > _DEEP_ANDS:
        return None
    idle_steps = min(_DEEP_STEPS, _DEEP_WORK // max(1, ands) ** 2)
    command = f"&deepsyn -I 1 -J {idle_steps} -S {seed % 100}"
    return Recipe(f"deep_{seed % 100}", (*PLAIN.steps, "&get -n", command, "&put", "dc2"))


def tables(ands: int) -> Recipe | None:
    """``TABLES`` for a graph of so many ANDs; None for a large graph."""
    return TABLES if ands <= _TABLES_ANDS else None


def redundancy(ands: int, *, seed: int) -> Recipe:
    """Removing and adding redundant wires (``&rrr``) until nothing is gained; counted like ``deep``.

    New wires come from at most three levels away: as good as from anywhere, in half the time.
    """
    windows = "" if ands <= _WHOLE_ANDS else f" -K {_WINDOW_ANDS} -N {_WINDOWS}"
    command = f"&rrr -X 1 -D 3 -C 100 -R {seed}{windows}"
    return Recipe(f"redundancy_{seed}", (*PLAIN.steps, "&get -n", command, "&put", "dc2"))


@dataclass(frozen=True)
class Mapped:
    """A mapped circuit and what made it."""

    circuit: MappedBlif
    recipe: str
    library: str
    style: int


def optimise_and_map(aig: Circuit, recipe: Recipe, libraries: Mapping[str, str], *, folder: Path) -> tuple[Mapped, ...]:
    """Run a graph through a recipe and map the result on every library in every style.

    Parameters
    ----------
    libraries : genlib text by a plain name.
    folder : for the script, the log and the results.

    Raises
    ------
    ToolFailedError
        if ABC fails, runs out of time (a ToolTimeoutError), or loses an input or output on the way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_aiger(aig, folder / "start.aig")
    for name, text in libraries.items():
        write_scratch(folder / f"{name}.genlib", text)
    mappings = [
        {
            "library": f"{name}.genlib",
            "styles": [(command, f"{name}_{style}.blif") for style, command in enumerate(recipe.styles)],
        }
        for name in libraries
    ]
    made = [(name, style, folder / f"{name}_{style}.blif") for name in libraries for style in range(len(recipe.styles))]
    for _, _, path in made:
        path.unlink(missing_ok=True)
    script = render_script(
        "optimise.abc.j2", aig="start.aig", steps=recipe.steps, choices=recipe.choices, mappings=mappings
    )
    text = run_abc(script, folder=folder, name="optimise", time_limit_s=recipe.time_limit_s)
    results = []
    for name, style, path in made:
        if not path.is_file():
            raise ToolFailedError(f"ABC did not write {path.name}", log=folder / "optimise.log", tail=text[-1500:])
        circuit = read_mapped_blif(path)
        if (len(circuit.inputs), len(circuit.outputs)) != (aig.inputs, len(aig.outputs)):
            raise ToolFailedError(f"ABC changed the ports in {path.name}", log=folder / "optimise.log")
        results.append(Mapped(circuit, recipe.name, name, style))
    return tuple(results)


def run_abc(script: str, *, folder: Path, name: str, time_limit_s: float) -> str:
    """Run an ABC script in ``folder`` and return its log.

    Raises
    ------
    ToolFailedError
        if ABC fails (its exit code does not tell, its log does) or runs out of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_scratch(folder / f"{name}.abc", script)
    run = run_tool(name, (*abc_command(), "-q", f"source {name}.abc"), folder=folder, timeout_s=time_limit_s)
    text = run.text()
    if re.search(r"^\*\* cmd error|^Error:|Cannot open|failed\.$", text, re.M):
        raise ToolFailedError(f"ABC could not carry out {name}", command=run.command, log=run.log, tail=text[-1500:])
    return text
