import itertools

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data import query, shards, store
from catgan.errors import CatganError

COLUMNS = {"id": "text", "subject": "text", "split": "text", "AU04_present": "number", "AU12": "number",
           "AU12_present": "number", "AU12_source": "text", "valence": "number", "expression": "text",
           "frame": "number", "predicted_AU04_present": "number", "predicted_AU12": "number",
           "predicted_expression": "text"}
TABLE = pa.table({
    "id": ["a", "b", "c", "d"], "subject": ["a b/c", None, 'say "x"', "10"],
    "split": ["train", "test", "test", "train"],
    "AU04_present": pa.array([1, 0, None, 1], pa.int8()), "AU12": pa.array([3.0, 0.3, None, 5.0], pa.float32()),
    "AU12_present": pa.array([1, 0, None, None], pa.int8()), "AU12_source": ["x", "x", None, "y"],
    "valence": pa.array([-0.5, np.nan, 0.3, None], pa.float32()), "expression": ["sadness", "happiness", None, "fear"],
    "frame": pa.array([1, 2, None, 2**40], pa.int64()),
    "predicted_AU04_present": pa.array([0.1, 0.9, 0.5, None], pa.float32()),
    "predicted_AU12": pa.array([2.5, 0.0, 4.0, None], pa.float32()),
    "predicted_expression": ["happiness", "neutral", "happiness", None]})


def found(text, table=TABLE):
    return "".join(np.array(TABLE["id"].to_pylist())[query.parse(text, COLUMNS).matches(table)])


@pytest.mark.parametrize("text, ids", [
    ("AU12>=3", "ad"), ("au12 >= 3 and valence<0", "a"), ("AU012=0.3", "b"), ("valence<=0.3", "ac"),
    ("not expression=sadness", "bd"), ("expression != sadness", "bd"), ("expression=Sad or expression='joy'", "ab"),
    ("(AU4_present=1 or au04_PRESENT==0) and split=test", "b"), ('subject="a b/c"', "a"), ("subject='10'", "d"),
    (r'subject="say \"x\""', "c"), ("AU12 is unknown", "c"), ("AU12 IS KNOWN", "abd"), ("AU12 is not known", "c"),
    ("valence is unknown", "bd"), ("not valence is unknown", "ac"), ("AU12_source=y", "d"), ("frame>=1.1e12", ""),
    ("frame=1099511627776", "d"), ("frame<1e300", "abd"), ("valence<1e300", "ac"), ("AU12>-.5", "abd"),
    ("predicted_AU4_present>=0.5", "bc"), ("AU12 is unknown and Predicted_au12>3", "c"),
    ("predicted_expression=Happy", "ac"), ("predicted_expression != joy", "b"),
    # Kleene: false and unknown is false, true or unknown is true, whatever the order.
    ("not (AU12=1 and valence=0)", "abcd"), ("not (AU12=1 or valence=0)", "a"),
    ("AU12=0.3 or valence=0", "b"), ("valence=0 or AU12=0.3", "b"),
    ("AU12=1 or valence=0 and AU12=1 or AU4_present=1", "ad"), ("not AU12=1 and AU4_present=1", "ad")])
def test_what_is_found(text, ids):
    assert found(text) == ids
    batches = TABLE.to_batches(max_chunksize=3)
    read = query.parse(text, COLUMNS)
    assert np.concatenate([read.matches(batch) for batch in batches]).tolist() == read.matches(TABLE).tolist()


@pytest.mark.parametrize("text, ids", [
    ("AU12 between 0.3 and 3 and valence<0", "a"), ("AU12 not between 1 and 4", "bd"),
    ("expression in (Sad, joy)", "ab"),
    ("not expression in ('sadness')", "bd"), ("frame not in (1, 2)", "d"), ("subject like 'a%'", "a"),
    ("predicted_AU12 < AU12", "ab"), ("predicted_AU12 + AU12 > 5", "a"), ("(AU12 - 1) * 2 = 4 or au12 = frame", "a"),
    ("id='a'' or ''1''=''1'", None), ("id in ('a', '\\' or 1=1 --')", "a"),
    ("frame % 2 = 0", "bd")])
def test_query_with_more_of_sql_finds_rows(text, ids):
    if ids is None:
        with pytest.raises(CatganError):
            found(text)
    else:
        assert found(text) == ids


