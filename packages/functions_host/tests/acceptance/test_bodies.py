"""Bodies, headers and parameters of every kind, there and back."""

import base64
import gzip
import http.client
import json
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from host_testing.running import RunningHost, until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = (
    b'--cut\r\nContent-Disposition: form-data; name="who"\r\n\r\nAda\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="photo"; filename="p.bin"\r\n\r\n\x00\xff\r\n--cut--\r\n'
)


def raw_call(host: RunningHost, method: str, path: str, **sent: object) -> tuple[http.client.HTTPResponse, bytes]:
    """Call with a client that does not decode the response."""
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=30)
    try:
        connection.request(method, path, **sent)  # type: ignore[arg-type]
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def address(host: RunningHost) -> tuple[str, int]:
    found = urlsplit(host.url)
    return str(found.hostname), int(found.port or 0)


def exchanged(host: RunningHost, request: bytes) -> bytes:
    """Send bytes as they are; return everything until the host closes the connection."""
    with socket.create_connection(address(host), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff\xfe", '{"x": "ü"}'.encode(), "grün".encode("latin-1"), b"a" * 3_000_000],
    ids=["empty", "binary", "JSON", "latin", "3 MB"],
)
def test_a_body_reaches_the_function_byte_for_byte(host: RunningHost, body: bytes) -> None:
    seen = host.call("POST", "/api/mirror", raw=body).json
    assert base64.b64decode(seen["body"]) == body


def test_a_body_that_comes_in_chunks_is_not_handed_on(host: RunningHost) -> None:
    chunks = iter([b"one ", b"two ", b"three"])
    response, answer = raw_call(host, "POST", "/api/mirror", body=chunks, encode_chunked=True, headers={"X": "1"})
    seen = json.loads(answer)
    assert (response.status, seen["body"], seen["headers"]["transfer-encoding"]) == (200, "", "chunked")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_method_is_passed_on(host: RunningHost, method: str) -> None:
    assert host.call(method, "/api/mirror").json["method"] == method


def test_a_head_request_has_headers_and_no_body(host: RunningHost) -> None:
    answer = host.call("HEAD", "/api/answers/status/202")
    assert (answer.status, answer.headers["X-Own"], answer.text) == (202, "kept", "")


def test_headers_come_in_by_lower_case_names_with_their_values(host: RunningHost) -> None:
    seen = host.call("POST", "/api/mirror", {}, headers={"X-Own": "a, b; c=1", "Accept-Language": "de"}).json
    assert (seen["headers"]["x-own"], seen["headers"]["accept-language"]) == ("a, b; c=1", "de")
    assert seen["headers"]["host"] == urlsplit(host.url).netloc


def test_query_parameters_are_decoded_and_empty_ones_are_left_out(host: RunningHost) -> None:
    seen = host.call("GET", "/api/mirror/a/b%2Fc?q=a%26b+c&%C3%BC=%E2%82%AC&empty=").json
    assert seen["params"] == {"q": "a&b c", "ü": "€"}
    assert seen["route"] == {"rest": "a/b%2Fc"}
    assert seen["url"].startswith(f"{host.url}/api/mirror/a/b%2Fc?q=a%26b+c")


def test_repeated_names_are_joined_as_on_azure(host: RunningHost) -> None:
    """``StringValues.ToString()`` in functions-host, GrpcMessageConversionExtensions.cs."""
    request = b"GET /api/mirror?a=1&A=2&a= HTTP/1.0\r\nHost: x\r\nX-Own: 1\r\nx-own: 2\r\n\r\n"
    seen = json.loads(exchanged(host, request).partition(b"\r\n\r\n")[2])
    assert (seen["params"], seen["headers"]["x-own"]) == ({"a": "1,2"}, "1,2")


def test_a_compressed_body_is_passed_on_as_it_is(host: RunningHost) -> None:
    packed = gzip.compress(b"hello")
    seen = host.call("POST", "/api/mirror", raw=packed, headers={"Content-Encoding": "gzip"}).json
    assert base64.b64decode(seen["body"]) == packed


