"""Observations of a host from Azure's report, and the input of the engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Resources
from shared.domain.images.image import ImageSource
from shared.domain.spot.engine.seeing import (
    HostReport,
    Power,
    asks_power,
    build_took,
    looked_at,
    observed_host,
    seen_after,
    start_took,
    target_of,
    version_of,
)
from shared.domain.spot.groups.target import ARRIVALS
from shared.domain.spot.hosts.host import HostSeen, HostStatus, HostTask, HostWork, SessionHost
from shared.domain.spot.hosts.observed import AgentStatus, HostState
from tests.unit.wizards.test_create_spot_group import GROUP

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)
OPEN = HostReport(agent=AgentStatus.AVAILABLE)


def host(**changes: Any) -> SessionHost:
    usual = {
        "id": "h1",
        "tenant_id": "acme",
        "spot_group_id": GROUP.id,
        "status": HostStatus.READY,
        "image_set_id": "set",
        "image_version": "0.0.1",
        "image": ImageSource(gallery_version_id="/v"),
        "connection_id": "c1",
        "resources": Resources(vm_id="/vm", size="Standard_D8s_v5"),
        "created_date_time": EARLIER,
        "last_modified_date_time": EARLIER,
    }
    return SessionHost(**{**usual, **changes})


def seen(**changes: Any) -> HostSeen:
    usual = {"at": EARLIER, "state": "running", "agent": "Available", "since": EARLIER, "empty_since": EARLIER}
    return HostSeen(**{**usual, "inactive_since": EARLIER, "online_at": EARLIER, **changes})


def work(task: HostTask) -> HostWork:
    return HostWork(task=task, run=1, begun_at=EARLIER)


@pytest.mark.parametrize(
    ("before", "task", "report", "state"),
    [
        ("running", None, {"agent": "Available"}, "running"),
        ("running", None, {"agent": "NoHeartbeat", "power": "running"}, "running"),
        ("stopped", None, {"agent": "Available"}, "running"),  # Azure started it for a user
        ("stopped", None, {"agent": "Shutdown"}, "stopped"),
        ("stopped", None, {"agent": "Unavailable", "power": "running"}, "starting"),
        ("starting", None, {"agent": "Unavailable", "power": "running"}, "starting"),
        ("running", None, {"agent": "Unavailable", "power": "deallocated"}, "stopped"),  # Azure has taken it away
        ("running", None, {"agent": "Shutdown", "power": "stopped"}, "shutDown"),  # from inside: it goes on costing
        ("shutDown", None, {"agent": "Shutdown", "power": "deallocated"}, "stopped"),
        ("shutDown", None, {"agent": "Unavailable", "power": "running"}, "starting"),
        ("running", HostTask.STOP, {"agent": "Shutdown", "power": "stopped"}, "stopping"),
        ("running", None, {"agent": "Shutdown", "power": "hibernated"}, "hibernated"),
        ("running", None, {"agent": "Shutdown", "power": "deallocating"}, "stopping"),
        ("running", None, {"agent": "Unavailable", "power": "gone"}, "broken"),
        ("running", None, {"registered": False}, "broken"),
        ("stopped", HostTask.START, {"agent": "Shutdown", "power": "deallocated"}, "starting"),
        ("running", HostTask.RESTART, {"agent": "Available"}, "starting"),
        ("running", HostTask.STOP, {"agent": "Available"}, "stopping"),
        ("running", HostTask.STOP, {"agent": "Shutdown", "power": "deallocated"}, "stopped"),
        (None, None, {"agent": "Unavailable", "power": "running"}, "starting"),
    ],
)
def test_the_state_of_a_host_follows_from_agent_power_and_task(
    before: str | None, task: HostTask | None, report: dict[str, Any], state: str
) -> None:
    there = host(seen=seen(state=before) if before else None, work=work(task) if task else None)
    assert seen_after(there, HostReport(**report), NOW).state == state


def test_what_has_not_changed_keeps_its_times_and_writes_nothing() -> None:
    there = host(seen=seen())
    assert looked_at(there, seen_after(there, OPEN, NOW)) == there


def test_times_begin_with_what_changes() -> None:
    there = host(seen=seen(active=1, empty_since=None, inactive_since=None))
    left = seen_after(there, OPEN.but(allow_new_sessions=False), NOW)
    assert (left.empty_since, left.inactive_since, left.closed_since, left.since) == (NOW, NOW, NOW, EARLIER)
    gone = seen_after(there, HostReport(agent=AgentStatus.SHUTDOWN, power=Power.DEALLOCATED), NOW)
    assert (gone.since, gone.online_at) == (NOW, NOW)
    back = seen_after(host(seen=gone), OPEN, NOW + ARRIVALS)
    assert (back.empty_since, back.online_at) == (NOW + ARRIVALS, NOW + ARRIVALS)


def test_only_sign_ins_of_the_last_minutes_count_as_late() -> None:
    report = OPEN.but(active=2, began=(EARLIER, NOW - timedelta(minutes=1)))
    assert seen_after(host(), report, NOW).signed_in_lately == 1


def test_machines_are_asked_only_where_the_agent_does_not_tell() -> None:
    assert not asks_power(host(), AgentStatus.AVAILABLE)
    assert asks_power(host(seen=seen()), AgentStatus.NO_HEARTBEAT)
    resting = host(seen=seen(state="stopped", agent="Shutdown"))
    assert not asks_power(resting, AgentStatus.SHUTDOWN)
    assert asks_power(resting, AgentStatus.UNAVAILABLE)
    assert asks_power(resting.but(work=work(HostTask.START)), AgentStatus.SHUTDOWN)


def test_a_notice_ends_with_the_sessions_and_a_repair_with_steady_service() -> None:
    told = host(seen=seen(active=1, empty_since=None), notified_at=EARLIER, restarts=1)
    stays = looked_at(told, seen_after(told, OPEN.but(active=1), NOW))
    assert (stays.notified_at, stays.restarts) == (EARLIER, 0)
    assert looked_at(told, seen_after(told, OPEN, NOW)).notified_at is None
    lately = told.but(seen=seen(since=NOW - timedelta(minutes=1)))
    assert looked_at(lately, seen_after(lately, OPEN, NOW)).restarts == 1


def test_starts_and_builds_are_learned_from() -> None:
    starting = seen(state="starting", since=NOW - timedelta(minutes=3))
    assert start_took(starting, seen(at=NOW)) == timedelta(minutes=3)
    assert start_took(seen(), seen(at=NOW)) is None
    assert build_took(host(), seen(at=NOW)) == timedelta(hours=2)
    assert build_took(host(parked_since=EARLIER), seen(at=NOW)) is None  # the wait for capacity is no build


def test_the_engine_is_given_what_is_known_and_no_more() -> None:
    given = observed_host(host(seen=seen(active=2, empty_since=None)), GROUP)
    assert (given.state, given.active, given.size) == (HostState.RUNNING, 2, "Standard_D8s_v5")
    assert observed_host(host(seen=seen()), GROUP, silent=True).state is HostState.UNKNOWN
    assert observed_host(host(), GROUP).state is HostState.UNKNOWN
    assert observed_host(host(status=HostStatus.PENDING), GROUP).state is HostState.BUILDING
    assert observed_host(host(status=HostStatus.FAILED), GROUP).state is HostState.BROKEN


def test_a_host_whose_user_has_no_place_is_told_apart() -> None:
    there = host(seen=seen(), assigned_user_id="ada")
    assert not observed_host(there, GROUP).user_left
    assert observed_host(there.but(kept_until=NOW), GROUP).user_left


def test_the_same_number_of_another_image_set_is_another_version() -> None:
    assert version_of("set", "0.0.1", GROUP) == "0.0.1"
    assert version_of("other", "0.0.1", GROUP) == "other/0.0.1"


def test_a_groups_settings_are_the_engines() -> None:
    group = GROUP.but(capacity={"buffer_percent": 25, "idle_in_minutes": 30, "minimum_online": 2})
    target = target_of(group, None, None)
    assert (target.buffer_percent, target.idle, target.minimum_online) == (25, timedelta(minutes=30), 2)
    assert (target.hosts, target.seats, target.release) == (3, 10, None)