@pytest.mark.parametrize("text", [
    "AU12 in (select 1)", "id in (select content from read_text('/etc/passwd'))", "AU12=1; drop table faces",
    "read_text('/etc/passwd') = id", "id = getenv('HOME')", "exists (select 1)", "AU12=1 union select 1",
    "faces.AU12=1", "AU12=1 /* */ or true", "AU12::text = 'x'", "id = $1", "id=? or id=?", "AU12 = 1 = 1",
    "AU12 between 1", "AU12 and valence<0", "AU12 + AU12", "not AU12", "AU12 in ()", "AU12 in 3", "like",
    "id like id="])
def test_query_with_other_sql_is_refused_in_one_line(text):
    try:
        read = query.parse(text, COLUMNS)
    except CatganError as error:
        assert len(str(error).splitlines()) == 1
    else:  # words after a text column are values
        assert not read.matches(TABLE).any()


def test_database_of_queries_reaches_no_file_setting_or_variable(tmp_path):
    secret = pa.table({"x": [1]})
    (tmp_path / "x.csv").write_text("x\n1\n")
    for sql in (f"SELECT * FROM read_csv('{tmp_path}/x.csv')", f"COPY (SELECT 1) TO '{tmp_path}/y.csv'",
                f"ATTACH '{tmp_path}/z.db'", "INSTALL httpfs", "SET enable_external_access = true",
                "SELECT * FROM secret", "SET threads = 2"):
        with query._database().cursor() as cursor, pytest.raises(duckdb.Error):
            cursor.execute(sql).fetchall()
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"] and len(secret) == 1


def test_matches_of_one_query_does_not_leave_rows_for_the_next():
    assert found("AU12>=3") == "ad"
    with query._database().cursor() as cursor, pytest.raises(duckdb.Error, match="does not exist"):
        cursor.execute("SELECT * FROM faces")


def test_matches_keeps_the_order_of_many_rows():
    values = np.random.default_rng(0).integers(0, 2, 300_000).astype(np.int8)
    read = query.parse("a=1", {"a": "number"})
    assert (read.matches(pa.table({"a": values})) == (values == 1)).all()


def test_columns_are_those_that_are_named():
    read = query.parse("valence<0 or (au12>1 and not valence is unknown)", COLUMNS)
    assert read.columns == ("valence", "AU12")
    assert read.matches(TABLE.select(read.columns)).tolist() == [True, False, False, False]
    assert read.matches(TABLE.slice(0, 0)).shape == (0,)


@pytest.mark.parametrize("text, message", [
    ("", "at least one column"), ("  \n", "at least one column"), ("AU12", r"position 5 \(\^ in: AU12\^\)"),
    ("AU12>=", "a value is expected after '>='"), ("AU12>=3 adn valence<0", r"AU12>=3 \^adn valence<0.*'and', 'or'"),
    ("(AU12>=3", r"'\)' is expected, for the '\(' at position 1"), ("AU12>=3)", "the end is expected"),
    ("AU12=high", "compared with a number. Received: high"), ("AU12='3'", "compared with a number"),
    ("AU12=1e999", "compared with a number"), ("AU12=nan", "compared with a number"),
    ("subject=10", "needs quotation marks"), ("expression<fear", "with = or != only"),
    ("AU12=unknown", "write 'AU12 is unknown'"), ("expression=sadnes", "Did you mean 'sadness'"),
    ("valance<0", "Did you mean 'valence'"), ("AU99>1", "Unknown column 'AU99'"), ("split=val", "Unknown split 'val'"),
    ("AU4>=3", "No face here has an intensity of AU04.*AU04_present=1"),
    ("predicted_AU4>=3", "an intensity of predicted_AU04.*predicted_AU04_present>=0.5"),
    ("predicted_expression=hapiness", "Did you mean 'happiness'"), ("AU12 is", "'known' or 'unknown'"),
    ("subject='a", "never closed"), ("AU12!3", "stands only in"), ("12>=3", "a column is expected"),
    ("not", "a column is expected"), ("AU12=and", "a value is expected"), ("AU12=(3)", "a value is expected"),
    ("(" * 60 + "AU12=1" + ")" * 60, "at most 40 deep"), ("not " * 60 + "AU12=1", "at most 40 deep"),
    ("AU12=1 or " * 300 + "AU12=1", "at most 2000 characters"), ("subject='\udc80'", "UTF-8")])
def test_what_is_no_question(text, message):
    with pytest.raises(CatganError, match=message) as error:
        query.parse(text, COLUMNS)
    assert len(str(error.value).splitlines()) == 1


WORDS = [*COLUMNS, "and", "or", "not", "is", "unknown", "known", "(", ")", "=", "!=", "<", ">=", "1", "-.5", "'x'", '"',
         "\\", "train", "sad", " ", "au4", "!", "\n", "é"]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
                 st.lists(st.sampled_from(WORDS), max_size=30).map("".join)))
