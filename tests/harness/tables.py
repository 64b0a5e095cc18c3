"""A small table, and how the reader of tables understands it."""

from catgan.data import sources

PLAIN = {"file": "labels.csv", "image": "path", "subject": "who", "valence": "v", "AU12": "smile"}
ROWS = [
    {"path": "a.jpg", "who": "P1", "v": -0.5, "smile": 1},
    {"path": "b.jpg", "who": "P 2", "v": 0.25, "smile": None}]


def plain(root, **changes):
    return list(sources.read("table", "src", root, {**PLAIN, **changes}))


def said(records):
    return [(row.key, row.subject, row.valence, dict(row.presence)) for row in records]


EXPECTED = [("a.jpg", "P1", -0.5, {12: 1}), ("b.jpg", "P 2", 0.25, {})]


def text_of(delimiter=",", comma=False, end="\n", head=""):
    lines = [["path", "who", "v", "smile"], ["a.jpg", "P1", "-0.5", "1"], ["b.jpg", "P 2", "0.25", ""]]
    text = "".join(delimiter.join(line) + end for line in lines)
    return head + (text.replace("0.", "0,") if comma else text)
