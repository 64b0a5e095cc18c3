"""A copy of a data set with predictions: what is copied stays, what is added says where it comes from."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan import config
from catgan.data import store
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.pipelines.complete import complete as module
from catgan.pipelines.complete.complete import pseudo_label
from tests.harness.datasets import write_dataset
from tests.harness.experiments import TINY
from tests.harness.paths import REPOSITORY

ADDED = ["predicted_AU04_present", "predicted_AU12_present", "predicted_valence", "predicted_valence_std",
         "predicted_arousal", "predicted_arousal_std", "predicted_by"]


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "cache"}


def untrained(folder, spec=LabelSpec((4, 12), "presence", True)):
    """A preset with weights as they are drawn."""
    CatGAN(config.from_mapping(NetworkConfig, TINY), spec).save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def copy(drawn, tiny_run, tmp_path_factory):
    """The folder of a finished copy, and what `complete` said of it."""
    folder = tmp_path_factory.mktemp("completed") / "copy"
    return folder, pseudo_label(drawn, tiny_run, folder)


@pytest.fixture
def source(drawn, tmp_path):
    """A data set that may be damaged."""
    return shutil.copytree(drawn, tmp_path / "source", ignore=shutil.ignore_patterns("cache"))


# === What is in a copy ===


def test_annotated_labels_are_kept(drawn, copy):
    old, new = sorted((drawn / "shards").iterdir()), sorted((copy[0] / "shards").iterdir())
    assert [path.name for path in old] == [path.name for path in new] and len(old) == 3
    for one, other in zip(map(pq.read_table, old), map(pq.read_table, new)):
        assert other.select(one.column_names).equals(one)
        assert set(other.column_names) - set(one.column_names) >= set(ADDED)
    before, after = store.load_dataset(drawn), store.load_dataset(copy[0])
    np.testing.assert_array_equal(before.images("test"), after.images("test"))
    assert after.spec == before.spec and len(after) == len(before)
    for split in ("train", "all"):  # without asking for predictions nobody gets any
        one, other = before.labels(split), after.labels(split)
        np.testing.assert_array_equal(one.mask, other.mask)
        np.testing.assert_array_equal(one.values, other.values)


def test_every_face_has_what_the_run_reads(copy, tiny_gan):
    dataset = store.load_dataset(copy[0])
    table, read = dataset.table("test"), tiny_gan.read(dataset.images("test"))
    for name, values in read.items():
        if name != "realness":
            column = table[f"predicted_{name}"]
            assert column.null_count == 0 and str(column.type) == "float"
            np.testing.assert_allclose(column.to_numpy(), values, atol=1e-6)
    assert "predicted_realness" not in table.column_names


def test_it_says_where_predictions_come_from(drawn, copy, tiny_run):
    folder, result = copy
    weights = hashlib.sha256((tiny_run / "best" / "discriminator.weights.h5").read_bytes()).hexdigest()
    info = json.loads((folder / "dataset.json").read_text())
    told, source = info["completed"], store.load_dataset(drawn).info
    assert told["run"] == f"{tiny_run.name}/best" and told["weights"] == weights
    assert (told["data"], told["data_hash"]) == ("drawn", source["hash"]) and info["hash"] != source["hash"]
    assert set(told["columns"]) >= set(ADDED) and info["columns"] == source["columns"] + told["columns"]
    assert info["plan"]["complete"]["data_hash"] == source["hash"] and info["name"] == "drawn-completed"
    assert set(store.load_dataset(folder).table("all", ["predicted_by"])["predicted_by"].to_pylist()) == {
        f"{tiny_run.name}/best {weights[:16]}"}
    assert result["faces"] == 120 and result["agreement"] == told["agreement"] and not result["already_complete"]
    schema = pq.read_schema(folder / "shards" / "test-00000-of-00001.parquet")
    assert "predicted_valence_std" in json.loads(schema.metadata[b"huggingface"])["info"]["features"]


def test_it_says_how_predictions_agree_with_the_annotations(drawn, copy, tiny_gan):
    from catgan.evaluation.evaluate import evaluate

    agreement, expected = copy[1]["agreement"], evaluate(tiny_gan, store.load_dataset(drawn), "test")
    assert set(agreement) == {"validation", "test"}
    assert agreement["test"]["valence"]["ccc"] == pytest.approx(expected["valence"]["ccc"], abs=1e-5)
    assert agreement["test"]["action_units"]["AU12"]["n"] == 15
    assert agreement["test"]["action_units"]["AU12"]["f1"] == expected["action_units"]["AU12"]["f1"]
    card = (copy[0] / "card.md").read_text()
    assert card.startswith("# drawn-completed\n\n**This copy holds predictions.**")
    assert f"| valence | test | 20 | {agreement['test']['valence']['ccc']:.3f} |" in card
    assert "| AU12 | validation | 15 |" in card and "\n| expression |" not in card


def test_the_rest_of_the_data_set_is_copied(source, tmp_path):
    (source / "card.md").write_text("# drawn\n\n## Sources\n\nNobody.\n")
    (source / "figures").mkdir()
    for name in ("figures/faces.png", "rejected.parquet"):
        (source / name).write_bytes(b"as it is")
    out = tmp_path / "copy"
    pseudo_label(source, untrained(tmp_path / "preset"), out)
    assert (out / "figures" / "faces.png").read_bytes() == (out / "rejected.parquet").read_bytes() == b"as it is"
    assert "The card of drawn:\n\n## drawn\n\n### Sources" in (out / "card.md").read_text()
    assert {path.name for path in out.iterdir()} == {"dataset.json", "card.md", "shards", "figures",
                                                     "rejected.parquet"}


def test_intensities_expressions_and_splits_without_faces(tmp_path):
    data = write_dataset(tmp_path / "three", 3)
    spec = LabelSpec((12, 25), "intensity", False, ("neutral", "happiness"))
    out = tmp_path / "copy"
    pseudo_label(data, untrained(tmp_path / "preset", spec), out)
    dataset = store.load_dataset(out)
    columns = dataset.table("train").to_pydict()
    assert all(0.0 <= value <= 5.0 for value in columns["predicted_AU25"]) and "predicted_valence" not in columns
    assert set(columns["predicted_expression"]) <= {"neutral", "happiness"}
    assert all(0.5 <= value <= 1.0 for value in columns["predicted_expression_probability"])
    assert "no validation or test split" in (out / "card.md").read_text()
    assert dataset.completed_spec == LabelSpec((4, 12, 25), "presence", True, ("neutral", "happiness"))
    labels = dataset.labels("train", predicted=True)
    assert labels.column("AU25_present")[1].all() and labels.column("expression")[1].all()
    assert not labels.column("AU04_present")[1].all()


# === Predictions as labels, where they are asked for ===


def test_unknown_labels_are_predicted_where_that_is_asked_for(copy):
    dataset = store.load_dataset(copy[0])
    known, completed = dataset.labels("train"), dataset.labels("train", predicted=True)
    assert completed.spec == known.spec == dataset.completed_spec and completed.mask.all() and not known.mask.all()
    np.testing.assert_array_equal(completed.values[known.mask], known.values[known.mask])
    table = dataset.table("train")
    for name in ("AU12_present", "valence"):
        guesses = table[f"predicted_{name}"].to_numpy()
        values, mask = known.column(name)
        expected = guesses >= 0.5 if name.endswith("_present") else guesses
        np.testing.assert_allclose(completed.column(name)[0], np.where(mask, values, expected), atol=1e-6)


def test_missing_predictions_are_refused(drawn, copy):
    with pytest.raises(CatganError, match="holds no predictions, only labels as annotated.*catgan complete"):
        store.load_dataset(drawn).labels("train", predicted=True)
    with pytest.raises(CatganError, match="no prediction of any of AU25_present. It can give: AU04_present"):
        store.load_dataset(copy[0]).labels("train", LabelSpec((25,)), predicted=True)


# === Again, interrupted, killed ===


def test_a_second_call_finds_it_finished(drawn, tiny_run, copy):
    before = {path: path.stat().st_mtime_ns for path in copy[0].rglob("*.*")}
    (copy[0] / "plan.json").write_text("{}")  # killed at its very end
    again = pseudo_label(drawn, tiny_run, copy[0])
    assert again["already_complete"] and again["hash"] == copy[1]["hash"] and again["faces_per_second"] is None
    assert {path: path.stat().st_mtime_ns for path in copy[0].rglob("*.*")} == before


def test_an_interrupted_copy_goes_on_after_its_last_shard(drawn, tiny_run, copy, tmp_path, monkeypatch):
    out, read = tmp_path / "copy", CatGAN.read

    def interrupted(self, images):
        if (out / "shards").is_dir() and len(list((out / "shards").glob("*.parquet"))) == 2:
            raise KeyboardInterrupt
        return read(self, images)

    monkeypatch.setattr(CatGAN, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pseudo_label(drawn, tiny_run, out)
    monkeypatch.setattr(CatGAN, "read", read)
    finished = {path: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert len(finished) == 2 and not (out / "dataset.json").exists()
    with pytest.raises(CatganError, match="did not finish"):
        store.load_dataset(out)
    with pytest.raises(CatganError, match="not by preset .*: run, weights, config differ"):
        pseudo_label(drawn, untrained(tmp_path / "preset"), out)
    pseudo_label(drawn, tiny_run, out)
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())
    assert digests(out) == digests(copy[0])


KILLED = """
import os, signal, sys
import pyarrow.parquet as pq
from catgan.pipelines.complete.complete import pseudo_label
write, shards = pq.write_table, []
def killed(table, path, **options):
    write(table, path, **options)
    shards.append(path)
    if len(shards) == 2:  # written, but not yet under its name
        os.kill(os.getpid(), signal.SIGKILL)
