"""An exploration keeps its folder to itself until it is done."""

import subprocess
import sys

import pytest
from sample_runs import sample_network

from bespoke.errors import InputError
from bespoke.run import exploration
from bespoke.run.config import RunConfig
from bespoke.run.preparation import data_digest, prepare_data
from bespoke.run.procedure import Procedure, TrainedModels
from bespoke.run.runfolder import RunFolder

#: Ends with code 1 where another process holds the lock of the file.
_TAKE = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def _taken_by_another_process(path) -> bool:
    return subprocess.run([sys.executable, "-c", _TAKE, str(path)], capture_output=True).returncode == 0


class Seen(Exception):
    """The search was reached and has been looked at."""


def test_the_folder_is_locked_while_the_search_runs(tmp_path, monkeypatch):
    config, out = RunConfig(data="iris", hidden=(2,)), tmp_path / "run"

    def search(folder, procedure, data, **options):
        assert (procedure.hidden, options["folds"], options["imported"]) == ((2,), 5, None)
        assert data_digest(data) == data_digest(prepare_data(config)[0])
        with pytest.raises(InputError, match="in use by another run"):
            RunFolder(out).open(config, data_digest=data_digest(data))
        assert not _taken_by_another_process(out / ".bespoke-run.lock")
        raise Seen

    monkeypatch.setattr(exploration, "cross_fit", search)
    with pytest.raises(Seen):
        exploration.explore(config, out)


def test_training_alone_leaves_the_folder_free(tmp_path, monkeypatch):
    config, out = RunConfig(data="iris", hidden=(2,)), tmp_path / "run"
    network, *_ = sample_network()
    monkeypatch.setattr(Procedure, "train", lambda *_, **__: TrainedModels(None, network, network))
    kept = exploration.train(config, out)
    assert _taken_by_another_process(out / ".bespoke-run.lock")
    assert kept.models.baseline is network
