"""Due rows, idempotency keys, answers, notes and rates: on Azurite."""

import asyncio
from datetime import timedelta

import pytest

from shared.domain.rate_limiter import Limit, RateLimiter
from shared.errors import ConflictError
from shared.storage.audit import Audit
from shared.storage.configuration import Tenants
from shared.storage.due import Due, DueKind, SpotLook, Watching
from shared.storage.due_index import DueIndex
from shared.storage.idempotency import Idempotency, KeptResponse, fingerprint
from shared.storage.rate_limiters import RateLimiters
from shared.storage.requests import Requests
from shared.storage.tables import Table, Tables
from tests.integration import things

NOW, MINUTE = things.NOW, timedelta(minutes=1)


async def test_what_is_due_comes_in_the_order_of_time(tables: Tables) -> None:
    due = DueIndex(tables)
    for minutes in (5, 1, 30, 2):
        await due.put(DueKind.START, NOW + minutes * MINUTE, "contoso", f"pc{minutes}", 1)
    await due.put(DueKind.CLEAN_UP, NOW, "contoso", "another kind", 1)
    assert [d.subject_id for d in await due.due(DueKind.START, NOW + 5 * MINUTE)] == ["pc1", "pc2", "pc5"]
    assert [d.subject_id for d in await due.due(DueKind.START, NOW + 5 * MINUTE, limit=1)] == ["pc1"]


async def test_saying_twice_that_something_is_due_is_saying_it_once(tables: Tables) -> None:
    due = DueIndex(tables)
    said = await due.put(DueKind.START, NOW, "contoso", "pc", 1)
    assert await due.put(DueKind.START, NOW, "contoso", "pc", 1) == said
    assert await due.due(DueKind.START, NOW) == [said]
    await due.drop(said)
    await due.drop(said)
    assert await due.due(DueKind.START, NOW) == []


async def test_a_row_that_an_earlier_release_has_stored_is_read_by_what_its_kind_counts(tables: Tables) -> None:
    stored = {"PartitionKey": "soon", "at": NOW.isoformat(), "tenant_id": "contoso", "subject_id": "id"}
    for kind in ("act", "reread", "host", "progress"):
        key = f"{NOW:%Y-%m-%dT%H:%M:%S.%fZ}:{kind}:contoso:id:1"
        await Table(tables, "due").put({**stored, "RowKey": key, "kind": kind, "generation": 1})
    found = {row.kind: row for row in await DueIndex(tables).due_among(DueKind, NOW)}
    assert (found[DueKind.ACT].generation, found[DueKind.REREAD].reads, found[DueKind.HOST].run) == (1, 1, 1)
    assert found[DueKind.PROGRESS].variant is Watching.STANDS_STILL
    for row in found.values():
        await DueIndex(tables).drop(row)
    assert await DueIndex(tables).due_among(DueKind, NOW) == []


async def test_a_row_of_a_variant_is_stored_as_earlier_releases_read_it(tables: Tables) -> None:
    await DueIndex(tables).put(DueKind.SPOT, NOW, "contoso", "g", SpotLook.HOSTS)
    (read,) = [each async for each in Table(tables, "due").query("subject_id eq @id", {"id": "g"})]
    assert read.row["generation"] == 1
    assert str(read.row["RowKey"]).endswith(":g:1")


async def test_what_is_put_off_is_due_later(tables: Tables) -> None:
    due = DueIndex(tables)
    later = await due.postpone(await due.put(DueKind.START, NOW, "contoso", "pc", 1), NOW + MINUTE)
    assert await due.due(DueKind.START, NOW) == []
    assert await due.due(DueKind.START, NOW + MINUTE) == [later]


async def test_many_are_due_at_once(tables: Tables) -> None:
    due = DueIndex(tables)
    many = [Due(DueKind.START, NOW, "contoso", f"pc{n:04d}", 1) for n in range(1001)]
    await due.put_all([*many, many[0]])
    assert await due.due(DueKind.START, NOW, limit=2000) == many


async def test_a_request_stands_until_a_reconcile_has_seen_it(tables: Tables) -> None:
    requests = Requests(tables)
    assert await requests.newest("contoso") is None
    asked = await requests.add("contoso", NOW)
    assert await requests.newest("contoso") == asked == NOW
    assert await requests.settle("contoso", asked)
    assert await requests.newest("contoso") is None
    assert await requests.settle("contoso", None)


