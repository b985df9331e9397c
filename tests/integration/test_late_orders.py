"""Every order of a life is delivered again at later moments of it: what lives then stays, and no record goes back."""

import random
from collections.abc import AsyncIterator, Container
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from activities.policies import decisions
from shared.contracts.builds import CLEAN_UP, leftovers_of
from shared.contracts.desktops import DEPROVISION, DeprovisionOrder
from shared.contracts.provisioning import PROVISION, order_for
from shared.contracts.remote_actions import RUN_REMOTE_ACTION, remote_order
from shared.domain.cloud_pcs.cloud_pc import CloudPc, replanned
from shared.domain.cloud_pcs.lifecycle import Event
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.errors import NotFoundError
from shared.services.directory.second_questions import Claim
from shared.storage.tables import Tables
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.lives import Given, Life, living

pytestmark = pytest.mark.simulator


@pytest.fixture
async def life(certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tables: Tables) -> AsyncIterator[Life]:
    """A life of a user who is entitled to their Cloud PC as long as the test says so."""

    async def entitled(*_: Any) -> Claim:
        return Claim.STANDS

    monkeypatch.setattr(decisions, "ask_for_claim", entitled)
    async with living(certificates, monkeypatch, tables) as found:
        yield found


FAILS: dict[str, tuple[type[Exception], ...]] = {
    "prepare_spot_pool": (NotFoundError,),  # its group is gone
}
"""The errors that an old order may end with, by the name of its activity; with any other a test fails."""

ANEW: dict[str, str] = {
    "observe_spot_hosts": "records the hosts as they are now",
    "plan_spot_members": "plans by the directory as it is now",
    "plan_spot_hosts": "plans by the hosts as they are now",
    "scan_resource_group": "lists the orphans that there are now",
    "scan_host_pool": "lists the orphans that there are now",
    "scan_directory": "lists the orphans that there are now",
    "close_spot_reconcile": "asks for a run of the engine, which changes only what is to be changed now",
}
"""The activities that write rows by the present state, with the reason why that is right at any moment."""

EVERY = 5
"""Each pair of an order and a later moment is played in this number of lives, with old orders again after as many new
ones: delivered after each, they would wait so long for the limits of a VM that the work of the life is late.
"""

_TRIES = 10
"""Number of deliveries of an order that waits for a rate limit; the test fails if it still waits then."""


def each_after(first: int) -> Container[int]:
    """Return the moments of one of ``EVERY`` lives; lives are shorter than the last."""
    return range(first, 100_000, EVERY)


