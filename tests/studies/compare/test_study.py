"""The whole comparison on drawn pictures, the cache of answers, and the words of the report."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan import metrics
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.predictions import predict_labels
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.studies.compare import answers, forest, study
from catgan.studies.compare.options import CompareOptions
from catgan.studies.compare.runs import open_run
from catgan.studies.compare.study import compare
from catgan.studies.compare.wording import limits, protocol, sentences
from tests.harness import schemas
from tests.harness.compared_runs import write_run, write_sweep

FEW = CompareOptions(draws=100)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two seeds of a joint model, two of Action Units, and one of valence and arousal."""
    folder = tmp_path_factory.mktemp("study")
    return {mode: [write_run(folder / f"{mode}{seed}", seed, mode) for seed in range(n)]
            for mode, n in (("joint", 2), ("au", 2), ("va", 1))}


@pytest.fixture(scope="module")
def found(runs, drawn, tmp_path_factory):
    """All pairs of these models, with their report."""
    out = tmp_path_factory.mktemp("report") / "out"
    given = [*runs["joint"], *runs["au"], *runs["va"]]
    return compare(given, drawn, "all", out, FEW, verbose=False)


def test_figures_of_a_model_are_those_of_evaluate(found, runs, drawn):
    dataset, gan = load_dataset(drawn), CatGAN.from_preset(runs["joint"][1])
    expected = metrics.evaluate_labels(dataset.labels("all", gan.spec), predict_labels(gan, dataset.images("all", 3)),
                                       gan.thresholds)
    figures = found["models"][0]["figures"]
    wanted = {"mean_f1": expected["action_units"]["mean_f1"], "valence/ccc": expected["valence"]["ccc"],
              "AU12/auc": expected["action_units"]["AU12"]["auc"], "arousal/rmse": expected["arousal"]["rmse"]}
    assert {name: figures[name]["per_seed"][1] for name in wanted} == pytest.approx(wanted, abs=1e-6)
    assert figures["AU12/f1"]["n"] == expected["action_units"]["AU12"]["n"] == 60
    assert figures["valence/ccc"]["n"] == 80 and figures["mean_f1"]["n"] is None
    assert figures["mean_f1"]["value"] == pytest.approx(np.mean(figures["mean_f1"]["per_seed"]))


def test_pairs_share_labels_and_say_what_is_left_out(found):
    assert [(pair["model"], pair["against"]) for pair in found["pairs"]] == [
        ("tiny-au", "tiny-joint"), ("va0", "tiny-joint")]
    first, second = found["pairs"]
    assert first["labels_left_out"] == ["valence", "arousal"] and first["seeds"] == {
        "paired": True, "model": 2, "against": 2}
    assert second["labels_left_out"] == ["AU04", "AU12"] and not second["seeds"]["paired"]
    assert "valence/ccc" not in first["figures"] and "mean_f1" not in second["figures"]
    assert "Not compared, since they have no label in common: tiny-au and va0." in found["remarks"]
    entry = first["figures"]["mean_f1"]
    assert entry["difference"] == pytest.approx(entry["model"] - entry["against"])
    assert entry["interval"][0] <= entry["difference"] <= entry["interval"][1] and entry["p_holm"] >= entry["p"]


def test_the_report_holds_the_result(found):
    out = Path(found["folder"])
    written = json.loads((out / "compare.json").read_text())
    schemas.check("compare", written)
    assert written["pairs"] == found["pairs"] and written["models"] == found["models"]
    rows = list(csv.DictReader((out / "compare.csv").read_text().splitlines()))
    assert len(rows) == sum(len(pair["figures"]) for pair in found["pairs"])
    assert float(rows[0]["difference"]) == found["pairs"][0]["figures"][rows[0]["figure"]]["difference"]
    rows = list(csv.DictReader((out / "models.csv").read_text().splitlines()))
    assert {row["model"] for row in rows} == {"tiny-joint", "tiny-au", "va0"}
    page, text = ((out / f"compare.{ending}").read_text() for ending in ("html", "md"))
    for sentence in (*sentences(found), protocol(found)):
        assert sentence in text
    assert page.count("<img") == 1 and "http" not in page.split("</style>")[1]
    assert (out / "forest.png").read_bytes()[:4] == b"\x89PNG"


