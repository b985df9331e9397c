"""The list of Cloud PCs in a headless browser, in front of the real service with 10,000 of them, in real milliseconds.

Beside ``bench portal``, whose answers are made by the benchmark: here the records are in Azurite, and the app on the
embedded host reads, orders and sends them. One Cloud PC is built, and its record is written again for each of the
others. ``portal_service:10000`` is how many. ``make portal/dist-local/index.html`` and ``make
.tools/browser/installed`` come first.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import time
import uuid

from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from playwright.sync_api import Browser, expect, sync_playwright

from bench.figures import Figure, Missing
from bench.serving import BUNDLE, served
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from tests.browser.environment import InstallError, find
from tests.e2e.office import Office
from tests.identities import Identity
from tests.integration.services import PaperServices

NAME = "portal on the service: until the first row of 10,000 / 1.5 s"
_FIRST_ROW_MS = 1_500.0
_VISITS = 5
_BATCH = 1_000
_PATIENCE_MS = 60_000


def main(count: str = "10000") -> list[Figure | Missing]:
    """Measure visits of the list, from the address to its first row. Returns: the median against the budget."""
    try:
        found = find()
    except InstallError as missing:
        return [Missing(NAME, str(missing))]
    if not (BUNDLE / "index.html").exists():
        return [Missing(NAME, "make portal/dist-local/index.html builds the portal")]
    with served() as (office, people):
        asyncio.run(_multiply(office, int(count)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found.program, env=found.variables(), args=["--no-sandbox"]
            )
            firsts = _visits(browser, office, people, int(count))
            browser.close()
    note = f"{count} Cloud PCs; {min(firsts):,.0f} to {max(firsts):,.0f} ms"
    return [Figure(NAME, statistics.median(firsts), _FIRST_ROW_MS, "ms", _VISITS, 1.0, note)]


def _visits(browser: Browser, office: Office, people: str, count: int) -> list[float]:
    """Open the list some times in a browser that has the portal in its cache; return milliseconds until a row."""
    page = browser.new_context(viewport={"width": 1_280, "height": 800}, reduced_motion="reduce").new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(people)
    page.locator('form[action="/operator"] button').click()
    page.wait_for_url("**/portal/**")
    address = f"{office.stack.addresses.api}/portal/t/{office.name}/cloud-pcs"
    page.goto(address)
    page.locator("tbody tr").first.wait_for()
    page.get_by_role("checkbox", name="Select all").first.click()
    expect(page.get_by_role("button", name=f"Select all {count} that match")).to_be_visible(timeout=_PATIENCE_MS)
    took = []
    for _ in range(_VISITS):
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator("tbody tr").first.wait_for()
        took.append((time.perf_counter() - began) * 1_000)
    return took


async def _multiply(office: Office, count: int) -> None:
    """Write the record of the built Cloud PC again, for other users, until there are *count*."""
    stack = office.stack
    tls: ssl.SSLContext = stack.certificates.client_context()
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        transport = AioHttpTransport(session=session, session_owner=False)
        services = PaperServices(Tables(stack.addresses.tables, Identity, transport=transport))
        there = [stored.value async for stored in services.cloud_pcs.each(office.name)]
        first = next(each for each in there if each.status is Status.PROVISIONED)
        for begin in range(len(there), count, _BATCH):
            copies = [_copy(first, number) for number in range(begin, min(begin + _BATCH, count))]
            await services.cloud_pcs.save_all([Stored(each, "") for each in copies])
        await services.tables.close()


def _copy(first: CloudPc, number: int) -> CloudPc:
    user = first.user.but(
        id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"user{number}.bench")),
        user_principal_name=f"user{number:05d}@contoso.example",
        display_name=f"User {number:05d}",
    )
    own = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"pc{number}.bench"))
    return first.but(id=own, user=user, display_name=f"Everybody - User {number:05d}")
