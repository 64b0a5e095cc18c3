"""Names of Starlette and uvicorn that the web page uses, or one line that says how to install them."""

from catgan.errors import CatganError

try:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
    from starlette.routing import BaseRoute, Mount, Route
    from starlette.staticfiles import StaticFiles
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ImportError:
    raise CatganError("The web page needs the packages starlette and uvicorn. Install them with: "
                      "pip install 'catgan[app]'.") from None

__all__ = ["ASGIApp", "BaseRoute", "ClientDisconnect", "FileResponse", "HTTPException", "Headers", "JSONResponse",
           "Message", "Middleware", "Mount", "MutableHeaders", "Receive", "RedirectResponse", "Request", "Response",
           "Route", "Scope", "Send", "Starlette", "StaticFiles", "run_in_threadpool", "uvicorn"]
