"""Evaluation with judges: what is measured, and who may judge."""

import json

import cv2
import numpy as np
import pytest

from catgan.cli import evaluate as verb
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation import control, distances
from catgan.evaluation.evaluate import evaluate
from catgan.evaluation.judges import MediaPipeJudge, RunJudge, open_judge, random_judge
from catgan.faces import model_files
from catgan.metrics import calibration
from catgan.models.gan.model import CatGAN
from tests.harness import schemas


@pytest.fixture(scope="module")
def judged(tiny_gan, tiny_judge, drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    judges = [RunJudge(tiny_judge), Chance()]
    return evaluate(tiny_gan, load_dataset(drawn), "train", judges, 60, 0, folder, identity=judges[0]), folder


class Chance:
    """A judge that sees nothing."""

    name, columns = "chance", ("valence",)

    def read(self, images):
        return {"valence": np.random.default_rng(len(images)).uniform(-1, 1, len(images))}


def test_other_judges(judged):
    control = judged[0]["other_judges"]["chance"]
    assert control["judge"] == "chance" and abs(control["valence"]["ceiling"]["pcc"]) < 0.5
    assert judged[0]["control"]["judge"] != "chance"


def test_control_by_a_judge(judged, tiny_judge):
    result, folder = judged
    figures = result["control"]
    assert figures["judge"] == tiny_judge.name and figures["found"] == 1.0
    for name in ("AU12_present", "valence", "arousal"):
        assert {"slope", "icc", "pcc", "n", "slope_interval", "ceiling", "cross_talk"} <= set(figures[name])
    assert figures["AU12_present"]["ceiling"]["pcc"] > 0.4  # real faces: the judge sees the bright bar
    assert figures["valence"]["ceiling"]["n"] < 60  # a third of the faces lack valence
    matrix = np.array(figures["cross_talk"]["matrix"])
    assert matrix.shape == (2, 4) and "renderer" not in figures["cross_talk"]
    assert figures["drift"]["mean_ratio"] is not None  # by the identity that was given
    assert result["identity"]["name"] == tiny_judge.name and 0.0 <= result["identity"]["auc"] <= 1.0
    assert {path.name for path in folder.iterdir()} == {"calibration.png", "control.png", "cross_talk.png"}
    assert all(cv2.imread(str(path)).std() > 1 for path in folder.iterdir())
    schemas.check("evaluation", json.loads(json.dumps(result, allow_nan=False)))


def test_distances_by_a_judge(judged, tiny_judge):
    image = judged[0]["image"]
    encoder = tiny_judge.name
    for name in ("fd", "kd", "precision", "recall", "density", "coverage"):
        for judge in (encoder, "random"):
            assert f"{name}:{judge}-16:n=60" in image and f"{name}:{judge}-16:n=60:blurred" in image
    assert image["swd:laplacian-16:n=60"] > 0
    assert image[f"fd:{encoder}-16:n=60:train"] < image[f"fd:{encoder}-16:n=60"]
    assert f"kd-va:{encoder}-16:n=60" in image
    low, high = judged[0]["image_intervals"][f"fd:{encoder}-16:n=60"]
    assert low < image[f"fd:{encoder}-16:n=60"] < high


def test_distances_by_an_encoder_of_a_file(tiny_gan, drawn):
    class Means:
        name = "means.bicubic"

        def features(self, images):
            return images.reshape(len(images), -1, 3).mean(1)

    result = distances.image_metrics(tiny_gan, load_dataset(drawn), [Means()], "train", 60, 0)
    assert result["image"]["fd:means.bicubic-16:n=60"] > 0 and "kd-va:means.bicubic-16:n=60" in result["image"]
    assert not any("random" in name for name in result["image"])


def test_judges_of_one_name_are_refused(tiny_gan, drawn):
    with pytest.raises(CatganError, match="must differ in the names of their folders. Received: chance, chance"):
        evaluate(tiny_gan, load_dataset(drawn), "train", [Chance(), Chance()])


def test_uncertainty(judged):
    table = judged[0]["uncertainty"]
    assert 0.6 < table["valence"]["coverage"] <= 1.0 and table["valence"]["mean_width"] > 0
    shares = [row["observed"] for row in table["valence"]["table"]]
    assert shares == sorted(shares) and shares[-2] == table["valence"]["coverage"]
    assert [row["nominal"] for row in table["valence"]["gaussian"]] == list(calibration.LEVELS)
    assert 0 <= table["AU12_present"]["ece"] < 0.5


def test_the_table_for_people(judged):
    text = verb.text(judged[0])
    assert "control, judged by" in text and "slope over that of real faces" in text and "fd:" in text
    assert "of real faces" in text and "95 % interval" in text and "judged by chance" in text


def test_who_may_judge(tiny_run, tiny_judge, drawn):
    dataset = load_dataset(drawn)
    assert open_judge(tiny_judge, dataset, tiny_run).name == tiny_judge.name
    with pytest.raises(CatganError, match="trained on the same faces.*split: validation"):
        open_judge(tiny_run, dataset, tiny_run)
    with pytest.raises(CatganError, match="No such run"):
        open_judge("nobody", dataset, tiny_run)


def test_a_random_judge_is_the_same_network_untrained(tiny_judge, drawn):
    judge = RunJudge(tiny_judge)
    twin = random_judge(judge)
    faces = load_dataset(drawn).images("test", 3)
    assert twin.features(faces).shape == judge.features(faces).shape
    assert not np.allclose(twin.features(faces), judge.features(faces))


def test_blurred_faces_vary_less():
    faces = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    assert distances.blurred(faces).std() < faces.std()


def test_a_missing_landmarker_is_said_before_workers_start(monkeypatch):
    def missing(name, path=None):
        raise CatganError(f"Could not download the {name} model.")

    monkeypatch.setattr(model_files, "find", missing)
    with pytest.raises(CatganError, match="Could not download the face_landmarker model"):
        MediaPipeJudge()


@pytest.mark.slow
def test_mediapipe_judges_drawn_faces(models, tmp_path, capfd):
    """What the renderer draws is read back; the renderer's own cross-talk is taken off."""
    render(RenderConfig(200, 64, 3, channels=1, subjects=40), tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    judge = MediaPipeJudge()
    columns = judge.read(dataset.images("train", 3)[:60])
    truth, _ = dataset.labels("train").column("AU12")
    found = np.isfinite(columns["AU12"])
    assert found.mean() > 0.9 and np.corrcoef(columns["AU12"][found], truth[:60][found])[0, 1] > 0.7
    blank = judge.read(np.full((2, 64, 64, 3), 128, np.uint8))
    assert np.isnan(blank["AU12"]).all() and "Traceback" not in capfd.readouterr().err
    gan = CatGAN(_network(), dataset.spec.mode("joint").__class__((4, 12), "intensity", True))
    swept = control.sweeps(gan, judge, 0, dataset.sampler)
    crossed = control.cross_talk(swept, judge, 5.0)
    assert crossed["renderer"][1][judge.columns.index("AU12")] > 0.3 and crossed["renderer_mean_absolute"] < 0.2


def _network():
    from catgan.models.gan.architectures import network_config

    return network_config("xs_64", {"generator_widths": [8] * 5, "discriminator_widths": [8, 8, 8, 8, 0],
                                    "style_width": 8, "features": 8})
