"""Edits of whole photographs, as `catgan edit` makes them, measured by MediaPipe: where `catgan benchmark edit` shows a
judge the crop of 64 px, this shows it the photograph into which the change was put back, cut out alike at 256 px.

    python docs/benchmarks/whole_photographs.py faces_64 --data OUT/dual --n 500 \\
        --source emotionet=DIR/emotionet/Images --source affectnet=DIR/affectnet/Manually_Annotated_Images

Every Action Unit that MediaPipe reads is set, in every photograph of the test split, to an intensity of 0 to 5 at
random; figures as `catgan benchmark edit` gives them, and of the same faces as crops.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from catgan import facs, random_streams
from catgan.benchmarks.photographs import moves
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.judges import LANDMARKER_SIDE, MediaPipeJudge
from catgan.faces.alignment import align, find_face
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker
from catgan.models.gan.changes import Changes
from catgan.models.gan.model import CatGAN
from catgan.pipelines.edit import edit_face


def edited(gan: CatGAN, paths: list[Path], names: list[str], levels: np.ndarray) -> dict[str, np.ndarray]:
    """Faces cut out of photographs, `photo`, and `crop`s, before `(n, ...)`, and after `(n, k, ...)`, each AU at its
    level; what was `asked` `(n, k)`; and which of the paths show a face."""
    result: dict[str, list] = {name: [] for name in ("photo", "crop", "photos", "crops", "asked", "shown")}
    with FaceLandmarker() as landmarker:
        for row, path in enumerate(tqdm(paths, "edit")):
            photo = read_image(path)
            try:
                face, found = find_face(photo, landmarker, gan.network.image_size)
            except CatganError:
                continue
            done = [edit_face(gan, photo, face, Changes(to={name: float(level)}))
                    for name, level in zip(names, levels[row])]
            result["shown"].append(row)
            result["photo"].append(align(photo, found.landmarks, LANDMARKER_SIDE).image)
            result["crop"].append(face.image)
            result["photos"].append(np.stack([align(picture, found.landmarks, LANDMARKER_SIDE).image
                                              for picture, _ in done]))
            result["crops"].append(np.stack([edit.images[0] for _, edit in done]))
            result["asked"].append([5.0 * edit.change[0, gan.spec.action_units.index(int(name[2:]))]
                                    for name, (_, edit) in zip(names, done)])
    return {name: np.array(values) for name, values in result.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--source", action="append", required=True, metavar="NAME=DIR")
    parser.add_argument("--n", type=int, default=500)
    arguments = parser.parse_args()
    gan, dataset, judge = CatGAN.from_preset(arguments.run), load_dataset(arguments.data), MediaPipeJudge()
    roots = dict(text.split("=", 1) for text in arguments.source)
    sources = [names[0].partition("/") for names in dataset.table("test", ["sources"])["sources"].to_pylist()]
    random = random_streams.generator("edited_photographs", 0)
    rows = [row for row in random.permutation(len(sources)).tolist() if sources[row][0] in roots][:arguments.n]
    names = [name for name in (facs.au_name(number) for number in gan.spec.action_units) if name in judge.columns]
    made = edited(gan, [Path(roots[sources[row][0]]) / sources[row][2] for row in rows], names,
                  random.uniform(0.0, 5.0, (len(rows), len(names))))
    people = np.array(dataset.subjects("test"))[np.array(rows)[made["shown"]]].tolist()
    asked = dict(zip(names, made["asked"].T))
    for what, before, after in (("photographs", "photo", "photos"), ("crops", "crop", "crops")):
        pictures = np.concatenate([made[before], *np.moveaxis(made[after], 1, 0)])
        found = moves(names, {name: name for name in names}, asked, judge.read(pictures), people)
        print(what, len(people), json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
