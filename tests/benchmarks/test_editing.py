"""The benchmark of editors: an editor that draws the truth gets full marks, one that does nothing none."""

from dataclasses import replace

import numpy as np
import pytest

from catgan import random_streams
from catgan.benchmarks import editing
from catgan.benchmarks.editing import benchmark_edit
from catgan.benchmarks.photographs import benchmark_photographs
from catgan.conditions import Condition
from catgan.data.pairs import RenderedPairs
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.model import CatGAN, EditResult
from tests.harness.experiments import tiny_experiment


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(160, 16, 9, channels=1, subjects=40), folder, workers=1)
    return load_dataset(folder)


class Known:
    """Knows every pair that is made: draws its truth, and reads its labels."""

    name, columns = "known", ("AU04", "AU12", "valence", "arousal")

    def __init__(self, monkeypatch, strength):
        self.strength, self.drawn, self.labels = strength, {}, {}
        make = RenderedPairs.pairs

        def pairs(of, *arguments):
            made = make(of, *arguments)
            values = made.labels.values
            for before, after, change, now in zip(made.before, made.after, made.change, values):
                self.drawn[before.tobytes(), change[:2].tobytes()] = after
                self.drawn[after.tobytes(), (-change[:2]).tobytes()] = before
                units = np.array([5.0, 5.0, 1.0, 1.0]) * Condition.decode(change).values
                self.labels[after.tobytes()], self.labels[before.tobytes()] = now, now - units
            return made

        monkeypatch.setattr(RenderedPairs, "pairs", pairs)

    def apply_change(self, images, change):
        nothing = np.zeros((len(images), 16, 16, 2), np.float32)
        asked = [self.strength * part[:2] for part in change]
        drawn = [image if not one.any() else self.drawn.get((image.tobytes(), one.tobytes()), image)
                 for image, one in zip(images, asked)]
        return EditResult(np.stack(drawn), nothing[..., 0], nothing, change)

    def read(self, images):
        values = np.stack([self.labels.get(image.tobytes(), np.zeros(4)) for image in images])
        return dict(zip(self.columns, values.T))

    @staticmethod
    def features(images):
        return images.reshape(len(images), -1).astype(np.float64)


@pytest.fixture
def gan(rendered):
    gan = CatGAN(tiny_experiment().network_config, replace(rendered.spec, action_units=(4, 12), expressions=()))
    gan.add_editor()
    return gan


def test_the_truth_gets_full_marks(rendered, gan, monkeypatch, tmp_path):
    known = Known(monkeypatch, 1.0)
    monkeypatch.setattr(gan, "apply_change", known.apply_change)
    monkeypatch.setattr(editing, "PEOPLE", 3)
    result = benchmark_edit(gan, rendered, known, known.features, n=5, figures=tmp_path)
    for name in ("explained_change", "explained_change_worst", "explained_change_3", "ssim_no_change", "ssim_back"):
        assert result[name] == pytest.approx(1.0, abs=1e-6), name
    assert result["slope"] == pytest.approx(1.0, abs=1e-5) and result["cross_talk"] == pytest.approx(0.0, abs=1e-6)
    assert result["identity"] == pytest.approx(result["identity_truth"]) and result["seconds_per_face"] > 0
    assert set(result["action_units"]) == {"AU04", "AU12"} and result["explained_change_interval"] == [1.0, 1.0]
    assert {path.name for path in tmp_path.iterdir()} == {"edits.png", "edit_cross_talk.png", "edit_masks.png",
                                                          "edit_responses.png"}


def test_nothing_gets_none(rendered, gan, monkeypatch):
    known = Known(monkeypatch, 0.0)
    monkeypatch.setattr(gan, "apply_change", known.apply_change)
    result = benchmark_edit(gan, rendered, known, None, n=5)
    assert result["explained_change"] == result["explained_change_3"] == result["explained_change_va"] == 0.0
    assert result["slope"] == pytest.approx(0.0, abs=1e-9) and "identity" not in result
    assert result["ssim_no_change"] == result["ssim_back"] == 1.0


