"""The presets that come with the package: found by name, small enough, and able to do what their cards say."""

import json

import numpy as np
import pytest

from catgan import facs
from catgan.conditions import Condition
from catgan.metrics import editing
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import PACKAGED, find_preset
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

NAMES = ["rendered_64", "faces_64"]


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def gan(name):
    return CatGAN.from_preset(name)


@pytest.fixture(scope="module")
def scenes():
    """People whom no preset was trained on."""
    sampler = Sampler(911)
    return [sampler.scene(index) for index in range(64)]


def test_packaged_preset_has_its_files_and_is_small(name):
    folder = find_preset(name)
    there = {path.name for path in folder.iterdir()}
    assert folder == PACKAGED / name and {"card.md", "config.json", "metrics.json"} <= there
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12e6
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "misuse" in card and "/tmp" not in card
    assert json.loads((folder / "config.json").read_text())["precision"] == "mixed_bfloat16"


def test_find_preset_prefers_the_package_to_a_folder_of_that_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name / "figures").mkdir(parents=True)
    assert find_preset(name) == PACKAGED / name


def test_packaged_preset_reads_rendered_faces(gan, scenes):
    read = gan.read(Renderer(64).render(scenes, gan.network.channels)[0])
    for name, number in (("AU01", 1), ("AU04", 4), ("AU12", 12), ("AU25", 25)):
        truth = [scene.action_units.get(number, 0.0) for scene in scenes]
        assert np.corrcoef(truth, read[name])[0, 1] > 0.9
    truth = np.array([scene.valence_arousal for scene in scenes])
    assert np.corrcoef(truth[:, 0], read["valence"])[0, 1] > 0.9


def test_packaged_preset_edits_rendered_faces(gan, scenes):
    """Nearer to the truth than the face before, by far."""
    neutral = [scene.with_action_units({number: 0.0 for number in scene.action_units}) for scene in scenes[:16]]
    renderer = Renderer(64)
    for number in (1, 4, 12, 25):
        before, after = (renderer.render(part, gan.network.channels)[0] for part in (
            neutral, [scene.with_action_units({number: 3.0}) for scene in neutral]))
        change = Condition.change(gan.spec, {facs.au_name(number): 3.0}, 16).encode()
        assert editing.explained_change(before, gan.apply_change(before, change).images, after) > 0.8


def test_packaged_preset_draws_labels(gan):
    smiling, calm = (gan.generate(32, action_units={12: level, 4: 0}, seed=3) for level in (4.0, 0.0))
    assert (gan.read(smiling)["AU12"] - gan.read(calm)["AU12"]).mean() > 2.0
