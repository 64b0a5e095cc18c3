"""Who is let in: token, cookie, host and origin; what a file may be called and how large it may be."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from catgan.web import uploads
from catgan.web.guard import OPEN, Keys
from tests.harness.web import ADDRESS, PORT, Tab, png


@pytest.fixture
def stranger(page):
    """A browser without the cookie."""
    from starlette.testclient import TestClient

    return TestClient(page[0].app, base_url=ADDRESS, follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/face", "/api/app", "/api/terms", "/api/face/labels", "/static/app.js",
                                  "/api/units/12.png", "/nowhere", "/static/../guard.py", "/?token=wrong",
                                  "/face?token="])
def test_without_token_nothing_is_shown(stranger, path):
    response = stranger.get(path)
    assert response.status_code == 401 and "catgan app" in response.text
    assert stranger.get(path, headers={"accept": "text/html"}).text.startswith("<!doctype html>")


def test_login_page_needs_no_token_and_takes_it(stranger, page):
    assert all(stranger.get(path).status_code == 200 for path in OPEN)
    assert stranger.post("/login", content=b"token=wrong").status_code == 401
    entered = stranger.post("/login", content=f"token={page[2].token}".encode())
    assert entered.status_code == 303 and entered.headers["location"] == "/"
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and f"catgan-{PORT}=" in cookie
    assert page[2].token not in entered.headers["set-cookie"]


def test_token_leaves_the_address(stranger, page):
    entered = stranger.get(f"/face?a=1&token={page[2].token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/face?a=1")
    assert stranger.get(f"{ADDRESS}//evil.example/?token={page[2].token}").headers["location"] == "/evil.example/"


def test_ticket_opens_once():
    keys = Keys(1)
    ticket = keys.ticket()
    assert keys.opens(ticket) and not keys.opens(ticket) and keys.opens(keys.token)


@pytest.mark.parametrize("headers", [
    {"host": "evil.example"}, {"host": f"evil.example:{PORT}"}, {"host": "127.0.0.1:1"}, {"host": "127.0.0.1"},
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": f"http://127.0.0.1:{PORT + 1}"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
def test_request_of_another_page_is_refused(client, headers):
    for response in (client.post("/api/face/choose", json={"face": 0}, headers={"x-tab": "tab-0000", **headers}),
                     client.get("/api/app", headers=headers)):
        assert response.status_code == 403 and "error" in response.json()


def test_own_page_is_let_in(client):
    own = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    assert client.get("/api/app", headers=own).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    assert client.get("/face", headers=link).status_code == 200


def test_every_answer_forbids_foreign_content(client, stranger):
    for response in (client.get("/face"), client.get("/api/app"), client.get("/static/app.js"), stranger.get("/x")):
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"


def test_page_names_no_foreign_address(client):
    from catgan.web.paths import STATIC

    for path in STATIC.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http:" not in text and "https:" not in text and "innerHTML" not in text, path
            assert "<script>" not in text and " style=" not in text, path


def test_unknown_addresses_and_methods_are_json(client):
    for response, status in ((client.get("/nowhere"), 404), (client.get("/api/face/choose"), 405),
                             (client.get("/static/../../setup.cfg"), 404), (client.get("/static/none.js"), 404)):
        assert response.status_code == status and list(response.json()) == ["error"]


def test_request_without_tab_is_refused(client):
    for tab in ("", "../../x", "a" * 65):
        assert client.get("/api/face/state", headers={"x-tab": tab}).status_code == 400


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_body_that_is_no_object_is_refused(tab, content):
    response = tab.post("/api/face/choose", content=content)
    assert response.status_code == 400 and "JSON" in response.json()["error"]
    assert tab.post("/api/face/choose", content=b" " * (2 << 20)).status_code == 413


# === Files ===

@pytest.mark.parametrize("name, shown", [
    ("../../x", "x"), ("..%2F..%2Fx.png", "x.png"), ("C:\\a\\x.png", "x.png"), ("%3Cimg src=x onerror=1%3E.png", None),
    ("a%0Ab.png", None), ("", "this file"), ("%FF", None), ("/etc/passwd", "passwd"), ("x" * 300, "x" * 80 + "...")])
def test_name_of_a_file_is_no_path(tab, page, two_people, name, shown):
    answer = tab.send_file("/api/face/photo", png(two_people), name).json()
    assert "\n" not in answer["name"] and "/" not in answer["name"] and (shown is None or answer["name"] == shown)
    assert stored(page[1]) and all(set(path.name) <= set("0123456789abcdef") for path in stored(page[1]))


def stored(context):
    return sorted(path for path in context.folder.rglob("*") if path.is_file())


def bomb():
    stream = io.BytesIO()
    Image.fromarray(np.zeros((20_000, 20_000), bool)).save(stream, format="PNG")
    return stream.getvalue()


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a", "b")
    return stream.getvalue()


@pytest.mark.parametrize("content, problem", [
    (b"", "empty file"), (b"\x80\x04K\x01.", "not an image"), (b"<svg onload='x'/>", ""), (zipped(), ""),
    (bomb(), "at most 100000000"), (png(np.zeros((40, 40, 3), np.uint8))[:60], "truncated or damaged")],
    ids=["empty", "pickle", "svg", "zip", "bomb", "cut"])
def test_file_that_is_no_photograph_is_refused_and_not_kept(tab, page, content, problem):
    before = stored(page[1]), page[1].sessions.nbytes
    response = tab.send_file("/api/face/photo", content, "a.png")
    assert response.status_code == 400 and problem in response.json()["error"]
    assert response.json()["error"].startswith("a.png:") and str(page[1].folder) not in response.text
    assert (stored(page[1]), page[1].sessions.nbytes) == before


def test_file_that_is_too_large_is_refused_and_not_kept(tab, page, monkeypatch):
    monkeypatch.setattr("catgan.web.pages.face.MAX_PHOTOGRAPH_BYTES", 1 << 20)
    response = tab.send_file("/api/face/photo", bytes(3 << 20), "large.png")
    assert response.status_code == 413 and response.json()["error"] == "large.png is too large: at most 1 MB are taken."
    assert not any(path.stat().st_size > 1 << 20 for path in stored(page[1]))


def test_new_photograph_replaces_the_file_of_the_old_one(page, two_people):
    tab = Tab(page[0], "one-file-tab")
    for _ in range(3):
        tab.send_file("/api/face/photo", png(two_people))
    session = page[1].sessions._all["one-file-tab"]
    assert len(list(session._folder.iterdir())) == 1 and session.stored == len(png(two_people))


def test_limits_are_those_of_the_front_end():
    from catgan.web.paths import STATIC

    assert uploads.MAX_PHOTOGRAPH_BYTES == 50 << 20
    assert "MAX_PHOTOGRAPH = 50 * 2 ** 20" in (STATIC / "pages" / "face.js").read_text()
