"""`catgan app` from the command line: it starts, answers whoever has the token, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from catgan.cli.main import main
from tests.harness.paths import REPOSITORY

pytest.importorskip("starlette")


def test_server_starts_answers_and_ends_cleanly(untrained_run, tmp_path):
    settings = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    server = subprocess.Popen([sys.executable, "-m", "catgan.cli.main", "app", str(untrained_run), "--no-browser"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings)
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{40,}", server.stdout.readline())[0]
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert b"<title>catgan" in browser.open(address, timeout=30).read()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address.split("?")[0], timeout=30)
        assert [path.name.split("-")[2] for path in tmp_path.iterdir()] == [str(server.pid)]
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=60)
    assert server.returncode == 0 and errors == "" and list(tmp_path.iterdir()) == []


def test_browser_is_opened_with_a_token_that_works_once(untrained_run, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("uvicorn.Server.run", lambda server, sockets: _started(server.config.app))
    assert main(["app", str(untrained_run)]) == 0
    printed = re.search(r"token=(\S+)", capsys.readouterr().out)[1]
    assert len(opened) == 1 and opened[0].startswith("http://127.0.0.1:") and printed not in opened[0]


def _started(app):
    from starlette.testclient import TestClient

    with TestClient(app):
        pass


@pytest.mark.parametrize("arguments, problem", [
    (["no_such_run"], "No such run or preset"), (["people_rendered"], "is a model of people. The page takes"),
    (["--port", "70000"], "--port must lie in"),
    (["--data", "no_such_folder"], "--data must be a folder"),
    (["--annotate", __file__], "--annotate must be a folder")])
def test_wrong_use_is_one_line(arguments, problem, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["app", "--no-browser", *arguments]) == 2
    assert problem in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_port_that_is_taken_is_one_line(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", "--no-browser", "--port", str(port)]) == 2
    assert f"Port {port} cannot be used" in capsys.readouterr().err


def test_without_starlette_the_extra_is_named():
    """In a process of its own, since modules that are imported anew would be others than those of the tests here."""
    code = ("import sys; sys.modules['uvicorn'] = None\n"
            "from catgan.cli.main import main; sys.exit(main(['app', '--no-browser']))")
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY)
    assert ended.returncode == 2 and "pip install 'catgan[app]'" in ended.stderr
