"""A program that ends because there is no room is told apart from one that fails by itself."""

import errno
import os

import pytest

from bespoke.eda.runner import run_tool
from bespoke.errors import ToolFailedError


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_program_that_says_so(tmp_path, number):
    words = ["sh", "-c", f"echo 'cannot write a.blif: {os.strerror(number)}'; exit 1"]
    with pytest.raises(OSError) as caught:
        run_tool("tool", words, folder=tmp_path, timeout_s=60)
    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / "tool.log"))


def test_a_program_that_is_ended_for_a_file_too_large(tmp_path):
    with pytest.raises(OSError) as caught:
        run_tool("tool", ["sh", "-c", "kill -XFSZ $$"], folder=tmp_path, timeout_s=60)
    assert caught.value.errno == errno.EFBIG


def test_a_program_that_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(OSError) as caught:
        run_tool("tool", ["true"], folder=tmp_path, timeout_s=60)
    assert caught.value.errno == errno.ENOSPC


def test_another_failure(tmp_path):
    with pytest.raises(ToolFailedError):
        run_tool("tool", ["false"], folder=tmp_path, timeout_s=60)
