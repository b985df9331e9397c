"""HTTP triggers, keys and the admin API, as a caller sees them (host.md 8, 1-14)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.host.conftest import RunningHost, until


def _key(host: RunningHost, scope: str) -> str:
    lines = [line.split() for line in host.verb("keys").splitlines()]
    return next(value for _, name, value in lines if name == scope)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/unknown"),
        ("POST", "/api/hello"),
        ("GET", "/api/numbers/abc"),
        ("GET", "/api/switched-off"),
        ("GET", "/runtime/other"),
    ],
)
def test_no_route_wrong_method_wrong_constraint_or_disabled_is_404(host: RunningHost, method: str, path: str) -> None:
    assert host.call(method, path).status == 404


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/hello", "hello you"),
        ("/API/Hello/Ann", "hello Ann"),
        ("/api/hello/a%20b", "hello a b"),
        ("/api/numbers/7", "int 7"),
        ("/api/numbers/special", "literal"),
        ("/api/files/a/b/c.txt", "a/b/c.txt"),
        ("/api/files", "-"),
    ],
)
def test_routes_match_without_case_most_specific_first(host: RunningHost, path: str, text: str) -> None:
    answer = host.call("GET", path)
    assert (answer.status, answer.text) == (200, text)


def test_a_request_reaches_the_function_whole(host: RunningHost) -> None:
    answer = host.call("PUT", "/api/echo?a=1&empty=", {"x": "ü"}, headers={"X-Own": "v"})
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["method"] == "PUT"
    assert answer.json["params"] == {"a": "1"}
    assert answer.json["headers"]["x-own"] == "v"
    assert answer.json["body"] == '{"x": "\\u00fc"}'


def test_a_large_body_comes_through(host: RunningHost) -> None:
    answer = host.call("POST", "/api/echo", raw=b"a" * 3_000_000)
    assert len(answer.json["body"]) == 3_000_000


def test_identity_headers_from_outside_never_reach_the_function(host: RunningHost) -> None:
    forged = {"X-MS-CLIENT-PRINCIPAL": "e30=", "X-MS-CLIENT-PRINCIPAL-NAME": "root"}
    seen = host.call("POST", "/api/echo", {}, headers=forged).json["headers"]
    assert not [name for name in seen if "principal" in name]


def test_an_exception_is_500_with_an_empty_body_and_the_text_is_only_logged(
    host: RunningHost,
) -> None:
    answer = host.call("GET", "/api/boom")
    assert (answer.status, answer.text) == (500, "")
    assert "ValueError: secret text" in host.log.read_text()


def test_function_level_wants_a_key(host: RunningHost) -> None:
    default, master = _key(host, "default"), _key(host, "_master")
    assert host.call("GET", "/api/locked").status == 401
    assert host.call("GET", "/api/locked?code=wrong").status == 401
    assert host.call("GET", f"/api/locked?code={default}").status == 200
    assert host.call("GET", "/api/locked", headers={"x-functions-key": default}).status == 200
    assert host.call("GET", f"/api/locked?code={master}").status == 200


def test_admin_level_wants_the_master_key(host: RunningHost) -> None:
    assert host.call("GET", f"/api/locked-admin?code={_key(host, 'default')}").status == 401
    assert host.call("GET", f"/api/locked-admin?code={_key(host, '_master')}").status == 200


def test_a_function_key_made_by_the_admin_api_opens_that_function(host: RunningHost) -> None:
    master = _key(host, "_master")
    made = host.call("POST", f"/admin/functions/locked/keys/mine?code={master}", {})
    assert made.status == 201
    assert host.call("GET", f"/api/locked?code={made.json['value']}").status == 200
    assert host.call("DELETE", f"/admin/functions/locked/keys/mine?code={master}").status == 204
    assert host.call("GET", f"/api/locked?code={made.json['value']}").status == 401


def test_ping_is_open_and_status_wants_the_master_key(host: RunningHost) -> None:
    assert host.call("GET", "/admin/host/ping").status == 200
    assert host.call("GET", "/admin/host/status").status == 401
    status = host.call("GET", f"/admin/host/status?code={_key(host, '_master')}")
    assert status.json["state"] == "Running"
    assert host.call("GET", "/").status == 200


def test_a_timer_is_fired_by_hand(host: RunningHost) -> None:
    before = len(host.call("GET", "/api/ticks").json)
    fired = host.call("POST", f"/admin/functions/nightly?code={_key(host, '_master')}", {})
    assert fired.status == 202
    until(lambda: len(host.call("GET", "/api/ticks").json) == before + 1)


def test_sync_functions_run_side_by_side(host: RunningHost) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        names = list(pool.map(lambda _: host.call("GET", "/api/slow").text, range(5)))
    assert len(set(names)) == 5
    assert time.monotonic() - started < 2.0


def test_the_log_never_holds_bodies(host: RunningHost) -> None:
    host.call("POST", "/api/echo", {"secret": "hunter2"})
    host.outcome("given_back", {"secret": "hunter3"})
    log = host.log.read_text()
    assert "hunter2" not in log
    assert "hunter3" not in log
