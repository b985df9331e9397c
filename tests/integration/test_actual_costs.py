"""Actual costs: read from real blobs with the SDK's client, kept by month, and beside the estimate in reports."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest

from shared.clients.cost_export import CostExport, parts_of
from shared.clients.storage import Blobs
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.rate_card import RateCard
from shared.domain.cost.report import CostBasis, CostGrouping
from shared.domain.owner import Owner
from shared.domain.usage import Interval
from shared.services.cost.actuals import export_fault, read_actual_costs
from shared.services.cost.recording import delete_ledger_of_tenant, record_cost
from shared.services.cost.reports import cost_report
from tests.identities import Identity
from tests.integration import things
from tests.integration.services import PaperServices

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MADE = Resources(region="westeurope", size="Standard_D2s_v5", vm_id="/vm", resource_group="desks")
PC = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=MADE)
ADDRESS = "https://acct.blob.core.windows.net/costs/daily"
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"


class Export:
    """The export of a month, in a container of its own."""

    def __init__(self, blobs: Blobs, services: PaperServices) -> None:
        self.blobs, self._services = blobs, services
        self._month = services.hand.now().strftime("%Y%m")

    async def put(self, content: bytes, name: str = "part_0_0001.csv.gz", run: str = "a1") -> None:
        await self.blobs.put(f"daily/{self._month}01-{self._month}30/{run}/{name}", content)

    def rows(self, cost: float, days: int = 1, currency: str = "USD") -> bytes:
        """A file in which each of some days before today costs the same."""
        tags = str(Owner.cloud_pc(PC.id).tags).replace("'", '""')
        lines = ["BilledCost,BillingCurrency,ChargePeriodStart,ResourceId,Tags"]
        for n in range(days):
            day = self._services.hand.now().date() - n * DAY
            lines.append(f'{cost},{currency},{day}T00:00:00Z,{VM},"{tags}"')
        return "\n".join(lines).encode()


@pytest.fixture
async def desk(contoso: PaperServices) -> PaperServices:
    contoso.hand.at = Interval.HOUR.begin(contoso.hand.at).replace(day=20, hour=12)
    await contoso.cloud_pcs.insert(PC)
    for _ in range(4):
        contoso.hand.advance(DAY)
        await record_cost(contoso, "contoso", contoso.hand.now())
    await contoso.rate_cards.insert(RateCard(tenant_id="contoso", cost_export_url=ADDRESS))
    return contoso


@pytest.fixture
async def export(desk: PaperServices, blobs: Blobs, azurite_server: Any, monkeypatch: pytest.MonkeyPatch) -> Export:
    async def made(tenant_id: str, address: str) -> CostExport:
        assert tenant_id == "contoso"
        folder = parts_of(address)[2]
        transport = blobs._options["transport"]  # trusts the certificate of Azurite
        return CostExport(azurite_server.blobs_url, blobs._name, folder, Identity(), transport=transport)

    monkeypatch.setattr(desk, "cost_export", made)
    # The clock of the storage is the real one: files count as written two days after the last day.
    monkeypatch.setattr("shared.services.cost.actuals.whole_until", lambda last, _: last)
    return Export(blobs, desk)


async def read(services: PaperServices) -> str | None:
    services.hand.advance(6 * HOUR)
    await read_actual_costs(services, "contoso", services.hand.now())
    return await export_fault(services, "contoso", services.hand.now())


async def by_day(services: PaperServices) -> dict[str, tuple[str, float | None]]:
    last = services.hand.now().date()
    rows = await cost_report(services, "contoso", CostGrouping.DAY, (last.replace(day=1), last))
    return {row.id: (row.basis.value, row.actual_cost) for row in rows}


async def test_a_billed_day_is_actual_and_a_late_one_an_estimate(desk: PaperServices, export: Export) -> None:
    yesterday = desk.hand.now().date() - DAY
    desk.hand.advance(-DAY)
    await export.put(gzip.compress(export.rows(3.5, days=4)))
    desk.hand.advance(DAY)
    assert await read(desk) is None
    found = await by_day(desk)
    assert found[yesterday.isoformat()] == ("actual", 3.5)
    today = desk.hand.now().date().isoformat()
    assert found[today] == ("estimate", None)
    last = desk.hand.now().date()
    (row,) = await cost_report(desk, "contoso", CostGrouping.POLICY, (last.replace(day=1), last))
    assert (row.basis, row.late_days, row.actual_cost) == (CostBasis.ESTIMATE, 1, 3.5 * (len(found) - 1))
    assert row.cost is not None
    (row,) = await cost_report(desk, "contoso", CostGrouping.CLOUD_PC, (last.replace(day=1), yesterday))
    assert (row.basis, row.late_days, row.cost) == (CostBasis.ACTUAL, 0, row.actual_cost)


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"not gzip", "part_0_0001.csv.gz", "is damaged"),
        (gzip.compress(b"x" * 5000, mtime=0)[:20], "part_0_0001.csv.gz", "is damaged"),
        (b"name,amount\n1,2\n", "part_0_0001.csv", "no column for day"),
        (b"\x00\xff\xfe" * 100, "part_0_0001.csv", "no column for"),
        (gzip.compress(b"x" * 2_000_000, mtime=0), "part_0_0001.csv.gz", "than an export has"),
        (b"", "part_0_0001.csv", "no column for"),
        (b"PAR1", "part_0_0001.parquet", "has no CSV file of"),
    ],
    ids=["noGzip", "cut", "others", "binary", "oneLine", "empty", "parquet"],
)
async def test_a_broken_file_is_told_and_what_was_read_before_stays(
    desk: PaperServices, export: Export, content: bytes, name: str, why: str
) -> None:
    await export.put(export.rows(2.0, days=3), "part_0_0001.csv", run="a1")
    assert await read(desk) is None
    before = await by_day(desk)
    await export.blobs.delete((await export.blobs.folder("daily"))[0].name)
    await export.put(content, name, run="a2")
    assert why in (await read(desk) or "")
    assert {day: kept for day, kept in (await by_day(desk)).items() if day in before} == before
    assert ("actual", 2.0) in before.values()


async def test_another_currency_than_the_rate_card_s_is_not_mixed_in(desk: PaperServices, export: Export) -> None:
    await export.put(export.rows(2.0, currency="EUR"), "part_0_0001.csv")
    assert "billed in EUR, and the rate card is in USD" in (await read(desk) or "")
    assert {basis for basis, _ in (await by_day(desk)).values()} == {"estimate"}


async def test_a_newer_run_replaces_the_one_before_and_an_unchanged_one_is_not_read_again(
    desk: PaperServices, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    await export.put(export.rows(2.0), "part_0_0001.csv", run="a1")
    day = desk.hand.now().date().isoformat()
    assert await read(desk) is None
    assert (await by_day(desk))[day] == ("actual", 2.0)
    await export.put(export.rows(2.5), "part_0_0001.csv", run="b1")
    assert await read(desk) is None
    asked: list[str] = []
    monkeypatch.setattr(CostExport, "read", lambda *_: asked.append("read"))
    assert await read(desk) is None
    assert asked == []


async def test_it_is_asked_every_six_hours_and_not_without_an_address(
    desk: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def made(tenant_id: str, address: str) -> CostExport:
        asked.append(f"{tenant_id} {address}")
        raise ValueError("away")

    monkeypatch.setattr(desk, "cost_export", made)
    for _ in range(13):
        desk.hand.advance(HOUR)
        await read_actual_costs(desk, "contoso", desk.hand.now())
    assert asked == [f"contoso {ADDRESS}"] * 3
    await desk.rate_cards.change("contoso", "rateCard", lambda card: card.but(cost_export_url=None))
    desk.hand.advance(DAY)
    await read_actual_costs(desk, "contoso", desk.hand.now())
    assert len(asked) == 3
    await delete_ledger_of_tenant(desk, "contoso")
    assert [each async for each in desk.actual_costs.each("contoso")] == []


def test_an_address_is_an_account_a_container_and_a_folder() -> None:
    assert parts_of(ADDRESS) == ("https://acct.blob.core.windows.net", "costs", "daily/")
    assert parts_of("https://acct.blob.core.windows.net/costs/") == ("https://acct.blob.core.windows.net", "costs", "")
