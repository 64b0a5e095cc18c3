"""A generator alone, and one that draws a neutral face which the editor then changes: control, identity, distances.

    python docs/benchmarks/through_editor.py RUN --data OUT/r64 --judge runs/00000-judge-64 --identity RUN --n 1000
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from catgan.data.store import load_dataset
from catgan.evaluation.evaluate import evaluate
from catgan.evaluation.judges import open_identity, open_judge
from catgan.models.gan.model import CatGAN


class Alone(CatGAN):
    """Draws as if it had no editor."""

    def draw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        return self.generate_raw(latents, condition)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="a run or preset with an editor")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--judge", required=True, metavar="RUN")
    parser.add_argument("--identity", metavar="RUN|FILE.onnx")
    parser.add_argument("--n", type=int, default=1000)
    arguments = parser.parse_args()
    dataset, result = load_dataset(arguments.data), {}
    judge = open_judge(arguments.judge, dataset, arguments.run)
    identity = open_identity(arguments.identity, dataset, arguments.run) if arguments.identity else None
    for kind in (Alone, CatGAN):
        figures = evaluate(kind.from_preset(arguments.run), dataset, "test", judges=[judge], identity=identity,
                           n=arguments.n)
        result[kind.__name__] = {"control": figures["control"], "image": figures["image"]}
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
