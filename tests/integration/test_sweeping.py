"""A sweep: one bad row stops nobody, tenants take turns, and nothing that fails is lost."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.errors import ConflictError, RefusedError, ThrottledError, UnavailableError
from shared.services.operations import sweeps
from shared.services.operations.sweeps import AT_ONCE, MOST_FAILURES, OF_ONE_TENANT, shares, sweep_due
from shared.storage.aside import AGAIN_EVERY
from shared.storage.due import Due, DueKind
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

NOW, MINUTE = things.NOW, timedelta(minutes=1)


class Rule:
    """Acts on rows, and fails for some subjects; *acted* has the subjects in their order."""

    def __init__(self, **fails: Exception) -> None:
        self.acted: list[str] = []
        self._fails = fails

    async def __call__(self, deps: Any, client: Any, due: Due) -> datetime | None:
        del deps, client
        self.acted.append(due.subject_id)
        if error := self._fails.get(due.subject_id):
            raise error
        return None


async def promise(here: PaperServices, *subjects: str, tenant: str = "contoso", at: datetime = NOW) -> None:
    await here.due.put_all([Due(DueKind.START, at, tenant, subject) for subject in subjects])


async def tick(here: PaperServices, rule: Any, after: timedelta = timedelta()) -> None:
    here.hand.advance(after)
    await sweep_due(IdleHost(), {DueKind.START: rule})


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("x"), TimeoutError(), ConflictError("x"), UnavailableError("x")], ids=repr
)
async def test_whatever_is_wrong_with_a_row_the_others_are_acted_on(paper: PaperServices, error: Exception) -> None:
    await promise(paper, "bad", "good")
    rule = Rule(bad=error)
    await tick(paper, rule)
    assert set(rule.acted) == {"bad", "good"}
    assert [due.subject_id for due in await paper.due.due(DueKind.START, NOW + timedelta(days=1))] == ["bad"]


async def test_cancellation_is_no_failure_of_a_row(paper: PaperServices) -> None:
    await promise(paper, "a")
    with pytest.raises(asyncio.CancelledError):
        await tick(paper, Rule(a=asyncio.CancelledError()))  # type: ignore[arg-type] # no Exception on purpose
    (left,) = await paper.due.due(DueKind.START, NOW)
    assert left.failures == 0


async def test_a_row_that_fails_is_pushed_back_ever_further(paper: PaperServices) -> None:
    await promise(paper, "a")
    rule, pauses = Rule(a=UnavailableError("no answer")), []
    for _ in range(6):
        await tick(paper, rule)
        (left,) = await paper.due.due(DueKind.START, paper.hand.at + timedelta(days=1))
        pauses.append((left.at - paper.hand.at) / MINUTE)
        paper.hand.at = left.at
    assert pauses == [1, 2, 4, 8, 15, 15]
    assert await paper.due.aside.all() == []  # what does not answer is not given up


async def test_a_row_that_has_succeeded_begins_again_with_a_short_pause(paper: PaperServices) -> None:
    await promise(paper, "a")
    await tick(paper, Rule(a=UnavailableError("no answer")))

    async def again(deps: Any, client: Any, due: Due) -> datetime:
        del deps, client
        assert due.failures == 1
        return paper.hand.at + MINUTE

    await tick(paper, again, MINUTE)
    (left,) = await paper.due.due(DueKind.START, NOW + timedelta(days=1))
    assert (left.failures, left.failing_since) == (0, None)


async def test_a_row_waits_as_long_as_its_cloud_wants(paper: PaperServices) -> None:
    await promise(paper, "a")
    await tick(paper, Rule(a=ThrottledError("slowly", after=timedelta(minutes=40))))
    (left,) = await paper.due.due(DueKind.START, NOW + timedelta(days=1))
    assert left.at == NOW + timedelta(minutes=40)


async def test_what_fails_for_good_is_set_aside_shown_and_tried_again(paper: PaperServices) -> None:
    await promise(paper, "a")
    rule = Rule(a=RefusedError("Forbidden", "the app may not do this"))
    for _ in range(MOST_FAILURES):
        await tick(paper, rule, timedelta(minutes=15))
    assert await paper.due.due(DueKind.START, NOW + timedelta(days=1)) == []
    (aside,) = await paper.due.aside.all()
    assert (aside.kind, aside.tenant_id, aside.subject_id) == ("start", "contoso", "a")
    assert (aside.since, aside.reason) == (NOW + timedelta(minutes=15), "Forbidden: the app may not do this")

    assert await paper.due.aside.put_back(paper.hand.at) == 0
    paper.hand.advance(AGAIN_EVERY)
    assert await paper.due.aside.put_back(paper.hand.at) == 1
    await tick(paper, rule)  # fails again: at once aside again, and since when is kept
    (again,) = await paper.due.aside.all()
    assert (again.id, again.since) == (aside.id, aside.since)

    paper.hand.advance(AGAIN_EVERY)
    await paper.due.aside.put_back(paper.hand.at)
    mended = Rule()
    await tick(paper, mended)
    assert (mended.acted, await paper.due.aside.all()) == (["a"], [])
    assert await paper.due.due(DueKind.START, NOW + timedelta(days=9)) == []


async def test_a_record_that_cannot_be_read_is_set_aside_at_once_with_what_is_wrong(contoso: PaperServices) -> None:
    """A rollback leaves such records: a newer release has written them."""
    table = Table(contoso.tables, "tenants")
    read = await table.read("tenants", "contoso")
    await table.put({**read.row, "schema": 2})
    await promise(contoso, "a")

    async def rule(deps: PaperServices, client: Any, due: Due) -> None:
        del client
        await deps.tenants.get(due.tenant_id)

    await tick(contoso, rule)
    (aside,) = await contoso.due.aside.all()
    assert aside.reason == (
        "The tenant contoso cannot be read: it has version 2 of its format, and this release reads 1."
    )


async def test_a_row_of_a_kind_of_a_newer_release_is_kept_and_stops_no_sweep(paper: PaperServices) -> None:
    await promise(paper, "a")
    table = Table(paper.tables, "due")
    (read,) = [each async for each in table.query("PartitionKey ge @all", {"all": ""})]
    await table.put({**read.row, "RowKey": "2026-01-01", "kind": "powerSchedule"})
    rule = Rule()
    await tick(paper, rule)
    (aside,) = await paper.due.aside.all()
    assert (rule.acted, aside.kind) == (["a"], "powerSchedule")
    await paper.due.aside.put_back(NOW + AGAIN_EVERY)
    assert (await table.read("soon", "2026-01-01")).row == {**read.row, "RowKey": "2026-01-01", "kind": "powerSchedule"}


async def test_a_thousand_failing_rows_of_one_tenant_leave_room_for_a_healthy_row_of_another(
    paper: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promise(paper, *(f"bad{n}" for n in range(1000)), tenant="greedy")
    await promise(paper, "good", tenant="modest", at=NOW + MINUTE)
    rule = Rule(**{f"bad{n}": ConflictError("never") for n in range(1000)})
    monkeypatch.setattr(sweeps, "BUDGET_S", 0.5)
    await tick(paper, rule, MINUTE)
    assert rule.acted.index("good") <= OF_ONE_TENANT + 1


async def test_tenants_take_turns_and_none_has_more_than_some_places() -> None:
    rows = [f"a{n}" for n in range(9)] + ["b0", "b1", "c0"]
    dues = [Due(DueKind.START, NOW, row[0], row) for row in rows]
    first = [next(each).subject_id for each in shares(dues)]
    assert first == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


async def test_some_rows_are_acted_on_at_a_time_and_no_more(paper: PaperServices) -> None:
    for tenant in range(AT_ONCE * 2):
        await promise(paper, "a", tenant=f"t{tenant}")
    running, most = 0, 0

    async def rule(deps: Any, client: Any, due: Due) -> None:
        nonlocal running, most
        del deps, client, due
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await tick(paper, rule)
    assert most == AT_ONCE


async def test_what_a_tick_has_no_time_for_is_left_to_the_next_and_a_slow_kind_delays_no_other(
    paper: PaperServices,
) -> None:
    await promise(paper, "a", "b")
    await paper.due.put(DueKind.WATCH, NOW, "contoso", "w")
    slow = asyncio.Event()

    async def waits(deps: Any, client: Any, due: Due) -> None:
        del deps, client, due
        await slow.wait()

    async def goes_on(deps: Any, client: Any, due: Due) -> None:
        del deps, client, due
        slow.set()

    async with asyncio.timeout(30):
        await sweep_due(IdleHost(), {DueKind.START: waits, DueKind.WATCH: goes_on})

    await promise(paper, "c")
    rule = Rule()
    await sweep_due(IdleHost(), {DueKind.START: rule}, budget_s=0)
    assert rule.acted == []
    await tick(paper, rule)
    assert rule.acted == ["c"]


async def test_a_row_that_takes_too_long_is_given_up_and_pushed_back(
    paper: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "ROW_S", 0.05)
    await promise(paper, "a")

    async def hangs(deps: Any, client: Any, due: Due) -> None:
        del deps, client, due
        await asyncio.Event().wait()

    await tick(paper, hangs)
    (left,) = await paper.due.due(DueKind.START, NOW + MINUTE)
    assert left.failures == 1


async def test_two_ticks_at_once_lose_no_row(paper: PaperServices) -> None:
    await promise(paper, *(f"s{n}" for n in range(40)))
    rule = Rule(s3=UnavailableError("no answer"))
    await asyncio.gather(tick(paper, rule), tick(paper, rule))
    assert set(rule.acted) == {f"s{n}" for n in range(40)}
    assert {due.subject_id for due in await paper.due.due(DueKind.START, NOW + MINUTE)} == {"s3"}


async def test_two_thousand_rows_of_a_tenant_that_is_compared_first_use_only_their_turns(
    paper: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promise(paper, *(f"held{n}" for n in range(2000)), tenant="restored")
    await promise(paper, "good", tenant="modest", at=NOW + MINUTE)
    await paper.restores.compare("restored", NOW)
    rule, postponed = Rule(), list[str]()

    async def postpone(due: Due, at: datetime) -> None:
        assert (due.tenant_id, at) == ("restored", paper.hand.at + 5 * MINUTE)
        postponed.append(due.subject_id)
        await asyncio.sleep(0)
        if len(postponed) == 2 * AT_ONCE:
            assert rule.acted == ["good"]

    monkeypatch.setattr(paper.due, "postpone", postpone)
    paper.hand.advance(MINUTE)
    await sweep_due(IdleHost(), {DueKind.START: rule}, budget_s=0)
    assert postponed == []  # a tick without time begins with none of them
    await tick(paper, rule)
    assert (rule.acted, len(postponed)) == (["good"], 2000)
