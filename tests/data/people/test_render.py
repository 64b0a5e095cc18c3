import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan.data.people.columns import read_people
from catgan.data.people.films import name_of, write_pictures
from catgan.data.people.pictures import draw_picture, walk_of
from catgan.data.people.render import PeopleConfig, joints_of, posture_frame, render_people, scene_number, split_of
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.synthesis.people import MODALITIES
from tests.harness import schemas

WALKING = PeopleConfig(24, clips=True, size=16, subjects=10, missing=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("people") / "walking"
    render_people(WALKING, out, workers=1, verbose=False)
    return out


def test_rendered_people_are_read_with_their_truth(folder):
    dataset = load_dataset(folder)
    schemas.check_dataset(folder)
    samples = read_people(dataset, "all")
    assert len(samples) == 24 and samples.dimensions == ("valence", "arousal", "dominance")
    scenes = {name_of(WALKING, number): scene_number(WALKING, number) for number in range(24)}
    for row, name in enumerate(samples.ids):
        scene = scenes[name]
        assert samples.classes[samples.labels[row]] == scene.emotion and samples.places[row] == scene.place
        np.testing.assert_allclose(samples.affect[row], scene.affect, atol=1e-6)
        for modality in MODALITIES:
            assert samples.available[modality][row] == (modality not in scene.missing)
            shown = samples.truth[f"shown_{modality}"][row]
            assert shown == -1 if modality in scene.missing or scene.shown[modality] is None else (
                samples.classes[shown] == scene.shown[modality])
    assert not set(read_people(dataset, "test").subjects) & set(read_people(dataset, "train").subjects)


def test_bytes_depend_on_the_settings_alone(folder, tmp_path):
    render_people(WALKING, tmp_path / "again", workers=2, verbose=False)
    for path in (folder / "shards").iterdir():
        assert pq.read_table(path).equals(pq.read_table(tmp_path / "again" / "shards" / path.name))
    assert load_dataset(folder).info["hash"] == load_dataset(tmp_path / "again").info["hash"]


def test_joints_start_at_the_hips_and_hidden_legs_are_unknown():
    config = PeopleConfig(200, clips=True, occluded=0.5, missing=0.0)
    scenes = [scene_number(config, number) for number in range(20)]
    for scene in scenes:
        joints, known = joints_of(config, scene)
        assert not joints[:, 0].any() and joints.shape == (40, 16, 3)
        assert known[:, (11, 12, 14, 15)].any() != scene.legs_hidden and known[:, :11].all()
    assert 0 < sum(scene.legs_hidden for scene in scenes) < 20


def test_a_missing_posture_leaves_the_gait_and_the_reverse():
    config = PeopleConfig(200, clips=True, missing=0.3)
    for number in range(40):
        scene = scene_number(config, number)
        known = joints_of(config, scene)[1].any(1)
        assert known[posture_frame(config)] == ("posture" not in scene.missing)
        assert np.delete(known, posture_frame(config)).all() == ("gait" not in scene.missing)


def test_photographs_have_no_gait(tmp_path):
    config = PeopleConfig(40, size=16, subjects=20, missing=0.0)
    render_people(config, tmp_path / "still", workers=1, verbose=False)
    samples = read_people(load_dataset(tmp_path / "still"), "all")
    assert not samples.available["gait"].any() and samples.available["posture"].all()
    assert (samples.truth["shown_gait"] == -1).all()
    assert write_pictures(config, tmp_path / "still", 1) == 1
    assert len(list((tmp_path / "still" / "pictures").glob("*.png"))) == 1
    with pytest.raises(CatganError, match="no gait"):
        PeopleConfig(12, planted="gait")


def test_a_walk_ends_near_the_camera_in_the_middle_of_the_picture():
    for number in range(20):
        walk = walk_of(scene_number(WALKING, number), 40)
        assert -0.6 < walk[-1, 0, 2] < 0.05 and abs(walk[[0, -1], 0, 0].mean()) < 0.5 and walk[0, 0, 2] < walk[-1, 0, 2]


def test_picture_shows_the_person_before_the_place():
    scene = scene_number(WALKING, 3)
    person, *_ = draw_picture(scene, 0, 39, 40, 64)
    assert person.picture.shape == (64, 64, 3) and 0.01 < person.mask.mean() < 0.4


def test_a_person_is_in_one_split():
    splits = {}
    for number in range(60):
        scene = scene_number(WALKING, number % 24)
        assert splits.setdefault(scene.subject, split_of(WALKING, number % 24)) == split_of(WALKING, number % 24)
    assert len(set(splits.values())) > 1
