"""Which runs are one model, which models are compared, and on which labels."""

import shutil

import pytest

from catgan import config
from catgan.errors import CatganError, ModelError
from catgan.labels import LabelSpec
from catgan.studies.compare import pairs
from catgan.studies.compare.measured import Shared
from catgan.studies.compare.runs import ComparedModel, models_of_runs, open_run
from catgan.studies.compare.sweeps import read_models, read_sweep
from tests.harness.compared_runs import write_run, write_sweep

CELLS = {"au, 10 %": {"mode": "au", "budget": "10 %"}, "joint, 10 %": {"mode": "joint", "budget": "10 %"},
         "joint, all": {"mode": "joint", "budget": "all"}}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return write_sweep(tmp_path_factory.mktemp("compared") / "sweep", CELLS, failed=("joint, all-1",))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two seeds of a joint model, the first one again, one with another learning rate, and one of Action Units."""
    folder = tmp_path_factory.mktemp("compared_runs")
    return [write_run(folder / "00000-a", 1), write_run(folder / "00001-b", 0, name="other"),
            write_run(folder / "00002-again", 1), write_run(folder / "00003-fast", 0, learning_rate=0.1),
            write_run(folder / "00004-au", 0, "au")]


def named(name, **levels):
    """A model of a sweep without runs."""
    return ComparedModel(name, (), levels)


def test_runs_that_differ_in_seed_and_name_alone_are_one_model(runs):
    models, left_out = models_of_runs(list(map(open_run, runs)))
    assert [(model.name, model.seeds) for model in models] == [
        ("other", (0, 1)), ("00003-fast", (0,)), ("00004-au", (0,))]
    assert [(one.run, one.reason) for one in left_out] == [
        ("00002-again", "the same configuration and seed as 00000-a")]
    assert models[0].level("labels.mode") == "joint" and models[0].level("nothing") is None


def test_paths_of_data_may_differ_and_their_content_may_not(runs, tmp_path):
    def with_data(name, **changes):
        folder = shutil.copytree(runs[0], tmp_path / name)
        content = config.read_yaml(folder / "config.yaml") | changes
        (folder / "config.yaml").write_text("\n".join(f"{key}: {value}" for key, value in content.items()
                                                      if value is not None))
        return open_run(folder)

    one = with_data("one", data="here", data_hash="a")
    models, left_out = models_of_runs([one, with_data("two", data="there", data_hash="a"),
                                       with_data("three", data_hash="b")])
    assert [model.name for model in models] == ["one", "three"] and [entry.run for entry in left_out] == ["two"]


def test_models_of_one_name_are_told_apart(tmp_path):
    runs = [write_run(tmp_path / place / "00000-tiny", 0, mode) for place, mode in (("a", "au"), ("b", "va"))]
    assert [model.name for model in read_models(runs)[0]] == list(map(str, runs))


def test_a_run_that_is_given_twice_is_refused(runs, sweep):
    with pytest.raises(ModelError, match="Each run may be given once. Received twice: .*00000-a"):
        read_models([runs[0], runs[0] / "best"])
    with pytest.raises(ModelError, match="Each run may be given once. Received twice"):
        read_models([sweep, sweep / "joint, all-0"])


def test_a_model_of_clips_and_no_run_are_refused(tmp_path):
    with pytest.raises(ModelError, match="compares models of single faces. Received: clips_rendered_64, a model of"):
        read_models(["clips_rendered_64"])
    with pytest.raises(ModelError, match="is neither a run nor a preset"):
        read_models([tmp_path])
    with pytest.raises(ModelError, match="No such run or preset"):
        read_models([tmp_path / "none"])


def test_read_sweep_lists_what_did_not_finish(sweep):
    models, left_out = read_sweep(sweep)
    assert [(model.name, model.seeds, model.levels) for model in models] == [
        (name, (0,) if name == "joint, all" else (0, 1), levels) for name, levels in CELLS.items()]
    assert [(one.run, one.reason) for one in left_out] == [("joint, all-1", "failed: no memory")]


def test_damaged_sweeps_are_refused(sweep, tmp_path):
    copy = shutil.copytree(sweep, tmp_path / "sweep")
    (copy / "sweep.json").write_text('{"axes": ["other"]}')
    with pytest.raises(CatganError, match="holds a damaged sweep: KeyError"):
        read_models([copy])
    (copy / "sweep.parquet").write_text("no table")
    with pytest.raises(CatganError, match="sweep.parquet is damaged"):
        read_models([copy])


def test_a_sweep_without_a_finished_run_is_refused(tmp_path):
    sweep = write_sweep(tmp_path / "sweep", {"a": {"mode": "au"}}, failed=("a-0", "a-1"))
    with pytest.raises(CatganError, match="No finished run is left to compare.*a-0: failed: no memory"):
        read_models([sweep])


def test_pairs_by_an_axis_hold_the_others(sweep):
    models, _ = read_models([sweep])
    by_mode = pairs.pairs_by(models, "mode")
    assert [(pair.model, pair.against, dict(pair.equal)) for pair in by_mode] == [(1, 0, {"budget": "10 %"})]
    assert by_mode[0].short == ("joint", "au") and by_mode[0].context == "10 %"
    by_budget = pairs.pairs_by(models, "budget")
    assert [(pair.model, pair.against) for pair in by_budget] == [(2, 1)]


def test_pairs_by_a_key_of_the_experiments(runs):
    models, _ = models_of_runs(list(map(open_run, runs)))
    assert [(pair.model, pair.against) for pair in pairs.pairs_by(models, "labels.mode")] == [(2, 0)]
    assert [(pair.model, pair.against) for pair in pairs.pairs_by(models, "training.learning_rate")] == [(1, 0)]
    assert pairs.columns(models) == ["labels.mode", "training.learning_rate"]


def test_columns_that_are_not_there_are_refused(runs, sweep):
    with pytest.raises(CatganError, match="Unknown column for --by 'moed'. Did you mean 'mode'.* Allowed: .*budget"):
        pairs.pairs_by(read_models([sweep])[0], "moed")
    models, _ = models_of_runs(list(map(open_run, runs)))
    with pytest.raises(CatganError, match="No two models differ in 'training.images' and in nothing else. Received: "
                                          "other: 96"):
        pairs.pairs_by(models, "training.images")


def test_few_models_are_compared_in_all_pairs_and_more_with_the_first():
    four, five = ([named(str(place), mode=str(place)) for place in range(n)] for n in (4, 5))
    chosen, sentence = pairs.choose_pairs(four)
    assert [(pair.against, pair.model) for pair in chosen] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert sentence == "All pairs of models are compared."
    chosen, sentence = pairs.choose_pairs(five)
    assert [(pair.against, pair.model) for pair in chosen] == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert "compared with the first, 0" in sentence
    assert pairs.choose_pairs(four[:2])[1] == "The two models are compared."


def test_shared_labels_are_those_of_both_and_of_the_data():
    one = LabelSpec((1, 4, 12), "intensity", True, ("neutral", "fear", "awe"))
    other = LabelSpec((12, 4, 6), "presence", True, ("fear", "neutral"))
    known = Shared((4, 6, 12), True, False, ("neutral", "fear"))
    shared = pairs.shared_labels(one, other, known)
    assert shared == Shared((4, 12), False, False, ("neutral", "fear"))
    assert pairs.left_out_labels(one, other, shared) == ["AU01", "AU06", "valence", "arousal", "expression awe"]
    assert not pairs.shared_labels(one.mode("va"), one.mode("au"), known)
    assert pairs.left_out_labels(one, one, pairs.shared_labels(one, one, Shared((1, 4, 12), True, True, ("x",)))) == []
