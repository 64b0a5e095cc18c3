import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

import catgan
from catgan import files, random_streams
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.random_streams import STREAMS
from tests.harness.datasets import write_dataset

SOURCE = Path(catgan.__file__).parent


def start(name, seed, *indices):
    return tuple(random_streams.generator(name, seed, *indices).integers(2 ** 62, size=2).tolist())


def test_streams_are_pairwise_different():
    assert len({stream.identity for stream in STREAMS.values()}) == len(STREAMS)
    drawn = [start(name, seed, *indices) for name, stream in STREAMS.items() for seed in (0, 1, 2 ** 40)
             for indices in itertools.product((0, 1, 2, 70_000), repeat=len(stream.indices))]
    assert len(set(drawn)) == len(drawn)


def test_identities_are_part_of_the_format():
    """Another identity makes other faces of the same seed: `VERSION` must be raised with it."""
    assert random_streams.VERSION == 2
    named = {name: STREAMS[name].identity for name in ("scene", "person", "background", "batch_order", "latents")}
    assert named == {"scene": 1, "person": 2, "background": 8, "batch_order": 20, "latents": 60}
    first = random_streams.generator("scene", 3, 7).integers(1000, size=4)
    expected = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(1, 7))).integers(1000, size=4)
    np.testing.assert_array_equal(first, expected)


def test_index_zero_gives_another_stream_than_no_index():
    """NumPy pads a list of seeds with zeros; a spawn key is not padded."""
    padded = [np.random.default_rng(seeds).integers(2 ** 62) for seeds in ([5, 2], [5, 2, 0, 0])]
    assert padded[0] == padded[1]
    assert start("step_inputs", 5, 0, 0) != start("latents", 5)
    assert len({start("step_inputs", 5, *pair) for pair in itertools.product((0, 1), repeat=2)}) == 4


@pytest.mark.parametrize("arguments, words", [
    (("scenes", 0, 1), "Unknown random stream 'scenes'"), (("scene", 0), r"has 1 indices \(scene\). Received: 0"),
    (("scene", -1, 0), "from 0 on"), (("scene", 0, -1), "from 0 on"), (("scene", 0, 2 ** 32), "below 2")])
def test_sequence_of_unknown_stream_or_wrong_indices_is_refused(arguments, words):
    with pytest.raises(CatganError, match=words):
        random_streams.generator(*arguments)


def test_seeds_of_keras_layers_differ():
    seeds = [random_streams.integer("legacy_dropout", seed, layer) for seed in range(4) for layer in range(4)]
    assert len(set(seeds)) == 16 and all(0 <= seed < 2 ** 31 for seed in seeds)


def test_the_package_draws_from_named_streams_alone():
    named = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named.update(re.findall(r"random_streams\.(?:generator|integer)\(\s*\"(\w+)\"", text))
        if path.name != "random_streams.py":
            assert not re.search(r"default_rng|SeedSequence|random\.seed\(|RandomState", text), path
    assert named - {"scene"} <= set(STREAMS) and set(STREAMS) == named | {"scene"}, set(STREAMS) ^ named


# === What was made with other streams ===


def rendered_by(folder, plan):
    write_dataset(folder, 12)
    info = json.loads((folder / "dataset.json").read_text())
    files.write_json(folder / "dataset.json", {**info, "plan": plan})
    return load_dataset(folder)


def test_scenes_of_an_older_version_are_not_made_again(tmp_path):
    from catgan.data.scenes import config_of

    settings = {"render": {"n": 12, "size": 16}, "version": "x"}
    with pytest.raises(CatganError, match="random streams of version 1, this one has 2.*render it again"):
        config_of(rendered_by(tmp_path / "old", settings))
    assert config_of(rendered_by(tmp_path / "new", {**settings, "streams": random_streams.VERSION})).n == 12
    with pytest.raises(CatganError, match="was not rendered"):
        config_of(rendered_by(tmp_path / "photographs", {}))


@pytest.mark.parametrize("finished", [True, False])
def test_a_rendering_of_an_older_version_does_not_go_on(tmp_path, finished):
    from dataclasses import asdict

    from catgan.data.render import RenderConfig, render

    config = RenderConfig(n=12, size=16)
    plan = {"render": asdict(config), "version": catgan.__version__}
    if finished:
        rendered_by(tmp_path, plan)
    else:
        files.write_json(tmp_path / "plan.json", plan)
    with pytest.raises(CatganError, match="rendered with random streams of version 1, this catgan has 2"):
        render(config, tmp_path)


def test_a_training_of_an_older_version_does_not_go_on(tmp_path):
    from catgan.training import checkpoints

    path = tmp_path / "run" / "checkpoints" / "000000005.npz"
    path.parent.mkdir(parents=True)
    state = np.frombuffer(json.dumps({"state": {"step": 5}, "names": []}).encode(), np.uint8)
    np.savez(path, allow_pickle=False, state=state)
    with pytest.raises(CatganError, match="streams of version 1, this one has 2.*--set start=.*run"):
        checkpoints.restore(path, [])
    assert checkpoints.restore(checkpoints.save(tmp_path / "new", [], {"step": 5}), []) == {"step": 5}
