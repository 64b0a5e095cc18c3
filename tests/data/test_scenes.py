import numpy as np
import pytest

from catgan.data import scenes
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.synthesis.rendering import Renderer


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes") / "data"
    render(RenderConfig(60, 24, 7, subjects=20, shortcut="glasses", moved=0.5), folder, workers=1)
    return load_dataset(folder)


@pytest.mark.parametrize("split", ["test", "train", "all"])
def test_scenes_drawn_again_are_the_stored_faces(rendered, split):
    found = rendered.scenes(split)
    images = Renderer(24).render(found[:], 3)[0]
    assert len(found) == rendered.count(split)
    np.testing.assert_array_equal(images, rendered.images(split, 3))
    assert [scene.subject for scene in found] == rendered.subjects(split)
    assert found[-1] == found[len(found) - 1] and found[1:3] == [found[1], found[2]]


def test_scenes_are_made_only_when_they_are_asked_for(rendered, monkeypatch):
    made = []
    monkeypatch.setattr(scenes, "scene_of", lambda index, config: made.append(index))
    found = rendered.scenes("train")
    assert len(found) > 20 and not made
    assert found[5] is None and made == [found.numbers[5]]


def test_photographs_have_no_scenes(drawn):
    dataset = load_dataset(drawn)
    assert not dataset.is_rendered and dataset.sampler is None
    with pytest.raises(DataError, match="was not rendered"):
        dataset.scenes("test")


def test_sampler_draws_the_people_of_the_data_set(rendered):
    assert rendered.is_rendered
    assert (rendered.sampler.seed, rendered.sampler.subjects) == (7, 20)
