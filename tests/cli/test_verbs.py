"""Every verb from end to end on tiny data."""

import json
import os
import shutil
import subprocess
import sys

import cv2
import keras
import numpy as np
import pytest
from PIL import Image, ImageCms

from catgan import config
from catgan.cli.generate import parse_action_units
from catgan.cli.main import VERBS, main, with_negative_values
from catgan.data.sources import READERS
from catgan.errors import CatganError
from catgan.explain import gallery
from catgan.faces.images import to_rgb
from catgan.faces.rendering import Renderer
from catgan.faces.scene import Sampler
from catgan.gan.model import CatGAN
from tests.conftest import REPOSITORY, tiny_experiment
from tests.data.test_sources import affectnet_line, emotionet_line, write_affectnet, write_emotionet
from tests.gan.test_editor import trained_build
from tests.gan.test_networks import SIZES


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What the command line sets for its own process does not stay."""
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.setenv(name, os.environ.get(name, "1"))


def run_json(capsys, *arguments):
    """The result of a verb as its JSON on stdout, which must be all there is."""
    assert main([*map(str, arguments), "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(config.to_yaml(tiny_experiment()))
    return path


@pytest.fixture
def recipe(shared, tmp_path):
    """Four real photographs, two of them in both layouts."""
    every = (shared / "data" / "emotionet" / "Images").rglob("*.jpg")
    photos = sorted(every, key=lambda path: path.stat().st_size)[-4:]
    for root, folder in (("au", "Images/N_0001"), ("va", "Manually_Annotated_Images/1")):
        (tmp_path / root / folder).mkdir(parents=True)
        for photo in photos[:4 if root == "au" else 2]:
            shutil.copy(photo, tmp_path / root / folder)
    write_emotionet(tmp_path / "au", *(emotionet_line(photo.name, {12: 1, 4: 0}) for photo in photos))
    write_affectnet(tmp_path / "va", *(affectnet_line(f"1/{photo.name}") for photo in photos[:2]))
    path = tmp_path / "recipe.yaml"
    path.write_text("name: four\nimage_size: 32\nsources:\n"
                    "  - {name: au, format: emotionet, root: au, kind: tool}\n"
                    "  - {name: va, format: affectnet, root: va, kind: human}\n")
    return path


def test_build_then_info(recipe, models, tmp_path, capsys):
    result = run_json(capsys, "build", recipe, "--out", tmp_path / "dual", "--workers", 1)
    assert result["faces"] == 4 and result["merged_rows"] == 2 and not result["already_complete"]
    assert main(["build", str(recipe), "--out", str(tmp_path / "dual")]) == 0
    assert "already complete" in capsys.readouterr().out
    info = run_json(capsys, "info", tmp_path / "dual")
    assert info["faces"] == 4 and "AU12_present" in info["labels"] and info["sources"] == ["au", "va"]


def test_sources(capsys):
    every = run_json(capsys, "sources")["sources"]
    assert set(every) == set(READERS) and all(len(one["description"]) > 200 and one["terms"] for one in every.values())
    one, = run_json(capsys, "sources", "disfa")["sources"].values()
    assert "ActionUnit_Labels" in one["description"] and one["folds"] == 3 and 12 in one["action_units"]
    assert main(["sources", "recola"]) == 0
    shown = capsys.readouterr().out
    assert "Terms: University of Fribourg" in shown and "delay: seconds that raters lag" in shown
    assert main(["sources", "disffa"]) == 2 and "Did you mean 'disfa'" in capsys.readouterr().err


def test_view(drawn, tmp_path, capsys):
    result = run_json(capsys, "view", drawn, "--where", "AU12_present=1 and valence<0", "-n", 5, "--out",
                      tmp_path / "sheet.png")
    assert 0 < result["matches"] < result["faces"] and result["shown"] <= 5
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    assert main(["view", str(drawn), "--where", "AU12_present~1", "--out", str(tmp_path / "s.png")]) == 2
    assert "catgan view: " in capsys.readouterr().err and not (tmp_path / "s.png").exists()


def test_export(drawn, tmp_path, capsys):
    result = run_json(capsys, "export", drawn, "--to", "csv", "--out", tmp_path / "csv")
    assert result["faces"] == 120 and (tmp_path / "csv" / "labels.csv").read_text().count("\n") == 121
    assert main(["export", str(drawn), "--to", "xml", "--out", str(tmp_path / "x")]) == 2
    assert "Allowed: csv, huggingface, imagefolder, tfrecord" in capsys.readouterr().err
    assert main(["export", str(drawn), "--to", "csv", "--out", str(tmp_path / "csv")]) == 2  # it is not empty


def test_benchmark(tmp_path, capsys):
    result = run_json(capsys, "benchmark", "data", "--render", "--size", 16, "--n", 16)
    assert result["render_faces_per_second"] == result["render"]["16"]["faces_per_second"] > 0
    assert result["faces_per_second"] is None is result["batches_faces_per_second"]
    assert main(["benchmark", "data"]) == 2 and "Nothing to measure" in capsys.readouterr().err


def test_benchmark_train(monkeypatch, capsys):
    """What is measured is tested in tests/training/test_benchmark.py."""
    asked = []
    figures = {"images_per_second": 100.0, "lowest": 90.0, "highest": 110.0, "gmac_per_image": 0.5,
               "share_of_convolution_rate": 0.7, "loader_share": 0.02, "first_step_seconds": 9.0,
               "peak_memory_mb": 1000.0, "preset": "xs_32", "batch_size": 8, "precision": "float32", "engine": "jax"}
    monkeypatch.setattr("catgan.training.benchmark.benchmark_train", lambda *given: asked.append(given) or figures)
    assert run_json(capsys, "benchmark", "train", "--preset", "xs_32", "--batch", 8, "--n", 99) == figures
    assert main(["benchmark", "train", "--seed", "3", "--precision", "float32"]) == 0
    assert "100.0 faces a second (90.0 .. 110.0 in 5 rounds)" in capsys.readouterr().out
    assert asked == [("xs_32", 8, 99, 0, "auto"), ("xs_64", 64, 1000, 3, "float32")]
    assert main(["benchmark", "train", "--render"]) == 2 and "belong to 'benchmark data'" in capsys.readouterr().err


def test_build_dry_run(recipe, tmp_path, capsys):
    counts = run_json(capsys, "build", recipe, "--dry-run")
    assert counts["rows"] == 6 and counts["sources"]["va"]["labels"]["valence"] == 2 and not (tmp_path / "out").exists()
    assert main(["build", str(recipe)]) == 2 and "Give --out DIR" in capsys.readouterr().err


def test_render_then_info(tmp_path, capsys):
    result = run_json(capsys, "render", "--n", 20, "--size", 16, "--out", tmp_path / "r", "--workers", 1)
    assert result["faces"] == 20 and not result["already_complete"]
    info = run_json(capsys, "info", tmp_path / "r")
    assert info["data_set"] == "render-20" and "AU12" in info["labels"]
    assert main(["render", "--n", "20", "--size", "9", "--out", str(tmp_path / "s")]) == 2
    assert not (tmp_path / "s" / "dataset.json").exists()


def test_demo(tmp_path, capsys):
    result = run_json(capsys, "demo", "--out", tmp_path / "demo", "--minutes", 0.01, "--faces", 200)
    page = (tmp_path / "demo" / "report.html").read_text()
    assert result["report"] == str(tmp_path / "demo" / "report.html") and len(result["explained"]) == 3
    assert page.count("data:image/png;base64,") == 2 + 3 * 3 + 2
    assert "edits by rendered_64" in page and "edits by faces_64" in page
    assert "http" not in page.split("</style>")[1]
    assert "$" not in page and "synthetic" in page


def test_train_evaluate_info(experiment, drawn, tmp_path, capsys):
    result = run_json(capsys, "train", experiment, "--data", drawn, "--runs", tmp_path / "runs", "--set",
                      "training.images=32", "--set", "training.seed=4")
    assert result["finished"] and result["images"] == 32 and result["run"].endswith("00000-tiny-joint")
    evaluated = run_json(capsys, "evaluate", result["run"], "--data", drawn)
    assert evaluated["split"] == "test" and set(evaluated["action_units"]) >= {"AU04", "AU12", "mean_f1"}
    assert set(evaluated["valence"]) >= {"ccc", "pcc", "rmse", "sagr"}
    kept = json.loads((tmp_path / "runs" / "00000-tiny-joint" / "evaluation-test.json").read_text())
    assert kept["valence"] == evaluated["valence"]
    info = run_json(capsys, "info", result["run"])
    assert info["faces_seen"] == 32 and info["labels"] == ["AU04_present", "AU12_present", "valence", "arousal"]
    assert info["generator_multiply_adds"] > 5e4 and info["discriminator_multiply_adds"] > 5e4
    assert main(["train", "--resume", result["run"]]) == 0  # finished: nothing to do


def test_info_of_networks_by_name(tmp_path, drawn, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    info = run_json(capsys, "info", "xs_32")
    assert info["preset"] == "xs_32" and info["image_size"] == 32 and "AU12" in info["labels"]
    figures = [info[f"{network}_{what}"] / 1e6 for network in ("generator", "discriminator")
               for what in ("parameters", "multiply_adds")]
    assert figures == pytest.approx(SIZES["xs_32"], rel=0.02)
    shutil.copytree(drawn, "xs_32")  # a folder goes first
    assert run_json(capsys, "info", "xs_32")["data_set"] == "drawn"
    assert main(["info", "xs_31"]) == 2 and "networks by name: legacy_32, xs_32" in capsys.readouterr().err


def test_info_of_a_preset_that_comes_with_catgan(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    info = run_json(capsys, "info", "rendered_64")
    assert info["preset"].endswith("presets/rendered_64") and "AU12" in info["labels"]
    assert info["editor_parameters"] > 1e6 and info["editor_multiply_adds"] > info["editor_parameters"]


def test_dry_run_writes_nothing(experiment, drawn, tmp_path, capsys):
    result = run_json(capsys, "train", experiment, "--data", drawn, "--runs", tmp_path / "runs", "--dry-run")
    assert result["training"]["images"] == 96 and result["data_hash"]
    assert not (tmp_path / "runs").exists()


def test_generate(tiny_run, tmp_path, capsys):
    out = tmp_path / "new" / "faces.png"
    arguments = ("generate", tiny_run, "--au", "12=4,AU4=0", "--valence", 0.5, "-n", 5, "--seed", 3, "--out", out)
    result = run_json(capsys, *arguments)
    assert result["action_units"] == {"12": 4.0, "4": 0.0}
    first = out.read_bytes()
    assert cv2.imread(str(out)).shape == (2 * 17 - 1, 3 * 17 - 1, 3)
    run_json(capsys, *arguments)
    assert out.read_bytes() == first


@pytest.fixture
def tiny_editor(tiny_run, tmp_path):
    """That training with an editor that draws something."""
    gan = CatGAN.from_preset(tiny_run)
    gan.editor = trained_build(gan.network, gan.spec.width)
    gan.save(tmp_path / "editor")
    return tmp_path / "editor"


def test_edit(tiny_editor, shared, models, tmp_path, capsys):
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


def test_edit_of_an_upside_down_photograph_with_a_profile_and_transparency(tiny_editor, models, tmp_path, capsys):
    """All three are as before, and so is every pixel away from the face."""
    drawn = to_rgb(Renderer(192).render([Sampler(seed=3).person(5)])[0][0])
    face = cv2.copyMakeBorder(drawn, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    alpha = np.full(face.shape[:2], 255, np.uint8)
    alpha[:12] = 90
    pixels = np.dstack([face, alpha])[::-1, ::-1]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
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


def test_explain(tiny_run, shared, models, tmp_path, capsys):
    photo = shared / "data" / "media" / "single_face.jpg"
    result = run_json(capsys, "explain", tiny_run, photo, "--target", "valence<=-0.9", "--out", tmp_path / "why")
    assert result["status"] in ("ok", "already met", "not found", "poor inversion")
    assert {path.name for path in (tmp_path / "why").iterdir()} == ANSWER
    assert json.loads((tmp_path / "why" / "counterfactual.json").read_text())["target"] == "valence<=-0.9"


def test_edit_draws_an_answer_again(tiny_editor, shared, models, tmp_path, capsys):
    """The differences in the JSON, asked of the same photograph, draw the same face, which reads the same."""
    photo = shared / "data" / "media" / "single_face.jpg"
    why = run_json(capsys, "explain", tiny_editor, photo, "--target", "valence<=-0.9", "--out", tmp_path)
    assert why["differences"], why["status"]
    asked = ",".join(f"{name.removeprefix('AU')}={by:+}" for name, by in why["differences"].items())
    again = run_json(capsys, "edit", tiny_editor, photo, "--au", asked, "--out", tmp_path / "again.png")
    assert again["by"] == why["differences"] and again["cut"] == {} and again["beyond"] == why["beyond"]
    for name, (_, after) in again["read"].items():
        assert after == why["counterfactual"][name]


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
    monkeypatch.setattr(gallery, "FRAMES", 3)
    video = shared / "data" / "media" / "single_face.mp4"
    result = run_json(capsys, "explain", tiny_editor, video, "--target", "AU12=0", "--out", tmp_path / "why")
    frames = [answer["frame"] for answer in result["answers"]]
    assert result["failures"] == [] and frames == sorted(frames) and 1 < len(frames) <= 3
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


@pytest.mark.parametrize("words, joined", [
    (["explain", "--pixels", "-1..1"], ["explain", "--pixels=-1..1"]), (["--mean", "-1,-2"], ["--mean=-1,-2"]),
    (["--valence", "-.3", "x"], ["--valence=-.3", "x"]), (["--a", "1", "-2"], ["--a", "1", "-2"]),
    (["--a=1", "-2"], ["--a=1", "-2"]), (["--a", "-n", "3"], ["--a", "-n", "3"]),
    (["--", "--a", "-1"], ["--", "--a", "-1"])])
def test_values_that_begin_with_a_minus(words, joined):
    assert with_negative_values(words) == joined


def test_models_and_doctor(models, capsys):
    listed = run_json(capsys, "models")["models"]
    assert listed[0]["name"] == "face_landmarker" and listed[0]["path"]
    checks = run_json(capsys, "doctor")
    assert checks["ok"] == all(check["found"] for check in checks["checks"])
    assert {"Python", "Keras backend", "face_landmarker model"} <= {check["name"] for check in checks["checks"]}


def test_json_into_a_file(drawn, tmp_path):
    assert main(["info", str(drawn), "--json", str(tmp_path / "deep" / "info.json")]) == 0
    assert json.loads((tmp_path / "deep" / "info.json").read_text())["faces"] == 120


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.NAME)
def test_help_has_examples(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([verb.NAME, "--help"])
    assert stopped.value.code == 0 and f"catgan {verb.NAME}" in capsys.readouterr().out.split("examples:")[1]


def test_help_and_import_are_light():
    code = ("import sys, catgan, catgan.cli.main as m\n"
            "print([name for name in ('tensorflow', 'keras', 'mediapipe', 'jax') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("text", ["12", "12=x", "=4", "twelve=3", "3=1"])
def test_action_units_of_the_command_line(text):
    with pytest.raises(CatganError):
        parse_action_units(text)
