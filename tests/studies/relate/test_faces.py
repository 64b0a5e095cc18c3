"""Labels with masks, and what intervals draw."""

import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.studies.relate.faces import described_groups, known_counts, read_faces
from tests.harness.related_faces import related_faces


def test_read_faces_keeps_unknown_labels_unknown(drawn):
    """Half of the drawn faces lack Action Units, a third lack valence-arousal; there are no intensities."""
    dataset = load_dataset(drawn)
    faces = read_faces(dataset, "all")
    assert list(faces.units) == ["presence"] and faces.unit_names == ("AU04", "AU12")
    table = dataset.table("all", ["AU12_present", "valence", "subject"]).to_pydict()
    for place, (present, valence, subject) in enumerate(zip(*table.values())):
        assert np.isnan(faces.units["presence"][place, 1]) if present is None else \
            faces.units["presence"][place, 1] == present
        assert np.isnan(faces.affect[place, 0]) == (valence is None)
        assert faces.groups[place] == f"subject {subject}"
    assert (faces.classes == -1).all() and not faces.knows("expression").any()


def test_known_counts_of_pairs():
    faces = related_faces(30)
    faces.affect[:20] = np.nan
    faces.classes[10:] = -1
    counts = known_counts(faces)
    assert counts == {"action_units": 30, "valence_arousal": 10, "expression": 10,
                      "action_units+valence_arousal": 10, "action_units+expression": 10,
                      "valence_arousal+expression": 0}


def test_described_groups_say_how_many_faces_have_no_subject():
    groups = np.array(["subject a", "subject a", "video a", "face 1", "face 2", "face 3"])
    assert described_groups(groups) == {"count": 5, "unit": "images", "without_subject": 4}
    assert described_groups(groups[:3]) == {"count": 2, "unit": "subjects", "without_subject": 1}


def test_read_faces_of_an_empty_split_is_refused(drawn, monkeypatch):
    dataset = load_dataset(drawn)
    monkeypatch.setattr(dataset, "_counts", {"train": 5, "validation": 0, "test": 0})
    with pytest.raises(DataError, match="has no faces in split 'test'"):
        read_faces(dataset, "test")
