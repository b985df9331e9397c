"""A process that dies while a Cloud PC is asked to be built from a kept disk: after any request to the tables.

The caller asks again with the same idempotency key, as clients do that got no answer.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.storage.due import DueKind
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.deleted_things import OTHERS
from tests.integration.killing import at_request, killing, never
from tests.integration.scenes import WORKS

pytestmark = pytest.mark.azurite  # kills at requests that leave the process
ROUTE = "POST tenants/{tenant}/cloudPCs/{id}/handOver"
KEY_IS_FREE_AFTER = timedelta(minutes=15)
"""A key whose request has ended without an answer can be used again then."""
EVERY = 4
"""With each change of the code one kill in so many is played."""


async def furnished(office: Office, number: int) -> CloudPc:
    """Insert a Cloud PC of a user of its own, and a kept disk of somebody else; return the Cloud PC."""
    name = f"user{number:02}"
    office.directory.groups["g1"] = {name}
    office.directory.licences = {name: ("sku-1",)}
    user = User(id=f"id-{name}", user_principal_name=f"{name}@contoso.example")
    pc = WORKS.but(id=f"{number:020x}", user=user)
    await office.cloud_pcs.insert(pc)
    disk = OTHERS.disk.but(deleted_id=f"disk{number}", computer_name=f"CPC-BOB-{number:03}")
    await office.deleted_cloud_pcs.insert(OTHERS.but(id=f"disk{number}", disk=disk))
    return pc


async def handed_over(office: Office, routes: dict[str, Any], number: int, kill: int | None = None) -> int:
    """Ask with a kill, and again where that killed it; return the number of requests of the first call."""
    before = await furnished(office, number)

    async def asked() -> tuple[int, dict[str, Any]]:
        body = json.dumps({"deletedCloudPcId": f"disk{number}"}).encode()
        key = {"Idempotency-Key": f"once-{number}"}
        try:
            answer = await ask(routes[ROUTE], ROUTE, body=body, at={"id": before.id}, headers=key)
        finally:
            office.hand.advance(KEY_IS_FREE_AFTER)
        return answer.status_code, json.loads(answer.get_body())

    with killing(never if kill is None else at_request(kill)) as killer:
        status, operation = await killer.twice("handOver", asked)
    assert killer.kills == (kill is not None)
    await begun_once(office, before, number, status, operation)
    return killer.requests


async def begun_once(office: Office, before: CloudPc, number: int, status: int, operation: dict[str, Any]) -> None:
    """One replacement was begun from the disk, and it is begun again if its start was lost."""
    assert (status, operation.get("kind")) == (202, "handOver"), operation
    pc = (await office.cloud_pcs.get(before.tenant_id, before.id)).value
    assert pc.replacement is not None
    assert pc.replacement.disk is not None
    assert (pc.replacement.disk.deleted_id, pc.replacement.operation_id) == (f"disk{number}", operation["id"])
    assert (pc.current, pc.next_generation) == (before.current, before.next_generation + 1)
    kept = (await office.deleted_cloud_pcs.get(before.tenant_id, f"disk{number}")).value
    assert kept.wanted_by == pc.id
    # What was written and not begun is begun by the sweep that looks at this row.
    watched = await office.due.due(DueKind.WATCH, office.clock.now() + timedelta(hours=1))
    assert pc.id in {each.subject_id for each in watched}
    operations = [each.value async for each in office.operations.each(before.tenant_id)]
    assert [each.id for each in operations if each.resource_id == pc.id] == [operation["id"]]


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=pytest.mark.long) for first in range(1, EVERY))])
async def test_what_is_asked_again_after_a_crash_is_begun_once(
    office: Office, routes: dict[str, Any], first: int
) -> None:
    await handed_over(office, routes, 1)  # with it tables are made, and what changes seldom is read
    requests = await handed_over(office, routes, 2)
    kills = range(first, requests, EVERY)
    assert len(kills) > 2, requests
    for number, kill in enumerate(kills, 3):
        await handed_over(office, routes, number, kill)
