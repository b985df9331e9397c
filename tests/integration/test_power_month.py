"""A month of a tenant: people work, operators act at once, rules change; at each minute nobody who works is stopped.

The engine, its records, due rows and actions are the app's, on tables in memory; the clock is put forward on the last
day. What a procedure does in Azure is played here: it closes the host, reads the sessions again and stops, or fails.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from bench.power_weeks import FIRST, Person, moment, people
from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd, RemoteOrder
from shared.contracts.session_hosts import SESSIONS_IN_THE_WAY
from shared.domain.cloud_pcs.action_forms import KeepAwakeForm, Nothing, PowerOffForm, TemporarySizeForm
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.operations.operation import Actor
from shared.domain.power.overriding import PowerOverrideForm
from shared.domain.tenants.directory import SubscribedSku
from shared.errors import ConflictError, UnavailableError
from shared.services.maintenance.due_rules import RULES
from shared.services.operations.action_context import ActionContext
from shared.services.power.by_hand import power_off, power_on
from shared.services.power.keeping_awake import keep_awake
from shared.services.power.overriding import override_power_schedule
from shared.services.power.schedules import update_power_schedule
from shared.services.power.temporary_sizes import resize_temporarily
from shared.storage.due import EVERYBODY, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, SCHEDULE, WORKS
from tests.integration.services import IdleHost, PaperServices, perform

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KINDS = (DueKind.POWER, DueKind.TEMPORARY_SIZE)
ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/New_York", None)
WORK_TAKES = 3 * MINUTE
_STOPS = frozenset({Remote.POWER_OFF, Remote.RESIZE_TEMPORARILY})


class StartingHost(IdleHost):
    """A host that remembers the remote actions that it was to start."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: dict[str, RemoteOrder] = {}

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        if name == "run_remote_action":
            self.begun.setdefault(instance_id, RemoteOrder.model_validate(order))
        return await super().start_new(name, instance_id, order)


@dataclass
class Month:
    """The tenant, its people by their Cloud PC, and the work that is being done. *counts*: events by their kind."""

    here: PaperServices
    azure: PaperDesks
    host: StartingHost
    persons: dict[str, Person]
    chance: random.Random
    unread: bool = False
    ends_at: dict[str, datetime] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    async def tick(self) -> None:
        """Play one minute: people, looks that are due, work that ends; check that nobody who works is stopped."""
        now = self.here.hand.at
        for pc_id, person in self.persons.items():
            self._sign_in(pc_id, person, now)
        for kind in KINDS:
            for due in await self.here.due.due(kind, now):
                later = await RULES[kind](self.here, self.host, due)
                await (self.here.due.postpone(due, later) if later else self.here.due.drop(due))
        await self._work(now)

    def _desk(self, pc_id: str) -> Desk:
        return self.azure.desks[f"spot-{pc_id}"]

    def _is_active(self, pc_id: str) -> bool:
        return "Active" in self._desk(pc_id).sessions.values()

    def _sign_in(self, pc_id: str, person: Person, now: datetime) -> None:
        active, disconnected = person.sessions_at(now)
        desk = self._desk(pc_id)
        if active and desk.power == "deallocated":
            desk.power = "running"  # the sign-in starts it
            self.counts["started by sign-in"] += 1
        elif active or (disconnected and desk.sessions):
            desk.sessions = {f"{pc_id}@contoso.example": "Active" if active else "Disconnected"}
        elif not disconnected:
            desk.sessions = {}

    async def _work(self, now: datetime) -> None:
        for instance, order in list(self.host.begun.items()):
            pc_id = order.machine.owner.id
            if instance not in self.ends_at:
                self.ends_at[instance] = now + WORK_TAKES
                if order.name in _STOPS and not order.force:
                    # by a reading of this minute: nobody was active when it was decided
                    assert not self._is_active(pc_id), (now, order)
                    assert not self.unread or self._desk(pc_id).power != "running", (now, order)
            if self.ends_at[instance] <= now:
                del self.host.begun[instance]
                await self._end(order)

    async def _end(self, order: RemoteOrder) -> None:
        pc_id, failure, size = order.machine.owner.id, None, ""
        desk = self._desk(pc_id)
        if order.name is Remote.POWER_ON:
            desk.power = "running"
        elif self._is_active(pc_id) and not order.force:
            failure = Failure(code=SESSIONS_IN_THE_WAY, message="1 active session would be lost")
        else:
            assert order.force or not self._is_active(pc_id)
            desk.sessions = {}
            if order.name is Remote.POWER_OFF:
                desk.power = "deallocated"
            elif order.plan is not None:
                size = "Standard_D4s_v5" if order.plan.v_cpu_count > 2 else "Standard_D2s_v5"
        end = RemoteEnd(
            tenant_id=order.machine.tenant_id,
            cloud_pc_id=pc_id,
            operation_id=order.operation_id,
            name=order.name,
            failure=failure,
            size=size,
            rests=order.rests if order.name is Remote.RESIZE_TEMPORARILY else None,
        )
        await perform(END_REMOTE_ACTION, end)
        self.counts[f"{order.name.value} {'refused' if failure else 'done'}"] += 1

    async def operators(self) -> None:
        """Let two operators act on one Cloud PC at once; who is refused is told so, and nothing else happens."""
        pc_id = self.chance.choice(sorted(self.persons))
        done = await asyncio.gather(*(self._act(pc_id, name) for name in ("adele", "bob")), return_exceptions=True)
        for each in done:
            self.counts["operator refused" if isinstance(each, Exception) else "operator"] += 1
            assert each is None or isinstance(each, ConflictError | UnavailableError), each

    async def _act(self, pc_id: str, name: str) -> None:
        here, now = self.here, self.here.hand.at
        actor = Actor(id=name, name=name)
        context = ActionContext(
            here, actor, things.tenant(), verb=f"x/cloudPCs/{name}", trace_id="t", now=now, seed=(name, str(now))
        )
        size = TemporarySizeForm(target_service_plan_id="sku-2", until_date_time=now + 5 * HOUR)
        override = PowerOverrideForm.model_validate({"signedOffInMinutes": 15, "untilDateTime": now + 6 * HOUR})
        asks: list[Callable[[], Awaitable[object]]] = [
            lambda: power_on(context, self.host, pc_id, Nothing()),
            lambda: power_off(context, self.host, pc_id, PowerOffForm(force=False)),
            lambda: keep_awake(context, self.host, pc_id, KeepAwakeForm(hours=self.chance.choice((0, 2, 8)))),
            lambda: override_power_schedule(context, self.host, pc_id, override),
            lambda: resize_temporarily(context, self.host, pc_id, size),
            lambda: self._zone(context),
        ]
        await self.chance.choice(asks)()

    async def _zone(self, context: ActionContext) -> None:
        stored = await self.here.power_schedules.get(things.TENANT_ID, SCHEDULE.id)
        await update_power_schedule(context, stored, {"timeZone": self.chance.choice(ZONES)})

    async def sessions(self, _group: str, _pool: str) -> Any:
        """List the sessions of the pool, unless nobody answers."""
        if self.unread:
            raise UnavailableError("no list of sessions now")
        for name in self.azure.desks:
            for each in self.azure._sessions(name):
                yield each


