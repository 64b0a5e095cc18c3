"""The reader of any table."""

import io
import random
import unicodedata
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan import config
from catgan.data import sources
from catgan.data.builder.recipe import Recipe, SourceConfig, fingerprint
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.tables import EXPECTED, plain, said, text_of

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
    ({"file": "labels.xls"}, "ends in"), ({"file": "*.parquet"}, "no \\*.parquet"),
    ({"file": "../*.csv"}, "inside"),
    ({"file": "/labels.csv"}, "inside"), ({"beside": True}, "not given together"),
    ({"encoding": "klingon"}, "encoding"),
    ({"AU6 intensity": "v"}, "two options give AU06"),
    ({"follow_links": True}, "beside `root`"), ({"box": ["x"]}, "box"), ({"image": "{none}.jpg"}, "lacks none")])
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


# === Kinds of tables ===

@pytest.mark.parametrize("file, text", [
    ("l.csv", text_of()), ("L.CSV", text_of(";", True)), ("l.csv", text_of(";")), ("l.csv", text_of("\t", True)),
    ("l.csv", text_of("|")), ("l.tsv", text_of("\t")), ("l.TSV", text_of(",")), ("l.tab", text_of("\t")),
    ("l.txt", text_of("\t")), ("l.txt", text_of(";", True)), ("l.csv", text_of(";", True, "\r\n", "sep=;\n")),
    ("l.csv", "\n\n" + text_of(";", True)), ("l.csv", text_of(end="\r")), ("l.csv", text_of(end="\r\n")),
    ("l.csv", text_of().replace("-0.5", '"-0,5"')), ("l.csv", "\ufeff" + text_of(";", True)),
    ("l.csv", text_of(" ; ", True)), ("l.csv", text_of().replace("path", '"path"').replace("who", '"who"')),
    ("l.csv", text_of().replace("\n", ",\n")), ("l.csv", text_of().replace("1\n", "1,,\n").replace("\nb", "\nb"))])
def test_separators_and_decimal_commas(tmp_path, file, text):
    (tmp_path / file).write_bytes(text.encode())
    assert said(plain(tmp_path, file=file)) == EXPECTED


def test_blanks_separate_where_nothing_else_does(tmp_path):
    (tmp_path / "l.txt").write_text("path who v smile\na.jpg P1 -0.5 1\n")
    assert said(plain(tmp_path, file="l.txt")) == EXPECTED[:1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_encodings(tmp_path, caplog, encoding):
    (tmp_path / "labels.csv").write_bytes(text_of(";", True).replace("P1", "Jürgen").encode(encoding))
    assert plain(tmp_path)[0].subject == "Jürgen"
    warned = "is not UTF-8: it is read as Windows-1252" in caplog.text
    assert warned == (encoding in ("cp1252", "latin-1"))


def test_encoding_that_the_recipe_names_is_used_without_a_warning(tmp_path, caplog):
    (tmp_path / "labels.csv").write_bytes(text_of().replace("P1", "李").encode("gb18030"))
    assert plain(tmp_path, encoding="gb18030")[0].subject == "李" and not caplog.text
    with pytest.raises(CatganError, match="not text in ascii"):
        plain(tmp_path, encoding="ascii")


def test_line_breaks_in_cells(tmp_path):
    (tmp_path / "labels.csv").write_text('path,who,"a\nnote",v,smile\na.jpg,P1,"[0 1\n\n 2 3]",-0.5,1\n'
                                         'b.jpg,"P\n2","say ""so"", he\nsaid",0.25,\nc.jpg,P3,,2,1\n')
    with pytest.raises(AnnotationError, match="v must lie in") as caught:
        plain(tmp_path)
    assert caught.value.line == 9  # as an editor counts
    text = (tmp_path / "labels.csv").read_text().replace(",2,1\n", ",1,1\n")
    (tmp_path / "labels.csv").write_text(text)
    first, second, third = plain(tmp_path)
    assert said([first])[0] == EXPECTED[0] and second.subject == "P\n2" and third.row == "labels.csv:9"
    assert [row.row for row in (first, second)] == ["labels.csv:3", "labels.csv:6"]


def test_a_quote_that_is_never_closed(tmp_path):
    (tmp_path / "labels.csv").write_text('path,who,v,smile\na.jpg,"P1,-0.5,1\nb.jpg,P2,0,1\n')
    with pytest.raises(AnnotationError, match="not a row of a table") as caught:
        plain(tmp_path)
    assert caught.value.line == 2


def test_headers_with_blanks_and_columns_that_nobody_needs(tmp_path):
    (tmp_path / "labels.csv").write_text(' path ,who,v , my  smile,note,note,,\na.jpg,P1,-0.5,1,x,y,,\n')
    assert said(plain(tmp_path, image="path ", AU12="my smile"))[0] == EXPECTED[0]
    with pytest.raises(AnnotationError, match="names the column note twice"):
        plain(tmp_path, image="path", AU12="note")
    with pytest.raises(AnnotationError, match="lacks my smiles. Did you mean 'my smile'. It has: path, who"):
        plain(tmp_path, image="path", AU12="my smiles")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text("ab,;\t|\"\n é'", max_size=6), st.floats(-1, 1, allow_nan=False)), min_size=1,
                max_size=4), st.sampled_from(",;\t|"), st.booleans(), st.sampled_from(["utf-8", "utf-16"]))
