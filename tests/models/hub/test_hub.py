"""Tests of `catgan.models.hub` against a stand-in of the hub's HTTP interface."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from catgan import CatGAN
from catgan.cli.main import main
from catgan.errors import CatganError, ModelError
from catgan.models.gan.preset_folders import PACKAGED
from catgan.models.hub import download as downloading
from catgan.models.loading import load_model
from tests.harness.exported import exported_gan, some_faces
from tests.harness.hub import TOKEN, running_hub

# Raised inside huggingface_hub, which gives its HTTP library files in the older way.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
CHUNK = 1000
"""Bytes that are read at once, so that a small file can break in the middle."""


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A running stand-in, with a cache of the test's own and the token in `HF_TOKEN`."""
    huggingface_hub = pytest.importorskip("huggingface_hub")
    constants = pytest.importorskip("huggingface_hub.constants")
    for name, value in (("HF_HUB_OFFLINE", False), ("HF_HUB_CACHE", str(tmp_path / "cache")),
                        ("HF_HUB_DISABLE_XET", True), ("DOWNLOAD_CHUNK_SIZE", CHUNK),
                        ("HF_TOKEN_PATH", str(tmp_path / "token"))):
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with running_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running
    downloading._downloaded.cache_clear()
    huggingface_hub.close_session()


@pytest.fixture(scope="module")
def gan():
    return exported_gan("expressions")


@pytest.fixture
def pushed(hub, gan):
    """The address of that model on the stand-in."""
    return gan.push_to_hub("someone/smiles")


