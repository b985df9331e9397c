"""A worker that runs activities against the simulated cloud, as the orchestrators have them called."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp.connector
import jwt
import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_client_id

from deployment import roles
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION, Running, running
from shared.config import Settings
from shared.contracts.machines import POLL_OPERATION, OperationOrder
from shared.contracts.outcomes import Accepted, Pending, Ticket
from shared.contracts.tickets import TICKETS, PacedError
from shared.dependencies import Dependencies, use
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.networks.connection import Connection
from shared.domain.tenants.customer_role import BUILDER, condition
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value
from shared.errors import NotFoundError, ThrottledError, UnavailableError
from shared.storage.repository import Stored
from tests.implementations import AnyActivity, implementation
from tests.rate_limiters import MemoryRateLimiters

REGION = "westeurope"
GROUP = "desks"
_ARM = "https://management.azure.com"
TENANT = Tenant(id="contoso", display_name="Contoso", entra_tenant_id=TENANT_ID, subscription_id=SUBSCRIPTION)
SITE = Site(id="west", tenant_id="contoso", display_name="West", region=REGION, resource_group=GROUP)
UPN = f"user01@{DOMAIN}"


@dataclass
class CloudClock:
    """The cloud's clock, as the app sees it."""

    cloud: Running

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cloud.cloud.clock.now_us() / 1_000_000, UTC)


@dataclass
class Records:
    """Records, in memory, by id."""

    values: dict[str, Any] = field(default_factory=dict)

    async def get(self, *place: str) -> Stored[Any]:
        found = await self.find(*place)
        if found is None:
            raise NotFoundError(place[-1])
        return found

    async def find(self, *place: str) -> Stored[Any] | None:
        value = self.values.get(place[-1])
        return None if value is None else Stored(value, "1")

    async def each(self, tenant_id: str) -> AsyncIterator[Stored[Any]]:
        for value in self.values.values():
            if value.tenant_id == tenant_id:
                yield Stored(value, "1")

    async def of_user(self, tenant_id: str, user_id: str) -> list[Stored[CloudPc]]:
        found = [pc for pc in self.values.values() if (pc.tenant_id, pc.user.id) == (tenant_id, user_id)]
        return [Stored(pc, "1") for pc in found]


class NoRestores:
    """Nothing was restored."""

    async def comparing(self) -> frozenset[str]:
        return frozenset()


@dataclass
class Worker:
    """Runs activities; time moves when they ask for it."""

    cloud: Running
    deps: Dependencies
    user: User

    def keep(self, *values: CloudPc | Connection | Tenant) -> None:
        services: Any = self.deps
        records = {CloudPc: services.cloud_pcs, Connection: services.connections, Tenant: services.tenants}
        for value in values:
            records[type(value)].values[value.id] = value

    async def do(self, activity: AnyActivity, order: Value) -> Any:
        """Call an activity until it is neither paced nor throttled, and again as often as its contract allows."""
        tickets: tuple[Ticket, ...] = ()
        failures = 0
        for _ in range(50):
            held = TICKETS.set(tickets)
            try:
                outcome = await implementation(activity)(activity.accepts.model_validate(order.to_json()))
                return activity.returns.read(activity.returns.write(outcome))
            except PacedError as paced:
                tickets = (*tickets, *paced.tickets)
                self.cloud.advance(paced.after.total_seconds())
            except ThrottledError as throttled:
                self.cloud.advance(throttled.after.total_seconds() + 1)
            except UnavailableError:
                failures += 1
                if failures >= activity.retry.attempts:
                    raise
                self.cloud.advance(activity.retry.pause(failures).total_seconds())
            finally:
                TICKETS.reset(held)
        raise AssertionError(f"{activity.name} is throttled for ever")

    async def wait(self, activity: AnyActivity, order: Value, looks: int = 100) -> Any:
        """Look until it is no longer pending."""
        for _ in range(looks):
            outcome = await self.do(activity, order)
            if not isinstance(outcome, Pending):
                return outcome
            self.cloud.advance(outcome.after or 30)
        raise AssertionError(f"{activity.name} is pending for ever: {outcome.note}")

    async def finish(self, begun: Any) -> Any:
        """Wait for the end of what Azure has begun."""
        assert isinstance(begun, Accepted), begun
        order = OperationOrder(tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, region=REGION, operation=begun)
        return await self.wait(POLL_OPERATION, order)


async def limited(cloud: Running) -> None:
    """Give the service's identity what `infra/customer.bicep` gives, with its condition, and nothing else in Azure.

    What a test does beside the worker, somebody else does who may do everything.
    """
    mine = jwt.decode(await cloud.token(_ARM), options={"verify_signature": False})
    cloud.tokens[_ARM] = (await cloud.sim("tokens", {"name": "administrator", "audience": _ARM}))["access_token"]
    authorization = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
    role = f"{authorization}/roleDefinitions/{uuid.UUID(int=1)}"
    await cloud.arm("PUT", role, roles.definition(SUBSCRIPTION, BUILDER))
    given = {"roleDefinitionId": role, "principalId": mine["oid"], "principalType": "ServicePrincipal"}
    given |= {"condition": condition(), "conditionVersion": "2.0"}
    await cloud.arm("PUT", f"{authorization}/roleAssignments/{uuid.UUID(int=2)}", {"properties": given})
    principal = {"id": mine["oid"], "name": "deskwright", "appId": mine["appid"], "assigned": True}
    await cloud.sim("seed", {"principals": [{**principal, "roles": ["secrets.*"]}]})


@asynccontextmanager
async def working(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, *, profile: str = "fast", **seed: Any
) -> AsyncIterator[Worker]:
    """Run a cloud, and a worker composed for it."""
    # aiohttp makes its context when it is imported, too early for SSL_CERT_FILE to be set here.
    aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(certificates.bundle)
    async with running(certificates, monkeypatch, profile=profile, **seed) as cloud:
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
        made: Any = Dependencies(settings, CloudClock(cloud))
        made.rate_limiters, made.tenants = MemoryRateLimiters(), Records({TENANT.id: TENANT})
        made.sites, made.connections, made.cloud_pcs = Records({SITE.id: SITE}), Records(), Records()
        made.restores, made.orphan_scans = NoRestores(), Records()
        before = use(made)
        try:
            await limited(cloud)
            found = await made.graph(TENANT).user(UPN)
            yield Worker(cloud, made, User(id=found.id, user_principal_name=found.user_principal_name))
        finally:
            use(before)
            await made.close()
