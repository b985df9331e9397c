"""A claim that Azure refuses: the user gets one other member, the first machine is removed, and nobody gets two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.outcomes import Done, Superseded
from shared.contracts.pools import CLAIM_ANOTHER, AnotherClaimed, AnotherOrder
from shared.contracts.provisioning import order_for
from shared.domain.cloud_pcs.build import Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Phase, Status
from shared.domain.cloud_pcs.progress import progress
from shared.domain.pools.member import retired
from shared.services.pools.filling import pool_due
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.pool_things import LOOK, MINUTE, here, hosts, members, ready
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_reconciliation import plan, records

__all__ = ["here", "hosts"]
WHY = "cpc-1 does not start: no hardware"


async def refused(here: PaperServices) -> tuple[CloudPc, AnotherOrder]:
    """Give the only member to Ada, and begin her build; return her Cloud PC, and the order of the refusal."""
    await ready(here, 1)
    here.directory.groups["g1"] = {"ada"}
    await plan("ada")
    ada = (await records(here))["ada"]
    begun = ada.after(Event.STARTED, at=things.NOW).with_current(attempt=1, step=Step.ASSIGN_USER)
    await here.cloud_pcs.change("contoso", ada.id, lambda _: begun)
    order = AnotherOrder(
        tenant_id="contoso",
        cloud_pc_id=ada.id,
        generation=ada.current.generation,
        attempt=1,
        user_id=ada.user.id,
        why=WHY,
    )
    return begun, order


async def test_the_user_gets_the_other_member_and_the_first_machine_is_retired(here: PaperServices) -> None:
    first, order = await refused(here)
    other = await ready(here, 2)
    assert await perform(CLAIM_ANOTHER, order) == AnotherClaimed(cloud_pc_id=other.id)
    ada = (await records(here))["ada"]
    assert (ada.id, ada.status, ada.current.resources) == (other.id, Status.PENDING_PROVISION, other.current.resources)
    use, before = ada.current.pool, first.current.pool
    assert use is not None
    assert before is not None
    assert (use.claimed, use.asked_at, use.instead_of, use.why) == (True, before.asked_at, first.id, WHY)
    there = (await members(here))[first.id]
    assert (there.status, there.current.reason, there.user.id) == (Status.DEPROVISIONING, WHY, "")
    assert there.current.resources == first.current.resources
    assert await here.cloud_pcs.claims_of("contoso", other.id, "id-ada", ["sku-1"]) == {"sku-1"}
    assert [entry["id"] for entry in await here.cloud_pcs.entries("contoso")] == [other.id]
    assert other.id in [due.subject_id for due in await here.due.due(DueKind.START, things.NOW + 9 * MINUTE)]


async def test_the_second_is_the_last(here: PaperServices) -> None:
    await refused(here)
    other = await ready(here, 2)
    ada = (await records(here))["ada"]
    orders = [order_for(ada, ada.current, things.tenant(), things.site(), things.connection())]
    await perform(CLAIM_ANOTHER, (await order_of(here, ada)))
    ada = (await records(here))["ada"]
    orders.append(order_for(ada, ada.current, things.tenant(), things.site(), things.connection()))
    assert ada.id == other.id
    assert [(order.claimed, order.another) for order in orders] == [(True, True), (True, False)]


async def order_of(here: PaperServices, pc: CloudPc) -> AnotherOrder:
    del here
    which = {"tenant_id": "contoso", "cloud_pc_id": pc.id, "generation": pc.current.generation, "attempt": 1}
    return AnotherOrder.model_validate({**which, "user_id": pc.user.id, "why": WHY})


async def test_the_same_order_again_finds_what_it_has_given(here: PaperServices) -> None:
    _, order = await refused(here)
    other, third = await ready(here, 2), await ready(here, 3)
    first_answer = await perform(CLAIM_ANOTHER, order)
    assert await perform(CLAIM_ANOTHER, order) == first_answer
    assert len([each for each in (await members(here)).values() if not each.is_going]) == 1
    assert {other.id, third.id} > {first_answer.cloud_pc_id}


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_beside_the_write_loses_nobody(here: PaperServices, *, after: bool) -> None:
    first, order = await refused(here)
    other = await ready(here, 2)
    real = here.cloud_pcs.claim

    async def killed(*given: Any) -> Any:
        if after:
            await real(*given)
        raise ConnectionResetError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.cloud_pcs, "claim", killed)
        with pytest.raises(ConnectionResetError):
            await perform(CLAIM_ANOTHER, order)
    assert await perform(CLAIM_ANOTHER, order) == AnotherClaimed(cloud_pc_id=other.id)
    assert {pc.id for pc in (await records(here)).values()} == {other.id}
    assert set(await members(here)) == {first.id}


async def test_without_another_member_nothing_changes(here: PaperServices) -> None:
    first, order = await refused(here)
    assert isinstance(await perform(CLAIM_ANOTHER, order), Done)
    assert (await records(here))["ada"] == first


async def test_a_build_that_was_overtaken_gets_none(here: PaperServices) -> None:
    _, order = await refused(here)
    await ready(here, 2)
    assert isinstance(await perform(CLAIM_ANOTHER, order.but(attempt=2)), Superseded)
    assert isinstance(await perform(CLAIM_ANOTHER, order.but(cloud_pc_id="nobody")), Superseded)


async def test_a_member_that_is_retired_meanwhile_is_not_given(here: PaperServices) -> None:
    first, order = await refused(here)
    other = await ready(here, 2)
    real = here.cloud_pcs.claim

    async def late(*given: Any) -> Any:
        await here.pool_members.change("contoso", other.id, lambda there: retired(there, "smaller", things.NOW))
        return await real(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.cloud_pcs, "claim", late)
        assert isinstance(await perform(CLAIM_ANOTHER, order), Done)
    assert {pc.id for pc in (await records(here)).values()} == {first.id}
    assert set(await members(here)) == {other.id}


@pytest.mark.usefixtures("hosts")
async def test_the_machine_that_azure_refused_is_removed_by_the_look_at_the_pool(here: PaperServices) -> None:
    first, order = await refused(here)
    await ready(here, 2)
    await perform(CLAIM_ANOTHER, order)
    await pool_due(here, IdleHost(), LOOK)
    assert (await members(here))[first.id].current.phase is Phase.LEAVING
    due = [each.subject_id for each in await here.due.due(DueKind.CLEAN_UP, here.clock.now())]
    assert first.id in due


async def test_the_person_sees_which_machine_they_have_and_why(here: PaperServices) -> None:
    _, order = await refused(here)
    now = datetime.now(UTC)
    seen = [progress((await records(here))["ada"], now).warm_pool]
    await ready(here, 2)
    await perform(CLAIM_ANOTHER, order)
    seen.append(progress((await records(here))["ada"], now).warm_pool)
    here.directory.groups["g1"] = {"ada", "bob"}
    await here.pool_members.remove("contoso", (await records(here))["ada"].id)
    await plan("bob")
    seen.append(progress((await records(here))["bob"], now).warm_pool)
    found = [(each.claimed, each.why) for each in seen if each is not None]
    assert found == [(True, None), (True, WHY), (False, "no member of the pool was ready")]
