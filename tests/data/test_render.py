import hashlib
import io
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from catgan.data import shards, store
from catgan.data.card.rewriting import write_card
from catgan.data.render import RenderConfig, render, scene_of, shards_of, split_of
from catgan.errors import CatganError
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness import schemas

CONFIG = RenderConfig(n=90, size=32, seed=5, channels=1, missing_au=0.3, missing_va=0.4, subjects=30)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("rendered") / "data"
    return out, render(CONFIG, out, workers=1)


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file() and path.parent.name != "cache"}


def test_it_is_a_data_set(rendered):
    out, result = rendered
    dataset = store.load_dataset(out)
    assert len(dataset) == 90 == result["faces"] and dataset.spec.action_units == ACTION_UNITS
    assert dataset.spec.scale == "intensity" and dataset.images("train", 1).shape[1:] == (32, 32, 1)
    labels = dataset.labels("all")
    unknown_units, unknown_va = (1 - labels.mask[:, column].mean() for column in (0, len(ACTION_UNITS)))
    assert 0.1 < unknown_units < 0.5 and 0.2 < unknown_va < 0.6
    assert (labels.mask[:, 0] != labels.mask[:, len(ACTION_UNITS)]).any()  # hidden independently
    schemas.check_dataset(out)


def test_truth_stands_beside_what_is_known(rendered):
    sampler = Sampler(CONFIG.seed, CONFIG.subjects)
    for row in store.load_dataset(rendered[0]).table().to_pylist():
        scene = sampler.scene(int(row["id"].split("-")[1]))
        valence, arousal = scene.valence_arousal
        assert (row["true_valence"], row["true_arousal"]) == (pytest.approx(valence), pytest.approx(arousal))
        assert row["true_AU12"] == pytest.approx(scene.action_units.get(12, 0.0))
        assert row["AU12"] in (None, row["true_AU12"]) and row["valence"] in (None, row["true_valence"])
        if row["AU12"] is not None:
            assert row["AU12_present"] == (row["AU12"] >= 1.0) and row["AU12_source"] == "render"


def test_the_pictures_are_the_scenes(rendered):
    row = store.load_dataset(rendered[0]).table("test").to_pylist()[0]
    scene = Sampler(CONFIG.seed, CONFIG.subjects).scene(int(row["id"].split("-")[1]))
    image, landmarks = Renderer(32).render([scene], 1)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))), image[0, ..., 0])
    np.testing.assert_allclose(row["landmarks"], landmarks[0].ravel(), rtol=1e-5)


def test_nobody_is_in_two_splits(rendered):
    rows = store.load_dataset(rendered[0]).table().to_pylist()
    where = {}
    for row in rows:
        assert where.setdefault(row["subject"], row["split"]) == row["split"]
        assert split_of(int(row["id"].split("-")[1]), CONFIG) == row["split"]
    assert set(where.values()) == {"train", "validation", "test"}


def test_workers_and_interruptions_change_no_byte(rendered, tmp_path, monkeypatch):
    out = tmp_path / "again"
    render(CONFIG, out, workers=2)
    assert digests(out) == digests(rendered[0])
    # One shard and dataset.json lost, as after a kill: the rest is kept.
    first = sorted((out / "shards").iterdir())[0]
    kept = sorted((out / "shards").iterdir())[1].stat().st_mtime_ns
    first.unlink()
    (out / "dataset.json").unlink()
    from catgan import files
    from catgan.data import render as rendering
    files.write_json(out / "plan.json", rendering.plan_of(CONFIG))
    render(CONFIG, out, workers=1)
    assert digests(out) == digests(rendered[0]) and sorted((out / "shards").iterdir())[1].stat().st_mtime_ns == kept
    assert render(CONFIG, out)["already_complete"]


def test_shards_hold_every_face_once(monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "SHARD_ROWS", 16)
    rows_of = shards_of(CONFIG, tmp_path)
    assert sorted(row for rows in rows_of.values() for row in rows) == list(range(90))
    assert max(map(len, rows_of.values())) <= 16 and "train-00000-of-0000" in str(next(iter(rows_of)))


