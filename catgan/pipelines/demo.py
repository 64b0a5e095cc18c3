"""Renders, trains, evaluates and explains in one command (`catgan demo`), and writes a report.

Nothing is downloaded and no data set is needed. Every figure of the report is measured against the rendered truth.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import catgan
from catgan import config, facs, files, system
from catgan.data.render import RenderConfig, render, scene_of
from catgan.data.scenes import config_of
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.evaluation import samples
from catgan.evaluation.editing import edit_sheet
from catgan.evaluation.evaluate import evaluate
from catgan.explain import Counterfactual, counterfactual
from catgan.explain.drawers import SceneDrawer
from catgan.explain.report import heat
from catgan.faces.images import grid
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import packaged_face_presets
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, Scene
from catgan.system import logger
from catgan.training.experiment import Experiment
from catgan.training.loop import train
from catgan.training.run import TrainingResult

FACES = 12000
"""Default number of rendered faces."""
SIZE = 32
"""Side of the rendered faces in pixels."""
SEED = 0
"""Seed of the rendered faces."""
SHOWN_SIZE = 192
"""Side of explained faces in the report, in pixels."""
PRESET_SEED = 404
"""Seed of rendered people that no preset was trained on."""
FACES_A_MINUTE = 13000
"""Training faces per minute on two cores. A faster machine finishes earlier, with the same result."""

# Pairs of a drawn expression and a target; `explain` selects the face for each pair.
QUESTIONS = (("happiness", "valence<=0"), ("anger", "AU04=0"), ("surprise", "arousal<=0.1"))


@dataclass(frozen=True)
class ExplainedFace:
    """Holds the scene of a face and its counterfactual."""

    scene: Scene
    result: Counterfactual


def run(out: str | Path, minutes: float = 5.0, faces: int = FACES, verbose: bool = True) -> Figures:
    """Renders, trains, evaluates, explains, and writes `report.html`.

    Args:
        out: folder of all outputs. An interrupted demo continues in the same folder.
        minutes: duration of the training on two cores.
        faces: number of faces to render.
        verbose: if True, shows messages on stderr, unless logging is configured otherwise.

    Returns:
        `{"report", "run", "data", "mean_f1", "ccc_valence", "ccc_arousal", "explained", "seconds"}`.

    Raises:
        CatganError: `minutes` is out of range, or the test split lacks a face with one of the expressions.
    """
    if not 0.01 <= minutes <= 600:
        raise CatganError(f"--minutes must lie in 0.01..600. Received: {minutes:g}.")
    with system.messages_shown(verbose):
        return _run(Path(out), minutes, faces)


def _run(out: Path, minutes: float, faces: int) -> Figures:
    started = time.perf_counter()
    logger.info(f"1/4  Drawing {faces} faces whose Action Units, valence and arousal are known ...")
    settings = RenderConfig(faces, SIZE, SEED, channels=1, missing_au=0.2, missing_va=0.2, subjects=max(faces // 6, 10))
    render(settings, out / "data")
    dataset = load_dataset(out / "data")

    logger.info(f"2/4  Training a small categorical GAN, about {minutes:g} minutes on two cores ...")
    images = max(int(minutes * FACES_A_MINUTE) // 3200 * 3200, 640)
    experiment = config.from_mapping(Experiment, {
        "name": "demo", "architecture": "xs_32", "network": {"channels": 1},
        "training": {"images": images, "tick_images": 640 if images < 6400 else 3200, "snapshot_ticks": 100,
                     "ema_half_life": 3000.0}})
    trained = train(experiment, dataset, out / "runs", resume=_finished(out / "runs"))
    gan = CatGAN.from_preset(trained["run"])

    logger.info("3/4  Comparing what it reads with what was drawn ...")
    result = evaluate(gan, dataset, "test")

    logger.info("4/4  Asking why: three counterfactual faces ...")
    answers = [explain(gan, dataset, *question) for question in QUESTIONS]
    report = out / "report.html"
    files.write_text(report, page(gan, dataset, result, answers, trained, time.perf_counter() - started))
    return {"report": str(report), "run": trained["run"], "data": str(dataset.folder),
            "mean_f1": result["action_units"]["mean_f1"], "ccc_valence": result["valence"]["ccc"],
            "ccc_arousal": result["arousal"]["ccc"], "explained": [answer.result.status for answer in answers],
            "seconds": round(time.perf_counter() - started, 1)}


def _finished(runs: Path) -> Path | None:
    """Returns the finished run of an earlier demo, so that a second call does not train again; else None."""
    folder = runs / "00000-demo"
    return folder if (folder / "best" / "config.json").is_file() else None


def explain(gan: CatGAN, dataset: DualDataset, expression: str, target: str) -> ExplainedFace:
    """Explains a face of the test split that was rendered with `expression`.

    Tries up to 12 faces until the status of the counterfactual is `ok`. The face model draws the changes, so the
    counterfactual is the true picture of the same person with other Action Units.
    """
    drawn = dataset.table("test", ["true_expression"])["true_expression"].to_pylist()
    scenes, answer = dataset.scenes("test"), None
    for row in [row for row, name in enumerate(drawn) if name == expression][:12]:
        scene = scenes[row]
        pen = SceneDrawer([scene], SIZE, 1, gan.spec.action_units)
        answer = ExplainedFace(scene, counterfactual(gan, pen.images[0], target, drawer=lambda *_, pen=pen: pen))
        if answer.result.status == "ok":
            break
    if answer is None:
        raise CatganError(f"No face of the test split was drawn for {expression}: draw more faces.")
    return answer


# === The report ===


def page(gan: CatGAN, dataset: DualDataset, result: Figures, answers: Sequence[ExplainedFace],
         trained: TrainingResult, seconds: float) -> str:
    """Writes the report as one HTML page that contains its pictures."""
    settings = config_of(dataset)
    drawn = grid(Renderer(64).render([scene_of(index, settings) for index in range(48)])[0], 16)
    sheet, _ = samples.sweep(gan, people=4)
    action_units = [[f"{name} {facs.action_unit(facs.parse_action_unit(name)).name.lower()}",
                     *(_number(figures[key]) for key in ("pcc", "icc", "f1"))]
                    for name, figures in result["action_units"].items() if isinstance(figures, dict)]
    dimensions = [[name, *(_number(result[name][key]) for key in ("ccc", "pcc", "rmse"))]
                  for name in ("valence", "arousal")]
    return files.fill_template(
        Path(__file__).with_suffix(".html"), version=catgan.__version__, minutes=f"{seconds / 60:.1f}",
        faces=f"{len(dataset):,}", people=f"{settings.subjects:,}", drawn=_picture(drawn, 1040, "drawn faces"),
        trained=f"{trained['images']:,}", generated=_picture(sheet, 1040, "generated faces: one row a person"),
        tested=result["n"], dimensions=dimensions, action_units=action_units, answers=list(map(_answer, answers)),
        shipped=shipped())


def shipped() -> list[dict[str, object]]:
    """Edits rendered people with the presets that come with catgan; returns the name and a picture of each preset."""
    parts: list[dict[str, object]] = []
    for folder in packaged_face_presets().values():
        gan = CatGAN.from_preset(folder)
        if gan.editor is None or not gan.spec.action_units:
            continue
        scenes = [Sampler(PRESET_SEED).scene(index) for index in range(4)]
        sheet, _ = edit_sheet(gan, Renderer(gan.network.image_size).render(scenes, gan.network.channels)[0])
        parts.append({"name": folder.name, "picture": _picture(sheet, 1040, f"edits by {folder.name}")})
    return parts


def _answer(answer: ExplainedFace) -> dict[str, object]:
    """Returns the variables of the report's template for one counterfactual."""
    result = answer.result
    # Drawn larger than the input of the network, for readers.
    changes = {facs.parse_action_unit(name): to for name, (_, to) in result.changes.items()}
    (face, changed), _ = Renderer(SHOWN_SIZE).render([answer.scene, answer.scene.with_action_units(changes)], 1)
    pictures = [_picture(image, SHOWN_SIZE, title)
                for title, image in (("the face", face), ("counterfactual", changed),
                                     ("difference: red lighter, blue darker",
                                      heat((changed.astype(np.float32) - face).mean(-1))))]
    readings = ", ".join(f"{name} {result.original[name]:.2f} → {result.counterfactual[name]:.2f}"
                         for name in ("valence", "arousal"))
    return {"target": result.target, "status": result.status, "sentence": result.sentence(), "pictures": pictures,
            "readings": readings, "renders": result.renders}


def _picture(image: np.ndarray, width: int, title: str) -> dict[str, object]:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, format="PNG")
    return {"width": width, "title": title, "png": base64.b64encode(stream.getvalue()).decode("ascii")}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
