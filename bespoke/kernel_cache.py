"""Where compiled kernels are kept.

Numba notices when a kernel's own file changes, but not when a kernel that it calls does: after an update it would go on
with machine code of the old one. So the cache has a folder per state of the sources, named by their digest.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

#: Rooms and files that hold kernels, or constants that kernels read.
KERNEL_ROOMS = ("circuit", "netlist", "search", "train")
KERNEL_FILES = ("kernel_words.py",)


def sources_digest() -> str:
    """Digest of all files that compiled kernels can depend on."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    paths = [package / name for name in KERNEL_FILES]
    for room in KERNEL_ROOMS:
        paths += sorted((package / room).rglob("*.py"))
    for path in paths:
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


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
