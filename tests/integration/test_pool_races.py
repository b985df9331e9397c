"""Claims of pool members that die or are overtaken at each request: by a claim, a shrink, the age limit, a restore.

Each race has members and users of its own, and is played the other way round too. Then plans and looks follow until
nothing changes: each machine is in one record, each user has one Cloud PC for their licence, and no machine of a user
is one that is removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.clients.storage import Blobs
from shared.contracts.outcomes import Done
from shared.contracts.pools import CLAIM_ANOTHER, AnotherClaimed, AnotherOrder
from shared.domain.cloud_pcs.build import Step
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.pools.member import PoolMember
from shared.errors import DeskwrightError
from shared.services.maintenance.after_restore import end_comparison
from shared.services.maintenance.exporting import export_tables
from shared.services.maintenance.restoring import restore_tables
from shared.services.pools.filling import pool_due
from tests.integration import things
from tests.integration.killing import KilledError, race
from tests.integration.pool_things import LOOK, here, hosts, members, pool, ready
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_reconciliation import pc_of, plan

__all__ = ["here", "hosts"]
pytestmark = [pytest.mark.usefixtures("hosts"), pytest.mark.azurite]  # races at requests that leave the process

T = things.TENANT_ID
OTHERS = 1_000
"""The numbers of second members begin here."""
EVERY = 5
"""With each change of the code one moment in so many is played."""
FIRSTS = [0, *(pytest.param(first, marks=pytest.mark.long) for first in range(1, EVERY))]
Work = Callable[[], Awaitable[Any]]


class Scene:
    """One race: a member, two users, and work that can be done at any moment."""

    def __init__(self, here: PaperServices, number: int) -> None:
        self.here, self.number = here, number
        self.ada, self.bob = f"ada{number:03}", f"bob{number:03}"

    async def set_up(self) -> PoolMember:
        """Have a pool with its only member ready, and two users of the policy."""
        here = self.here
        await here.policies.change(T, "p1", lambda policy: policy.but(pools=(pool(desired=1),)))
        for left in (await members(here)).values():
            await here.pool_members.remove(T, left.id)
        here.directory.groups["g1"] = {*here.directory.groups["g1"], self.ada, self.bob}
        here.directory.licences |= {self.ada: ("sku-1",), self.bob: ("sku-1",)}
        return await ready(here, self.number)

    async def claim(self) -> None:
        """Plan the first user; the host plans again after a refusal."""
        await self._planned(self.ada)

    async def claim_by_another(self) -> None:
        await self._planned(self.bob)

    async def _planned(self, name: str) -> None:
        for _ in range(3):
            with suppress(DeskwrightError):
                await plan(name)
                return

    async def claim_and_die(self) -> None:
        with suppress(KilledError):
            await plan(self.ada)

    async def die(self) -> None:
        raise KilledError

    async def refuse(self) -> None:
        """Give the first user the member, and have Azure refuse it; another member is ready by then."""
        await self._planned(self.ada)
        (pc,) = [each.value for each in await self.here.cloud_pcs.of_user(T, f"id-{self.ada}")]
        begun = pc.after(Event.STARTED, at=self.here.clock.now()).with_current(attempt=1, step=Step.ASSIGN_USER)
        await self.here.cloud_pcs.change(T, pc.id, lambda _: begun)
        await ready(self.here, OTHERS + self.number)
        which = {"tenant_id": T, "cloud_pc_id": pc.id, "generation": pc.current.generation, "attempt": 1}
        self.order = AnotherOrder.model_validate({**which, "user_id": pc.user.id, "why": "it does not start"})

    async def claim_another_and_die(self) -> None:
        with suppress(KilledError):
            await perform(CLAIM_ANOTHER, self.order)

    async def shrink(self) -> None:
        """Make the pool smaller, and look at it."""
        await self.here.policies.change(T, "p1", lambda policy: policy.but(pools=(pool(desired=0, minimum=0),)))
        await self.look()

    async def age(self) -> None:
        """Let the members reach their age limit, and look at the pool."""
        self.here.hand.advance(timedelta(hours=pool().ttl_hours))
        try:
            await self.look()
        finally:
            self.here.hand.advance(-timedelta(hours=pool().ttl_hours))

    async def look(self) -> None:
        with suppress(DeskwrightError):
            await pool_due(self.here, IdleHost(), LOOK)

    async def ended(self, member: PoolMember) -> None:
        """Plan and look until all is as it stays, and compare."""
        for name in (self.ada, self.bob):
            await self._planned(name)
        await self.look()
        pcs = [stored.value async for stored in self.here.cloud_pcs.each(T)]
        mine = [pc for pc in pcs if pc.user.id in {f"id-{self.ada}", f"id-{self.bob}"}]
        assert sorted(pc.user.id for pc in mine) == [f"id-{self.ada}", f"id-{self.bob}"]
        assert {pc.status for pc in mine} == {Status.PENDING_PROVISION}
        machines = Counter(pc.current.resources.vm_id for pc in pcs if pc.current.resources.vm_id)
        machines.update(
            each.current.resources.vm_id or each.id for each in (await members(self.here)).values() if each.ready_at
        )
        assert max(machines.values(), default=1) == 1, machines
        assert machines[str(member.current.resources.vm_id)] <= 1
        for pc in mine:
            claims = await self.here.cloud_pcs.claims_of(T, pc.id, pc.user.id, ["sku-1"])
            assert claims == {"sku-1"}


Chosen = Callable[[Scene], tuple[Work, Work]]
RACES: dict[str, Chosen] = {
    "a claim that dies": lambda scene: (scene.claim_and_die, scene.die),
    "two claims": lambda scene: (scene.claim, scene.claim_by_another),
    "the same claim twice": lambda scene: (scene.claim, scene.claim),
    "a claim and a shrink": lambda scene: (scene.claim, scene.shrink),
    "a shrink and a claim": lambda scene: (scene.shrink, scene.claim),
    "a claim and the age limit": lambda scene: (scene.claim, scene.age),
    "the age limit and a claim": lambda scene: (scene.age, scene.claim),
}


async def raced(here: PaperServices, chosen: Chosen, number: int, at: int | None) -> int:
    """Play one race; return the number of requests of the first work."""
    scene = Scene(here, number)
    member = await scene.set_up()
    seen = await race(*chosen(scene), at)
    assert seen.overtaken is (at is not None)
    await scene.ended(member)
    return seen.requests


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("name", RACES)
async def test_each_member_is_of_one_user_and_nobody_has_two(here: PaperServices, name: str, first: int) -> None:
    for number in (1, 2):  # with the first, tables are made and what changes seldom is read
        requests = await raced(here, RACES[name], number, None)
    moments = range(first, requests, EVERY)
    assert len(moments) > 1, requests
    for number, at in enumerate(moments, 3):
        await raced(here, RACES[name], number, at)


@pytest.mark.parametrize("name", ["die", "claim_by_another", "shrink"])
@pytest.mark.parametrize("first", FIRSTS)
async def test_a_second_claim_gives_another_member_once(here: PaperServices, name: str, first: int) -> None:
    """The claim of another member dies or is overtaken at each request; the host delivers the order again."""

    async def refused(number: int, at: int | None) -> int:
        scene = Scene(here, number)
        member = await scene.set_up()
        await scene.refuse()
        seen = await race(scene.claim_another_and_die, getattr(scene, name), at)
        answer = await perform(CLAIM_ANOTHER, scene.order)
        (pc,) = [each.value for each in await here.cloud_pcs.of_user(T, scene.order.user_id)]
        if isinstance(answer, AnotherClaimed):
            assert (answer.cloud_pc_id, pc.status) == (pc.id, Status.PENDING_PROVISION)
            await scene.ended(member)
        else:  # the other member was faster gone: the build goes on anew with the machine that there is
            assert (name != "die", isinstance(answer, Done), pc.id) == (True, True, member.id)
        return seen.requests

    for number in (1, 2):
        requests = await refused(number, None)
    moments = range(first, requests, EVERY)
    assert len(moments) > 1, requests
    for number, at in enumerate(moments, 3):
        await refused(number, at)


def silent(_: str) -> None:
    """Nobody listens."""


async def restored(here: PaperServices, blobs: Blobs, number: int, at: int | None) -> None:
    """Add an export of before a claim to the records of now; the service was stopped after a request of the claim."""
    scene = Scene(here, number)
    member = await scene.set_up()
    # The first user has a record without a machine, which gives way to the one with the id of the member.
    here.directory.groups["g1"] -= {scene.ada}
    await plan(scene.ada)
    assert (await here.cloud_pcs.get(T, pc_of(scene.ada))).value.status is Status.NOT_PROVISIONED
    here.hand.advance(timedelta(hours=1))
    manifest = await export_tables(here.tables, blobs, here.clock.now())
    here.directory.groups["g1"] |= {scene.ada}

    async def dies() -> None:
        raise KilledError

    with suppress(KilledError):
        await race(scene.claim, dies, at)
    await restore_tables(here.tables, blobs, manifest.name, merge=True, report=silent)
    await end_comparison(here, T, here.clock.now())
    await scene.ended(member)


@pytest.mark.parametrize("first", FIRSTS)
async def test_an_export_of_before_a_claim_takes_nobodys_machine(here: PaperServices, blobs: Blobs, first: int) -> None:
    await restored(here, blobs, 1, None)  # after the whole claim
    requests = await raced(here, RACES["two claims"], 2, None)
    moments = range(first, requests, EVERY)
    assert len(moments) > 1, requests
    for number, at in enumerate(moments, 3):
        await restored(here, blobs, number, at)
