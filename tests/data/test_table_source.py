"""The reader of any table."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan import config
from catgan.data import sources
from catgan.data.recipe import SourceConfig
from catgan.data.records import Rejected
from catgan.errors import AnnotationError, CatganError

OPTIONS = {"file": "labels.csv", "image": "name", "images": "crops", "subject": "who", "valence": "v / 10",
           "arousal": "a", "expression": "word", "AU12": "smile", "AU06 intensity": "cheek", "unknown": "NA, -9"}
HEADER = "name, who,v,a,word,smile,cheek,other\n"


def read(root, **changes):
    return list(sources.read("table", "src", root, {**OPTIONS, **changes}))


def test_columns_are_what_the_recipe_says(tmp_path):
    (tmp_path / "labels.csv").write_text("\ufeff" + HEADER + "a/1.jpg,P1,-3,0.5,Happy,1,2.5,x\nb.jpg,,NA,-9,,NA,,y\n")
    first, second = read(tmp_path)
    assert (first.valence, first.arousal, first.expression, first.subject) == (-0.3, 0.5, "happiness", "P1")
    assert first.presence == {12: 1} and first.intensity == {6: 2.5}
    assert first.path == tmp_path / "crops" / "a" / "1.jpg" and first.row == "labels.csv:2"
    assert isinstance(second, Rejected) and second.reason == "no label"


def test_tab_and_parquet_say_the_same(tmp_path):
    (tmp_path / "labels.csv").write_text(HEADER + "a.jpg,P1,-3,0.5,Happy,1,2.5,x\n")
    (tmp_path / "labels.tsv").write_text(HEADER.replace(",", "\t") + "a.jpg\tP1\t-3\t0.5\tHappy\t1\t2.5\tx\n")
    pq.write_table(pa.table({"name": ["a.jpg"], "who": ["P1"], "v": [-3.0], "a": [0.5], "word": ["Happy"],
                             "smile": [1], "cheek": [2.5], "other": [None]}), tmp_path / "labels.parquet")
    (csv,), (tab,), (parquet,) = (read(tmp_path, file=f"labels.{ending}") for ending in ("csv", "tsv", "parquet"))
    for other in (tab, parquet):
        assert (other.presence, other.intensity, other.valence, other.expression, other.key) == (
            csv.presence, csv.intensity, csv.valence, csv.expression, csv.key)


@pytest.mark.parametrize("row, message", [
    ("a.jpg,P,11,0,,1,1,", "v must lie in -10..10"), ("a.jpg,P,0,0,rage,1,1,", "Unknown expression"),
    ("a.jpg,P,0,0,,2,1,", "smile must lie in 0..1"), ("a.jpg,P,0,0,,0.5,1,", "whole number"),
    ("a.jpg,P,0,0,,1,6,", "cheek must lie in 0..5"), (",P,0,0,,1,1,", "must name the image"),
    ("../a.jpg,P,0,0,,1,1,", "inside its root"), ("a.jpg,P,0", "8 columns"), ("a.jpg,P,x,0,,1,1,", "must be a number")])
def test_damage_is_named_by_its_line(tmp_path, row, message):
    (tmp_path / "labels.csv").write_text(HEADER + "b.jpg,P,0,0,,1,1,\n" + row + "\n")
    with pytest.raises(AnnotationError, match=message) as caught:
        read(tmp_path)
    assert caught.value.line == 3


@pytest.mark.parametrize("changes, message", [
    ({"AU3": "x"}, "no Action Unit 3"), ({"smile": "x"}, "Unknown option"),
    ({"file": "../labels.csv"}, "inside its root"),
    ({"file": "none.csv"}, "not found"), ({"valence": "missing"}, "lacks missing"),
    ({"file": "labels.xls"}, "ends in")])
def test_options_that_cannot_be(tmp_path, changes, message):
    (tmp_path / "labels.csv").write_text(HEADER)
    (tmp_path / "labels.xls").write_text("")
    with pytest.raises(CatganError, match=message):
        read(tmp_path, **changes)


def test_not_a_parquet_file(tmp_path):
    (tmp_path / "labels.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(CatganError, match="not a Parquet file"):
        read(tmp_path, file="labels.parquet")


def test_options_in_a_recipe():
    options = {"file": "a.csv", "image": "i"}
    content = {"name": "mine", "format": "table", "root": ".", "kind": "human", "options": options}
    assert config.from_mapping(SourceConfig, content).options == options
    with pytest.raises(CatganError, match="Unknown option of format disfa"):
        config.from_mapping(SourceConfig, content | {"format": "disfa"})
