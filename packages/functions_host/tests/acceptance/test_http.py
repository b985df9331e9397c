"""Routes, keys and the admin API, as a caller sees them (facts 1 to 14)."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from host_testing.refused_start import HEAD, HOST_JSON, SAME_NAME, run_start
from host_testing.running import RunningHost, until
from host_testing.triggers import StartTriggers


def key_of(host: RunningHost, name: str) -> str:
    lines = [line.split() for line in host.command("keys").splitlines()]
    return next(value for _, one, value in lines if one == name)


@pytest.fixture(scope="session")
def master(host: RunningHost) -> str:
    return key_of(host, "_master")


@pytest.fixture(scope="session")
def default(host: RunningHost) -> str:
    return key_of(host, "default")


@pytest.mark.parametrize("path", ["/api/unknown", "/runtime/other", "/api", "/hello"])
def test_01_an_unknown_path_is_404(host: RunningHost, path: str) -> None:
    assert host.call("GET", path).status == 404


def test_without_a_function_of_the_root_the_host_answers_there(host: RunningHost) -> None:
    answer = host.call("GET", "/")
    assert (answer.status, answer.text) == (200, "Your embedded Functions host is up and running.")


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/hello"), ("HEAD", "/api/hello"), ("DELETE", "/api/echo")])
def test_02_a_wrong_method_is_404(host: RunningHost, method: str, path: str) -> None:
    assert host.call(method, path).status == 404


@pytest.mark.parametrize("path", ["/api/numbers/abc", "/api/numbers/2147483648", "/api/numbers/1.5"])
def test_03_a_value_that_a_constraint_forbids_is_404(host: RunningHost, path: str) -> None:
    assert host.call("GET", "/api/numbers/7").text == "int 7"
    assert host.call("GET", path).status == 404


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/hello", "hello you"),
        ("/API/Hello/Ann", "hello Ann"),
        ("/api/hello/a%20b", "hello a b"),
        ("/api/hello/a%2Fb", "hello a%2Fb"),
        ("/api/hello/%C3%A9", "hello é"),
        ("/api/numbers/special", "literal"),
        ("/api/ordered/5", "any"),  # the first by its function's name, ordered_any, and not the more specific one
        ("/api/files/a/b/c.txt", "a/b/c.txt"),
        ("/api/files", "-"),
    ],
)
def test_04_routes_match_without_case_with_optional_and_catch_all_parameters(
    host: RunningHost, path: str, text: str
) -> None:
    answer = host.call("GET", path)
    assert (answer.status, answer.text) == (200, text)


def test_06_function_level_needs_a_key(host: RunningHost, master: str, default: str) -> None:
    assert host.call("GET", "/api/locked").status == 401
    assert host.call("GET", "/api/locked?code=wrong").status == 401
    assert host.call("GET", f"/api/locked?code={default}").status == 200
    assert host.call("GET", "/api/locked", headers={"x-functions-key": default}).status == 200
    assert host.call("GET", f"/api/locked?code={master}").status == 200


def test_a_key_of_one_function_is_accepted_there_until_it_is_removed(
    host: RunningHost, master: str, default: str
) -> None:
    made = host.call("POST", f"/admin/functions/locked/keys/mine?code={master}", {})
    assert made.status == 201
    mine = made.json["value"]
    assert host.call("GET", f"/api/locked?code={mine}").status == 200
    assert host.call("GET", f"/api/locked-too?code={mine}").status == 401
    assert host.call("GET", f"/api/locked-too?code={default}").status == 200
    assert host.call("DELETE", f"/admin/functions/locked/keys/mine?code={master}").status == 204
    assert host.call("GET", f"/api/locked?code={mine}").status == 401


@pytest.mark.parametrize("raw", [b"zz", b"[1]", b'{"value": 5}', b'{"value": "\xff"}'])
def test_a_key_that_cannot_be_read_is_400(host: RunningHost, master: str, raw: bytes) -> None:
    assert host.call("PUT", f"/admin/host/keys/odd?code={master}", raw=raw).status == 400


def test_the_keys_that_the_host_needs_can_be_changed_but_not_removed(host: RunningHost, master: str) -> None:
    path = f"/admin/host/systemkeys/durabletask_extension?code={master}"
    assert host.call("DELETE", path).status == 400
    assert host.call("DELETE", f"/admin/host/keys/_master?code={master}").status == 400
    try:
        assert host.call("PUT", path, {"value": "another"}).status == 201
        started = host.call("POST", "/api/start/one_step")
        assert host.call("GET", started.json["statusQueryGetUri"]).status in {200, 202}
    finally:
        assert host.call("PUT", path, {"value": host.key}).status == 201


def test_the_key_of_the_management_api_is_not_accepted_by_functions(host: RunningHost) -> None:
    assert host.call("GET", f"/api/locked?code={host.key}").status == 401


def test_07_admin_level_needs_the_master_key(host: RunningHost, master: str, default: str) -> None:
    assert host.call("GET", f"/api/locked-admin?code={default}").status == 401
    assert host.call("GET", f"/api/locked-admin?code={master}").status == 200


def test_08_an_exception_is_500_with_an_empty_body_and_its_text_is_only_logged(host: RunningHost) -> None:
    answer = host.call("GET", "/api/boom")
    assert (answer.status, answer.text) == (500, "")
    until(lambda: "ValueError: secret text" in host.log.read_text())


def test_a_function_that_returns_nothing_is_logged_with_a_hint(host: RunningHost) -> None:
    assert host.call("GET", "/api/answers/nothing").status == 500
    until(lambda: "answer_nothing failed: NotImplementedError: it must return text or" in host.log.read_text())


def test_the_log_has_the_location_where_a_function_raised(host: RunningHost) -> None:
    host.call("GET", "/api/boom")
    host.ended(host.begin("one_fails", 0))
    function = r"boom failed: .*  at=function_app.py:\d+"
    activity = r"activity +fails .*  at=shapes.py:\d+"
    orchestrator = r"raised at shapes.py:\d+"
    until(lambda: all(re.search(one, host.log.read_text()) for one in (function, activity, orchestrator)))


def test_09_identity_headers_from_outside_never_reach_the_function(host: RunningHost) -> None:
    forged = {"X-MS-CLIENT-PRINCIPAL": "e30=", "x-ms-client-principal-name": "root", "X-Ms-Client-Principal-Id": "0"}
    seen = host.call("POST", "/api/echo", {}, headers=forged).json["headers"]
    assert not [name for name in seen if "principal" in name]


def test_10_ping_is_open_and_status_needs_the_master_key(host: RunningHost, master: str, default: str) -> None:
    assert host.call("GET", "/admin/host/ping").status == 200
    assert host.call("GET", "/admin/host/status").status == 401
    assert host.call("GET", f"/admin/host/status?code={default}").status == 401
    assert host.call("GET", f"/admin/host/status?code={master}").json["state"] == "Running"
    assert host.call("GET", "/").status == 200


def test_11_the_admin_api_fires_a_timer(host: RunningHost, master: str) -> None:
    before = len(host.call("GET", "/api/ticks").json)
    assert host.call("POST", "/admin/functions/nightly", {}).status == 401
    assert host.call("POST", f"/admin/functions/nightly?code={master}", {}).status == 202
    until(lambda: len(host.call("GET", "/api/ticks").json) == before + 1)


def test_the_admin_api_runs_only_timers_and_queue_functions(host: RunningHost, master: str) -> None:
    assert host.call("POST", f"/admin/functions/one_step?code={master}", {}).status == 202
    until(lambda: "one_step is not run" in host.log.read_text())
    assert host.call("POST", f"/admin/functions/nobody?code={master}", {}).status == 404


TWO_OF_A_NAME = HEAD + SAME_NAME.format("one") + SAME_NAME.format("two")
NO_BINDING = HEAD + '@app.route(route="x")\ndef bad(req, extra):\n    return ""\n'


@pytest.mark.parametrize(
    ("code", "words"), [(TWO_OF_A_NAME, ["function_app.py", "same"]), (NO_BINDING, ["function_app.py:3", "extra"])]
)
def test_12_two_functions_of_one_name_or_a_parameter_without_binding_are_refused_at_start(
    tmp_path: Path, code: str, words: list[str]
) -> None:
    (tmp_path / "host.json").write_text(HOST_JSON)
    (tmp_path / "function_app.py").write_text(code)
    refused = run_start(tmp_path)
    assert refused.returncode == 2
    assert all(word in refused.stderr for word in words), refused.stderr


def test_13_sync_functions_run_side_by_side(host: RunningHost) -> None:
    """Each waits for the other four: one after the other, none would end."""
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: host.call("GET", "/api/meet"), range(5)))
    assert [answer.status for answer in answers] == [200] * 5
    assert len({answer.text for answer in answers}) == 5


def test_14_a_disabled_function_has_no_route(host: RunningHost, master: str) -> None:
    assert host.call("GET", "/api/switched-off").status == 404
    listed = {one["name"]: one["isDisabled"] for one in host.call("GET", f"/admin/functions?code={master}").json}
    assert (listed["switched_off"], listed["hello"]) == (True, False)


@pytest.mark.parametrize(("arguments", "most"), [(["--http-concurrency", "2"], 2), ([], 8)])
def test_71_an_instance_answers_so_many_requests_at_a_time_and_the_others_wait(
    start_triggers: StartTriggers, arguments: list[str], most: int
) -> None:
    host = start_triggers(arguments=arguments)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: host.call("GET", "/busy"), range(24)))
    assert {answer.status for answer in answers} == {200}
    assert (min(most, 2)) <= max(int(answer.text) for answer in answers) <= most
