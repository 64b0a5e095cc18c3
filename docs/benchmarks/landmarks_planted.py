"""Measures attributions of landmarks on clips whose cause is known, on people never seen.

    python docs/benchmarks/landmarks_planted.py --seeds 0 1 2 --out docs/results/landmarks_planted

Writes `OUT.json` with all figures and `OUT.md` with one table for each seed. A seed takes about 12 minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan import files
from catgan.benchmarks.landmarks.planted import PlantedOptions, measure_planted, planted_table
from catgan.data.clips.planted import TASKS
from catgan.system import messages_shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--clips", type=int, default=800)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--method", default="integrated_gradients")
    parser.add_argument("--baselines", nargs="+", default=["zeros", "class_mean"])
    parser.add_argument("--out", type=Path, required=True, help="path of the two files, without an ending")
    arguments = parser.parse_args()
    options = PlantedOptions(arguments.clips, arguments.people, method=arguments.method,
                             baselines=tuple(arguments.baselines))
    with messages_shown():
        found = [measure_planted(options, arguments.tasks, seed, verbose=True) for seed in arguments.seeds]
    files.write_json(arguments.out.with_suffix(".json"), {"seeds": found})
    tables = [f"Seed {one['seed']}\n\n{planted_table(one)}" for one in found]
    arguments.out.with_suffix(".md").write_text("\n".join(tables), encoding="utf-8")
    print("\n".join(tables))


if __name__ == "__main__":
    main()
