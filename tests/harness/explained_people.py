"""Answers about people for tests of sentences, figures and pages."""

from __future__ import annotations

import numpy as np

from catgan.explain.people.answer import PersonInputs, explain_person
from catgan.explain.people.joints import STILL, UPRIGHT, JointEvidence
from catgan.explain.people.limits import Limits
from catgan.explain.people.regions import RegionEvidence
from tests.harness.fusion import AdditiveModel, logits_of

TITLES = {"face": "the face", "posture": "the posture", "gait": "the gait", "context": "the surroundings"}
LIMITS = Limits(0.9, 0.8, 200, 0.95, 0.8, 0.5, 0.05, 0.9, (0, 0, 0, 0, 5, 50, 145), (0, 0, 0, 0, 3, 40, 140))


def found_evidence(person, features, place):
    """Evidence that is the same for everyone: the mouth, the head, the hands at .2 s, the upper left."""
    heat = np.zeros((64, 64))
    heat[46:52, 24:40] = 1.0
    corner = np.zeros((64, 64))
    corner[:16, :16] = 1.0
    posture, gait = np.zeros((1, 16)), np.zeros((40, 16))
    posture[0, 3] = 0.7
    gait[3:6, 6] = 0.5
    gait[8, 12] = -0.2
    every = {"face": RegionEvidence("face", "attention", heat, {"the mouth": 1.0, "the nose": 0.0}, 1.0, 0.1),
             "posture": JointEvidence("posture", posture, posture == posture, np.zeros(1), 1.7, 1.0, UPRIGHT),
             "gait": JointEvidence("gait", gait, gait == gait, np.arange(40) / 15, 2.3, 1.0, STILL),
             "context": RegionEvidence("context", "occlusion", corner, {"the upper left": 1.0}, 0.5, 0.0)}
    return {name: every[name] for name, there in person.available.items() if there}


def answer_of(finder=found_evidence, limits=LIMITS, situation=None, missing=(), **logits):
    """The answer about one person whose modalities hold logits of neutral, happiness and sadness."""
    rows = {name: [logits.get(name, (0, 0, 0))] for name in TITLES}
    person = PersonInputs(logits_of(**rows), {name: name not in missing for name in TITLES}, TITLES,
                          {name: 0.9 for name in TITLES}, {name: f"a word about {name}" for name in TITLES}, 1)
    return explain_person(AdditiveModel(), person, limits, finder, situation)
