"""The study of people: its tables from answers that are known, and one training in small."""

import importlib.util
import json
import sys

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.harness.paths import REPOSITORY
from tests.harness.people_data import CLASSES
from tests.harness.tiny_fusion import TINY
from tests.harness.toy_people import MODALITIES, toy_people


def module(name):
    """A script of docs/benchmarks, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, REPOSITORY / "docs" / "benchmarks" / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def votes(samples, names):
    """The emotion that most of the modalities show."""
    return sum(np.eye(5)[samples.truth[f"shown_{name}"]] for name in names).argmax(1)


def part(samples, modalities, seed):
    from catgan.evaluation.people import subsets_of

    said = {"+".join(subset): votes(samples, subset).tolist() for subset in subsets_of(modalities)}
    everything = np.array(said["+".join(modalities)])
    return {"classes": list(CLASSES), "modalities": list(modalities), "people": list(samples.subjects),
            "truth": samples.labels.tolist(), "expected": samples.truth["shown_context"].tolist(),
            "complete": [True] * len(samples), "said": said, "own_heads": {name: said[name] for name in modalities},
            "probabilities": (0.1 + 0.5 * np.eye(5)[everything]).tolist(), "dimensions": ["valence"],
            "affect": (samples.affect[:, :1] * (1 - seed / 10)).tolist(), "true_affect": samples.affect.tolist()}


def run(variant, seed, modalities=MODALITIES):
    return {"variant": variant, "seed": seed, "seconds": 10.0 + seed, "people_seen": 64, "parameters": 5,
            "test": part(toy_people(300, 9 + seed), modalities, seed),
            "reversed": part(toy_people(300, 9 + seed, reverse=True), modalities, seed)}


@pytest.fixture(scope="module")
def runs():
    same = [run("full", 0), run("no_dropout", 0), run("no_context", 0, MODALITIES[:3]), run("only_face", 0, ("face",))]
    for subset, said in same[1]["test"]["said"].items():  # without dropout nothing but everything is read
        if subset != "+".join(MODALITIES):
            same[1]["test"]["said"][subset] = [0] * len(said)
    same += [{**one, "variant": name} for one, name in zip(same[:2], ("complete", "complete_no_dropout"))]
    return same + [{**one, "seed": 1} for one in same]


def test_tables_hold_macro_f1_gains_losses_and_ratios(runs):
    found = module("people_tables").summary(runs)
    samples = toy_people(300, 9)
    expected = {name: f1_score(samples.labels, votes(samples, [name]), average="macro") for name in MODALITIES}
    everything = f1_score(samples.labels, votes(samples, MODALITIES), average="macro")
    for name, value in expected.items():
        middle, low, high = found["modules"][name]["macro_f1"]
        assert middle == pytest.approx(value, abs=1e-3) and low < middle < high
    assert found["modules"]["face"]["network_of_its_own"] == found["modules"]["face"]["macro_f1"]
    assert found["gain"]["difference"][0] == pytest.approx(everything - max(expected.values()), abs=1e-3)
    without = f1_score(samples.labels, votes(samples, MODALITIES[1:]), average="macro")
    only_one = f1_score(samples.labels, np.zeros(300, int), average="macro")
    missing = found["missing"]["face"]
    assert missing["with_dropout"][0] == pytest.approx(everything - without, abs=1e-3)
    assert missing["ratio"][0] == pytest.approx((everything - without) / (everything - only_one), abs=1e-3)
    assert set(found["missing"]) == {*MODALITIES, "mean"} and found["missing_complete"] == found["missing"]
    assert found["variants"]["full"]["minus_full"] == [0.0, 0.0, 0.0]
    assert found["variants"]["no_context"]["minus_full"][0] == pytest.approx(
        f1_score(samples.labels, votes(samples, MODALITIES[:3]), average="macro") - everything, abs=1e-3)
    assert found["affect"]["valence"] == [1.0, 1.0, 1.0]
    assert found["reversed"]["all"]["lost"][0] > found["reversed"]["no context branch"]["lost"][0]
    assert found["places"]["contradicting"]["all"][0] < found["places"]["agreeing"]["all"][0]
    json.dumps(found)


def test_text_has_all_tables(runs):
    tables = module("people_tables")
    text = tables.text(tables.summary(runs))
    for title in ("## Each module, pairs, all", "## One module missing", "## Networks", "## Places", "| reversed |"):
        assert title in text
    assert "| face + gait |" in text and "2 seeds" in text and "nan" not in text


@pytest.mark.slow
def test_study_trains_a_variant_and_writes_its_answers(tmp_path, monkeypatch):
    study = module("people_study")
    monkeypatch.setattr(study, "DATA", {name: toy_people(48, seed) for seed, name in enumerate(
        ("train", "validation", "test", "reversed"))})
    changes = [f"options.network.{name}={value}" for name, value in TINY.items()]
    line = study.one(tmp_path, "no_context", 3, [*changes, "training.images=32", "training.batch_size=16",
                                                 "training.tick_images=16"])
    assert line.startswith("no_context-3:")
    written = json.loads((tmp_path / "no_context-3.json").read_text())
    assert written["people_seen"] == 32 and written["parameters"] > 0
    for split in ("test", "reversed"):
        assert set(written[split]["said"]) == {"face", "posture", "gait", "face+posture", "face+gait", "posture+gait",
                                               "face+posture+gait"}
        assert all(len(said) == 48 for said in written[split]["said"].values())


def test_people_who_have_everything_are_chosen():
    people = toy_people(20, 3)
    people.available["face"][:5] = False
    assert module("people_study").everything(people).ids == people.ids[5:]
