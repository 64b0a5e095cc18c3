"""No output replaces an input or another output, by whatever way its path leads there."""

import os

import pytest

from catgan.errors import CatganError
from catgan.files import refuse_around, refuse_overwriting


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """`photo.png`, the same by a symbolic and a hard link, in a folder that a link leads to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "photo.png").write_bytes(b"photo")
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "link.png").symlink_to("real/photo.png")
    os.link(tmp_path / "real" / "photo.png", tmp_path / "hard.png")
    (tmp_path / "dangling.png").symlink_to("new.png")
    return tmp_path


@pytest.mark.parametrize("output, source", [
    ("real/photo.png", "real/photo.png"), ("real/../real/./photo.png", "real/photo.png"),
    ("linked/photo.png", "real/photo.png"), ("link.png", "real/photo.png"), ("real/photo.png", "link.png"),
    ("hard.png", "link.png"), ("{}/real/photo.png", "real/photo.png"), ("real", "linked"), ("new", "{}/new")])
def test_refuse_overwriting_of_an_input(folder, output, source):
    with pytest.raises(CatganError, match="must not overwrite an input. Received: "):
        refuse_overwriting([output.format(folder)], [source.format(folder)])


@pytest.mark.parametrize("one, other", [("a.png", "a.png"), ("real/a.png", "linked/a.png"), ("new.png", "dangling.png"),
                                        ("hard.png", "link.png")])
def test_refuse_overwriting_of_two_equal_outputs(folder, one, other):
    with pytest.raises(CatganError, match="Two results cannot be written to one file"):
        refuse_overwriting([one, other], [])


def test_refuse_overwriting_of_files_in_a_read_folder(folder):
    for output in ("real/photo.png", "linked/photo.png"):
        with pytest.raises(CatganError, match="a file of a folder that is read, real"):
            refuse_overwriting([output], ["real"])
    refuse_overwriting(["real/new.png", "real/sub/new.png", "other.png"], ["real", "preset_by_name"])
    (folder / "real" / "table.csv").write_text("old")
    refuse_overwriting(["real/table.csv"], ["real"], is_read=lambda path: path.suffix == ".png")


def test_refuse_around_of_a_folder_that_contains_a_read_one(folder):
    for output, what in (("real", "which is read"), ("linked", "which is read"), ("real/", "which is read"),
                         (".", "in which real is read"), ("linked/..", "in which real is read")):
        with pytest.raises(CatganError, match=f"must be a folder of its own. Received: {output}, {what}"):
            refuse_around(output, ["real"])
    refuse_around("real2", ["real"])
    refuse_around("real/new", ["real"])


@pytest.mark.parametrize("arguments", [
    ("edit", "run", "x.mp4", "--au", "12=3", "--out", "x.mp4"),
    ("edit", "run", "x.png", "--au", "12=3", "--out", "./x.png"),
    ("edit", "run", "x.png", "--au", "12=3", "--out", "y.png", "--crops", "y.png"),
    ("edit", "run", "x.png", "--au", "12=3", "--out", "y.png", "--crops", "x.png"),
    ("edit", "run", "x.png", "--au", "12=3", "--out", "y.png", "--json", "y.png"),
    ("edit", "run", "x.png", "--au", "12=3", "--out", "y.png", "--json", "link.json"),
    ("predict", "run", "x.png", "--json", "x.png"), ("predict", "run", "x.png", "--out", "x.png"),
    ("predict", "run", "photos", "--json", "photos/a.png"),
    ("explain", "run", "x.png", "--target", "AU12=0", "--out", "x.png"),
    ("explain", "run", "photos", "--target", "AU12=0", "--out", "photos"),
    ("explain", "run", "why/original.png", "--target", "AU12=0", "--out", "why"),
    ("generate", "run", "--out", "run"), ("generate", "run", "--out", "run/config.json"),
    ("view", "data", "--out", "data/dataset.json"), ("view", "data", "--out", "s.png", "--json", "s.png"),
    ("export", "data", "--to", "csv", "--out", "data"), ("complete", "data", "run", "--out", "data"),
    ("complete", "data", "run", "--out", "run"), ("info", "run", "--json", "run/config.json"),
    ("build", "r.yaml", "--out", "out", "--json", "r.yaml"), ("build", "r.yaml", "--out", "r.yaml"),
    ("render", "--n", "2", "--out", "o", "--json", "o"),
    ("evaluate", "run", "--data", "data", "--json", "data/dataset.json"),
    ("train", "r.yaml", "--data", "data", "--json", "r.yaml"),
    ("benchmark", "edit", "run", "--data", "data", "--out", "data")])
def test_verbs_refuse_before_any_work(tmp_path, monkeypatch, capsys, arguments):
    """None of these files can be read at all: a verb that began to work would say so."""
    from PIL import Image

    from catgan.cli.main import main
    from tests.harness.filming import greys

    monkeypatch.chdir(tmp_path)
    for name in ("run/config.json", "data/dataset.json", "x.mp4", "x.png", "why/original.png", "r.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"content")
    (tmp_path / "link.json").symlink_to("x.png")
    (tmp_path / "photos").mkdir()
    Image.fromarray(greys(1)[0]).save(tmp_path / "photos" / "a.png")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main(list(arguments)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and ("must not overwrite" in lines[0] or "Two results cannot" in lines[0]), lines
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_every_verb_says_which_paths_it_reads_and_writes():
    """An argument whose value is a path, and that no verb declares, could be overwritten."""
    from catgan.cli.main import VERBS, parser

    verbs = next(action for action in parser()._actions if action.dest == "verb").choices
    for verb in VERBS:
        declared = {name for kind in ("READS", "PICTURES", "WRITES") for name in getattr(verb, kind, ())}
        paths = {action.dest for action in verbs[verb.NAME]._actions if action.dest != "json" and any(
            word in str(action.metavar) for word in ("FILE", "DIR", "RUN", "COPY", "TABLE", "YAML", "yaml", "VIDEO",
                                                     "IMAGE", "PHOTO", "FOLDER", "STORE", "DATASET"))}
        assert paths == declared, verb.NAME


def test_a_build_leaves_sources_and_other_work_alone(tmp_path):
    from catgan.data.builder.build import build
    from catgan.data.builder.recipe import Recipe, SourceConfig

    (tmp_path / "mine" / "work").mkdir(parents=True)
    (tmp_path / "mine" / "work" / "notes.txt").write_text("mine")
    recipe = Recipe("r", (SourceConfig("s", "emotionet", str(tmp_path / "source"), "tool"),), image_size=32)
    with pytest.raises(CatganError, match="mine is not empty and holds no catgan build"):
        build(recipe, tmp_path / "mine", workers=1)
    with pytest.raises(CatganError, match="in which .*source is read"):
        build(recipe, tmp_path, workers=1)
    assert (tmp_path / "mine" / "work" / "notes.txt").read_text() == "mine"