def test_what_a_writer_writes_is_read(tmp_path_factory, rows, delimiter, comma, encoding):
    import csv

    root = tmp_path_factory.getbasetemp() / "written"
    root.mkdir(exist_ok=True)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["path", "who", "v"])
    for number, (who, value) in enumerate(rows):
        writer.writerow([f"{number}.jpg", who, str(value).replace(".", ",") if comma else str(value)])
    (root / "labels.csv").write_bytes(stream.getvalue().encode(encoding))
    found = list(sources.read("table", "src", root, {"file": "labels.csv", "image": "path", "subject": "who",
                                                     "valence": "v"}))
    assert [(row.subject, row.valence) for row in found] == [(who.strip() or None, value) for who, value in rows]


# === Several files, and paths ===


def test_several_tables(tmp_path):
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "l.csv").write_text(text_of())
    by_pattern = plain(tmp_path, file="*/l.csv", beside=True)
    assert [row.key for row in by_pattern] == ["test/a.jpg", "test/b.jpg", "train/a.jpg", "train/b.jpg"]
    assert by_pattern[2].row == "train/l.csv:2" and by_pattern[2].path == tmp_path / "train" / "a.jpg"
    by_name = plain(tmp_path, file=["train/l.csv", "test/l.csv"])
    assert [(row.key, row.row) for row in by_name][::2] == [("a.jpg", "train/l.csv:2"), ("a.jpg", "test/l.csv:2")]


def test_a_path_of_several_columns(tmp_path):
    (tmp_path / "labels.csv").write_text("folder,name,v\nx,1,0.5\ny,2,0.1\n,3,0\n")
    options = {"file": "labels.csv", "image": "{folder}/{name}.jpg", "images": "img", "valence": "v"}
    with pytest.raises(AnnotationError, match="column 'folder' must name the image"):
        list(sources.read("table", "s", tmp_path, options))
    (tmp_path / "labels.csv").write_text("folder,name,v\nx,1,0.5\n..,secret,0.1\n")
    rows = sources.read("table", "s", tmp_path, options)
    assert next(rows).key == "img/x/1.jpg"
    with pytest.raises(AnnotationError, match="inside its root"):
        next(rows)


@pytest.mark.parametrize("written", ["img/Zoë.JPG", "img\\Zoë.jpg", "./img/Zoë.jpg", "ROOT/img/Zoë.jpg", "NFD"])
def test_spellings_of_a_path(tmp_path, written):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "Zoë.jpg").touch()
    written = unicodedata.normalize("NFD", "img/Zoë.jpg") if written == "NFD" else written
    (tmp_path / "labels.csv").write_text(f"path,v\n{written.replace('ROOT', str(tmp_path))},0.5\n")
    record, = sources.read("table", "s", tmp_path, {"file": "labels.csv", "image": "path", "valence": "v"})
    assert record.path.samefile(tmp_path / "img" / "Zoë.jpg") and record.key.startswith("img/Zo")
    assert "\\" not in record.key


