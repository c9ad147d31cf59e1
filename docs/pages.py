"""Runs what tutorial and README show, and compares what is printed: ``python docs/pages.py [--write] [PAGE ...]``.

A page's blocks marked ``sh`` are run, one after the other, in the checkout; a block marked ``output`` shows what the
``sh`` block before it prints. A line ``…`` stands for any lines that are left out. Seconds depend on the machine: no
difference in them counts. ``--write`` puts what was printed in place of what the page shows, elisions kept.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs/tutorial.md")
#: Columns of the terminal that pages show.
COLUMNS = 120

_BLOCK = re.compile(r"^( *)```(sh|output)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SECONDS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?= s\b)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
_ELIDED = "…"


@dataclass(frozen=True)
class Shown:
    """A block of commands and, where the page has one, the block of what they print.

    Parameters
    ----------
    commands : shell commands
    output : text that the page shows, without the block's indentation; None if it shows nothing
    span : where in the page that text stands
    indent : blanks before each line of the block
    """

    commands: str
    output: str | None
    span: tuple[int, int]
    indent: str


def shown(page: str) -> list[Shown]:
    """What a page shows, in order."""
    found: list[Shown] = []
    for match in _BLOCK.finditer(page):
        indent, kind, text = match.groups()
        plain = re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
        if kind == "sh":
            found.append(Shown(plain, None, (0, 0), indent))
        else:
            if not found or found[-1].output is not None:
                raise ValueError(f"no commands before the output {plain.splitlines()[0]!r}")
            found[-1] = Shown(found[-1].commands, plain, match.span(3), indent)
    return found


def printed(commands: str, folder: Path) -> str:
    """What commands print on both channels, run with this Python's programs in a folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{commands.strip()}\nends with code {done.returncode}:\n{done.stdout[-2000:]}")
    return "".join(line.rstrip() + "\n" for line in done.stdout.strip("\n").splitlines())


def fragments(output: str) -> list[str]:
    """The parts of a shown output between what is left out."""
    parts = re.split(rf"^{_ELIDED}\n", output, flags=re.MULTILINE)
    return [part for part in parts if part]


def _pattern(fragment: str, *, figures: bool) -> re.Pattern[str]:
    """What a fragment must look like: its words, and its numbers if they count; line breaks never do."""
    masked = _SECONDS if figures else _NUMBER
    words = masked.sub("\0", fragment).split()
    number = r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
    return re.compile(r"\s+".join(re.escape(word).replace("\0", number) for word in words))


def places(output: str, said: str, *, figures: bool = True) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Each fragment of a shown output with where it stands in what was printed; None where it does not.

    Parameters
    ----------
    figures : whether numbers must agree; seconds never need to
    """
    start = 0
    for fragment in fragments(output):
        match = _pattern(fragment, figures=figures).search(said, start)
        if match:
            start = match.end()
        yield fragment, match


def _rewritten(block: Shown, said: str) -> str:
    """A block's text with what was printed: as a whole where nothing is left out, else fragment by fragment."""
    text = said if _ELIDED not in block.output else block.output
    if text is block.output:
        for fragment, match in places(block.output, said, figures=False):
            if match is None:
                print(f"not found any more, to be put right by hand:\n{fragment}", file=sys.stderr)
                continue
            first = said.rfind("\n", 0, match.start()) + 1
            last = said.find("\n", match.end() - 1) + 1
            text = text.replace(fragment, said[first:last], 1)
    return "".join(block.indent + line if line.strip() else line for line in text.splitlines(keepends=True))


def check(page: Path, *, folder: Path = ROOT, figures: bool = True, write: bool = False) -> list[str]:
    """Run a page's commands in a folder; what the page shows otherwise than it is printed."""
    text = page.read_text(encoding="utf-8")
    differing, changes = [], []
    for block in shown(text):
        print(block.commands.strip(), file=sys.stderr, flush=True)
        said = printed(block.commands, folder)
        if block.output is None:
            continue
        missing = [fragment for fragment, match in places(block.output, said, figures=figures) if match is None]
        if missing:
            differing.append(f"{page.name}: {block.commands.strip()}\nshows\n{''.join(missing)}\nprints\n{said}")
            changes.append((block.span, _rewritten(block, said)))
    if write and changes:
        for (start, end), new in reversed(changes):
            text = text[:start] + new + text[end:]
        page.write_text(text, encoding="utf-8")
    return differing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES)
    parser.add_argument("--write", action="store_true", help="put what is printed into the pages")
    asked = parser.parse_args()
    differing = [difference for page in asked.pages for difference in check(page, write=asked.write)]
    print("\n\n".join(differing) or "every page shows what its commands print")
    return bool(differing) and not asked.write


if __name__ == "__main__":
    sys.exit(main())
