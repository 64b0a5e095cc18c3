"""Builds that are killed at random moments and continued: are the final bytes those of an undisturbed build?

    python docs/benchmarks/kills.py RECIPE.yaml --kills 20
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def build(recipe: str, out: Path, engine: str) -> subprocess.Popen:
    """A build in a process group of its own, so that its workers die with it."""
    return subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "build", recipe, "--out", str(out), "--engine",
                             engine, "--workers", "2"], start_new_session=True, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="local")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        assert build(arguments.recipe, Path(folder) / "whole", arguments.engine).wait() == 0
        seconds = time.perf_counter() - started
        whole = digests(Path(folder) / "whole")
        kills = finished = equal = 0
        stages: list[str] = []
        while kills < arguments.kills or not finished:
            out = Path(folder) / f"disturbed{finished}"
            while not (out / "dataset.json").exists():
                process = build(arguments.recipe, out, arguments.engine)
                if kills >= arguments.kills:
                    process.wait()
                    continue
                try:
                    process.wait(draw.uniform(0.1, 0.6) * seconds)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    kills += 1
                    chunks = len(list((out / "work").glob("0*.parquet"))) if out.exists() else 0
                    shards = len(list((out / "shards").glob("*"))) if out.exists() else 0
                    stages.append(f"{chunks}+{shards}")
            assert build(arguments.recipe, out, arguments.engine).wait() == 0  # clears what a late kill left
            finished += 1
            equal += digests(out) == whole
    print(f"undisturbed build {seconds:.1f} s; {kills} kills in {finished} builds, {equal} of them equal to the "
          f"undisturbed one; chunks+shards there at each kill: {', '.join(stages)}")


if __name__ == "__main__":
    main()
