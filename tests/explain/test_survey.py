"""One question for many faces of a data set."""

import json

import cv2
import numpy as np
import pyarrow as pa
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain import survey
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY


@pytest.fixture(scope="module")
def gan():
    made = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "intensity", True), seed=1)
    made.add_editor()
    return made


def test_groups_of_text_and_numeric_columns():
    table = pa.table({"expression": ["anger", None, "fear"], "yaw": [0.1, float("nan"), 0.3], "flag": [0, 1, 0],
                      "sources": [["a"], ["b"], ["c"]]})
    assert survey.groups_of(table, "expression") == ["anger", "unknown", "fear"]
    assert survey.groups_of(table, "flag") == ["0", "1", "0"]
    with pytest.raises(CatganError, match="column of the data set"):
        survey.groups_of(table, "sources")
    many = survey.groups_of(pa.table({"yaw": np.arange(100.0)}), "yaw")
    assert [many.count(name) for name in dict.fromkeys(many)] == [25, 25, 25, 25] and many[0] == "yaw 0.00 .. 24.75"


def test_survey_of_a_data_set_is_written(drawn, gan, tmp_path):
    dataset = load_dataset(drawn)
    content = survey.survey(gan, gan, dataset, "valence<=-0.9", n=6, by="yaw")
    assert content["n"] == min(6, dataset.count("test")) and content["usage"]["n"] <= content["n"]
    if content["usage"]["n"]:
        assert set(content["curves"]["means"]) == {"AU04", "AU12"} == set(content["shapley"])
        assert sum(part["n"] for part in content["usage"]["groups"].values()) == content["usage"]["n"]
    survey.save(content, tmp_path)
    assert json.loads((tmp_path / "survey.json").read_text())["target"] == "valence<=-0.9"
    assert cv2.imread(str(tmp_path / "survey.png")) is not None


def test_survey_of_a_target_that_all_faces_meet(drawn, gan, tmp_path):
    def bright(faces):
        return faces.mean(axis=(1, 2, 3))

    content = survey.survey(bright, gan, load_dataset(drawn), "output[0]>=0", n=3)
    assert content["met"] == 1.0 and content["followed"] == 0 and content["usage"]["n"] == 0
    survey.save(content, tmp_path)
    dark = survey.survey(bright, gan, load_dataset(drawn), "output[0]<=0", n=2)
    assert dark["curves"]["answer"] == "output[0]" and dark["usage"]["found"] == 0.0


def test_survey_of_unfitting_faces_or_column_is_refused(drawn, gan):
    with pytest.raises(CatganError, match="column of the data set"):
        survey.survey(gan, gan, load_dataset(drawn), "valence<=-0.9", by="age")
    sizes = {"generator_widths": [8] * 4, "discriminator_widths": [8] * 4, "generator_blocks": [0] * 4,
             "discriminator_blocks": [0] * 4}
    large = CatGAN(NetworkConfig(**{**TINY, **sizes, "image_size": 32}), LabelSpec((4, 12), "intensity", True))
    with pytest.raises(CatganError, match="32 px"):
        survey.survey(large, large, load_dataset(drawn), "valence<=-0.9")
