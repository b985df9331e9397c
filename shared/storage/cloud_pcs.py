"""Repositories of Cloud PCs, their timelines, and orphans.

Record and claims are written in one transaction, so that no two Cloud PCs ever claim one licence of one user, also
when both are made or resized at the same moment (docs/decisions/0029). Claims sort behind the records of their tenant.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.cloud_pcs.build import Failure, Step, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import BuildTimes
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import ComputerName, Orphan, OrphanScan
from shared.domain.cloud_pcs.progress import COLUMNS
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, UnreadableError
from shared.storage.codec import escaped
from shared.storage.listed import ListedRepository, Listing
from shared.storage.purging import Chunk
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Read, Row, Tables, Write

_ORPHANS = Shape(
    table="orphans",
    noun="orphan",
    model=Orphan,
    place=lambda orphan: (orphan.tenant_id, orphan.id),
    columns={
        "area": lambda orphan: orphan.area,
        "type": lambda orphan: orphan.found.type.value,
        "cloud_pc_id": lambda orphan: orphan.found.cloud_pc_id,
    },
)
_SCANS = Shape(table="orphanscans", model=OrphanScan, place=lambda scan: (scan.tenant_id, scan.id))
_NAMES = Shape(table="computernames", model=ComputerName, place=lambda given: (given.tenant_id, given.name.upper()))


_BUILD_TIMES = Shape(table="buildtimes", model=BuildTimes, place=lambda times: (times.tenant_id, times.id))


def build_times(tables: Tables) -> Repository[BuildTimes]:
    """Return the repository of the durations of builds, one record for each tenant and join type."""
    return Repository(tables, _BUILD_TIMES)


def orphans(tables: Tables) -> Repository[Orphan]:
    """Return the repository of orphans."""
    return Repository(tables, _ORPHANS)


def orphan_scans(tables: Tables) -> Repository[OrphanScan]:
    """Return the repository of the last scans, one for each tenant."""
    return Repository(tables, _SCANS)


def computer_names(tables: Tables) -> Repository[ComputerName]:
    """Return the repository of the names that builds gave: they are kept longer than the records of the Cloud PCs."""
    return Repository(tables, _NAMES)


class _Row(Value):
    tenant_id: str
    cloud_pc_id: str
    entry: TimelineEntry


class StepEnd(Value):
    """End of a step of an attempt. *outcome*: ``succeeded``, ``failed``, ``parked`` or ``warned``."""

    generation: int
    attempt: int
    step: Step
    at: datetime
    outcome: str
    resource_ids: tuple[str, ...] = ()
    error: Failure | None = None
    note: str | None = None
    run: str | None = None


def _partition(tenant_id: str, cloud_pc_id: str) -> str:
    return f"{tenant_id}:{cloud_pc_id}"  # its own partition, so that reading one timeline reads nothing else


def _key(of: TimelineEntry | StepEnd) -> str:
    run = f"-{of.run}" if of.run else ""
    return f"{of.generation:06d}-{of.attempt:04d}-{list(Step).index(of.step):02d}-{of.step.value}{run}"


_SHAPE = Shape(
    table="timeline",
    model=_Row,
    place=lambda row: (_partition(row.tenant_id, row.cloud_pc_id), _key(row.entry)),
)


NeededFrom = Callable[[str, str], Awaitable[int | None]]
"""The first generation whose entries are needed, by tenant and id of the Cloud PC; None where no entry is needed."""


class Timeline:
    """The timelines."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def begin(self, tenant_id: str, cloud_pc_id: str, entry: TimelineEntry) -> None:
        """Open the entry of a step; an entry that has ended (the step is tried in another place) is reopened."""
        row = _Row(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=entry)
        try:
            await self._rows.insert(row)
        except ConflictError:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(entry), _reopened)

    async def end(self, tenant_id: str, cloud_pc_id: str, end: StepEnd) -> None:
        """Close the entry of a step; an entry that was closed keeps its end time."""
        try:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(end), lambda row: _closed(row, end))
        except NotFoundError:
            opened = TimelineEntry(
                generation=end.generation, attempt=end.attempt, step=end.step, started_at=end.at, run=end.run
            )
            row = _Row(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=opened)
            await self._rows.insert(_closed(row, end))

    async def entries(self, tenant_id: str, cloud_pc_id: str) -> list[TimelineEntry]:
        """Return all entries, oldest first."""
        entries = [stored.value.entry async for stored in self._rows.each(_partition(tenant_id, cloud_pc_id))]
        return sorted(entries, key=lambda entry: (entry.generation, entry.attempt, entry.started_at, _key(entry)))

    async def delete_before(self, before: datetime, needed_from: NeededFrom, chunk: Chunk) -> int:
        """Delete the entries of all Cloud PCs that ended earlier and that nobody needs; return their number."""
        count = 0
        async for stored in self._rows.look_through(chunk):
            old = [each for each in stored if (each.value.entry.ended_at or each.value.entry.started_at) < before]
            machines = dict.fromkeys((each.value.tenant_id, each.value.cloud_pc_id) for each in old)
            chunk.count(len(machines))
            needed = {each: await needed_from(*each) for each in machines}
            count += await self._rows.remove_old([each for each in old if not _is_needed(each.value, needed)])
        return count


