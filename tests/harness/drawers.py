"""Drawers of faces for the tests of explanations."""

import numpy as np

from catgan.explain.drawers.common import settings_of


class BarDrawer:
    """Draws AU12 as what it is in the drawn pictures: a bright bar at the bottom."""

    title, min_quality, intensity_slack = "as it is", (15.0, 0.5), 0.0

    def __init__(self, gan, images, settings=None, seed=0):
        self.images, self.units, self.settings = images, gan.spec.action_units, settings_of(gan, images)

    def draw(self, rows, levels):
        faces = self.images[rows].astype(float)
        faces[:, 12:] += 16.0 * (levels - self.settings[rows])[:, self.units.index(12), None, None, None]
        return np.clip(faces, 0, 255).astype(np.uint8)

    def drawn(self, rows, levels):
        return self.draw(rows, levels), np.zeros((len(rows), 16, 16, 2), np.float32)

    def reconstructed(self, levels, answers):
        return self.images
