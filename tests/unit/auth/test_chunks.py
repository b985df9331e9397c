"""A body that came in chunks did not reach the app: the caller is told so, and nobody else is."""

import azure.functions as func
import pytest

from shared.errors import LengthRequiredError, TooLargeError
from triggers.http.call import body_of

CHUNKED = {"Transfer-Encoding": "chunked"}


def request(method: str, body: bytes, headers: dict[str, str]) -> func.HttpRequest:
    return func.HttpRequest(method=method, url="http://api/x", headers=headers, body=body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("more", [{}, {"Content-Length": "3"}])
def test_without_the_body_that_was_sent_its_sender_is_told(method: str, more: dict[str, str]) -> None:
    with pytest.raises(LengthRequiredError, match="Content-Length"):
        body_of(request(method, b"", CHUNKED | more))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_has_no_body_may_announce_chunks(method: str) -> None:
    assert body_of(request(method, b"", CHUNKED)) == b""


def test_a_body_that_did_arrive_is_taken_however_it_was_sent() -> None:
    assert body_of(request("PUT", b"{}", CHUNKED)) == b"{}"


def test_no_body_at_all_is_none() -> None:
    assert body_of(request("POST", b"", {"Content-Length": "0"})) == b""
    assert body_of(request("POST", b"", {})) == b""


def test_a_large_body_is_refused_however_it_was_sent() -> None:
    with pytest.raises(TooLargeError):
        body_of(request("PUT", b"x" * ((1 << 20) + 1), CHUNKED))
