"""The verbs that change faces, edit and explain, from end to end on tiny data."""

import json
import shutil

import cv2
import keras
import numpy as np
import pytest
from PIL import Image, ImageCms

from catgan.cli.main import main
from catgan.faces.images import to_rgb
from catgan.models.gan.model import CatGAN
from catgan.pipelines import gallery
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness.commands import run_json
from tests.harness.networks import trained_build


@pytest.fixture(scope="module")
def tiny_editor(tiny_run, tmp_path_factory):
    """That training with an editor that draws something."""
    gan, folder = CatGAN.from_preset(tiny_run), tmp_path_factory.mktemp("edited") / "editor"
    gan.editor = trained_build(gan.network, gan.spec.width)
    gan.save_to_preset(folder)
    return folder


def test_edit_changes_the_face_and_nothing_around_it(tiny_editor, shared, models, tmp_path, capsys):
    photo, out = shared / "data" / "media" / "single_face.jpg", tmp_path / "out" / "smile.png"
    result = run_json(capsys, "edit", tiny_editor, photo, "--au", "12=+4,4=0", "--valence", "+=-0.2",
                      "--out", out, "--crops", tmp_path / "crops.png")
    assert result["to"] == {"AU04": 0.0} and result["by"] == {"AU12": 4.0, "valence": -0.2}
    assert {"AU04_present", "AU12_present", "valence", "arousal"} == set(result["read"]) and result["enlarged"] < 1
    assert set(result["asked"]) == {"AU04", "AU12", "valence"} >= set(result["missed"])
    assert "AU04" not in result["beyond"]
    before, after = (cv2.imread(str(path)).astype(int) for path in (photo, out))
    changed = np.abs(after - before).max(-1) > 0
    assert after.shape == before.shape and 0 < changed.mean() < 0.5 and not changed[:5].any()
    assert cv2.imread(str(tmp_path / "crops.png")).shape == (16, 33, 3)
    assert "Synthetic" in Image.open(out).text["Comment"]
    assert main(["edit", str(tiny_editor), str(photo), "--valence", "-0.3", "--out", str(out)]) == 0
    assert "valence" in capsys.readouterr().out
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), cv2.resize(cv2.imread(str(photo)), (30, 30)))
    assert main(["edit", str(tiny_editor), str(small), "--au", "12=+4", "--out", str(out)]) == 0
    assert "it was enlarged" in capsys.readouterr().out


def transparent_photograph(path):
    """Writes a drawn face, upside down, with a colour profile and a transparent edge. Returns pixels and profile."""
    drawn = to_rgb(Renderer(192).render([Sampler(seed=3).person(5)])[0][0])
    face = cv2.copyMakeBorder(drawn, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    alpha = np.full(face.shape[:2], 255, np.uint8)
    alpha[:12] = 90
    pixels = np.dstack([face, alpha])[::-1, ::-1]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(path, icc_profile=profile)
    return pixels, profile


def test_edit_of_an_upside_down_photograph_with_a_profile_and_transparency(tiny_editor, models, tmp_path, capsys):
    """All three are as before, and so is every pixel away from the face."""
    pixels, profile = transparent_photograph(tmp_path / "a.png")
    result = run_json(capsys, "edit", tiny_editor, tmp_path / "a.png", "--au", "12=+4", "--out", tmp_path / "b.png")
    assert result["turned"] == 180
    written = Image.open(tmp_path / "b.png")
    assert written.info["icc_profile"] == profile and "Synthetic" in written.text["Comment"]
    after = np.asarray(written)
    changed = (after != pixels).any(-1)
    assert 0 < changed.mean() < 0.6 and not changed[:20].any() and not changed[-20:].any()
    np.testing.assert_array_equal(after[..., 3], pixels[..., 3])


ANSWER = {"original.png", "reconstruction.png", "counterfactual.png", "difference.png", "photograph.png", "panel.png",
          "animation.gif", "counterfactual.json"}


def test_explain_of_a_photograph_writes_all_files_of_an_answer(tiny_run, shared, models, tmp_path, capsys):
    photo = shared / "data" / "media" / "single_face.jpg"
    result = run_json(capsys, "explain", tiny_run, photo, "--target", "valence<=-0.9", "--out", tmp_path / "why")
    assert result["status"] in ("ok", "already met", "not found", "poor inversion")
    assert {path.name for path in (tmp_path / "why").iterdir()} == ANSWER
    assert json.loads((tmp_path / "why" / "counterfactual.json").read_text())["target"] == "valence<=-0.9"


def test_edit_draws_an_answer_again(tiny_editor, models, tmp_path, capsys):
    """The differences in the JSON, asked of the same photograph, draw the same picture, which reads the same."""
    photo = tmp_path / "a.png"
    _, profile = transparent_photograph(photo)
    why = run_json(capsys, "explain", tiny_editor, photo, "--target", "valence<=-0.9", "--out", tmp_path)
    assert why["differences"], why["status"]
    asked = ",".join(f"{name.removeprefix('AU')}={by:+}" for name, by in why["differences"].items())
    again = run_json(capsys, "edit", tiny_editor, photo, "--au", asked, "--out", tmp_path / "again.png")
    assert again["by"] == why["differences"] and again["cut"] == {} and again["beyond"] == why["beyond"]
    for name, (_, after) in again["read"].items():
        assert after == why["counterfactual"][name]
    explained, edited = (Image.open(tmp_path / name) for name in ("photograph.png", "again.png"))
    assert explained.info["icc_profile"] == profile and explained.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(explained), np.asarray(edited))


