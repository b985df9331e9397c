"""The exports: every row of every table as a line of JSON, in parts, and a manifest when all of it is there.

A part stands in its blob with its digest and the place where the next one begins. An export that broke off resumes
behind the last part of each table, so that it is never begun twice; one that is whole is not made again. There is one
for each interval, by default for each night.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from datetime import datetime, timedelta

from shared.clients.storage import Blobs, FoundBlob
from shared.dependencies import Dependencies
from shared.domain.exporting import (
    EXPORTED,
    ExportPart,
    Manifest,
    begin_of,
    expired,
    export_name,
    is_of_export,
    manifest_name,
    part_name,
    several_of_a_day,
)
from shared.storage.contents import Contents, line
from shared.storage.listed import is_of_list
from shared.storage.pool_members import is_of_pool
from shared.storage.tables import Row, Tables

_log = logging.getLogger("deskwright.maintenance")
_PART_ROWS = 5_000
_PART_BYTES = 8 * 1024 * 1024
"""A part ends with the page that takes it over either: it is the most of a table that is ever in memory."""

_END = "end"  # in place of a token: blobs have no facts without a value


async def export_regularly(deps: Dependencies) -> None:
    """Export the tables unless that is done for this interval; then remove the exports that are too old.

    An export that was whole before had its turn of removing: what a crash has left then goes with the next one.
    """
    if deps.exports is None:
        _log.warning("the tables are not exported: DESKWRIGHT_BLOBS_URL is not set")
        return
    now = deps.clock.now()
    every = timedelta(hours=deps.settings.export_every_hours)
    manifest = await export_tables(deps.tables, deps.exports, now, every)
    _log.info("the export of %s is whole: %d rows", manifest.name, manifest.rows)
    if manifest.exported_at != now:
        return
    kept = timedelta(days=deps.settings.exports_kept_in_days)
    every_kept = timedelta(days=deps.settings.every_export_kept_in_days)
    for folder in await delete_exports(deps.exports, now, kept, every_kept, newest=manifest.name):
        _log.info("the export of %s is removed", folder)


async def export_tables(tables: Tables, blobs: Blobs, now: datetime, every: timedelta = timedelta(days=1)) -> Manifest:
    """Export all tables for the interval of *now*, and return the manifest; an interval that has one keeps it."""
    name = export_name(now, every)
    if (there := await read_manifest(blobs, name)) is not None:
        return there
    parts = {table: await _export(Contents(tables), blobs, name, table) for table in EXPORTED}
    begin = begin_of(name)
    hour = begin.hour if "T" in name else None
    made = Manifest(day=begin.date(), hour=hour, exported_at=now, tables=parts)
    await blobs.put(manifest_name(name), json.dumps(made.to_json(), indent=1).encode())
    return made


async def read_manifest(blobs: Blobs, name: str) -> Manifest | None:
    """Return the manifest of an export, None where it is not whole."""
    content = await blobs.get(manifest_name(name))
    return None if content is None else Manifest.model_validate_json(content)


async def delete_exports(
    blobs: Blobs, now: datetime, kept: timedelta, every_kept: timedelta, *, newest: str
) -> list[str]:
    """Remove the exports older than *kept*, and of days longer ago than *every_kept* all but the first whole one.

    The *newest* whole one stays in any case; so does what is no part of an export. Each manifest goes first: an export
    that is half removed must not look whole.
    """
    folders = await blobs.folders()
    gone = set(expired(folders, now, kept))
    for of_day in several_of_a_day([each for each in folders if each not in gone], now, every_kept):
        gone |= await _surplus(blobs, of_day)
    for folder in sorted(gone - {newest}):
        await blobs.delete(manifest_name(folder))
        for found in await blobs.folder(folder):
            if is_of_export(found.name):
                await blobs.delete(found.name)
    return sorted(gone - {newest})


async def _surplus(blobs: Blobs, of_day: list[str]) -> set[str]:
    """Return the exports of a day but for the first whole one; none where no one is whole."""
    for folder in of_day:
        if await blobs.get(manifest_name(folder)) is not None:
            return set(of_day) - {folder}
    return set()


async def _export(contents: Contents, blobs: Blobs, name: str, table: str) -> tuple[ExportPart, ...]:
    found = await blobs.folder(f"{name}/{table}")
    parts = [_part(each) for each in found]
    token = found[-1].facts["next"] if found else ""
    while token != _END:
        lines, schemas, token = await _gather(contents, table, token)
        content = "".join(lines).encode()
        part = ExportPart(
            name=part_name(name, table, len(parts)),
            rows=len(lines),
            sha256=hashlib.sha256(content).hexdigest(),
            schemas=dict(sorted(schemas.items())),
        )
        await blobs.put(part.name, content, _facts(part, token))
        parts.append(part)
    return tuple(parts)


async def _gather(contents: Contents, table: str, token: str) -> tuple[list[str], Counter[str], str]:
    """Return the lines of one part, how many rows have which schema version, and where the next part begins."""
    lines: list[str] = []
    schemas: Counter[str] = Counter()
    size = 0
    while token != _END and len(lines) < _PART_ROWS and size < _PART_BYTES:
        page = await contents.page(table, token or None)
        for row in (each for each in page.rows if not is_of_list(each) and not is_of_pool(each)):
            lines.append(line(row))
            size += len(lines[-1])
            schemas[_schema(row)] += 1
        token = page.next_token or _END
    return lines, schemas, token


def _schema(row: Row) -> str:
    return str(row.get("schema", "none"))


def _facts(part: ExportPart, following: str) -> dict[str, str]:
    return {
        "rows": str(part.rows),
        "sha256": part.sha256,
        "schemas": json.dumps(part.schemas, separators=(",", ":")),
        "next": following,
    }


def _part(found: FoundBlob) -> ExportPart:
    return ExportPart(
        name=found.name,
        rows=int(found.facts["rows"]),
        sha256=found.facts["sha256"],
        schemas=json.loads(found.facts["schemas"]),
    )