def cloud_pc(number: int) -> CloudPc:
    vm = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-hpc{number}"
    made = MADE.but(host_pool_id=desks._POOL, session_host=f"spot-pc{number}", vm_id=vm, size="Standard_D2s_v5")
    user = WORKS.user.but(id=f"u{number}", user_principal_name=f"pc{number}@contoso.example")
    return edited(WORKS.but(id=f"pc{number}", user=user), resources=made, snapshot=things.snapshot())


async def month(here: PaperServices, count: int, seed: int) -> Month:
    here.directory.skus.append(SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB", enabled=9))
    await here.power_schedules.insert(SCHEDULE)
    await here.policies.insert(things.policy().but(power_schedule_id=SCHEDULE.id))
    azure = on_paper(here)
    persons = {f"pc{number}": person for number, person in enumerate(people(count, seed, 0.1))}
    for number, pc_id in enumerate(persons):
        await here.cloud_pcs.insert(cloud_pc(number))
        azure.desks[f"spot-{pc_id}"] = Desk()
    chance = random.Random(seed)
    played = Month(here, azure, StartingHost(), persons, chance)
    azure.all_sessions = played.sessions  # type: ignore[method-assign]
    here.hand.at = moment(FIRST, 0)
    await here.due.put(DueKind.POWER, here.hand.at, things.TENANT_ID, EVERYBODY)
    return played


async def play(here: PaperServices, count: int, days: int, seed: int) -> Counter[str]:
    played = await month(here, count, seed)
    begins = here.hand.at
    while here.hand.at < begins + days * DAY:
        minute = (here.hand.at - begins) // MINUTE
        played.unread = minute % 1_700 < 45  # at another hour of each day
        if minute % 193 == 0:
            await played.operators()
        await played.tick()
        here.hand.advance(MINUTE)
    return played.counts


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("days", [2, 28])
async def test_a_month_of_a_tenant_stops_no_active_session(contoso: PaperServices, days: int) -> None:
    counts = await play(contoso, 3, days, seed=1)
    assert counts["powerOff done"] > 0, counts
    assert counts["operator"] > 0, counts
