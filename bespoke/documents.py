"""Reading JSON and TOML, with one sentence for whatever a file holds instead."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bespoke.errors import InputError


def read_json(path: Path, what: str) -> Any:
    """The content of a JSON file in UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    what : what messages call the file, such as "model file".

    Raises
    ------
    InputError
        naming the file, where it cannot be read.
    """
    return _parsed(path, what, "JSON", json.loads)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The content of a TOML file, with or without a byte-order mark; InputError as above."""
    return _parsed(path, what, "TOML", tomllib.loads)


def _parsed(path: Path, what: str, form: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{what} {path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{what} {path} is a folder") from None
    except OSError as error:
        raise InputError(f"{what} {path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise InputError(f"{what} {path} cannot be read as {form}: it is nested too deeply") from None
    except ValueError as error:  # of the form, of UTF-8, or of a number with thousands of digits
        raise InputError(f"{what} {path} cannot be read as {form}: {error}") from None
