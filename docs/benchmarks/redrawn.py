"""Draws the answers of explanations again from their JSON alone, and compares pixels and readings.

    python docs/benchmarks/redrawn.py --n 500 --minimal 24

Faces are rendered for the purpose, so no data set is needed. They are asked about `AT_ONCE` at a time, and drawn again
one by one: by `catgan.explain.redraw`, and by the differences that `catgan edit` takes.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from tqdm import tqdm

from catgan import facs
from catgan.explain import Counterfactual, counterfactuals, redraw
from catgan.explain.drawers.common import settings_of
from catgan.explain.models import CatGANModel
from catgan.explain.problem import rows_of
from catgan.explain.targets import parse_target
from catgan.explain.wording import to_jsonable
from catgan.models.gan.model import CatGAN
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

AT_ONCE = 32


def questions(gan: CatGAN, n: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Renders `n` faces, and asks of each in turn: a unit to go, one to come, valence and arousal to change by .3."""
    scenes = [Sampler(seed).scene(index) for index in range(n)]
    faces = np.concatenate([Renderer(gan.network.image_size).render(scenes[first:first + AT_ONCE],
                                                                    gan.network.channels)[0]
                            for first in range(0, n, AT_ONCE)])
    read, levels, targets = gan.read(faces), settings_of(gan, faces), []
    for row in range(n):
        strong, weak = (facs.au_name(gan.spec.action_units[int(place)])
                        for place in (levels[row].argmax(), levels[row].argmin()))
        dimension = ("valence", "arousal")[row % 2]
        value = float(read[dimension][row])
        change = f"{dimension}<={value - 0.3:.2f}" if value > 0 else f"{dimension}>={value + 0.3:.2f}"
        targets.append((f"{strong}<=0.5", f"{weak}>=3", change, change)[row % 4])
    return faces, targets


def checked(gan: CatGAN, face: np.ndarray, answer: Counterfactual) -> dict[str, bool]:
    """Draws one answer again, alone."""
    content, drawn = json.loads(json.dumps(answer.to_dict())), answer.images["counterfactual"]
    again = redraw(gan, face, content)
    reading = CatGANModel(gan).read(again[None])
    goal = parse_target(answer.target, CatGANModel(gan).labels)
    edited = gan.edit(face[None], by=content["differences"])[0] if content["differences"] else face
    return {"same_pixels": bool((again == drawn).all()), "same_pixels_by_edit": bool((edited == drawn).all()),
            "same_reading": to_jsonable(rows_of(reading)[0]) == content["counterfactual"],
            "same_end_of_path": bool((answer.path[-1] == drawn).all()),
            "meets_the_target": bool(goal.shortfall(reading)[0] <= 0.0)}


def measured(gan: CatGAN, n: int, seed: int, method: str) -> dict[str, Any]:
    """Shares over all answers, and validity: the share whose target is met by the face drawn again."""
    faces, targets = questions(gan, n, seed)
    answers: list[Counterfactual] = []
    for first in tqdm(range(0, n, AT_ONCE), method, leave=False, disable=None):
        part = slice(first, first + AT_ONCE)
        answers += counterfactuals(gan, faces[part], targets[part], method=method, frames=2)
    checks = [checked(gan, face, answer) for face, answer in zip(faces, answers)]
    shares = {name: float(np.mean([check[name] for check in checks])) for name in checks[0]}
    return {"n": n, "answered": float(np.mean([answer.status in ("ok", "already met") for answer in answers])),
            **shares, "beyond": float(np.mean([bool(answer.beyond) for answer in answers])),
            "ok_but_not_met": sum(answer.status == "ok" and not check["meets_the_target"]
                                  for answer, check in zip(answers, checks))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=500, help="faces that 'search' is asked about (default: 500)")
    parser.add_argument("--minimal", type=int, default=24, help="faces that 'minimal' is asked about (default: 24)")
    parser.add_argument("--presets", nargs="+", default=["rendered_64", "faces_64"])
    parser.add_argument("--seed", type=int, default=17, help="of the faces (default: 17)")
    arguments = parser.parse_args()
    for preset in arguments.presets:
        gan = CatGAN.from_preset(preset)
        for method, n in (("search", arguments.n), ("minimal", arguments.minimal)):
            if n:
                print(preset, gan.precision, method, json.dumps(measured(gan, n, arguments.seed, method)), flush=True)


if __name__ == "__main__":
    main()
