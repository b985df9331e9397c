"""Reports of usage: a Spot Group's, a tenant's, the provider's board and Home."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.spot.engine.usage import RECORDED
from shared.domain.usage import Interval
from shared.services.directory.tenants import TenantIds
from shared.services.maintenance.measuring import measure_and_record
from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office, signed_in
from tests.integration.desks import GROUP_ID, Desk, off
from tests.integration.engine_runs import built, furnish
from tests.integration.test_usage import look, users

SPOT = "GET …/spotGroups/{id}/usage"
REPORT = "GET …/reports/usage"
BOARD = "GET cloudPcsOverview"
AT_GROUP = {"id": GROUP_ID}


@pytest.fixture
async def played(here: Office) -> Office:
    """An office with a Spot Group that has been looked at for half an hour."""
    await furnish(here)
    await built(here, h1=Desk(sessions=users(4)), h2=off(), h3=off())
    for number in range(7):
        await look(here, RECORDED.length, h1=Desk(sessions=users(number)), h2=off(), h3=off())
    return here


async def get(routes: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    answer = await ask(routes[name], name, at=AT_GROUP, **more)
    assert answer.status_code == 200, answer.get_body()
    body: dict[str, Any] = json.loads(answer.get_body())
    return body


async def test_a_report_has_the_points_of_the_day_and_the_unfinished_one(
    played: Office, routes: dict[str, Any]
) -> None:
    found = (await get(routes, SPOT))["value"]
    assert [each["activeSessions"] for each in found] == [0, 1, 2, 3, 4, 5, 6]
    assert found[0]["intervalStartDateTime"] == (things.NOW + RECORDED.length).isoformat().replace("+00:00", "Z")
    (hour,) = (await get(routes, SPOT, query={"interval": "PT1H"}))["value"]
    assert (hour["activeSessions"], hour["peakSessions"], hour["recordedMinutes"]) == (3, 6, 35)
    some = await get(routes, SPOT, query={"$select": "peakSessions", "$filter": "activeSessions ge 5"})
    assert [each["peakSessions"] for each in some["value"]] == [5, 6]


async def test_a_report_is_a_file_too_and_304_while_nothing_is_new(played: Office, routes: dict[str, Any]) -> None:
    answer = await ask(routes[SPOT], SPOT, at=AT_GROUP, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.get_body().decode("utf-8-sig"))))
    assert [row["activeSessions"] for row in rows] == ["0", "1", "2", "3", "4", "5", "6"]
    shown = await ask(routes[SPOT], SPOT, at=AT_GROUP)
    again = await ask(routes[SPOT], SPOT, at=AT_GROUP, headers={"if-none-match": shown.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"interval": "PT7M"}, "interval"),
        ({"interval": "PT5M", "startDateTime": "2026-01-01T00:00:00Z"}, "interval"),
        ({"startDateTime": "yesterday"}, "startDateTime"),
        ({"startDateTime": "2026-03-02T09:00:00Z", "endDateTime": "2026-03-02T08:00:00Z"}, "startDateTime"),
    ],
)
async def test_a_period_that_makes_no_report_is_refused_with_the_reason(
    played: Office, routes: dict[str, Any], query: dict[str, str], pointer: str
) -> None:
    answer = await ask(routes[SPOT], SPOT, at=AT_GROUP, query=query)
    assert answer.status_code == 400
    assert [where for where, _ in told(answer)] == [pointer]


async def test_hours_are_the_shortest_interval_of_a_tenant(played: Office, routes: dict[str, Any]) -> None:
    answer = await ask(routes[REPORT], REPORT, query={"interval": "PT5M"})
    assert (answer.status_code, told(answer)) == (400, [("interval", "the shortest interval is PT1H")])


async def test_the_board_shows_all_tenants_to_the_provider_alone(played: Office, routes: dict[str, Any]) -> None:
    await played.tenants.insert(things.tenant(id="fabrikam", display_name="Fabrikam"))
    played.hand.at = Interval.HOUR.begin(played.hand.at) + timedelta(hours=1)
    await measure_and_record(played, TenantIds(played))
    await played.tenants.insert(things.tenant(id="new", display_name="New"))
    found = {each["id"]: each for each in (await get(routes, BOARD))["value"]}
    assert found[things.TENANT_ID]["spot"]["activeSessions"] == 6
    assert found["fabrikam"]["total"] == 0
    assert found["new"]["lastRefreshedDateTime"] is None
    refused = await ask(routes[BOARD], BOARD, headers=signed_in("CloudPC.Administrator"))
    assert refused.status_code == 403


async def test_home_has_its_numbers_and_the_curve_of_today_in_one_request(
    played: Office, routes: dict[str, Any]
) -> None:
    played.hand.at = Interval.HOUR.begin(played.hand.at) + timedelta(hours=1, seconds=20)
    await measure_and_record(played, TenantIds(played))
    found = await get(routes, "GET tenants/{tenant}/summary")
    assert found["spotCapacity"] == {
        "groups": 1,
        "seats": 10,
        "activeSessions": 6,
        "disconnectedSessions": 0,
        "onlineHosts": 1,
        "builtHosts": 3,
    }
    assert [each["spotSessions"] for each in found["today"]] == [6]
    assert (found["building"], found["failed"]) == (found["statuses"].get("pendingProvision", 0), 0)
