"""`catgan explain`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "explain"
HELP = "Why this prediction? The smallest change of a face, in Action Units, that changes the answer."
EPILOG = """examples:
  catgan explain runs/00000-joint-64 photo.jpg --target 'AU12=0' --out OUT/why
  catgan explain runs/00000-joint-64 photo.jpg --target 'valence<=-0.2,keep:AU25' --out OUT/why

targets, joined by commas: AU12=0  AU04>=3  valence<=-0.2  arousal>=0.5  expression=sadness  keep:AU25
A run trained on presence tells only absent (AU12=0) from present (AU12>=1).

Writes original.png, reconstruction.png, counterfactual.png, difference.png, panel.png and counterfactual.json.
The status is one of: ok, already met, not found, poor inversion."""

SHOWN_SIZE = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("image", metavar="IMAGE", help="a photograph; its largest face is explained")
    parser.add_argument("--target", required=True, metavar="TARGET", help="what the answer should have been")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the pictures")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.errors import CatganError
    from catgan.explain import counterfactual, report
    from catgan.explain.targets import parse_target
    from catgan.faces.alignment import align, find_face
    from catgan.faces.images import read_image
    from catgan.faces.landmarks import FaceLandmarker
    from catgan.gan.model import CatGAN

    gan = CatGAN.from_preset(arguments.run_folder)
    parse_target(arguments.target, gan.spec, gan.thresholds)
    photo = read_image(arguments.image)
    with FaceLandmarker() as landmarker:
        try:
            face, detected = find_face(photo, landmarker, gan.network.image_size)
        except CatganError as error:
            raise CatganError(f"{arguments.image}: {error}") from None
    result = counterfactual(gan, face.image, arguments.target, arguments.seed)
    report.save(result, arguments.out, align(photo, detected.landmarks, SHOWN_SIZE).image)
    print(f"{result.status}: {result.sentence()}")
    print(f"{arguments.out}: panel.png and counterfactual.json")
    return result.to_dict()