def test_what_has_no_editor(rendered):
    gan = CatGAN(tiny_experiment().network_config, replace(rendered.spec, action_units=(4,), expressions=()))
    with pytest.raises(CatganError, match="needs a model with an editor"):
        benchmark_edit(gan, rendered, None, None)


# === Photographs ===


class Bars:
    """Reads the drawn pictures of conftest: AU12 is a bright bar at the bottom, AU4 a dark one at the top."""

    name, columns = "bars", ("AU04_present", "AU12_present")

    def read(self, images):
        middle = images[:, 6:10].mean(axis=(1, 2, 3))
        return {"AU04_present": (middle - images[:, :4].mean(axis=(1, 2, 3))) / 60.0,
                "AU12_present": (images[:, -4:].mean(axis=(1, 2, 3)) - middle) / 60.0}


def test_photographs(drawn, monkeypatch):
    """An editor that draws the bars as asked, and one that does nothing."""
    dataset = load_dataset(drawn)
    gan = CatGAN(tiny_experiment().network_config, dataset.spec)
    gan.add_editor()

    def apply_change(images, change):
        changed = images.astype(np.float32)
        changed[:, :4] -= 60.0 * change[:, 0, None, None, None]
        changed[:, -4:] += 60.0 * change[:, 1, None, None, None]
        nothing = np.zeros((len(images), 16, 16, 2), np.float32)
        return EditResult(np.clip(changed, 0, 255).astype(np.uint8), nothing[..., 0], nothing, change)

    nothing = benchmark_photographs(gan, dataset, Bars(), Known.features, n=20, split="train")
    assert nothing["identity"] == pytest.approx(1.0) and nothing["sharpness"] == 1.0 and nothing["moves_pcc"] is None
    monkeypatch.setattr(gan, "apply_change", apply_change)
    result = benchmark_photographs(gan, dataset, Bars(), Known.features, n=20, split="train")
    assert result["moves_pcc"] > 0.95 and 0.8 < result["slope"] < 1.1 and result["found"] == 1.0
    assert set(result["action_units"]) == {"AU04", "AU12"} and 0.5 < result["identity"] < 1.0
    assert 0.0 < result["dimension_error"] < 0.5  # valence does not move
    assert result == benchmark_photographs(gan, dataset, Bars(), Known.features, n=20, split="train")


def test_what_no_photograph_shows_is_not_asked(drawn, monkeypatch):
    """Every face reads as a smile, and none of those that were learned from frowned (AU4) while smiling."""
    dataset = load_dataset(drawn)
    gan = CatGAN(tiny_experiment().network_config, dataset.spec)
    gan.add_editor()
    reading, smiles = gan.read, {"AU04_present": 0.0, "AU12_present": 0.9}
    monkeypatch.setattr(gan, "read", lambda images: reading(images) | {
        name: np.full(len(images), value) for name, value in smiles.items()})
    monkeypatch.setattr(gan, "density", ActionUnitDensity(np.zeros(2), np.eye(2), 9.0, ((0, 1),)))
    units = benchmark_photographs(gan, dataset, Bars(), None, n=20, split="train")["action_units"]
    levels = random_streams.generator("edited_photographs", 0)
    levels.permutation(dataset.count("train"))
    assert units["AU04"]["n"] == (levels.uniform(0.0, 5.0, 20) < 1.0).sum() and units["AU12"]["n"] == 20


def test_a_judge_of_other_units(drawn):
    gan = CatGAN(tiny_experiment().network_config, load_dataset(drawn).spec)
    gan.add_editor()
    judge = Bars()
    judge.columns = ("AU26",)
    with pytest.raises(CatganError, match="bars reads none of this model's Action Units"):
        benchmark_photographs(gan, load_dataset(drawn), judge, None)
