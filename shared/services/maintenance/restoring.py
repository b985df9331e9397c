"""Restore of an export: its content is verified, then added, then all promises are made again.

No existing row is ever changed, except that each tenant is paused until its records were compared with Azure
(``shared/services/maintenance/after_restore.py``). A restore that broke off is begun again and adds what is
missing: a marker says which export is being restored, because the account is no longer empty then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.clients.storage import Blobs
from shared.domain.exporting import EXPORTED, FORMAT, ExportPart, Manifest
from shared.errors import ConflictError, NotFoundError
from shared.services.maintenance.after_restore import compare_first
from shared.services.maintenance.due_rules import DUE_RULES, read_tenant_records
from shared.services.maintenance.exporting import read_manifest
from shared.storage.cloud_pcs import CLOUD_PCS_TABLE, CloudPcs
from shared.storage.contents import Contents, Restores, read_line
from shared.storage.records import Records
from shared.storage.tables import Row, Tables

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restore: rows that the export holds, and rows that were not there before."""

    rows: int
    added: int


class DamagedError(ConflictError):
    """The contents of the container differ from the manifest; nothing was written."""


async def restore_tables(tables: Tables, blobs: Blobs, name: str, *, merge: bool, report: Report) -> Restored:
    """Restore an export: into an account without rows of the service, or with *merge* in addition to them.

    Raises: NotFoundError without a whole export of that name, DamagedError if it is not what its manifest says,
    ConflictError if the account has rows and *merge* is not wanted.
    """
    manifest = await read_manifest(blobs, name)
    if manifest is None:
        raise NotFoundError(f"there is no whole export of {name}: it has no manifest")
    await _verify(blobs, manifest)
    report(f"verified {manifest.rows} rows of {len(manifest.tables)} tables")
    await _enter(tables, manifest, merge=merge)
    contents, added = Contents(tables), 0
    for table, parts in manifest.tables.items():
        fresh = 0
        for part in parts:
            rows = _rows(await _content(blobs, part))
            fresh += await contents.add(table, await _wanted(tables, table, rows) if merge else rows)
        report(f"{table}: {fresh} of {sum(part.rows for part in parts)} rows added")
        added += fresh
    await _promise_again(tables, manifest.exported_at)
    await Restores(tables).end()
    return Restored(manifest.rows, added)


async def _verify(blobs: Blobs, manifest: Manifest) -> None:
    """Check that the export is complete and unchanged. Raises: DamagedError."""
    if manifest.format > FORMAT:
        raise DamagedError(f"the export has format {manifest.format}; this Deskwright reads up to {FORMAT}")
    if unknown := manifest.tables.keys() - set(EXPORTED):
        raise DamagedError(f"the export has tables that this Deskwright does not know: {', '.join(sorted(unknown))}")
    for part in (part for parts in manifest.tables.values() for part in parts):
        if len(_rows(await _content(blobs, part))) != part.rows:
            raise DamagedError(f"{part.name} does not have {part.rows} rows")


async def _content(blobs: Blobs, part: ExportPart) -> bytes:
    content = await blobs.get(part.name)
    if content is None:
        raise DamagedError(f"{part.name} is not there")
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise DamagedError(f"{part.name} is not what was exported: its digest differs")
    return content


async def _wanted(tables: Tables, table: str, rows: list[Row]) -> list[Row]:
    """Return the rows of a part of a table that do not contradict the rows that are there."""
    return await CloudPcs(tables).without_replaced(rows) if table == CLOUD_PCS_TABLE else rows


def _rows(content: bytes) -> list[Row]:
    return [read_line(text) for text in content.decode().splitlines()]


async def _enter(tables: Tables, manifest: Manifest, *, merge: bool) -> None:
    """Mark the account as being restored into. Raises: ConflictError where rows are that no restore has brought."""
    marks, mark = Restores(tables), manifest.name
    standing = await marks.running()
    if standing != mark and not merge:
        if standing:
            raise ConflictError(f"the restore of {standing} broke off in this account: finish that one, or use --merge")
        contents = Contents(tables)
        if taken := [name for name in EXPORTED if not await contents.is_empty(name)]:
            raise ConflictError(f"there are rows in {', '.join(taken)}: take an empty account, or use --merge")
    await marks.begin(mark)


async def _promise_again(tables: Tables, at: datetime) -> None:
    """Write the due rows that may be missing because records and due rows were exported one after the other."""
    records = Records(tables)
    async for tenant in records.tenants.each():
        tenant_id = tenant.value.id
        await compare_first(records, tenant.value, at)
        there = await read_tenant_records(records, tenant_id, at)
        for rule in DUE_RULES.values():
            await records.due.put_all(rule.promises(there))
        await records.cloud_pcs.repair(tenant_id)  # lists are in no export
        await records.operations.repair(tenant_id)
