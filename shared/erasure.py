"""``python -m shared.erasure``: erase a person who has left from the tables of a tenant (docs/operations.md).

Signs in as the operator who runs it (``az login``). They need Storage Table Data Contributor on the account.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import uuid

from shared.clients.credentials import own_credential
from shared.errors import DeskwrightError
from shared.services.maintenance.erasing import Erased, Person, erase
from shared.storage.records import Records
from shared.storage.tables import Tables


def main() -> None:
    """Erase a person, and print the report as JSON. Exits with 1 and the reason where that is refused."""
    parser = argparse.ArgumentParser(prog="python -m shared.erasure", description="Erase a person who has left.")
    parser.add_argument("--tables-url", required=True, help="Table service of the account")
    parser.add_argument("--tenant", required=True, help="id of the tenant")
    parser.add_argument("--user", required=True, help="object id of the user in the directory")
    parser.add_argument(
        "--name", action="append", default=[], help="principal name or display name, also former ones; several times"
    )
    parser.add_argument("--pseudonym", help="the word in place of the names; left out: a random one")
    parser.add_argument("--apply", action="store_true", help="write; without it the report says what would be written")
    arguments = parser.parse_args()
    pseudonym = arguments.pseudonym or f"erased-{uuid.uuid4().hex[:12]}"
    person = Person(arguments.tenant, arguments.user, tuple(arguments.name), pseudonym)
    try:
        report = asyncio.run(_run(arguments.tables_url.rstrip("/"), person, apply=arguments.apply))
    except DeskwrightError as error:
        sys.exit(f"erasure: {error}")
    print(json.dumps(report.to_json(), indent=2))


async def _run(tables_url: str, person: Person, *, apply: bool) -> Erased:
    credential = own_credential(None, identity_endpoint="IDENTITY_ENDPOINT" in os.environ)
    tables = Tables(tables_url, lambda: credential)
    try:
        return await erase(Records(tables), person, apply=apply)
    finally:
        await tables.close()
        await credential.close()


if __name__ == "__main__":
    main()
