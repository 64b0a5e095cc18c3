"""The page Runs: the list, curves, sample sheets, sweeps and comparisons."""

import io
import json
import os
import time

import numpy as np
import pytest
from PIL import Image

from catgan.web import run_folders
from catgan.web.run_folders import MAX_POINTS, RunsFolder, thinned
from tests.harness.pages import HOSTILE, append_tick, write_comparison, write_run, write_sweep_results
from tests.harness.web import Tab, opened_page


@pytest.fixture
def folder(tmp_path):
    runs = tmp_path / "runs"
    write_run(runs / "00000-joint", score=0.8)
    write_run(runs / "00001-<b>joint", finished=False)
    write_sweep_results(runs / "sweep")
    write_comparison(runs / "compared")
    return runs


@pytest.fixture
def tab(folder, untrained_run, tmp_path):
    with opened_page(tmp_path / "files", run=str(untrained_run), runs=folder) as (client, _, _):
        yield Tab(client)


def listed(tab):
    return tab.get("/api/runs/list").json()


def named(tab, name):
    return next(run for run in listed(tab)["runs"] if run["name"] == name)


def test_list_names_runs_sweeps_and_comparisons(tab):
    found = listed(tab)
    assert [(run["group"], run["name"]) for run in found["runs"]] == [
        ("", "00000-joint"), ("", "00001-<b>joint"), ("sweep", "AU-seed-0"), ("sweep", "AU-seed-1"),
        ("sweep", "joint-seed-0"), ("sweep", "joint-seed-1")]
    assert [sweep["name"] for sweep in found["sweeps"]] == ["sweep"]
    assert [comparison["name"] for comparison in found["comparisons"]] == ["compared"]
    first = found["runs"][0]
    assert first["state"] == "finished" and first["images"] == 4000 == first["total"] and first["task"] == "adversarial"
    assert first["figures"] == {"score": 0.8, "validation_f1": 0.4} and first["mode"] == "joint"
    assert found["runs"][1]["state"] == "training"


def test_an_old_unfinished_run_does_not_count_as_training(tab, folder):
    past = time.time() - 2 * run_folders.ACTIVE_SECONDS
    for path in [*(folder / "00001-<b>joint").rglob("*")]:
        os.utime(path, (past, past))
    run = named(tab, "00001-<b>joint")
    assert run["state"] == "unfinished" and run["age"] >= 2 * run_folders.ACTIVE_SECONDS - 1


def test_curves_have_panels_and_values(tab):
    curves = tab.get(f"/api/runs/runs/{named(tab, '00000-joint')['id']}/curves").json()
    assert curves["images"] == [1000, 2000, 3000, 4000] and curves["lines"] == 4
    assert curves["series"]["score"] == [None, 0.4, None, 0.8]
    assert [panel["title"] for panel in curves["panels"]] == ["losses", "validation scores", "faces per second"]
    assert curves["panels"][0]["keys"] == [{"name": "d_loss", "words": "discriminator"},
                                           {"name": "g_loss", "words": "generator"}]


def test_a_run_that_trains_changes(tab, folder):
    before = named(tab, "00001-<b>joint")
    assert named(tab, "00001-<b>joint")["stamp"] == before["stamp"]
    append_tick(folder / "00001-<b>joint", 5)
    after = named(tab, "00001-<b>joint")
    assert after["stamp"] != before["stamp"] and after["images"] == 5000


def test_lines_that_are_none_are_left_out(tab, folder):
    with open(folder / "00000-joint" / "stats.jsonl", "a") as file:
        file.write('{"images": 5000, "d_loss": NaN}\n[1]\nnull\n{"images": "x"}\n{"imag')
    curves = tab.get(f"/api/runs/runs/{named(tab, '00000-joint')['id']}/curves").json()
    assert curves["images"][-1] == 5000 and curves["series"]["d_loss"][-1] is None


def test_long_curves_are_thinned_and_keep_the_last_point():
    lines = [{"images": place, **({"score": 0.5} if place % 1000 == 7 else {})} for place in range(10000)]
    kept = thinned(lines)
    assert len(kept) <= MAX_POINTS + 11 and kept[-1]["images"] == 9999 and kept[0]["images"] == 0
    assert sum("score" in line for line in kept) == 10


def test_sheets_go_through_time(tab):
    run = named(tab, "00000-joint")["id"]
    kinds = {kind["name"]: kind["sheets"] for kind in tab.get(f"/api/runs/runs/{run}/sheets").json()["kinds"]}
    assert [sheet["images"] for sheet in kinds["free"]] == [1000, 2000, 3000, 4000]
    assert [sheet["images"] for sheet in kinds["extra"]] == [None]
    for tick, sheet in enumerate(kinds["free"], 1):
        answer = tab.get(f"/api/runs/runs/{run}/sheets/{sheet['id']}")
        assert answer.headers["content-type"] == "image/png"
        assert (np.asarray(Image.open(io.BytesIO(answer.content))) == 40 * tick).all()


def test_sweep_has_the_values_of_every_seed(tab):
    found = tab.get(f"/api/runs/sweeps/{listed(tab)['sweeps'][0]['id']}").json()
    assert found["axes"] == ["labels"] and found["figures"] == ["score"]
    assert [(cell["name"], cell["values"]["score"]) for cell in found["cells"]] == [
        ("AU", [0.4]), ("joint", [0.6, pytest.approx(0.7)])]
    assert found["cells"][0]["states"] == {"finished": 1, "failed": 1}
    assert found["cells"][0]["runs"][1]["reason"] == "NaN"


