"""Costs: a month against a simulated bill, the report of a month of 10,000 Cloud PCs, and a month over its budget.

The bill knows each second in which a machine was on, and the items of the simulated price list; the service sees the
record of power at the tick of each hour. ``cost:200,10000``: so many machines are billed, and so many are in the
report, which is read from Azurite. A budget that brakes is played minute by minute: machines arrive all month, alone
and in a wave, and the brake is checked once an hour as the timer does.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time

from aiohttp import ClientSession, TCPConnector
from azure_simulator import certificates
from azure_simulator.prices.items import all_items

from bench.figures import Figure
from bench.reading import CountingTransport
from local import azurite
from shared.domain.cost.budgets import Budget, BudgetScope, forecast_of
from shared.domain.cost.ledger import (
    CostedMachine,
    LedgerRow,
    MachineKind,
    MonthOfMachine,
    SeenMachine,
    days_of,
    recorded,
)
from shared.domain.cost.report import CostGrouping, CostSums
from shared.domain.power.state import ObservedPower
from shared.services.cost.prices import renewed_book
from shared.services.cost.recording import months_of
from shared.services.cost.reports import cost_report
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration.services import PaperServices

_TENANT, _MONTH = "contoso", "2026-11"
_REGION, _SIZE, _DISK = "westeurope", "Standard_D4s_v5", 256
_FIRST = datetime(2026, 11, 1, tzinfo=UTC)
_HOUR, _DAY, _TICK = timedelta(hours=1), timedelta(days=1), timedelta(seconds=20)
_END = datetime(2026, 12, 1, tzinfo=UTC)
_MOST_OFF, _MOST_SECONDS, _MOST_REQUESTS = 0.01, 2.0, 12.0

Times = list[tuple[datetime, datetime]]


def _working(random: Random) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of a month in which a machine is on: working days, lunch for some, an evening now and then."""
    breaks, evenings = random.random() < 0.3, random.random() < 0.2  # noqa: PLR2004
    for number in range(30):
        day = _FIRST + number * _DAY
        if day.weekday() > 4 or random.random() < 0.1:  # noqa: PLR2004
            continue
        begin = day + timedelta(hours=7, seconds=random.randrange(7200))
        end = day + timedelta(hours=16, seconds=random.randrange(10_800))
        noon = day + timedelta(hours=12, seconds=random.randrange(1800))
        yield from ([(begin, noon), (noon + timedelta(minutes=40), end)] if breaks else [(begin, end)])
        if evenings:
            yield end + 2 * _HOUR, end + timedelta(hours=3, seconds=random.randrange(3000))


def _seen(machine: CostedMachine, times: Times, at: datetime) -> SeenMachine:
    """Return a machine as its record has it at a moment: its power, and since when."""
    past = [moment for pair in times for moment in pair if moment <= at]
    on = any(begin <= at < end for begin, end in times)
    power = ObservedPower.RUNNING if on else ObservedPower.DEALLOCATED
    return SeenMachine(machine, power, past[-1] if past else _FIRST - _DAY, _FIRST)


def _bill(months: list[Times]) -> float:
    """Return the bill of a month: the meter without Windows by the second, and a disk for each machine."""
    known = [each for each in all_items() if each["armRegionName"] == _REGION and each["type"] == "Consumption"]
    (hour,) = [
        each["retailPrice"]
        for each in known
        if each["armSkuName"] == _SIZE
        and each["meterName"] == "D4s v5"
        and each["productName"] == "Virtual Machines DSv5 Series"
    ]
    (disk,) = [each["retailPrice"] for each in known if each["meterName"] == "P15 LRS Disk"]
    seconds = sum((end - begin).total_seconds() for times in months for begin, end in times)
    return float(seconds / 3600 * hour + disk * len(months))


async def _estimated(services: PaperServices, number: int) -> tuple[float, float]:
    """Return the estimate of a month, recorded hour by hour, and the simulated bill."""
    random = Random(7)  # noqa: S311 - a scenario, not a secret
    months = [list(_working(random)) for _ in range(number)]
    machines = [_machine(n) for n in range(number)]
    rows: list[LedgerRow] = []
    begin = _FIRST
    while begin < _END:
        end = min(begin + _HOUR + (_TICK if begin == _FIRST else timedelta()), _END)
        seen = [_seen(each, times, end) for each, times in zip(machines, months, strict=True)]
        rows = recorded(rows, seen, tenant_id=_TENANT, begin=begin, end=end)
        begin = end
    book = await renewed_book(services, _TENANT, {(_REGION, _SIZE)}, _FIRST)
    sums = CostSums(CostGrouping.TENANT, (_FIRST.date(), _END.date() - _DAY))
    sums.add([each for row in rows for each in row.months()], days_of(_MONTH), book.rate)
    (row,) = sums.rows(book, {})
    return row.cost or 0.0, _bill(months)


