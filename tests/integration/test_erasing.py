"""Erasure of a person: their records are gone, the log has a pseudonym, and nobody else's row is touched."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.domain.cloud_pcs.build import Resources, Step
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.exporting import EXPORTED
from shared.domain.operations.operation import Actor
from shared.errors import ConflictError
from shared.services.cost.recording import record_cost
from shared.services.maintenance.erasing import Person, erase
from shared.storage.cloud_pcs import StepEnd
from shared.storage.contents import Contents
from shared.storage.listed import is_of_list
from shared.storage.tables import Row
from tests.integration import desks, things
from tests.integration.services import PaperServices

ADA = things.cloud_pc("ada", status=Status.NOT_PROVISIONED, attempt=1)
UPN = ADA.user.user_principal_name
PERSON = Person("contoso", "id-ada", (UPN,), "erased-1")
MADE = Resources(region="westeurope", size="Standard_D2s_v5", vm_id="/vm", resource_group="desks")


@pytest.fixture
async def left(contoso: PaperServices) -> PaperServices:
    """Ada had a Cloud PC and acted as an operator; Bob works."""
    contoso.hand.at = things.NOW
    with_machine = ADA.but(status=Status.PROVISIONED).with_current(resources=MADE)
    await contoso.cloud_pcs.insert(with_machine)
    await contoso.cloud_pcs.insert(things.cloud_pc("bob", status=Status.PROVISIONED, attempt=1, resources=MADE))
    contoso.hand.advance(timedelta(hours=1))
    await record_cost(contoso, "contoso", contoso.hand.now())
    await contoso.cloud_pcs.change("contoso", ADA.id, lambda pc: pc.but(status=Status.NOT_PROVISIONED))
    end = StepEnd(generation=1, attempt=1, step=Step.ALLOCATE_CAPACITY, at=things.NOW, outcome="succeeded")
    await contoso.timeline.end("contoso", ADA.id, end)
    actor = Actor(id="id-ada", name=UPN.upper(), kind="itPro")
    told = {"assignedTo": UPN, "note": f"{UPN} has asked for it"}
    await contoso.audit.append(things.audit_event(1, actor=actor, after=told))
    await contoso.audit.append(things.audit_event(2))
    await contoso.operations.insert(things.operation(requested_by=UPN))
    await contoso.operations.insert(things.operation(id="o2", requested_by="bob@contoso.example"))
    return contoso


async def everything(services: PaperServices) -> dict[str, list[Row]]:
    contents = Contents(services.tables)
    return {table: [row for row in (await contents.page(table)).rows if not is_of_list(row)] for table in EXPORTED}


async def test_a_dry_run_says_what_would_be_written_and_writes_nothing(left: PaperServices) -> None:
    before = await everything(left)
    report = await erase(left, PERSON, apply=False)
    assert (report.done, report.cloud_pcs) == (False, (ADA.id,))
    assert report.deleted["cloudpcs"] == 1
    assert report.pseudonymised["audit"] == 1
    assert await everything(left) == before


async def test_nothing_names_them_afterwards_and_others_are_unchanged(left: PaperServices) -> None:
    before = await everything(left)
    report = await erase(left, PERSON, apply=True)
    after = await everything(left)
    assert report.done
    text = json.dumps({name: rows for name, rows in after.items() if name != "policies"}, default=str).lower()
    assert [name for name in (UPN.lower(), "id-ada") if name in text] == []
    assert await left.timeline.entries("contoso", ADA.id) == []
    (event,) = [each.value async for each in left.audit.each("contoso") if each.value.actor.id == "erased-1"]
    assert (event.actor.name, event.after) == (
        "erased-1",
        {"assignedTo": "erased-1", "note": "erased-1 has asked for it"},
    )
    (row,) = [each.value async for each in left.ledger.each("contoso")]
    names = {each.machine.id: each.machine.name for each in row.months()}
    assert names.pop(ADA.id) == "erased-1"
    assert "Ada" not in str(names)
    assert sum(sum(each.kept) for each in row.months()) == 120
    assert (await left.operations.get("contoso", "o2")).value.requested_by == "bob@contoso.example"
    assert (await left.operations.get("contoso", "o1")).value.requested_by == "erased-1"
    same = {name: [row for row in rows if row in after[name]] for name, rows in before.items()}
    touched = sum(len(before[name]) - len(same[name]) for name in before)
    assert touched == sum(report.deleted.values()) + sum(report.pseudonymised.values()) + 1  # and the claim
    entries = {entry["id"]: entry for entry in await left.cloud_pcs.entries("contoso")}
    assert ADA.id not in entries


async def test_a_second_run_finds_nothing(left: PaperServices) -> None:
    await erase(left, PERSON, apply=True)
    report = await erase(left, PERSON, apply=True)
    assert (report.deleted, report.pseudonymised) == ({}, {})


async def test_who_has_a_cloud_pc_is_refused(left: PaperServices) -> None:
    bob = Person("contoso", "id-bob", ("bob@contoso.example",), "erased-2")
    before = await everything(left)
    with pytest.raises(ConflictError, match="has a Cloud PC"):
        await erase(left, bob, apply=True)
    assert await everything(left) == before


async def test_a_member_of_a_spot_group_is_refused(left: PaperServices) -> None:
    await left.spot_members.insert(desks.member("ada"))
    with pytest.raises(ConflictError, match="member of a Spot Group"):
        await erase(left, PERSON, apply=True)


async def test_another_tenant_keeps_its_rows(left: PaperServices) -> None:
    await left.operations.insert(things.operation(id="o3", tenant_id="contoso2", requested_by=UPN))
    await erase(left, PERSON, apply=True)
    assert (await left.operations.get("contoso2", "o3")).value.requested_by == UPN


async def test_a_name_that_is_too_short_is_refused(left: PaperServices) -> None:
    with pytest.raises(ConflictError, match="too short"):
        await erase(left, Person("contoso", "id-ada", ("Al",), "erased-1"), apply=True)
