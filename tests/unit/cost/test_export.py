"""Exports of Cost Management: which files count, and which rows are of our machines."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from shared.domain.cost.actual import ActualRow, month_of_rows, rows_of
from shared.domain.cost.export import Billed, ExportFile, files_of, months_to_read, whole_until
from shared.domain.cost.rate_card import RateCardSettings
from shared.domain.owner import Owner

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
FOCUS = ["BilledCost", "BillingCurrency", "ChargePeriodStart", "ResourceId", "Tags", "ServiceName"]
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"
DISK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/cpc-1-os"
TAGS = '{"Deskwright:Role":"cloudPc","deskwright:cloudpc":"pc-1"}'


def file(name: str, day: int) -> ExportFile:
    return ExportFile(name, NOW.replace(day=day), 10)


def row(cost: object, day: str = "2026-11-03T00:00Z", resource: str = VM, tags: str = TAGS) -> list[str]:
    return [str(cost), "USD", day, resource, tags, "Virtual Machines"]


def billed(*rows: list[str], header: list[str] | None = None) -> Billed:
    found = Billed("2026-11", {"pc-1"})
    found.add([header or FOCUS, *rows])
    return found


def test_the_parts_of_the_newest_run_of_the_month_count() -> None:
    runs = [
        file("x/daily/20261101-20261130/a1/part_0_0001.csv.gz", 22),
        file("x/daily/20261101-20261130/a2/part_1_0001.csv.gz", 23),
        file("x/daily/20261101-20261130/a2/part_0_0001.csv.gz", 23),
        file("x/daily/20261101-20261130/a2/manifest.json", 23),
        file("x/daily/20261001-20261031/b1/part_0_0001.csv", 24),
        file("x/daily/20261101-20261130/a3/part_0_0001.parquet", 24),
        file("x/notes.csv", 24),
    ]
    parts = [each.name.rpartition("20261130/")[2] for each in files_of(runs, "2026-11")]
    assert parts == ["a2/part_0_0001.csv.gz", "a2/part_1_0001.csv.gz"]
    assert [each.written.day for each in files_of(runs, "2026-10")] == [24]
    assert files_of(runs, "2026-09") == []


def test_rows_are_matched_by_the_tags_of_their_owner() -> None:
    found = billed(
        row(1.5),
        row(0.25, resource=DISK),
        row(2, day="2026-11-04T00:00:00Z"),
        row(9, tags='{"deskwright:role":"cloudPc","deskwright:cloudpc":"of another tenant"}'),
        row(9, tags=""),
        row(9, day="2026-10-31T00:00Z"),
    )
    machine = found.machines["pc-1"]
    assert (machine.machine[2], machine.rest[2], machine.machine[3]) == (1.5, 0.25, 2.0)
    assert (list(found.machines), found.last, found.skipped, found.currencies) == (
        ["pc-1"],
        date(2026, 11, 4),
        0,
        {"USD"},
    )


def test_files_of_actual_costs_are_read_too() -> None:
    header = ["InstanceId", "Date", "costInBillingCurrency", "billingCurrencyCode", "Tags"]
    line = [VM, "11/03/2026", "1.5", "eur", '"deskwright:role": "cloudPc","deskwright:cloudpc": "pc-1"']
    found = billed(line, header=header)
    assert (found.machines["pc-1"].machine[2], found.currencies) == (1.5, {"EUR"})


@pytest.mark.parametrize(
    "bad",
    [
        row("nan"),
        row("inf"),
        row("1e99"),
        row("many"),
        row(1, day="yesterday"),
        row(1, tags='{"deskwright:role": '),
        row(1, tags="[" * 100_000 + "deskwright:"),
        row(1)[:3],
        [],
    ],
)
def test_a_row_that_cannot_be_read_is_counted_and_the_others_count(bad: list[str]) -> None:
    found = billed(bad, row(1))
    assert (found.skipped, found.machines["pc-1"].machine[2]) == (1, 1.0)


def test_another_file_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(ValueError, match="no column for cost, tags"):
        billed(header=["ChargePeriodStart", "BillingCurrency", "ResourceId"])


def test_a_day_is_whole_two_days_later() -> None:
    assert whole_until(date(2026, 11, 24), NOW) == date(2026, 11, 22)
    assert whole_until(date(2026, 11, 3), NOW) == date(2026, 11, 3)
    assert whole_until(None, NOW) is None
    assert list(months_to_read(NOW)) == ["2026-11"]
    assert list(months_to_read(NOW.replace(day=2))) == ["2026-10", "2026-11"]


def test_rows_keep_every_amount() -> None:
    head = ActualRow(tenant_id="t", month="2026-11", number=0, read_at=NOW, until=date(2026, 11, 22), currency="USD")
    machines = {f"pc-{n}": billed(row(n + 0.1)).machines["pc-1"] for n in range(1001)}
    rows = list(rows_of(machines, head))
    assert [each.id for each in rows] == ["2026-11:0000", "2026-11:0001"]
    month = month_of_rows(rows)
    assert month.of("pc-1000", date(2026, 11, 3)) == (1000.1, 0.0)
    assert month.of("another", date(2026, 11, 3)) == (0.0, 0.0)
    assert (month.has(date(2026, 11, 22)), month.has(date(2026, 11, 23))) == (True, False)
    assert month_of_rows(list(rows_of({}, head))).machines == {}


def test_an_owner_s_own_tags_are_found() -> None:
    tags = Owner.cloud_pc("pc-1").tags
    assert billed(row(1, tags=str(tags).replace("'", '"'))).machines["pc-1"].machine[2] == 1.0


@pytest.mark.parametrize(
    "address",
    [
        "http://acct.blob.core.windows.net/costs",
        "https://acct.blob.core.windows.net.evil.example/costs",
        "https://evil.example/acct.blob.core.windows.net/costs",
        "https://user@acct.blob.core.windows.net/costs",
        "https://acct.blob.core.windows.net/",
        "https://acct.blob.core.windows.net/costs/../other",
        "https://acct.blob.core.windows.net/costs?sig=x",
        "https://127.0.0.1/costs",
    ],
)
def test_the_service_shows_its_token_to_azure_s_storage_alone(address: str) -> None:
    with pytest.raises(ValidationError, match="write the address of a container"):
        RateCardSettings.model_validate({"costExportUrl": address})


def test_the_folder_of_an_export_is_accepted() -> None:
    address = "https://acct1.blob.core.windows.net/costs/desks/daily-focus"
    assert RateCardSettings.model_validate({"costExportUrl": address}).cost_export_url == address
