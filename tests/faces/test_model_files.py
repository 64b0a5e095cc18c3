import dataclasses
import functools
import hashlib
import http.server
import threading

import pytest

from catgan.errors import CatganError
from catgan.faces import model_files

CONTENT = bytes(range(256)) * 40


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/cut.task":  # says more than it sends
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:100])
            return
        super().do_GET()


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "good.task").write_bytes(CONTENT)
    (folder / "long.task").write_bytes(CONTENT + b"x")
    (folder / "other.task").write_bytes(CONTENT[::-1])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def small_model(monkeypatch, tmp_path):
    wanted = dataclasses.replace(model_files.MODELS["face_landmarker"], size=len(CONTENT),
                                 sha256=hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(model_files.MODELS, "face_landmarker", wanted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CATGAN_MODELS", raising=False)


def test_fetch_downloads_into_the_cache_that_find_searches(server, tmp_path):
    path = model_files.fetch("face_landmarker", url=f"{server}/good.task")
    assert path.read_bytes() == CONTENT and path.is_relative_to(tmp_path / "cache")
    assert model_files.find("face_landmarker") == path


@pytest.mark.parametrize("name, problem", [("long", "instead of"), ("other", "sha256"), ("cut", "bytes"),
                                           ("none", "(?i)not found|404")])
def test_fetch_of_a_bad_file_is_refused_and_leaves_nothing(server, tmp_path, name, problem):
    with pytest.raises(CatganError, match=problem) as caught:
        model_files.fetch("face_landmarker", tmp_path / "models", f"{server}/{name}.task")
    assert "by hand" in str(caught.value)
    assert not list((tmp_path / "models").iterdir())


def test_fetch_without_connection_says_how_to_get_the_file(tmp_path):
    with pytest.raises(CatganError, match="by hand.*CATGAN_MODELS"):
        model_files.fetch("face_landmarker", tmp_path, "http://127.0.0.1:9/x.task")


def test_find_prefers_the_given_path_then_the_environment(tmp_path, monkeypatch):
    given, folder = tmp_path / "given.task", tmp_path / "env"
    folder.mkdir()
    for path in (given, folder / "face_landmarker.task"):
        path.write_bytes(CONTENT)
    monkeypatch.setenv("CATGAN_MODELS", str(folder))
    assert model_files.find("face_landmarker", given) == given
    assert model_files.find("face_landmarker") == folder / "face_landmarker.task"


def test_find_of_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "bad.task").write_bytes(b"bad")
    for path, problem in ((tmp_path / "bad.task", "3 bytes instead"), (tmp_path / "none.task", "no such file")):
        with pytest.raises(CatganError, match=problem):
            model_files.find("face_landmarker", path)


def test_fetch_of_an_unknown_model_is_refused():
    with pytest.raises(CatganError, match="Did you mean 'face_landmarker'"):
        model_files.fetch("face_landmarkr")


@pytest.mark.parametrize("name", ["pose_landmarker", "selfie_segmenter"])
def test_equivalent_file_is_found_and_used_but_never_downloaded(server, tmp_path, monkeypatch, name):
    """The same networks come in another packing, whose bytes are known too."""
    other = CONTENT[::-1]
    wanted = dataclasses.replace(model_files.MODELS[name], size=len(CONTENT),
                                 sha256=hashlib.sha256(CONTENT).hexdigest(),
                                 equivalents=((len(other), hashlib.sha256(other).hexdigest()),))
    monkeypatch.setitem(model_files.MODELS, name, wanted)
    path = tmp_path / wanted.filename
    path.write_bytes(other)
    monkeypatch.setenv("CATGAN_MODELS", str(tmp_path))
    assert model_files.find(name) == path
    with pytest.raises(CatganError, match="not the expected file: sha256"):
        model_files.fetch(name, url=f"{server}/other.task")
    assert model_files.fetch(name, url=f"{server}/good.task").read_bytes() == CONTENT
    path.write_bytes(other[:-1] + b"x")
    with pytest.raises(CatganError, match="not the expected .* model: sha256"):
        model_files.find(name)
