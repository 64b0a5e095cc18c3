"""Judges: estimators that training never saw, which measure the labels of generated faces."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from catgan import config, facs
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation.encoders import Encoder, FileEncoder
from catgan.evaluation.predictions import BATCH_SIZE, predict_labels
from catgan.faces import model_files
from catgan.faces.images import resize_faces
from catgan.faces.landmarks import FaceLandmarker, worker_landmarker
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import damage_reported, find_preset, read_description
from catgan.synthesis import face_model
from catgan.system import logger, process_pool, progress_bar

MEDIAPIPE = "mediapipe"
"""The name by which `open_judge` opens a `MediaPipeJudge`."""
LANDMARKER_SIDE = 256
"""Faces are enlarged to this side for the landmarker, which looks for faces of ordinary photographs."""


@runtime_checkable
class Judge(Protocol):
    """Measures the labels of faces.

    Args:
        name: by which results name it.
        columns: the label columns that it reads.
    """

    name: str
    columns: tuple[str, ...]

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads uint8 faces `(n, side, side, 3)`: per column an array `(n,)`, NaN where it cannot tell."""


class MediaPipeJudge:
    """Reads Action Unit intensities 0..5 from MediaPipe's blendshapes. Their scale is that of the photographs which the
    embedded face model was fitted to. MediaPipe learned from other faces, and reads only some Action Units."""

    name = MEDIAPIPE

    def __init__(self) -> None:
        self._bundle = model_files.find("face_landmarker")  # here, so that a missing one is said once
        self.numbers = [number for number in face_model.ACTION_UNITS
                        if number in facs.BLENDSHAPES and number not in facs.NOT_OBSERVABLE]
        self.columns = tuple(facs.au_name(number) for number in self.numbers)
        self._scale = face_model.numbers()["readings"][:, [face_model.ACTION_UNITS.index(n) for n in self.numbers]]

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads intensities of uint8 faces `(n, h, w, 3)`; NaN where no face is found."""
        low, high = self._scale
        workers = os.cpu_count() or 1
        with process_pool(workers, _start, self._bundle) as pool:
            read = pool.map(_read, images, [self.numbers] * len(images), chunksize=64)
            rows = list(progress_bar(read, "mediapipe", total=len(images), unit="face"))
        intensity = (5.0 * (np.array(rows).reshape(-1, len(self.columns)) - low) / (high - low)).clip(0.0, 5.0)
        return dict(zip(self.columns, intensity.T))


_landmarker: FaceLandmarker | None = None


def _start(bundle: Path) -> None:
    """Opens the landmarker of this worker process."""
    global _landmarker
    _landmarker = worker_landmarker(bundle, max_faces=1)


def _read(image: np.ndarray, numbers: Sequence[int]) -> list[float]:
    """Reads one face, 0..1 per Action Unit; NaN where no face is found."""
    assert _landmarker is not None
    large = cv2.resize(image, (LANDMARKER_SIDE, LANDMARKER_SIDE), interpolation=cv2.INTER_CUBIC)
    found = _landmarker.detect_upright(large)
    units = facs.action_units_from_blendshapes(found[0].blendshapes) if found else {}
    values = (units.get(number) for number in numbers)
    return [float("nan") if value is None else value for value in values]


class RunJudge:
    """Judges by the discriminator of another run, trained on other faces; best a `task: recogniser`."""

    def __init__(self, folder: str | Path):
        self.gan = CatGAN.from_preset(folder)
        self.name = Path(folder).name
        spec = self.gan.spec
        self.columns = spec.action_unit_columns + (("valence", "arousal") if spec.valence_arousal else ())

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Predicts the labels of uint8 faces `(n, side, side, 3)`."""
        columns = predict_labels(self.gan, resize_faces(images, self.gan.network.image_size))
        return {name: columns[name] for name in self.columns}

    def features(self, images: np.ndarray) -> np.ndarray:
        """Computes features `(n, d)` of uint8 faces `(n, side, side, 3)`."""
        images = resize_faces(images, self.gan.network.image_size)
        return np.concatenate([self.gan.features(images[start:start + BATCH_SIZE])
                               for start in range(0, len(images), BATCH_SIZE)])


def random_judge(judge: RunJudge, seed: int = 0) -> RunJudge:
    """Returns the network of a judge with random weights: a control for distances in its features."""
    twin = object.__new__(RunJudge)
    twin.gan, twin.name, twin.columns = CatGAN(judge.gan.network, judge.gan.spec, seed=seed + 1), "random", ()
    return twin


def open_judge(name: str | Path, dataset: DualDataset, trained: str | Path) -> MediaPipeJudge | RunJudge:
    """Opens a judge by its name: `mediapipe`, or a run folder.

    Args:
        dataset: what is judged on.
        trained: the judged run or preset.

    Raises:
        CatganError: a judge that was trained on the faces that the judged run was trained on, or that are judged.
    """
    return MediaPipeJudge() if str(name) == MEDIAPIPE else open_run_judge(name, dataset, trained)


def open_run_judge(name: str | Path, dataset: DualDataset, trained: str | Path) -> RunJudge:
    """Opens a run as a judge; see `open_judge`."""
    judged, judging = (_faces_of(folder) for folder in (trained, name))
    if judging is None:
        logger.warning("%s does not say which faces it was trained on: it may judge faces that it has learned from.",
                       name)
    if judging is not None and judged == judging:
        raise CatganError(f"{name} was trained on the same faces as {trained} and cannot judge it. Train it on another "
                          "split (split: validation) or on another data set.")
    if judging is not None and judging == (dataset.info["hash"], "test"):
        raise CatganError(f"{name} was trained on the test faces of {dataset.folder}.")
    return RunJudge(name)


def open_identity(name: str | Path, dataset: DualDataset, trained: str | Path) -> Encoder:
    """Opens a network that compares identities: a run of `task: identity`, or a face-recognition network in ONNX.

    Raises:
        CatganError: as `open_judge` and `FileEncoder`.
    """
    return FileEncoder(name) if Path(name).suffix.lower() == ".onnx" else open_run_judge(name, dataset, trained)


def _faces_of(folder: str | Path) -> tuple[str | None, str] | None:
    """Reads which data set (content hash) and split a model was trained on; None if its files do not say."""
    preset = find_preset(folder)
    with damage_reported(preset):
        stated = read_description(preset).get("trained_on")
    if stated is not None:
        return stated["data"], stated["split"]
    for candidate in (Path(folder), preset.parent):  # runs of versions whose presets did not say
        if (candidate / "config.yaml").is_file():
            experiment = config.read_yaml(candidate / "config.yaml")
            return experiment.get("data_hash"), experiment.get("split", "train")
    return None
