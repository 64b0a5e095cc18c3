"""Photographs and videos that are listed from files and folders."""

import os
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from catgan.faces.collection import collect, skipped_line


def picture(path, kind="PNG"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path, kind)
    return path


def names(found, root):
    return [str(path.relative_to(root)) for path in found.paths]


def test_collect_searches_folders_by_name_and_counts_skipped_files(tmp_path):
    for name in ("b.PNG", "a.jpg", "deep/er/c.png", "no_ending"):
        picture(tmp_path / name)
    for name in (".hidden.png", "a.txt", "a.xml", "b.txt", "deep/labels.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "zero.jpeg").touch()
    found = collect([tmp_path])
    assert names(found, tmp_path) == ["a.jpg", "b.PNG", "deep/er/c.png", "no_ending", "zero.jpeg"]
    assert found.skipped == {"hidden": 1, ".txt": 2, ".xml": 1, ".json": 1} and not found.failures
    assert skipped_line(found.skipped) == "skipped 5 files: 2 .txt, 1 hidden, 1 .xml, 1 .json"
    assert skipped_line(Counter({".txt": 1})) == "skipped 1 file: 1 .txt"


def test_collect_lists_named_files_unchecked_in_their_order(tmp_path):
    picture(tmp_path / "z.png")
    given = [tmp_path / "z.png", tmp_path / "none.jpg", tmp_path / ".hidden.txt"]
    assert collect(given).paths == given and not collect(given).skipped


def test_collect_lists_a_file_given_twice_once(tmp_path):
    photo = picture(tmp_path / "a.png")
    (tmp_path / "link.png").symlink_to(photo)
    found = collect([photo, photo, tmp_path])
    assert found.paths == [photo] and found.skipped == {"already listed": 3} and not found.failures


def test_collect_follows_links_without_cycles(tmp_path):
    picture(tmp_path / "other" / "b.png")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").symlink_to(picture(tmp_path / "one.png"))
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "other")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    found = collect([tmp_path / "in"])
    assert names(found, tmp_path / "in") == ["a.png", "folder/b.png"] and found.skipped == {"already listed": 1}


def test_collect_of_folders_without_pictures_gives_failures(tmp_path):
    picture(tmp_path / "good" / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").touch()
    found = collect([tmp_path / "empty", tmp_path / "good", tmp_path / "texts"])
    assert [failure.path for failure in found.failures] == [str(tmp_path / "empty"), str(tmp_path / "texts")]
    assert "without photographs or videos" in found.failures[0].reason and names(found, tmp_path) == ["good/a.png"]


def test_collect_of_invalid_paths_gives_failures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "a.png")
    found = collect(["", "a.png", "x" * 5000, "a\0b"])
    assert names(found, ".") == ["a.png"]
    assert [failure.reason for failure in found.failures] == [
        "an empty path", "not a path: File name too long", "not a path: embedded null byte"]


def test_collect_leaves_the_output_folder_out(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / "why" / "original.png")
    assert names(collect([tmp_path], without=tmp_path / "why"), tmp_path) == ["a.png"]


def test_collect_does_not_open_pipes(tmp_path):
    picture(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe")
    found = collect([tmp_path])
    assert names(found, tmp_path) == ["a.png"] and found.skipped.total() == 2


@pytest.mark.parametrize("name", ["größe 顔.png", b"caf\xe9.png"])
def test_collect_lists_names_of_any_bytes(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    picture(tmp_path / "plain.png").rename(path)
    assert collect([tmp_path]).paths == [path]
