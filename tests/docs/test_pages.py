"""What README and tutorial show is what their commands print, but for figures that depend on the machine."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys

import pytest
from helpers import ROOT

_SPEC = importlib.util.spec_from_file_location("pages", ROOT / "docs/pages.py")
pages = importlib.util.module_from_spec(_SPEC)
sys.modules["pages"] = pages
_SPEC.loader.exec_module(pages)


def words(text: str) -> set[str]:
    """Words without figures: what must be printed by any processor, which may find another design."""
    return {word for word in text.split() if not re.search(r"\d", word)} - {"…"}


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_pages_show_what_their_commands_print(page, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    blocks = pages.shown(page.read_text(encoding="utf-8"))
    assert any(block.output for block in blocks)
    for block in blocks:
        said = pages.printed(block.commands, tmp_path)
        if block.output:
            missing = words(block.output) - words(said)
            assert len(missing) <= 0.1 * len(words(block.output)), f"{block.commands}{sorted(missing)}\n{said}"


SAID = "a design of 12 gates\nand 3.5 mW, 7.25 s\nfound in 9 s\n"


@pytest.mark.parametrize(
    ("shown", "strict", "loose"),
    [
        (SAID, True, True),
        ("a design of 12 gates and\n3.5 mW, 8 s\nfound in 123.4 s\n", True, True),
        ("a design of 13 gates\nand 3.5 mW, 7.25 s\n…\n", False, True),
        ("…\nfound in 8 s\n", True, True),
        ("a design of twelve gates\n…\n", False, False),
    ],
)
def test_only_figures_and_seconds_may_differ(shown, strict, loose):
    for figures, same in ((True, strict), (False, loose)):
        assert all(match for _, match in pages.places(shown, SAID, figures=figures)) == same


def test_what_was_printed_takes_the_place_of_what_is_shown(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(
        "Text.\n\n```sh\necho old; echo rest\n```\n\n- item\n\n  ```sh\n  printf 'a 1\\nb 2\\nc 3\\n'\n  ```\n\n"
        "  ```output\n  …\n  b 7\n  …\n  ```\nEnd.\n",
        encoding="utf-8",
    )
    assert len(pages.check(page, folder=tmp_path, write=True)) == 1
    assert "  ```output\n  …\n  b 2\n  …\n  ```\nEnd.\n" in page.read_text(encoding="utf-8")
    assert pages.check(page, folder=tmp_path) == []


def test_an_output_without_commands_and_a_failing_command_are_told(tmp_path):
    with pytest.raises(ValueError, match="no commands before the output 'x'"):
        pages.shown("```output\nx\n```\n")
    with pytest.raises(RuntimeError, match="ends with code 3"):
        pages.printed("echo sorry; exit 3", tmp_path)
