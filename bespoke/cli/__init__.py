"""The command line: `bespoke`."""

from __future__ import annotations

import errno
import io
import os
import sys

import typer

from bespoke import __version__
from bespoke.ascii_text import ASCII_ERRORS
from bespoke.cli import (
    backend,
    data,
    design,
    handing_over,
    jobs,
    reporting,
    robustness,
    sweep,
    system,
    technology,
    using,
)
from bespoke.errors import BespokeError, InputError

app = typer.Typer(
    name="bespoke",
    help="From a data set to a verified, measured Verilog classifier for printed electronics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with:  bespoke run breast_cancer --out runs/bc",
)
for group in (jobs, sweep, using, data, design, backend, robustness, reporting, handing_over, system):
    group.register(app)
app.add_typer(technology.app, name="technology", help="List, show, import and export printed technologies.")


#: What Typer raises for options and arguments that do not fit; it exports only this child of it.
_UsageError = typer.BadParameter.__base__


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"bespoke {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def main() -> None:
    """Entry point: every error that is made on purpose, and every full disk, is one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show µ or × gets words for them, no traceback
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ASCII_ERRORS)
    try:
        code = app(standalone_mode=False)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # it has shown the help
            sys.exit(error.exit_code)
        _stop(_usage_trouble(error), error.exit_code)
    except BespokeError as error:
        _stop(str(error), error.exit_code)
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader went away, as with `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        _stop(_system_trouble(error), InputError.exit_code)
    except UnicodeEncodeError as error:
        shown = error.object[error.start : error.end]
        _stop(f"the locale's encoding {error.encoding} has no {shown!r}; set PYTHONUTF8=1 and run the same again", 2)
    except MemoryError:
        _stop("the machine ran out of memory; use fewer --workers or a smaller data set", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _usage_trouble(error: _UsageError) -> str:
    """One sentence like those of all other errors, and where to read on."""
    command = error.ctx.command_path if error.ctx is not None else "bespoke"
    message = (
        error.format_message().rstrip(". ").replace(": Value error, ", ": ")
    )  # a checker's word for all its errors
    return f"{message}; `{command} --help` shows how"


def _system_trouble(error: OSError) -> str:
    where = f" at {error.filename}" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"the disk is full{where}; make room and run the same command again, it continues"
        case errno.EFBIG:
            return f"a file may not become so large{where}; raise the limit (ulimit -f) and run the same command again"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"no permission to write or read{where}; name another folder with --out"
        case _:
            return f"{error.strerror or error}{where}"


def _stop(message: str, code: int) -> None:
    print(f"bespoke: {message}", file=sys.stderr)
    sys.exit(code)
