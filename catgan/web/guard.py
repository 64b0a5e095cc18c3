"""Lets only the user of this machine in: token, cookie, host, origin, and headers that forbid foreign content.

Web pages of others run in the same browser as ours and can send requests to 127.0.0.1. Refused are:
requests without the secret cookie; another `Host`, which a page gets whose name was rebound to 127.0.0.1; requests that
another page has caused (`Origin`, `Sec-Fetch-Site`).
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import parse_qs, urlencode

from catgan.web.http import (ASGIApp, FileResponse, Headers, Message, MutableHeaders, Receive, RedirectResponse,
                             Request, Response, Scope, Send)
from catgan.web.paths import STATIC
from catgan.web.requests import error

OPEN = frozenset({"/login", "/favicon.ico", "/static/style.css", "/static/theme.js", "/static/icon.svg"})
"""Paths that need no cookie: the login page and what it shows."""
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src "
                               "'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()"}
MAX_LOGIN_BYTES = 4096


class Keys:
    """Holds the secrets of one server, which are new at each start.

    Args:
        port: of the server. Browsers send cookies to all ports of a host, so the cookie's name has it.

    Attributes:
        token: opens the page; it is in the printed address.
        cookie: name of the cookie.
    """

    def __init__(self, port: int):
        self.token, self._secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._tickets: set[str] = set()
        self.cookie = f"catgan-{port}"

    def ticket(self) -> str:
        """Makes a token that opens the page once. Other users of the machine can read the address that a browser is
        started with."""
        made = secrets.token_urlsafe(32)
        self._tickets.add(made)
        return made

    def opens(self, token: str) -> bool:
        """Returns whether a token is right, and uses up tickets."""
        if token in self._tickets:
            self._tickets.remove(token)
            return True
        return hmac.compare_digest(token.encode(), self.token.encode())

    def knows(self, request: Request) -> bool:
        """Returns whether a request has the cookie."""
        return hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self._secret.encode())

    def set_cookie(self, response: Response) -> None:
        """Gives the cookie to a browser, for as long as it runs."""
        response.set_cookie(self.cookie, self._secret, httponly=True, samesite="strict", path="/")


class Guard:
    """Middleware (ASGI) that lets requests through, or answers them: 401 without cookie, 403 from elsewhere.

    Args:
        app: the application.
        keys: secrets of the server.
        port: of the server.
    """

    def __init__(self, app: ASGIApp, keys: Keys, port: int):
        self.app, self.keys = app, keys
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        request = Request(scope, receive)
        answer = self._foreign(request.method, request.headers) or await self._without_cookie(request)
        await (answer or self.app)(scope, receive, send_guarded)

    def _foreign(self, method: str, headers: Headers) -> Response | None:
        """Refuses requests that another page has caused."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return error(f"This page is at {' or '.join(sorted(self.hosts))}. Received a request for "
                         f"{host[:80] or 'no host'}.", 403)
        if origin is not None and origin != f"http://{host}":
            return error(f"Requests from another page are refused. Received: {origin[:80]}.", 403)
        navigation = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not navigation:
            return error("Requests from another page are refused.", 403)
        return None

    async def _without_cookie(self, request: Request) -> Response | None:
        """Opens the page by a token, shows the login page, or refuses."""
        if request.method == "POST" and request.url.path == "/login":
            return await self._login(request)
        if "token" in request.query_params and request.method == "GET":
            return self._enter(request.query_params["token"], _without_token(request))
        if request.url.path in OPEN or self.keys.knows(request):
            return None
        if "text/html" in request.headers.get("accept", ""):
            return login_page(401)
        return error("This needs the token of the address that catgan app printed. Open that address again.", 401)

    def _enter(self, token: str, path: str) -> Response:
        if not self.keys.opens(token):
            return login_page(401)
        response = RedirectResponse(path, 303)
        self.keys.set_cookie(response)
        return response

    async def _login(self, request: Request) -> Response:
        content = bytearray()
        async for part in request.stream():
            content += part
            if len(content) > MAX_LOGIN_BYTES:
                return error("A token is shorter than that.", 413)
        fields = parse_qs(content.decode("utf-8", "replace"))
        return self._enter(fields.get("token", [""])[0].strip(), "/")


def login_page(status: int) -> Response:
    """Returns the page that asks for the token."""
    return FileResponse(STATIC / "login.html", status, headers={"Cache-Control": "no-store"})


def _without_token(request: Request) -> str:
    """Returns the path and query of a request without its token; always on this server."""
    rest = [(key, value) for key, value in request.query_params.multi_items() if key != "token"]
    return "/" + request.url.path.lstrip("/\\") + (f"?{urlencode(rest)}" if rest else "")