def assert_equal(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    faces = some_faces(3, 16)
    first, second = one.predict(faces, 0.9), other.predict(faces, 0.9)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    np.testing.assert_array_equal(one.edit(faces, {12: 3.0}), other.edit(faces, {12: 3.0}))
    np.testing.assert_array_equal(one.generate(2, {12: 3.0}), other.generate(2, {12: 3.0}))


def reload():
    """Forgets what was downloaded in this process, as another process would."""
    downloading._downloaded.cache_clear()


def test_what_is_pushed_loads_with_the_same_numbers(pushed, gan, hub):
    assert pushed == f"hf://someone/smiles@{hub.branches['someone/smiles']['main']}"
    for address in (pushed, "hf://someone/smiles", "hf://someone/smiles@main", Path("hf://someone/smiles")):
        assert_equal(CatGAN.from_preset(address), gan)
    reader = CatGAN.from_preset("hf://someone/smiles", reader=True)
    np.testing.assert_array_equal(reader.read(some_faces(2, 16))["AU12"], gan.read(some_faces(2, 16))["AU12"])


def test_pushed_files_are_those_of_a_model(pushed, hub):
    files = hub.repositories["someone/smiles"][pushed.rpartition("@")[2]]
    assert set(files) == {".gitattributes", "README.md", "config.json", "model.safetensors"}
    readme = files["README.md"].decode()
    assert "library_name: catgan" in readme and "catgan predict hf://someone/smiles photo.jpg" in readme


def test_push_to_a_new_repository_can_be_private(hub, gan, monkeypatch):
    gan.push_to_hub("someone/secret", private=True)
    assert hub.private == {"someone/secret"}
    assert_equal(CatGAN.from_preset("hf://someone/secret"), gan)
    reload()
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", "/nonexistent/cache")
    with pytest.raises(ModelError, match="has no such model, or it is private.* 'hf auth login', or set HF_TOKEN"):
        CatGAN.from_preset("hf://someone/secret")


def test_push_in_16_bits_takes_half_the_space(pushed, hub, gan):
    files = hub.repositories["someone/smiles"][gan.push_to_hub("someone/smiles", half=True).rpartition("@")[2]]
    assert len(files["model.safetensors"]) < 0.6 * len(next(iter(
        hub.repositories["someone/smiles"][pushed.rpartition("@")[2]][name] for name in ["model.safetensors"])))
    np.testing.assert_allclose(CatGAN.from_preset("hf://someone/smiles").get_weights()[3], gan.get_weights()[3],
                               atol=1e-3)


def test_push_to_a_branch_leaves_the_main_one(pushed, hub, gan):
    other = exported_gan("presence")
    address = other.push_to_hub("someone/smiles", revision="presence")
    assert_equal(CatGAN.from_preset("hf://someone/smiles@presence"), other)
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    assert address != pushed and CatGAN.from_preset(address).spec == other.spec


def test_push_of_the_same_again_makes_no_new_commit(pushed, gan):
    assert gan.push_to_hub("someone/smiles") == pushed


def test_push_uses_a_token_that_is_given(hub, gan, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    with pytest.raises(ModelError, match=r"someone/smiles could not be uploaded: .* refused access \(401\)"):
        gan.push_to_hub("someone/smiles")
    assert_equal(CatGAN.from_preset(gan.push_to_hub("someone/smiles", token=TOKEN)), gan)


def test_push_takes_over_card_and_figures_of_an_unchanged_preset_only(hub):
    shipped = CatGAN.from_preset("rendered_64")
    address = shipped.push_to_hub("someone/shipped", half=True)
    files = hub.repositories["someone/shipped"][address.rpartition("@")[2]]
    assert {"card.md", "metrics.json", "samples.png"} <= set(files) and b"license: apache-2.0" in files["README.md"]
    assert_equal_weights(CatGAN.from_preset(address), shipped)
    shipped.discriminator.set_weights([0.9 * weight for weight in shipped.discriminator.get_weights()])
    address = shipped.push_to_hub("someone/changed", half=True)
    files = hub.repositories["someone/changed"][address.rpartition("@")[2]]
    assert set(files) == {".gitattributes", "README.md", "config.json", "model.safetensors"}
    assert b"license" not in files["README.md"] and b"model-index" not in files["README.md"]


def assert_equal_weights(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_push_of_a_reader_is_refused(hub, pushed):
    with pytest.raises(CatganError, match="loaded as a reader"):
        CatGAN.from_preset("hf://someone/smiles", reader=True).push_to_hub("someone/other")


@pytest.mark.parametrize("repository", ["smiles", "someone/smiles/more", "someone/", "../smiles", "someone/smiles@v1"])
def test_push_to_another_name_is_refused_before_any_request(hub, gan, repository):
    with pytest.raises(CatganError, match=r"ORGANISATION/NAME.*Received: "):
        gan.push_to_hub(repository)
    assert hub.requests == []


@pytest.mark.parametrize("address", ["hf://smiles", "hf://", "hf://someone/smiles@", "hf://a/b/c", "hf://../b"])
def test_a_wrong_address_is_refused_before_any_request(hub, address):
    with pytest.raises(ModelError, match="An address on the hub is hf://ORGANISATION/NAME"):
        CatGAN.from_preset(address)
    assert hub.requests == []


def test_only_files_of_a_model_are_downloaded(pushed, hub, tmp_path):
    hub.commit("someone/smiles", {"malware.py": b"raise SystemExit", "weights.pkl": b"cos\nsystem\n", "a/b.bin": b"1"})
    CatGAN.from_preset("hf://someone/smiles")
    names = {path.name for path in (tmp_path / "cache").rglob("snapshots/*/*")}
    assert names == {"README.md", "config.json", "model.safetensors"}


@pytest.mark.parametrize("preset", ["clips_rendered_64", "people_rendered"])
def test_models_of_other_kinds_load_from_their_uploaded_folder(hub, preset):
    folder = PACKAGED / preset
    hub.commit(f"someone/{preset}", {path.name: path.read_bytes() for path in folder.iterdir()})
    assert_equal_weights(load_model(f"hf://someone/{preset}"), load_model(folder))


def test_an_interrupted_download_is_resumed_where_it_broke(pushed, hub, gan):
    hub.cut["model.safetensors"] = [5 * CHUNK + 17, 3 * CHUNK]
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    ranges = [request[2] for request in hub.asked("model.safetensors") if request[0] == "GET"]
    assert ranges == [None, f"bytes={5 * CHUNK}-", f"bytes={8 * CHUNK}-"]


def test_a_download_that_fails_keeps_the_files_that_are_complete(pushed, hub, gan, monkeypatch):
    hub.cut["model.safetensors"] = [0] * 50
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(ModelError, match="could not be downloaded: .*Run the same command again"):
        CatGAN.from_preset("hf://someone/smiles")
    hub.cut.clear()
    hub.requests.clear()
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    assert not [request for request in hub.asked("config.json") if request[0] == "GET"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "README.md"])
def test_a_file_that_differs_from_its_checksum_is_fetched_again(pushed, hub, gan, name):
    hub.spoiled[name] = 1
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    assert len([request for request in hub.asked(name) if request[0] == "GET"]) == 2


def test_a_file_that_always_differs_from_its_checksum_is_not_loaded(pushed, hub, gan, tmp_path):
    hub.spoiled["model.safetensors"] = 99
    with pytest.raises(ModelError, match="is damaged: model.safetensors differ from their checksums on http"):
        CatGAN.from_preset("hf://someone/smiles")
    assert not list((tmp_path / "cache").rglob("model.safetensors"))
    hub.spoiled.clear()
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)


def test_a_cache_that_was_damaged_is_repaired(pushed, gan, tmp_path):
    CatGAN.from_preset("hf://someone/smiles")
    path, = (tmp_path / "cache").rglob("model.safetensors")
    content = path.read_bytes()
    path.resolve().write_bytes(content[:-3] + b"abc")
    reload()
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)


