import json
import unicodedata
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan import files
from catgan.errors import CatganError


def path_inside(root, relative):
    return Path(files.inside(root, relative))


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
def test_inside_of_paths_that_climb_out_is_refused(tmp_path, relative):
    with pytest.raises(CatganError, match="inside its root"):
        path_inside(tmp_path, relative)


def test_inside_of_a_link_out_of_the_root_is_refused(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(CatganError):
        path_inside(root, "link/secret.jpg")


@given(st.text(max_size=30))
def test_inside_of_any_text_stays_inside_or_is_refused(tmp_path_factory, relative):
    root = tmp_path_factory.getbasetemp()
    try:
        path = path_inside(root, relative)
    except (CatganError, OSError):
        return
    assert path.resolve().is_relative_to(root.resolve())


def test_clear_temporary_removes_files_of_killed_processes(tmp_path):
    left = tmp_path / "deep" / ".123.tmp.file.json"
    left.parent.mkdir()
    for path in (left, tmp_path / ".hidden", tmp_path / "kept.tmp.txt"):
        path.write_text("x")
    files.clear_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "deep", "kept.tmp.txt"]
    assert not left.exists()


# === Spellings of one path ===


@pytest.mark.parametrize("written", ["a/b.jpg", "a\\b.jpg", "./a/b.jpg", "a//b.jpg", "ROOT/a/b.jpg", "ROOT/./a//b.jpg",
                                     "a/b.JPG", "a/b.Jpg", "ROOT\\a\\b.JPG"])
def test_inside_accepts_many_spellings_of_a_file(tmp_path, written):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.jpg").touch()
    written = written.replace("ROOT", str(tmp_path))
    assert path_inside(tmp_path, written).samefile(tmp_path / "a" / "b.jpg")
    assert files.local(tmp_path, written).lower() == "a/b.jpg"


@pytest.mark.parametrize("form, other", [("NFC", "NFD"), ("NFD", "NFC")])
def test_inside_accepts_composed_and_decomposed_letters(tmp_path, form, other):
    folder, name = "Zoë", "Jürgen.jpg"
    (tmp_path / unicodedata.normalize(form, folder)).mkdir()
    path = tmp_path / unicodedata.normalize(form, folder) / unicodedata.normalize(form, name)
    path.touch()
    written = unicodedata.normalize(other, folder) + "/" + unicodedata.normalize(other, name).replace("jpg", "JPG")
    assert path_inside(tmp_path, written) == path


def test_inside_of_an_ambiguous_extension_stays_unchanged(tmp_path):
    for ending in ("jpg", "JPG"):
        (tmp_path / f"a.{ending}").touch()
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system does not tell letters' case")
    assert path_inside(tmp_path, "a.Jpg") == tmp_path / "a.Jpg"  # which is missing
    assert path_inside(tmp_path, "a.JPG") == tmp_path / "a.JPG"


def test_inside_keeps_the_case_of_names(tmp_path):
    """Names made of random letters differ by case alone."""
    (tmp_path / "aB.jpg").touch()
    if (tmp_path / "Ab.jpg").exists():
        pytest.skip("this file system does not tell letters' case")
    assert path_inside(tmp_path, "Ab.jpg") == tmp_path / "Ab.jpg"


@pytest.mark.parametrize("written", [
    "..\\secret.jpg", "a\\..\\..\\secret.jpg", "\\\\server\\share\\a.jpg", "//server/a.jpg", "ROOT/../secret.jpg",
    "ROOT/", "ROOTx/secret.jpg", "\\etc\\passwd", "secret.jpg\0", "C:\\secret.jpg", "c:/secret.jpg"])
def test_inside_of_other_spellings_that_climb_out_is_refused(tmp_path, written):
    root = tmp_path / "root"
    root.mkdir()
    for folder in (tmp_path, tmp_path / "rootx"):
        folder.mkdir(exist_ok=True)
        (folder / "secret.jpg").touch()
    with pytest.raises(CatganError, match="inside its root"):
        path_inside(root, written.replace("ROOT", str(root)))


def test_inside_of_a_link_in_another_spelling_is_refused(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.jpg").touch()
    (root / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    for written in ("a.jpg", "a.JPG"):
        with pytest.raises(CatganError, match="follow_links: true"):
            path_inside(root, written)


def test_inside_of_a_linked_root_allows_links(tmp_path):
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jpg").touch()
    (root / "folder").symlink_to(tmp_path / "out")
    (root / "file.jpg").symlink_to(tmp_path / "out" / "a.jpg")
    linked = files.LinkedRoot(root)
    for written in ("folder/a.jpg", "file.jpg", "folder/a.JPG"):
        assert path_inside(linked, written).samefile(tmp_path / "out" / "a.jpg")
    assert path_inside(linked / "folder", "a.jpg").is_file()
    for written in ("../out/a.jpg", "folder/../a.jpg", str(tmp_path / "out" / "a.jpg"), "in/../../out/a.jpg"):
        with pytest.raises(CatganError, match="inside its root"):
            path_inside(linked, written)


@given(st.text("ab./\\é", max_size=12))
def test_inside_of_any_spelling_stays_inside(tmp_path_factory, relative):
    root = tmp_path_factory.getbasetemp() / "spelled"
    (root / "a").mkdir(parents=True, exist_ok=True)
    (root / "a" / "b.é").touch()
    try:
        path = path_inside(root, relative)
    except CatganError:
        return
    assert path.resolve().is_relative_to(root.resolve())


@pytest.mark.parametrize("variables, expected", [
    ({"CATGAN_CACHE": "a", "XDG_CACHE_HOME": "b"}, "a/faces"), ({"XDG_CACHE_HOME": "b"}, "b/catgan/faces"),
    ({"HOME": "c"}, "c/.cache/catgan/faces")])
def test_cache_folder_follows_the_environment_and_is_private(tmp_path, monkeypatch, variables, expected):
    for name in ("CATGAN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in variables.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    (tmp_path / expected).mkdir(parents=True, mode=0o777)
    assert files.cache_folder("faces") == tmp_path / expected
    assert (tmp_path / expected).stat().st_mode & 0o777 == 0o700


def test_cache_folder_that_is_a_link_or_a_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("CATGAN_CACHE", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(CatganError, match="cannot be used.*Set CATGAN_CACHE to a folder of your own"):
            files.cache_folder(name)


def test_fill_template_escapes_values_and_refuses_missing_names(tmp_path):
    template = tmp_path / "page.html"
    template.write_text("<p title='{{ title }}'>{% for name in names %}{{ name }};{% endfor %}</p>\n", encoding="utf-8")
    filled = files.fill_template(template, title="'><script>", names=["a&b", "é"])
    assert filled == "<p title='&#39;&gt;&lt;script&gt;'>a&amp;b;é;</p>\n"
    with pytest.raises(jinja2.UndefinedError, match="'title' is undefined"):
        files.fill_template(template, names=[])
