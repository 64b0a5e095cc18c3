"""Times `catgan predict`, `edit` and `explain` of one photograph from start to answer, by Keras and by onnxruntime.

    python docs/benchmarks/light_runtime.py photo.jpg --preset faces_64 --rounds 5

Runtimes take turns. Prints the median and the least seconds, and the median of the processor's seconds (user + system),
which other programs on the machine disturb less. The ONNX files are made before, and are not timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

VERBS = {"predict": [], "edit": ["--au", "12=0", "--out", "OUT/edited.png"],
         "explain": ["--target", "TARGET", "--out", "OUT/why"]}
RUNTIMES = ("keras", "onnx")


def timed(command: list[str], runtime: str) -> tuple[float, float]:
    """Returns seconds from start to end, and those of the processor."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "CATGAN_RUNTIME": runtime}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo")
    parser.add_argument("--preset", default="faces_64")
    parser.add_argument("--target", default="valence<=0.2")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print("| command | runtime | s, median | s, least | processor s, median |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for verb, options in VERBS.items():
            given = [option.replace("OUT", folder).replace("TARGET", arguments.target) for option in options]
            command = [sys.executable, "-m", "catgan.cli.main", verb, arguments.preset, arguments.photo, *given]
            timed(command, "onnx")
            times: dict[str, list[tuple[float, float]]] = {runtime: [] for runtime in RUNTIMES}
            for _ in range(arguments.rounds):
                for runtime in RUNTIMES:
                    times[runtime].append(timed(command, runtime))
            for runtime, rounds in times.items():
                walls, processor = zip(*rounds)
                print(f"| {verb} | {runtime} | {statistics.median(walls):.1f} | {min(walls):.1f} | "
                      f"{statistics.median(processor):.1f} |", flush=True)


if __name__ == "__main__":
    main()
