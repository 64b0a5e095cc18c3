"""Every verb from end to end on tiny data."""

import json
import shutil
import subprocess
import sys

import cv2
import pytest

from catgan import config
from catgan.cli.generate import parse_action_units
from catgan.cli.main import VERBS, main, with_negative_values
from catgan.data.sources import READERS
from catgan.errors import CatganError
from tests.harness.annotations import affectnet_line, emotionet_line, write_affectnet, write_emotionet
from tests.harness.commands import run_json
from tests.harness.experiments import tiny_experiment
from tests.harness.networks import SIZES
from tests.harness.paths import REPOSITORY


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


def test_sources_lists_and_describes_layouts(capsys):
    every = run_json(capsys, "sources")["sources"]
    assert set(every) == set(READERS) and all(len(one["description"]) > 200 and one["terms"] for one in every.values())
    one, = run_json(capsys, "sources", "disfa")["sources"].values()
    assert "ActionUnit_Labels" in one["description"] and one["folds"] == 3 and 12 in one["action_units"]
    assert main(["sources", "recola"]) == 0
    shown = capsys.readouterr().out
    assert "Terms: University of Fribourg" in shown and "delay: seconds that raters lag" in shown
    both = run_json(capsys, "sources", "emotic")
    assert "26 categories" in both["people"]["emotic"]["gives"] and "26" not in both["sources"]["emotic"]["gives"]
    assert set(run_json(capsys, "sources", "caer_s")["people"]) == {"caer_s"}
    assert main(["sources", "disffa"]) == 2 and "Did you mean 'disfa'" in capsys.readouterr().err


def test_view_writes_a_sheet_of_matching_faces(drawn, tmp_path, capsys):
    result = run_json(capsys, "view", drawn, "--where", "AU12_present=1 and valence<0", "-n", 5, "--out",
                      tmp_path / "sheet.png")
    assert 0 < result["matches"] < result["faces"] and result["shown"] <= 5
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    assert main(["view", str(drawn), "--where", "AU12_present~1", "--out", str(tmp_path / "s.png")]) == 2
    assert "catgan view: " in capsys.readouterr().err and not (tmp_path / "s.png").exists()


def test_export_writes_csv_and_refuses_other_formats(drawn, tmp_path, capsys):
    result = run_json(capsys, "export", drawn, "--to", "csv", "--out", tmp_path / "csv")
    assert result["faces"] == 120 and (tmp_path / "csv" / "labels.csv").read_text().count("\n") == 121
    assert main(["export", str(drawn), "--to", "xml", "--out", str(tmp_path / "x")]) == 2
    assert "Allowed: csv, huggingface, imagefolder, tfrecord" in capsys.readouterr().err
    assert main(["export", str(drawn), "--to", "csv", "--out", str(tmp_path / "csv")]) == 2  # it is not empty


def test_benchmark_data_measures_rendering(tmp_path, capsys):
    result = run_json(capsys, "benchmark", "data", "--render", "--size", 16, "--n", 16)
    assert result["render_faces_per_second"] == result["render"]["16"]["faces_per_second"] > 0
    assert result["faces_per_second"] is None is result["batches_faces_per_second"]
    assert main(["benchmark", "data"]) == 2 and "Nothing to measure" in capsys.readouterr().err


def test_benchmark_train_passes_its_options_on(monkeypatch, capsys):
    """What is measured is tested in tests/benchmarks/test_training.py."""
    asked = []
    figures = {"images_per_second": 100.0, "lowest": 90.0, "highest": 110.0, "gmac_per_image": 0.5,
               "share_of_convolution_rate": 0.7, "loader_share": 0.02, "first_step_seconds": 9.0,
               "peak_memory_mb": 1000.0, "preset": "xs_32", "batch_size": 8, "precision": "float32", "engine": "jax"}
    monkeypatch.setattr("catgan.benchmarks.training.benchmark_train", lambda *given: asked.append(given) or figures)
    assert run_json(capsys, "benchmark", "train", "--preset", "xs_32", "--batch", 8, "--n", 99) == figures
    assert main(["benchmark", "train", "--seed", "3", "--precision", "float32"]) == 0
    assert "100.0 faces a second (90.0 .. 110.0 in 5 rounds)" in capsys.readouterr().out
    assert asked == [("xs_32", 8, 99, 0, "auto"), ("xs_64", 64, 1000, 3, "float32")]


