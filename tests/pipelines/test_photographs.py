"""Photographs that are read from Python."""

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from catgan.errors import CatganError
from catgan.pipelines import predictions
from catgan.pipelines.photographs import predict_photographs
from catgan.pipelines.predictions import FaceRow, predict_rows, table_schema


def rows(n, seed=0):
    """Every third row without a face."""
    random = np.random.default_rng(seed)
    for number in range(n):
        crop = None if number % 3 == 2 else random.integers(0, 256, (16, 16, 3)).astype(np.uint8)
        yield FaceRow("clip.mp4", number, number / 25, None if crop is None else 0, None, crop)


def test_rows_without_a_face_are_null(untrained_gan):
    table = pa.Table.from_batches(list(predict_rows(untrained_gan, rows(7), 0.9)))
    assert table.schema == table_schema(untrained_gan, 0.9) and table["frame"].to_pylist() == list(range(7))
    assert [value is None for value in table["valence"].to_pylist()] == [number % 3 == 2 for number in range(7)]
    assert table["valence_low"].null_count == 2 and table["left"].null_count == 7
    crops = np.stack([row.crop for row in rows(7) if row.crop is not None])
    read = untrained_gan.predict(crops)["valence"]
    np.testing.assert_allclose(table["valence"].drop_null().to_numpy(), read, atol=1e-6)


def test_rows_are_taken_as_they_are_needed(untrained_gan, monkeypatch):
    monkeypatch.setattr(predictions, "BATCH_SIZE", 4)
    taken = []
    batches = predict_rows(untrained_gan, (taken.append(row.frame) or row for row in rows(10)))
    sizes = []
    for batch in batches:
        sizes.append(batch.num_rows)
        assert len(taken) == sum(sizes)
    assert sizes == [4, 4, 2]


def test_photographs_give_a_table_and_failures(untrained_gan, two_people, models, tmp_path):
    Image.fromarray(two_people).save(tmp_path / "two.png")
    (tmp_path / "notes.txt").touch()
    found = predict_photographs(untrained_gan, [tmp_path, tmp_path / "none.png"], face="all")
    assert found.table["face"].to_pylist() == [0, 1] and found.table.schema == table_schema(untrained_gan)
    assert [str(failure) for failure in found.failures] == [f"{tmp_path / 'none.png'}: missing file."]
    assert found.skipped == {".txt": 1}


@pytest.mark.parametrize("arguments, message", [(([],), "No photographs"), ((["a.png"], -1), "Received: -1"),
                                                ((["a.png"], "ALL"), "Received: 'ALL'"),
                                                ((["a.png"], 0, 0.33), "Received: 0.33")])
def test_unusable_photographs_are_refused(untrained_gan, models, arguments, message):
    with pytest.raises(CatganError, match=message):
        predict_photographs(untrained_gan, *arguments)