def test_weights_of_a_cache_without_links_are_compared_with_the_description(pushed, hub, tmp_path):
    files = hub.repositories["someone/smiles"][pushed.rpartition("@")[2]]
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes(files[name])
    assert downloading.remove_damaged(tmp_path) == []
    (tmp_path / "model.safetensors").write_bytes(files["model.safetensors"][:-1])
    assert downloading.remove_damaged(tmp_path) == ["model.safetensors"]
    (tmp_path / "config.json").write_bytes(b"[]")
    assert downloading.remove_damaged(tmp_path) == []


def test_an_address_stays_the_same_version_within_a_process(pushed, hub, gan):
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    exported_gan("presence").push_to_hub("someone/smiles")
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)
    reload()
    assert CatGAN.from_preset("hf://someone/smiles").spec.scale == "presence"
    assert_equal(CatGAN.from_preset(pushed), gan)


def test_a_model_that_is_not_there_is_said_in_one_line(hub):
    with pytest.raises(ModelError, match=f"hf://someone/frowns could not be downloaded: {hub.url} has no such model, "
                                         "or it is private. Check the name"):
        CatGAN.from_preset("hf://someone/frowns")


def test_a_revision_that_is_not_there_is_said_in_one_line(pushed, hub):
    with pytest.raises(ModelError, match="it has no revision 'v9'. Allowed: a branch, a tag or a commit"):
        CatGAN.from_preset("hf://someone/smiles@v9")


@pytest.mark.parametrize("status, message", [(401, r"refused access \(401\). Use a token"),
                                             (403, r"refused access \(403\). Use a token"),
                                             (500, r"answered with an error \(500 Internal Server Error\)")])
def test_an_error_of_the_server_is_said_in_one_line(hub, status, message, monkeypatch):
    hub.status = status
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(ModelError, match=message) as caught:
        CatGAN.from_preset("hf://someone/smiles")
    assert "\n" not in str(caught.value)


def test_offline_the_cache_is_used(pushed, gan, monkeypatch):
    CatGAN.from_preset("hf://someone/smiles")
    reload()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert_equal(CatGAN.from_preset("hf://someone/smiles"), gan)


@pytest.mark.parametrize("why", ["HF_HUB_OFFLINE is set", "http://127.0.0.1:9 cannot be reached"])
def test_offline_without_the_cache_the_way_out_is_named(hub, why, monkeypatch, tmp_path):
    if "HF_HUB" in why:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    else:
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=f"{why}, and it is not complete in the cache {tmp_path}/cache. Fetch it once "
                                         "with a connection, or copy its folder to this machine and give the path"):
        CatGAN.from_preset("hf://someone/smiles")
    with pytest.raises(ModelError, match=f"could not be uploaded: {why}. 'catgan export-model RUN"):
        exported_gan().push_to_hub("someone/smiles")