def _is_needed(row: _Row, needed: Mapping[tuple[str, str], int | None]) -> bool:
    first = needed[row.tenant_id, row.cloud_pc_id]
    return first is not None and row.entry.generation >= first


def _reopened(row: _Row) -> _Row:
    return row.but(entry=row.entry.but(ended_at=None, outcome=None, error=None))


def _closed(row: _Row, end: StepEnd) -> _Row:
    entry = row.entry.but(
        ended_at=row.entry.ended_at or end.at,
        outcome=end.outcome,
        resource_ids=tuple(dict.fromkeys((*row.entry.resource_ids, *end.resource_ids))),
        error=end.error or row.entry.error,
        note=end.note or row.entry.note,
    )
    return row.but(entry=entry)


Claim = tuple[str, str]
"""The ids of a Cloud PC and of a licence that it claims."""

_WAITS = "waits"
"""The column of a removal that has to be confirmed."""

_CLAIM, _CLAIMS_END = "~:", "~;"
"""Prefix of the key of a claim, which escaped ids never begin with, and the end of these keys."""

_CLOUD_PC_SHAPE = Shape(
    table="cloudpcs",
    noun="Cloud PC",
    model=CloudPc,
    place=lambda pc: (pc.tenant_id, pc.id),
    columns={
        "user_id": lambda pc: pc.user.id,
        "user_principal_name": lambda pc: pc.user.user_principal_name.casefold(),
        "status": lambda pc: pc.status.value,
        "policy_id": lambda pc: pc.current.policy_id,
        "removal": lambda pc: _WAITS if pc.removal and pc.removal.waits else None,
        "connection_id": lambda pc: pc.current.snapshot.connection_id if pc.current.snapshot else None,
    },
)

CLOUD_PCS_TABLE = _CLOUD_PC_SHAPE.table


