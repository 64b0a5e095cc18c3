"""Collections that were made to do harm: refused with one clear line, or listed with a reason."""

import pickle
import struct
import zlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan.data.builder import build as building
from catgan.data.builder.dry_run import dry_run
from catgan.data.builder.recipe import Recipe, SourceConfig
from catgan.data.sources import parsing
from catgan.errors import AnnotationError, CatganError


def recipe(root, format_name="table", **options):
    options = {"file": "labels.csv", "image": "image", "valence": "v", **options} if format_name == "table" else {}
    return Recipe("hostile", (SourceConfig("src", format_name, str(root), "human", options=options),), image_size=32)


def labels(root, *images):
    root.mkdir(exist_ok=True)
    (root / "labels.csv").write_text("image,v\n" + "".join(f"{image},0.5\n" for image in images))
    return root


@pytest.mark.parametrize("image", ["../secret.jpg", "/etc/passwd", "/link.jpg", "//a.jpg", "a/../../secret.jpg",
                                   "link/secret.jpg", "link.jpg"])
def test_a_path_that_leads_out(tmp_path, image):
    root = labels(tmp_path / "root", image)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.jpg").write_bytes(b"secret")
    (root / "a").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "link.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    with pytest.raises(AnnotationError, match="labels.csv:2: A path in an annotation must lie inside its root"):
        building.build(recipe(root), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(AnnotationError):
        dry_run(recipe(root))


def bomb(side):
    """A PNG of a few bytes that says it has `side` squared pixels."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))


def test_images_that_are_bombs_loops_or_folders(shared, models, tmp_path):
    root = labels(tmp_path / "root", "bomb.png", "huge.png", "loop.jpg", "folder.jpg", "text.jpg", "good.jpg")
    (root / "bomb.png").write_bytes(bomb(30_000))
    (root / "huge.png").write_bytes(bomb(2 ** 31 - 1))
    (root / "loop.jpg").symlink_to(root / "loop2.jpg")
    (root / "loop2.jpg").symlink_to(root / "loop.jpg")
    (root / "folder.jpg").mkdir()
    (root / "text.jpg").write_text("<?php")
    (root / "good.jpg").write_bytes((shared / "data" / "media" / "single_face.jpg").read_bytes())
    result = building.build(recipe(root), tmp_path / "out", workers=1)
    assert result["faces"] == 1
    reasons = {row["path"]: row["reason"] for row in pq.read_table(tmp_path / "out" / "rejected.parquet").to_pylist()}
    assert reasons == {"bomb.png": "too large", "huge.png": reasons["huge.png"], "loop.jpg": "missing file",
                       "folder.jpg": "a folder", "text.jpg": "not an image"}
    assert reasons["huge.png"] in ("too large", "truncated or damaged image", "not an image")


def test_folders_that_lead_to_themselves(tmp_path):
    root = tmp_path / "root"
    (root / "FEAFA-A").mkdir(parents=True)
    (root / "FEAFA-A" / "again").symlink_to(root)
    (root / "FEAFA-A" / "00000001.auw").write_text(" ".join(["0.5"] * 24))
    assert dry_run(recipe(root, "feafa"))["rows"] == 1


def test_one_line_without_end(tmp_path):
    root = labels(tmp_path / "root")
    with open(root / "labels.csv", "ab") as file:
        for _ in range(8):
            file.write(b"a.jpg," * (parsing.LONGEST_LINE // 6))
    with pytest.raises(AnnotationError, match="labels.csv:2: longer than 1,048,576 characters"):
        building.build(recipe(root), tmp_path / "out")
    assert not (tmp_path / "out").exists()


class _Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("write", [
    lambda path, harm: np.save(path, np.array(harm, dtype=object), allow_pickle=True),
    lambda path, harm: path.write_bytes(pickle.dumps(harm))])
def test_a_pickle_where_npy_is_expected(tmp_path, write):
    folder = tmp_path / "root" / "train_set" / "annotations"
    folder.mkdir(parents=True)
    write(folder / "1_exp.npy", _Touch(tmp_path / "owned"))
    with pytest.raises(AnnotationError, match="not an npy file of one plain value"):
        building.build(recipe(tmp_path / "root", "affectnet_2021"), tmp_path / "out")
    assert not (tmp_path / "owned").exists()


def test_entities_that_multiply(tmp_path):
    """A billion laughs in an ELAN file."""
    folder = tmp_path / "root" / "12"
    folder.mkdir(parents=True)
    entities = '<!ENTITY a0 "haha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    (folder / "s.eaf").write_text(f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><D><TIER TIER_ID="&a9;"/></D>')
    with pytest.raises(CatganError, match="not an ELAN file|no SESSION"):
        dry_run(recipe(tmp_path / "root", "semaine"))
