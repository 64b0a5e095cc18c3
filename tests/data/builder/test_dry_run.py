from catgan.data.builder.dry_run import dry_run
from catgan.data.builder.recipe import Recipe, SourceConfig
from tests.harness.annotations import affectnet_line, write_affectnet


def test_it_counts_and_writes_nothing(tmp_path):
    write_affectnet(tmp_path, affectnet_line("1/a.jpg"), affectnet_line("1/b.jpg", "9", "-2", "-2"),
                    affectnet_line("1/c.jpg", "8", "0.1", "-2"))
    (tmp_path / "Manually_Annotated_Images" / "1").mkdir(parents=True)
    (tmp_path / "Manually_Annotated_Images" / "1" / "a.jpg").write_bytes(b"not opened")
    before = sorted(tmp_path.rglob("*"))
    counts = dry_run(Recipe("one", (SourceConfig("va", "affectnet", str(tmp_path), "human"),)))
    source = counts["sources"]["va"]
    assert (counts["rows"], counts["labelled"], counts["missing_files"]) == (3, 2, 1)
    assert source["rejected"] == {"no label": 1} and source["labels"] == {"arousal": 1, "expression": 1, "valence": 2}
    assert source["missing"] == ["1/c.jpg"] and source["subjects"] == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_the_real_trees(shared):
    source = SourceConfig("abaw", "affwild2_mtl", str(shared / "data" / "abaw_mtl"), "tool")
    counts = dry_run(Recipe("one", (source,)))
    assert counts["rows"] == 1200 and counts["sources"]["abaw"]["videos"] > 0


def test_pictures_of_several_people_are_counted(tmp_path):
    (tmp_path / "l.csv").write_text("path,who,v,x,y,w,h\nf.jpg,anna,1,0,0,9,9\nf.jpg,bob,-1,20,0,9,9\n"
                                    "f.jpg,bob,-1,20,0,9,9\ng.jpg,anna,0,,,,\n")
    options = {"file": "l.csv", "image": "path", "subject": "who", "valence": "v"}
    for more, count in (({}, 1), ({"box": ["x", "y", "w", "h"]}, 0)):
        source = SourceConfig("s", "table", str(tmp_path), "human", options={**options, **more})
        assert dry_run(Recipe("r", (source,)))["sources"]["s"]["several_people"] == count
