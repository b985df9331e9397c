"""One action on many Cloud PCs over HTTP: dry run, waves, canary, stop at a failure rate, pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import SMALL, Office

pytestmark = pytest.mark.e2e

OK, ACCEPTED, BAD_REQUEST, CONFLICT = 200, 202, 400, 409
OpenOffice = Callable[..., Office]
Json = dict[str, Any]
OVER = {"succeeded", "stopped", "canceled"}


def fleet(office: Office, count: int) -> tuple[list[str], str]:
    """Let so many users have their Cloud PC; return them and their group."""
    users = [office.user(number, SMALL) for number in range(1, count + 1)]
    group = office.group("Everybody", *users, office.user(90))
    office.policy("Desks", office.connection(), group)
    for user in users:
        assert office.settled(user)["status"] == "provisioned"
    return users, group


def begin(office: Office, action: str, **form: Any) -> Json:
    answer = office.portal.ask("POST", f"{office.base}/bulkActions", {"action": action, **form})
    assert answer.status == ACCEPTED
    assert answer.headers["location"].endswith(answer.body["id"])
    return dict(answer.body)


def look(office: Office, bulk: Json) -> Json:
    return dict(office.portal.ask("GET", f"{office.base}/bulkActions/{bulk['id']}").body)


def over(office: Office, bulk: Json) -> Json:
    found: Json = office.until(
        lambda: seen if (seen := look(office, bulk))["status"] in OVER else None, says="the bulk action is over"
    )
    return found


def items(office: Office, bulk: Json) -> list[Json]:
    return list(office.portal.pages(f"{office.base}/bulkActions/{bulk['id']}/items"))


def test_grace_periods_of_many_are_ended_in_waves_after_a_dry_run(open_office: OpenOffice) -> None:
    office = open_office({"removalBrake": {"percent": 100}, "cleanUpDelayInHours": 0})
    users, group = fleet(office, 4)
    office.leave(group, *users[:3])
    office.tell_changed(*users)
    for user in users[:3]:
        office.reaches(user, "inGracePeriod")
    form = {"action": "endGracePeriod", "filter": {"status": ["inGracePeriod", "provisioned"]}, "dryRun": True}
    dry = office.portal.ask("POST", f"{office.base}/bulkActions", form)
    assert (dry.status, dry.body["possible"], dry.body["refused"]) == (OK, 3, 1)
    assert [each["refusal"] for each in dry.body["value"] if "refusal" in each] == [
        "it has no grace period; it is provisioned"
    ]
    assert list(office.portal.pages(f"{office.base}/bulkActions")) == []
    bulk = begin(office, "endGracePeriod", filter={"graceCauses": ["userLeftGroup"]}, maxConcurrency=2)
    ended = over(office, bulk)
    assert (ended["status"], ended["counts"], ended["percentComplete"]) == ("succeeded", {"succeeded": 3}, 100)
    assert {item["userPrincipalName"] for item in items(office, bulk)} == set(users[:3])
    assert all(item["operationId"] for item in items(office, bulk))
    assert office.cloud_pc_of(users[3])["status"] == "provisioned"


def test_a_canary_that_fails_stops_the_rest(open_office: OpenOffice) -> None:
    office = open_office({"attempts": 1})
    users, _ = fleet(office, 3)
    office.break_cloud(
        "vm.create", {"kind": "http", "status": 403, "code": "RequestDisallowedByPolicy", "message": "no"}
    )
    pcs = [office.cloud_pc_of(user)["id"] for user in users]
    bulk = begin(office, "reprovision", cloudPcIds=pcs)
    stopped = over(office, bulk)
    assert (stopped["status"], stopped["counts"]) == ("stopped", {"failed": 1, "skipped": 2})
    assert stopped["reason"] == "1 of 1 have failed"
    failed, *skipped = items(office, bulk)
    assert "RequestDisallowedByPolicy" in failed["message"]
    assert len(office.machines()) == len(skipped)
    office.mend_cloud("vm.create")
    again = over(office, begin(office, "retry", filter={"status": ["failed"]}))
    assert (again["status"], again["counts"]) == ("succeeded", {"succeeded": 1})
    assert office.invariants() == []


@pytest.mark.long
def test_it_is_paused_resumed_and_cancelled(open_office: OpenOffice) -> None:
    office = open_office()
    users, _ = fleet(office, 3)
    bulk = begin(office, "reprovision", filter={"userPrincipalNames": users}, maxConcurrency=1)
    place = f"{office.base}/bulkActions/{bulk['id']}"
    assert office.portal.ask("POST", f"{place}/pause").body["status"] == "paused"
    office.until(lambda: look(office, bulk)["counts"].get("running", 0) == 0, says="nothing of it runs")
    begun = look(office, bulk)["counts"].get("succeeded", 0)
    assert begun <= 1
    assert office.portal.ask("POST", f"{place}/resume").body["status"] == "running"
    office.until(lambda: look(office, bulk)["counts"].get("succeeded", 0) > begun, says="it goes on")
    office.portal.ask("POST", f"{place}/cancel")
    office.until(lambda: "pending" not in look(office, bulk)["counts"], says="the rest is left alone")
    assert office.portal.send("POST", f"{place}/resume").status == CONFLICT
    for user in users:
        office.settled(user)
    assert office.invariants() == []


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"action": "explode", "cloudPcIds": ["a"]}, "/action"),
        ({"action": "retry"}, "/cloudPcIds"),
        ({"action": "retry", "cloudPcIds": ["a"], "filter": {}}, "/cloudPcIds"),
        ({"action": "extendGrace", "cloudPcIds": ["a"], "parameters": {"hours": 0}}, "/parameters/hours"),
        ({"action": "retry", "cloudPcIds": ["a"], "maxConcurrency": 0}, "/maxConcurrency"),
        ({"action": "retry", "filter": {"status": ["asleep"]}}, "/filter/status/0"),
    ],
)
def test_a_form_that_makes_no_sense_begins_nothing(shared_office: Office, form: Json, pointer: str) -> None:
    office = shared_office
    answer = office.portal.send("POST", f"{office.base}/bulkActions", form)
    assert answer.status == BAD_REQUEST
    assert pointer in {error["pointer"] for error in answer.body["errors"]}
    assert list(office.portal.pages(f"{office.base}/bulkActions")) == []


def test_nobody_who_is_possible_begins_nothing(shared_office: Office) -> None:
    office = shared_office
    answer = office.portal.send("POST", f"{office.base}/bulkActions", {"action": "retry", "cloudPcIds": ["gone"]})
    assert answer.status == CONFLICT