def test_a_partial_cache_is_not_taken_for_a_model_when_offline(pushed, hub, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.cut["model.safetensors"] = [0] * 50
    with pytest.raises(ModelError, match="Run the same command again"):
        CatGAN.from_preset("hf://someone/smiles")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set, and it is not complete in the cache"):
        CatGAN.from_preset("hf://someone/smiles")


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r"pip install 'catgan\[hub\]'"):
        CatGAN.from_preset("hf://someone/smiles")


def test_commands_take_an_address_as_a_run(pushed, hub, tmp_path, capsys):
    assert main(["info", "hf://someone/smiles"]) == 0
    assert main(["generate", pushed, "-n", "2", "--seed", "3", "--out", str(tmp_path / "drawn.png")]) == 0
    assert main(["models", "fetch", "hf://someone/smiles"]) == 0
    assert f"hf://someone/smiles: {tmp_path}/cache" in capsys.readouterr().out
    assert main(["info", "hf://someone/frowns"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "has no such model" in error


def test_predict_takes_an_address_as_a_run(pushed, models, two_people, tmp_path, capsys):
    from catgan.faces.images import write_image

    write_image(tmp_path / "photo.png", two_people)
    result = tmp_path / "result.json"
    assert main(["predict", "hf://someone/smiles", str(tmp_path / "photo.png"), "--json", str(result)]) == 0
    assert "AU12" in result.read_text()


def test_export_model_writes_and_pushes(hub, untrained_run, untrained_gan, tmp_path, capsys):
    out, result = tmp_path / "out", tmp_path / "result.json"
    assert main(["export-model", str(untrained_run), "--to", "huggingface", "--out", str(out), "--push",
                 "someone/verb", "--private", "--licence", "cc-by-4.0", "--json", str(result)]) == 0
    content = json.loads(result.read_text())
    assert content["files"] == [str(out / "preset"), str(out / "preset.json")] and hub.private == {"someone/verb"}
    for model in (CatGAN.from_preset(out / "preset"), CatGAN.from_preset(content["address"])):
        assert_equal_weights(model, untrained_gan)
    readme = hub.repositories["someone/verb"][content["address"].rpartition("@")[2]]["README.md"].decode()
    assert "license: cc-by-4.0" in readme


@pytest.mark.parametrize("arguments, message", [
    (["--to", "keras", "--push", "a/b"], "--push goes with --to huggingface. Received: --to keras"),
    (["--to", "huggingface", "--private"], "--private goes with --push"),
    (["--to", "huggingface", "--push", "verb"], "hf://ORGANISATION/NAME"),
    (["--to", "huggingface", "--part", "editor"], "holds whole models. Received: parts editor")])
def test_export_model_refuses_options_that_do_not_go_together(hub, untrained_run, tmp_path, capsys, arguments, message):
    assert main(["export-model", str(untrained_run), "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error and not (tmp_path / "out").exists() and hub.requests == []


def test_a_data_set_is_completed_by_a_model_of_the_hub(hub, drawn, untrained_gan, tmp_path):
    address = untrained_gan.push_to_hub("someone/reader")
    assert main(["complete", str(drawn), "hf://someone/reader", "--out", str(tmp_path / "completed")]) == 0
    content = json.loads((tmp_path / "completed" / "dataset.json").read_text())["completed"]
    files = hub.repositories["someone/reader"][address.rpartition("@")[2]]
    assert content["run"] == "reader"
    assert content["weights"] == hashlib.sha256(files["model.safetensors"]).hexdigest()


@pytest.mark.slow
def test_a_model_of_the_hub_runs_with_onnxruntime(pushed, gan, tmp_path, monkeypatch):
    """Its ONNX files are made from safetensors, and kept under the checksum of these."""
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("CATGAN_CACHE", str(tmp_path / "made"))
    faces = some_faces(3, 16)
    found = CatGAN.from_preset("hf://someone/smiles", runtime="onnx").predict(faces)
    for name, values in gan.predict(faces).items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(found[name], values, atol=5e-3, err_msg=name)
    exported_gan("presence").push_to_hub("someone/smiles")
    reload()
    assert "AU12_present" in CatGAN.from_preset("hf://someone/smiles", runtime="onnx").predict(faces)
