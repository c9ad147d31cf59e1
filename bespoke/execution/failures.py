"""Pieces of work that end whoever does them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle

from bespoke.errors import PieceFailedError
from bespoke.files import write_bytes

#: Workers that may die of a piece before it is given up.
MOST_DEATHS = 3


def deadly(
    work: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    *,
    keep: Path | None,
    why: BaseException,
) -> PieceFailedError:
    """The error of a piece that was given up, whose input is kept as a pickled ``(work, arguments, options)``.

    Parameters
    ----------
    keep : folder for the input; None for the machine's temporary one.
    why : what was said of the last death.
    """
    named = work.func if isinstance(work, partial) else work
    name = getattr(named, "__name__", type(named).__name__).strip("_")
    folder = Path(tempfile.gettempdir()) if keep is None else keep
    content = cloudpickle.dumps((work, arguments, options))
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:8]}.pickle"
    write_bytes(path, content)
    ends = re.search(r"\{(.+?)\}", str(why))  # how the process ended, where that is known
    how = f" ({ends.group(1)})" if ends else ""
    return PieceFailedError(
        f"{MOST_DEATHS} workers died of one piece of work, {name}{how}, most likely for want of memory; use fewer "
        f"--workers or a smaller data set; its input is kept in {path}"
    )
