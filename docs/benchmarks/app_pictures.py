"""Takes pictures of the page Face, at 1280 and 400 pixels, in light and dark colours.

    python docs/benchmarks/app_pictures.py PHOTO --out docs/pictures

Starts `catgan app` and Chromium on this machine.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
QUALITY = 82


def wait(page: Page, condition: str) -> None:
    """Waits until a JavaScript expression is true."""
    while not page.evaluate(condition):
        page.wait_for_timeout(100)


def shot(page: Page, path: Path) -> None:
    """Writes what the window shows as WebP."""
    page.wait_for_timeout(700)
    page.screenshot(path=path.with_suffix(".png"))
    Image.open(path.with_suffix(".png")).save(path, quality=QUALITY, method=6)
    path.with_suffix(".png").unlink()


def show(page: Page, address: str, photo: Path) -> None:
    """Opens a photograph, and lets the mouth drop."""
    page.goto(address)
    wait(page, "document.querySelector('.page-face > p')?.textContent === ''")
    page.set_input_files("input[type=file]", str(photo))
    wait(page, "Boolean(document.querySelector('[data-shown]'))")
    for label, value in (("AU12 Lip corner puller", 0), ("AU6 Cheek raiser", 0), ("AU4 Brow lowerer", 3)):
        page.get_by_label(label, exact=True).fill(str(value))
        page.get_by_label(label, exact=True).dispatch_event("change")
    wait(page, "[...document.querySelectorAll('.unit-picture img')].slice(0, 6).every((one) => one.complete)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    server = subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "app", "--no-browser"],
                              stdout=subprocess.PIPE, text=True)
    address = re.search(r"http\S+", server.stdout.readline())[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(path for path in BROWSERS if Path(path).exists()),
                                             args=["--no-sandbox"])
        for width, height in ((1280, 900), (400, 860)):
            page = browser.new_page(viewport={"width": width, "height": height})
            show(page, address, arguments.photo)
            page.locator(".wipe-control input").fill("50")
            page.evaluate("scrollTo(0, 0)" if width > 900 else "document.querySelector('.face-panel').scrollIntoView()")
            shot(page, arguments.out / f"app_face_{width}.webp")
            page.locator(".wipe-control input").fill("0")
            page.get_by_role("tab", name=re.compile("^Valence")).click()
            page.click("#theme")
            shot(page, arguments.out / f"app_face_plane_{width}.webp")
            page.get_by_role("tab", name="Reading").click()
            shot(page, arguments.out / f"app_face_reading_{width}.webp")
            page.get_by_role("tab", name="Expressions").click()
            page.click("#theme")
            shot(page, arguments.out / f"app_face_expressions_{width}.webp")
        browser.close()
    server.send_signal(signal.SIGINT)
    server.wait(20)


if __name__ == "__main__":
    main()
