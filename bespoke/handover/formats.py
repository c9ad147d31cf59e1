"""The netlist in other tools' formats, each proven to say the same as the Verilog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bespoke.backend.equivalence import prove_equivalent
from bespoke.eda.netlist_formats import write_formats
from bespoke.errors import VerificationError
from bespoke.handover.design import Handed
from bespoke.technology import to_verilog_models


@dataclass(frozen=True)
class Formats:
    """Texts of the netlist in BLIF and EDIF."""

    blif: str
    edif: str


def proven_formats(handed: Handed, *, folder: Path, yosys: str) -> Formats:
    """BLIF and EDIF of the netlist.

    Raises
    ------
    VerificationError
        if one of them, read back, is not equal to the Verilog netlist for every input.
    """
    used = {cell.name for cell in handed.netlist.cells} | {one.cell.name for one in handed.netlist.flip_flops}
    library = replace(
        handed.technology,
        cells=tuple(cell for cell in handed.technology.cells if cell.name in used),
        flip_flops=tuple(cell for cell in handed.technology.flip_flops if cell.name in used),
    )
    module = handed.netlist.module
    written = write_formats(
        handed.files["netlist.v"], to_verilog_models(library), top=module, folder=folder, backend=yosys
    )
    for name, back in (("BLIF", written.from_blif), ("EDIF", written.from_edif)):
        found = prove_equivalent(
            [folder / "netlist.v"],
            [back],
            folder=folder / f"proof_{name.lower()}",
            top=module,
            technology=handed.technology,
            backend=yosys,
        )
        if not found.equivalent:
            raise VerificationError(f"the netlist in {name}, {back.parent}, differs from {handed.metrics.netlist_file}")
    return Formats(written.blif.read_text(encoding="utf-8"), written.edif.read_text(encoding="utf-8"))