def test_links_that_lead_out(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "a.jpg").touch()
    (root / "crops").symlink_to(tmp_path / "big")
    (root / "labels.csv").write_text("path,v\ncrops/a.jpg,0.5\n")
    options = {"file": "labels.csv", "image": "path", "valence": "v"}
    source = {"name": "s", "format": "table", "root": str(root), "kind": "human", "options": options}
    for allowed in (False, True):
        found = config.from_mapping(SourceConfig, source | {"follow_links": allowed})
        rows = sources.read("table", "s", found.folder, found.options)
        if not allowed:
            with pytest.raises(AnnotationError, match="follow_links: true"):
                list(rows)
        else:
            record, = rows
            assert record.path.samefile(tmp_path / "big" / "a.jpg") and record.key == "crops/a.jpg"


# === What cells mean ===


def test_scales_boxes_and_splits_of_a_table(tmp_path):
    (tmp_path / "labels.csv").write_text(
        "path,v,a,e,p,g,part,x1,y1,x2,y2,who\na.jpg,1,9,2,0.7,B,A,10,20,30,60,9.0\nb.jpg,12,1,2,0.7,C,B,,,,,9\n"
        "c.jpg,5,5,-9.0,,,B,,,,,9\n")
    options = {"file": "labels.csv", "image": "path", "valence": {"column": "v", "from": 1, "to": 9},
               "arousal": {"column": "a", "from": 9, "to": 1}, "expression": {"column": "e", "names": {"2": "sad"}},
               "AU12": {"column": "p", "present_from": 0.5}, "AU06 intensity": "g", "unknown": [-9, "NA"],
               "split": {"column": "part", "names": {"A": "train", "B": "val"}}, "subject": "who",
               "box": {"left": "x1", "top": "y1", "right": "x2", "bottom": "y2"}}
    first, outside, third = sources.read("table", "s", tmp_path, options)
    assert (first.valence, first.arousal, first.expression, first.presence, first.intensity) == (
        -1.0, -1.0, "sadness", {12: 1}, {6: 2.0})
    assert (first.box, first.official_split, first.subject) == ((10, 20, 20, 40), "training", "9")
    assert isinstance(outside, Rejected) and outside.reason == "outside of the declared scale"
    assert outside.detail == "v must lie in 1..9. Received: 12." and outside.row == "labels.csv:3"
    assert (third.valence, third.expression, third.box, third.official_split, third.subject) == (
        0.0, None, None, "validation", "9")


@pytest.mark.parametrize("cells, fine", [
    ((1, 5, 9), False), ((0, 3), False), ((7,), False), ((-1, 5), True), ((), True)])
def test_a_division_that_makes_every_face_positive(tmp_path, cells, fine):
    (tmp_path / "labels.csv").write_text("path,v,e\nx.jpg,,happy\n" + "".join(f"{n}.jpg,{v},\n"
                                                                              for n, v in enumerate(cells)))
    rows = sources.read("table", "s", tmp_path, {"file": "labels.csv", "image": "path", "valence": "v / 9",
                                                 "expression": "e"})
    if fine:
        assert len(list(rows)) == 1 + len(cells)
    else:
        with pytest.raises(CatganError, match="from: 1, to: 9"):
            list(rows)


def test_tables_of_one_root_are_a_family():
    def source(name, root, **more):
        return SourceConfig(name, "table", root, "human", options={"file": "a", "image": "b"}, **more)

    recipe = Recipe("r", (source("a", "/x"), source("b", "/x/"), source("c", "/y"), source("d", "/x", family="own")))
    assert recipe.families == {"a": "a", "b": "a"}


def test_keys_of_options_are_text():
    source = SourceConfig("s", "table", ".", "human", options={"expression": {"column": "e", "names": {0: "neutral",
                                                                                                       True: "happy"}}})
    assert source.options["expression"]["names"] == {"0": "neutral", "true": "happy"}
    recipe = Recipe("r", (source,))
    assert fingerprint(recipe) == fingerprint(replace(recipe, sources=(replace(source, follow_links=True),)))


def test_a_damaged_parquet_gives_rows_or_an_error_of_its_own(tmp_path):
    table = pa.table({"path": ["a.jpg", "b.jpg"], "who": ["x", "y"], "v": [0.5, 0.1], "smile": [1, 0]})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    draw, whole = random.Random(3), stream.getvalue()
    for _ in range(150):
        at = draw.randrange(len(whole))
        (tmp_path / "l.parquet").write_bytes(whole[:at] + bytes([draw.randrange(256)]) + whole[at + 1:])
        try:
            found = plain(tmp_path, file="l.parquet")
        except CatganError as error:
            assert str(tmp_path) in str(error)
        else:
            assert all(row.path.is_relative_to(tmp_path) for row in found)
