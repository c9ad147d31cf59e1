"""What `import bespoke` brings, and what it leaves for the first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bespoke


def test_importing_bespoke_loads_nothing_heavy():
    program = (
        "import sys, bespoke\n"
        "heavy = {'numpy', 'sklearn', 'numba', 'scipy', 'pandas', 'typer', 'rich'} & set(sys.modules)\n"
        "assert 'BespokeClassifier' in dir(bespoke)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_names_of_the_package_are_those_of_their_modules():
    from bespoke import BespokeClassifier
    from bespoke.estimator import BespokeClassifier as original

    assert BespokeClassifier is original
    assert set(bespoke._HOMES) < set(bespoke.__all__)
    for name in bespoke.__all__:
        assert getattr(bespoke, name) is not None


def test_other_names_are_refused_as_of_any_module():
    with pytest.raises(AttributeError, match="module 'bespoke' has no attribute 'BespokeClasifier'"):
        _ = bespoke.BespokeClasifier
    with pytest.raises(ImportError):
        from bespoke import nothing_such  # noqa: F401
