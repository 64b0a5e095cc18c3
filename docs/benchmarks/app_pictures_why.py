"""Takes pictures of the page Why?: an answer at 1280 pixels, and a question at 400 pixels in dark colours.

    python docs/benchmarks/app_pictures_why.py --out docs/pictures [--photo PHOTO]

Starts `catgan app` and Chromium on this machine. Without a photograph, the people of `app_pictures.py` are drawn.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from app_pictures import BROWSERS, drawn, shot, wait
from playwright.sync_api import Page, sync_playwright

ASKABLE = "document.querySelector('button.ask')?.disabled === false"
LIMIT_MS = 180_000


def show(page: Page, address: str, photo: Path) -> None:
    """Opens a photograph, and writes a question about it."""
    page.set_default_timeout(LIMIT_MS)
    page.goto(address.replace("/?", "/why?"))
    page.wait_for_selector(".why-work")
    page.set_input_files(".why-photo input[type=file]", str(photo))
    wait(page, "Boolean(document.querySelector('.page-why').dataset.read)")
    page.get_by_label("Hold still", exact=True).select_option("AU25")
    wait(page, ASKABLE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    photo = arguments.photo or drawn(Path(tempfile.mkdtemp()) / "three people.png")
    server = subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "app", "--no-browser"],
                              stdout=subprocess.PIPE, text=True)
    address = re.search(r"http\S+", server.stdout.readline())[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(path for path in BROWSERS if Path(path).exists()),
                                             args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        show(page, address, photo)
        page.click("button.ask")
        page.wait_for_selector(".answers")
        page.evaluate("document.querySelector('.answers').scrollIntoView()")
        shot(page, arguments.out / "app_why_1280.webp")
        page.set_viewport_size({"width": 400, "height": 860})
        page.click("#theme")
        page.evaluate("document.querySelector('.pictures').scrollIntoView()")
        shot(page, arguments.out / "app_why_dark_400.webp")
        browser.close()
    server.send_signal(signal.SIGINT)
    server.wait(20)


if __name__ == "__main__":
    main()
