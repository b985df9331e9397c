"""Members of a Spot Group that the directory's list lacks: on real tables, with a directory on paper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.outcomes import Done
from shared.contracts.spot_groups import (
    PLAN_SPOT_MEMBERS,
    REVOKE_SPOT_MEMBERS,
    MemberRightsOrder,
    MembersPlanned,
    SpotGroupOrder,
    SpotPool,
)
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Assignment
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.members import UNANSWERED, MemberStatus, Rights, SpotMember
from shared.storage.due import DueKind
from tests.integration import desks, things
from tests.integration.services import PaperServices, perform
from tests.integration.test_reconciliation import here as office

__all__ = ["office"]
ORDER = SpotGroupOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID)
POOL = SpotPool(
    subscription_id=things.SUBSCRIPTION,
    host_pool_id="/pool",
    application_group_id="/group",
    resource_group="rg",
    join_type=JoinType.AZURE_AD_JOIN,
)
NAMES = [f"user{number:02}" for number in range(30)]
SOON = timedelta(minutes=10)


@pytest.fixture
async def here(office: PaperServices) -> PaperServices:
    """Thirty members for 25 places, each seen a minute after the one before; those with a place have their rights."""
    assigned = (Assignment(id="a", group_id="staff", assigned_at=things.NOW),)
    await office.spot_groups.insert(desks.spot_group(quantity=25, assignments=assigned))
    office.directory.groups["staff"] = set()
    for name in NAMES:
        office.hand.advance(timedelta(minutes=1))
        office.directory.groups["staff"].add(name)
        await perform(PLAN_SPOT_MEMBERS, ORDER)
    await settle(office)
    return office


async def settle(here: PaperServices) -> None:
    """Give everybody who has a place their rights."""
    async for each in here.spot_members.each("contoso", group_id=desks.GROUP_ID):
        if each.value.rights is Rights.GRANTING:
            await here.spot_members.change("contoso", each.value.id, lambda there: there.but(rights=Rights.GRANTED))


async def members(here: PaperServices) -> dict[str, SpotMember]:
    found = here.spot_members.each("contoso", group_id=desks.GROUP_ID)
    return {each.value.user_id.removeprefix("id-"): each.value async for each in found}


async def line(here: PaperServices) -> list[str]:
    found = (await members(here)).items()
    return [name for name, _ in sorted(found, key=lambda each: (each[1].first_seen_date_time, each[0]))]


async def is_read_again_soon(here: PaperServices) -> bool:
    rows = await here.due.due(DueKind.SPOT, here.clock.now() + SOON)
    return any(row.subject_id == desks.GROUP_ID for row in rows)


async def plan() -> MembersPlanned:
    planned: MembersPlanned = await perform(PLAN_SPOT_MEMBERS, ORDER)
    return planned


async def test_a_list_that_lacks_two_of_thirty_takes_nothing_from_anybody(here: PaperServices) -> None:
    """28 were listed; of the two the directory says that they are members when it is asked about them."""
    before = await members(here)
    here.directory.unlisted = {"user03", "user27"}
    await here.spot_states.insert(SpotGroupState(id=desks.GROUP_ID, tenant_id="contoso"))
    assert (await plan()).revocations == ()
    assert (await here.spot_states.get("contoso", desks.GROUP_ID)).value.members_seen_at == here.clock.now()
    assert await members(here) == before
    assert await is_read_again_soon(here)


async def test_who_has_left_is_a_leaver_and_back_in_the_old_place_when_they_return(here: PaperServices) -> None:
    here.directory.groups["staff"] -= {"user03", "user28"}
    planned = await plan()
    leaver = (await members(here))["user03"]
    assert planned.revocations == ((leaver.id,),)
    assert leaver.status is MemberStatus.LEAVING
    assert "user28" not in await members(here)  # waited, and had no rights
    await here.spot_members.remove("contoso", leaver.id)  # as the revocation does
    assert set((await plan()).grants[0]) == {(await members(here))["user25"].id}
    await settle(here)

    here.hand.advance(timedelta(days=5))
    here.directory.groups["staff"] |= {"user03", "user28"}
    await plan()
    assert await line(here) == NAMES
    assert (await members(here))["user03"].counts
    assert (await members(here))["user25"].status is MemberStatus.WAITING
    assert [each async for each in here.former_members.each("contoso")] == []


async def test_a_member_without_an_answer_stays_visibly_and_is_asked_about_again(here: PaperServices) -> None:
    """A departure is believed when the directory says so; the others of the same request get their answer."""
    here.directory.groups["staff"] -= {"user03", "user04"}
    here.directory.silent = {"user03"}
    planned = await plan()
    there = await members(here)
    assert (there["user03"].status, there["user03"].held_because) == (MemberStatus.REMOVAL_HELD, UNANSWERED)
    assert there["user03"].rights is Rights.GRANTED
    assert planned.revocations == ((there["user04"].id,),)
    assert await is_read_again_soon(here)

    here.directory.silent = set()
    await plan()
    assert (await members(here))["user03"].status is MemberStatus.LEAVING


async def test_nine_of_ten_who_leave_at_once_wait_for_a_confirmation(here: PaperServices) -> None:
    """The brake's ten are more than a small group has: of ten members five may go."""
    here.directory.groups["staff"] = set(NAMES[:10])
    await here.spot_groups.change("contoso", desks.GROUP_ID, lambda group: group.but(quantity=10))
    async for each in here.spot_members.each("contoso", group_id=desks.GROUP_ID):
        if each.value.user_id.removeprefix("id-") not in NAMES[:10]:
            await here.spot_members.remove("contoso", each.value.id)
    here.directory.groups["staff"] = {"user00"}
    planned = await plan()
    assert (planned.held, planned.revocations) == (9, ())
    here.directory.groups["staff"] = set(NAMES[:5])
    planned = await plan()
    assert sum(map(len, planned.revocations)) + planned.held == 5


async def test_who_came_back_between_the_plan_and_the_revocation_keeps_their_rights(here: PaperServices) -> None:
    """So does a user if the directory does not answer about them; both are planned again soon."""
    here.directory.groups["staff"] -= {"user03", "user04"}
    (ids,) = (await plan()).revocations
    here.directory.groups["staff"].add("user03")
    here.directory.silent = {"user04"}
    order = MemberRightsOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID, member_ids=ids, pool=POOL)
    assert await perform(REVOKE_SPOT_MEMBERS, order) == Done()
    there = await members(here)
    assert {there[name].rights for name in ("user03", "user04")} == {Rights.GRANTED}
    assert await is_read_again_soon(here)
    here.directory.silent = set()
    (again,) = (await plan()).revocations
    assert again == (there["user04"].id,)
    assert (await members(here))["user03"].status is MemberStatus.ENTITLED
