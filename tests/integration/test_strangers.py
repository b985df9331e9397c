"""People of the directory who are nothing to a tenant: what their changes cost it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bench.reading import DeltaDirectory
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import (
    CLOSE_CHANGES,
    MOST_SINGLY,
    PLAN_TENANT,
    TAKE_CHANGES,
    Batch,
    BatchRecord,
    ChangesOrder,
    ReconcileOrder,
)
from shared.errors import UnavailableError
from shared.services.operations.sweeps import sweep_due
from shared.services.tenants.directory_changes import Received, catch_up, receive_message, reread_due
from shared.storage.due import EVERYBODY, Due, DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform

TENANT, NOW = things.TENANT_ID, things.NOW
MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(days=30)


def person(number: int) -> str:
    return str(UUID(int=number + 1))


async def tell(here: PaperServices, host: Any, kind: str, *people: str) -> None:
    message = {"tenantId": TENANT, "type": kind, "userIds": people, "at": NOW.isoformat()}
    await receive_message(here, host, Received(id="m", tries=1, body=json.dumps(message).encode()))


async def settle(here: PaperServices, host: Any) -> int:
    """Settle all changes as ``settle_changes`` does; return the number of plans."""
    plans = 0
    while True:
        batch: Batch = await perform(TAKE_CHANGES, ChangesOrder(tenant_id=TENANT))
        if not batch.marks:
            return plans
        users = tuple(sorted(batch.marks))
        await perform(
            PLAN_TENANT,
            ReconcileOrder(tenant_id=TENANT, user_ids=users, rounds=batch.rounds, expected=batch.expected),
        )
        plans += 1
        closed = await perform(CLOSE_CHANGES, BatchRecord(tenant_id=TENANT, marks=batch.marks), host)
        if isinstance(closed, Done):
            return plans


async def users_read_again(here: PaperServices) -> set[str]:
    rows = await here.due.due(DueKind.REREAD, LATER)
    return {row.subject_id for row in rows} - {EVERYBODY}


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    """A tenant of two users, in a directory that knows many more."""
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = dict.fromkeys(("ada", "bob"), ("sku-1",))
    return contoso


@pytest.mark.parametrize("number", [MOST_SINGLY + 1, 10_000])
async def test_ten_thousand_strangers_of_a_delta_query_cost_one_reconcile_and_the_calls_of_one(
    contoso: PaperServices, number: int
) -> None:
    delta = contoso.directory = DeltaDirectory()
    host: Any = IdleHost()
    await catch_up(contoso, host, things.tenant(), NOW)
    host.started.clear()
    delta.log += [f"u{n}" for n in range(number)]
    delta.reads.clear()
    await catch_up(contoso, host, things.tenant(), NOW + MINUTE)
    assert host.started == ["contoso-all-reconcile-0"]
    assert len(delta.reads) == 2  # the delta queries of users and groups
    assert await contoso.changes.waiting(TENANT, 10) == []


async def test_ten_thousand_strangers_of_a_hundred_messages_are_no_plans_of_their_own(here: PaperServices) -> None:
    host: Any = IdleHost()
    for at in range(0, 1_000, 100):
        await tell(here, host, "user", *(person(n) for n in range(at, at + 100)))
    assert len(set(host.started)) == 1
    here.directory.reads.clear()
    assert await settle(here, host) == 0
    assert here.directory.reads == []
    assert await here.requests.newest(TENANT) is not None  # everybody is read instead: once
    assert [due.at for due in await here.due.due(DueKind.RECONCILE, LATER)] == [NOW + 2 * MINUTE]


async def test_who_is_expected_is_read_also_where_many_strangers_come(here: PaperServices) -> None:
    host: Any = IdleHost()
    for at in range(0, 300, 100):
        await tell(here, host, "user", *(person(n) for n in range(at, at + 100)))
    await tell(here, host, "groupMembership", person(999))
    assert await settle(here, host) == 1
    assert await users_read_again(here) == {person(999)}


async def test_a_stranger_is_read_once_and_not_again(here: PaperServices) -> None:
    """In the directory, in no assigned group and without a licence: nothing about them is late."""
    host: Any = IdleHost()
    here.directory.groups["others"] = {person(n) for n in range(3)}
    await tell(here, host, "user", *(person(n) for n in range(3)))
    assert await settle(here, host) == 1
    assert await users_read_again(here) == set()


@pytest.mark.parametrize("kind", ["groupMembership", "userLicense"])
async def test_who_has_joined_a_group_by_a_message_is_read_again_though_nothing_shows_it(
    here: PaperServices, kind: str
) -> None:
    host: Any = IdleHost()
    here.directory.groups["others"] = {person(7)}
    await tell(here, host, kind, person(7))
    await settle(here, host)
    (row,) = [due for due in await here.due.due(DueKind.REREAD, LATER) if due.subject_id == person(7)]
    assert (row.at, row.reads) == (NOW + MINUTE, 1)

    here.hand.at = row.at
    await sweep_due(host, {DueKind.REREAD: reread_due})
    await settle(here, host)
    (again,) = [due for due in await here.due.due(DueKind.REREAD, LATER) if due.subject_id == person(7)]
    assert (again.at, again.reads) == (row.at + 2 * MINUTE, 2)


async def test_users_who_are_read_again_are_read_in_batches_of_a_hundred(here: PaperServices) -> None:
    host: Any = IdleHost()
    await here.due.put_all([Due(DueKind.REREAD, NOW, TENANT, person(n), 3) for n in range(150)])
    await sweep_due(host, {DueKind.REREAD: reread_due})
    assert set(host.started) == {"contoso-all-changes-0"}
    assert await settle(here, host) == 2
    rows = [due for due in await here.due.due(DueKind.REREAD, LATER) if due.subject_id != EVERYBODY]
    assert {row.reads for row in rows} == {4}


async def test_a_hundred_expected_users_are_read_by_ten_requests(here: PaperServices) -> None:
    host: Any = IdleHost()
    here.directory.groups["others"] = {person(n) for n in range(100)}
    await tell(here, host, "groupMembership", *(person(n) for n in range(100)))
    assert await settle(here, host) == 1
    assert sorted(here.directory.reads) == sorted(["skus", *["20 users", "groups of 20 users"] * 5])


@pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.long)])
async def test_thousands_of_expected_users_of_one_tenant_do_not_hold_those_of_another(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Each takes its turn with at most a hundred users, and what others have waiting is not read."""
    monkeypatch.setattr(here, "graph", lambda _tenant: here.directory)
    await here.changes.add(TENANT, [person(n) for n in range(number)], NOW, expected=True)
    other = things.tenant(id="fabrikam", entra_tenant_id=str(UUID(int=77)))
    await here.tenants.insert(other)
    await here.changes.add(other.id, [person(20_000)], NOW, expected=True)

    async def turn(tenant_id: str) -> int:
        batch: Batch = await perform(TAKE_CHANGES, ChangesOrder(tenant_id=tenant_id))
        here.directory.reads.clear()
        users = tuple(sorted(batch.marks))
        await perform(
            PLAN_TENANT,
            ReconcileOrder(tenant_id=tenant_id, user_ids=users, rounds=batch.rounds, expected=batch.expected),
        )
        await here.changes.settle(tenant_id, batch.marks)
        assert len(here.directory.reads) <= 1 + 2 * -(-len(users) // 20)
        return len(users)

    assert await turn(TENANT) == 100
    assert await turn(other.id) == 1
    assert await turn(TENANT) == 100
    assert await here.changes.waiting(other.id, 10) == []


async def test_expected_users_alone_have_nobody_else_read(here: PaperServices) -> None:
    host: Any = IdleHost()
    for at in range(0, 300, 100):
        await tell(here, host, "groupMembership", *(person(n) for n in range(at, at + 100)))
    assert await settle(here, host) == 3
    assert await here.requests.newest(TENANT) is None


async def test_a_directory_that_knows_a_user_and_not_their_groups_is_not_believed(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(user_ids: list[str], group_ids: list[str]) -> dict[str, frozenset[str]]:
        del user_ids, group_ids
        return {}

    monkeypatch.setattr(here.directory, "groups_of_users", nobody)
    with pytest.raises(UnavailableError):
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id=TENANT, user_ids=("id-ada",)))


async def test_a_message_counts_more_than_a_reading_that_was_planned(here: PaperServices) -> None:
    host: Any = IdleHost()
    await tell(here, host, "userLicense", person(1))
    await here.changes.add_again(TENANT, person(1), NOW, 9)
    (change,) = await here.changes.waiting(TENANT, 10)
    assert (change.round, change.expected) == (0, True)
