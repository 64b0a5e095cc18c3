"""The whole build on a small collection of real photographs in two layouts."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import cv2
import pyarrow.parquet as pq
import pytest

from catgan.data.builder import build as building
from catgan.data.builder.recipe import Recipe, SourceConfig, SplitConfig
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.faces.images import read_image
from tests.harness import schemas
from tests.harness.annotations import affectnet_line, emotionet_line, write_affectnet, write_emotionet

PHOTOS = 14


@pytest.fixture(scope="module")
def collection(shared, tmp_path_factory):
    """Photographs 0..13 under Action Units; 0..5 of them again at half size, re-encoded and under other names, with
    valence and arousal. Then one that is no picture, one that is missing, one without a face, one without a label."""
    root = tmp_path_factory.mktemp("collection")
    source = sorted((shared / "data" / "emotionet" / "Images").rglob("*.jpg"))
    photos = [path for path in source if path.stat().st_size > 6000][:PHOTOS]
    (root / "au" / "Images" / "N_0001").mkdir(parents=True)
    (root / "va" / "Manually_Annotated_Images" / "1").mkdir(parents=True)
    for index, photo in enumerate(photos):
        (root / "au" / "Images" / "N_0001" / f"{index}.jpg").write_bytes(photo.read_bytes())
    for index, photo in enumerate(photos[:6]):
        half = cv2.resize(read_image(photo), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(root / "va" / "Manually_Annotated_Images" / "1" / f"other{index}.jpg"), half[..., ::-1],
                    [cv2.IMWRITE_JPEG_QUALITY, 80])
    images = root / "va" / "Manually_Annotated_Images" / "1"
    (images / "broken.jpg").write_bytes(b"not a picture")
    cv2.imwrite(str(images / "wall.jpg"), cv2.GaussianBlur(cv2.randn(cv2.UMat(90, 90, 0), 128, 30).get(), (0, 0), 9))
    write_emotionet(root / "au", *(emotionet_line(f"{index}.jpg", {12: index % 2, 4: 0}) for index in range(PHOTOS)))
    write_affectnet(root / "va", *(affectnet_line(f"1/other{index}.jpg", "1", "0.5", "0.1") for index in range(6)),
                    *(affectnet_line(f"1/{name}.jpg") for name in ("broken", "missing", "wall")),
                    affectnet_line("1/other0.jpg", "9", "-2", "-2"))
    return root


def recipe(root, **changes):
    sources = (SourceConfig("au", "emotionet", str(root / "au"), "tool"),
               SourceConfig("va", "affectnet", str(root / "va"), "human", "made for this test"))
    return Recipe("small", sources, **{"image_size": 32, "split": SplitConfig(0.5, 0.25, 0.25), **changes})


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def built(collection, tmp_path_factory, shared):
    os.environ["CATGAN_MODELS"] = str(shared / "models")
    out = tmp_path_factory.mktemp("built") / "dual"
    try:
        return out, building.build(recipe(collection), out, workers=1)
    finally:
        del os.environ["CATGAN_MODELS"]


def test_every_row_is_accounted_for(built):
    out, result = built
    assert result["input_rows"] == PHOTOS + 10 == result["used_rows"] + result["rejected_rows"]
    assert result["faces"] == result["used_rows"] - result["merged_rows"] == sum(result["splits"].values())
    rejected = pq.read_table(out / "rejected.parquet").to_pylist()
    reasons = {row["path"]: row["reason"] for row in rejected}
    assert reasons["1/missing.jpg"] == "missing file" and reasons["1/wall.jpg"] == "no face found"
    assert reasons["1/broken.jpg"] == "not an image" and reasons["1/other0.jpg"] == "no label"
    assert all(row["source"] == "va" and row["row"].startswith("training.csv:") for row in rejected)
    schemas.check_dataset(out)


def test_the_same_photograph_at_half_size_is_one_face(built):
    out, result = built
    assert result["merged_rows"] == 6 and result["combinations"] == {"au": PHOTOS - 6, "au+va": 6}
    rows = {row["sources"][0]: row for row in load_dataset(out).table().to_pylist()}
    for index in range(6):
        row = rows[f"au/N_0001/{index}.jpg"]
        assert row["sources"] == [f"au/N_0001/{index}.jpg", f"va/1/other{index}.jpg"]
        assert (row["AU12_present"], row["AU12_present_source"]) == (index % 2, "au")
        assert (row["valence"], row["valence_source"], row["expression"]) == (pytest.approx(0.5), "va", "happiness")
        assert row["AU12"] is None  # coded as presence: how strong is unknown
    alone = rows["au/N_0001/9.jpg"]
    assert alone["valence"] is None and alone["expression"] is None and alone["AU12_present"] == 1


def test_the_card_and_its_figures(built):
    out, result = built
    card = (out / "card.md").read_text()
    assert f"{result['faces']} faces of 32 px" in card and "made for this test" in card and "no face found" in card
    assert "made by a tool" in card
    for name in ("au_rates", "au_cooccurrence", "va_density", "label_coverage", "faces", "merged_pairs"):
        assert f"figures/{name}.png" in card
        assert cv2.imread(str(out / "figures" / f"{name}.png")) is not None
    assert not (out / "work").exists()


def test_a_second_build_changes_no_byte(built, collection, models):
    out, _ = built
    before = digests(out)
    assert building.build(recipe(collection), out)["already_complete"]
    assert digests(out) == before


def test_two_workers_and_a_kill_give_the_same_bytes(built, collection, models, tmp_path):
    """The build is killed with SIGKILL when its first chunk is there, and goes on."""
    code = ("import sys, catgan.data.builder.build as b; from tests.data.builder.test_build import recipe\n"
            "from pathlib import Path\n"
            "b.CHUNK = 4\n"
            "if __name__ == '__main__': b.build(recipe(Path(sys.argv[1])), sys.argv[2], workers=2)")
    out = tmp_path / "dual"
    process = subprocess.Popen([sys.executable, "-c", code, str(collection), str(out)], start_new_session=True)
    while not list((out / "work").glob("*.parquet")) and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "dataset.json").exists()
    subprocess.run([sys.executable, "-c", code, str(collection), str(out)], check=True)
    assert digests(out) == digests(built[0])


def test_another_recipe_does_not_overwrite(built, collection, models):
    before = digests(built[0])
    with pytest.raises(CatganError, match="another recipe"):
        building.build(recipe(collection, image_size=48), built[0])
    assert digests(built[0]) == before


def test_a_folder_with_other_things_is_left_alone(collection, models, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CatganError, match="not empty"):
        building.build(recipe(collection), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_no_face_at_all(tmp_path, models):
    (tmp_path / "au" / "Images" / "N_0001").mkdir(parents=True)
    write_emotionet(tmp_path / "au", emotionet_line("gone.jpg"))
    sources = (SourceConfig("au", "emotionet", str(tmp_path / "au"), "tool"),)
    with pytest.raises(CatganError, match="No face in any of the 1 annotated images.*1 missing file"):
        building.build(Recipe("none", sources), tmp_path / "out", workers=1)
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_a_bad_line_leaves_nothing_behind(tmp_path, models):
    (tmp_path / "au").mkdir()
    write_emotionet(tmp_path / "au", emotionet_line("a.jpg"), "rubbish")
    sources = (SourceConfig("au", "emotionet", str(tmp_path / "au"), "tool"),)
    with pytest.raises(CatganError, match=r"dataFile_0001.txt:2: "):
        building.build(Recipe("bad", sources), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_intensity_is_stored_beside_presence(collection, models, tmp_path):
    """A source that codes intensity gives both columns; the threshold of presence is in dataset.json."""
    (collection / "graded.csv").write_text("image,smile\n" + "".join(f"{index}.jpg,{index}\n" for index in range(3)))
    options = {"file": "graded.csv", "image": "image", "images": "au/Images/N_0001", "AU12 intensity": "smile"}
    sources = (SourceConfig("graded", "table", str(collection), "human", options=options),)
    building.build(Recipe("graded", sources, image_size=32), tmp_path / "out", workers=1)
    dataset = load_dataset(tmp_path / "out")
    rows = dataset.table(columns=["AU12", "AU12_present", "subject", "split"]).to_pylist()
    assert sorted((row["AU12"], row["AU12_present"]) for row in rows) == [(0.0, 0), (1.0, 1), (2.0, 1)]
    assert dataset.spec.scale == "intensity" and dataset.info["presence_from"] == 1.0
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["counts"]["faces"] == 3
