"""Centroids of expressions by hand."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.studies.relate.centroids import bootstrap_means, centroids
from catgan.studies.relate.options import RelateOptions
from tests.harness.related_faces import related_faces


def test_centroids_are_means_with_intervals_and_ellipses():
    faces = related_faces(noise=0.05)
    faces.affect[faces.classes == 2] = np.nan
    found = centroids(faces, RelateOptions(draws=50))
    assert list(found) == ["happiness", "sadness"]
    own = faces.affect[faces.classes == 0]
    place = found["happiness"]
    assert place["n"] == 80 and place["valence"] == pytest.approx(own[:, 0].mean())
    assert place["arousal_interval"][0] < own[:, 1].mean() < place["arousal_interval"][1]
    np.testing.assert_allclose(place["covariance"], np.cov(own.T, bias=True))
    assert place["ellipse"][0] == pytest.approx(2 * np.sqrt(np.linalg.eigvalsh(place["covariance"])[1]))


def test_means_of_classes_without_faces_are_unknown():
    means = bootstrap_means(np.array([0, 0, 2]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), 3)
    np.testing.assert_array_equal(means, [[2, 3], [np.nan, np.nan], [5, 6]])


def test_centroids_of_too_few_faces_are_refused():
    few = related_faces(12)
    for faces in (few, replace(few, classes=np.full(12, -1), names=())):
        with pytest.raises(DataError, match="no expression has 5 faces"):
            centroids(faces, RelateOptions(draws=20))
