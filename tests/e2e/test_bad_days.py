"""Bad days that are no scenario of ``azure_simulator.scenarios``: each ends as promised, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.office import MEDIUM, Office
from tests.e2e.queues import put_change

pytestmark = [pytest.mark.e2e, pytest.mark.long]

OpenOffice = Callable[..., Office]
Json = dict[str, Any]

DENIED = {"kind": "http", "status": 403, "code": "AuthorizationFailed", "message": "no authorization for the action"}


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


def findings(office: Office) -> list[Any]:
    """Return the findings of the cloud's invariants in this tenant's subscription."""
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


def test_a_question_that_is_lost_costs_no_attempt(open_office: OpenOffice) -> None:
    office = open_office()
    upn = staffed(office, lambda: office.break_cloud("vm.create", {"kind": "drop_before"}, max_hits=2))

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


def test_two_hours_without_graph_use_up_no_attempt(open_office: OpenOffice) -> None:
    """Whatever the builds are at: they wait, are seen to wait, and go on where they were."""
    office = open_office()
    users = [office.user(number, MEDIUM) for number in range(1, 4)]
    office.policy("Everyone", office.connection(), office.group("staff", *users))
    for upn in users:
        office.reaches(upn, "provisioning")
    rule: Json = {
        "id": f"{office.name}-graph",
        "match": {"op": "graph.*"},
        "do": {"kind": "http", "status": 503, "code": "serviceUnavailable", "message": ""},
    }
    office.stack.tell_cloud("faults", rule)
    office.pass_time(timedelta(hours=2))
    waiting = [office.cloud_pc_of(upn) for upn in users]
    office.stack.tell_cloud("faults", {**rule, "when": {"max_hits": 0}})

    assert {pc["status"] for pc in waiting} == {"provisioning"}
    assert all("does not answer" in pc["@deskwright.heldBack"]["why"] for pc in waiting)
    assert all("step" in pc["@deskwright.heldBack"]["act"] for pc in waiting)
    for upn in users:
        assert office.settled(upn)["status"] == "provisioned"
        assert office.cloud_pc_of(upn)["@deskwright.heldBack"] is None
        assert failures(office, upn) == []
        assert {attempt for attempt, _, _ in attempts(office, upn)} == {1}
    assert len(office.machines()) == len(users)
    assert findings(office) == []


def hits(office: Office, rule: str) -> int:
    return sum(each["hits"] for each in office.stack.ask_cloud("faults") if each["id"] == rule)


def health(office: Office) -> str:
    (connection,) = office.portal.pages(f"{office.graph}/onPremisesConnections")
    return str(connection["healthCheckStatus"])
