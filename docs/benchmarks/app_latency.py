"""Measures the page Face in a browser: time from a move of a slider to the new picture, first page, requests at once.

    python docs/benchmarks/app_latency.py PHOTO [--moves 200] [--json FILE]

Starts `catgan app` and Chromium on this machine. A move sets the slider as the keyboard does; its time ends with the
second animation frame after the page has drawn the answer, when the picture is on the screen. Where other programs use
the cores, `--priority` gives those of this measurement a higher share (Linux, root).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
PRIORITY = "-20"
"""Nice value of the groups of processes of this measurement, of -20..19."""
UNITS = ("AU12 Lip corner puller", "AU4 Brow lowerer", "AU1 Inner brow raiser", "AU25 Lips part", "AU43 Eyes closed")
MOVE = """async ([label, value]) => {
  const page = document.querySelector(".page-face");
  const input = [...document.querySelectorAll("label")].find((one) => one.textContent === label).control;
  const shown = page.dataset.shown, start = performance.now();
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  while (page.dataset.shown === shown) await frame();
  await frame();
  const taken = performance.now() - start;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return taken;
}"""
FIRST_PAGE = """const look = () => {
  if (document.querySelector(".drop")) window.firstPage = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
"""Notes when the page is there, since the navigation began. (Playwright itself looks every half second.)"""
CROWD = """async (count) => {
  const tab = sessionStorage.getItem("catgan-tab");
  const { photo } = await (await fetch("/api/face/state", { headers: { "X-Tab": tab } })).json();
  const start = performance.now();
  const answers = await Promise.all([...Array(count).keys()].map((number) => fetch("/api/face/edit", {
    method: "POST", headers: { "X-Tab": tab, "Content-Type": "application/json" },
    body: JSON.stringify({ photo, to: { AU12: (number % 50) / 10 }, view: "face" }) })));
  return { seconds: (performance.now() - start) / 1000, statuses: [...new Set(answers.map((one) => one.status))] };
}"""


def prioritise() -> None:
    """Raises the share of this process and its children; a browser is a session of its own, so each is named."""
    own = {os.getpid()}
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    while more := {child for child, parent in parents.items() if parent in own} - own:
        own |= more
    for process in own:
        try:
            Path(f"/proc/{process}/autogroup").write_text(PRIORITY)
        except OSError:
            continue


def memory_mb(process: int) -> float:
    """Returns the resident memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return round(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, 1)


def measured(page: Page, photo: Path, moves: int) -> dict[str, float]:
    """Opens a photograph, and moves sliders."""
    while page.evaluate("document.querySelector('.page-face > p')?.textContent") != "":
        page.wait_for_timeout(100)
    page.set_input_files("input[type=file]", str(photo))
    page.wait_for_selector("[data-shown], .face-notes li", timeout=60_000)
    if page.locator("[data-shown]").count() == 0:
        raise SystemExit(f"{photo}: {page.inner_text('.face-notes')}")
    random = np.random.default_rng(0)
    times = [page.evaluate(MOVE, [UNITS[number % len(UNITS)], f"{random.uniform(0, 5):.2f}"])
             for number in range(moves + 10)][10:]
    crowd = page.evaluate(CROWD, 100)
    return {"moves": moves, "median_ms": round(float(np.median(times)), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1), "worst_ms": round(max(times), 1),
            "hundred_at_once_seconds": round(crowd["seconds"], 2), "hundred_at_once_statuses": crowd["statuses"]}


@contextlib.contextmanager
def served(run: str) -> Iterator[tuple[subprocess.Popen, str, dict[str, float]]]:
    """Starts the page, and stops it whatever happens. Yields its process, its address and the first figure."""
    started = time.perf_counter()
    server = subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "app", run, "--no-browser"],
                              stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http\S+", server.stdout.readline())[0]
        yield server, address, {"server_up_seconds": round(time.perf_counter() - started, 2)}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def in_browser(arguments: argparse.Namespace, server: subprocess.Popen, address: str) -> dict[str, float]:
    """Opens the page in Chromium, and measures."""
    browser_path = next(path for path in BROWSERS if Path(path).exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        if arguments.priority:
            prioritise()
        page.add_init_script(FIRST_PAGE)
        page.goto(address, wait_until="commit")
        page.wait_for_selector(".drop")
        result = {"first_page_seconds": round(page.evaluate("window.firstPage") / 1000, 2)}
        result |= measured(page, arguments.photo, arguments.moves) | {"server_mb": memory_mb(server.pid)}
        page.evaluate(CROWD, 100)
        result["server_mb_after_another_hundred"] = memory_mb(server.pid)
        browser.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--run", default="faces_64")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--priority", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.priority:
        prioritise()
    with served(arguments.run) as (server, address, result):
        result |= in_browser(arguments, server, address)
    result["exit_code"] = server.returncode
    result |= {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
