"""A list of everybody that lacks somebody takes nothing from them: each is asked about before it counts."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.reconciling import PLAN_TENANT, Planned, ReconcileOrder
from shared.domain.cloud_pcs.cloud_pc import CloudPc, RemovalCause, Swap
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.planning.entitlements import seat_plans
from shared.domain.policies.policy import Assignment
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.services.directory import second_questions
from shared.services.directory.second_questions import ASK_AGAIN
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.services import PaperServices, perform

EVERYBODY = [f"u{number:02d}" for number in range(30)]
LACKING = EVERYBODY[-2:]


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    """Thirty members with a licence and a Cloud PC each; the lists lack two of them."""
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": set(EVERYBODY)}
    contoso.directory.licences = dict.fromkeys(EVERYBODY, ("sku-1",))
    for name in EVERYBODY[:-2]:
        await contoso.cloud_pcs.insert(things.cloud_pc(name, status=Status.PROVISIONED, attempt=1))
    contoso.directory.unlisted = set(LACKING)
    return contoso


async def records(here: PaperServices) -> dict[str, CloudPc]:
    return {stored.value.user.id: stored.value async for stored in here.cloud_pcs.each("contoso")}


async def plan() -> Planned:
    planned = await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert isinstance(planned, Planned)
    return planned


def lack_licences(here: PaperServices, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the list of who holds a licence lack the same users."""
    read = here.directory.licensed_users

    async def partial(sku_ids: Iterable[str]) -> list[Any]:
        return [user for user in await read(sku_ids) if user.id.removeprefix("id-") not in here.directory.unlisted]

    monkeypatch.setattr(here.directory, "licensed_users", partial)


def built(name: str, **changes: Any) -> CloudPc:
    return things.cloud_pc(name, **{"status": Status.PROVISIONED, "attempt": 1, **changes})


def seats() -> list[Any]:
    """Return the service plan of each seat."""
    settings = TenantSettings(licence_source=LicenceSource.SEATS, seats={"CPC_E_2C_8GB_128GB": 30})
    return list(seat_plans(settings).values())


SWAP = Swap(plan=things.plan().but(id="sku-2"), until=things.NOW + timedelta(hours=1), hours=1, operation_id="o1")
STATES: dict[str, dict[str, Any]] = {
    "works": {},
    "is built": {"status": Status.PROVISIONING},
    "waits": {"status": Status.PENDING_PROVISION, "attempt": 0, "phase": Phase.WAITING},
    "failed": {"status": Status.FAILED, "phase": Phase.FAILED},
    "is to be resized": {"status": Status.RESIZE_PENDING_LICENSE, "swap": SWAP},
}


@pytest.mark.parametrize("lists", ["both lists", "one list"])
@pytest.mark.parametrize("state", STATES)
async def test_who_is_a_member_by_the_second_answer_keeps_what_there_is(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch, state: str, lists: str
) -> None:
    for name in LACKING:
        await here.cloud_pcs.insert(built(name, **STATES[state]))
    here.directory.unlisted = set()
    await plan()  # what waits is planned as its policy has it today
    before = await records(here)
    here.directory.unlisted = set(LACKING)
    if lists == "both lists":
        lack_licences(here, monkeypatch)
    assert (await plan()).removals_seen == 0
    assert await records(here) == before
    assert [each async for each in here.audit.each("contoso")] == []


async def test_real_leavers_of_the_same_reading_leave(here: PaperServices) -> None:
    """One has left the group, one was deleted, and of one the licence is gone."""
    for name in LACKING:
        await here.cloud_pcs.insert(built(name))
    here.directory.groups["g1"] -= {"u00", "u01"}
    del here.directory.licences["u01"]
    here.directory.licences["u02"] = ()
    assert (await plan()).removals_seen == 3
    there = await records(here)
    in_grace = {user_id: pc.grace.cause for user_id, pc in there.items() if pc.grace is not None}
    assert in_grace == {
        "id-u00": RemovalCause.USER_LEFT_GROUP,
        "id-u01": RemovalCause.USER_DELETED,
        "id-u02": RemovalCause.LICENSE_REMOVED,
    }


