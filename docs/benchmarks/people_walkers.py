"""Measures what a logistic regression on gait features reads from walkers, on people never seen.

    python docs/benchmarks/people_walkers.py --out OUT/people_walkers

Writes `OUT.json` with all figures and `OUT.md` with the tables. About 6 minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan import files
from catgan.benchmarks.walkers import WalkerOptions, measure_planted_walks, measure_walkers, walkers_table
from catgan.synthesis.walks import EMOTIONS, PLANTED

WITHOUT_FEAR = tuple(emotion for emotion in EMOTIONS if emotion != "fear")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=3000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--strengths", nargs="+", type=float, default=[0.5, 1.0, 1.5])
    parser.add_argument("--out", type=Path, required=True, help="path of the two files, without an ending")
    arguments = parser.parse_args()
    options = WalkerOptions(arguments.walks, arguments.people)
    emotions = {f"{len(classes)} emotions, strength {strength:g}": measure_walkers(
        options, strength=strength, emotions=classes, seeds=arguments.seeds)
        for classes in (EMOTIONS, WITHOUT_FEAR) for strength in arguments.strengths}
    planted = {task: measure_planted_walks(task, options, arguments.seeds) for task in PLANTED}
    text = walkers_table(emotions) + "\n" + walkers_table(planted)
    files.write_json(arguments.out.with_suffix(".json"), {"seeds": arguments.seeds, **emotions, **planted})
    arguments.out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
