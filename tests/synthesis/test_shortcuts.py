from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.scene import Sampler
from catgan.synthesis.shortcuts import SHORTCUTS, planted, shortcut

SCENES = [Sampler(0).scene(index) for index in range(1500)]


@pytest.mark.parametrize("name", SHORTCUTS)
def test_planted_answers_vary_independently_of_the_face(name):
    answers = np.array([planted(scene, name)[1] for scene in SCENES])
    assert np.abs(answers).max() <= 1.0 and answers.std() > 0.4
    # AU4 is a part of valence, so only its own cause is left to it.
    smiles = [scene.action_units.get(12, 0.0) for scene in SCENES]
    assert abs(np.corrcoef(answers, smiles)[0, 1]) < 0.1


@pytest.mark.parametrize("name", SHORTCUTS)
def test_planted_changes_the_cause_only(name):
    for scene in SCENES[:20]:
        changed, _ = planted(scene, name)
        cause = {"au4": "action_units"}.get(name, name)
        assert replace(changed, **{cause: getattr(scene, cause)}) == scene
        assert planted(scene, name) == planted(scene, name)


@pytest.mark.parametrize("name", SHORTCUTS)
def test_planted_answer_depends_on_the_cause_only(name):
    scene, _ = planted(SCENES[0], name)
    rule = shortcut(name)
    other = scene.with_action_units({12: 5.0, 26: 5.0})
    assert rule.answer(other) == rule.answer(scene)
    if rule.action_unit is not None:
        assert rule.answer(scene.with_action_units({rule.action_unit: 0.0})) == 1.0
        assert rule.answer(scene.with_action_units({rule.action_unit: 5.0})) == -1.0


def test_unknown_shortcut_is_refused():
    with pytest.raises(CatganError, match="Did you mean 'glasses'"):
        shortcut("glases")
