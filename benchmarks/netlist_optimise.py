"""What the netlist optimiser gains on power-of-two designs mapped by ABC, and how fast it is.

    BESPOKE_DATA=folder/of/the/sets python benchmarks/netlist_optimise.py
    python benchmarks/netlist_optimise.py redwine whitewine --moves 200000 --time 20

Each data set's power-of-two network (lightly trained; the exact fixed-point one with ``--exact``) goes through Yosys
and ABC, once by the plain flow and once by its rounds, and then through the optimiser. Prints area and static power on
the training data as ratios to the plain flow's. Mapped netlists are kept in ``--work`` and used again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from bespoke.backend.circuits import netlist_of_mapped
from bespoke.data import load_dataset, prepare
from bespoke.eda.abc import PLAIN, ROUNDS, Recipe, optimise_and_map
from bespoke.eda.yosys import elaborate
from bespoke.errors import BespokeError
from bespoke.model import Network
from bespoke.netlist import Netlist, area_um2, read_netlist, static_power, write_netlist
from bespoke.netlist.optimise import optimise_netlist
from bespoke.rtl import emit_verilog
from bespoke.sensing import feature_bits
from bespoke.technology import Technology, load_technology, to_genlib
from bespoke.train import QuantisationOptions, fixed_point_network, train_float, train_quantised

#: Data sets of the literature with their hidden neurons.
LITERATURE = {"redwine": 2, "breast_cancer_wisconsin": 3, "whitewine": 4, "cardiotocography": 3, "pendigits": 5}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(LITERATURE), help="data sets (default: the literature's)")
    parser.add_argument("--exact", action="store_true", help="the exact fixed-point networks instead")
    parser.add_argument("--moves", type=int, default=200_000, help="budget in targets looked at")
    parser.add_argument("--time", type=float, help="time limit of each optimisation in seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--power-weight", type=float, default=0.5)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "bespoke-netlist-optimise")
    arguments = parser.parse_args()
    technology = load_technology()
    print(
        f"{'set':<24} {'mapped by':<8} {'gates':>6} {'cm²':>8} {'->':>8} {'ratio':>6}"
        f" {'mW':>8} {'->':>8} {'ratio':>6} {'s':>6} {'tries/s':>8} {'moves':>6} {'refuted':>7}"
    )
    ratios = []
    try:
        for name in arguments.names:
            reference = None
            for recipe in (PLAIN, ROUNDS):
                netlist, bits = _mapped(name, recipe, arguments.exact, technology, arguments.work)
                area, power = area_um2(netlist), static_power(netlist, bits).total_mw
                reference = reference or (area, power)
                result = optimise_netlist(
                    netlist,
                    technology=technology,
                    data_bits=bits,
                    budget_moves=arguments.moves,
                    seed=arguments.seed,
                    power_weight=arguments.power_weight,
                    time_limit_s=arguments.time,
                )
                ratio = (result.area_um2 / reference[0], result.static_power_nw * 1e-6 / reference[1])
                print(
                    f"{name:<24} {recipe.name:<8} {netlist.gates:>6}"
                    f" {area * 1e-8:>8.4f} {result.area_um2 * 1e-8:>8.4f} {ratio[0]:>6.3f}"
                    f" {power:>8.4f} {result.static_power_nw * 1e-6:>8.4f} {ratio[1]:>6.3f}"
                    f" {result.seconds:>6.1f} {result.tries / result.seconds:>8.0f}"
                    f" {result.accepted:>6} {result.refuted:>7}",
                    flush=True,
                )
            ratios.append(ratio)
    except BespokeError as error:
        print(f"netlist_optimise: {error}", file=sys.stderr)
        return error.exit_code
    area, power = np.exp(np.log(ratios).mean(axis=0))
    print(f"geometric mean after rounds and optimiser: area {area:.3f}, static power {power:.3f} of the plain flow's")
    return 0


def _mapped(name: str, recipe: Recipe, exact: bool, technology: Technology, work: Path) -> tuple[Netlist, np.ndarray]:
    """The design of a data set as the recipe maps it, the smaller of with and without AND cells, and its data."""
    data = prepare(load_dataset(name))
    bits = feature_bits(data.train.features, data.bits)
    folder = work / f"{name}{'-exact' if exact else ''}"
    kept = folder / f"{recipe.name}.v"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "top.v"
        if not source.is_file():
            source.write_text(emit_verilog(_network(name, data, exact)))
        design = elaborate([source], top="top", folder=folder)
        libraries = {"all": to_genlib(technology), "no_and": to_genlib(technology, without=("AND2X1",))}
        mapped = optimise_and_map(design.aig, recipe, libraries, folder=folder / recipe.name)
        netlists = [netlist_of_mapped(one.circuit, design, technology) for one in mapped]
        kept.write_text(write_netlist(min(netlists, key=area_um2)))
    return read_netlist(kept, technology), bits


def _network(name: str, data, exact: bool) -> Network:
    model = train_float(data, hidden=(LITERATURE.get(name, 3),), seed=0)
    if exact:
        return fixed_point_network(model, bits=data.bits)
    return train_quantised(model, data, seed=0, options=QuantisationOptions(epochs=30, starts=1))


if __name__ == "__main__":
    sys.exit(main())