async def test_a_list_that_lacks_most_asks_nobody_to_confirm_their_removal(here: PaperServices) -> None:
    here.directory.unlisted = set(EVERYBODY[5:])
    assert (await plan()).removals_seen == 0
    assert {pc.removal for pc in (await records(here)).values()} == {None}


async def test_a_member_of_two_groups_stays_where_one_list_lacks_them(here: PaperServices) -> None:
    """The Cloud PC is that of the policy of the first group."""
    other = things.policy(
        id="p2", display_name="Other", assignments=(Assignment(id="a2", group_id="g2", assigned_at=things.NOW),)
    )
    await here.policies.insert(other)
    here.directory.groups["g2"] = set(EVERYBODY)
    read = here.directory.group_users

    async def partial(group_id: str) -> list[Any]:
        return (await read(group_id))[:-2] if group_id == "g1" else await read(group_id)

    here.directory.unlisted = set()
    here.directory.group_users = partial  # type: ignore[method-assign]
    for name in LACKING:
        await here.cloud_pcs.insert(built(name, group_id="g1"))
    before = await records(here)
    assert (await plan()).removals_seen == 0
    assert await records(here) == before


@pytest.mark.parametrize("state", ["works", "is built"])
async def test_with_seats_too(here: PaperServices, state: str) -> None:
    """Users with a Cloud PC are asked about, even if the line for seats has never seen them."""
    settings = TenantSettings(licence_source=LicenceSource.SEATS, seats={"CPC_E_2C_8GB_128GB": 30})
    await here.tenants.change("contoso", lambda tenant: tenant.but(settings=settings))
    pcs = [built(name, plan=next(iter(seats())), **STATES[state]) for name in EVERYBODY]
    for pc in [each.value async for each in here.cloud_pcs.each("contoso")]:
        await here.cloud_pcs.remove("contoso", pc.id, seen=None)
    for pc in pcs:
        await here.cloud_pcs.insert(pc)
    assert (await plan()).removals_seen == 0
    assert await records(here) == {pc.user.id: pc for pc in pcs}


async def test_while_nobody_is_missing_nobody_is_asked_about(here: PaperServices) -> None:
    here.directory.unlisted = set()
    await plan()
    assert sorted(here.directory.reads) == ["group g1", "licensed users", "skus"]


async def test_the_missing_are_asked_about_twenty_at_a_time(here: PaperServices) -> None:
    for name in LACKING:
        await here.cloud_pcs.insert(built(name))
    await plan()
    asked = ["groups of 2 users", "2 users", "skus"]
    assert sorted(here.directory.reads) == sorted(["group g1", "licensed users", "skus", *asked])


async def test_who_is_one_too_many_to_be_asked_about_is_read_alone_later(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_questions, "MOST_ASKED", 1)
    for name in LACKING:
        await here.cloud_pcs.insert(built(name))
    here.directory.groups["g1"] -= set(LACKING)
    assert (await plan()).removals_seen == 1
    there = await records(here)
    assert [there[f"id-{name}"].status for name in LACKING] == [Status.IN_GRACE_PERIOD, Status.PROVISIONED]
    assert there[f"id-{LACKING[1]}"].held_back is not None
    due = await here.due.due(DueKind.REREAD, things.NOW + ASK_AGAIN)
    assert f"id-{LACKING[1]}" in {each.subject_id for each in due}
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso", user_ids=(f"id-{LACKING[1]}",)))
    last = (await records(here))[f"id-{LACKING[1]}"]
    assert (last.status, last.held_back) == (Status.IN_GRACE_PERIOD, None)


async def test_what_the_brake_stops_and_is_too_much_to_ask_about_waits_for_a_person(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_questions, "MOST_ASKED", 10)
    here.directory.unlisted = set(EVERYBODY[5:])
    assert (await plan()).removals_seen == len(EVERYBODY[5:-2])
    assert "groups" not in " ".join(here.directory.reads)
    there = await records(here)
    assert {there[f"id-{name}"].status for name in EVERYBODY[:-2]} == {Status.PROVISIONED}