def test_explain_several_faces(tiny_editor, tiny_judge, shared, models, tmp_path, capsys):
    photo = shared / "data" / "media" / "single_face.jpg"
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b & c.jpg"):
        shutil.copyfile(photo, tmp_path / "photos" / name)
    result = run_json(capsys, "explain", tiny_editor, tmp_path / "photos", "--target", "AU12=0", "--face", "all",
                      "--oracle", tiny_judge, "--without", "4", "--out", tmp_path / "why")
    assert len(result["answers"]) == 2 and result["failures"] == []
    assert result["answers"][0]["changes"] == result["answers"][1]["changes"]
    assert result["answers"][0]["oracle_validity"] in (0.0, 1.0) and "AU04" not in result["answers"][0]["changes"]
    page = (tmp_path / "why" / "index.html").read_text()
    assert "b &amp; c.jpg" in page and "2 faces" in page
    assert {path.name for path in (tmp_path / "why" / "a").iterdir()} == ANSWER


def test_explain_keeps_the_answers_beside_a_bad_photograph(tiny_editor, two_people, models, tmp_path, capsys):
    (tmp_path / "photos" / "deeper").mkdir(parents=True)
    for name in ("a.png", "deeper/c.png"):
        Image.fromarray(two_people).save(tmp_path / "photos" / name)
    for name in ("b.jpg", "notes.txt", ".hidden.png"):
        (tmp_path / "photos" / name).touch()
    out = tmp_path / "photos" / "why"
    arguments = ("explain", tiny_editor, tmp_path / "photos", "--target", "AU12=0", "--out", out, "--json", "-")
    for _ in range(2):  # the second time, the folder holds what the first one wrote
        assert main(list(map(str, arguments))) == 2
        printed = capsys.readouterr()
        line = printed.err.splitlines()[-1]
        assert line.startswith(f"catgan explain: {tmp_path / 'photos' / 'b.jpg'}: empty file")
        result = json.loads(printed.out)
        assert [answer["image"][-5:] for answer in result["answers"]] == ["a.png", "c.png"]
        failure, = result["failures"]
        assert failure["image"] == str(tmp_path / "photos" / "b.jpg") and failure["reason"].startswith("empty file")
        assert result["skipped"][".txt"] == result["skipped"]["hidden"] == 1
    assert "b.jpg: empty file" in (out / "index.html").read_text()
    assert {path.name for path in (out / "c").iterdir()} == ANSWER


