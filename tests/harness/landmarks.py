"""Landmarks with known places."""

import numpy as np

from catgan.faces import alignment


def landmarks_with(eyes_and_mouth):
    points = np.zeros((478, 3), np.float32)
    for group, point in zip((alignment.LEFT_EYE, alignment.RIGHT_EYE, alignment.MOUTH), eyes_and_mouth):
        points[list(group), :2] = point
    return points
