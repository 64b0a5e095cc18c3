"""Fixtures of all tests. Real photographs lie beside the project; tests that need them skip where they are absent."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

TINY = {"image_size": 16, "channels": 1, "latent_size": 8, "embedding_size": 8, "style_width": 16,
        "generator_widths": [8, 8, 8], "discriminator_widths": [8, 8, 0], "generator_blocks": [1, 0, 0],
        "discriminator_blocks": [0, 1, 0], "features": 16}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and of MediaPipe's bundle."""
    folder = Path(os.environ.get("CATGAN_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "data" / "manifest.json").is_file():
        pytest.skip("the real photographs are not on this machine (../shared, or CATGAN_SHARED)")
    return folder


@pytest.fixture
def models(shared: Path, monkeypatch) -> Path:
    """MediaPipe's bundle, found through CATGAN_MODELS."""
    folder = shared / "models"
    if not (folder / "face_landmarker.task").is_file():
        pytest.skip("MediaPipe's face_landmarker.task is not on this machine")
    monkeypatch.setenv("CATGAN_MODELS", str(folder))
    return folder


@pytest.fixture(scope="session")
def landmarker(shared: Path):
    """One open landmarker for all tests."""
    from catgan.faces.landmarks import FaceLandmarker

    bundle = shared / "models" / "face_landmarker.task"
    if not bundle.is_file():
        pytest.skip("MediaPipe's face_landmarker.task is not on this machine")
    with FaceLandmarker(bundle) as opened:
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
    untrained_gan.save(folder)
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


def write_dataset(folder: Path, n: int = 120, size: int = 16, seed: int = 0) -> Path:
    """A data set of drawn pictures whose labels can be seen: AU12 is a bright bar at the bottom, AU4 a dark one at the
    top, valence the brightness. Half of the faces lack AUs, a third lack valence-arousal."""
    from catgan import files
    from catgan.data import store
    from catgan.labels import LabelSpec

    random = np.random.default_rng(seed)
    units, counts = (4, 12), {"train": n - 2 * (n // 4), "validation": n // 4, "test": n // 4}
    paths = []
    for split, count in counts.items():
        writer = store.ShardWriter(folder / "shards", split, count, store.schema(units))
        for index in range(count):
            brow, smile, valence = random.integers(2), random.integers(2), random.uniform(-1, 1)
            image = np.full((size, size), 128 + 60 * valence, np.float64) + random.normal(0, 6, (size, size))
            image[: size // 4] -= 60 * brow
            image[-size // 4:] += 60 * smile
            stream = io.BytesIO()
            Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(stream, format="PNG")
            row = {"id": f"{split}{index:05d}", "image": {"bytes": stream.getvalue(), "path": "x.png"},
                   "sources": [f"drawn/{split}{index}"], "split": split, "subject": f"drawn/person{index // 3}",
                   "landmarks": np.zeros(956, np.float32)}
            if index % 2:
                row |= {"AU04_present": int(brow), "AU12_present": int(smile)}
            if index % 3:
                row |= {"valence": valence, "arousal": -valence / 2}
            writer.add(pa.Table.from_pylist([row], writer.columns))
        paths += writer.close()
    files.write_json(folder / "dataset.json", {
        "format": store.FORMAT, "name": "drawn", "image_size": size, "columns": store.schema(units).names,
        "labels": LabelSpec(units, "presence", True).to_dict(), "counts": {"faces": n, "splits": counts},
        "sources": [{"name": "drawn"}], "hash": store.content_hash(paths), "plan": {}})
    return folder


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Path:
    """A finished data set of drawn pictures."""
    return write_dataset(tmp_path_factory.mktemp("data") / "drawn")


def tiny_experiment(mode: str = "joint", **training):
    """An experiment that trains in seconds."""
    from catgan import config
    from catgan.training.experiment import Experiment

    settings = {"images": 96, "batch_size": 8, "tick_images": 32, "snapshot_ticks": 3, "precision": "float32",
                "ema_half_life": 50.0, "learning_rate": 2e-3, **training}
    return config.from_mapping(Experiment, {"name": f"tiny-{mode}", "network": TINY, "labels": {"mode": mode},
                                            "training": settings})


@pytest.fixture(scope="session")
def tiny_run(drawn, tmp_path_factory) -> Path:
    """A finished training on the drawn pictures, long enough to read them."""
    from catgan.training.loop import train

    runs = tmp_path_factory.mktemp("runs")
    result = train(tiny_experiment(images=4800, tick_images=1200, batch_size=16, snapshot_ticks=2), drawn, runs,
                   log=lambda text: None)
    return Path(result["run"])


@pytest.fixture(scope="session")
def tiny_judge(drawn, tmp_path_factory) -> Path:
    """A supervised run on the validation faces."""
    from dataclasses import replace

    from catgan.training.loop import train

    experiment = replace(tiny_experiment(images=3200, tick_images=1600, batch_size=16, supervised=True, seed=5),
                         name="tiny-judge", split="validation")
    return Path(train(experiment, drawn, tmp_path_factory.mktemp("judges"), log=lambda text: None)["run"])


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
