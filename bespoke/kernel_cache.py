"""Where compiled kernels are kept.

Numba notices when a kernel's own file changes, but not when a kernel that it calls does: after an update it would go on
with machine code of the old one. So the cache has a folder per state of the sources, named by their digest.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

#: Modules that hold kernels, or constants and records that kernels read: only a change of these makes kernels compile
#: anew. tests/test_kernel_cache.py follows the imports and says what is missing.
KERNEL_SOURCES = (
    "circuit/liveness.py",
    "circuit/simulation.py",
    "kernel_words.py",
    "netlist/kernels.py",
    "netlist/optimise/candidates.py",
    "netlist/optimise/cones.py",
    "netlist/optimise/library.py",
    "netlist/optimise/local_proof.py",
    "netlist/optimise/moves.py",
    "netlist/optimise/search.py",
    "netlist/optimise/signatures.py",
    "netlist/optimise/state.py",
    "robustness/kernels.py",
    "robustness/wire_kernels.py",
    "search/aig/argmax.py",
    "search/aig/builder.py",
    "search/aig/graph.py",
    "search/aig/sums.py",
    "search/archive.py",
    "search/batch.py",
    "search/circuit/accuracy.py",
    "search/circuit/archive.py",
    "search/circuit/graph.py",
    "search/circuit/kernels.py",
    "search/circuit/proposals.py",
    "search/circuit/words.py",
    "search/cost_model.py",
    "search/defects.py",
    "search/evaluation.py",
    "search/genome.py",
    "search/integers.py",
    "search/power.py",
    "search/pricing.py",
    "search/randoms.py",
    "search/variation/moves.py",
    "search/variation/networks.py",
    "search/variation/summands.py",
    "search/variation/tree.py",
    "train/lookup_kernels.py",
)


def sources_digest() -> str:
    """Digest of all files that compiled kernels can depend on."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for name in KERNEL_SOURCES:
        digest.update(name.encode())
        digest.update((package / name).read_bytes())
    return digest.hexdigest()[:16]


def package_digest() -> str:
    """Digest of every module of this package: two installations with the same one give the same results."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def use_kernel_cache() -> None:
    """Point Numba at this state's folder in the user's cache, unless NUMBA_CACHE_DIR names one."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = str(base / "bespoke" / "kernels" / sources_digest())
    if "numba" in sys.modules:  # it has read its environment already
        sys.modules["numba"].config.CACHE_DIR = folder
    else:
        os.environ["NUMBA_CACHE_DIR"] = folder