def _machine(number: int) -> CostedMachine:
    name = f"{number:08x}-0000-4000-8000-{number * 7919 % 2**48:012x}"
    return CostedMachine(MachineKind.CLOUD_PC, name, 1, f"Desk {number}", f"p{number % 20}", _REGION, _SIZE, _DISK)


_PRICE, _DISK_PRICE, _AMOUNT = 0.23, 0.057, 9_000.0


def _over_budget() -> Figure:
    """Play a month that exceeds its budget, and compare the excess with the cost of the machines that ran already.

    A third of the machines is on in working hours alone. 50 are there at the begin, two come in each hour, and ten in
    each minute from shortly before the amount is reached on; each asks the budget as a build does.
    """
    budget = Budget(
        id="all", tenant_id=_TENANT, display_name="All", scope=BudgetScope.TENANT, amount=_AMOUNT, brakes=True
    )
    always, office, spent, waiting, excess_of_running = 34, 16, 0.0, 0, 0.0
    reached: tuple[int, int] | None = None
    for minute in range(30 * 1440):
        now = _FIRST + timedelta(minutes=minute)
        if minute % 60 == 0:
            forecast = forecast_of(spent, _FIRST, now, _END)
            hourly = (always + office) * (_PRICE + _DISK_PRICE)
            budget = budget.checked(spent, forecast, _MONTH, now, hourly)
        wave = _AMOUNT - 30 <= spent < _AMOUNT + 200
        for number in range((minute % 30 == 7) + 10 * wave):  # noqa: PLR2004 - somebody comes every half an hour
            if budget.parks(now):
                waiting += 1
                continue
            budget = budget.with_begun(_PRICE)
            always, office = (always, office + 1) if (minute + number) % 3 == 0 else (always + 1, office)
        working = now.weekday() < 5 and 8 <= now.hour < 17  # noqa: PLR2004
        spent += _of_a_minute(always, office, working=working)
        if reached is not None:
            excess_of_running += _of_a_minute(*reached, working=working)
        elif spent >= _AMOUNT:
            reached, excess_of_running = (always, office), spent - _AMOUNT
    note = f"{always + office} machines, {waiting} times a build has waited"
    return Figure(
        "excess of a budget / cost of what ran when it was reached",
        round(spent - _AMOUNT, 2),
        round(excess_of_running, 2),
        "USD",
        1,
        1.0,
        note,
    )


def _of_a_minute(always: int, office: int, *, working: bool) -> float:
    on = always + (office if working else 0)
    return (on * _PRICE + (always + office) * _DISK_PRICE) / 60


async def _fill(services: PaperServices, number: int) -> None:
    """Store a month of *number* Cloud PCs, each day of each with other minutes."""
    random = Random(11)  # noqa: S311 - a scenario, not a secret
    for at in range(0, number, 1000):
        months = []
        for n in range(at, min(at + 1000, number)):
            month = MonthOfMachine(_machine(n))
            for day in range(30):
                month.on[day], month.kept[day] = random.randrange(1441), 1440
            months.append(month)
        row = LedgerRow(tenant_id=_TENANT, month=_MONTH, number=at // 1000, until=_END).with_months(months, _END)
        await services.ledger.save_all([Stored(row, "")])


async def _measure(tables_url: str, tls: ssl.SSLContext, billed: int, reported: int) -> list[Figure]:
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        services = PaperServices(Tables(tables_url, Identity, prefix="cost", transport=wire))
        estimate, bill = await _estimated(services, billed)
        await _fill(services, reported)
        await months_of(services, _TENANT, _MONTH)
        await services.policies.find(_TENANT, "p1")  # the tables are there
        wire.take()
        begun = process_time()
        rows = await cost_report(services, _TENANT, CostGrouping.CLOUD_PC, (_FIRST.date(), _END.date() - _DAY))
        took, counts = process_time() - begun, wire.take()
        await services.tables.close()
    if len(rows) != reported or any(each.cost is None for each in rows):
        raise RuntimeError(f"the report has {len(rows)} rows of {reported}, or rows without a cost")
    of = f"a month of {reported:,} Cloud PCs"
    off = abs(estimate - bill)
    note = f"estimated {estimate:.2f}, billed {bill:.2f}"
    return [
        _over_budget(),
        Figure(
            f"estimate off the simulated bill / bill, {billed:,} machines", off, bill, "USD", billed, _MOST_OFF, note
        ),
        Figure(f"CPU of the report of {of} / 2 s", took, _MOST_SECONDS, "s", 1, 1.0),
        Figure(f"requests of the report of {of} / 12", float(counts["requests"]), _MOST_REQUESTS, "requests", 1, 1.0),
    ]


def main(billed: str = "200", reported: str = "10000") -> list[Figure]:
    """Measure on an Azurite of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        server = azurite.start(Path(folder) / "tables", made)
        try:
            return asyncio.run(_measure(server.tables_url, made.client_context(), int(billed), int(reported)))
        finally:
            server.stop()
