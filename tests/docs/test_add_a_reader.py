"""The reader of docs/howto/add_a_reader.md works as the page says."""

import importlib.util
import re

import pytest

from catgan.data import sources
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.paths import REPOSITORY
from tests.harness.readers import run_reader_test


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """The page's module, registered as `mydata`."""
    page = (REPOSITORY / "docs" / "howto" / "add_a_reader.md").read_text(encoding="utf-8")
    path = tmp_path / "mydata.py"
    path.write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    spec = importlib.util.spec_from_file_location("mydata", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sources.READERS, "mydata", module.read)
    monkeypatch.setitem(sources._MODULES, "mydata", module)
    return module


def test_reader_reads_known_labels_alone(reader, tmp_path):
    rows = run_reader_test("mydata", tmp_path / "root", {
        "labels.csv": "image,person,AU4,AU12\na.jpg,p1,9,3\nb.jpg,p2,0,5\nc.jpg,p2,9,9\n"})
    assert [dict(row.intensity) for row in rows[:2]] == [{12: 3.0}, {4: 0.0, 12: 5.0}]
    assert rows[0].subject == "p1" and isinstance(rows[2], Rejected)


@pytest.mark.parametrize("line, error", [("a.jpg,p1,9", AnnotationError), ("a.jpg,p1,9,12", AnnotationError),
                                         ("../../a.jpg,p1,1,1", CatganError)])
def test_reader_refuses_wrong_lines(reader, tmp_path, line, error):
    with pytest.raises(error):
        run_reader_test("mydata", tmp_path / "root", {"labels.csv": f"image,person,AU4,AU12\n{line}\n"})
