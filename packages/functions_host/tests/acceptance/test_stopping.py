"""A host that is stopped under load (fact 68), and functions that try to end it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from host_testing.running import RunningHost, until

Start = Callable[..., RunningHost]


def test_68_a_stop_under_load_is_clean_and_the_next_host_continues(fresh_host: Start) -> None:
    host = fresh_host("--grace", "10")
    ids = [host.begin("steps", 30, f"load-{n}") for n in range(10)]
    slow = host.begin("loser_runs", 0.5)
    until(lambda: host.manage("GET", f"/instances/{slow}").json["runtimeStatus"] != "Pending")
    assert host.stop() == 0
    host.start()
    expected = sum(k * k for k in range(30))
    assert [host.ended(one)["output"] for one in ids] == [expected] * 10
    assert host.ended(slow)["output"] == 9


def test_a_running_request_is_answered_before_the_host_stops(fresh_host: Start) -> None:
    host = fresh_host()
    master = next(line.split()[2] for line in host.command("keys").splitlines() if "_master" in line)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(host.call, "GET", "/api/slow")
        until(lambda: host.call("GET", f"/admin/host/status?code={master}").json["running"].get("http"))
        assert host.stop() == 0
        assert answer.result().status == 200


def test_a_function_that_exits_or_is_cancelled_fails_and_the_host_continues(host: RunningHost) -> None:
    assert [host.call("GET", path).status for path in ("/api/leave", "/api/give-up")] == [500, 500]
    ended = host.ended(host.begin("leaves"))
    assert ended["customStatus"] == [
        "Activity function 'exits' failed:  SystemExit: 3",
        "Activity function 'cancelled' failed:  CancelledError:",
        "SystemExit: 4",
    ]
    assert (ended["runtimeStatus"], "SystemExit: 5" in ended["output"]) == ("Failed", True)
