"""Reads bodies of requests, and writes answers: JSON, where an error is `{"error": one clear line}`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from catgan.errors import CatganError
from catgan.web.http import JSONResponse, Request, Response

MAX_JSON_BYTES = 1 << 20
"""Largest body of JSON, in bytes."""


class Refused(CatganError):
    """A request that is refused.

    Args:
        text: one line that says what was wrong, what is allowed and what was received.
        status: the HTTP status, 400..499, or 503 where the server is busy.
    """

    def __init__(self, text: str, status: int = 400):
        super().__init__(text)
        self.status = status


def answer(content: Mapping[str, object]) -> Response:
    """Answers with JSON that is not kept in any cache."""
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def error(text: object, status: int) -> Response:
    """Answers `{"error": ...}` with the text in one line."""
    return JSONResponse({"error": " ".join(str(text).split())}, status, headers={"Cache-Control": "no-store"})


async def read_json(request: Request) -> dict[str, object]:
    """Reads a JSON object from the body.

    Raises:
        Refused: a body that is too large, or no JSON object.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_JSON_BYTES:
            raise Refused(f"A request may hold at most {MAX_JSON_BYTES >> 20} MB of JSON.", 413)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("The body of this request must be JSON.") from None
    if not isinstance(found, dict):
        raise Refused("The body of this request must be a JSON object.")
    return found


def number_in(body: Mapping[str, object], name: str, low: float, high: float) -> float:
    """Returns a number of a JSON object.

    Raises:
        Refused: it is missing, no number, or outside `low..high`.
    """
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) \
            or not low <= value <= high:
        raise Refused(f"'{name}' must be a number in {low:g}..{high:g}. Received: {str(value)[:80]}.")
    return float(value)


def whole_number_in(body: Mapping[str, object], name: str, low: int, high: int) -> int:
    """Returns a whole number of a JSON object; raises `Refused` as `number_in` does."""
    value = number_in(body, name, low, high)
    if value != int(value):
        raise Refused(f"'{name}' must be a whole number. Received: {value:g}.")
    return int(value)


def numbers_in(body: Mapping[str, object], name: str) -> dict[str, float]:
    """Returns a JSON object of numbers that lies in another one, such as `{"to": {"AU12": 3.0}}`.

    Raises:
        Refused: it is no object, or one of its values is no finite number.
    """
    values = body.get(name)
    if not isinstance(values, dict):
        raise Refused(f"'{name}' must be an object of numbers, such as {{\"AU12\": 3.0}}.")
    return {str(key): number_in(values, key, -1e6, 1e6) for key in values}


def choice_in(body: Mapping[str, object], name: str, allowed: tuple[str, ...]) -> str:
    """Returns a text of a JSON object.

    Raises:
        Refused: it is not one of `allowed`.
    """
    value = body.get(name)
    if value not in allowed:
        raise Refused(f"'{name}' must be one of {', '.join(allowed)}. Received: {str(value)[:80]}.")
    return str(value)
