"""What packs presets: an editor that is adopted, and a card with figures."""

import argparse
import json

import numpy as np
import pack_preset
import pytest

from catgan.models.gan.model import CatGAN
from tests.harness.paths import REPOSITORY


def test_an_editor_is_adopted(tiny_gan):
    one, other = (CatGAN(tiny_gan.network, tiny_gan.spec, seed=seed) for seed in (1, 2))
    with pytest.raises(SystemExit, match="must have an editor"):
        pack_preset.adopt(one, other)
    other.add_editor(seed=5)
    pack_preset.adopt(one, other)
    for mine, theirs in zip(one.editor.get_weights(), other.editor.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


def test_the_card_says_limits_figures_and_commands(tmp_path):
    evaluated = {"n": 9, "dataset": "drawn", "control": {}, "valence": {"ccc": 0.9, "ccc_interval": [0.8, 0.95]},
                 "arousal": {"ccc": None}, "action_units": {"mean_icc": 0.5}}
    edited = {"dataset": "drawn", "split": "test", "n": 3, "judge": "j", "explained_change": 0.9,
              "action_units": {"AU12": {"explained_change": 0.9}}, "seconds_per_face": 0.001}
    for name, content in (("evaluated", evaluated), ("edited", edited)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    text = pack_preset.card(argparse.Namespace(
        name="rendered_64", evaluated=str(tmp_path / "evaluated.json"), edited=str(tmp_path / "edited.json"),
        made_by=[str(REPOSITORY / "experiments" / "editor_64.yaml")]), "# catgan preset\n\nThe rest.\n")
    assert text.startswith("# catgan preset `rendered_64`") and text.endswith("The rest.\n")
    assert "No photograph was" in text and "CCC of valence: 0.900 (0.800 .. 0.950)" in text
    assert "`catgan train experiments/editor_64.yaml --data OUT/r64" in text and "1.00 ms a face" in text
