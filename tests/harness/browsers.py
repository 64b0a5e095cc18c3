"""A real browser for tests, and the accessibility checker axe-core. Tests skip where either is missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.paths import REPOSITORY

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE, AXE_FOLDER = "axe-core@4.14.1", REPOSITORY / ".browser"
TIMEOUT_MS = 60_000


def browser_path() -> str:
    """The path of Chromium: `CATGAN_BROWSER`, or as it is installed. Skips the test without one."""
    pytest.importorskip("playwright")
    found = os.environ.get("CATGAN_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is on this machine (apt-get install chromium, or CATGAN_BROWSER)")
    return found


@contextlib.contextmanager
def opened_browser() -> Iterator[Any]:
    """Starts Chromium without a window."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def wait_until(page: Any, condition: str, arg: object = None) -> None:
    """Waits until a JavaScript function returns true. (`wait_for_function` of Playwright needs `eval`, which the policy
    of the page forbids.)"""
    end = time.monotonic() + TIMEOUT_MS / 1000
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"never true: {condition}"
        page.wait_for_timeout(20)


def axe_script() -> str:
    """The source of axe-core, which npm fetches once into a folder that git ignores. Skips the test without it."""
    script = AXE_FOLDER / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("axe-core is not on this machine, and npm is not there to fetch it")
        AXE_FOLDER.mkdir(exist_ok=True)
        done = subprocess.run([npm, "pack", AXE, "--pack-destination", str(AXE_FOLDER)], capture_output=True,
                              cwd=AXE_FOLDER, timeout=120)
        packed = next(AXE_FOLDER.glob("axe-core-*.tgz"), None)
        if done.returncode or packed is None:
            pytest.skip("axe-core could not be fetched by npm")
        with tarfile.open(packed) as archive:
            script.write_bytes(archive.extractfile("package/axe.min.js").read())
        packed.unlink()
    return script.read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """Serious and critical findings of axe-core on a page: rule, and the first element."""
    page.evaluate(axe_script())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found
            if one["impact"] in ("serious", "critical")]