pq.write_table = killed
pseudo_label(*sys.argv[1:])
"""


@pytest.mark.slow
def test_a_killed_copy_ends_with_the_same_bytes(drawn, tiny_run, copy, tmp_path):
    out = tmp_path / "copy"
    done = subprocess.run([sys.executable, "-c", KILLED, str(drawn), str(tiny_run), str(out)], cwd=REPOSITORY,
                          capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(list((out / "shards").glob("[!.]*"))) == 1 and len(list((out / "shards").glob(".*.tmp.*"))) == 1
    pseudo_label(drawn, tiny_run, out)
    assert digests(out) == digests(copy[0])


# === Wrong turns ===


def test_another_model_does_not_go_into_the_same_folder(drawn, copy, tiny_run, tmp_path):
    before = digests(copy[0])
    preset = shutil.copytree(tiny_run / "best", tmp_path / "other" / "best")
    with pytest.raises(CatganError, match="other/best .*: run differ"):
        pseudo_label(drawn, preset, copy[0])
    with pytest.raises(CatganError, match="Give another folder"):
        pseudo_label(drawn, untrained(tmp_path / "preset"), copy[0])
    with pytest.raises(CatganError, match="something else than a completed copy"):
        pseudo_label(write_dataset(tmp_path / "a", 8), preset, write_dataset(tmp_path / "b", 12))
    assert digests(copy[0]) == before


def test_output_inside_the_data_set_or_in_use_is_refused(drawn, tmp_path):
    preset, before = untrained(tmp_path / "preset"), digests(drawn)
    (tmp_path / "link").symlink_to(drawn)
    for out in (drawn, drawn / "copy", drawn.parent, tmp_path / "link"):
        with pytest.raises(CatganError, match="must lie outside of the data set"):
            pseudo_label(drawn, preset, out)
    with pytest.raises(CatganError, match="not empty and holds no completion"):
        pseudo_label(drawn, preset, preset)
    with pytest.raises(CatganError, match="which is a file"):
        pseudo_label(drawn, preset, preset / "config.json")
    assert digests(drawn) == before


def test_run_that_does_not_fit_is_refused(drawn, copy, tmp_path):
    preset, out = untrained(tmp_path / "preset"), tmp_path / "copy"
    with pytest.raises(CatganError, match="reads faces of 16 px, and .* holds faces of 32 px"):
        pseudo_label(write_dataset(tmp_path / "large", 8, size=32), preset, out)
    with pytest.raises(CatganError, match="holds predictions already: predicted_AU04_present"):
        pseudo_label(copy[0], preset, out)
    (preset / "discriminator.weights.h5").unlink()
    with pytest.raises(CatganError, match="damaged model: discriminator.weights.h5 is missing"):
        pseudo_label(drawn, preset, out)
    with pytest.raises(CatganError, match="No such run or preset"):
        pseudo_label(drawn, tmp_path / "nowhere", out)
    assert not out.exists()


def read_valence_as(monkeypatch, value):
    read = CatGAN.read
    monkeypatch.setattr(CatGAN, "read", lambda self, images: {
        name: np.full(len(values), value, np.float64) if name == "valence" else values
        for name, values in read(self, images).items()})


def test_rounding_does_not_carry_a_label_out_of_its_range(drawn, tmp_path, monkeypatch):
    read_valence_as(monkeypatch, 1.0 + 1e-6)
    pseudo_label(drawn, untrained(tmp_path / "preset"), tmp_path / "copy")
    assert store.load_dataset(tmp_path / "copy").labels(predicted=True).column("valence")[0].max() == 1.0


def test_predictions_that_are_not_finite_are_refused(drawn, tmp_path, monkeypatch):
    read_valence_as(monkeypatch, np.nan)
    with pytest.raises(CatganError, match="reads valence as NaN or infinite"):
        pseudo_label(drawn, untrained(tmp_path / "preset"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("column, cells, message", [
    ("image", [{"bytes": b"no picture", "path": None}] * 30, "picture of face test00000 in .* is damaged"),
    ("image", [None] * 30, "picture of face test00000"), ("valence", [7.0] * 30, "'valence' must lie in -1..1")])
def test_damaged_rows_leave_nothing_behind(source, tmp_path, column, cells, message):
    shard = source / "shards" / "test-00000-of-00001.parquet"
    table = pq.read_table(shard)
    place, field = table.schema.get_field_index(column), table.schema.field(column)
    pq.write_table(table.set_column(place, field, module.pa.array(cells, field.type)), shard)
    with pytest.raises(CatganError, match=message):
        pseudo_label(source, untrained(tmp_path / "preset"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_damaged_shards_leave_nothing_behind(source, tmp_path):
    preset, shard = untrained(tmp_path / "preset"), source / "shards" / "train-00000-of-00001.parquet"
    whole = shard.read_bytes()
    middle = len(whole) // 3
    for content in (whole[:500], whole[:middle] + bytes(200) + whole[middle + 200:]):
        shard.write_bytes(content)
        with pytest.raises(CatganError, match="is damaged"):
            pseudo_label(source, preset, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    shard.unlink()
    with pytest.raises(CatganError, match="counts 120 faces, its shards 60"):
        pseudo_label(source, preset, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_full_disk_keeps_what_is_there(drawn, tmp_path, monkeypatch):
    preset, out, write = untrained(tmp_path / "preset"), tmp_path / "copy", module.pq.write_table

    def full(table, path, **options):
        if "test-" in path.name:
            raise OSError(28, "No space left on device")
        write(table, path, **options)

    monkeypatch.setattr(module.pq, "write_table", full)
    with pytest.raises(CatganError, match="is full. Make room and run the same command again"):
        pseudo_label(drawn, preset, out)
    assert len(list((out / "shards").iterdir())) == 2
    monkeypatch.setattr(module.pq, "write_table", write)
    assert pseudo_label(drawn, preset, out)["faces"] == 120


def test_deprecated_name_complete_warns():
    with pytest.warns(DeprecationWarning, match="now called 'pseudo_label'"):
        assert module.complete is pseudo_label
