"""Finds the files that travel with the package: Verilog templates, simulation benches, tool flows.

In a checkout they stand at the top level; in an installed wheel under ``bespoke/_bundled``.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """Folder ``rtl_templates``, ``sim`` or ``flows``, wherever this installation keeps it.

    Raises
    ------
    FileNotFoundError
        if the installation is incomplete.
    """
    for candidate in (_PACKAGE / "_bundled" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the installed package lacks its folder {name!r}; reinstall bespoke")
