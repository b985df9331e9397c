"""Lives played on real tables and the simulated cloud: orchestrators run here, activities as they are deployed.

Every order is kept with its moment, so that it can be delivered again later.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import aiohttp.connector
import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_client_id

from packages.azure_simulator.tests.contract.running import Running, running
from shared.config import Settings
from shared.contracts.calls import EFFECT
from shared.contracts.definitions import Activity, Effect, Poll, Workflow
from shared.dependencies import Dependencies, use
from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.values import Value
from shared.storage.tables import Table, Tables
from tests.contract.worker import CloudClock
from tests.implementations import implementations, registered
from tests.integration import things
from tests.integration.furniture import names_of
from tests.integration.services import IdleHost
from tests.rate_limiters import MemoryRateLimiters
from tests.stories.tell import CURRENT

VISIBLE_AGAIN = timedelta(minutes=5)
"""After how long Azure Storage shows a message again (docs/host.md)."""
_LISTS = ("/devices", "/deviceManagement/managedDevices")


class LookFailedError(BaseException):
    """A test could not look at the life."""


@dataclass
class Task:
    """A task that an orchestrator yields."""

    kind: str
    name: str = ""
    payload: Any = None


class Context:
    """The part of Durable's context that the app uses, at the cloud's time."""

    version = CURRENT

    def __init__(self, clock: CloudClock, instance_id: str, order: dict[str, Any]) -> None:
        self._clock, self.instance_id, self._order = clock, instance_id, order
        self.next: dict[str, Any] | None = None

    @property
    def current_utc_datetime(self) -> datetime:
        return self._clock.now()

    def get_input(self) -> dict[str, Any]:
        return self._order

    def call_activity(self, name: str, payload: dict[str, Any]) -> Task:
        return Task("activity", name, payload)

    def call_sub_orchestrator(self, name: str, payload: dict[str, Any]) -> Task:
        return Task("workflow", name, payload)

    def create_timer(self, at: datetime) -> Task:
        return Task("timer", payload=at)

    def task_all(self, tasks: list[Task]) -> Task:
        return Task("all", payload=tasks)

    def continue_as_new(self, order: dict[str, Any]) -> None:
        self.next = order


@dataclass(frozen=True)
class Given:
    """An order as an activity got it, and its moment."""

    name: str
    payload: dict[str, Any]
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.name} {self.payload['order']}"


@dataclass
class Life:
    """A life: what runs in it, and every order that was given."""

    cloud: Running
    deps: Dependencies
    user: User
    host: IdleHost = field(default_factory=IdleHost)
    given: list[Given] = field(default_factory=list)
    wrote: bool = False  # a row was written
    after_each: Callable[[], Awaitable[None]] | None = None

    def now(self) -> datetime:
        return self.deps.clock.now()

    async def run(self, workflow: Workflow[Any, Any], order: Value) -> Any:
        """Play an orchestration to its end; return its outcome as JSON."""
        return await self._run(workflow.name, order.to_json(), f"life-{len(self.given)}")

    async def run_started(self, workflow: Workflow[Any, Any]) -> Any:
        """Play the orchestration that was started last to its end; return its outcome as JSON."""
        return await self._run(workflow.name, self.host.orders[-1], f"life-{len(self.given)}")

    async def do(self, activity: Activity[Any, Any, Any] | Poll[Any, Any, Any], order: Value) -> Any:
        """Give an order to an activity, as an orchestrator does; return its outcome as JSON."""
        payload = {"order": order.to_json(), "tickets": [], "orderedAt": self.now().isoformat()}
        return await self._answer(Task("activity", activity.name, payload), "life")

    async def deliver(self, given: Given) -> Any:
        """Call an activity with the order that it was given then."""
        function = inspect.unwrap(_functions()[given.name])
        arguments = [self.host] if "client" in inspect.signature(function).parameters else []
        return await function(copy.deepcopy(given.payload), *arguments)

    async def _run(self, name: str, order: dict[str, Any], instance_id: str) -> Any:
        while True:
            context = Context(self._clock, instance_id, order)
            outcome = await self._play(_functions()[name](context), instance_id)
            if context.next is None:
                return outcome
            order = context.next

    @property
    def _clock(self) -> CloudClock:
        return CloudClock(self.cloud)

    async def _play(self, steps: Any, instance_id: str) -> Any:
        answer, error = None, None
        while True:
            try:
                task = steps.throw(error) if error else steps.send(answer)
            except StopIteration as ended:
                return ended.value
            answer, error = None, None
            try:
                answer = await self._answer(task, instance_id)
            except Exception as failed:  # noqa: BLE001 - as Durable hands it to the orchestrator
                error = failed

    async def _answer(self, task: Task, instance_id: str) -> Any:
        match task.kind:
            case "timer":
                self.cloud.advance(max(0.0, (task.payload - self.now()).total_seconds()))
                return None
            case "all":
                return [await self._answer(each, instance_id) for each in task.payload]
            case "workflow":
                return await self._run(task.name, task.payload, f"{instance_id}:{len(self.given)}")
        given = Given(task.name, copy.deepcopy(task.payload), self.now())
        answer = await self.deliver(given)
        self.given.append(given)
        self.cloud.advance(1)  # no two orders are of one moment: what is later than an order is told by its moment
        await self._after()
        return answer

    async def _after(self) -> None:
        """Look at the life between two activities; an error of that is nothing that an orchestrator may catch."""
        try:
            if self.after_each is not None:
                await self.after_each()
        except Exception as error:
            raise LookFailedError from error

    def late(self) -> list[Given]:
        """Return every order that can be delivered again now: one that was given often as it was first, and last.

        Without those that read: what is held to its effect changes nothing, whenever it runs.
        """
        wanted = implementations()
        old = [
            each
            for each in self.given
            if each.at + VISIBLE_AGAIN <= self.now() and wanted[each.name].contract.effect is not Effect.READS
        ]
        firsts, lasts = {each.key: each for each in reversed(old)}, {each.key: each for each in old}
        return [each for each in old if each is firsts[each.key] or each is lasts[each.key]]

    def resources(self) -> dict[str, Any]:
        """Return the resources in Azure: each as it is shown, with the facts that Azure does not show.

        Without systemData, which changes with everything that is put, also where nothing else does.
        """
        self.cloud.advance(0)  # what has ended by now is not what the next order changes
        world = self.cloud.cloud.world
        found = {each.key: (_without_system_data(each.body), copy.deepcopy(each.facts)) for each in world.resources}
        return {**found, "operations": len(world.operations)}

    async def directory(self) -> dict[str, Any]:
        """Return the devices of the directory and of Intune."""
        return {path: await self.cloud.pages(path) for path in _LISTS}

    async def rows(self) -> dict[str, Any]:
        """Return all rows of all tables."""
        service, found = self.deps.tables.service(), {}
        for table in await names_of(self.deps.tables):
            async for row in service.get_table_client(table).list_entities():
                found[f"{table}/{row['PartitionKey']}/{row['RowKey']}"] = dict(row)
        return found


def _without_system_data(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "systemData"}


@cache
def _functions() -> dict[str, Any]:
    """Return the functions of activities and workflows as the worker calls them."""
    wanted = implementations()
    found = {}
    for each in registered():
        name = each.get_function_name()
        if name in wanted:
            function = each.get_user_function()
            found[name] = getattr(function, "orchestrator_function", function)
    return found


def _noticed(life: Life, write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def noticed(*arguments: Any, **options: Any) -> Any:
        assert EFFECT.get() is not Effect.READS, "an activity that reads has written a row"
        life.wrote = True
        return await write(*arguments, **options)

    return noticed


@asynccontextmanager
async def living(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tables: Tables, profile: str = "instant"
) -> AsyncIterator[Life]:
    """Run a cloud, by default without latencies, and the service on it, with a tenant, a site and a connection."""
    aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(certificates.bundle)
    async with running(certificates, monkeypatch, profile=profile) as cloud:
        settings = Settings.model_validate(
            {
                "tables_url": "https://127.0.0.1:1/",
                "queues_url": "https://127.0.0.1:1/",
                "key_vault_url": cloud.url,
                "arm_url": cloud.url,
                "graph_url": cloud.url,
                "authority_url": cloud.url,
                "provider_tenant_id": TENANT_ID,
                "api_audience": api_client_id(),
            }
        )
        deps: Any = Dependencies(settings, CloudClock(cloud), tables)
        deps.rate_limiters = MemoryRateLimiters()
        before = use(deps)
        try:
            await deps.tenants.insert(things.tenant(entra_tenant_id=TENANT_ID))
            await deps.sites.insert(things.site())
            await deps.connections.insert(things.connection())
            found = await deps.graph(things.tenant(entra_tenant_id=TENANT_ID)).user(f"user01@{DOMAIN}")
            life = Life(cloud, deps, User(id=found.id, user_principal_name=found.user_principal_name))
            for name in ("insert", "replace", "put", "delete", "write_all"):
                monkeypatch.setattr(Table, name, _noticed(life, getattr(Table, name)))
            yield life
        finally:
            use(before)
            await deps.close()
