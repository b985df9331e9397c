"""Advice on sizes, on real tables and over the routes: read once a day, in few requests, and no fault stops it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.day import STRETCHES, Stretch, UseState
from shared.domain.cloud_pcs.load import LOADS
from shared.domain.cloud_pcs.use import USES, CloudPcUse, SeenUse
from shared.services.usage.size_advice import record_loads
from shared.storage.repository import Stored
from tests.cloud_pcs import edited
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import LARGER, MADE, NOW, WORKS

GIB = 1024**3
ADVICE = "GET …/reports/sizeAdvice"
GRAPH = "POST …/report/retrieveCloudPcRecommendationReports"
TENANT = WORKS.tenant_id
TODAY = NOW.date()


def machine(number: int) -> str:
    return f"/subscriptions/s/vm-{number}"


async def furnish(office: Office, number: int = 1, days: int = 6) -> None:
    """Have Cloud PCs that were in use for three hours on each of the last days."""
    ids = [f"pc-{each}" for each in range(1, number + 1)]
    for each, pc_id in enumerate(ids, start=1):
        made = MADE.but(vm_id=machine(each), size="Standard_D2s_v5", computer_name=f"CPC-{each}")
        await office.cloud_pcs.insert(edited(WORKS.but(id=pc_id, user=WORKS.user.but(id=f"u-{each}")), resources=made))
    office.directory.skus = [*office.directory.skus, LARGER]
    for back in range(1, days + 1):
        await be_in_use(office, ids, TODAY - timedelta(days=back))


async def be_in_use(office: Office, ids: list[str], day: date) -> None:
    stretch = Stretch(start=8 * 60, end=11 * 60, state=UseState.IN_USE)
    at = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    use = CloudPcUse(recorded_minutes=1440, minutes_active=180, read_at=at, seen=SeenUse())
    rows = [
        *STRETCHES.rows(TENANT, day, dict.fromkeys(ids, (stretch,))),
        *USES.rows(TENANT, day, dict.fromkeys(ids, use)),
    ]
    await office.usage.save_all([Stored(row, "*") for row in rows])


async def read_days(office: Office, days: int = 6) -> None:
    """Let the maintenance of so many nights read the metrics of the day before."""
    for back in reversed(range(days)):
        await record_loads(office, TENANT, night(TODAY - timedelta(days=back)))


def night(day: date, hour: int = 2) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def faults(office: Office) -> dict[str, str | None]:
    yesterday = TODAY - timedelta(days=1)
    rows = [row async for _, row in office.usage.between(TENANT, LOADS.keys(yesterday, yesterday), 10)]
    return {pc_id: load.fault for row in rows for pc_id, load in LOADS.values(row.value).items()}


async def get(routes: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    answer = await ask(routes[ADVICE], ADVICE, query=query)
    assert answer.status_code == 200, answer.get_body()
    found: list[dict[str, Any]] = json.loads(answer.get_body())["value"]
    return found


async def post(routes: dict[str, Any], **body: Any) -> tuple[int, Any]:
    answer = await ask(routes[GRAPH], GRAPH, body=json.dumps(body).encode())
    return answer.status_code, json.loads(answer.get_body())


async def test_a_busy_machine_is_undersized_and_a_larger_licence_is_recommended(
    office: Office, routes: dict[str, Any]
) -> None:
    await furnish(office, 2)
    office.paper_metrics.loads = {machine(1): (97.0, 4.0 * GIB), machine(2): (30.0, 4.0 * GIB)}
    await read_days(office)
    busy, other = sorted(await get(routes), key=lambda each: str(each["id"]))
    assert (busy["usageInsight"], busy["recommendedPlanId"], busy["cpuPercent"]) == ("Undersized", LARGER.sku_id, 100)
    assert (other["usageInsight"], other["recommendedPlanId"], other["days"]) == ("Rightsized", None, 6)
    only = await get(routes, **{"$filter": "usageInsight eq 'Undersized'"})
    assert [each["id"] for each in only] == ["pc-1"]


async def test_graphs_report_has_its_columns_and_counts_groups(office: Office, routes: dict[str, Any]) -> None:
    await furnish(office, 3)
    office.paper_metrics.loads = {machine(1): (97.0, 4.0 * GIB), machine(2): (97.0, 4.0 * GIB)}
    await read_days(office)
    select = ["CloudPcId", "UsageInsight", "RecommendedPlanId"]
    status, body = await post(routes, reportType="cloudPcUsageCategoryReport", select=select, orderBy=["CloudPcId"])
    assert status == 200
    assert [each["Column"] for each in body["Schema"]] == select
    assert body["Values"] == [["pc-1", "Undersized", LARGER.sku_id], ["pc-2", "Undersized", LARGER.sku_id]]
    one = ["UsageInsight"]
    _, body = await post(routes, reportType="cloudPcUsageCategoryReport", select=one, groupBy=one)
    assert body["Values"] == [[2, "Undersized"]]
    assert body["Schema"][0] == {"Column": "__Count", "PropertyType": "Int32"}
    _, body = await post(routes, reportType="cloudPcUsageCategoryReport", filter="CloudPcId eq 'pc-2'", top=1)
    assert (body["TotalRowCount"], len(body["Values"][0])) == (1, 8)


@pytest.mark.parametrize(
    "body",
    [
        {"reportType": "other"},
        {},
        {"reportType": "cloudPcUsageCategoryReport", "select": ["Heat"]},
        {"reportType": "cloudPcUsageCategoryReport", "select": ["CloudPcId"], "groupBy": ["UsageInsight"]},
        {"reportType": "cloudPcUsageCategoryReport", "filter": "Heat eq 1"},
        {"reportType": "cloudPcUsageCategoryReport", "orderBy": ["Heat"]},
    ],
)
async def test_what_graph_does_not_know_is_refused(
    office: Office, routes: dict[str, Any], body: dict[str, Any]
) -> None:
    del office
    assert (await post(routes, **body))[0] == 400


async def test_fifty_machines_are_one_request_and_a_day_is_read_once(office: Office) -> None:
    await furnish(office, 60, days=1)
    office.paper_metrics.loads = {machine(each): (10.0, GIB) for each in range(1, 61)}
    for hour in range(24):
        await record_loads(office, TENANT, night(TODAY, hour))
    assert office.paper_metrics.asked == [50, 10]


async def test_one_refused_machine_stops_no_other(office: Office, routes: dict[str, Any]) -> None:
    await furnish(office, 5)
    office.paper_metrics.loads = {machine(each): (97.0, 4.0 * GIB) for each in range(1, 6)}
    office.paper_metrics.refused = {machine(3): "ResourceNotFound"}
    await read_days(office)
    found = {each["id"]: each["usageInsight"] for each in await get(routes)}
    assert found == {"pc-3": None} | {f"pc-{each}": "Undersized" for each in (1, 2, 4, 5)}


async def test_a_missing_right_is_asked_about_once_and_named(office: Office, routes: dict[str, Any]) -> None:
    await furnish(office, 5)
    office.paper_metrics.refused = {machine(3): "AuthorizationFailed"}
    await record_loads(office, TENANT, night(TODAY))
    assert office.paper_metrics.asked == [5]
    (first, *_) = await get(routes)
    assert first["usageInsight"] is None
    assert "could not be read" in first["reason"]
    assert "AuthorizationFailed" in first["reason"]


async def test_what_failed_is_read_again_that_night_alone(office: Office) -> None:
    await furnish(office, 2, days=1)
    office.paper_metrics.loads = {machine(1): (10.0, GIB)}
    await record_loads(office, TENANT, night(TODAY, 1))
    assert await faults(office) == {"pc-1": None, "pc-2": "Azure Monitor has no values of this machine"}
    office.paper_metrics.loads[machine(2)] = (10.0, GIB)
    await record_loads(office, TENANT, night(TODAY, 8))
    assert (await faults(office))["pc-2"] is not None
    await record_loads(office, TENANT, night(TODAY, 3))
    assert await faults(office) == {"pc-1": None, "pc-2": None}
    assert office.paper_metrics.asked == [2, 1]


async def test_before_one_o_clock_nothing_is_read(office: Office) -> None:
    await furnish(office, 1, days=1)
    await record_loads(office, TENANT, night(TODAY, 0))
    assert office.paper_metrics.asked == []


async def test_a_machine_that_nobody_used_is_not_asked_about(office: Office) -> None:
    await furnish(office, 1, days=0)
    await record_loads(office, TENANT, night(TODAY))
    await record_loads(office, TENANT, night(TODAY, 3))
    assert office.paper_metrics.asked == []
