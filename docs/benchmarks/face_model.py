"""What the embedded face model draws: read by MediaPipe, compared with photographs, and shown on sheets.

    python docs/benchmarks/face_model.py --data OUT/dual --out docs/results/face_model

Writes figures.json and the sheets. The 1,000 faces are drawn with another seed than anything the model was
calibrated on: as `catgan render` draws them, with pose, light, blur, noise and glasses, and calmly, seen straight on in
even light. Some AUs hide each other from MediaPipe (`facs.SELDOM_READ_TOGETHER`); the "readable" faces are the same
ones without the weaker of two such AUs.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from tqdm import tqdm

from catgan import facs, files
from catgan.data import store
from catgan.faces import model_files
from catgan.faces.images import grid, write_image
from catgan.faces.landmarks import FaceLandmarker, without_tensorflow
from catgan.synthesis.face_model import ACTION_UNITS, numbers
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import EXPRESSIONS, Sampler, Scene, possible

SIDE, SIDES, FACES, PEOPLE, SEED = 128, (64, 128, 256), 1000, 40, 20261121
OBSERVABLE = [number for number in ACTION_UNITS if number in facs.BLENDSHAPES and number not in facs.NOT_OBSERVABLE]
POSES = ((-20, 0, 0), (-10, 0, 0), (10, 0, 0), (20, 0, 0), (0, -15, 0), (0, 15, 0), (0, 0, -15), (0, 0, 15))
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)

# === Reading ===

_landmarker: FaceLandmarker | None = None


def start(model: str) -> None:
    global _landmarker
    without_tensorflow()
    cv2.setNumThreads(1)
    _landmarker = FaceLandmarker(model, max_faces=1)


def read_one(image: np.ndarray) -> list[float]:
    assert _landmarker is not None
    found = _landmarker.detect(image)
    if not found:
        return [np.nan] * len(OBSERVABLE)
    units = facs.action_units_from_blendshapes(found[0].blendshapes)
    return [float(units[number] or 0.0) for number in OBSERVABLE]


def read(pool: ProcessPoolExecutor, scenes: Sequence[Scene], side: int = SIDE) -> np.ndarray:
    """AUs 0..1 read off the drawn scenes, `(n, observable)`; NaN where no face was found."""
    images, _ = Renderer(side).render(scenes)
    return np.array(list(tqdm(pool.map(read_one, images, chunksize=16), total=len(images), desc="faces")))


def readable(scene: Scene) -> Scene:
    return replace(scene, action_units=possible(scene.action_units, (), facs.SELDOM_READ_TOGETHER))


def calm(scene: Scene) -> Scene:
    return replace(scene, pose=(0, 0, 0), light=(0, 0, 0), gain=1, contrast=1, glasses=0, blur=0, noise=0, clutter=0)


# === Figures ===


def agreement(pool: ProcessPoolExecutor, scenes: Sequence[Scene], side: int) -> dict[str, Any]:
    """Share of faces found; correlation of drawn and read AUs with a 95 % bootstrap interval of their mean. AUs are
    read as intensities 0..5 on the scale of the photographs; `of_blendshapes` is the mean for blendshapes as they are.
    """
    values = read(pool, scenes, side)
    found = ~np.isnan(values[:, 0])
    drawn = np.array([[scene.action_units.get(number, 0.0) for number in OBSERVABLE] for scene in scenes])[found]
    low, high = numbers()["readings"][:, [ACTION_UNITS.index(number) for number in OBSERVABLE]]
    plain = values[found]
    intensity = (5.0 * (plain - low) / (high - low)).clip(0.0, 5.0)

    def correlations(readings, rows=slice(None)):
        return [float(np.corrcoef(drawn[rows, k], readings[rows, k])[0, 1]) for k in range(len(OBSERVABLE))]

    random = np.random.default_rng(SEED)
    means = [np.mean(correlations(intensity, random.integers(len(drawn), size=len(drawn)))) for _ in range(500)]
    each = correlations(intensity)
    return {"side": side, "n": len(scenes), "found": float(found.mean()), "mean": float(np.mean(each)),
            "mean_interval": np.percentile(means, [2.5, 97.5]).tolist(), "least": min(each),
            "of_blendshapes": float(np.mean(correlations(plain))),
            "correlation": {facs.au_name(number): value for number, value in zip(OBSERVABLE, each)}}


def sweeps(pool: ProcessPoolExecutor) -> dict[str, Any]:
    """Every observable AU from 0 to 5, all others 0, on people at rest."""
    sampler, result = Sampler(SEED + 1), {}
    people = [sampler.person(number) for number in range(PEOPLE)]
    for number in OBSERVABLE:
        scenes = [person.with_action_units({number: level}) for level in LEVELS for person in people]
        levels = np.nanmean(read(pool, scenes).reshape(len(LEVELS), PEOPLE, -1), axis=1)
        own, change = OBSERVABLE.index(number), np.abs(levels[-1] - levels[0])
        others = np.delete(change, own)
        result[facs.au_name(number)] = {
            "read": levels[:, own].round(3).tolist(), "rises": bool((np.diff(levels[:, own]) > 0).all()),
            "cross_talk": float(others.mean() / change[own]), "worst": float(others.max() / change[own]),
            "worst_unit": facs.au_name(np.delete(OBSERVABLE, own)[others.argmax()].item())}
    return result


def diversity(folder: Path) -> dict[str, Any]:
    """Distance from drawn faces to the nearest photograph, beside that from photographs to the nearest other one:
    root mean square over the middle of 64 px grey crops, each with mean 0 and deviation 1."""
    dataset = store.load_dataset(folder)
    photographs = standardised(dataset.images("all", 1)[..., 0])
    scenes = [Sampler(SEED + 2, subjects=100000).scene(index) for index in range(2000)]
    drawn = standardised(Renderer(64).render(scenes, 1)[0][..., 0])
    among = distances(photographs, photographs)
    np.fill_diagonal(among, np.inf)
    to_photographs, between = distances(drawn, photographs).min(1), among.min(1)
    percentiles = (0, 1, 50)
    return {"drawn": len(drawn), "photographs": len(photographs),
            "drawn_to_nearest_photograph": np.percentile(to_photographs, percentiles).round(3).tolist(),
            "photograph_to_nearest_other": np.percentile(between, percentiles).round(3).tolist(),
            "percentiles": percentiles}


def standardised(images: np.ndarray) -> np.ndarray:
    middle = images[:, 8:60, 10:54].reshape(len(images), -1).astype(np.float32)
    middle -= middle.mean(1, keepdims=True)
    return middle / np.maximum(middle.std(1, keepdims=True), 1.0)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = (a ** 2).sum(1)[:, None] + (b ** 2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squared, 0) / a.shape[1])


def identity_probe(subjects: int = 100, each: int = 24) -> dict[str, Any]:
    """Linear discriminant analysis tells people apart under other expressions, light and pose."""
    sampler = Sampler(SEED + 3)
    scenes = [replace(sampler.scene(number * each + k), **{name: getattr(sampler.person(number), name) for name in
                                                           ("shape", "texture", "skin", "subject")})
              for number in range(subjects) for k in range(each)]
    pixels = standardised(Renderer(64).render(scenes, 1)[0][..., 0])
    labels, test = np.repeat(np.arange(subjects), each), np.tile(np.arange(each) % 4 == 0, subjects)
    reduced = PCA(200, random_state=0).fit(pixels[~test])
    probe = LinearDiscriminantAnalysis().fit(reduced.transform(pixels[~test]), labels[~test])
    right = probe.predict(reduced.transform(pixels[test])) == labels[test]
    return {"subjects": subjects, "n": int(test.sum()), "accuracy": float(right.mean()), "chance": 1 / subjects}


# === Sheets ===


def sheets(out: Path) -> None:
    renderer, people = Renderer(SIDE), [Sampler(SEED + 4).person(number) for number in range(6)]

    def write(name: str, rows: list[list[Scene]], side: int = 0) -> None:
        drawer = Renderer(side) if side else renderer
        write_image(out / name, grid(drawer.render([scene for row in rows for scene in row])[0], len(rows[0])))

    # Rows: people, each at 2.5 and at 5; columns: at rest, then the AUs in order.
    write("action_units.png", [[person] + [person.with_action_units({number: level}) for number in ACTION_UNITS]
                               for person in people[:3] for level in (2.5, 5.0)], 96)
    write("expressions.png", [[replace(person, expression=name, action_units=dict.fromkeys(prototype, 3.5))
                               for name, prototype in EXPRESSIONS.items()] for person in people[:5]])
    write("valence_arousal.png", plane(people[0]))
    write("colour_and_light.png", [
        [replace(person, skin=k / 7, light=(0, 0, 0)) for k in range(8)] for person in people[:2]] + [
        [replace(person, skin=0.3, light=(azimuth, 20, 0.9)) for azimuth in np.linspace(-75, 75, 8)]
        for person in people[2:4]] + [
        [replace(person, skin=0.4, pose=pose) for pose in POSES] for person in people[4:]])
    write("random.png", [[Sampler(SEED + 5).scene(12 * row + k) for k in range(12)] for row in range(5)], 96)


def plane(person: Scene) -> list[list[Scene]]:
    """Valence from -0.8 to 0.8 to the right, arousal from 0.8 to -0.4 down: of many random faces the nearest."""
    sampler = Sampler(SEED + 6)
    scenes = [sampler.scene(index) for index in range(5000)]
    truth = np.array([scene.valence_arousal for scene in scenes])
    return [[person.with_action_units(scenes[int(((truth - (valence, arousal)) ** 2).sum(1).argmin())].action_units)
             for valence in np.linspace(-.8, .8, 5)] for arousal in np.linspace(.8, -.4, 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="data set of photographs, 64 px, for the distances")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    scenes = [Sampler(SEED).scene(index) for index in range(FACES)]
    figures: dict[str, Any] = {"identity_probe": identity_probe()}
    if arguments.data:
        figures["diversity"] = diversity(arguments.data)
    model, context = str(model_files.find("face_landmarker")), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(None, context, start, (model,)) as pool:
        plain = [readable(scene) for scene in scenes]
        figures["as_rendered"] = [agreement(pool, scenes, side) for side in SIDES]
        figures["as_rendered_readable"] = [agreement(pool, plain, side) for side in SIDES]
        figures["calm"] = [agreement(pool, list(map(calm, scenes)), side) for side in SIDES]
        figures["calm_readable"] = [agreement(pool, list(map(calm, plain)), side) for side in SIDES]
        figures["sweeps"] = sweeps(pool)
    files.write_json(arguments.out / "figures.json", figures)
    sheets(arguments.out)
    for name, figure in figures.items():
        print(name, figure)


if __name__ == "__main__":
    main()
