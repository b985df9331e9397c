"""Results of a handler: an `Answer`, or a `Problem` raised."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]
_written = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(slots=True)
class Answer:
    """An answer in the making; `body` is JSON unless it is already `bytes`.

    `later` gives the real answer once another process has answered: only a handler that does not mutate
    may leave one, and what it learns comes back as a journalled request to ourselves.
    """

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    later: Callable[[], Awaitable[Answer]] | None = None

    def data(self) -> bytes:
        """Write the body for sending; empty without a body."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else _written(self.body).encode()


class Problem(Exception):  # noqa: N818 - an error answer is what the caller gets, not what broke
    """An error answer; the plane decides how its body looks.

    `details` become ARM's `error.details`, Graph's `innerError` or whatever the plane wants; `additional` ARM's
    `error.additionalInfo`.
    Raise it only before anything was changed: the journal keeps accepted requests alone.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        details: list[Json] | None = None,
        target: str = "",
        additional: list[Json] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.details = details or []
        self.target = target
        self.additional = additional or []

    def error(self) -> Json:
        """Return ARM's `error` object, also used in polls of a failed operation."""
        body: Json = {"code": self.code, "message": self.message}
        if self.target:
            body["target"] = self.target
        if self.details:
            body["details"] = self.details
        if self.additional:
            body["additionalInfo"] = self.additional
        return body
