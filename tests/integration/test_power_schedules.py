"""Power schedules over HTTP: refusals, deletion while a policy uses one, and the Cloud PCs that a change reaches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.power.settings import StopAction
from shared.storage.due import EVERYBODY, DueKind
from tests.integration.asking import ask, told
from tests.integration.callers import Office
from tests.integration.scenes import SCHEDULE

ALL, ONE = "POST …/powerSchedules", "…/powerSchedules/{id}"
AT = {"id": SCHEDULE.id}


async def sent(routes: dict[str, Any], name: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
    raw = json.dumps(body).encode() if body is not None else b""
    return await ask(routes[name], name, body=raw, at=AT, **more)


async def test_a_schedule_without_phases_has_a_working_week_and_twice_with_a_key_is_one(
    office: Office, routes: dict[str, Any]
) -> None:
    key = {"headers": {"idempotency-key": "k1"}}
    first, again = [await sent(routes, ALL, {"displayName": "Shifts"}, **key) for _ in range(2)]
    made = json.loads(first.get_body())
    assert (first.status_code, json.loads(again.get_body())["id"]) == (201, made["id"])
    assert [(each["begins"], each["days"], each["working"]) for each in made["phases"]] == [
        ("07:00:00", [1, 2, 3, 4, 5], True),
        ("19:00:00", [1, 2, 3, 4, 5], False),
    ]
    assert made["timeZone"] is None
    assert len([each async for each in office.power_schedules.each("contoso")]) == 2


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"displayName": SCHEDULE.display_name.upper()}, "/displayName"),
        ({"timeZone": "Europe/Atlantis"}, "/timeZone"),
        ({"stopAction": "explode"}, "/stopAction"),
        ({"signedOffInMinutes": 1}, "/signedOffInMinutes"),
        ({"phases": [{"begins": "07:00:00", "days": [8], "working": True}]}, "/phases/0/days"),
        ({"phases": [{"begins": "07:00:00", "working": True}] * 2}, "/phases/1/begins"),
        ({"phases": [{"begins": "07:00Z", "working": True}]}, "/phases/0/begins"),
        (
            {"phases": [{"begins": "07:00", "working": True}, {"begins": "19:00+02:00", "working": False}]},
            "/phases/1/begins",
        ),
        ({"phases": [{"begins": 25200, "working": True}]}, "/phases/0/begins"),
        ({"phases": [], "exceptions": [{"on": "2026-12-25", "phases": []}]}, "/phases"),
    ],
)
async def test_a_wrong_schedule_is_refused_with_the_place(
    office: Office, routes: dict[str, Any], wrong: dict[str, Any], pointer: str
) -> None:
    answer = await sent(routes, ALL, {"displayName": "New", **wrong})
    assert (answer.status_code, told(answer)[0][0][: len(pointer)]) == (400, pointer)
    assert len([each async for each in office.power_schedules.each("contoso")]) == 1


async def test_a_change_keeps_the_rest_null_is_the_default_and_everybody_is_looked_at(
    office: Office, routes: dict[str, Any]
) -> None:
    assert (await sent(routes, f"PATCH {ONE}", {"stopAction": "none", "timeZone": None})).status_code == 204
    after = (await office.power_schedules.get("contoso", SCHEDULE.id)).value
    assert (after.stop_action, after.time_zone, after.phases) == (StopAction.NONE, None, SCHEDULE.phases)
    due = await office.due.due(DueKind.POWER, office.clock.now())
    assert [each.subject_id for each in due] == [EVERYBODY]


async def test_a_schedule_that_a_policy_refers_to_stays_until_the_policy_lets_it_go(
    office: Office, routes: dict[str, Any]
) -> None:
    edit = "PATCH …/provisioningPolicies/{id}"
    schedule = "@deskwright.powerScheduleId"
    wrong = await ask(routes[edit], edit, body=json.dumps({schedule: "none"}).encode(), at={"id": "p1"})
    assert (wrong.status_code, told(wrong)) == (400, [(f"/{schedule}", "there is no such power schedule")])
    body = json.dumps({schedule: SCHEDULE.id}).encode()
    assert (await ask(routes[edit], edit, body=body, at={"id": "p1"})).status_code == 204
    refused = await sent(routes, f"DELETE {ONE}")
    assert refused.status_code == 409
    assert "provisioning policy Everybody" in json.loads(refused.get_body())["error"]["message"]
    assert (
        await ask(routes[edit], edit, body=json.dumps({schedule: None}).encode(), at={"id": "p1"})
    ).status_code == 204
    assert (await sent(routes, f"DELETE {ONE}")).status_code == 204
