"""Entities run operations in order and keep their state, whoever calls them (facts 49 to 51)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from host_testing.running import RunningHost, until


def test_49_a_hundred_signals_in_parallel_lose_no_update(host: RunningHost) -> None:
    with ThreadPoolExecutor(10) as pool:
        path = "/entities/Counter/many?op=add"
        statuses = list(pool.map(lambda _: host.manage("POST", path, 1).status, range(100)))
    assert statuses == [202] * 100
    until(lambda: host.manage("GET", "/entities/counter/many").text == "100")


def test_50_an_orchestrator_calls_an_entity_and_gets_what_it_raises(host: RunningHost) -> None:
    assert host.outcome("uses_entity", "called") == [5, "no"]


def test_51_an_entity_is_read_signalled_and_deleted_over_http(host: RunningHost) -> None:
    assert host.manage("GET", "/entities/counter/over-http").status == 404
    assert host.manage("POST", "/entities/counter/over-http?op=add", 7).status == 202
    until(lambda: host.manage("GET", "/entities/counter/over-http").text == "7")
    assert host.manage("DELETE", "/entities/counter/over-http").status == 202
    until(lambda: host.manage("GET", "/entities/counter/over-http").status == 404)


def test_operations_run_in_order_and_a_failed_one_keeps_what_it_wrote(host: RunningHost) -> None:
    assert host.outcome("writes_diary", ["Diary", "ordered"]) == [2, "after 3", 4]
    assert host.manage("GET", "/entities/diary/ordered").json == ["first", "second", "third", "fourth"]
    until(lambda: "@diary@ordered: write_and_fail failed: after 3" in host.log.read_text())


def test_a_call_to_an_entity_that_is_not_in_the_app_fails(host: RunningHost) -> None:
    results = host.outcome("writes_diary", ["nobody", "k"])
    assert all("doesn't exist" in one for one in results)
    refused = host.manage("POST", "/entities/nobody/k?op=add", 1)
    assert (refused.status, "doesn't exist" in refused.json["Message"]) == (400, True)


def test_an_entity_can_read_any_json_input(host: RunningHost) -> None:
    path = "/entities/diary/carried?op=write"
    for body in ({"a": 1}, [1, 2], "text", 5, False):
        assert host.manage("POST", path, body).status == 202
    plain = {"Content-Type": "text/plain"}
    assert host.manage("POST", path, raw=b"plain words", headers=plain).status == 202
    assert host.manage("POST", path, raw=b"{not json").status == 400
    until(lambda: len(_state(host, "diary/carried")) == 6)
    assert _state(host, "diary/carried") == [{"a": 1}, [1, 2], "text", 5, False, "plain words"]


def _state(host: RunningHost, entity: str) -> Any:
    answer = host.manage("GET", f"/entities/{entity}")
    return answer.json if answer.status == 200 else []


def test_entities_are_listed_in_pages_by_name_and_time(host: RunningHost) -> None:
    for n in range(5):
        host.manage("POST", f"/entities/Counter/listed-{n}?op=add", n)
    until(lambda: all(_state(host, f"counter/listed-{n}") == n for n in range(5)))
    pages, token = [], ""
    while True:
        headers = {"x-ms-continuation-token": token} if token else {}
        page = host.manage("GET", "/entities/counter?top=3&fetchState=true", headers=headers)
        pages.append(page.json)
        token = page.headers.get("x-ms-continuation-token", "")
        if not token:
            break
    assert all(len(page) == 3 for page in pages[:-1])
    listed = {one["entityId"]["key"]: one for page in pages for one in page}
    assert {key: one["state"] for key, one in listed.items() if key.startswith("listed")} == {
        f"listed-{n}": n for n in range(5)
    }
    one = host.manage("GET", "/entities?top=1").json[0]
    assert (one["state"], one.keys()) == (None, {"entityId", "lastOperationTime", "state"})
    assert host.manage("GET", "/entities?lastOperationTimeFrom=2999-01-01").json == []
    assert host.manage("GET", "/entities?lastOperationTimeTo=2001-01-01").json == []
    assert host.manage("GET", "/entities/diary?lastOperationTimeFrom=nonsense").status == 400


def test_the_sign_for_an_empty_key_and_forbidden_keys(host: RunningHost) -> None:
    assert host.manage("POST", "/entities/counter/$?op=add", 3).status == 202
    until(lambda: _state(host, "counter/$") == 3)
    assert host.manage("POST", "/entities/counter/a%23b?op=add", 3).status == 400
