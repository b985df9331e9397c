"""The cost of the service itself: the records of processes, and the provider's page."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from shared.metering import Totals
from shared.storage.service_use import UseRecorder
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in

GET = "GET service/cost"
HOUR = timedelta(hours=1)


async def shown(routes: dict[str, Any], **query: str) -> Any:
    answer = await ask(routes[GET], GET, query=query)
    assert answer.status_code == 200, answer.get_body()
    return json.loads(answer.get_body())


async def use(office: Office, process: str = "p1") -> None:
    """Record two hours of a process, the first record of the second with the counts since the last one."""
    recorder = UseRecorder(office.service_uses, office.clock.now, process)
    await recorder.record(Totals(Counter(request=2), 4.0, 10))
    await recorder.record(Totals(Counter(request=3), 6.0, 15))
    office.hand.advance(HOUR)
    for _ in range(2):  # twice is once
        await recorder.record(Totals(Counter(request=3, timer=5), 10.0, 40))


async def test_processes_record_their_hours_and_the_report_adds_them(office: Office, routes: dict[str, Any]) -> None:
    await use(office)
    office.hand.at -= HOUR
    await use(office, "p2")
    rows = await office.service_uses.within(things.NOW - HOUR, things.NOW + 2 * HOUR)
    assert [(each.process, each.executions, each.active_seconds, each.table_requests) for each in rows] == [
        ("p1", {"request": 3}, 6.0, 15),
        ("p2", {"request": 3}, 6.0, 15),
        ("p1", {"timer": 5}, 4.0, 25),
        ("p2", {"timer": 5}, 4.0, 25),
    ]
    found = await shown(routes)
    assert found["executions"] == {"request": 6, "timer": 10}
    assert [(row["meter"], row["quantity"]) for row in found["rows"]] == [
        ("executionTime", 40.0),
        ("executions", 16.0),
        ("tableRequests", 80.0),
    ]
    assert (found["basis"], found["cost"]) == ("estimate", None)
    assert "DESKWRIGHT_REGION" in found["reason"]
    assert any("always ready" in each for each in found["notCounted"])


async def test_prices_are_read_once_a_day_and_the_last_answer_stays(office: Office, routes: dict[str, Any]) -> None:
    office.settings = office.settings.model_copy(update={"region": "westeurope"})
    await use(office)
    first = await shown(routes)
    assert first["cost"] == 0.0005  # 20 GB-s at 0.000026
    assert first["priceReadDate"] == office.clock.now().date().isoformat()
    asked = len(office.prices.asked)
    await shown(routes)
    assert len(office.prices.asked) == asked
    office.hand.advance(timedelta(days=1))
    office.prices.away = True
    day = {"startDate": things.NOW.date().isoformat()}
    later = await shown(routes, **day)
    assert (later["cost"], later["priceReadDate"]) == (first["cost"], first["priceReadDate"])
    assert "could not be read" in later["reason"]


async def test_a_period_without_use_costs_nothing(office: Office, routes: dict[str, Any]) -> None:
    await use(office)
    none = await shown(routes, startDate="2026-01-01", endDate="2026-01-31")
    assert [row["quantity"] for row in none["rows"]] == [0.0, 0.0, 0.0]
    wrong = await ask(routes[GET], GET, query={"startDate": "2026-02-01", "endDate": "2026-01-01"})
    assert wrong.status_code == 400


async def test_only_the_provider_sees_it(office: Office, routes: dict[str, Any]) -> None:
    del office
    answer = await ask(routes[GET], GET, headers=signed_in("CloudPC.Administrator"))
    assert answer.status_code == 403
