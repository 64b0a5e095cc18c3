"""The page with the preset of faces, shared by the tests of this folder."""

import pytest

pytest.importorskip("starlette")

from tests.harness.web import Tab, opened_page  # noqa: E402


@pytest.fixture(scope="session")
def page(landmarker_bundle, tmp_path_factory):
    """Client, context and keys of one server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATGAN_MODELS", str(landmarker_bundle.parent))
        with opened_page(tmp_path_factory.mktemp("web") / "files", run="faces_64") as opened:
            yield opened


@pytest.fixture
def client(page):
    return page[0]


@pytest.fixture
def tab(page, request):
    """A tab of its own for each test."""
    return Tab(page[0], f"tab-{abs(hash(request.node.nodeid))}")


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    from tests.harness.browsers import opened_browser

    with opened_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def address(landmarker_bundle, tmp_path_factory):
    """The address of a running page with the preset of faces; it contains the token."""
    from tests.harness.web import served_page

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATGAN_MODELS", str(landmarker_bundle.parent))
        with served_page(tmp_path_factory.mktemp("served") / "files", run="faces_64") as opened:
            yield opened


@pytest.fixture
def window(browser, address):
    """Opens windows of one user; whatever a page writes to its console as an error fails the test."""
    from tests.harness.browsers import TIMEOUT_MS

    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(TIMEOUT_MS)
    problems = []

    def opened(path=""):
        page = context.new_page()
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        page.on("console", lambda message: message.type == "error" and "Failed to load resource" not in message.text
                and problems.append(message.text))
        page.goto(address.replace("/?", f"/{path}?"), wait_until="commit")
        page.wait_for_selector("#nav a")
        return page

    yield opened
    context.close()
    assert problems == []
