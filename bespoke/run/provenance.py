"""What a run was made by and from: the content of ``versions.json``."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

from bespoke import __version__
from bespoke.data import dataset_names
from bespoke.data.uci import LITERATURE, literature_file
from bespoke.eda.tools import source_commit, tool_versions
from bespoke.run.config import RunConfig

#: Libraries that a result may depend on, beside the tools.
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "joblib", "deap")


def provenance(config: RunConfig, *, data_digest: str) -> dict[str, str | dict[str, str]]:
    """Versions of everything, the commit, and the digest of the data.

    Parameters
    ----------
    data_digest : of what was read, for data that have no file of their own.
    """
    return {
        "bespoke": __version__,
        "commit": source_commit() or f"none: installed as bespoke {__version__}",
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in _LIBRARIES},
        **tool_versions(),
        "data_sha256": data_hashes(config, data_digest=data_digest),
    }


def data_hashes(config: RunConfig, *, data_digest: str) -> dict[str, str]:
    """SHA-256 of every file of data, by its name; by the set's name that of the arrays where there is no file."""
    found = {}
    for value in (config.data, config.train, config.test, config.validation):
        if value in LITERATURE:
            path = literature_file(value, data_dir=config.data_dir)
        elif value is None or value in dataset_names():
            path = None
        else:
            path = Path(value)
        if path is not None:
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif value is not None:
            found[value] = data_digest
    return found
