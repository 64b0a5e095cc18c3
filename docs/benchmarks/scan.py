"""How fast annotations are scanned, and in how much memory: N invented rows of a layout, `catgan build --dry-run`.

    python docs/benchmarks/scan.py --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

AUS = ("AU1", "AU2", "AU4", "AU6", "AU7", "AU10", "AU12", "AU15", "AU23", "AU24", "AU25", "AU26")


def emotionet(rows: int) -> Iterator[str]:
    """60 columns, of which 12 are annotated."""
    coded = {1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43}
    for row in range(rows):
        cells = "\t".join(random.choice("01") if unit in coded else "999" for unit in range(1, 61))
        yield f"http://host/Images/N_{row // 1000:04d}/N_{row // 1000:04d}_{row:07d}.jpg\thttp://site/a.jpg\t{cells}\n"


def affectnet(rows: int) -> Iterator[str]:
    """With 68 landmarks a row."""
    yield ("subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n")
    landmarks = ";".join(f"{value / 7:.2f}" for value in range(136))
    for row in range(rows):
        yield f"{row % 1000}/{row:08x}.jpg,12,10,210,210,{landmarks},{row % 8},{row % 99 / 99:.4f},-0.1104\n"


def affwild2_mtl(rows: int) -> Iterator[str]:
    """1,000 frames a video."""
    yield "image,valence,arousal,expression," + ",".join(AUS) + "\n"
    for row in range(rows):
        codes = ",".join(random.choice(("0", "1", "-1")) for _ in AUS)
        yield f"video{row // 1000:04d}/{row % 1000 + 1:05d}.jpg,0.31,{-5 if row % 7 == 0 else 0.12},{row % 8},{codes}\n"


def table(rows: int) -> Iterator[str]:
    """Path, two AUs, valence, arousal, person."""
    yield "file,smile,frown,v,a,who\n"
    for row in range(rows):
        yield f"faces/{row:07d}.jpg,{row % 2},{row % 5},{row % 99 / 99:.3f},,p{row // 500}\n"


LAYOUTS = {"emotionet": (emotionet, "dataFile_0001.txt"), "affectnet": (affectnet, "training.csv"),
           "affwild2_mtl": (affwild2_mtl, "training_set_annotations.txt"), "table": (table, "labels.csv")}
OPTIONS = "{file: labels.csv, image: file, subject: who, AU12: smile, AU04 intensity: frown, valence: v, arousal: a}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--layouts", nargs="*", default=list(LAYOUTS))
    arguments = parser.parse_args()
    random.seed(0)
    for name in arguments.layouts:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write, file = LAYOUTS[name]
            with open(root / file, "w", encoding="utf-8") as out:
                out.writelines(write(arguments.rows))
            options = f"\n    options: {OPTIONS}" if name == "table" else ""
            (root / "recipe.yaml").write_text(f"name: big\nsources:\n  - name: big\n    format: {name}\n    root: .\n"
                                              f"    kind: human{options}\n")
            started = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "build", str(root / "recipe.yaml"),
                                        "--dry-run", "--json", str(root / "counts.json")], stdout=subprocess.DEVNULL)
            usage = os.wait4(process.pid, 0)[2]
            seconds = time.perf_counter() - started
            counts = json.loads((root / "counts.json").read_text())
            print(f"{name}: {counts['rows']:,} rows in {seconds:.1f} s, {1e6 * seconds / counts['rows']:.1f} us a row, "
                  f"{usage.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
