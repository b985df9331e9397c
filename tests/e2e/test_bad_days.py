"""Bad days of Azure and of the directory, one at a time: each ends as promised, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.office import MEDIUM, Office
from tests.e2e.queues import put_change

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]

SLOW_DOWN = {"kind": "http", "status": 429, "code": "TooManyRequests", "message": "", "headers": {"Retry-After": 90}}
DENIED = {"kind": "http", "status": 403, "code": "AuthorizationFailed", "message": "no authorization for the action"}


@pytest.fixture
def configure(stack: Stack) -> Iterator[Callable[[Json], None]]:
    """Change the simulated cloud's settings; what was added goes with the test."""
    added: list[Json] = []

    def change(settings: Json) -> None:
        added.append(settings)
        stack.tell_cloud("config", settings)

    yield change
    for settings in added:
        stack.tell_cloud("config", taken_back(settings))


def taken_back(settings: Json) -> Json:
    """Return the merge patch that removes what *settings* has set."""
    return {key: taken_back(value) if isinstance(value, dict) else None for key, value in settings.items()}


def staffed(office: Office, *breaks: Callable[[], object], **configuration: object) -> str:
    """Let the day begin well, then break things, then order one Cloud PC; return its user."""
    upn, connection = office.user(1, MEDIUM), office.connection()
    policy = office.policy("Everyone", connection, office.group("nobody yet"), **configuration)
    for each in breaks:
        each()
    office.assign(policy, office.group("staff", upn))
    return upn


def attempts(office: Office, upn: str) -> list[tuple[int, str, str | None]]:
    entries = office.timeline(office.cloud_pc_of(upn)["id"])["entries"]
    return [(entry["attempt"], entry["step"], entry.get("outcome")) for entry in entries]


def failures(office: Office, upn: str) -> list[tuple[int, str]]:
    """Return (attempt, step) of what failed."""
    return [(attempt, step) for attempt, step, outcome in attempts(office, upn) if outcome == "failed"]


def fails_first(office: Office, upn: str) -> None:
    """Wait until the first attempt has failed."""
    office.until(lambda: office.cloud_pcs_of(upn) and failures(office, upn), says=f"{upn}'s first attempt has failed")


def findings(office: Office) -> list[Any]:
    """Return what the cloud finds wrong in this tenant's subscription."""
    return [
        each for each in office.stack.ask_cloud("invariants")["findings"] if office.subscription in json.dumps(each)
    ]


def is_whole(office: Office) -> None:
    """See that there is just one machine, and that nothing lies about."""
    assert len(office.machines()) == 1
    assert len(office.machines("Microsoft.Network/networkInterfaces")) == 1
    assert len(office.machines("Microsoft.Compute/disks")) == 1
    assert findings(office) == []


def parked(office: Office, upn: str, word: str) -> Json:
    """Wait until the user's Cloud PC waits for a reason that has *word* in it."""

    def look() -> Json | None:
        mine = office.cloud_pcs_of(upn)
        said = json.dumps(mine[0]["statusDetail"]) if mine else ""
        return mine[0] if mine and mine[0]["status"] == "pendingProvision" and word in said else None

    found: Json = office.until(look, says=f"{upn} is parked: {word}")
    return found


@pytest.mark.parametrize(
    ("op", "fault", "when"),
    [
        pytest.param(
            "vm.create",
            {
                "kind": "http",
                "status": 429,
                "code": "TooManyRequests",
                "message": "slow",
                "headers": {"Retry-After": 90},
            },
            {"max_hits": 3},
            id="throttled three times",
        ),
        pytest.param("vm.create", {"kind": "drop_after"}, {"max_hits": 2}, id="the answer is lost"),
        pytest.param("vm.create", {"kind": "drop_before"}, {"max_hits": 2}, id="the question is lost"),
        pytest.param("operation.get", {"kind": "http", "status": 404, "code": "NotFound"}, {}, id="operations expire"),
        pytest.param("*", {"kind": "malformed_body", "status": 502}, {"max_hits": 5}, id="a proxy answers"),
        pytest.param("extension.put", DENIED, {"until": 180}, id="roles take three minutes"),
        pytest.param("*.create", DENIED, {"until": 180}, id="roles take three minutes for machines"),
    ],
)
def test_what_passes_costs_no_attempt(open_office: OpenOffice, op: str, fault: Json, when: Mapping[str, Any]) -> None:
    office = open_office()
    upn = staffed(office, lambda: office.break_cloud(op, fault, **when))

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn) == []
    is_whole(office)


def test_a_region_that_is_out_for_half_an_hour_costs_nobody_his_cloud_pc(open_office: OpenOffice) -> None:
    office = open_office()
    out = {"kind": "http", "status": 503, "code": "ServiceUnavailable", "message": "the service is unavailable"}
    upn = staffed(office, lambda: office.break_cloud("*", out, until=1800))

    assert office.settled(upn)["status"] == "provisioned"
    is_whole(office)


def test_exceeded_quota_parks_without_using_up_an_attempt_and_goes_on_with_more(
    open_office: OpenOffice, configure: Callable[[Json], None]
) -> None:
    office = open_office(region="swedencentral")
    configure({"quotas": {"swedencentral": {"cores": 0}}})
    upn = staffed(office)
    waiting = parked(office, upn, "quota")
    configure({"quotas": {"swedencentral": {"cores": 100}}})

    assert waiting["statusDetail"]["code"]
    assert office.reaches(upn, "provisioned")
    assert {attempt for attempt, _, _ in attempts(office, upn)} == {1}
    is_whole(office)


