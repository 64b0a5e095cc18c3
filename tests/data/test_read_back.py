"""What `catgan export` writes, and the shards themselves, are tables that a recipe can read."""

import pytest

from catgan.data import sources
from catgan.data.export import export
from catgan.data.store import load_dataset

LABELS = {"subject": "subject", "split": "split", "valence": "valence", "arousal": "arousal", "AU12": "AU12_present",
          "AU04": "AU04_present"}
OPTIONS = {
    "shards": {"file": "shards/*.parquet", "image": "image"},
    "huggingface": {"file": "data/*.parquet", "image": "image"},
    "imagefolder": {"file": "*/metadata.csv", "image": "file_name", "beside": True},
    "csv": {"file": "labels.csv", "image": "{split}/{id}.png"}}


def near(value):
    """Tables of text hold the shortest digits that give the same float32."""
    return None if value is None else round(value, 5)


@pytest.mark.parametrize("to", OPTIONS)
def test_every_label_comes_back(drawn, tmp_path, to):
    root = drawn if to == "shards" else tmp_path / "out"
    if to != "shards":
        export(drawn, to, root)
    found = list(sources.read("table", "again", root, {**OPTIONS[to], **LABELS}))
    wanted = {"train": "training", "validation": "validation", "test": "test"}
    expected = [(row["subject"], wanted[row["split"]], near(row["valence"]), near(row["arousal"]),
                 row["AU12_present"], row["AU04_present"]) for row in load_dataset(drawn).table().to_pylist()]
    labelled = [row for row in found if isinstance(row, sources.Record)]
    again = [(row.subject, row.official_split, near(row.valence), near(row.arousal), row.presence.get(12),
              row.presence.get(4)) for row in labelled]
    known = [row for row in expected if any(value is not None for value in row[2:])]
    assert len(found) == 120 and sorted(map(repr, again)) == sorted(map(repr, known))
    if to in ("shards", "huggingface"):
        assert all(row.position is not None and row.column == "image" for row in labelled)
    elif to == "imagefolder":
        assert all(row.path.is_file() for row in labelled)
    else:
        assert all(row.key.endswith(".png") and row.key.split("/")[0] in wanted for row in labelled)
