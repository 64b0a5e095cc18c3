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