class CloudPcs(ListedRepository[CloudPc]):
    """The Cloud PCs."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _CLOUD_PC_SHAPE, Listing(COLUMNS))

    async def with_removals(self, tenant_id: str) -> list[Stored[CloudPc]]:
        """Return the Cloud PCs of a tenant whose removal waits for a confirmation."""
        return [stored async for stored in self.each(tenant_id, removal=_WAITS)]

    async def with_status_or_removal(self, *statuses: Status) -> list[CloudPc]:
        """Return all tenants' Cloud PCs that have one of *statuses* or a waiting removal, in one read."""
        chosen = [status.value for status in statuses]
        return [stored.value async for stored in self.of_all_with_any(status=chosen, removal=[_WAITS])]

    async def of_user(self, tenant_id: str, user_id: str) -> list[Stored[CloudPc]]:
        """Return the Cloud PCs of one user, one for each licence they have or had."""
        return [stored async for stored in self.each(tenant_id, user_id=user_id)]

    async def save_all(
        self, values: Sequence[Stored[CloudPc]], before: Mapping[str, Stored[CloudPc]] | None = None
    ) -> list[Stored[CloudPc]]:
        """Insert or replace records of one tenant; new ones are written with their claims.

        A claim that a lost record of the same Cloud PC has left is taken over, and one that its owner's record does
        not make. Raises: as every repository, and ConflictError where another Cloud PC claims one of the licences.
        """
        try:
            return await super().save_all(values, before)
        except ConflictError:
            left = await self._left_claims(values)
            if not left:
                raise
            return await self._save_all(values, before, lambda stored: list(_claimed_by(stored, left)))

    def _also(self, stored: Stored[CloudPc]) -> Sequence[Write]:
        """Return the claims of a new Cloud PC."""
        return list(_claimed_by(stored, {}))

    async def claim(self, pc: CloudPc, taken: Write, before: Stored[CloudPc] | None, *also: Write) -> Stored[CloudPc]:
        """Make a pool member the Cloud PC *pc* of its user, in one transaction.

        *taken*: the write that ends the member. *before*: the record of the same user and licence that gives way: of
        which there is no machine, or whose machine a write of *also* records elsewhere. Raises: StaleError and
        NotFoundError where the member or the record is no longer as it was read, ConflictError where another Cloud PC
        has the licence.
        """
        writes = [taken, replace(Write(self._row(pc), None), tied=True), self._listed(pc), *also]
        gone = before.value if before else None
        if before is not None:
            writes += [Write(self._row(before.value), before.etag, gone=True, tied=True), self._unlisted(before.value)]
        for plan_id in sorted(pc.claims):
            there = await self._claimed_already(*_claimant(pc), plan_id)
            own = there is not None and gone is not None and there.row["cloud_pc_id"] == gone.id
            writes.append(_claimed(pc, plan_id, there.etag if there and own else None))
        if gone is not None:
            writes += await self._unclaimed(gone, gone.claims - pc.claims)
        return self._written(pc, (await self._table.write_all(writes))[1], "")

    async def _left_claims(self, values: Sequence[Stored[CloudPc]]) -> dict[Claim, str]:
        """Return the ETags of the claims that new Cloud PCs may take over: nobody else makes them."""
        left: dict[Claim, str] = {}
        for stored in values:
            for plan_id in _new_claims(stored):
                there = await self._claimed_already(*_claimant(stored.value), plan_id)
                if there is None:
                    continue
                owner_id = str(there.row["cloud_pc_id"])
                owner = None if owner_id == stored.value.id else await self.find(stored.value.tenant_id, owner_id)
                if owner_id == stored.value.id or (owner is not None and plan_id not in owner.value.claims):
                    left[stored.value.id, plan_id] = there.etag
        return left

    async def without_replaced(self, rows: Sequence[Row]) -> list[Row]:
        """Return exported *rows* without the records of Cloud PCs whose licence is claimed by another Cloud PC.

        Whoever got a member of a warm pool since the export has a record with another id: both would be built.
        """
        claims: dict[str, dict[str, str]] = {}
        left = []
        for row in rows:
            partition = str(row["PartitionKey"])
            if partition not in claims:
                claims[partition] = await self._claims_in(partition)
            if str(row["RowKey"]).startswith(_CLAIM) or not await self._is_replaced(row, claims[partition]):
                left.append(row)
        return left

    async def _claims_in(self, partition: str) -> dict[str, str]:
        """Return the ids of the Cloud PCs that have the claims of a tenant, by the keys of the claims."""
        where = "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end"
        span = {"tenant": partition, "first": _CLAIM, "end": _CLAIMS_END}
        return {str(each.row["RowKey"]): str(each.row["cloud_pc_id"]) async for each in self._table.query(where, span)}

    async def _is_replaced(self, row: Row, claims: Mapping[str, str]) -> bool:
        try:
            pc = self._stored(Read(row, "")).value
        except UnreadableError:  # listed as ever, once it is there
            return False
        owners = {claims.get(_claim_place(*_claimant(pc), plan_id)[1], pc.id) for plan_id in pc.claims}
        others = sorted(owners - {pc.id})
        return any([await self.find(pc.tenant_id, each) is not None for each in others])

    async def lost_claimants(self, values: Iterable[CloudPc]) -> dict[str, str]:
        """Return, by the ids of new Cloud PCs, the ids of Cloud PCs without a record that hold their licences."""
        lost: dict[str, str] = {}
        for pc in values:
            there = await self._claimed_already(*_claimant(pc), pc.plan.id)
            owner_id = str(there.row["cloud_pc_id"]) if there else pc.id
            if owner_id != pc.id and await self.find(pc.tenant_id, owner_id) is None:
                lost[pc.id] = owner_id
        return lost

    async def claims_of(
        self, tenant_id: str, cloud_pc_id: str, user_id: str, plan_ids: Iterable[str]
    ) -> frozenset[str]:
        """Return the licences of a user that a Cloud PC claims, even if its record was lost."""
        rows = {plan_id: await self._claimed_already(tenant_id, user_id, plan_id) for plan_id in plan_ids}
        return frozenset(
            plan_id for plan_id, there in rows.items() if there and there.row["cloud_pc_id"] == cloud_pc_id
        )

    async def _claimed_already(self, tenant_id: str, user_id: str, plan_id: str) -> Read | None:
        try:
            return await self._table.read(*_claim_place(tenant_id, user_id, plan_id))
        except NotFoundError:
            return None

    async def replace_known(self, before: Stored[CloudPc], after: CloudPc) -> Stored[CloudPc]:
        """Replace a record that was read, and with it the claims that it gains or gives up.

        Raises: StaleError, NotFoundError, ConflictError where another Cloud PC claims the licence.
        """
        gained, given_up = after.claims - before.value.claims, before.value.claims - after.claims
        if not (gained or given_up):
            return await super().replace_known(before, after)
        claims = [_claimed(after, plan) for plan in sorted(gained)]
        claims += await self._unclaimed(before.value, given_up)
        return await self._replace_with(before, after, [self._listed(after), *claims])

    async def remove(self, tenant_id: str, id: str, *, seen: str | None = None) -> None:  # noqa: A002 - as every repository
        """Remove a Cloud PC with its claims, if it exists. Raises: StaleError if its ETag is not *seen*."""
        stored = await self.find(tenant_id, id)
        if stored is None:
            return
        pc = stored.value
        gone = Write(self._row(pc), seen or stored.etag, gone=True)
        told = self._event_writes(stored, None)
        writes = [gone, self._unlisted(pc), *await self._unclaimed(pc, pc.claims), *told]
        await self._announce(pc, writes, told=bool(told))

    async def _unclaimed(self, pc: CloudPc, plan_ids: Iterable[str]) -> list[Write]:
        """Return the writes that take claims of *pc* back."""
        writes = []
        for plan_id in sorted(plan_ids):
            there = await self._claimed_already(*_claimant(pc), plan_id)
            if there and there.row["cloud_pc_id"] == pc.id:
                writes.append(Write(_claim(pc, plan_id), there.etag, gone=True, tied=True))
        return writes


def _new_claims(stored: Stored[CloudPc]) -> list[str]:
    return [] if stored.etag else sorted(stored.value.claims)


def _claimed_by(stored: Stored[CloudPc], left: Mapping[Claim, str]) -> Iterator[Write]:
    """Yield the claims to write with a record; *left*: the ETags of its claims that exist already."""
    for plan_id in _new_claims(stored):
        etag = left.get((stored.value.id, plan_id))
        yield _claimed(stored.value, plan_id, etag)


def _claimed(pc: CloudPc, plan_id: str, etag: str | None = None) -> Write:
    return Write(_claim(pc, plan_id), etag, tied=True)


def _claim(pc: CloudPc, plan_id: str) -> Row:
    partition, key = _claim_place(*_claimant(pc), plan_id)
    return {"PartitionKey": partition, "RowKey": key, "schema": 1, "cloud_pc_id": pc.id}


def _claimant(pc: CloudPc) -> tuple[str, str]:
    return pc.tenant_id, pc.user.id


def _claim_place(tenant_id: str, user_id: str, plan_id: str) -> tuple[str, str]:
    return escaped(tenant_id), _CLAIM + escaped(f"{user_id}:{plan_id}")
