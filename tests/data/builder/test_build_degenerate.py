"""Builds of which little is left: labels that contradict each other, one class, constants, one face, empty splits.

Faces are drawn and written where the aligning processes would write them, so no landmarker is needed.
"""

import hashlib
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan import files, plots
from catgan.data.builder import align
from catgan.data.builder import build as building
from catgan.data.builder import executors
from catgan.data.builder.recipe import Recipe, SourceConfig, SplitConfig
from catgan.data.builder.scan import Rows
from catgan.data.card.rewriting import write_card
from catgan.data.schema import QUALITY
from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.faces.images import encode_png
from catgan.faces import model_files

FACES = 6
EVERY = range(FACES)
TWICE = [(face, value) for face in EVERY for value in (0, 1)]


@pytest.fixture(autouse=True)
def drawn_faces(monkeypatch):
    """Every image is a face that looks like no other."""
    def write(tasks, rows_path, folder, *_):
        rows = Rows(rows_path, ())
        for start, stop in (chunk for task in tasks for chunk in task.chunks):
            found = [face(start + index, row["path"]) for index, row in enumerate(rows.read(range(start, stop)))]
            pq.write_table(pa.Table.from_pylist(found, align.SCHEMA), folder.chunk(start))

    def face(index, path):
        digest = hashlib.sha256(path.encode()).digest()
        random = np.random.default_rng(int.from_bytes(digest[:4], "big"))
        thumbnail = random.integers(0, 256, (32, 32), np.uint8)
        image = np.repeat(random.integers(0, 256, (32, 32, 1), np.uint8), 3, -1)
        return {"index": index, "image": encode_png(image), "landmarks": np.zeros(956, np.float32),
                "sha256": digest, "phash": align.perceptual_hash(thumbnail).tobytes(),
                "thumbnail": thumbnail.tobytes(), **dict.fromkeys(QUALITY, 1.0)}

    monkeypatch.setattr(executors, "align_all", write)
    monkeypatch.setattr(model_files, "find", lambda name: name)


@pytest.fixture
def figures_unsaved(monkeypatch):
    """Figures are made, but not rendered, which takes seconds."""
    monkeypatch.setattr(plots, "save", lambda figure, path: files.write_text(path, ""))


def build(root, header, rows, splits=SplitConfig(), **options):
    root.mkdir(exist_ok=True)
    (root / "t.csv").write_text("\n".join([header, *(f"{row[0]}.png,{','.join(map(str, row[1:]))}" for row in rows)]))
    source = SourceConfig("mine", "table", str(root), "human", options={
        "file": "t.csv", "image": "i", **{word.replace("_", " "): column for word, column in options.items()}})
    result = building.build(Recipe("little", (source,), image_size=32, split=splits), root / "out", workers=1)
    return result, load_dataset(root / "out" / "fold-0" if splits.folds else root / "out")


def card(dataset):
    return (dataset.folder / "card.md").read_text()


def test_all_action_units_contradict_each_other(tmp_path):
    result, dataset = build(tmp_path, "i,a,v", [(*row, 0.1) for row in TWICE], AU12="a", valence="v")
    assert result["faces"] == FACES and result["undecided"] == {"AU12_present": FACES}
    assert result["unknown_labels"] == ["AU12"] == dataset.info["unknown_labels"]
    # A network cannot learn what is known of no face.
    assert dataset.spec.action_units == () and dataset.spec.valence_arousal
    assert f"**Of no face is known: AU12**: {FACES} of their labels contradicted each other" in card(dataset)
    assert "No Action Unit is a label here." in card(dataset) and "Nothing at all" not in card(dataset)
    assert f"Left unknown: AU12_present {FACES}." in card(dataset) and "au_sources" not in card(dataset)
    assert pq.read_table(dataset.folder / "conflicts.parquet").num_rows == FACES


@pytest.mark.parametrize("label, values, spec", [
    ("AU12", (0, 1), ((12,), False, ())), ("AU12_intensity", (0, 5), ((12,), False, ())),
    ("expression", ("happy", "sad"), ((), False, ("happiness", "sadness"))), ("valence", (-1, 1), ((), True, ())),
    ("arousal", (-1, 1), ((), True, ()))])
def test_nothing_is_left(figures_unsaved, tmp_path, label, values, spec):
    result, dataset = build(tmp_path, "i,x", [(face, value) for face in EVERY for value in values], **{label: "x"})
    assert (dataset.spec.action_units, dataset.spec.valence_arousal, set(dataset.spec.expressions)) == (
        *spec[:2], set(spec[2]))
    assert result["unknown_labels"] and "**Nothing at all is known of these faces**" in card(dataset)
    assert not dataset.labels("all").mask.any()