def test_build_dry_run_counts_and_writes_nothing(recipe, tmp_path, capsys):
    counts = run_json(capsys, "build", recipe, "--dry-run")
    assert counts["rows"] == 6 and counts["sources"]["va"]["labels"]["valence"] == 2 and not (tmp_path / "out").exists()
    assert main(["build", str(recipe)]) == 2 and "Give --out DIR" in capsys.readouterr().err


def test_render_then_info(tmp_path, capsys):
    result = run_json(capsys, "render", "--n", 20, "--size", 16, "--out", tmp_path / "r", "--workers", 1)
    assert result["faces"] == 20 and not result["already_complete"]
    info = run_json(capsys, "info", tmp_path / "r")
    assert info["data_set"] == "render-20" and "AU12" in info["labels"]
    assert main(["render", "--n", "20", "--size", "9", "--out", str(tmp_path / "s")]) == 2
    assert not (tmp_path / "s").exists()  # so that the mended command may use the folder


def test_render_draws_clips_and_says_what_does_not_go_together(tmp_path, capsys):
    result = run_json(capsys, "render", "--clips", 10, "--frames", 4, "--rate", 2, "--size", 16, "--subjects", 10,
                      "--without", "missing, rest", "--out", tmp_path / "clips", "--workers", 1)
    assert (result["clips"], result["faces"], result["missing_frames"]) == (10, 40, 0)
    assert json.loads((tmp_path / "clips" / "dataset.json").read_text())["plan"]["render_clips"]["rate"] == 2.0
    assert main(["render", "--clips", "10", "--frames", "4", "--rate", "2", "--size", "16", "--subjects", "10",
                 "--without", "rest,missing", "--out", str(tmp_path / "clips")]) == 0
    assert "already complete, 10 clips, 40 frames" in capsys.readouterr().out
    for wrong, message in ((["--n", "20", "--clips", "10"], "Received: --n, --clips"), ([], "none of them"),
                           (["--clips"], "--clips without a number"),
                           (["--people", "20", "--clips", "10"], "With --people N there is no --n"),
                           (["--people", "20", "--raters", "2"], "Only clips (--clips) have --raters"),
                           (["--clips", "10", "--planted", "face"], "Only people (--people) have --planted"),
                           (["--people", "20", "--planted", "gait"], "Photographs have no gait"),
                           (["--n", "20", "--frames", "9", "--task", "rest"], "Only clips (--clips) have --frames, --"),
                           (["--clips", "10", "--moved", "0.5"], "Only faces (--n) have --moved"),
                           (["--clips", "10", "--without", "speach"], "Did you mean 'speech'?")):
        assert main(["render", *wrong, "--out", str(tmp_path / "none")]) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1 and not (tmp_path / "none").exists()


def test_render_draws_people_with_pictures(tmp_path, capsys):
    result = run_json(capsys, "render", "--people", 40, "--clips", "--size", 16, "--subjects", 20, "--missing", 0,
                      "--planted", "posture", "--out", tmp_path / "people", "--workers", 1)
    assert result["faces"] == 40 and "pictures" not in result
    assert run_json(capsys, "info", tmp_path / "people")["data_set"] == "people-40"
    plan = json.loads((tmp_path / "people" / "dataset.json").read_text())["plan"]["render_people"]
    assert (plan["clips"], plan["planted"], plan["missing"]) == (True, "posture", 0.0)


def test_demo_passes_its_options_on_and_prints_where_the_report_is(monkeypatch, capsys):
    """The demo itself is tested in tests/pipelines/test_demo.py."""
    asked, result = [], {"report": "x/report.html", "ccc_valence": 0.5, "ccc_arousal": 0.25, "mean_f1": 0.75,
                         "explained": ["ok", "not found"]}
    monkeypatch.setattr("catgan.pipelines.demo.run", lambda *given: asked.append(given) or result)
    assert run_json(capsys, "demo", "--out", "x", "--minutes", 0.01, "--faces", 320) == result
    assert main(["demo"]) == 0 and asked == [("x", 0.01, 320), ("catgan-demo", 5.0, 12000)]
    printed = capsys.readouterr().out
    assert "valence CCC 0.50, arousal CCC 0.25, mean F1 0.75; explained: ok, not found" in printed
    assert "x/report.html: open it in a browser" in printed


