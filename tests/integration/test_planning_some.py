"""Planning for a few users: what it has to know of all the others, on real tables, with a directory on paper."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import request
from shared.domain.operations.operation import OperationStatus
from shared.domain.policies.policy import Assignment, Policy
from shared.domain.tenants.directory import SubscribedSku
from shared.domain.tenants.tenant import LicenceSource, RemovalBrake, TenantSettings
from shared.storage.due import LAST_READING, DueKind
from tests.integration import things
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import here, pc_of, plan, records

__all__ = ["here"]
PART = "CPC_E_2C_8GB_128GB"
SEAT = things.plan(PART, PART)
MINUTE = timedelta(minutes=1)


def second_policy() -> Policy:
    assignment = Assignment(id="a2", group_id="g2", assigned_at=things.NOW)
    return things.policy(id="p2", display_name="Second", assignments=(assignment,))


def in_grace(name: str, **changes: Any) -> CloudPc:
    grace = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=things.NOW, ends_at=things.NOW + timedelta(days=7))
    return things.cloud_pc(name, status=Status.IN_GRACE_PERIOD, grace=grace, **changes)


async def have_seats(here: PaperServices, number: int, **settings: Any) -> None:
    seats = TenantSettings(licence_source=LicenceSource.SEATS, seats={PART: number}, **settings)
    await here.tenants.change("contoso", lambda tenant: tenant.but(settings=seats))


async def test_a_user_whose_policy_leaves_before_the_build_gets_it_from_the_other_at_once(
    here: PaperServices,
) -> None:
    await here.policies.insert(second_policy())
    here.directory.groups["g2"] = {"ada"}
    await plan()
    await here.policies.change("contoso", "p1", lambda policy: policy.but(assignments=()))
    assert (await plan()).groups == ((pc_of("ada"),),)
    ada = (await records(here))["ada"]
    assert (ada.status, ada.current.snapshot and ada.current.snapshot.policy_id) == (Status.PENDING_PROVISION, "p2")


async def test_a_build_asked_for_by_hand_that_does_not_begin_has_its_operation_ended(here: PaperServices) -> None:
    await here.operations.insert(things.operation(id="retry", kind="retry"))
    await here.cloud_pcs.insert(things.cloud_pc("ada", operation_id="retry"))
    here.directory.groups["g1"].remove("ada")
    await plan()
    assert (await records(here))["ada"].status is Status.NOT_PROVISIONED
    told = (await here.operations.get("contoso", "retry")).value
    assert (told.status, told.error and told.error.code) == (OperationStatus.FAILED, "cancelled")


async def test_a_user_who_is_planned_alone_keeps_their_place_in_the_queue(here: PaperServices) -> None:
    names = ["ada", "bob", "cid"]
    here.directory.groups["g1"] = {*names, "old"}
    here.directory.licences = dict.fromkeys(names, ("sku-1",)) | {"old": ()}
    here.directory.skus = [here.directory.skus[0].but(enabled=1)]
    await here.cloud_pcs.insert(in_grace("old"))
    for name in names:
        await plan(name)
        here.hand.advance(timedelta(minutes=1))
    there = await records(here)
    assert [str(there[name].current.reason)[-len("position 1 in the queue") :] for name in names] == [
        f"position {place} in the queue" for place in (1, 2, 3)
    ]
    here.directory.skus = [here.directory.skus[0].but(enabled=2)]  # one more: it is Ada's, whoever is looked at first
    assert (await plan("cid")).groups == ()
    assert (await plan("ada")).groups == ((pc_of("ada"),),)


async def test_who_waits_for_a_seat_does_not_get_it_by_being_planned_alone(here: PaperServices) -> None:
    await have_seats(here, 1)
    await here.cloud_pcs.insert(in_grace("old", plan=SEAT))
    here.directory.groups["g1"] = {"bob"}
    await plan()
    assert (await plan("bob")).groups == ()
    assert "position 1 in the queue" in str((await records(here))["bob"].current.reason)


async def test_a_user_who_loses_a_seat_loses_it_by_a_message_about_them_alone(here: PaperServices) -> None:
    await have_seats(here, 2)
    for name in ("ada", "bob"):
        await here.cloud_pcs.insert(things.cloud_pc(name, status=Status.PROVISIONED, attempt=1, plan=SEAT))
    here.directory.groups["g1"] = {"bob"}
    await plan("ada")
    there = await records(here)
    assert (there["ada"].status, there["bob"].status) == (Status.IN_GRACE_PERIOD, Status.PROVISIONED)


async def test_a_group_that_answers_empty_takes_no_seats(here: PaperServices) -> None:
    await have_seats(here, 2)
    await here.policies.insert(second_policy())
    built = things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1, plan=SEAT)
    await here.cloud_pcs.insert(built)
    here.directory.groups = {"g1": set(), "g2": {"bob"}}
    await plan()
    ada = (await records(here))["ada"]
    assert (ada.status, ada.removal and ada.removal.confirmed_by) == (Status.PROVISIONED, None)
    assert "without a single user" in str(ada.removal and ada.removal.why)


async def test_the_brake_counts_what_plans_of_the_last_hour_have_taken(here: PaperServices) -> None:
    """Changes of many users are planned some at a time: together they are as many."""
    brake = RemovalBrake(count=2, percent=20)
    await here.tenants.change("contoso", lambda tenant: tenant.but(settings=TenantSettings(removal_brake=brake)))
    names = ["ada", "bob", "cid", "dan", "eve"]
    for name in names:
        await here.cloud_pcs.insert(things.cloud_pc(name, status=Status.PROVISIONED, attempt=1))
    here.directory.groups["g1"] = {"zoe"}
    here.directory.licences = dict.fromkeys(names, ("sku-1",))
    for name in names[:3]:
        await plan(name)
    there = await records(here)
    assert [there[name].status for name in names[:3]] == [*[Status.IN_GRACE_PERIOD] * 2, Status.PROVISIONED]
    assert "3 of 5 Cloud PCs" in str(there["cid"].removal and there["cid"].removal.why)
    here.hand.advance(timedelta(hours=1))
    await plan("dan")
    assert (await records(here))["dan"].status is Status.IN_GRACE_PERIOD


async def test_what_was_confirmed_does_not_count_for_the_brake(here: PaperServices) -> None:
    brake = RemovalBrake(count=1, percent=20)
    await here.tenants.change("contoso", lambda tenant: tenant.but(settings=TenantSettings(removal_brake=brake)))
    confirmed = Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=things.NOW, confirmed_by="admin")
    for name in ("ada", "bob", "cid"):
        removal = None if name == "cid" else confirmed
        await here.cloud_pcs.insert(things.cloud_pc(name, status=Status.PROVISIONED, attempt=1, removal=removal))
    here.directory.groups["g1"] = {"zoe"}
    here.directory.licences = dict.fromkeys(("ada", "bob", "cid"), ("sku-1",))
    await plan("ada", "bob")
    await plan("cid")
    assert (await records(here))["cid"].status is Status.IN_GRACE_PERIOD


@pytest.mark.parametrize(("held", "claims"), [(("sku-1", "sku-2"), 2), (("sku-1",), 1)])
async def test_a_resize_that_waits_when_its_group_is_left_is_over_and_what_came_is_not_built_for(
    here: PaperServices, held: tuple[str, ...], claims: int
) -> None:
    here.directory.skus.append(SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB", enabled=9))
    small = things.cloud_pc("ada", status=Status.PROVISIONED)
    waits = request(small, things.plan("CPC_E_4C_16GB_256GB", "sku-2"), "o1", 48, things.NOW - timedelta(hours=47))
    await here.cloud_pcs.insert(waits)
    here.directory.licences["ada"] = held
    here.directory.groups["g1"].remove("ada")
    await plan("ada")
    (ada,) = [stored.value for stored in await here.cloud_pcs.of_user("contoso", "id-ada")]
    assert (ada.status, len(ada.claims)) == (Status.IN_GRACE_PERIOD, claims)
    promised = await here.due.due(DueKind.REREAD, things.NOW + timedelta(hours=1))
    until = [due.at for due in promised if due.subject_id == "id-ada" and due.reads == LAST_READING]
    assert until == [each.until for each in (ada.swap,) if each]


async def test_a_group_that_is_gone_holds_what_rests_on_it_and_nothing_else(here: PaperServices) -> None:
    await here.policies.insert(second_policy())
    theirs = things.snapshot(policy_id="p2")
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1))
    await here.cloud_pcs.insert(things.cloud_pc("eve", status=Status.PROVISIONED, attempt=1, snapshot=theirs))
    here.directory.groups = {"g2": {"bob"}}
    here.directory.licences = dict.fromkeys(("ada", "bob", "eve"), ("sku-1",))
    await plan()
    there = await records(here)
    assert (there["ada"].status, there["eve"].status) == (Status.PROVISIONED, Status.IN_GRACE_PERIOD)
    assert "is gone" in str(there["ada"].removal and there["ada"].removal.why)


async def test_a_removal_waits_when_the_user_has_left_their_group_and_the_other_answers_empty(
    here: PaperServices,
) -> None:
    both = tuple(Assignment(id=g, group_id=g, assigned_at=things.NOW) for g in ("g1", "g3"))
    await here.policies.change("contoso", "p1", lambda policy: policy.but(assignments=both))
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1, group_id="g1"))
    here.directory.groups = {"g1": {"bob"}, "g3": {"ada"}}
    await plan("ada")
    assert (await records(here))["ada"].current.group_id == "g3"
    await here.policies.change("contoso", "p1", lambda policy: policy.but(assignments=both[1:]))
    here.directory.groups = {"g1": {"bob"}, "g3": set(), "g2": {"bob"}}
    await here.policies.insert(second_policy())
    await plan()
    ada = (await records(here))["ada"]
    assert (ada.status, ada.removal is not None) == (Status.PROVISIONED, True)


async def test_seats_go_to_who_was_seen_first_whatever_their_ids(here: PaperServices) -> None:
    await have_seats(here, 1)
    here.directory.groups["g1"] = {"zoe"}
    await plan()
    here.hand.advance(timedelta(minutes=1))
    here.directory.groups["g1"] = {"zoe", "bob", "ada"}
    await plan()
    await plan("ada")
    assert set(await records(here)) == {"zoe"}

    await have_seats(here, 2)
    here.hand.advance(timedelta(minutes=1))
    await plan()
    assert set(await records(here)) == {"zoe", "ada"}  # seen together: by id


@pytest.mark.parametrize(("away", "first"), [(timedelta(days=6), "zoe"), (timedelta(days=8), "bob")])
async def test_who_leaves_and_comes_back_within_a_week_has_the_old_place_in_line(
    here: PaperServices, away: timedelta, first: str
) -> None:
    await have_seats(here, 0)
    for names, lasts in (({"zoe"}, MINUTE), ({"zoe", "bob"}, MINUTE), ({"bob"}, away), ({"bob", "zoe"}, MINUTE)):
        here.directory.groups["g1"] = names
        await plan()
        here.hand.advance(lasts)
    await have_seats(here, 1)
    await plan()
    assert set(await records(here)) == {first}


async def test_a_list_that_lacks_somebody_gives_their_seat_to_nobody(here: PaperServices) -> None:
    """The directory says of zoe that they are a member; of yan it does not answer, and their seat stays free."""
    await have_seats(here, 0)
    here.directory.groups["g1"] = set()
    for name in ("zoe", "yan", "bob"):
        here.directory.groups["g1"].add(name)
        await plan()
        here.hand.advance(MINUTE)
    await have_seats(here, 2)
    here.directory.unlisted, here.directory.silent = {"zoe", "yan"}, {"yan"}
    for _ in range(3):
        await plan()
        here.hand.advance(MINUTE)
    assert set(await records(here)) == {"zoe"}
    here.directory.unlisted, here.directory.silent = set(), set()
    await plan()
    assert set(await records(here)) == {"zoe", "yan"}


async def test_the_seat_of_a_user_who_has_left_goes_to_the_next_in_line(here: PaperServices) -> None:
    await have_seats(here, 0)
    here.directory.groups["g1"] = set()
    for name in ("zoe", "bob"):
        here.directory.groups["g1"].add(name)
        await plan()
        here.hand.advance(MINUTE)
    here.directory.groups["g1"].remove("zoe")
    await plan()
    await have_seats(here, 1)
    reads = len(here.directory.reads)
    await plan()
    assert set(await records(here)) == {"bob"}
    assert not [read for read in here.directory.reads[reads:] if read.startswith("groups of")]  # asked about once
