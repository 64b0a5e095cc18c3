"""What tests ask of pictures that were written."""

import numpy as np
from PIL import Image


def is_picture(path):
    """Whether `path` is a PNG that shows something and is alone in its folder."""
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG" and min(image.size) > 150
        assert len(np.unique(np.asarray(image.convert("L")))) > 5
    return [entry.name for entry in path.parent.iterdir()] == [path.name]  # nothing temporary is left
