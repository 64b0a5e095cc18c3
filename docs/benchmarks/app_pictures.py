"""Takes pictures of the page Face, at 1280 and 400 pixels, in light and dark colours.

    python docs/benchmarks/app_pictures.py --out docs/pictures [--photo PHOTO]

Starts `catgan app` and Chromium on this machine. Without a photograph, three people are drawn by the face model.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
QUALITY = 82


def drawn(path: Path) -> Path:
    """Draws three people beside each other."""
    from catgan.faces.images import write_image
    from catgan.synthesis.face_model import SHAPE_COMPONENTS, TEXTURE_COMPONENTS
    from catgan.synthesis.rendering import Renderer
    from catgan.synthesis.scene import Scene

    scenes = []
    for number, (units, skin) in enumerate((({6: 3.0, 12: 4.0, 25: 2.0}, 0.25), ({4: 3.0}, 0.7), ({1: 3.0}, 0.45))):
        random = np.random.default_rng(20 + number)
        shape, texture = (tuple(0.8 * random.standard_normal(size)) for size in (SHAPE_COMPONENTS, TEXTURE_COMPONENTS))
        scenes.append(Scene(units, shape=shape, texture=texture, skin=skin, light=(-30.0, 20.0, 0.5), background=0.6,
                            seed=number))
    faces = [np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.LANCZOS))
             for face, side in zip(Renderer(256).render(scenes, 3)[0], (480, 400, 400))]
    photo = np.full((520, 1360, 3), 120, np.uint8)
    for face, left in zip(faces, (20, 520, 940)):
        photo[40:40 + len(face), left:left + len(face)] = face
    write_image(path, photo)
    return path


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
    """Opens a photograph, and makes the smile a frown."""
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
        for width, height in ((1280, 900), (400, 860)):
            page = browser.new_page(viewport={"width": width, "height": height})
            show(page, address, photo)
            page.locator(".wipe-control input").fill("50")
            page.evaluate("scrollTo(0, 0)" if width > 900 else "document.querySelector('.face-panel').scrollIntoView()")
            shot(page, arguments.out / f"app_face_{width}.webp")
            page.locator(".wipe-control input").fill("0")
            page.get_by_role("tab", name=re.compile("^Valence" if width > 900 else "^Reading")).click()
            page.click("#theme")
            shot(page, arguments.out / f"app_face_dark_{width}.webp")
        browser.close()
    server.send_signal(signal.SIGINT)
    server.wait(20)


if __name__ == "__main__":
    main()
