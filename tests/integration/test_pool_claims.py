"""Claims of pool members on real tables: one conditional write, races, and a crash at each step."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.provisioning import order_for
from shared.domain.cloud_pcs.build import Step
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.pools.member import retired
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.pool_things import LOOK, MINUTE, NAMED_BY_CHANCE, here, hosts, members, pool, ready
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import pc_of, plan, records

__all__ = ["here", "hosts"]


async def test_a_user_gets_the_machine_of_the_pool_under_its_id(here: PaperServices) -> None:
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}
    planned = await plan()
    ada = (await records(here))["ada"]
    assert planned.groups == ((member.id,),)
    assert (ada.id, ada.status, ada.current.resources) == (
        member.id,
        Status.PENDING_PROVISION,
        member.current.resources,
    )
    assert (ada.current.resumed_at, ada.current.generation) == (Step.ASSIGN_USER, member.current.generation + 1)
    assert ada.current.pool is not None
    assert (ada.current.pool.claimed, ada.current.pool.asked_at) == (True, things.NOW)
    assert await members(here) == {}
    assert [due.subject_id for due in await here.due.due(DueKind.START, things.NOW + 9 * MINUTE)] == [member.id]
    assert await here.due.due(DueKind.POOL, things.NOW) == [LOOK]


async def test_its_build_goes_on_with_the_machine(here: PaperServices) -> None:
    await ready(here)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    ada = (await records(here))["ada"]
    order = order_for(ada, ada.current, things.tenant(), things.site(), things.connection())
    assert (order.claimed, order.in_pool, order.computer_name) == (True, False, "CPC-00001")
    assert order.resume is not None
    assert order.anew().claimed is False
    assert order.next_attempt().claimed is False


async def test_planning_again_keeps_the_machine_and_starts_it(here: PaperServices) -> None:
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    before = await records(here)
    here.hand.advance(MINUTE)
    await here.policies.change("contoso", "p1", lambda policy: policy.but(display_name="All"))
    assert (await plan()).groups == ((member.id,),)
    assert await records(here) == before


async def test_without_a_member_the_build_begins_at_once_and_says_so(here: PaperServices) -> None:
    here.directory.groups["g1"] = {"ada"}
    planned = await plan()
    ada = (await records(here))["ada"]
    assert planned.groups == ((pc_of("ada"),),)
    assert ada.current.pool is not None
    assert (ada.current.pool.claimed, ada.current.pool.why) == (False, "no member of the pool was ready")


async def test_without_a_pool_nothing_is_said_of_it(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=()))
    await plan()
    assert (await records(here))["ada"].current.pool is None


async def test_a_listed_cloud_pc_gives_way_to_the_id_of_the_member(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(assignments=()))
    await plan()
    assert (await records(here))["ada"].status is Status.NOT_PROVISIONED
    await here.policies.change("contoso", "p1", lambda _: things.policy().but(assignments=things.policy().assignments))
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=(pool(),)))
    await here.policies.change(
        "contoso", "p1", lambda p: p.but(configuration=p.configuration.but(naming_template=NAMED_BY_CHANCE))
    )
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}
    here.directory.licences.pop("bob")
    await plan()
    there = await records(here)
    assert there["ada"].id == member.id
    assert await here.cloud_pcs.find("contoso", pc_of("ada")) is None
    assert await here.cloud_pcs.claims_of("contoso", member.id, "id-ada", ["sku-1"]) == {"sku-1"}
    assert [entry["id"] for entry in await here.cloud_pcs.entries("contoso")] == [member.id]


@pytest.mark.parametrize(
    "changes",
    [
        {"unhealthy_since": things.NOW},
        {"parked_at": things.NOW},
        {"plan": things.plan("CPC_E_4C_16GB_128GB")},
        {"created_date_time": things.NOW - timedelta(hours=336)},
        {"ready_at": None},
    ],
)
async def test_what_is_not_fit_is_given_to_nobody(here: PaperServices, changes: dict[str, Any]) -> None:
    await ready(here, **changes)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    assert (await records(here))["ada"].id == pc_of("ada")
    assert len(await members(here)) == 1


async def test_a_retired_member_is_never_claimed(here: PaperServices) -> None:
    member = await ready(here)
    await here.pool_members.change("contoso", member.id, lambda there: retired(there, "smaller", things.NOW))
    here.directory.groups["g1"] = {"ada"}
    await plan()
    assert (await records(here))["ada"].id == pc_of("ada")


async def test_two_people_never_get_one_machine(here: PaperServices) -> None:
    """Ten plans at a time want the same few machines."""
    names = [f"user{number:02}" for number in range(30)]
    here.directory.groups["g1"] = set(names)
    here.directory.licences = dict.fromkeys(names, ("sku-1",))
    there = {(await ready(here, number)).id for number in range(1, 21)}
    for at in range(0, 30, 10):
        await asyncio.gather(*(plan(name) for name in names[at : at + 10]))
    pcs = await records(here)
    got = Counter(pc.id for pc in pcs.values())
    assert (len(pcs), max(got.values())) == (30, 1)
    claimed = {pc.id for pc in pcs.values() if pc.current.pool and pc.current.pool.claimed}
    assert (claimed, await members(here)) == (there, {})


async def test_one_user_never_gets_two_machines(here: PaperServices) -> None:
    """The same user is planned ten times at once, as by messages that come together."""
    here.directory.groups["g1"] = {"ada"}
    for number in range(1, 11):
        await ready(here, number)
    outcomes = await asyncio.gather(*(plan("ada") for _ in range(10)), return_exceptions=True)
    assert all(not isinstance(each, BaseException) or isinstance(each, UnavailableError) for each in outcomes)
    await plan("ada")
    pcs = [each.value async for each in here.cloud_pcs.each("contoso")]
    assert ([pc.user.id for pc in pcs], len(await members(here))) == (["id-ada"], 9)


async def test_a_member_that_is_retired_meanwhile_is_not_given(here: PaperServices) -> None:
    """The other side of the race: the claim has read it before."""
    member = await ready(here)
    read = await here.pool_members.get("contoso", member.id)
    await here.pool_members.change("contoso", member.id, lambda there: retired(there, "smaller", things.NOW))
    pc = things.cloud_pc("ada").but(id=member.id)
    with pytest.raises(StaleError):
        await here.cloud_pcs.claim(pc, here.pool_members.taken(read), None)
    assert await here.cloud_pcs.find("contoso", member.id) is None
    assert await here.cloud_pcs.claims_of("contoso", member.id, "id-ada", ["sku-1"]) == frozenset()


async def test_a_claimed_member_is_not_retired(here: PaperServices) -> None:
    member = await ready(here)
    read = await here.pool_members.get("contoso", member.id)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    with pytest.raises(NotFoundError):
        await here.pool_members.replace(retired(read.value, "smaller", things.NOW), seen=read.etag)


async def test_a_second_machine_for_a_licence_is_refused_by_the_write(here: PaperServices) -> None:
    first, second = await ready(here, 1), await ready(here, 2)
    read = [await here.pool_members.get("contoso", each.id) for each in (first, second)]
    await here.cloud_pcs.claim(things.cloud_pc("ada").but(id=first.id), here.pool_members.taken(read[0]), None)
    with pytest.raises(ConflictError):
        await here.cloud_pcs.claim(things.cloud_pc("ada").but(id=second.id), here.pool_members.taken(read[1]), None)
    assert set(await members(here)) == {second.id}


async def test_a_crash_before_the_write_leaves_the_member_and_the_next_plan_claims_it(here: PaperServices) -> None:
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}

    async def killed(*_: Any) -> Any:
        raise ConnectionResetError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.cloud_pcs, "claim", killed)
        with pytest.raises(ConnectionResetError):
            await plan()
    assert (set(await members(here)), await records(here)) == ({member.id}, {})
    await plan()
    assert (await records(here))["ada"].id == member.id


async def test_a_crash_after_the_write_leaves_a_cloud_pc_that_the_next_plan_starts(here: PaperServices) -> None:
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}
    real = here.cloud_pcs.claim

    async def killed(*given: Any) -> Any:
        await real(*given)
        raise ConnectionResetError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.cloud_pcs, "claim", killed)
        with pytest.raises(ConnectionResetError):
            await plan()
    assert (await plan()).groups == ((member.id,),)
    assert (await here.due.due(DueKind.START, things.NOW + 9 * MINUTE))[0].subject_id == member.id


async def test_who_loses_the_licence_before_the_build_begins_leaves_no_machine_behind(here: PaperServices) -> None:
    member = await ready(here)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    here.directory.licences = {"ada": ()}
    here.directory.groups["g1"] = set()
    await plan("ada")
    ada = (await here.cloud_pcs.get("contoso", member.id)).value
    assert (ada.status, ada.current.resources) == (Status.DEPROVISIONING, member.current.resources)
