"""Pictures in Parquet tables."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan.data.builder import align, scan
from catgan.data.builder.embedded import EmbeddedPictures
from catgan.data.builder.recipe import Recipe, SourceConfig
from catgan.faces.images import ImageError

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def table_of(path, contents, struct=True, **options):
    kind = STRUCT if struct else pa.large_binary()
    cells = [None if content is None else {"bytes": content, "path": None} for content in contents]
    pq.write_table(pa.table({"i": pa.array(cells if struct else contents, kind), "v": [0.5] * len(contents)}), path,
                   **options)
    return path


@pytest.mark.parametrize("struct", [True, False])
@pytest.mark.parametrize("group", [3, 1000])
def test_any_row_in_any_order(tmp_path, struct, group):
    contents = [f"picture {row}".encode() for row in range(200)]
    contents[7] = None
    pictures = EmbeddedPictures(table_of(tmp_path / "t.parquet", contents, struct, row_group_size=group), "i")
    for row in (0, 1, 5, 199, 64, 63, 128, 0, 0, 198):
        assert pictures.content(row) == contents[row]
    for row, reason in ((7, "empty file"), (200, "damaged"), (-1, "damaged")):
        with pytest.raises(ImageError, match=reason):
            pictures.content(row)
    assert pictures.content(3) == contents[3]
    pictures.close()
    assert pictures.content(4) == contents[4]
    pictures.close()


def test_tables_that_are_none(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no PAR1")
    for path, column, reason in (("none.parquet", "i", "missing file"), ("t.parquet", "i", "damaged"),
                                 (table_of(tmp_path / "good.parquet", [b"x"]).name, "j", "damaged")):
        with pytest.raises(ImageError, match=reason):
            EmbeddedPictures(tmp_path / path, column).content(0)


def test_chunks_hold_pictures_of_one_table(tmp_path):
    """The rows of one table are divided among workers; a chunk never holds those of two."""
    for name, count in (("a", 5), ("b", 2)):
        table_of(tmp_path / f"{name}.parquet", [b"x"] * count)
    (tmp_path / "work").mkdir()
    source = SourceConfig("s", "table", str(tmp_path), "human", options={"file": "*.parquet", "image": "i",
                                                                         "valence": "v"})
    found = scan.scan(Recipe("r", (source,)), tmp_path / "work").rows
    assert [task.chunks for task in align.tasks(found, 2)] == [((0, 2),), ((2, 4),), ((4, 5),), ((5, 7),)]
    records = found.records([4, 5])
    assert [(record.key, record.column, record.position) for record in records] == [
        ("a.parquet#4", "i", 4), ("b.parquet#0", "i", 0)]


def test_a_face_in_a_table(shared, landmarker, tmp_path):
    """The same as from its file, and known by the same bytes."""
    photo = shared / "data" / "media" / "multi_face.jpg"
    path = table_of(tmp_path / "t.parquet", [b"no picture", photo.read_bytes()])
    pictures = EmbeddedPictures(path, "i")
    box = (214, 74, 93, 101)
    alone = align.align_one(align.Job(0, photo, None, box), 32, landmarker)
    again = align.align_one(align.Job(0, path, 1, box, column="i"), 32, landmarker, pictures)
    assert again["sha256"] == alone["sha256"] and again["image"] == alone["image"]
    assert align.align_one(align.Job(0, path, 0, column="i"), 32, landmarker, pictures)["reason"] == "not an image"
    pictures.close()


def test_no_face_in_the_box(shared, landmarker):
    photo = shared / "data" / "media" / "multi_face.jpg"
    found = align.align_one(align.Job(0, photo, None, (0, 0, 9, 9)), 32, landmarker)
    assert found["reason"] == "no face in its box" and "elsewhere" in found["detail"]
