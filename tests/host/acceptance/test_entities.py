"""Entities keep their state, in order, whoever calls them (facts 49 to 51)."""

from concurrent.futures import ThreadPoolExecutor

from tests.host.conftest import RunningHost, until


def test_49_a_hundred_signals_in_parallel_lose_no_update(host: RunningHost) -> None:
    with ThreadPoolExecutor(10) as pool:
        path = "/entities/Counter/many?op=add"
        statuses = list(pool.map(lambda _: host.manage("POST", path, 1).status, range(100)))
    assert statuses == [202] * 100
    until(lambda: host.manage("GET", "/entities/counter/many").text == "100")


def test_50_an_orchestrator_calls_an_entity_and_hears_what_it_raises(host: RunningHost) -> None:
    assert host.outcome("uses_entity", "called") == [5, "no"]


def test_51_an_entity_is_read_signalled_and_deleted_over_http(host: RunningHost) -> None:
    assert host.manage("GET", "/entities/counter/over-http").status == 404
    assert host.manage("POST", "/entities/counter/over-http?op=add", 7).status == 202
    until(lambda: host.manage("GET", "/entities/counter/over-http").text == "7")
    assert host.manage("DELETE", "/entities/counter/over-http").status == 202
    until(lambda: host.manage("GET", "/entities/counter/over-http").status == 404)
