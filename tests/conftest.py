"""Fixtures of all tests. Real photographs lie beside the project; tests that need them skip where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.harness.datasets import write_dataset
from tests.harness.experiments import TINY, tiny_experiment
from tests.harness.paths import REPOSITORY
from tests.harness.sharing import made_once

# The command line runs the networks by Keras, as the tests in this process do; those of onnxruntime choose it.
os.environ["CATGAN_RUNTIME"] = "keras"

SHARED = Path(os.environ.get("CATGAN_SHARED") or REPOSITORY.parent / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs."""
    if not (SHARED / "data" / "manifest.json").is_file():
        pytest.skip("the real photographs are not on this machine (../shared, or CATGAN_SHARED)")
    return SHARED


def model_file(model: str) -> Path:
    """One of MediaPipe's files: of CATGAN_MODELS, beside the project, in the user's cache, or, where CATGAN_FETCH=1,
    downloaded. Skips the test without it."""
    from catgan.faces import model_files

    name = model_files.model(model).filename
    folders = [os.environ.get("CATGAN_MODELS"), SHARED / "models", model_files.cache_folder()]
    paths = [Path(folder) / name for folder in folders if folder]
    found = next((path for path in paths if path.is_file()), None)
    if found is None and os.environ.get("CATGAN_FETCH") == "1":
        found = model_files.fetch(model)
    if found is None:
        pytest.skip(f"MediaPipe's {name} is not on this machine. To get it: `catgan models fetch {model}`, or run the "
                    "tests with CATGAN_FETCH=1, or name its folder by CATGAN_MODELS.")
    return found


@pytest.fixture(scope="session")
def landmarker_bundle() -> Path:
    """MediaPipe's face landmarker."""
    return model_file("face_landmarker")


@pytest.fixture(scope="session")
def pose_bundle() -> Path:
    """MediaPipe's pose landmarker."""
    return model_file("pose_landmarker")


@pytest.fixture(scope="session")
def segmenter_file() -> Path:
    """MediaPipe's segmenter of persons."""
    return model_file("selfie_segmenter")


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real photographs and videos of persons."""
    if not (SHARED / "data" / "media" / "multi_face.jpg").is_file():
        pytest.skip("the real photographs of persons are not on this machine (../shared, or CATGAN_SHARED)")
    return SHARED / "data" / "media"


@pytest.fixture
def models(landmarker_bundle: Path, monkeypatch) -> Path:
    """The folder of that bundle, which CATGAN_MODELS names during the test."""
    monkeypatch.setenv("CATGAN_MODELS", str(landmarker_bundle.parent))
    return landmarker_bundle.parent


@pytest.fixture(scope="session")
def landmarker(landmarker_bundle: Path):
    """One open landmarker for all tests."""
    from catgan.faces.landmarks import FaceLandmarker

    with FaceLandmarker(landmarker_bundle) as opened:
        yield opened


@pytest.fixture(scope="session")
def untrained_gan():
    """A model of the labels of `write_dataset` that has learned nothing, with intervals."""
    from catgan import config
    from catgan.labels import LabelSpec
    from catgan.models.calibration import LEVELS, Calibration
    from catgan.models.gan.architectures import NetworkConfig
    from catgan.models.gan.model import CatGAN

    gan = CatGAN(config.from_mapping(NetworkConfig, TINY), LabelSpec((4, 12), "presence", True), seed=1)
    gan.calibration = Calibration({}, {}, {"valence": {str(level): 2 * level for level in LEVELS}})
    return gan


@pytest.fixture(scope="session")
def untrained_run(untrained_gan, tmp_path_factory) -> Path:
    """That model on disk."""
    folder = tmp_path_factory.mktemp("untrained") / "preset"
    untrained_gan.save_to_preset(folder)
    return folder


@pytest.fixture(scope="session")
def two_people() -> np.ndarray:
    """A picture of two drawn faces, uint8 `(240, 480, 3)`: the left one smiles and is the larger one."""
    from catgan.synthesis.rendering import Renderer
    from catgan.synthesis.scene import Scene

    photo = np.full((240, 480, 3), 128, np.uint8)
    photo[10:202, 10:202] = Renderer(192).render([Scene({12: 3.0})], 3)[0][0]
    photo[50:178, 300:428] = Renderer(128).render([Scene({4: 3.0})], 3)[0][0]
    return photo


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Path:
    """A finished data set of drawn pictures."""
    return write_dataset(tmp_path_factory.mktemp("data") / "drawn")


@pytest.fixture(scope="session")
def tiny_run(drawn, tmp_path_factory) -> Path:
    """A finished training on the drawn pictures, long enough to read them."""
    from catgan.training.loop import train

    experiment = tiny_experiment(images=4800, tick_images=1200, batch_size=16, snapshot_ticks=2,
                                 options={"critic": {"penalty_interval": 4}})
    runs = made_once(tmp_path_factory, "tiny_run",
                     lambda folder: train(experiment, drawn, folder, verbose=False))
    return runs / "00000-tiny-joint"


@pytest.fixture(scope="session")
def tiny_judge(drawn, tmp_path_factory) -> Path:
    """A supervised run on the validation faces."""
    from dataclasses import replace

    from catgan.training.loop import train

    experiment = replace(tiny_experiment(images=3200, tick_images=1600, batch_size=16, task="recogniser", seed=5),
                         name="tiny-judge", split="validation")
    runs = made_once(tmp_path_factory, "tiny_judge",
                     lambda folder: train(experiment, drawn, folder, verbose=False))
    return runs / "00000-tiny-judge"


@pytest.fixture(scope="session")
def tiny_gan(tiny_run):
    """The best model of that training."""
    from catgan.models.gan.model import CatGAN

    return CatGAN.from_preset(tiny_run)


@pytest.fixture
def saved_figures(monkeypatch) -> list:
    """The figures that were saved by `catgan.plots.save`, to look inside them."""
    from catgan import plots
    figures, save = [], plots.save
    monkeypatch.setattr(plots, "save", lambda figure, *where: (figures.append(figure), save(figure, *where)))
    return figures