def test_comparison_has_intervals_and_what_stands(tab):
    found = tab.get(f"/api/runs/comparisons/{listed(tab)['comparisons'][0]['id']}").json()
    assert found["models"][0]["figures"]["mean_f1"]["interval"] == [0.5, 0.7] and found["models"][0]["runs"] == 2
    assert found["models"][1]["figures"]["mean_f1"]["value"] is None and found["remarks"] == [f"A remark {HOSTILE}"]
    pair = found["pairs"][0]["figures"]["mean_f1"]
    assert pair["difference"] == 0.1 and pair["stands"] and pair["better"] == "joint"


# === What is refused ===


@pytest.mark.parametrize("path", [
    "runs/..%2f..%2fetc/curves", "runs/00000-joint/curves", "runs/0000000000000000/sheets", "sweeps/..", "sweeps/sweep",
    "comparisons/compared", "runs/0000000000000000/sheets/free.png"])
def test_names_never_become_paths(tab, path):
    answer = tab.get(f"/api/runs/{path}")
    assert answer.status_code == 404 and "error" in answer.json()


def test_a_sheet_is_looked_up_by_its_identity(tab):
    run = named(tab, "00000-joint")["id"]
    assert tab.get(f"/api/runs/runs/{run}/sheets/..%2f..%2fconfig.yaml").status_code == 404
    assert tab.get(f"/api/runs/runs/{run}/sheets/free.png").status_code == 404


def test_links_that_lead_out_are_refused(tab, folder, tmp_path):
    secret = write_run(tmp_path / "elsewhere" / "secret")
    os.symlink(secret, folder / "linked")
    os.symlink(folder / "00000-joint", folder / "own")  # stays inside
    found = listed(tab)
    assert found["refused"] == ["linked"] and "own" in [run["name"] for run in found["runs"]]
    run = named(tab, "00000-joint")["id"]
    stats = folder / "00000-joint" / "stats.jsonl"
    stats.unlink()
    os.symlink(secret / "stats.jsonl", stats)
    answer = tab.get(f"/api/runs/runs/{run}/curves")
    assert answer.status_code == 400 and "leads out of the folder" in answer.json()["error"]
    sheet = folder / "00000-joint" / "samples" / "extra.png"
    sheet.unlink()
    os.symlink(secret / "samples" / "free.png", sheet)
    kinds = tab.get(f"/api/runs/runs/{run}/sheets").json()["kinds"]
    assert [kind["name"] for kind in kinds] == ["free"]


def test_damage_is_one_line_or_an_empty_answer(tab, folder):
    (folder / "sweep" / "sweep.parquet").write_bytes(b"no table")
    (folder / "compared" / "compare.json").write_text("{")
    (folder / "00000-joint" / "config.yaml").write_text("a: [")
    (folder / "00000-joint" / "best" / "metrics.json").write_text("[]")
    (folder / "00000-joint" / "samples" / "extra.png").write_text("<script>")
    found = listed(tab)
    assert found["runs"][0]["task"] == "" and found["runs"][0]["figures"] == {}
    for kind in ("sweeps", "comparisons"):
        answer = tab.get(f"/api/runs/{kind}/{found[kind][0]['id']}")
        assert answer.status_code == 400 and "damaged" in answer.json()["error"]
    run = found["runs"][0]["id"]
    extra = next(kind for kind in tab.get(f"/api/runs/runs/{run}/sheets").json()["kinds"] if kind["name"] == "extra")
    answer = tab.get(f"/api/runs/runs/{run}/sheets/{extra['sheets'][0]['id']}")
    assert answer.status_code == 400 and "no PNG" in answer.json()["error"]


def test_large_files_are_not_read(tab, folder, monkeypatch):
    monkeypatch.setattr(run_folders, "MAX_STATS_BYTES", 10)
    answer = tab.get(f"/api/runs/runs/{named(tab, '00000-joint')['id']}/curves")
    assert answer.status_code == 400 and "is not read" in answer.json()["error"]


def test_a_table_that_is_no_sweep_is_refused(tab, folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1]}), folder / "sweep" / "sweep.parquet")
    answer = tab.get(f"/api/runs/sweeps/{listed(tab)['sweeps'][0]['id']}")
    assert answer.status_code == 400 and "lacks the columns" in answer.json()["error"]
    (folder / "sweep" / "sweep.json").write_text(json.dumps({"axes": "x"}))
    assert tab.get(f"/api/runs/sweeps/{listed(tab)['sweeps'][0]['id']}").status_code == 400


def test_a_run_itself_can_be_the_folder(folder):
    found = RunsFolder(folder / "00000-joint").found()
    assert found.runs == ["."] and found.sweeps == []


def test_more_runs_than_are_listed_are_counted(folder, monkeypatch):
    monkeypatch.setattr(run_folders, "MAX_RUNS", 3)
    found = RunsFolder(folder).found()
    assert len(found.runs) == 3 and found.more


def test_a_folder_that_has_gone_is_one_line(tab, folder):
    folder.rename(folder.with_name("gone"))
    answer = tab.get("/api/runs/list")
    assert answer.status_code == 404 and "not there any more" in answer.json()["error"]
