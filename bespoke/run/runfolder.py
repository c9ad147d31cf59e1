"""The folder that a run owns: its layout, its stamp, and which stages are already done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

from bespoke import __version__
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.files import as_written, write_json, write_text
from bespoke.run import publication
from bespoke.run.config import MACHINE_SETTINGS, REQUEST_SETTINGS, RunConfig, coerce, read_config, to_toml
from bespoke.run.folder_opening import STAMP, clear, hold, holds_foreign_files, tidy
from bespoke.run.metrics import restored
from bespoke.run.stages import Stage
from bespoke.technology import technology_names

_T = TypeVar("_T")

#: What a run ends with: where it is, there is a chosen design.
METRICS = "metrics.json"
#: In the stamp of a run whose files are being removed for another.
_REPLACED = "replaced"
_LEDGER = "stages.json"
_SECONDS = "seconds.json"


class RunFolder:
    """Files of one run, or of a fold of it.

    What a run does in stages (`bespoke.run.stages`) is read back where it is done already, so that a run that was
    killed is continued by the same command. For one process, and one thread, at a time.
    """

    def __init__(self, path: Path):
        self.path = path
        self._held: TextIO | None = None

    def open(self, config: RunConfig, *, data_digest: str, overwrite: bool = False) -> None:
        """Create the folder, or take up a run that was begun with the same settings, files, data and version.

        The request may be another one: it says which design is wanted, not what there is. The settings in
        ``config.toml`` are those of the last choice; before there is one, of the last call.

        Raises
        ------
        InputError
            if the folder holds another run, or anything that is not a run.
        """
        stamp = {"version": __version__, "data": data_digest, "settings": config.result_settings()}
        files = _files_read(config)
        if files:
            stamp["files"] = files
        stamp = json.loads(as_written(json.dumps(stamp, ensure_ascii=False)))
        self._admitted(stamp, overwrite=overwrite)  # before anything is touched
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock()
        stamp = self._admitted(stamp, overwrite=overwrite)  # another process may have been here meanwhile
        held = self._stamp()
        if held is not None and (overwrite or _REPLACED in held):
            write_json(self.path / STAMP, {_REPLACED: True})
            clear(self.path)
        tidy(self.path)
        write_json(self.path / STAMP, stamp)
        if not self.has(METRICS):
            write_text(self.path / "config.toml", to_toml(config))

    def _admitted(self, stamp: dict[str, Any], *, overwrite: bool) -> dict[str, Any]:
        """The stamp that the folder is to have: that of the run in it, where it is this one.

        Raises
        ------
        InputError
            as `open` says.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"--out {self.path} is a file; name a folder")
        held = self._stamp()
        if held is None and holds_foreign_files(self.path):
            raise InputError(f"--out {self.path} holds files that are not of a run; name an empty or a new folder")
        if held is None or overwrite or _REPLACED in held:
            return stamp
        if held == {}:
            raise InputError(f"{self.path / STAMP} is damaged; name another folder with --out or pass --overwrite")
        in_full = self._stamp_in_full(held)
        if stamp in (held, in_full):
            return held  # the settings may be given as the run itself had filled them in
        raise InputError(
            f"--out {self.path} holds a run with {_difference(held, stamp, in_full)}; name another folder or pass "
            "--overwrite"
        )

    def take_up(self) -> RunConfig:
        """Keep the folder of a run for this process, and return the run's settings.

        Raises
        ------
        InputError
            if the folder is none of a run of this version, or a library that it was mapped on has changed since.
        """
        if not self.path.is_dir():
            raise InputError(f"run folder {self.path} does not exist")
        held = self._stamp()
        if held is None:
            raise InputError(f"{self.path} is no run folder of `bespoke run`")
        if _REPLACED in held:
            raise InputError(f"{self.path} was being given to another run, which was killed; repeat that `bespoke run`")
        if held.get("version") != __version__:
            raise InputError(
                f"{self.path} holds a run of bespoke {held.get('version', 'of an unknown version')}, this is "
                f"{__version__}; repeat the run"
            )
        self._lock()
        tidy(self.path)
        if not self.has("config.toml"):
            self.close()
            raise InputError(
                f"{self.path} has no finished front yet: repeat its `bespoke run`, which goes on from here"
            )
        config = RunConfig(**read_config(self.path / "config.toml"))
        changed = _changed_file(held, _files_read(config))
        if changed is not None:
            self.close()
            raise InputError(f"{changed} has changed since the run in {self.path}; put it back as it was, or run again")
        return config

    def asked(self, config: RunConfig) -> RunConfig:
        """The settings as the run was given them, which ``config`` has in full, with the request of ``config``."""
        given = {key: coerce(key, value) for key, value in (self._stamp() or {}).get("settings", {}).items()}
        now = {name: getattr(config, name) for name in (*REQUEST_SETTINGS, *MACHINE_SETTINGS, "data_dir")}
        return RunConfig(**{**given, **now})

    def settle(self) -> None:
        """Finish the writing of a choice that was made and whose files a killed process had begun to put in place."""
        publication.settle(self.path)

    def _lock(self) -> None:
        """Keep the folder for this process until it ends, however it ends."""
        self.close()  # this one may have held it already
        self._held = hold(self.path, by="run")

    def close(self) -> None:
        """Give the folder free for others, which a process that ends does anyhow."""
        if self._held is not None:
            self._held.close()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def has(self, name: str) -> bool:
        return (self.path / name).is_file()

    def read_json(self, name: str) -> Any:
        """A stage's result.

        Raises
        ------
        InputError
            if the file is damaged, as a power cut may have left it.
        """
        try:
            return read_json(self.path / name, "file")
        except InputError as error:
            raise InputError(f"{error}; remove it and repeat the run, or pass --overwrite") from None

    def read(self, kind: type[_T], name: str) -> _T:
        """A stage's result as the dataclass that was written.

        Raises
        ------
        InputError
            if the file is damaged or of another version.
        """
        try:
            return restored(kind, read_json(self.path / name, "file"))
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise InputError(
                f"{self.path / name} is damaged or of another version ({error}); remove it, or pass --overwrite"
            ) from error

    def write_json(self, name: str, document: Any) -> None:
        write_json(self.path / name, document)

    def is_done(self, stage: Stage) -> bool:
        """Whether the stage's result is there, made from what is there now."""
        entry = self._ledger.get(stage.makes)
        return self.has(stage.makes) and entry is not None and entry["needs"] == self._digests(stage.needs)

    def made(self, stage: Stage, make: Callable[[], Any]) -> Any:
        """The stage's result: read back where it is done, else the document that ``make`` returns, written."""
        if not self.is_done(stage):
            (self.path / stage.makes).unlink(missing_ok=True)
            needs = self._digests(stage.needs)
            document = make()
            self.write_json(_LEDGER, {**self._ledger, stage.makes: {"needs": needs}})  # says nothing without the result
            self.write_json(stage.makes, document)
        return self.read_json(stage.makes)

    @property
    def _ledger(self) -> dict[str, dict[str, Any]]:
        """By result: digests of all that it was made from."""
        try:
            return read_json(self.path / _LEDGER, "file") if self.has(_LEDGER) else {}
        except InputError:  # of a power cut: all is made again, to the same result
            return {}

    def _digests(self, names: Iterable[str]) -> dict[str, str | None]:
        """SHA-256 of files of the folder; None for one that is not there."""
        paths = {name: self.path / name for name in names}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            for name, path in paths.items()
        }

    @contextmanager
    def timed(self, title: str) -> Iterator[None]:
        """Keeps in ``seconds.json`` how long the block took, under its title."""
        began = time.monotonic()
        yield
        self.write_json(_SECONDS, {**self.seconds, title: round(time.monotonic() - began, 3)})

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of everything that was timed and is done."""
        return self.read_json(_SECONDS) if self.has(_SECONDS) else {}

    def fill_in(self, asked: RunConfig, config: RunConfig) -> None:
        """Put into ``config.toml`` what the run made of the settings that it was given."""
        write_text(self.path / "config.toml", to_toml(config, asked=asked))

    def _stamp_in_full(self, held: dict[str, Any] | None) -> dict[str, Any] | None:
        """The stamp that the folder's run would have, had it been given all that it found by itself."""
        try:
            config = RunConfig(**read_config(self.path / "config.toml"))
        except InputError:
            return held
        return held and {**held, "settings": config.result_settings()}

    def _stamp(self) -> dict[str, Any] | None:
        if not (self.path / STAMP).is_file():
            return None
        try:
            held = read_json(self.path / STAMP, "file")
        except InputError:
            return {}
        if not isinstance(held, dict) or not isinstance(held.get("settings", {}), dict):
            return {}
        kept = {name: value for name, value in held.get("settings", {}).items() if name not in REQUEST_SETTINGS}
        return {**held, "settings": kept}


