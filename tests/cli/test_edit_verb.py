"""What `catgan edit` says of an edit; the verb itself is run in `test_verbs`."""

import numpy as np

from catgan.cli.edit import lines
from catgan.pipelines.edit_notes import misses
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from tests.harness.networks import edited_gan


def test_misses_are_named_with_what_was_asked_and_read():
    gan = edited_gan()
    asked = {"AU12": np.array([3.0]), "AU04": np.array([0.0]), "valence": np.array([-0.5])}
    read = {"AU04": np.array([2.0, 0.5]), "AU12": np.array([0.0, 0.4]), "valence": np.array([0.4, 0.3])}
    assert misses(gan, asked, read) == {"AU12": [3.0, 0.4], "valence": [-0.5, 0.3]}
    presence = CatGAN(gan.network, LabelSpec((12,), "presence"))
    assert misses(presence, {"AU12": np.array([5.0])}, {"AU12_present": np.array([0.1, 0.2])}) == {"AU12": [5.0, 1.0]}
    assert misses(presence, {"AU12": np.array([5.0])}, {"AU12_present": np.array([0.1, 0.9])}) == {}


def test_lines_say_what_went_beyond_and_what_missed():
    result = {"out": "a.png", "to": {"AU12": 3.0}, "by": {"AU25": -4.61}, "cut": {}, "beyond": {"AU25": 1.0},
              "missed": {"AU12": [3.0, 0.4]}, "read": {"AU12": [0.0, 0.4], "AU25": [3.61, 0.3]}, "enlarged": 1.0,
              "yaw": 0.0, "turned": 0, "covered": []}
    said = lines(result)
    assert said[0].endswith("AU12 0.00 -> 0.40  AU25 3.61 -> 0.30")
    assert said[1] == "AU25 goes down to 0 and 1 beyond what was read"
    assert said[2].startswith("AU12 was asked to become 3.0 and reads 0.4: ") and "ask for more" in said[2]
    assert len(lines({**result, "beyond": {}, "missed": {}})) == 1