def test_train_then_evaluate_then_info(experiment, drawn, tmp_path, capsys):
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


def test_train_dry_run_writes_nothing(experiment, drawn, tmp_path, capsys):
    result = run_json(capsys, "train", experiment, "--data", drawn, "--runs", tmp_path / "runs", "--dry-run")
    assert result["training"]["images"] == 96 and result["data_hash"]
    assert not (tmp_path / "runs").exists()


def test_generate_with_one_seed_writes_the_same_bytes(tiny_run, tmp_path, capsys):
    out = tmp_path / "new" / "faces.png"
    arguments = ("generate", tiny_run, "--au", "12=4,AU4=0", "--valence", 0.5, "-n", 5, "--seed", 3, "--out", out)
    result = run_json(capsys, *arguments)
    assert result["action_units"] == {"12": 4.0, "4": 0.0}
    first = out.read_bytes()
    assert cv2.imread(str(out)).shape == (2 * 17 - 1, 3 * 17 - 1, 3)
    run_json(capsys, *arguments)
    assert out.read_bytes() == first


@pytest.mark.parametrize("words, joined", [
    (["explain", "--pixels", "-1..1"], ["explain", "--pixels=-1..1"]), (["--mean", "-1,-2"], ["--mean=-1,-2"]),
    (["--valence", "-.3", "x"], ["--valence=-.3", "x"]), (["--a", "1", "-2"], ["--a", "1", "-2"]),
    (["--a=1", "-2"], ["--a=1", "-2"]), (["--a", "-n", "3"], ["--a", "-n", "3"]),
    (["--", "--a", "-1"], ["--", "--a", "-1"])])
def test_negative_values_are_joined_to_their_option(words, joined):
    assert with_negative_values(words) == joined


def test_models_and_doctor_find_the_landmarker(models, capsys):
    listed = run_json(capsys, "models")["models"]
    assert listed[0]["name"] == "face_landmarker" and listed[0]["path"]
    assert [one["name"] for one in listed[1:]] == ["pose_landmarker", "selfie_segmenter"]
    checks = run_json(capsys, "doctor")
    assert checks["ok"] == all(check["found"] for check in checks["checks"] if check["needed"])
    assert {"Python", "Keras backend", "face_landmarker model"} <= {check["name"] for check in checks["checks"]}


def test_doctor_says_how_to_get_the_files_for_persons_and_does_without(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CATGAN_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "pose_landmarker_lite.task").write_bytes(b"another bundle")
    checks = {check["name"]: check for check in run_json(capsys, "doctor")["checks"]}
    assert not checks["selfie_segmenter model"]["needed"] and not checks["selfie_segmenter model"]["found"]
    assert "catgan models fetch selfie_segmenter (for surroundings" in checks["selfie_segmenter model"]["cure"]
    assert "is another file (14 bytes instead of 5777746)" in checks["pose_landmarker model"]["cure"]
    assert checks["face_landmarker model"]["needed"] and not run_json(capsys, "doctor")["ok"]


def test_help_of_models_names_every_file(capsys):
    from catgan.faces.model_files import MODELS

    with pytest.raises(SystemExit):
        main(["models", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{name} ({wanted.purpose})" in text for name, wanted in MODELS.items())


def test_json_option_writes_into_a_new_folder(drawn, tmp_path):
    assert main(["info", str(drawn), "--json", str(tmp_path / "deep" / "info.json")]) == 0
    assert json.loads((tmp_path / "deep" / "info.json").read_text())["faces"] == 120


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.NAME)
def test_help_has_examples(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([verb.NAME, "--help"])
    assert stopped.value.code == 0 and f"catgan {verb.NAME}" in capsys.readouterr().out.split("examples:")[1]


def test_import_of_command_line_loads_no_network_library():
    code = ("import sys, catgan, catgan.cli.main as m\n"
            "print([name for name in ('tensorflow', 'keras', 'mediapipe', 'jax') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("text", ["12", "12=x", "=4", "twelve=3", "3=1", "valence=1", "12=1,12=2"])
def test_action_units_of_another_form_are_refused(text):
    with pytest.raises(CatganError):
        parse_action_units(text)
