"""The settings of Durable in host.json: versions, ids in use, number of actions."""

from collections.abc import Iterator
from typing import Any

import pytest
from host_testing.running import RunningHost, until

SECTION = "AzureFunctionsJobHost__extensions__durableTask__"


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start a host of version 2.0 that replaces running instances, and allows ten actions and a second and a half."""
    folder = tmp_path_factory.mktemp("chosen")
    values = {"defaultVersion": "2.0", "overridableExistingInstanceStates": "AnyState", "maxOrchestrationActions": "10"}
    environ = {SECTION + name: value for name, value in values.items()}
    environ["AzureFunctionsJobHost__functionTimeout"] = "00:00:01.5"
    running = RunningHost(folder / "state.db", folder / "log", environ=environ).start()
    yield running
    assert running.stop() == 0


def started(host: RunningHost, version: str, body: Any = None) -> str:
    answer = host.manage("POST", f"/orchestrators/versioned?version={version}", body)
    assert answer.status == 202
    return str(answer.json["id"])


def test_without_versions_an_instance_has_none(host: RunningHost) -> None:
    assert host.outcome("versioned") is None


def test_new_instances_and_children_get_the_default_version_or_their_own(chosen: RunningHost) -> None:
    assert chosen.outcome("versioned") == "2.0"
    assert chosen.outcome("versioned", {"version": "1.5"}) == ["2.0", "1.5"]
    assert chosen.ended(started(chosen, "1.0", {"version": None}))["output"] == ["1.0", "2.0"]


def test_a_newer_version_waits_for_a_host_that_may_run_it(chosen: RunningHost) -> None:
    one, other = started(chosen, "2.0.1"), started(chosen, "10.0")
    until(lambda: f"{other} cannot continue" in chosen.log.read_text())
    assert "version '10.0' is not for this host: defaultVersion is '2.0'" in chosen.log.read_text()
    assert [chosen.status(each)["runtimeStatus"] for each in (one, other)] == ["Pending", "Pending"]
    assert chosen.manage("POST", f"/instances/{one}/terminate?reason=unwanted").status == 202
    seen = chosen.log.read_text().count(f"{one} cannot continue")
    until(lambda: chosen.log.read_text().count(f"{one} cannot continue") > seen)
    assert chosen.status(one)["runtimeStatus"] == "Pending"  # a termination waits too
    assert chosen.stop() == 0
    chosen.environ |= {SECTION + "versionFailureStrategy": "Fail"}
    chosen.start()
    ended = chosen.ended(other)
    assert (ended["runtimeStatus"], ended["output"]) == (
        "Failed",
        "VersionMismatch: Orchestration version did not comply with Worker Versioning",
    )
    assert chosen.ended(one)["runtimeStatus"] == "Terminated"


def test_any_state_replaces_an_instance_that_has_not_ended(chosen: RunningHost) -> None:
    first = chosen.begin("waits", ["go"], "replaced")
    until(lambda: chosen.status(first)["runtimeStatus"] == "Running")
    chosen.begin("one_step", 3, "replaced")
    assert chosen.ended("replaced")["output"] == 9
    assert [event["EventType"] for event in chosen.history("replaced")] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]


def test_too_many_actions_fail_the_instance(chosen: RunningHost) -> None:
    ended = chosen.ended(chosen.begin("fan_out", 11))
    assert (ended["runtimeStatus"], "More than 10 actions" in ended["output"]) == ("Failed", True)
    assert chosen.outcome("fan_out", 10) == [n * n for n in range(10)]


def test_an_activity_that_takes_too_long_fails(chosen: RunningHost) -> None:
    ended = chosen.ended(chosen.begin("busy_then_nap", 2.0))
    assert (ended["runtimeStatus"], "Timeout" in ended["output"]) == ("Failed", True)
