"""Serves the web page on this machine alone, until Ctrl-C."""

from __future__ import annotations

import contextlib
import socket
import webbrowser
from collections.abc import Callable

from catgan.errors import CatganError
from catgan.web.application import application
from catgan.web.context import Options, open_context
from catgan.web.guard import Keys
from catgan.web.http import uvicorn

HOST = "127.0.0.1"
CLOSING_SECONDS = 2
BACKLOG = 256
"""Number of connections that wait to be accepted."""


def serve(options: Options, port: int = 0, browser: bool = True,
          on_start: Callable[[str], None] = lambda address: None) -> str:
    """Serves the page until Ctrl-C or SIGTERM.

    Args:
        options: model, data set and folders that the pages show.
        port: 1..65535; 0 takes a free one.
        browser: whether to open the page in the user's browser.
        on_start: called with the address, which contains the secret token.

    Returns:
        The address without the token.

    Raises:
        CatganError: an unknown run, or a port that is taken.
    """
    with contextlib.closing(_listening(port)) as listening:
        port = listening.getsockname()[1]
        keys, address = Keys(port), f"http://{HOST}:{port}/"

        def started() -> None:
            on_start(f"{address}?token={keys.token}")
            if browser:
                webbrowser.open(f"{address}?token={keys.ticket()}")

        context = open_context(options)
        try:
            context.model.check()
            app = application(context, keys, port, started)
            config = uvicorn.Config(app, log_config=None, log_level="error", access_log=False, server_header=False,
                                    ws="none", timeout_graceful_shutdown=CLOSING_SECONDS)
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listening])
        finally:
            context.sessions.close()
            with contextlib.suppress(OSError):
                context.folder.rmdir()
    return address


def _listening(port: int) -> socket.socket:
    """Opens the socket of the server; who connects before the application is ready waits.

    Raises:
        CatganError: the port is taken, or is none.
    """
    if not 0 <= port <= 65535:
        raise CatganError(f"--port must lie in 1..65535, or be 0 for a free one. Received: {port}.")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CatganError(f"Port {port} cannot be used: {error.strerror}. Give another --port, or none.") from None
    return listening