class Again:
    """Delivers old orders at *moments* (how many orders were given until then; None: at each), and compares."""

    def __init__(self, life: Life, moments: Container[int] | None = None) -> None:
        self.life, self.moments, self.delivered = life, moments, 0
        self.touched: list[tuple[str, str, list[str]]] = []
        self.waiting: list[str] = []
        self._rows: dict[str, Any] = {}

    async def __call__(self) -> None:
        life = self.life
        late = life.late() if self.moments is None or len(life.given) in self.moments else []
        if not late:
            return
        directory, self._rows = await life.directory(), await life.rows()
        life.wrote = False
        for given in late:
            if await self._deliver(given):
                directory = await life.directory()
        self._compare("one of all", directory, await life.directory())

    async def _deliver(self, given: Given) -> bool:
        """Deliver an order until it is carried out, or waits after some tries; compare; return whether time passed."""
        payload = given.payload
        for tried in range(_TRIES):
            before = self.life.resources()
            answer = await self._answer(replace(given, payload=payload))
            self._compare(given.name, before, self.life.resources())
            await self._compare_rows(given.name)
            if answer.get("kind") != "later":
                self.delivered += 1
                return tried > 0
            payload = {**payload, "tickets": answer.get("tickets", [])}
            self.life.cloud.advance(answer["after"])
        self.waiting.append(given.name)
        return True

    async def _answer(self, given: Given) -> dict[str, Any]:
        """Deliver an order once. What fails is delivered again by Azure Storage: that is what happens here anyway."""
        try:
            answer: dict[str, Any] = await self.life.deliver(given)
        except FAILS.get(given.name, ()):
            return {"kind": "failed"}
        return answer

    async def _compare_rows(self, name: str) -> None:
        if self.life.wrote:
            after = await self.life.rows()
            if name not in ANEW:
                self._compare(name, self._rows, after)
            self._rows, self.life.wrote = after, False

    def report(self) -> str:
        """Return the touched things, each kind by each order once, with the first moment, and orders that never ran."""
        found: dict[tuple[str, ...], str] = {
            (name,): f"{name} still waits after {_TRIES} deliveries" for name in self.waiting
        }
        for name, moment, keys in reversed(self.touched):
            kinds = sorted({"/".join(key.split("/")[:1] if key[0] != "/" else key.split("/")[-4:]) for key in keys})
            found[name, *kinds] = f"{name} after {moment}: {', '.join(kinds)}"
        return "\n".join(found.values())

    def _compare(self, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
        if changed:
            self.touched.append((name, self.life.given[-1].name, sorted(changed)))


async def record(life: Life) -> CloudPc:
    found = [stored.value async for stored in life.deps.cloud_pcs.each(things.TENANT_ID)]
    return found[0]


async def provision(life: Life, pc: CloudPc) -> None:
    tenant = (await life.deps.tenants.get(pc.tenant_id)).value
    site, connection = things.site(), (await life.deps.connections.get(pc.tenant_id, "c1")).value
    receipt = await life.run(PROVISION, order_for(pc, pc.current, tenant, site, connection))
    assert receipt["outcome"] in {"provisioned", "provisionedWithWarnings"}, receipt


async def act(life: Life, name: Remote, point: str | None = None) -> None:
    action = RemoteAction(
        name=name, operation_id=f"op-{name.value}", begun_at=life.now(), restore_point_id=point, automatic=True
    )
    pc = await record(life)
    after = await life.deps.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: begun(there, action))
    order = remote_order(after)
    assert order is not None
    ended = await life.run(RUN_REMOTE_ACTION, order)
    assert ended["outcome"] == "succeeded", (name, await record(life))
    life.cloud.advance(60)


async def reprovision(life: Life) -> None:
    pc = await record(life)
    anew = replanned(pc, Event.REPROVISIONED, life.now())
    await provision(life, await life.deps.cloud_pcs.change(pc.tenant_id, pc.id, lambda _: anew))
    life.cloud.advance(60)


async def leave(life: Life) -> None:
    pc = await record(life)
    lost = pc.after(Event.LOST, at=life.now()).after(Event.EXPIRED, at=life.now())
    await life.deps.cloud_pcs.change(pc.tenant_id, pc.id, lambda _: lost)
    of = {"tenant_id": pc.tenant_id, "cloud_pc_id": pc.id, "generation": pc.current.generation}
    await life.run(DEPROVISION, DeprovisionOrder.model_validate(of))
    life.cloud.advance(60)
    gone = await record(life)
    for order in leftovers_of(gone, gone.current):
        await life.run(CLEAN_UP, order.but(standing_alone=True))


async def a_whole_life(life: Life) -> None:
    """Provisioned, restarted, restored, built anew, taken out of use, cleaned up."""
    snapshot = things.snapshot(image=IMAGE)
    pc = things.cloud_pc(user=life.user, generation=int(life.now().timestamp()), snapshot=snapshot)
    await life.deps.cloud_pcs.insert(pc)
    await provision(life, pc)
    await act(life, Remote.REBOOT)
    await act(life, Remote.CREATE_SNAPSHOT, "point")
    await act(life, Remote.RESTORE, "point")
    await reprovision(life)
    await leave(life)
    life.cloud.advance(timedelta(minutes=6).total_seconds())


async def lived(life: Life, moments: Container[int] | None) -> Again:
    """Live a whole life, with old orders delivered again at *moments* and at its end."""
    again = Again(life, moments)
    life.after_each = again
    await a_whole_life(life)
    again.moments = None
    await again()
    return again


@pytest.mark.long
@pytest.mark.parametrize("first", range(EVERY))
async def test_a_life_of_a_cloud_pc_with_each_order_again_at_each_later_moment(life: Life, first: int) -> None:
    again = await lived(life, each_after(first))
    assert not again.report(), again.report()


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_life_of_a_cloud_pc_with_each_order_again_at_some_later_moments(life: Life, seed: int) -> None:
    again = await lived(life, random.Random(seed).sample(range(200), 10))
    assert not again.report(), again.report()
    assert again.delivered > 100
