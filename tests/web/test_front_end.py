"""The files of the front end: every module that another one imports is there, and git knows it."""

import re
import shutil
import subprocess

import pytest

from catgan.web.paths import STATIC
from tests.harness.paths import REPOSITORY


def test_every_imported_module_is_there():
    missing = [f"{path.name}: {name}" for path in STATIC.rglob("*.js")
               for name in re.findall(r'from "(\.[^"]+)"', path.read_text(encoding="utf-8"))
               if not (path.parent / name).is_file()]
    assert missing == []


def test_no_file_of_the_front_end_is_ignored_by_git():
    """`runs/` is ignored everywhere, for example."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("this is no checkout")
    paths = [str(path) for path in STATIC.rglob("*") if path.is_file()]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.stdout == ""