def test_any_text_is_a_question_or_an_error_of_its_own(text):
    try:
        read = query.parse(text, COLUMNS)
    except CatganError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert set(read.columns) <= set(COLUMNS) and read.matches(TABLE).shape == (4,)


# === The logic, against one that is written out ===

VALUES = (0, 1, None)
EVERY = [dict(zip("abc", cells)) for cells in itertools.product(VALUES, repeat=3)]
EVERY_TABLE = pa.Table.from_pylist(EVERY, pa.schema([(name, pa.int8()) for name in "abc"]))


def truth(tree, row):
    """True, False or None (unknown)."""
    kind, *parts = tree
    if kind == "is":
        return (row[parts[0]] is None) == (parts[1] == "unknown")
    if kind == "compare":
        return None if row[parts[0]] is None else {"=": row[parts[0]] == parts[2], "!=": row[parts[0]] != parts[2],
                                                   "<": row[parts[0]] < parts[2]}[parts[1]]
    answers = [truth(part, row) for part in parts]
    if kind == "not":
        return None if answers[0] is None else not answers[0]
    decisive = kind == "or"
    return decisive if decisive in answers else None if None in answers else not decisive


def written(tree):
    kind, *parts = tree
    if kind == "is":
        return f"{parts[0]} is {parts[1]}"
    if kind == "compare":
        return f"{parts[0]}{parts[1]}{parts[2]}"
    return f"(not {written(parts[0])})" if kind == "not" else f"({f' {kind} '.join(map(written, parts))})"


LEAVES = st.one_of(
    st.tuples(st.just("compare"), st.sampled_from("abc"), st.sampled_from(["=", "!=", "<"]), st.sampled_from([0, 1])),
    st.tuples(st.just("is"), st.sampled_from("abc"), st.sampled_from(["known", "unknown"])))
TREES = st.recursive(LEAVES, lambda part: st.one_of(
    st.tuples(st.just("not"), part), st.tuples(st.sampled_from(["and", "or"]), part, part),
    st.tuples(st.sampled_from(["and", "or"]), part, part, part)), max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_logic_is_that_of_three_values(tree):
    read = query.parse(written(tree), dict.fromkeys("abc", "number"))
    assert read.matches(EVERY_TABLE).tolist() == [truth(tree, row) is True for row in EVERY]


# === Data sets ===


def test_what_can_be_asked_of_a_data_set(drawn):
    columns = query.askable(store.load_dataset(drawn))
    assert columns["AU12_present"] == "number" and columns["subject"] == "text" and columns["frame"] == "number"
    assert not {"AU12", "image", "landmarks", "sources"} & set(columns)
    with pytest.raises(CatganError, match="ask whether it is present: AU12_present=1"):
        query.parse("AU12>=3", columns)


def test_known_is_counted_without_reading(drawn):
    dataset = store.load_dataset(drawn)
    counts = shards.known(dataset.shards(), ["AU12_present", "AU12", "id"])
    assert counts == {"AU12_present": dataset.table()["AU12_present"].drop_null().length(), "AU12": 0, "id": 120}


def test_scan_goes_in_order_and_a_damaged_shard_is_named(drawn, tmp_path):
    dataset = store.load_dataset(drawn)
    batches = list(shards.scan(dataset.shards(), ["id"], rows=7))
    assert max(batch.num_rows for batch in batches) == 7
    assert pa.Table.from_batches(batches)["id"].to_pylist() == dataset.table()["id"].to_pylist()
    broken = tmp_path / "train-00000-of-00001.parquet"
    broken.write_bytes(dataset.shards()[0].read_bytes()[:-40])
    for read in (shards.schema_of, lambda path: list(shards.scan([path])), lambda path: shards.known([path], ["id"])):
        with pytest.raises(CatganError, match="train-00000-of-00001.parquet is damaged"):
            read(broken)


def test_numbers_of_every_type(tmp_path):
    table = pa.table({"f": pa.array([0.1, None], pa.float64()), "h": pa.array([0.1, None], pa.float32()),
                      "i": pa.array([3, None], pa.int64()), "b": pa.array([1, None], pa.int8())})
    pq.write_table(table, tmp_path / "x.parquet")
    columns = query.kinds(shards.schema_of(tmp_path / "x.parquet"))
    for text in ("f=0.1", "h=0.1", "i=3", "b=1", "b<300", "i>2.5", "i=3.0"):
        assert query.parse(text, columns).matches(table).tolist() == [True, False]
