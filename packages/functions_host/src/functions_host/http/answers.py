"""Answers as Kestrel sends them: statuses, reasons, and how the length of a body is stated (docs/notes.md 4.1)."""

import asyncio
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

SERVER = "Kestrel"
_NO_BODY = frozenset({101, 204, 205, 304})
_REASONS = {one.value: one.phrase for one in HTTPStatus} | {
    103: "", 413: "Payload Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 418: "I'm a teapot",
    422: "Unprocessable Entity", 425: "", 499: "Client Closed Request",
}  # fmt: skip


class Answer(web.Response):
    """One answer: a *streamed* body is sent in chunks, another one with its length.

    It may have any status: clients cannot read those below 200 or above 999, which is so on Azure too.
    """

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        streamed: bool = False,
        closes: bool = False,
    ) -> None:
        super().__init__(status=status, body=body, headers=headers)
        if headers is None or "Content-Type" not in headers:
            self.headers.popall("Content-Type", None)
        self.streamed, self._closes = streamed, closes
        self._asked: web.BaseRequest | None = None
        self._sent = b""
        self._stays = False

    @classmethod
    def of(cls, response: web.Response) -> "Answer":
        """Return a response of the host's own as an answer."""
        if isinstance(response, Answer):
            return response
        body = response.body if isinstance(response.body, bytes) else b""
        answer = cls(response.status, body)
        answer.headers.extend(response.headers)
        for cookie in response.cookies.values():
            answer.headers.add("Set-Cookie", cookie.OutputString())
        if not body and not response.headers.get("Location"):
            answer.headers.popall("Content-Type", None)
        return answer

    @property
    def keep_alive(self) -> bool | None:
        """Return whether the connection stays."""
        return self._stays

    @property
    def prepared(self) -> bool:
        """Return whether it has begun."""
        return self._asked is not None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the status and the headers."""
        if self._asked is not None:
            return request.writer
        self._asked = request
        headers = CIMultiDict(self.headers)
        headers.setdefault("Date", formatdate(usegmt=True))
        headers.setdefault("Server", SERVER)
        self._sent, closed = self._framed(request, headers)
        closed = closed or "close" in headers.pop("Connection", "").lower()
        self._stays = not closed
        if closed:
            headers = CIMultiDict([("Connection", "close"), *headers.items()])
        status_line = f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}"
        await request.writer.write_headers(status_line, headers)
        return request.writer

    def _framed(self, request: web.BaseRequest, headers: "CIMultiDict[str]") -> tuple[bytes, bool]:
        """Add the headers that say where the body ends; return the body, and whether the connection ends after it."""
        body = self.body if isinstance(self.body, bytes) else b""
        closes = self._closes or not request.keep_alive or self.status == HTTPStatus.SWITCHING_PROTOCOLS
        if request.method == "HEAD" or self.status in _NO_BODY:
            if self.status == HTTPStatus.RESET_CONTENT and request.method != "HEAD":
                headers["Content-Length"] = "0"
            return b"", closes
        if "Transfer-Encoding" in headers:  # the function's own: the body is sent as it is
            return body, closes
        if "Content-Length" in headers:
            return body, closes or int(headers["Content-Length"]) != len(body)
        if not self.streamed or not body:
            headers["Content-Length"] = str(len(body))
            return body, closes
        if request.version < HttpVersion11:
            return body, True
        headers["Transfer-Encoding"] = "chunked"
        request.writer.enable_chunking()
        return body, closes

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the body."""
        if self._asked is None:
            return
        await self._asked.writer.write_eof(self._sent + data)
        self._body_length = len(self._sent)


class Connection(web.RequestHandler):
    """A connection that gets an empty answer for bytes that are no request, and is closed then."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that could not be read."""
        self.log_exception("Error handling request from %s", request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        return Answer(_unreadable(status, message or str(exc or "")), closes=True)


def _unreadable(status: int, message: str) -> int:
    """Return the status for a request that the parser refused: which part was too long, or which version it saw."""
    if status != HTTPStatus.BAD_REQUEST:
        return status
    if "Got more than" in message:
        return HTTPStatus.REQUEST_URI_TOO_LONG if "status line" in message or "/" in message[:80] else 431
    return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED if "version" in message.lower() else status


class Server(web.Server):
    """A server of such connections."""

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of one connection."""
        loop = asyncio.get_running_loop()
        return Connection(self, loop=loop, **self._kwargs)