def _files_read(config: RunConfig) -> dict[str, str]:
    """SHA-256 of every file that the settings name for a technology or its front ends, by the path as it is named.

    One that is not there is left out: whoever reads it says so.
    """
    named = (*(config.liberty or (config.technology,)), config.front_end_figures)
    paths = [name for name in named if name is not None and name not in technology_names() and Path(name).is_file()]
    return {name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in paths}


def _changed_file(held: dict[str, Any], files: dict[str, str]) -> str | None:
    """The first file that was another when the folder's run was begun."""
    before = held.get("files", {})
    return next((name for name in files if name in before and before[name] != files[name]), None)


def _difference(held: dict[str, Any], stamp: dict[str, Any], in_full: dict[str, Any]) -> str:
    """The first thing in which two stamps differ, in words; the held one may be the one in full, if that is nearer."""
    if held.get("version") != stamp["version"]:
        return f"bespoke {held.get('version', 'of an unknown version')}"
    now = stamp["settings"]
    found = [
        [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
        for before in (held.get("settings", {}), in_full.get("settings", {}))
    ]
    differing, before = min(zip(found, (held, in_full), strict=True), key=lambda pair: len(pair[0]))
    for key in differing:
        was = before["settings"].get(key, "default")
        return f"another {key} ({was!r} instead of {now.get(key, 'default')!r})"
    changed = _changed_file(held, stamp.get("files", {}))
    if changed is not None:
        return f"another {changed}, which has changed since"
    if held.get("data") == stamp["data"]:
        return f"an unknown state of {', '.join(stamp.get('files', {})) or 'its files'}"
    return "other data"


def digest_arrays(*arrays: Any) -> str:
    """SHA-256 over the bytes of NumPy arrays and the text of anything else."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes() if hasattr(array, "tobytes") else repr(array).encode())
    return digest.hexdigest()