def test_presence_contradicts_itself_and_the_intensity_does_not(figures_unsaved, tmp_path):
    """Grades 0.5 and 1.4 have a mean, and are absent and present."""
    rows = [(face, grade) for face in EVERY for grade in (0.5, 1.4)]
    result, dataset = build(tmp_path, "i,x", rows, AU12_intensity="x")
    assert result["undecided"] == {"AU12_present": FACES} and result["unknown_labels"] == []
    assert dataset.spec.action_units == (12,) and dataset.spec.scale == "intensity"
    assert dataset.labels("all").values == pytest.approx(0.95)


@pytest.mark.parametrize("header, rows, options", [
    ("i,e", [(face, "happy") for face in EVERY], {"expression": "e"}),
    ("i,v,w", [(face, 0, 0) for face in EVERY], {"valence": "v", "arousal": "w"}),
    ("i,v", [(face, face / 10) for face in EVERY], {"valence": "v"}),
    ("i,w", [(face, face / 10) for face in EVERY], {"arousal": "w"}),
    ("i,a", [(face, 0) for face in EVERY], {"AU12": "a"}),
    ("i,a,v", [(face, "" if face else 1, 0.1) for face in EVERY], {"AU12": "a", "valence": "v"}),
    ("i,a,v", [(0, 1, 0.3)], {"AU12_intensity": "a", "valence": "v"}),
    ("i,a,s", [(face, face % 2, "test") for face in EVERY], {"AU12": "a", "split": "s"}),
    ("i,a,s", [(face, face % 2, "x") for face in EVERY], {"AU12": "a", "subject": "s"})])
def test_what_does_not_vary(figures_unsaved, tmp_path, header, rows, options):
    result, dataset = build(tmp_path, header, rows, **options)
    assert result["faces"] == len(rows) == len(dataset) and result["unknown_labels"] == []
    assert "Of no face is known" not in card(dataset)
    for figure in [line.split("(")[1].rstrip(")") for line in card(dataset).splitlines() if line.startswith("![")]:
        assert (dataset.folder / figure).is_file()


def test_one_face_in_three_folds(figures_unsaved, tmp_path):
    _, dataset = build(tmp_path, "i,v", [(0, 0.5)], SplitConfig(folds=3), valence="v")
    assert len(dataset) == 1


def test_a_regression_of_constants_is_not_shown(figures_unsaved, tmp_path):
    """R2 of a constant would be 1 by an error of rounding."""
    rows = [(face, face % 2, 0.3, 0.3) for face in range(80)]
    _, dataset = build(tmp_path, "i,a,v,w", rows, AU12="a", valence="v", arousal="w")
    assert "au_va_regression" not in card(dataset)
    _, dataset = build(tmp_path / "varied", "i,a,v,w", [(*row[:2], row[1] / 2, row[1] / 3) for row in rows],
                       AU12="a", valence="v", arousal="w")
    assert "au_va_regression" in card(dataset)


def test_card_is_written_again_from_the_data_set_alone(tmp_path):
    _, dataset = build(tmp_path, "i,a,v", [(face, face % 2, face / 10) for face in EVERY], AU12="a", valence="v")
    before = {path.name: path.read_bytes() for path in (dataset.folder / "figures").iterdir()}
    text = card(dataset)
    shutil.rmtree(tmp_path / "out" / "figures")
    for kept in ("merged_pairs.png", "rejected.png"):  # of pictures that the shards do not hold
        if kept in before:
            files.write_bytes(dataset.folder / "figures" / kept, before[kept])
    (dataset.folder / "card.md").unlink()
    assert write_card(dataset.folder) == dataset.folder / "card.md"
    after = {path.name: path.read_bytes() for path in (dataset.folder / "figures").iterdir()}
    assert after == before and len(after) >= 6 and card(dataset) == text


def test_card_keeps_the_figure_of_merged_pairs(tmp_path):
    _, dataset = build(tmp_path, "i,a", [(face, face % 2) for face in EVERY], AU12="a")
    files.write_bytes(dataset.folder / "figures" / "merged_pairs.png", b"kept")
    write_card(dataset.folder)
    assert "The least certain pairs, side by side" in card(dataset)
    assert (dataset.folder / "figures" / "merged_pairs.png").read_bytes() == b"kept"


def test_card_of_a_data_set_of_another_verb_is_refused(drawn):
    with pytest.raises(DataError, match="neither by 'catgan build' nor by 'catgan render'"):
        write_card(drawn)
