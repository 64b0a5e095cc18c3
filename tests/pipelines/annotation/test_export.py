"""Tables and the recipe, which `catgan build` reads as it is."""

import csv
import json
import shutil

import numpy as np
import pytest

from catgan.data.builder.build import build
from catgan.data.builder.recipe import read_recipe
from catgan.data.sources import read
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.pipelines.annotation.agreement import Timing
from catgan.pipelines.annotation.consensus import Rule
from catgan.pipelines.annotation.export import Options, export
from catgan.pipelines.annotation.project import Project
from tests.harness.annotated import clip, photographs, say, trace


@pytest.fixture
def project(tmp_path):
    photographs(tmp_path / "films" / "b, ü", 3)
    clip(tmp_path / "films" / "a.webm", 30)
    return Project(tmp_path / "films")


def rows(project, name):
    with open(project.kept / "export" / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rate(project):
    say(project, "b, ü/p0.png", "Anna", set={"AU12": 3, "AU04": 0, "valence": 0.5, "expression": "happiness"})
    say(project, "b, ü/p0.png", "Ben", set={"AU12": 4, "AU04": 5, "AU01": None})
    say(project, "b, ü/p1.png", "Ben", set={"AU12": None})
    times = np.arange(0, 2.01, 0.1)
    say(project, "a.webm", "Anna", trace=trace(times, times / 4, times * 0))
    say(project, "a.webm", "Ben", set={"AU12": 2, "expression": "fear"}, frame=29, time=2.9)


def test_photographs(project):
    rate(project)
    found = export(project)
    assert rows(project, "photographs") == [
        {"image": "b, ü/p0.png", "AU12": "3.5", "valence": "0.5", "expression": "happiness"}]
    assert found["photographs"] == 1
    assert found["unknown"] == {"AU01": {"not visible": 1}, "AU04": {"raters disagree": 1}, "AU12": {"not visible": 1}}


def test_frames_of_videos(project):
    rate(project)
    found = export(project)
    table = rows(project, "videos")
    assert [row["frame"] for row in table] == [*map(str, range(21)), "29"] and found["frames"] == 22
    assert table[0] == {"clip": "a.webm", "frame": "0", "AU12": "", "valence": "0.0", "arousal": "0.0",
                        "expression": ""}
    assert table[-1] == {"clip": "a.webm", "frame": "29", "AU12": "2.0", "valence": "", "arousal": "",
                         "expression": "fear"}
    assert float(table[10]["valence"]) == pytest.approx(0.25, abs=0.002)
    assert found["known"] == {"AU12": 2, "arousal": 21, "expression": 2, "valence": 22}


def test_delay_that_all_share_is_applied_if_asked_and_stated(project):
    rate(project)
    found = export(project, Options(delay=1.0))
    table = rows(project, "videos")
    assert float(table[0]["valence"]) == pytest.approx(0.25, abs=0.002) and table[-2]["frame"] == "10"
    assert found["rules"][-1].endswith("labels of a frame are what raters said 1 s later")
    assert "said 1 s later" in (project.kept / "export" / "recipe.yaml").read_text()


def test_recipe_is_read_by_the_reader_of_tables(project):
    rate(project)
    export(project, Options(Rule("mean", least=1), Timing(smoothing=0.4)))
    recipe = read_recipe(project.kept / "export" / "recipe.yaml")
    assert [(one.name, one.format, one.kind, one.root) for one in recipe.sources] == [
        (name, "table", "human", str(project.folder)) for name in ("photographs", "videos")]
    photographs, videos = (list(read("table", one.name, one.folder, one.options)) for one in recipe.sources)
    assert photographs[0].intensity == {12: 3.5} and photographs[0].valence == 0.5
    assert photographs[0].expression == "happiness" and photographs[0].arousal is None
    assert len(videos) == 22 and videos[-1].frame == 29 and videos[-1].intensity == {12: 2.0}
    assert videos[0].intensity == {} and videos[0].arousal == 0.0


def test_what_was_done_is_in_the_export(project):
    rate(project)
    export(project, Options(Rule(least=1), Timing(True)))
    found = json.loads((project.kept / "export" / "export.json").read_text())
    assert found["options"] == {"rule": {"intensities": "median", "dimensions": "mean", "least": 1,
                                         "intensity_spread": 2.0, "dimension_spread": 0.5},
                                "timing": {"align": True, "smoothing": 0.0}, "delay": 0.0}
    assert found["recipe"] == "recipe.yaml" and found["raters"] == ["Anna", "Ben"]


def test_an_export_replaces_the_earlier_one(project):
    rate(project)
    export(project)
    say(project, "a.webm", "Anna", trace=trace(np.arange(0, 2.01, 0.1), np.ones(21), np.ones(21)))
    export(project)
    assert rows(project, "videos")[0]["valence"] == "1.0"
    (project.folder / "a.webm").unlink()
    project.look()
    export(project)
    assert sorted(path.name for path in (project.kept / "export").iterdir()) == [
        "export.json", "photographs.csv", "recipe.yaml"]


def test_nothing_to_export(project):
    with pytest.raises(CatganError, match="nobody has rated anything yet"):
        export(project)
    say(project, "b, ü/p0.png", "Anna", set={"AU12": None})
    with pytest.raises(CatganError, match="nothing to export"):
        export(project)


def test_delay_out_of_range():
    with pytest.raises(CatganError, match="A delay must lie in 0..10 seconds. Received: -1"):
        Options(delay=-1)


@pytest.mark.slow
def test_build_reads_the_recipe_to_the_end(media, models, tmp_path):
    folder = tmp_path / "real"
    folder.mkdir()
    for name in ("single_face.jpg", "BWPictureHuman.jpg", "single_face.mp4"):
        shutil.copy(media / name, folder / name)
    project = Project(folder)
    for rater, level in (("Anna", 3), ("Ben", 4)):
        for name in ("single_face.jpg", "BWPictureHuman.jpg"):
            say(project, name, rater, set={"AU12": level, "AU04": 0, "valence": 0.4, "arousal": 0.1,
                                           "expression": "happiness"})
        say(project, "single_face.mp4", rater, trace=trace(np.arange(0, 0.41, 0.04), np.full(11, 0.3), np.zeros(11)))
    found = export(project)
    build(read_recipe(project.kept / "export" / "recipe.yaml"), tmp_path / "built", workers=1)
    dataset = DualDataset(tmp_path / "built")
    labels = dataset.labels("all")
    assert dataset.count("all") == 1 + found["frames"] and found["frames"] > 10  # no face is found in the other one
    values, known = labels.column("AU12")
    assert values[known].tolist() == [3.5] and labels.column("AU04")[0][known].tolist() == [0]
    assert labels.column("valence")[1].all()