def test_one_model_has_figures_and_no_differences(runs, drawn, tmp_path):
    found = compare(runs["va"], drawn, "all", tmp_path, FEW, verbose=False)
    assert found["pairs"] == [] and sentences(found)[0].startswith("One model only, va0, so there is no difference")
    assert not (tmp_path / "forest.png").exists()
    assert "valence" in (tmp_path / "compare.md").read_text() and (tmp_path / "compare.html").is_file()


def test_the_same_model_twice_does_not_differ(runs, drawn, tmp_path):
    copy = shutil.copytree(runs["joint"][0] / "best", tmp_path / "copy")
    found = compare([runs["joint"][0], copy], drawn, "all", None, FEW, verbose=False)
    entries = found["pairs"][0]["figures"].values()
    assert {entry["difference"] for entry in entries} == {0.0} and {entry["p_holm"] for entry in entries} == {1.0}
    assert "folder" not in found and "Another seed of the training may give another answer" in sentences(found)[-1]


def test_by_an_axis_of_a_sweep(drawn, tmp_path):
    sweep = write_sweep(tmp_path / "sweep", {mode: {"mode": mode, "budget": "all"} for mode in ("au", "joint", "va")},
                        failed=("va-1",))
    found = compare([sweep], drawn, "all", tmp_path / "out", CompareOptions("mode", 100), verbose=False)
    assert [(pair["model"], pair["against"]) for pair in found["pairs"]] == [("joint", "au"), ("va", "joint")]
    first = found["pairs"][0]
    assert first["short"] == ["joint", "au"] and first["title"] == "all: joint - au"
    assert first["equal"] == {"budget": "all"}
    assert found["left_out_runs"] == [{"run": "va-1", "reason": "failed: no memory"}]
    assert "| va-1 | failed: no memory |" in (tmp_path / "out" / "compare.md").read_text()
    assert sentences(found)[-1].startswith("One training alone of va: it is taken to vary")
    assert "Left out, 1 run (failed: no memory): va-1." in limits(found)
    assert found["models"][0]["levels"]["mode"] == "au"


def test_unknown_subjects_are_said_and_images_are_drawn(runs, drawn, tmp_path):
    data = shutil.copytree(drawn, tmp_path / "data")
    for path in (data / "shards").iterdir():
        table = pq.read_table(path)
        place = table.schema.get_field_index("subject")
        pq.write_table(table.set_column(place, table.schema.field(place), pa.nulls(len(table), pa.string())), path)
    found = compare(runs["joint"] + runs["au"], data, "test", None, FEW, verbose=False)
    assert found["groups"] == {"count": 30, "unit": "images", "without_subject": 30}
    assert "The subjects of these faces are unknown, so images are drawn" in protocol(found)
    assert not any("Only" in text for text in limits(found))
    found["groups"]["count"] = 9
    assert any(text.startswith("Only 9 images: intervals are wide") for text in limits(found))


def test_models_without_a_common_label_are_refused(runs, drawn):
    with pytest.raises(CatganError, match="No two of these models have a label in common. Received: tiny-au: AU04"):
        compare(runs["au"] + runs["va"], drawn, "all", None, FEW, verbose=False)


def test_data_without_a_label_of_a_model_are_refused(runs, drawn, tmp_path):
    data = shutil.copytree(drawn, tmp_path / "data")
    info = json.loads((data / "dataset.json").read_text())
    info["labels"] = {"action_units": [4, 12], "scale": "presence", "valence_arousal": False, "expressions": []}
    (data / "dataset.json").write_text(json.dumps(info))
    with pytest.raises(CatganError, match="knows no label that va0 reads: valence, arousal. Received: AU04_present"):
        compare(runs["joint"] + runs["va"], data, "all", None, FEW, verbose=False)


def test_answers_are_kept_and_made_anew_where_they_do_not_fit(runs, drawn, tmp_path, monkeypatch):
    data = shutil.copytree(drawn, tmp_path / "data", ignore=shutil.ignore_patterns("cache"))
    dataset, run = load_dataset(data), open_run(runs["au"][0])
    predicted = []

    def counted(gan, images, verbose):
        predicted.append(len(images))
        return predict_labels(gan, images, verbose=verbose)

    monkeypatch.setattr(answers, "predict_labels", counted)
    first = answers.read_answers(run, dataset, "test", verbose=False)
    path, = (dataset.folder / "cache").glob(f"*{answers.content_key(run.preset)}.npz")
    again = answers.read_answers(run, dataset, "test", verbose=False)
    assert len(predicted) == 1 and {name: part.tolist() for name, part in first.items()} == {
        name: part.tolist() for name, part in again.items()}
    for content in (b"", path.read_bytes()[:-40]):
        path.write_bytes(content)
        answers.read_answers(run, dataset, "test", verbose=False)
    np.savez(path, AU04_present=np.zeros(2))
    answers.read_answers(run, dataset, "test", verbose=False)
    assert len(predicted) == 4
    other = open_run(runs["au"][1])
    assert answers.content_key(other.preset) != answers.content_key(run.preset)


