"""Members of pools that wait deallocated: stopped by the engine of power, never under a user, started by a claim."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.provisioning import order_for
from shared.domain.cost.ledger import month_of
from shared.domain.policies.warm_pool import PoolState, WarmPool
from shared.domain.usage import Interval
from shared.errors import StaleError
from shared.services.cost.recording import months_of, record_cost
from shared.services.pools.filling import pool_due
from tests.integration import things
from tests.integration.pool_things import LOOK, MINUTE, PaperHosts, here, hosts, members, pool, ready
from tests.integration.services import IdleHost, PaperMachines, PaperServices
from tests.integration.test_reconciliation import plan, records

__all__ = ["here", "hosts"]


class Switched:
    """The power of machines on paper, and the requests to change it."""

    def __init__(self, hosts: PaperHosts) -> None:
        self.hosts, self.off, self.asked, self.lost = hosts, set[str](), list[str](), False

    async def instance_view(self, _group: str, name: str) -> Any:
        state = "deallocated" if name in self.off else "running"
        return SimpleNamespace(statuses=[SimpleNamespace(code=f"PowerState/{state}")])

    async def begin_deallocate(self, _group: str, name: str, *, polling: bool) -> None:
        assert polling is False
        self.asked.append(f"stop {name}")
        if not self.lost:
            self.off.add(name)
            self.hosts.status[name.replace("cpc", "host")] = "Unavailable"

    async def begin_start(self, _group: str, name: str, *, polling: bool) -> None:
        assert polling is False
        self.asked.append(f"start {name}")
        self.off.discard(name)
        self.hosts.status.pop(name.replace("cpc", "host"), None)


@pytest.fixture
def power(hosts: PaperHosts, monkeypatch: pytest.MonkeyPatch) -> Switched:
    paper = Switched(hosts)
    for name in ("instance_view", "begin_deallocate", "begin_start"):
        monkeypatch.setattr(PaperMachines, name, staticmethod(getattr(paper, name)), raising=False)
    return paper


async def set_pool(here: PaperServices, changed: WarmPool) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=(changed,)))


async def look(here: PaperServices) -> Any:
    return await pool_due(here, IdleHost(), LOOK)


DEALLOCATED = pool(desired=1, state=PoolState.DEALLOCATED)


async def test_a_member_of_a_deallocated_pool_is_stopped_once_and_stays_eligible(
    here: PaperServices, power: Switched
) -> None:
    member = await ready(here)
    await set_pool(here, DEALLOCATED)
    for _ in range(3):
        await look(here)
        here.hand.advance(16 * MINUTE)
    there = (await members(here))[member.id]
    assert power.asked == ["stop cpc-1"]
    assert (there.rests_since, there.parked_at, there.is_ready) == (things.NOW, None, True)


async def test_while_it_is_being_stopped_nobody_gets_it(here: PaperServices, power: Switched) -> None:
    await ready(here)
    await set_pool(here, DEALLOCATED)
    await look(here)
    assert power.off == {"cpc-1"}
    here.directory.groups["g1"] = {"ada"}
    await plan()
    assert (await records(here))["ada"].current.resources.vm_id is None


async def test_who_gets_it_has_it_started_first(here: PaperServices, power: Switched) -> None:
    member = await ready(here)
    await set_pool(here, DEALLOCATED)
    await look(here)
    here.hand.advance(6 * MINUTE)
    here.directory.groups["g1"] = {"ada"}
    await plan()
    ada = (await records(here))["ada"]
    order = order_for(ada, ada.current, things.tenant(), things.site(), things.connection())
    assert (ada.id, order.claimed, order.wakes, power.asked) == (member.id, True, True, ["stop cpc-1"])
    assert (order.anew().wakes, order.to_json()["wakes"]) == (False, True)


async def test_a_member_that_was_claimed_meanwhile_is_not_stopped(
    here: PaperServices, power: Switched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(here)
    await set_pool(here, DEALLOCATED)

    async def late(*_: Any, **__: Any) -> Any:
        raise StaleError("somebody has claimed it")

    monkeypatch.setattr(here.pool_members, "replace", late)
    await look(here)
    assert power.asked == []


async def test_a_stop_that_was_lost_is_asked_for_again(here: PaperServices, power: Switched) -> None:
    member = await ready(here)
    await set_pool(here, DEALLOCATED)
    power.lost = True
    await look(here)
    power.lost = False
    here.hand.advance(16 * MINUTE)
    await look(here)
    assert power.asked == ["stop cpc-1", "stop cpc-1"]
    assert (await members(here))[member.id].rests_since == here.clock.now()


async def test_a_pool_that_runs_again_has_its_members_started(here: PaperServices, power: Switched) -> None:
    member = await ready(here)
    await set_pool(here, DEALLOCATED)
    await look(here)
    await set_pool(here, pool(desired=1))
    here.hand.advance(16 * MINUTE)
    await look(here)
    here.hand.advance(16 * MINUTE)
    await look(here)
    there = (await members(here))[member.id]
    assert power.asked == ["stop cpc-1", "start cpc-1"]
    assert (there.rests_since, there.parked_at) == (None, None)


@pytest.mark.usefixtures("power")
async def test_a_member_that_rests_costs_its_disk_alone(here: PaperServices) -> None:
    here.hand.at = Interval.HOUR.begin(here.hand.at)
    await ready(here)
    await set_pool(here, DEALLOCATED)
    await look(here)
    here.hand.advance(timedelta(hours=1))
    await record_cost(here, "contoso", here.clock.now())
    (machine,) = await months_of(here, "contoso", month_of(here.clock.now().date()))
    assert (sum(machine.on), sum(machine.kept)) == (0, 60)
