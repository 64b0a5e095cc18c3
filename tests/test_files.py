import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan import files
from catgan.errors import CatganError


def test_atomic_write_leaves_the_old_file_on_failure(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError):
        with files.atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert path.read_text() == "old"
    assert [item.name for item in path.parent.iterdir()] == ["a.txt"]


def test_temporary_name_keeps_the_ending(tmp_path):
    with files.atomic_path(tmp_path / "g.weights.h5") as temporary:
        assert temporary.name.endswith(".weights.h5")
        temporary.write_bytes(b"1")


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "a.json", {"x": float("nan")})
    files.write_json(tmp_path / "a.json", {"x": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1}


@pytest.mark.parametrize("relative", ["", " ", "/etc/passwd", "../x", "a/../../x", ".", "a/..", "a\0b"])
def test_paths_that_climb_out(tmp_path, relative):
    with pytest.raises(CatganError, match="inside its root"):
        files.path_inside(tmp_path, relative)


def test_symbolic_link_out_of_the_root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(CatganError):
        files.path_inside(root, "link/secret.jpg")


@given(st.text(max_size=30))
def test_what_is_accepted_stays_inside(tmp_path_factory, relative):
    root = tmp_path_factory.getbasetemp()
    try:
        path = files.path_inside(root, relative)
    except (CatganError, OSError):
        return
    assert path.resolve().is_relative_to(root.resolve())


def test_what_a_killed_process_left_is_cleared(tmp_path):
    left = tmp_path / "deep" / ".123.tmp.file.json"
    left.parent.mkdir()
    for path in (left, tmp_path / ".hidden", tmp_path / "kept.tmp.txt"):
        path.write_text("x")
    files.clear_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "deep", "kept.tmp.txt"]
    assert not left.exists()
