"""``python -m shared.restore``: restore an export of the tables (docs/operations.md, disaster recovery).

Signs in as the operator who runs it (``az login``). They need Storage Table Data Contributor on the account to restore
into, and Storage Blob Data Reader on the one that has the export.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING

from shared.clients.credentials import own_credential
from shared.clients.storage import Blobs
from shared.domain.exporting import CONTAINER, begin_of
from shared.errors import DeskwrightError
from shared.services.maintenance.exporting import read_manifest
from shared.services.maintenance.restoring import Restored, restore_tables
from shared.storage.tables import Tables

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def main() -> None:
    """Restore the export that was chosen, and print the result. Exits with 1 and the reason where that fails."""
    parser = argparse.ArgumentParser(prog="python -m shared.restore", description="Restore an export of the tables.")
    parser.add_argument("export", type=_name, nargs="?", help="the name of the export; without it: list them")
    parser.add_argument("--blobs-url", required=True, help="Blob service of the account that has the export")
    parser.add_argument("--tables-url", help="Table service of the account to restore into")
    parser.add_argument("--merge", action="store_true", help="add what is missing to an account that is not empty")
    arguments = parser.parse_args()
    if arguments.export is not None and arguments.tables_url is None:
        parser.error("--tables-url says where to restore into")
    try:
        asyncio.run(_run(arguments.blobs_url, arguments.tables_url, arguments.export, merge=arguments.merge))
    except DeskwrightError as error:
        sys.exit(f"restore: {error}")


def _name(text: str) -> str:
    begin_of(text)
    return text


async def _run(blobs_url: str, tables_url: str | None, export: str | None, *, merge: bool) -> None:
    credential = own_credential(None, identity_endpoint="IDENTITY_ENDPOINT" in os.environ)
    try:
        blobs = Blobs(blobs_url.rstrip("/"), lambda: credential, CONTAINER)
        try:
            if export is None or tables_url is None:
                await _list(blobs)
            else:
                done = await _restore(blobs, tables_url.rstrip("/"), credential, export, merge=merge)
                print(f"restored {export}: {done.added} rows added, {done.rows - done.added} were there")
        finally:
            await blobs.close()
    finally:
        await credential.close()


async def _restore(
    blobs: Blobs, tables_url: str, credential: AsyncTokenCredential, export: str, *, merge: bool
) -> Restored:
    tables = Tables(tables_url, lambda: credential)
    try:
        return await restore_tables(tables, blobs, export, merge=merge, report=print)
    finally:
        await tables.close()


async def _list(blobs: Blobs) -> None:
    for folder in await blobs.folders():
        manifest = await read_manifest(blobs, folder)
        print(f"{folder}: {f'{manifest.rows} rows' if manifest else 'not whole'}")


if __name__ == "__main__":
    main()