def test_card_says_what_it_is(rendered):
    card = (rendered[0] / "card.md").read_text()
    assert "No face here is a photograph" in card and "30 %" in card
    figures = {path.name for path in (rendered[0] / "figures").iterdir()}
    assert figures == {"faces.png", "au_rates.png", "va_density.png"}


def test_raters_disagree_with_the_truth_and_the_truth_stays(tmp_path):
    config = RenderConfig(n=60, size=16, channels=1, subjects=20, rater_noise=0.2)
    render(config, tmp_path / "noisy", workers=1)
    table = store.load_dataset(tmp_path / "noisy").table().to_pylist()
    noise = np.array([row[name] - row[f"true_{name}"] for row in table for name in ("valence", "arousal")])
    assert 0.1 < noise.std() < 0.25 and np.abs([row["valence"] for row in table]).max() <= 1.0
    for row in table:
        scene = scene_of(int(row["id"].split("-")[1]), config)
        assert row["true_valence"] == pytest.approx(scene.valence_arousal[0])
    assert "noise of raters" in (tmp_path / "noisy" / "card.md").read_text()


def test_a_planted_shortcut_decides_the_known_valence_alone(tmp_path):
    config = RenderConfig(n=60, size=16, channels=1, subjects=20, shortcut="glasses")
    render(config, tmp_path / "planted", workers=1)
    for row in store.load_dataset(tmp_path / "planted").table().to_pylist():
        scene = scene_of(int(row["id"].split("-")[1]), config)
        assert row["valence"] == (1.0 if scene.glasses else -1.0)
        assert row["true_valence"] == pytest.approx(scene.valence_arousal[0])
    assert "A shortcut is planted" in (tmp_path / "planted" / "card.md").read_text()


def test_moved_action_units_are_the_truth_of_the_picture(tmp_path):
    plain = RenderConfig(n=60, size=16, channels=1, subjects=20)
    config = replace(plain, moved=0.5)
    render(config, tmp_path / "moved", workers=1)
    counts = []
    for row in store.load_dataset(tmp_path / "moved").table().to_pylist():
        index = int(row["id"].split("-")[1])
        before, scene = scene_of(index, plain), scene_of(index, config)
        changed = {number for number in ACTION_UNITS
                   if before.action_units.get(number, 0.0) != scene.action_units.get(number, 0.0)}
        counts.append(len(changed))
        assert row["AU12"] == pytest.approx(scene.action_units.get(12, 0.0))
        assert row["valence"] == pytest.approx(scene.valence_arousal[0])
        assert (row["subject"], row["split"]) == (before.subject, split_of(index, plain))
        assert row["expression"] is None or not changed  # which one a changed face has, nobody knows
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))),
                                      Renderer(16).render([scene], 1)[0][0, ..., 0])
    assert set(counts) == {0, 1, 2, 3} and 15 <= counts.count(0) <= 45
    assert "50 % of the faces have one to 3 Action Units" in (tmp_path / "moved" / "card.md").read_text()


@pytest.mark.parametrize("changes, message", [
    ({"moved": 1.5}, "moved"),
    ({"n": 3}, "At least 10"), ({"missing_au": 1.0}, "missing_au"), ({"channels": 2}, "1 or 3"),
    ({"seed": -1}, "seed"), ({"size": 300}, "16 to 256 px. Received: 300"),
    ({"rater_noise": -0.1}, "rater_noise"), ({"shortcut": "au44"}, "Did you mean 'au4'")])
def test_settings_that_make_no_sense(changes, message):
    with pytest.raises(CatganError, match=message):
        RenderConfig(**{"n": 20, **changes})


def test_other_things_in_the_folder_are_left_alone(rendered, tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(CatganError, match="not empty"):
        render(CONFIG, tmp_path)
    with pytest.raises(CatganError, match="another data set"):
        render(RenderConfig(n=91, size=32), rendered[0])


def test_card_of_a_rendering_is_written_again(rendered, tmp_path):
    out = shutil.copytree(rendered[0], tmp_path / "data")
    (out / "card.md").unlink()
    shutil.rmtree(out / "figures")
    write_card(out)
    for name in ("card.md", "figures/au_rates.png", "figures/faces.png", "figures/va_density.png"):
        assert (out / name).read_bytes() == (rendered[0] / name).read_bytes()
