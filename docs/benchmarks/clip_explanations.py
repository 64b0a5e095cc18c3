"""Measures explanations in time on rendered clips of unseen people: attribution, and counterfactual sequences.

    catgan render --clips 3000 --channels 1 --seed 11 --out OUT/clips
    python docs/benchmarks/clip_explanations.py clips_rendered_64 OUT/clips --n 100 --out OUT/explained

Asks of clips with one episode why they are this expression rather than neutral. The right answer is the same clip
without its emotion: rest, speech and blinks stay. Writes `figures.json`, and the strip of each answer of `--strips`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from catgan import files, plots
from catgan.benchmarks.clips.explanations import DRAWERS, benchmark_clip_explanations
from catgan.data.store import load_dataset
from catgan.explain.clips.figure import counterfactual_strip
from catgan.models.gan.model import CatGAN
from catgan.models.sequence.model import ClipRecogniser


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="the explained model of clips")
    parser.add_argument("data", type=Path, help="rendered clips")
    parser.add_argument("--editor", default="rendered_64", help="the model that draws")
    parser.add_argument("--drawer", nargs="+", choices=DRAWERS, default=["editor"])
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", default="test")
    parser.add_argument("--strips", type=int, default=8, help="answers that are drawn")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model, gan = ClipRecogniser.from_preset(arguments.run), CatGAN.from_preset(arguments.editor)
    figures, problems, answers = benchmark_clip_explanations(model, gan, load_dataset(arguments.data), arguments.n,
                                                             arguments.seed, arguments.split, arguments.drawer)
    for name, found in answers.items():
        for problem, answer in list(zip(problems, found))[:arguments.strips]:
            plots.save(counterfactual_strip(answer), arguments.out / name / f"{problem.clip.name}.png")
    files.write_json(arguments.out / "figures.json", figures)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
