"""A stage of a run as a value: what it makes, and what that was made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A step whose result stands in one file of a run folder, written last and at once: it is done, or it is not.

    It is done where the file is there and what it was made from has not changed since. Settings and data need not be
    named, for a folder is of one run alone.

    Parameters
    ----------
    title : what a person reads while it lasts.
    makes : the file.
    needs : files that it was made from, results of other stages.
    """

    title: str
    makes: str
    needs: tuple[str, ...] = ()
