"""How many copies of photographs a build finds: re-encoded, resized, cropped; and how many it finds that are none.

    python docs/benchmarks/copies.py datasets/photos.yaml --n 300
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from catgan.data import sources
from catgan.data.builder.build import build
from catgan.data.builder.recipe import Recipe, SourceConfig, SplitConfig, read_recipe
from catgan.data.sources.records import Record
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.faces.images import read_image


def cropped(image: np.ndarray, share: float) -> np.ndarray:
    """The middle of a photograph."""
    height, width = (round(side * share) for side in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top:top + height, left:left + width]


COPIES = {
    "JPEG quality 50": (lambda image: image, 50),
    "half size": (lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 85),
    "cropped to 85 %": (lambda image: cropped(image, 0.85), 90),
    "cropped to 70 %": (lambda image: cropped(image, 0.7), 90),
    "cropped to 85 %, half size, quality 60": (lambda image: cv2.resize(
        cropped(image, 0.85), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 60)}


def write(root: Path, images: list[tuple[str, np.ndarray]], quality: int) -> None:
    root.mkdir()
    for name, image in images:
        cv2.imwrite(str(root / name), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    (root / "labels.csv").write_text("image,v\n" + "".join(f"{name},0.5\n" for name, _ in images))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    paths = sorted({str(row.file) for source in read_recipe(arguments.recipe).sources[:1]
                    for row in sources.read(source.format, source.name, Path(source.root), source.options)
                    if isinstance(row, Record)})
    random.Random(arguments.seed).shuffle(paths)
    photos = []
    for path in paths:
        try:
            photos.append((f"{len(photos)}.jpg", read_image(path)))
        except CatganError:
            continue
        if len(photos) == arguments.n:
            break
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root / "0", photos, 95)
        for number, (change, quality) in enumerate(COPIES.values(), 1):
            write(root / str(number), [(name, change(image)) for name, image in photos], quality)
        options = {"file": "labels.csv", "image": "image", "valence": "v"}
        recipe = Recipe("copies", tuple(SourceConfig(f"s{number}", "table", str(root / str(number)), "human",
                                                     options=options) for number in range(len(COPIES) + 1)),
                        split=SplitConfig(official=False))
        result = build(recipe, root / "out")
        faces = load_dataset(root / "out").table(columns=["sources", "split"]).to_pylist()
    found: Counter[str] = Counter()
    wrong = 0
    aligned: Counter[str] = Counter()
    where: dict[str, set[str]] = {}
    for face in faces:
        names = [source.split("/") for source in face["sources"]]
        aligned.update(source for source, _ in names)
        wrong += len({name for _, name in names}) > 1
        originals = {name for source, name in names if source == "s0"}
        found.update(source for source, name in names if name in originals)
        for _, name in names:
            where.setdefault(name, set()).add(face["split"])
    for number, name in enumerate(COPIES, 1):
        print(f"{name}: {found[f's{number}']} of {aligned[f's{number}']} aligned copies joined with their original")
    divided = sum(len(splits) > 1 for splits in where.values())
    print(f"{wrong} of {len(faces)} faces join different photographs; copies of {divided} of {arguments.n} photographs "
          f"are in different splits; rejected: {result['rejected']}")


if __name__ == "__main__":
    main()