def test_explain_frames_of_a_video(tiny_editor, shared, models, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(gallery, "FRAMES_OF_VIDEO", 3)
    video = shared / "data" / "media" / "single_face.mp4"
    result = run_json(capsys, "explain", tiny_editor, video, "--target", "AU12=0", "--out", tmp_path / "why")
    frames = [answer["frame"] for answer in result["answers"]]
    assert result["failures"] == [] and frames == sorted(frames) and len(frames) == 3
    assert {path.name for path in (tmp_path / "why" / f"single_face-frame{frames[0]:05d}").iterdir()} == ANSWER
    assert f"frame {frames[-1]}" in (tmp_path / "why" / "index.html").read_text()


def test_explain_a_data_set(tiny_editor, drawn, tmp_path, capsys):
    arguments = ("explain", tiny_editor, drawn, "--target", "valence<=-0.9", "--n", "4", "--out", tmp_path / "survey")
    result = run_json(capsys, *arguments, "--by", "yaw")
    assert {path.name for path in (tmp_path / "survey").iterdir()} == {"survey.png", "survey.json"}
    assert result == json.loads((tmp_path / "survey" / "survey.json").read_text())
    for more, message in ((("--by", "age"), "column of the data set"), (("--face", "all"), "without --face")):
        assert main([*map(str, arguments), *more]) == 2
        assert message in capsys.readouterr().err


def test_explain_a_foreign_network(tiny_editor, shared, models, tmp_path, capsys):
    inputs = keras.Input((24, 24, 1))
    features = keras.layers.Flatten()(keras.layers.AveragePooling2D(6)(inputs))
    network = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(features))
    network.save(tmp_path / "other.keras")
    photo = shared / "data" / "media" / "single_face.jpg"
    arguments = ("explain", tiny_editor, photo, "--model", tmp_path / "other.keras", "--outputs", "calm,angry",
                 "--pixels", "0..1", "--classes", "--out", tmp_path / "why")
    result = run_json(capsys, *arguments, "--target", "class=angry", "--method", "gradient")
    assert set(result["original"]) == {"calm", "angry"} and result["method"] == "gradient"
    assert "AU12_present" in result["catgan"]["original"]
    assert main([*map(str, arguments), "--target", "class=glad"]) == 2
    assert "calm, angry" in capsys.readouterr().err


def test_explain_a_foreign_network_through_its_own_crop(tiny_editor, shared, models, drawn, tmp_path, capsys):
    inputs = keras.Input((24, 20, 1))
    keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="light")(inputs)).save(tmp_path / "light.H5.h5")
    photo = shared / "data" / "media" / "single_face.jpg"
    arguments = ("explain", tiny_editor, photo, "--model", tmp_path / "light.H5.h5", "--crop", "square", "--box-margin",
                 "10px", "--pixels", "-1..1", "--mean", "-0.5", "--out", tmp_path / "why", "--target", "output[0]>=0.9")
    assert main([*map(str, arguments)]) == 0
    assert "the model says output[0] " in capsys.readouterr().out
    content = json.loads((tmp_path / "why" / "counterfactual.json").read_text())
    declared = content["preprocessing"]
    assert declared["crop"] == "square" and declared["padding"] == 10 and declared["size"] == [24, 20]
    assert declared["pixels"] == "-1..1" and declared["mean"] == [-0.5] and len(declared["box"]) == 4
    left, top, width, height = declared["box"]
    given = run_json(capsys, *arguments, "--box", f"{left + 2},{top},{width},{height}")
    assert given["preprocessing"]["box"] == [left + 2, top, width, height]
    assert main([*map(str, arguments[:2]), str(drawn), *map(str, arguments[3:])]) == 2
    assert "--crop square needs" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("options, message", [
    (("--pixels", "0..1"), "--pixels is about another network: give --model"),
    (("--classes",), "--classes is about another network"),
    (("--model", "x.keras", "--mean", "-1,a"), "--mean takes numbers"),
    (("--model", "x.keras", "--size", "big"), "--size takes height and width"),
    (("--model", "x.keras", "--box-margin", "10%"), "--box-margin takes a share"),
    (("--model", "x.keras", "--pixels", "0-1"), "'pixels' must be a range"),
    (("--model", "x.keras", "--pixels", "-1..1"), "No such model: x.keras")])
def test_options_of_another_network_are_checked(tiny_run, options, message, capsys):
    assert main(["explain", str(tiny_run), "x.jpg", "--target", "AU12=0", "--out", "why", *options]) == 2
    assert message in capsys.readouterr().err