def test_a_caller_that_expects_100_continue_gets_it(host: RunningHost) -> None:
    with socket.create_connection(address(host), timeout=30) as connection:
        connection.sendall(b"POST /api/mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hi")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_large_token_is_accepted(host: RunningHost) -> None:
    token = "Bearer " + "t" * 20_000
    assert host.call("GET", "/api/mirror", headers={"Authorization": token}).json["headers"]["authorization"] == token


def test_an_invalid_request_is_refused_and_not_quoted_in_the_log(host: RunningHost) -> None:
    secret = b"hunter4" * 6000
    with suppress(ConnectionError):  # the host may hang up while we still speak
        exchanged(host, b"GET /api/mirror HTTP/1.1\r\nHost: x\r\nAuthorization: " + secret + b"\r\n\r\n")
    assert exchanged(host, b"GET /api/mirror HTTP/1.1\r\nHost: a[\r\nConnection: close\r\n\r\n").split()[1] == b"400"
    until(lambda: "a request cannot be read: LineTooLong" in host.log.read_text())
    assert "hunter4" not in host.log.read_text()


@pytest.mark.parametrize("path", ["/api/locked", "/admin/host/status", "/runtime/webhooks/durabletask/instances"])
def test_a_header_that_is_no_utf_8_is_400(host: RunningHost, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
    assert exchanged(host, request + b"x-functions-key: \xff\xfe\r\n\r\n").split()[1] == b"400"


def test_a_form_is_read(host: RunningHost) -> None:
    seen = host.call("POST", "/api/mirror", raw=b"who=Ada+L&x=%C3%BC", headers=FORM).json
    assert seen["form"] == {"who": "Ada L", "x": "ü"}


def test_a_multipart_form_is_read_with_its_files(host: RunningHost) -> None:
    seen = host.call("POST", "/api/mirror", raw=PARTS, headers={"Content-Type": "multipart/form-data; boundary=cut"})
    assert seen.json["form"] == {"who": "Ada"}
    assert base64.b64decode(seen.json["files"]["photo"]) == b"\x00\xff"


def test_bytes_come_back_as_they_are(host: RunningHost) -> None:
    response, body = raw_call(host, "GET", "/api/answers/bytes")
    assert (response.headers["Content-Type"], body) == ("application/octet-stream", bytes(range(256)))


def test_text_comes_back_in_its_charset(host: RunningHost) -> None:
    response, body = raw_call(host, "GET", "/api/answers/latin")
    assert (response.headers["Content-Type"], body) == ("text/plain; charset=latin-1", "grün".encode("latin-1"))


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 404, 418, 429, 503])
def test_a_status_comes_back_with_its_headers(host: RunningHost, status: int) -> None:
    answer = host.call("GET", f"/api/answers/status/{status}")
    assert (answer.status, answer.headers["X-Own"]) == (status, "kept")


def test_each_cookie_is_a_header_of_its_own(host: RunningHost) -> None:
    found = host.call("GET", "/api/answers/cookies").headers.get_all("Set-Cookie") or []
    assert sorted(one.partition(";")[0] for one in found) == ["one=1", "two=2"]
    assert any("httponly" in one for one in found)


def test_a_length_that_is_not_that_of_the_body_is_a_500(host: RunningHost) -> None:
    response, body = raw_call(host, "GET", "/api/answers/framed")
    assert (response.status, body, response.headers["Connection"]) == (500, b"", "close")


@pytest.mark.parametrize("status", [99, 1000])
def test_a_status_that_http_does_not_know_is_sent_as_it_is(host: RunningHost, status: int) -> None:
    request = f"GET /api/answers/status/{status} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    assert exchanged(host, request).startswith(f"HTTP/1.1 {status} \r\n".encode())


def test_returned_json_that_describes_a_response_becomes_it(host: RunningHost) -> None:
    answer = host.call("GET", "/api/answers/described")
    assert (answer.status, answer.headers["X-Own"], answer.json) == (202, "set", {"a": 1})


def test_the_log_never_holds_bodies(host: RunningHost) -> None:
    host.call("POST", "/api/echo", {"secret": "hunter2"})
    host.outcome("given_back", {"secret": "hunter3"})
    log = host.log.read_text()
    assert "hunter2" not in log
    assert "hunter3" not in log
