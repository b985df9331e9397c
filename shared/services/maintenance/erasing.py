"""Erasure of a person who has left: their own records are deleted, and elsewhere a pseudonym takes their place.

A run looks at every row of the tenant, whatever wrote it, so that a table that is added later is not forgotten. Running
it again after a crash continues: the records by which the others are found go last.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.exporting import EXPORTED, LEFT_OUT
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.services.maintenance.erasing_packed import forget_use, rename_machines
from shared.storage.codec import escaped, joined, parts
from shared.storage.listed import is_of_list
from shared.storage.records import Records
from shared.storage.repository import Stored
from shared.storage.tables import Read, Row, Table, Write
from shared.storage.tenant_rows import rows_of_tenant

_FEWEST_LETTERS = 4
_KEPT_KEYS = frozenset({"audit", "operations", "bulkactions", "bulkitems", "noticeevents", "deliveries"})
"""Tables whose rows stay although their keys name the person's Cloud PC: they tell the acts of somebody."""


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
        return _any_of({self.user_id, *self.names})

    @property
    def unique_words(self) -> re.Pattern[str]:
        """The expression that finds their object id and principal names, which nobody of another directory has."""
        return _any_of({self.user_id, *(each for each in self.names if "@" in each)})


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
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
    pcs = await _ended_cloud_pcs(records, person)
    pc_ids = tuple(sorted(each.value.id for each in pcs))
    run = _Run(records, person, pc_ids, apply=apply)
    for name in (*EXPORTED, *LEFT_OUT):
        async for read, of_tenant in rows_of_tenant(records.tables, name, person.tenant_id):
            if not is_of_list(read.row):
                await run.settle(name, read, of_tenant=of_tenant)
    run.changed["costledger"] += await rename_machines(records, person.tenant_id, pc_ids, person.pseudonym, apply=apply)
    run.changed["usage"] += await forget_use(records, person.tenant_id, pc_ids, apply=apply)
    run.deleted["cloudpcs"] += len(pcs)
    if apply:
        for each in pcs:
            await records.cloud_pcs.remove(person.tenant_id, each.value.id, seen=each.etag)
        await records.operations.repair(person.tenant_id)
        await records.cloud_pcs.repair(person.tenant_id)
    return Erased(
        pseudonym=person.pseudonym,
        done=apply,
        deleted=_counts(run.deleted),
        pseudonymised=_counts(run.changed),
        cloud_pcs=pc_ids,
    )


async def _ended_cloud_pcs(records: Records, person: Person) -> list[Stored[CloudPc]]:
    """Return the person's Cloud PCs that have no machine. Raises: ConflictError while the service still serves them."""
    words, tenant_id = person.words, person.tenant_id
    pcs = await records.cloud_pcs.of_user(tenant_id, person.user_id)
    if [each for each in pcs if each.value.status is not Status.NOT_PROVISIONED]:
        raise ConflictError("the user has a Cloud PC, or waits for one: end that first")
    if [each async for each in records.spot_members.each(tenant_id) if each.value.user_id == person.user_id]:
        raise ConflictError("the user is a member of a Spot Group: end that first")
    if [each async for each in records.deleted_cloud_pcs.each(tenant_id) if each.value.user.id == person.user_id]:
        raise ConflictError("disks of the user's deleted Cloud PCs are kept: delete these first (deletedCloudPCs)")
    async for each in records.notice_endpoints.each(tenant_id):
        mail = each.value.mail
        if mail and any(map(words.fullmatch, (*mail.receivers, mail.sender or ""))):
            raise ConflictError(
                f"the notice endpoint {each.value.display_name} has their mail address: take it out first"
            )
    return pcs


def _counts(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in sorted(counted.items()) if number}


class _Run:
    """One run over all rows, with the numbers of deleted and changed rows by table."""

    def __init__(self, records: Records, person: Person, pc_ids: Iterable[str], *, apply: bool) -> None:
        self._tables, self._person, self._apply = records.tables, person, apply
        self._words, self._unique_words = person.words, person.unique_words
        ids = "|".join(re.escape(escaped(each)) for each in (person.user_id, *pc_ids))
        self._own = re.compile(rf"(?<![\w-])(?:{ids})(?![\w-])", re.IGNORECASE)
        self.deleted, self.changed = Counter[str](), Counter[str]()

    async def settle(self, name: str, read: Read, *, of_tenant: bool) -> None:
        """Delete a row that is the person's own, or put the pseudonym into it."""
        keys = f"{read.row['PartitionKey']} {read.row['RowKey']}"
        own = of_tenant and name not in _KEPT_KEYS and self._own.search(keys) is not None
        if own and name == "cloudpcs":
            return  # removed last, by its repository, with the claim of its user
        words = self._words if of_tenant else self._unique_words
        after = read.row if own else _pseudonymised(read.row, words, self._person.pseudonym)
        if not own and after == read.row:
            return
        (self.deleted if own else self.changed)[name] += 1
        if self._apply:
            with suppress(StaleError, NotFoundError):  # written just now: the next run finds it
                await Table(self._tables, name).write_all([Write(after, read.etag, gone=own)])


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
