"""Erasure reaches each table of the service, in each partition that it has, and leaves every record readable."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs import day, load, use
from shared.domain.cloud_pcs.cloud_pc import Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.ledger import CostedMachine, LedgerRow, MachineKind, MonthOfMachine
from shared.domain.exporting import EXPORTED, LEFT_OUT
from shared.domain.notices.endpoint import EndpointKind
from shared.domain.notices.mail import MailSettings
from shared.domain.operations.operation import Actor, Intent
from shared.domain.tenants.tenant import Paused
from shared.domain.usage import DaysByCloudPc
from shared.errors import ConflictError
from shared.services.maintenance.erasing import Person, erase
from shared.storage.codec import joined, parts
from shared.storage.due import DueKind
from shared.storage.listed import is_of_list
from shared.storage.repository import Repository
from shared.storage.tables import Read, Row, Table
from shared.storage.tenant_rows import NAMELESS, SHARED
from tests.integration import things
from tests.integration.callers import Office
from tests.integration.notice_scenes import ENDPOINT
from tests.integration.services import PaperServices

TABLES = (*EXPORTED, *LEFT_OUT)
USER, UPN = "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "zoe.lovelace@contoso.example"
ZOE = Person("contoso", USER, (UPN, "Zoe Lovelace"), "erased-1")
ACTOR = Actor(id=USER, name=UPN, kind="itPro")
TOLD = f"{UPN.upper()}, Zoe Lovelace ({USER}) wanted it"


async def rows_of(services: PaperServices, name: str) -> list[Read]:
    where, first = "PartitionKey ge @first", {"first": ""}
    return [read async for read in Table(services.tables, name).query(where, first) if not is_of_list(read.row)]


async def naming(services: PaperServices) -> dict[str, list[Row]]:
    """Return the rows that name the person, by their table."""
    found = {}
    for name in TABLES:
        rows = [read.row for read in await rows_of(services, name)]
        named = [row for row in rows if any(word in json.dumps(row, default=str).lower() for word in (USER, UPN))]
        if named:
            found[name] = named
    return found


async def write_raw(services: PaperServices, name: str, partition: str, key: str, **more: Any) -> None:
    row = {"PartitionKey": partition, "RowKey": key, "schema": 1, "note": TOLD, **more}
    await Table(services.tables, name).put({**row, **parts({"id": "x", "told": {TOLD: [TOLD]}})})


SMTP = {"transport": "smtp", "host": "smtp.contoso.example"}
WITH_REPOSITORY = ("cloudpcs", "spotmembers", "deletedcloudpcs", "noticeendpoints", "costledger", "usage")
"""Tables of which a run reads records, beside rows."""


async def test_each_table_is_looked_at_in_the_partitions_of_the_tenant(contoso: PaperServices) -> None:
    tables = [name for name in TABLES if name not in {*WITH_REPOSITORY, *NAMELESS, "tenants", "operations"}]
    for name in tables:
        await write_raw(contoso, name, "contoso", "one")
        await write_raw(contoso, name, "contoso:sub", "two")
        await write_raw(contoso, name, "contoso", f"three:{USER}")
        for partition in ("contoso2", "fabrikam", "fabrikam:sub"):
            await write_raw(contoso, name, partition, "one")
    report = await erase(contoso, ZOE, apply=True)
    left = await naming(contoso)
    wrong = {
        name: [row["PartitionKey"] for row in rows if str(row["PartitionKey"]).partition(":")[0] == "contoso"]
        for name, rows in left.items()
    }
    kept = {name for name, rows in wrong.items() if rows}
    assert kept == {"audit", "bulkactions", "bulkitems", "deliveries", "noticeevents"}  # their keys tell what was done
    assert all(wrong[name] == ["contoso"] for name in kept)
    for name in tables:
        assert report.pseudonymised[name] == (3 if name in kept else 2)
        assert report.deleted.get(name, 0) == (0 if name in kept else 1)
        assert len([row for row in left[name] if row["PartitionKey"] in {"contoso2", "fabrikam", "fabrikam:sub"}]) == 3


async def test_records_of_everything_are_readable_afterwards(office: Office) -> None:
    """Each record has a field of a later release that names the person."""
    await office.cloud_pcs.insert(things.cloud_pc("bob", status=Status.PROVISIONED))
    await office.operations.insert(things.operation())
    touched = set()
    for name in TABLES:
        for read in await rows_of(office, name):
            if "body0" in read.row and read.row["PartitionKey"] in {"contoso", *SHARED}:
                await Table(office.tables, name).put({**read.row, **parts({**joined(read.row), "later": TOLD})})
                touched.add(name)
    assert len(touched) >= 12
    await office.tables.close()
    await erase(office, ZOE, apply=True)
    left = await naming(office)
    assert {name: [row["RowKey"] for row in rows] for name, rows in left.items()} == {"tenants": ["northwind"]}
    repositories = [each for name in REPOSITORIES if isinstance(each := getattr(office, name), Repository)]
    counts = [len([stored async for stored in each.each("contoso")]) for each in repositories]
    assert min(counts) > 0  # an unreadable record raises


REPOSITORIES = (
    *("sites", "connections", "images", "policies", "power_schedules", "maintenance_windows", "scripts"),
    *("notice_endpoints", "image_sets", "image_versions", "role_definitions", "cloud_pcs", "operations"),
)


async def test_the_partitions_that_tables_have_are_those_of_tenants_and_the_shared_ones(office: Office) -> None:
    await office.due.put(DueKind.WATCH, things.NOW, "contoso", "pc-1")
    await office.audit.append(things.audit_event(1, tenant_id="*"))
    others = set()
    for name in set(TABLES) - set(NAMELESS):
        for read in await rows_of(office, name):
            partition = str(read.row["PartitionKey"])
            others |= {partition} - {"contoso", "northwind", *SHARED}
    assert others == set()


async def test_rows_of_no_tenant_lose_the_object_id_and_the_principal_name_and_keep_what_others_may_be_called(
    contoso: PaperServices,
) -> None:
    await contoso.audit.append(things.audit_event(1, tenant_id="*", actor=ACTOR, after={"note": "Zoe Lovelace asked"}))
    await contoso.tenants.change("contoso", lambda tenant: tenant.but(paused=Paused(by=UPN, at=things.NOW)))
    await contoso.tenants.insert(things.tenant(id="fabrikam", paused=Paused(by=UPN, at=things.NOW)))
    for tenant_id in ("contoso", "fabrikam"):
        due = await contoso.due.put(DueKind.WATCH, things.NOW, tenant_id, USER)
        await contoso.due.put(DueKind.WATCH, things.NOW, tenant_id, f"{USER}-other")
        await contoso.due.set_aside(replace(due, number=7), f"{UPN} cannot be read", things.NOW)
    await erase(contoso, ZOE, apply=True)
    (event,) = [each.value async for each in contoso.audit.each("*")]
    assert (event.actor.id, event.actor.name, event.after) == ("erased-1", "erased-1", {"note": "Zoe Lovelace asked"})
    paused = {each: (await contoso.tenants.get(each)).value.paused for each in ("contoso", "fabrikam")}
    assert {each: pause and pause.by for each, pause in paused.items()} == {"contoso": "erased-1", "fabrikam": UPN}
    dues = {(due.tenant_id, due.subject_id) for due in await contoso.due.due(DueKind.WATCH, things.NOW)}
    assert ("contoso", USER) not in dues
    assert {("fabrikam", USER), ("fabrikam", f"{USER}-other")} <= dues
    assert {each.tenant_id for each in await contoso.due.aside.all()} == {"fabrikam"}


async def test_what_they_did_as_an_operator_to_others_names_them_no_longer(contoso: PaperServices) -> None:
    removal = Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=things.NOW, confirmed_by=UPN)
    bob = things.cloud_pc("bob", status=Status.PROVISIONED, removal=removal)
    await contoso.cloud_pcs.insert(bob)
    await contoso.intents.insert(Intent(id="i1", tenant_id="contoso", event=things.audit_event(2, actor=ACTOR)))
    report = await erase(contoso, ZOE, apply=True)
    stored = (await contoso.cloud_pcs.get("contoso", bob.id)).value
    assert stored.removal
    assert stored.removal.confirmed_by == "erased-1"
    assert stored.user == bob.user
    assert (report.pseudonymised["cloudpcs"], report.pseudonymised["intents"]) == (1, 1)
    assert [entry["id"] for entry in await contoso.cloud_pcs.entries("contoso")] == [bob.id]
    assert await naming(contoso) == {}


@pytest.mark.parametrize(
    ("kind", "each"),
    [
        (use.USES, use.CloudPcUse(read_at=things.NOW, seen=use.SeenUse())),
        (day.STRETCHES, (day.Stretch(start=0, end=60, state=day.UseState.IN_USE, reason="schedule"),)),
        (load.LOADS, load.CloudPcLoad(size="Standard_D2s_v5", cpu={50: 4}, memory={40: 4})),
    ],
    ids=["use", "stretches", "load"],
)
async def test_use_by_day_of_their_cloud_pcs_goes_and_that_of_others_stays(
    contoso: PaperServices, kind: DaysByCloudPc[Any], each: Any
) -> None:
    mine, bobs = things.cloud_pc("ada", status=Status.NOT_PROVISIONED), things.cloud_pc("bob")
    await contoso.cloud_pcs.insert(mine)
    await contoso.usage.insert(kind.row("contoso", things.NOW.date(), 3, {mine.id: each, bobs.id: each}))
    person = Person("contoso", "id-ada", (mine.user.user_principal_name,), "erased-1")
    assert (await erase(contoso, person, apply=False)).pseudonymised["usage"] == 1
    assert (await erase(contoso, person, apply=True)).pseudonymised["usage"] == 1
    (page,) = [stored.value async for stored in contoso.usage.each("contoso")]
    assert kind.values(page) == {bobs.id: each}


async def test_the_ledger_keeps_every_minute(contoso: PaperServices) -> None:
    pc = things.cloud_pc("ada", status=Status.NOT_PROVISIONED)
    await contoso.cloud_pcs.insert(pc)
    machine = CostedMachine(MachineKind.CLOUD_PC, pc.id, 1, "CPC-ADA-1", "p1", "westeurope", "Standard_D2s_v5", 128)
    month = MonthOfMachine(machine)
    end = things.NOW + timedelta(minutes=30)
    month.add(things.NOW, end, on=timedelta(minutes=30), late=False)
    month.shut_down[things.NOW.day - 1] = 15
    row = LedgerRow(tenant_id="contoso", month="2026-11", number=0, until=end).with_months([month], end)
    await contoso.ledger.insert(row)
    await erase(contoso, Person("contoso", "id-ada", (), "erased-1"), apply=True)
    (stored,) = [each.value async for each in contoso.ledger.each("contoso")]
    (after,) = stored.months()
    assert after.machine == replace(machine, name="erased-1")
    assert (after.on, after.kept, after.shut_down) == (month.on, month.kept, month.shut_down)


@pytest.mark.parametrize(
    "mail", [{"receivers": (UPN,)}, {"receivers": ("desk@contoso.example",), **SMTP, "sender": UPN}]
)
async def test_whose_mail_address_an_endpoint_has_is_refused(contoso: PaperServices, mail: Any) -> None:
    settings = MailSettings(**mail)
    await contoso.notice_endpoints.insert(ENDPOINT.but(kind=EndpointKind.EMAIL, address="", mail=settings))
    with pytest.raises(ConflictError, match="the notice endpoint Desk has their mail address"):
        await erase(contoso, ZOE, apply=True)
    assert (await contoso.notice_endpoints.get("contoso", "e1")).value.mail == settings


async def test_an_id_that_begins_like_theirs_is_of_somebody_else(contoso: PaperServices) -> None:
    await contoso.changes.add("contoso", [USER, f"{USER}1"], things.NOW)
    await erase(contoso, ZOE, apply=True)
    assert list(await contoso.changes.take("contoso", 10)) == [f"{USER}1"]
