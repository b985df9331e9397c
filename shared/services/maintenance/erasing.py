"""Erasure of a person who has left: their own records are deleted, and elsewhere a pseudonym takes their place.

A run looks at every row of the tenant, whatever wrote it, so that a table that is added later is not forgotten. Running
it again after a crash continues: the records by which the others are found go last.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.ledger import MonthOfMachine
from shared.domain.exporting import EXPORTED
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.codec import escaped, joined, parts
from shared.storage.listed import is_of_list
from shared.storage.records import Records
from shared.storage.tables import Read, Row, Table, Write

_FEWEST_LETTERS = 4
_KEPT_KEYS = frozenset({"audit", "operations", "bulkactions", "bulkitems", "noticeevents", "deliveries"})
"""Tables whose rows stay although their keys name the person's Cloud PC: they tell the acts of somebody."""

_PACKED = frozenset({"costledger", "actualcosts", "cloudpcs"})
"""Tables that are changed through their repositories."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person. *names*: principal names and display names. *pseudonym*: the word that takes the place of them all."""

    tenant_id: str
    user_id: str
    names: tuple[str, ...]
    pseudonym: str

    @property
    def words(self) -> re.Pattern[str]:
        """The expression that finds them. Raises: ConflictError for a name that is too short to be looked for."""
        if short := [each for each in (self.user_id, *self.names) if len(each.strip()) < _FEWEST_LETTERS]:
            raise ConflictError(f"too short to be looked for: {', '.join(short)}")
        longest_first = sorted({self.user_id, *self.names}, key=len, reverse=True)
        return re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest_first), re.IGNORECASE)


class Erased(Value):
    """Report of an erasure: rows by table. *done*: False where nothing was written yet."""

    pseudonym: str
    done: bool
    deleted: dict[str, int]
    pseudonymised: dict[str, int]
    cloud_pcs: tuple[str, ...]


async def erase(records: Records, person: Person, *, apply: bool) -> Erased:
    """Erase a person from the tables of a tenant. Raises: ConflictError while they have, or are to have, a Cloud PC."""
    words = person.words
    pcs = await records.cloud_pcs.of_user(person.tenant_id, person.user_id)
    if [each for each in pcs if each.value.status is not Status.NOT_PROVISIONED]:
        raise ConflictError("the user has a Cloud PC, or waits for one: end that first")
    if [each async for each in records.spot_members.each(person.tenant_id) if each.value.user_id == person.user_id]:
        raise ConflictError("the user is a member of a Spot Group: end that first")
    copies = [each async for each in records.deleted_cloud_pcs.each(person.tenant_id)]
    if [each for each in copies if each.value.user.id == person.user_id]:
        raise ConflictError("disks of the user's deleted Cloud PCs are kept: delete these first (deletedCloudPCs)")
    pc_ids = tuple(sorted(each.value.id for each in pcs))
    deleted, changed = Counter[str](), Counter[str]()
    for name in EXPORTED:
        if name not in _PACKED:
            async for read in _rows(records, name, person.tenant_id):
                await _settle(records, name, read, (person, pc_ids, words), (deleted, changed), apply=apply)
    changed["costledger"] += await _rename_machines(records, person, pc_ids, apply=apply)
    deleted["cloudpcs"] += len(pcs)
    if apply:
        for each in pcs:
            await records.cloud_pcs.remove(person.tenant_id, each.value.id, seen=each.etag)
        await records.operations.repair(person.tenant_id)
        await records.cloud_pcs.repair(person.tenant_id)
    return Erased(
        pseudonym=person.pseudonym,
        done=apply,
        deleted=_counts(deleted),
        pseudonymised=_counts(changed),
        cloud_pcs=pc_ids,
    )


def _counts(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in sorted(counted.items()) if number}


async def _rows(records: Records, name: str, tenant_id: str) -> AsyncIterator[Read]:
    """Yield the rows of a tenant: in its partition, and in those that begin with its id and a colon."""
    key = escaped(tenant_id)
    where = "PartitionKey eq @tenant or ( PartitionKey ge @first and PartitionKey lt @end )"
    span = {"tenant": key, "first": f"{key}:", "end": f"{key};"}
    found = [read async for read in Table(records.tables, name).query(where, span)]
    for read in found:
        if not is_of_list(read.row):
            yield read


async def _settle(
    records: Records,
    name: str,
    read: Read,
    of: tuple[Person, Iterable[str], re.Pattern[str]],
    counts: tuple[Counter[str], Counter[str]],
    *,
    apply: bool,
) -> None:
    """Delete a row that is the person's own, or put the pseudonym into it."""
    person, pc_ids, words = of
    keys = f"{read.row['PartitionKey']} {read.row['RowKey']}"
    own = name not in _KEPT_KEYS and any(escaped(each) in keys for each in (person.user_id, *pc_ids))
    after = read.row if own else _pseudonymised(read.row, words, person.pseudonym)
    if not own and after == read.row:
        return
    counts[0 if own else 1][name] += 1
    if apply:
        with suppress(StaleError, NotFoundError):  # written just now: the next run finds it
            await Table(records.tables, name).write_all([Write(after, read.etag, gone=own)])


def _pseudonymised(row: Row, words: re.Pattern[str], pseudonym: str) -> Row:
    """Return a row with the pseudonym in its value and its columns; its keys stay."""
    after = {
        name: words.sub(pseudonym, value) if isinstance(value, str) and name not in _KEYS else value
        for name, value in row.items()
        if not _BODY.fullmatch(name)
    }
    if "body0" not in row:
        return after
    body = joined(row)
    return {**after, **parts(_replaced(body, words, pseudonym))} if body is not None else dict(row)


_KEYS = frozenset({"PartitionKey", "RowKey"})
_BODY = re.compile(r"body\d+")


def _replaced(value: Any, words: re.Pattern[str], pseudonym: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return words.sub(pseudonym, value)
    if isinstance(value, list):
        return [_replaced(each, words, pseudonym) for each in value]
    if isinstance(value, dict):
        return {words.sub(pseudonym, name): _replaced(each, words, pseudonym) for name, each in value.items()}
    return value


async def _rename_machines(records: Records, person: Person, pc_ids: Iterable[str], *, apply: bool) -> int:
    """Put the pseudonym in place of the names of the person's machines in the ledger; return the number of rows."""
    ids, count = set(pc_ids), 0
    async for stored in records.ledger.each(person.tenant_id):
        months = stored.value.months()
        if not any(each.machine.id in ids and each.machine.name != person.pseudonym for each in months):
            continue
        count += 1
        renamed = [_renamed(each, person.pseudonym) if each.machine.id in ids else each for each in months]
        if apply:
            with suppress(StaleError):  # the hour was recorded just now: the next run finds it
                row = stored.value.with_months(renamed, stored.value.until)
                await records.ledger.replace(row, seen=stored.etag)
    return count


def _renamed(month: MonthOfMachine, name: str) -> MonthOfMachine:
    return MonthOfMachine(replace(month.machine, name=name), month.on, month.kept)