def test_a_creation_that_never_ends_is_given_up_and_made_anew(open_office: OpenOffice) -> None:
    office = open_office()
    upn = staffed(office, lambda: office.break_cloud("vm.create", {"kind": "hang"}, max_hits=1))

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn) == [(1, "createVm")]
    is_whole(office)


def test_an_agent_that_never_answers_fails_the_attempt(
    open_office: OpenOffice, configure: Callable[[Json], None]
) -> None:
    office = open_office()
    office.break_cloud("vm.create", {"kind": "delay", "add": 600}, max_hits=1)
    upn = staffed(office)
    (machine,) = office.until(office.machines, says="the machine is being made")
    name = machine["id"].rpartition("/")[2]
    configure({"agents": {name: "never"}})
    fails_first(office, upn)
    configure({"agents": {name: 5}})

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn) == [(1, "createVm")]
    is_whole(office)


@pytest.mark.parametrize("record", ["twice", "zerosFirst"])
def test_intune_s_odd_records_are_understood(
    open_office: OpenOffice, configure: Callable[[Json], None], record: str
) -> None:
    office = open_office()
    configure({"graph": {"enrolments": {f"{office.name.upper()}*": record}}})
    upn = staffed(office, namingTemplate=f"{office.name}%RAND:5%")

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn) == []
    is_whole(office)


def test_a_device_that_intune_never_sees_fails_the_attempt(
    open_office: OpenOffice, configure: Callable[[Json], None]
) -> None:
    office = open_office(settings={"enrollmentWaitInMinutes": 10})
    configure({"graph": {"enrolments": {f"{office.name.upper()}*": "never"}}})
    upn = staffed(office, namingTemplate=f"{office.name}%RAND:5%")
    fails_first(office, upn)
    configure({"graph": {"enrolments": {f"{office.name.upper()}*": "once"}}})

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn)[0] == (1, "enrollInIntune")
    is_whole(office)
    (device,) = office.devices(office.cloud_pc_of(upn)["managedDeviceName"])
    assert device["displayName"].startswith(office.name.upper())


def test_a_primary_user_that_intune_does_not_take_at_first_is_set_later(open_office: OpenOffice) -> None:
    office = open_office()
    unknown = {"kind": "http", "status": 404, "code": "ResourceNotFound", "message": "the device is not here yet"}
    rule = {"id": office.name, "match": {"op": "managedDevice.setUser*"}, "when": {"max_hits": 3}, "do": unknown}
    upn = staffed(office, lambda: office.stack.tell_cloud("faults", rule))

    assert office.settled(upn)["status"] == "provisioned"
    assert failures(office, upn) == []
    is_whole(office)


def test_an_unhealthy_connection_parks_who_needs_it_until_it_is_well(open_office: OpenOffice) -> None:
    office = open_office(settings={"connectionRecheckInHours": 1})
    upn, group = office.user(1, MEDIUM), office.group("staff")
    policy = office.policy("Everyone", office.connection(), group)
    office.break_cloud("group.*", DENIED)
    office.pass_time(timedelta(minutes=75))
    office.until(lambda: health(office) == "failed", says="the connection is unhealthy")
    office.join(group, upn)
    office.assign(policy, group)
    parked(office, upn, "connection")
    office.mend_cloud("group.*")
    office.pass_time(timedelta(minutes=75))

    assert office.reaches(upn, "provisioned")
    assert {attempt for attempt, _, _ in attempts(office, upn)} == {1}
    is_whole(office)


@pytest.mark.parametrize(
    "answer",
    [{"kind": "empty"}, {"kind": "http", "status": 503, "code": "serviceUnavailable", "message": ""}],
    ids=lambda answer: answer["kind"],
)
def test_a_directory_that_answers_badly_takes_nothing_from_anybody(open_office: OpenOffice, answer: Json) -> None:
    office = open_office()
    upn, group = office.user(1, MEDIUM), office.group("staff")
    office.join(group, upn)
    office.policy("Everyone", office.connection(), group)
    office.reaches(upn, "provisioned")
    rule: Json = {"id": f"{office.name}-directory", "match": {"path": f"*{group}/transitiveMembers*"}, "do": answer}
    office.stack.tell_cloud("faults", rule)
    change = {"tenantId": office.name, "type": "group", "groupId": group, "at": office.stack.clock.now().isoformat()}
    put_change(office.stack, change)
    office.until(lambda: hits(office, rule["id"]), says="the directory has been read")
    office.pass_time(timedelta(minutes=10))
    office.stack.tell_cloud("faults", {**rule, "when": {"max_hits": 0}})

    assert office.cloud_pc_of(upn)["status"] == "provisioned"
    assert "lost its reason" not in json.dumps(office.explain(upn))
    is_whole(office)


def hits(office: Office, rule: str) -> int:
    return sum(each["hits"] for each in office.stack.ask_cloud("faults") if each["id"] == rule)


def health(office: Office) -> str:
    (connection,) = office.portal.pages(f"{office.graph}/onPremisesConnections")
    return str(connection["healthCheckStatus"])
