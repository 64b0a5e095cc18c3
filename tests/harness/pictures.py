"""Random pictures, series of numbers, and checks of written pictures."""

import numpy as np
from PIL import Image

RANGES = np.array([5.0, 5.0, 2.0])  # AU04, AU12, valence


def noise(seed, n=3, side=16, channels=3):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, channels)).astype(np.uint8)


def blended(a, b, share):
    return np.rint(a + share * (b.astype(float) - a)).astype(np.uint8)


def rising(values):
    values = np.asarray(values)
    return bool((np.diff(values, axis=0) > 0).all())


def is_picture(path):
    """Whether `path` is a PNG that shows something and is alone in its folder."""
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG" and min(image.size) > 150
        assert len(np.unique(np.asarray(image.convert("L")))) > 5
    return [entry.name for entry in path.parent.iterdir()] == [path.name]  # nothing temporary is left
