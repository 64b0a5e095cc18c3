"""Presets of the Hugging Face Hub, from a server of the test's own."""

import http.server
import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from catgan import CatGAN
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from tests.harness.experiments import TINY

COMMIT = "0123456789012345678901234567890123456789"


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves the files of one folder as the repository `someone/smiles`."""

    folder = Path()

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body):
        names = sorted(path.name for path in self.folder.iterdir())
        if self.path.startswith("/api/models/someone/smiles/tree/"):
            entries = [{"type": "file", "path": name, "size": (self.folder / name).stat().st_size, "oid": name}
                       for name in names]
            content = json.dumps(entries).encode()
        elif self.path.startswith("/api/models/someone/smiles"):
            content = json.dumps({"id": "someone/smiles", "sha": COMMIT, "private": False,
                                  "siblings": [{"rfilename": name} for name in names]}).encode()
        elif self.path.startswith(f"/someone/smiles/resolve/{COMMIT}/") and self.path.rpartition("/")[2] in names:
            content = (self.folder / self.path.rpartition("/")[2]).read_bytes()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        for name, value in (("Content-Length", str(len(content))), ("ETag", f'"{len(content)}"'),
                            ("X-Repo-Commit", COMMIT), ("Content-Type", "application/json")):
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants")
    Hub.folder = tmp_path / "served"
    gan = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "presence", True), seed=1)
    gan.save_to_preset(Hub.folder)
    (Hub.folder / "malware.py").write_text("raise SystemExit")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield gan
    server.shutdown()
    server.server_close()
    thread.join()


def test_from_preset_of_the_hub_downloads_the_files_of_a_preset(hub, tmp_path):
    loaded = CatGAN.from_preset("hf://someone/smiles")
    for one, other in zip(loaded.get_weights(), hub.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not list((tmp_path / "cache").rglob("malware.py"))


def test_from_preset_of_an_unknown_repository_is_refused(hub):
    with pytest.raises(ModelError, match="hf://someone/frowns could not be downloaded"):
        CatGAN.from_preset("hf://someone/frowns")


def test_from_preset_of_the_hub_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r"pip install 'catgan\[hub\]'"):
        CatGAN.from_preset("hf://someone/smiles")
