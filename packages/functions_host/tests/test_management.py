"""The management API and the SDK's client, beyond the acceptance list."""

from concurrent.futures import ThreadPoolExecutor

from host_testing.running import RunningHost, until

_FAILED = "Orchestrator function 'raises_after' failed: "


def test_of_many_starts_with_one_id_exactly_one_succeeds(host: RunningHost) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: host.manage("POST", "/orchestrators/waits/contested", ["go"]), range(8))
        assert sorted(answer.status for answer in answers) == [202] + [409] * 7


def test_a_start_on_another_hub_is_refused(host: RunningHost) -> None:
    answer = host.manage("POST", "/orchestrators/one_step/elsewhere?taskHub=OtherHub", 2)
    assert (answer.status, host.manage("GET", "/instances/elsewhere").status) == (400, 404)
    assert "OtherHub" in answer.json["Message"]


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


def test_a_failed_child_gives_its_parent_the_details_of_its_failure(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "raises_after", "id": "fails-with-details"})
    caught = host.ended(one)["output"]["caught"]
    reason, details = caught.split(" \n ", 1)
    assert reason.startswith("Orchestrator function 'raises_after' failed: ")
    assert details == f"Message: {reason.removeprefix(_FAILED)}, StackTrace: "
    assert [event["Details"] for event in host.history(one) if "Details" in event] == [details]


def test_an_orchestrator_that_raises_before_its_first_task_fails_with_the_apps_part_of_the_stack(
    host: RunningHost,
) -> None:
    output = host.ended(host.begin("plain_raises"))["output"]
    head = "Orchestrator function 'plain_raises' failed: One or more errors occurred. (Result: Failure\n"
    assert output.startswith(f"{head}Exception: ValueError: at once\nStack:   File ")
    assert output.count("File ") == 1
    assert 'shapes.py", line ' in output


def test_what_comes_while_an_instance_is_suspended_is_in_the_history_before_its_resumption(host: RunningHost) -> None:
    one = host.begin("waits", ["go"], "in-order")
    until(lambda: host.status(one)["runtimeStatus"] == "Running")
    host.manage("POST", f"/instances/{one}/suspend?reason=pause")
    until(lambda: host.status(one)["runtimeStatus"] == "Suspended")
    host.manage("POST", f"/instances/{one}/raiseEvent/go", 1)
    host.manage("POST", f"/instances/{one}/resume?reason=on")
    host.ended(one)
    kinds = [event["EventType"] for event in host.history(one)]
    assert kinds[1:4] == ["ExecutionSuspended", "EventRaised", "ExecutionResumed"]


def test_a_termination_without_a_reason_has_none(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    until(lambda: host.status(one)["runtimeStatus"] == "Running")
    host.manage("POST", f"/instances/{one}/terminate")
    assert host.ended(one)["output"] is None
    assert [event["Input"] for event in host.history(one)[1:2]] == [None]


def test_a_page_of_no_instances_has_a_token_for_the_first(host: RunningHost) -> None:
    for n in range(2):
        host.ended(host.begin("one_step", n, f"page-of-none-{n}"))
    both = "/instances?instanceIdPrefix=page-of-none-"
    none = host.manage("GET", f"{both}&top=0")
    token = none.headers["x-ms-continuation-token"]
    first = host.manage("GET", f"{both}&top=5", headers={"x-ms-continuation-token": token})
    assert (none.json, [one["instanceId"] for one in first.json]) == ([], ["page-of-none-0", "page-of-none-1"])
    assert host.manage("GET", "/entities?top=0").json == []


def test_instances_are_listed_by_id_as_the_table_of_azure_holds_them(host: RunningHost) -> None:
    for name in ("b", "a", "c", "B"):
        host.ended(host.begin("one_step", 1, f"by-id-{name}"))
    listed = [one["instanceId"] for one in host.manage("GET", "/instances?instanceIdPrefix=by-id-").json]
    assert listed == ["by-id-B", "by-id-a", "by-id-b", "by-id-c"]


def test_a_history_counts_the_starts_of_its_id(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "one_step", "input": 2, "id": "started-as-a-child"}, "started-again")
    host.ended(one)
    assert [host.history(each)[0]["Generation"] for each in (one, "started-as-a-child")] == [0, None]
    for again in (1, 2):
        host.manage("POST", f"/instances/{one}/restart?restartWithNewInstanceId=false")
        host.ended(one)
        assert host.history(one)[0]["Generation"] == again


def test_an_entity_has_a_status_as_the_orchestration_that_it_is_on_azure(host: RunningHost) -> None:
    assert host.manage("GET", "/instances/@counter@as-instance").status == 404
    host.manage("POST", "/entities/counter/as-instance?op=add", 4)
    until(lambda: host.manage("GET", "/entities/counter/as-instance").status == 200)
    found = host.manage("GET", "/instances/@counter@as-instance")
    assert (found.status, found.json["runtimeStatus"], found.json["customStatus"]) == (
        202,
        "Running",
        {"entityExists": True},
    )
    assert found.json["input"] == {"exists": True, "state": "4", "sorter": {}}
    assert host.manage("GET", "/instances/@counter").status == 404
