"""The management API and the SDK's client, beyond the acceptance list."""

from concurrent.futures import ThreadPoolExecutor

from host_testing.running import RunningHost, until


def test_of_many_starts_with_one_id_exactly_one_succeeds(host: RunningHost) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: host.manage("POST", "/orchestrators/waits/contested", ["go"]), range(8))
        assert sorted(answer.status for answer in answers) == [202] + [409] * 7


def test_a_terminated_child_fails_its_parents_call_with_the_reason(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "waits", "input": ["go"], "id": "cut-short"})
    until(lambda: host.manage("GET", "/instances/cut-short").status == 202)
    host.manage("POST", "/instances/cut-short/terminate?reason=no+more")
    assert "no more" in host.ended(one)["output"]["caught"]


def test_an_activity_starts_an_orchestration_with_its_own_client(host: RunningHost) -> None:
    one = host.outcome("starter", {"name": "one_step", "id": "from-activity", "input": 8})
    assert one == "from-activity"
    assert host.ended("from-activity")["output"] == 64


def test_the_orchestrator_can_read_any_json_input(host: RunningHost) -> None:
    for given in ({"a": 1}, [1, 2], 5, True, "text", None):
        assert host.outcome("given_back", given) == given
