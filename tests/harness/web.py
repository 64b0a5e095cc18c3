"""The web page as tests reach it: the application without a socket, and a browser's tab."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PORT = 8123
ADDRESS = f"http://127.0.0.1:{PORT}"


@dataclass
class Tab:
    """A tab of a browser that has opened the page.

    Args:
        client: sends requests.
        name: its identity.
    """

    client: Any
    name: str = "tab-0000"
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers={"x-tab": self.name, **self.headers}, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.client.post(path, headers={"x-tab": self.name, **self.headers}, **options)

    def send_file(self, path: str, content: bytes, name: str = "photo.png") -> Any:
        headers = {"x-tab": self.name, "x-file-name": name, **self.headers}
        return self.client.post(path, content=content, headers=headers)


@contextlib.contextmanager
def opened_page(folder: Path, **options: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Starts the application, as `catgan app` does but without a socket.

    Yields:
        A client with the cookie, the context, and the keys.
    """
    from starlette.testclient import TestClient

    from catgan.web.application import application
    from catgan.web.context import Context, Options
    from catgan.web.guard import Keys
    from catgan.web.model import Model
    from catgan.web.sessions import Sessions

    folder.mkdir(exist_ok=True)
    given, keys = Options(**options), Keys(PORT)
    context = Context(given, folder, Sessions(folder), Model(given.run))
    with TestClient(application(context, keys, PORT), base_url=ADDRESS, raise_server_exceptions=False) as client:
        assert client.get(f"/?token={keys.token}").status_code == 200
        yield client, context, keys


def png(picture: np.ndarray) -> bytes:
    """Encodes uint8 `(h, w, 3)` as PNG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG")
    return stream.getvalue()


@contextlib.contextmanager
def served_page(folder: Path, **options: Any) -> Iterator[str]:
    """Serves the application at a free port, in a thread. Yields the address that opens it."""
    import threading

    from catgan.web import serving
    from catgan.web.application import application
    from catgan.web.context import Context, Options
    from catgan.web.guard import Keys
    from catgan.web.http import uvicorn
    from catgan.web.model import Model
    from catgan.web.sessions import Sessions

    folder.mkdir(exist_ok=True)
    given = Options(**options)
    context = Context(given, folder, Sessions(folder), Model(given.run))
    with contextlib.closing(serving._listening(0)) as listening:
        port, ready = listening.getsockname()[1], threading.Event()
        keys = Keys(port)
        app = application(context, keys, port, ready.set)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="error", access_log=False, ws="none",
                                               timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(30)
            yield f"http://127.0.0.1:{port}/?token={keys.token}"
        finally:
            server.should_exit = True
            thread.join(30)
