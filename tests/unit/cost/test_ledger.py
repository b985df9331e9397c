"""The ledger: minutes on and kept by day, packed; and the costs of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.cost.ledger import (
    CostedMachine,
    LedgerRow,
    MachineKind,
    SeenMachine,
    days_of,
    next_month,
    recorded,
    time_on,
)
from shared.domain.cost.prices import DISKS, Currency, RegionPrices
from shared.domain.cost.rate_card import PriceBook, RateCard
from shared.domain.cost.report import CostGrouping, CostRow, CostSums
from shared.domain.power.state import BilledWhileOff, ObservedPower

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SIZE, REGION = "Standard_D2s_v5", "westeurope"
DESK = CostedMachine(MachineKind.CLOUD_PC, "pc1", 1, "Desk", "p1", REGION, SIZE, 128)
HOST = CostedMachine(MachineKind.HOST, "h1", 0, "HOST-1", "g1", REGION, SIZE, 128, low_priority=True)
BOOK = PriceBook(
    RateCard(tenant_id="contoso"),
    {
        REGION: RegionPrices(currency=Currency.USD, region=REGION)
        .with_answer(SIZE.lower(), {SIZE.lower(): 0.6, f"spot:{SIZE.lower()}": 0.12}, NOON)
        .with_answer(DISKS, {"P10": 30.0}, NOON)
    },
)


def record(*seen: SeenMachine, rows: list[LedgerRow] | None = None, end: datetime = NOON) -> list[LedgerRow]:
    begin = max((each.until for each in rows or []), default=end - HOUR)
    return recorded(rows or [], seen, tenant_id="contoso", begin=begin, end=end)


def minutes(rows: list[LedgerRow]) -> dict[str, tuple[int, int]]:
    months = [each for row in rows for each in row.months()]
    return {each.machine.id: (sum(each.on), sum(each.kept)) for each in months}


def costs(rows: list[LedgerRow], grouping: CostGrouping, book: PriceBook = BOOK) -> dict[str, CostRow]:
    sums = CostSums(grouping, (date(2026, 11, 1), date(2026, 11, 30)))
    sums.add([each for row in rows for each in row.months()], days_of("2026-11"), book.rate)
    return {row.id: row for row in sums.rows(book, {"p1": "Office"})}


@pytest.mark.parametrize(
    ("power", "since", "on"),
    [
        (None, None, 60),
        (ObservedPower.UNKNOWN, NOON - 30 * MINUTE, 60),
        (ObservedPower.RUNNING, NOON - 2 * HOUR, 60),
        (ObservedPower.RUNNING, NOON - 20 * MINUTE, 20),
        (ObservedPower.RUNNING, NOON + MINUTE, 0),
        (ObservedPower.DEALLOCATED, NOON - 2 * HOUR, 0),
        (ObservedPower.DEALLOCATED, NOON - 20 * MINUTE, 40),
        (ObservedPower.DEALLOCATED, NOON + MINUTE, 60),
        (ObservedPower.HIBERNATED, NOON - 20 * MINUTE, 40),
        (ObservedPower.SHUT_DOWN, NOON - 20 * MINUTE, 60),
        (ObservedPower.STOPPING, NOON - MINUTE, 60),
    ],
)
def test_minutes_are_those_in_which_computing_is_billed(
    power: ObservedPower | None, since: datetime | None, on: int
) -> None:
    """Windows that was shut down from inside is billed; so is a machine of which nothing is observed."""
    assert time_on(SeenMachine(DESK, power, since), NOON - HOUR, NOON)[0] == on * MINUTE


def test_time_is_added_to_what_was_counted_and_survives_its_row() -> None:
    rows = record(SeenMachine(DESK))
    rows = [LedgerRow.model_validate(row.to_json()) for row in rows]
    after = record(SeenMachine(DESK, ObservedPower.DEALLOCATED, NOON), SeenMachine(HOST), rows=rows, end=NOON + HOUR)
    assert minutes(after) == {"pc1": (60, 120), "h1": (60, 60)}


def test_minutes_while_windows_was_shut_down_are_told_apart_and_priced() -> None:
    over = BilledWhileOff(began=NOON - 90 * MINUTE, ended=NOON - 45 * MINUTE)
    now = BilledWhileOff(began=NOON - 10 * MINUTE)
    rows = record(
        SeenMachine(DESK, ObservedPower.DEALLOCATED, NOON - 45 * MINUTE, billed_while_off=over),
        SeenMachine(HOST, ObservedPower.SHUT_DOWN, NOON - 10 * MINUTE, billed_while_off=now),
    )
    found = costs([LedgerRow.model_validate(row.to_json()) for row in rows], CostGrouping.CLOUD_PC)["pc1"]
    assert (found.minutes_on, found.minutes_shut_down, found.shut_down_cost) == (15, 15, 0.15)
    assert costs(rows, CostGrouping.HOST)["h1"].minutes_shut_down == 10


def test_a_row_of_the_release_before_has_no_such_minutes() -> None:
    (row,) = record(SeenMachine(DESK))
    assert "shutDown" not in {name for name, value in row.to_json().items() if value}
    (month,) = LedgerRow.model_validate({k: v for k, v in row.to_json().items() if k != "shutDown"}).months()
    assert (sum(month.on), sum(month.shut_down)) == (60, 0)


def test_a_machine_counts_from_its_build_on() -> None:
    assert minutes(record(SeenMachine(DESK, began=NOON - 10 * MINUTE))) == {"pc1": (10, 10)}


def test_minutes_belong_to_the_day_they_are_in() -> None:
    (row,) = record(SeenMachine(DESK, ObservedPower.RUNNING, NOON), rows=record(SeenMachine(DESK)), end=NOON + DAY)
    (month,) = row.months()
    assert list(month.kept[22:26]) == [0, 60 + 12 * 60, 12 * 60, 0]
    assert list(month.on[22:26]) == list(month.kept[22:26])


def test_a_resize_is_a_line_of_its_own() -> None:
    larger = CostedMachine(MachineKind.CLOUD_PC, "pc1", 1, "Desk", "p1", REGION, "Standard_D4s_v5", 128)
    (row,) = record(SeenMachine(larger), rows=record(SeenMachine(DESK)), end=NOON + HOUR)
    assert [each.machine.size for each in row.months()] == [SIZE, "Standard_D4s_v5"]


def test_a_row_has_a_thousand_machines_at_most() -> None:
    many = [
        SeenMachine(CostedMachine(MachineKind.CLOUD_PC, f"pc{n}", 1, "", "p1", REGION, SIZE, 128)) for n in range(2500)
    ]
    rows = record(*many)
    assert [len(row.months()) for row in rows] == [1000, 1000, 500]
    assert [row.number for row in record(SeenMachine(DESK), rows=rows, end=NOON + HOUR)] == [0, 1, 2]


def test_months_have_their_days() -> None:
    assert (len(days_of("2028-02")), len(days_of("2026-11"))) == (29, 30)
    assert next_month(NOON) == datetime(2026, 12, 1, tzinfo=UTC)
    assert next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_cost_is_minutes_and_the_share_of_a_month_of_a_disk() -> None:
    rows = record(SeenMachine(DESK), rows=record(SeenMachine(DESK)), end=NOON + HOUR)
    rows = record(SeenMachine(DESK, ObservedPower.DEALLOCATED, NOON), rows=rows, end=NOON + 2 * HOUR)
    row = costs(rows, CostGrouping.CLOUD_PC)["pc1"]
    assert (row.minutes_on, row.minutes_kept, row.basis) == (120, 180, "estimate")
    assert row.machine_cost == pytest.approx(2 * 0.6)
    assert row.disk_cost == pytest.approx(3 * 30.0 / 720)
    assert row.always_on_cost == pytest.approx(3 * 0.6 + 3 * 30.0 / 720)
    assert row.saving == pytest.approx(0.6)


def test_a_machine_of_low_priority_has_its_price_and_is_held_against_the_regular_one() -> None:
    row = costs(record(SeenMachine(HOST)), CostGrouping.SPOT_GROUP)["g1"]
    assert row.machine_cost == pytest.approx(0.12)
    assert row.saving == pytest.approx(0.48)


def test_each_grouping_has_its_machines() -> None:
    rows = record(SeenMachine(DESK), SeenMachine(HOST))
    by = {grouping: costs(rows, grouping) for grouping in CostGrouping}
    assert {grouping: set(found) for grouping, found in by.items()} == {
        CostGrouping.TENANT: {"tenant"},
        CostGrouping.DAY: {"2026-11-24"},
        CostGrouping.POLICY: {"p1"},
        CostGrouping.SPOT_GROUP: {"g1"},
        CostGrouping.CLOUD_PC: {"pc1"},
        CostGrouping.HOST: {"h1"},
    }
    assert by[CostGrouping.POLICY]["p1"].display_name == "Office"
    assert by[CostGrouping.TENANT]["tenant"].cost == by[CostGrouping.DAY]["2026-11-24"].cost


def test_without_a_price_there_is_no_cost_and_a_reason() -> None:
    row = costs(record(SeenMachine(DESK)), CostGrouping.TENANT, PriceBook(RateCard(tenant_id="contoso"), {}))["tenant"]
    assert (row.cost, row.always_on_cost, row.unpriced_machines) == (None, None, 1)
    assert "not been read yet" in str(row.reason)


def test_a_part_without_a_price_is_counted_and_not_guessed() -> None:
    odd = CostedMachine(MachineKind.CLOUD_PC, "pc2", 1, "", "p1", REGION, "Standard_X1", 128)
    row = costs(record(SeenMachine(DESK), SeenMachine(odd)), CostGrouping.POLICY)["p1"]
    assert (row.machines, row.unpriced_machines) == (2, 1)
    assert row.machine_cost == pytest.approx(0.6)
