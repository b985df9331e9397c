"""`python -m shared.erasure` as an operator runs it: a report as JSON, nothing written before `--apply`, a refusal."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator.certificates import Certificates

from local.azurite import Azurite
from shared.domain.cloud_pcs.lifecycle import Status
from shared.storage.records import Records
from shared.storage.tables import Tables
from tests.house.tree import ROOT
from tests.identities import Identity
from tests.integration import things

ADA = things.cloud_pc("ada", status=Status.NOT_PROVISIONED)
UPN = ADA.user.user_principal_name
BOB = things.cloud_pc("bob", status=Status.PROVISIONED)
SIGNED_IN = (
    "import shared.erasure as command; from tests.identities import Identity; "
    "command.own_credential = lambda *_, **__: Identity(); command.main()"
)
"""The command with a sign-in of the test's own: there is no Azure CLI."""


@dataclass
class Account:
    """The tables of an account with a leaver, the traces of their work, and an active user."""

    records: Records
    url: str
    environment: dict[str, str]

    async def run(self, *words: str) -> tuple[int | None, str, str]:
        """Run the command in a process of its own; return its exit code, and its texts."""
        known = ("--tables-url", self.url, "--tenant", "contoso", "--name", UPN)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SIGNED_IN, *known, *words),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    async def names(self) -> tuple[list[str], list[str]]:
        """Return the users of the Cloud PCs, and the requesters of the operations."""
        users = [each.value.user.user_principal_name async for each in self.records.cloud_pcs.each("contoso")]
        return sorted(users), [each.value.requested_by async for each in self.records.operations.each("contoso")]


@pytest.fixture
async def account(
    azurite_server: Azurite, session: ClientSession, certificates: Certificates
) -> AsyncIterator[Account]:
    transport = AioHttpTransport(session=session, session_owner=False)
    tables = Tables(azurite_server.tables_url, Identity, transport=transport)
    records = Records(tables)
    await records.cloud_pcs.insert(ADA)
    await records.cloud_pcs.insert(BOB)
    await records.operations.insert(things.operation(requested_by=UPN))
    yield Account(records, azurite_server.tables_url, certificates.environment())
    await tables.close()


async def test_the_report_comes_before_and_after_and_nothing_is_written_without_being_asked(account: Account) -> None:
    before = await account.names()
    code, out, err = await account.run("--user", "id-ada", "--pseudonym", "erased-1")
    assert code == 0, err
    report = json.loads(out)
    assert (report["done"], report["deleted"], report["pseudonymised"]) == (False, {"cloudpcs": 1}, {"operations": 1})
    assert (report["pseudonym"], await account.names()) == ("erased-1", before)
    code, out, err = await account.run("--user", "id-ada", "--apply")
    assert code == 0, err
    report = json.loads(out)
    assert (report["done"], report["deleted"], report["cloudPcs"]) == (True, {"cloudpcs": 1}, [ADA.id])
    assert report["pseudonym"].startswith("erased-")
    assert await account.names() == (["bob@contoso.example"], [report["pseudonym"]])


async def test_who_has_a_cloud_pc_ends_the_command_with_the_reason(account: Account) -> None:
    before = await account.names()
    code, out, err = await account.run("--user", "id-bob", "--apply")
    assert (code, out, err.strip()) == (1, "", "erasure: the user has a Cloud PC, or waits for one: end that first")
    assert await account.names() == before