async def test_what_was_asked_meanwhile_is_not_settled_though_time_stands_still(tables: Tables) -> None:
    requests = Requests(tables)
    seen = await requests.add("contoso", NOW)
    await requests.add("contoso", NOW)
    assert not await requests.settle("contoso", seen)
    assert not await requests.settle("contoso", None)
    assert await requests.settle("contoso", await requests.newest("contoso"))


async def test_asking_all_at_once_loses_nothing(tables: Tables) -> None:
    requests = Requests(tables)
    asked = await asyncio.gather(*(requests.add("contoso", NOW) for _ in range(8)))
    assert len(set(asked)) == len(asked)
    assert await requests.newest("contoso") == max(asked)


async def test_the_same_request_gets_the_same_answer(tables: Tables) -> None:
    keys, answer = Idempotency(tables), KeptResponse(status=201, headers={"Location": "/x"}, body={"id": 1})
    same = fingerprint("POST", "/x", {"b": 1, "a": 2})
    assert await keys.claim("contoso", "k", same, at=NOW) is None
    await keys.keep("contoso", "k", answer)
    assert await keys.claim("contoso", "k", fingerprint("POST", "/x", {"a": 2, "b": 1}), at=NOW) == answer


async def test_a_key_used_for_another_request_is_a_conflict(tables: Tables) -> None:
    keys = Idempotency(tables)
    await keys.claim("contoso", "k", "one", at=NOW)
    with pytest.raises(ConflictError, match="another request"):
        await keys.claim("contoso", "k", "two", at=NOW)
    assert await keys.claim("fabrikam", "k", "two", at=NOW) is None


async def test_a_request_still_being_worked_on_is_a_conflict_until_it_must_have_died(tables: Tables) -> None:
    keys = Idempotency(tables)
    await keys.claim("contoso", "k", "one", at=NOW)
    with pytest.raises(ConflictError, match="still"):
        await keys.claim("contoso", "k", "one", at=NOW + MINUTE)
    assert await keys.claim("contoso", "k", "one", at=NOW + 2 * MINUTE) is None


async def test_a_key_is_free_again_after_a_day_or_when_given_back(tables: Tables) -> None:
    keys = Idempotency(tables)
    await keys.claim("contoso", "k", "one", at=NOW)
    await keys.keep("contoso", "k", KeptResponse(status=201, headers={}))
    assert await keys.claim("contoso", "k", "two", at=NOW + timedelta(hours=24)) is None
    await keys.release("contoso", "k")
    assert await keys.claim("contoso", "k", "three", at=NOW) is None


async def test_the_newest_audit_event_comes_first_and_none_twice(tables: Tables) -> None:
    audit = Audit(tables)
    for number in (2, 1, 3, 2):
        await audit.append(things.audit_event(number))
    await audit.append_all([things.audit_event(3), things.audit_event(4)])
    page = await audit.page("contoso", 2)
    assert [s.value.id for s in page.items] == ["e4", "e3"]
    rest = await audit.page("contoso", 5, page.next_token)
    assert [s.value.id for s in rest.items] == ["e2", "e1"]
    assert await audit.find("contoso", "e2") == things.audit_event(2)
    assert await audit.find("contoso", "e9") is None


async def test_ticket_numbers_are_unique_across_workers(tables: Tables) -> None:
    workers = [RateLimiters(tables) for _ in range(6)]

    def enqueue(limiter: RateLimiter | None) -> tuple[RateLimiter, int]:
        limiter = limiter or RateLimiter.full(Limit(per_second=1, burst=10), NOW.timestamp())
        return limiter, limiter.enqueue("contoso", 3)

    numbers = [number for _, number in await asyncio.gather(*(each.change("arm/writes", enqueue) for each in workers))]
    assert sorted(n - min(numbers) for n in numbers) == [0, 3, 6, 9, 12, 15]
    limiter = await workers[0].read("arm/writes")
    assert limiter is not None
    assert limiter.waiting == 18 - 9


async def test_a_rate_limiter_that_was_never_used_does_not_exist(tables: Tables) -> None:
    assert await RateLimiters(tables).read("arm/writes") is None


async def test_a_tenant_is_found_by_its_directory(tables: Tables) -> None:
    tenants = Tenants(tables)
    stored = await tenants.insert(things.tenant())
    assert [t async for t in tenants.each(entra_tenant_id=things.DIRECTORY)] == [stored]
    assert [t async for t in tenants.each(entra_tenant_id="another")] == []
    renamed = await tenants.change("contoso", lambda t: t.but(display_name="Contoso Ltd"))
    assert (await tenants.page(10)).items[0].value == renamed
    await tenants.remove("contoso")
    assert await tenants.find("contoso") is None
