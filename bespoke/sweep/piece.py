"""A point as a piece of work: a whole run, in the folder of the sweep or packed up for another machine."""

from __future__ import annotations

import dataclasses
import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bespoke.errors import BespokeError
from bespoke.execution import Executor, ExecutorKind
from bespoke.files import scratch_folder
from bespoke.run.config import RunConfig

Finish = Callable[[Path], None]
DONE = "done"


@dataclass(frozen=True)
class PointWork:
    """What a worker needs to run a point, which can be pickled.

    Attributes
    ----------
    config : the settings of its run, those of the executor that the run opens for itself among them.
    folder : of its run.
    """

    config: RunConfig
    folder: Path
    command: str = ""
    finish: Finish | None = None


def inner_config(config: RunConfig, executor: Executor, pieces: int) -> RunConfig:
    """The settings with the share of the cores that each of so many points has for itself."""
    # a worker of a cluster is one core, and may start no processes
    kind, workers = executor.inside(pieces) if executor.shares_files else (ExecutorKind.SERIAL, 1)
    return dataclasses.replace(config, executor=kind, workers=workers, address=None)


def run_through(executor: Executor, work: PointWork) -> str:
    """Run a point wherever the executor has its workers, and leave its folder here.

    Returns
    -------
    ``done``, or the reason why there is no result: a point that fails is no reason to leave the others.
    """
    try:
        if executor.shares_files:
            return executor.call(run_in_place, work)
        state, content = executor.call(run_and_pack, work)
    except BespokeError as error:  # its workers died of it again and again
        return one_line(str(error))
    unpack(content, work.folder)
    return state


def run_in_place(work: PointWork) -> str:
    """Run a point in its folder; what `run_through` returns."""
    from bespoke.run.job import run  # heavy: only when a run starts

    try:
        run(work.config, work.folder, command=work.command, finish=work.finish)
    except BespokeError as error:
        return one_line(str(error))
    except MemoryError:
        return "the machine ran out of memory"
    return DONE


def run_and_pack(work: PointWork) -> tuple[str, bytes]:
    """Run a point in a folder of the machine at hand; what `run_through` returns, and the folder as a zip file."""
    with scratch_folder("bespoke-point-") as scratch:
        place = scratch / work.folder.name
        state = run_in_place(dataclasses.replace(work, folder=place))
        return state.replace(str(place), str(work.folder)), _packed(place)


def _packed(folder: Path) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return sink.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Put a packed run where it belongs, all at once, in the place of what an earlier call may have begun there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(f".{folder.name}-", inside=folder.parent, suffix=".part") as scratch:
        whole = scratch / folder.name
        whole.mkdir()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(whole)
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def one_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