def test_another_image_size_is_refused(drawn):
    with pytest.raises(CatganError, match="rendered_64 reads faces of 64 x 64 pixels. Received: .*faces have 16"):
        compare(["rendered_64"], drawn, "test", None, FEW, verbose=False)


def test_faces_that_were_learned_from_are_said(runs, drawn, tmp_path):
    copy = shutil.copytree(runs["joint"][0], tmp_path / "copy")
    content = json.loads((copy / "best" / "config.json").read_text())
    content["trained_on"] = {"data": load_dataset(drawn).info["hash"], "split": "train"}
    (copy / "best" / "config.json").write_text(json.dumps(content))
    (copy / "stats.jsonl").unlink()
    found = compare([copy], drawn, "train", None, FEW, verbose=False)
    assert "copy learned from these faces, so figures are too good." in found["remarks"]
    assert "The training of copy is not finished." in found["remarks"]
    assert not any("learned" in text for text in compare([copy], drawn, "test", None, FEW, verbose=False)["remarks"])


def planted(pairs: int, stands: bool = True) -> Figures:
    """A result with planted entries: `pairs` models against the first, two figures."""
    def entry(difference, holds):
        return {"model": 0.5 + difference, "against": 0.5, "difference": difference,
                "interval": [difference - 0.03, difference + 0.03], "p": 0.001 if holds else 0.4,
                "standard_error": 0.015, "df": 9.0, "detectable": 0.05, "n": 30}

    groups = {"count": 40, "unit": "subjects", "without_subject": 0}
    found: Figures = {"dataset": "drawn", "split": "test", "groups": groups, "judge": None, "pairs": [],
                      "models": [{"name": "one", "runs": [1, 2]}]}
    for number in range(pairs):
        figures = {"mean_f1": {**entry(0.1, stands and number == 0), "family": "headline"},
                   "valence/ccc": {**entry(0.01, False), "family": "headline"},
                   "valence/rmse": {**entry(0.1, stands and number == 0), "family": "other"}}
        found["pairs"].append({"model": f"a, cell {number}", "against": "a, first", "figures": figures, "context": "a",
                               "short": [f"cell {number}", "first"], "title": f"a: cell {number} - first"})
    study.correct(found["pairs"])
    return found


def test_sentences_say_which_differences_stand_and_which_could_be_seen():
    text = sentences(planted(2))
    assert text[0] == ("1 of 4 headline differences stand after Holm's correction (mean F1 of Action Units, CCC of "
                       "valence; 2 pairs of models).")
    assert text[1] == ("Mean F1 of Action Units, a: cell 0 0.600, first 0.500; cell 0 is better by 0.100 (0.070 to "
                       "0.130), p = 0.004 after correction.")
    assert "not corrected) from 0.050 in mean F1 of Action Units, 0.050 in CCC of valence." in text[2]
    assert text[3] == "Of 2 other differences, a family of its own, 1 stand."
    assert sentences(planted(1, stands=False))[0].startswith("None of 2 headline differences stands")


def test_a_larger_error_is_worse():
    assert planted(1)["pairs"][0]["figures"]["valence/rmse"]["better"] == "a, first"


@pytest.mark.parametrize("pairs, panels", [(1, 1), (3, 3), (20, 2)])
def test_forest_fills_what_stands(pairs, panels, tmp_path, saved_figures):
    forest.forest_plot(tmp_path / "forest.png", planted(pairs))
    axes = saved_figures[0].axes
    assert len(axes) == panels
    markers = [line for panel in axes for line in panel.lines if line.get_marker() == "o"]
    assert len(markers) == 2 * pairs and sum(line.get_markerfacecolor() != "white" for line in markers) == 1
    assert all(panel.get_xlim()[0] < 0 < panel.get_xlim()[1] for panel in axes)
    assert saved_figures[0].get_figheight() > 0.2 * len(axes[0].get_yticks())
