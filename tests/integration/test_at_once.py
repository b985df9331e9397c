"""Changes of one thing at the same moment: without If-Match each is made, with If-Match one of them."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from tests.integration.access_scenes import MANAGEMENT
from tests.integration.asking import ask
from tests.integration.bodies import SET
from tests.integration.callers import Office
from tests.integration.scenes import HYBRID, SETTING

AT_ONCE = 6
SITE = {"region": "eastus", "resourceGroup": "east", "addressSpace": "10.30.0.0/16"}

CHANGES: dict[str, tuple[dict[str, str], str, dict[str, Any]]] = {
    "PATCH tenants/{tenant}": ({}, "displayName", {}),
    "PUT tenants/{tenant}/sites/{site}": ({"site": "east"}, "displayName", SITE),
    "PUT tenants/{tenant}/budgets/{id}": ({"id": "all"}, "displayName", {"scope": "tenant", "amount": 100}),
    "PUT tenants/{tenant}/rateCard": ({}, "description", {}),
    "PUT tenants/{tenant}/reclaimRules/{id}": ({"id": "p1"}, "description", {}),
    "PATCH …/onPremisesConnections/{id}": ({"id": "c3"}, "displayName", {}),
    "PATCH …/provisioningPolicies/{id}": ({"id": "p1"}, "description", {}),
    "PATCH tenants/{tenant}/noticeEndpoints/{id}": ({"id": "e1"}, "displayName", {}),
    "PATCH …/userSettings/{id}": ({"id": "s1"}, "displayName", {}),
    "PATCH …/powerSchedules/{id}": ({"id": "ps1"}, "displayName", {}),
    "PATCH …/deviceManagementScripts/{id}": ({"id": "sc1"}, "displayName", {}),
    "PATCH …/maintenanceWindows/{id}": ({"id": "mw1"}, "displayName", {}),
    f"PATCH {MANAGEMENT}/roleDefinitions/{{id}}": ({"id": "r1"}, "displayName", {}),
    "PATCH …/deviceImages/{id}": ({"id": "i1"}, "displayName", {}),
    "PATCH …/imageSets/{id}": (SET, "description", {}),
    "PATCH …/imageSets/{id}/versions/{number}": ({**SET, "number": "0.0.0"}, "notes", {}),
}
"""For each route that replaces something: where it is, a text of it that can be changed, and what goes with that."""

WITHOUT_TEXT = {
    "PATCH health/report",
    "PATCH me/notices",
    "PATCH tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules/{id}",
}
"""Routes that change numbers and words of a set alone: ``test_health_page.py``, ``test_alert_rules.py`` and
``test_own_notices.py`` change several of them at once.
"""


def test_every_route_that_replaces_something_is_here(routes: dict[str, Any]) -> None:
    found = {name for name in routes if name.partition(" ")[0] in {"PATCH", "PUT"}}
    assert found == CHANGES.keys() | WITHOUT_TEXT


@pytest.fixture(autouse=True)
async def settings(office: Office) -> None:
    """User settings, which the office does not have by itself."""
    await office.user_settings.insert(SETTING)


async def changed(routes: dict[str, Any], name: str, **headers: str) -> Counter[int]:
    """Return how many of some changes at once were answered with which status."""
    where, field, more = CHANGES[name]
    bodies = [json.dumps({**more, field: f"{field} {n}"}).encode() for n in range(AT_ONCE)]
    answers = await asyncio.gather(*(ask(routes[name], name, body=each, at=where, headers=headers) for each in bodies))
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize("name", CHANGES)
async def test_without_if_match_all_of_them_are_made(office: Office, routes: dict[str, Any], name: str) -> None:
    made = await changed(routes, name)
    assert sum(count for status, count in made.items() if status < 300) == AT_ONCE, made
    assert [each async for each in office.intents.of_all()] == []
    events = [each.value async for each in office.audit.each("contoso")]
    assert len(events) == AT_ONCE
    assert {event.refused_status for event in events} == {None}


@pytest.mark.parametrize("name", CHANGES)
async def test_with_if_match_one_of_them_is_made(office: Office, routes: dict[str, Any], name: str) -> None:
    del office
    where, field, more = CHANGES[name]
    body = json.dumps({**more, field: "before"}).encode()
    etag = (await ask(routes[name], name, body=body, at=where)).headers["ETag"]
    made = await changed(routes, name, **{"if-match": etag})
    assert (sum(count for status, count in made.items() if status < 300), made[412]) == (1, AT_ONCE - 1)


async def test_of_each_field_the_last_writer_wins(office: Office, routes: dict[str, Any]) -> None:
    name = "PATCH tenants/{tenant}"
    bodies: list[dict[str, Any]] = [
        {"displayName": "New"},
        {"settings": {"attempts": 2}},
        {"settings": {"cleanUpDelayInHours": 5}},
        {"settings": {"parkingLimitInHours": 30}},
    ]
    await asyncio.gather(*(ask(routes[name], name, body=json.dumps(each).encode()) for each in bodies))
    tenant = (await office.tenants.get("contoso")).value.to_json()
    for body in bodies:
        for field, value in body.items():
            there = tenant[field]
            assert there == value or value.items() <= there.items()


async def test_a_change_and_a_password_at_once_leave_one_operation_that_is_carried_out(
    office: Office, routes: dict[str, Any]
) -> None:
    """Each begins the checks of the connection; an operation of a change that was begun again is not left behind."""
    name, at = "PATCH …/onPremisesConnections/{id}", {"id": HYBRID.id}
    bodies = [{"adDomainPassword": f"p{n}", "displayName": f"Domain {n}"} for n in range(AT_ONCE)]
    answers = await asyncio.gather(*(ask(routes[name], name, body=json.dumps(b).encode(), at=at) for b in bodies))
    assert {answer.status_code for answer in answers} <= {200, 409}
    told = {answer.headers["Operation-Location"].rpartition("/")[2] for answer in answers if answer.status_code == 200}
    kept = [each.value async for each in office.operations.each("contoso")]
    assert {each.id for each in kept if each.status != "failed"} == told
