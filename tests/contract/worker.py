"""A worker that runs activities against the simulated cloud, as the orchestrators have them called."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp.connector
import jwt
import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_client_id

from deployment import roles
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION, Running, running
from shared.config import Settings
from shared.contracts.calls import ORDERED_AT, TICKETS, PacedError
from shared.contracts.images import BUILDER as SMALL
from shared.contracts.images import CaptureOrder, ImportOrder
from shared.contracts.machines import POLL_OPERATION, NicOrder, OperationOrder, OsDiskOrder, Place, VmOrder
from shared.contracts.outcomes import Accepted, Pending, Ticket
from shared.dependencies import Dependencies, use
from shared.domain.cloud_pcs.build import Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.images.image import DeviceImageStatus
from shared.domain.networks.connection import Connection
from shared.domain.owner import OwnerKind
from shared.domain.spot.hosts.host import HostStep, HostTask
from shared.domain.spot.images.image_version import VersionStatus
from shared.domain.tenants.customer_role import BUILDER, condition
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value
from shared.errors import NotFoundError, ThrottledError, UnavailableError
from shared.storage.repository import Stored
from tests.cloud_pcs import cloud_pc
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

    async def each(self, tenant_id: str | None = None) -> AsyncIterator[Stored[Any]]:
        for value in self.values.values():
            if tenant_id is None or value.tenant_id == tenant_id:
                yield Stored(value, "1")

    def of_tenant(self, tenant_id: str) -> AsyncIterator[Stored[Any]]:
        return self.each(tenant_id)

    async def of_user(self, tenant_id: str, user_id: str) -> list[Stored[CloudPc]]:
        found = [pc for pc in self.values.values() if (pc.tenant_id, pc.user.id) == (tenant_id, user_id)]
        return [Stored(pc, "1") for pc in found]


def building(cloud_pc_id: str, made: Resources) -> CloudPc:
    """Return a Cloud PC of which just this machine is made."""
    return cloud_pc(
        id=cloud_pc_id,
        tenant_id=TENANT.id,
        user=User(id="u", user_principal_name=UPN),
        plan=SMALL,
        status=Status.PROVISIONING,
        display_name="Desk",
        created_date_time=datetime.now(UTC),
        last_modified_date_time=datetime.now(UTC),
        phase=Phase.BUILDING,
        step=Step.CREATE_VM,
        resources=made,
    )


def building_host(host_id: str, made: Resources) -> Any:
    """Return a host's record while its machine is being created."""
    return SimpleNamespace(
        work=SimpleNamespace(task=HostTask.BUILD), step=HostStep.CREATE_VM.value, resources=made, id=host_id
    )


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

    def forget(self, cloud_pc_id: str) -> None:
        services: Any = self.deps
        del services.cloud_pcs.values[cloud_pc_id]

    async def again(self, activity: AnyActivity, order: Value, at: datetime | None) -> Any:
        """Deliver an order again that was given at *at*, None: by a release that did not say it; nothing is kept."""
        held = ORDERED_AT.set(at)
        try:
            return await implementation(activity)(activity.accepts.model_validate(order.to_json()))
        finally:
            ORDERED_AT.reset(held)

    async def do(self, activity: AnyActivity, order: Value) -> Any:
        """Call an activity until it is neither paced nor throttled, and again as often as its contract allows."""
        tickets: tuple[Ticket, ...] = ()
        failures = 0
        for _ in range(50):
            held, ordered = TICKETS.set(list(tickets)), ORDERED_AT.set(self.deps.clock.now())
            try:
                with self.wanting(order):
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
                ORDERED_AT.reset(ordered)
        raise AssertionError(f"{activity.name} is throttled for ever")

    @contextmanager
    def wanting(self, order: Value) -> Iterator[None]:
        """While a machine is made or captured there is a record that it is, unless the test keeps one of its own."""
        if not isinstance(order, NicOrder | VmOrder | OsDiskOrder | ImportOrder | CaptureOrder):
            yield
            return
        services: Any = self.deps
        owner, machine = order.machine.owner, order.machine
        place = order.place if isinstance(order, VmOrder) else Place(region=machine.region, size="")
        made = Resources(computer_name=machine.computer_name, region=place.region, zone=place.zone, size=place.size)
        image: dict[str, Any] = {"operation_id": None, "machine_removed_at": None}
        pending = SimpleNamespace(status=DeviceImageStatus.PENDING, **image)
        sealing = SimpleNamespace(status=VersionStatus.SEALING, gallery_version_id=None, **image)
        checked = SimpleNamespace(checking_since=datetime.now(UTC), machine_removed_at=None)
        records: dict[OwnerKind, tuple[Records, Any]] = {
            OwnerKind.CLOUD_PC: (services.cloud_pcs, building(owner.id, made)),
            OwnerKind.SESSION_HOST: (services.session_hosts, building_host(owner.id, made)),
            OwnerKind.DEVICE_IMAGE: (services.images, pending),
            OwnerKind.IMAGE_VERSION: (services.image_versions, sealing),
            OwnerKind.CONNECTION_PROBE: (services.connections, checked),
        }
        repository, record = records[owner.kind]
        kept, known = repository.values, owner.id in repository.values
        kept.setdefault(owner.id, record)
        try:
            yield
        finally:
            if not known:
                del kept[owner.id]

    async def wait(self, activity: AnyActivity, order: Value, looks: int = 100) -> Any:
        """Look until it is no longer pending."""
        for _ in range(looks):
            outcome = await self.do(activity, order)
            if not isinstance(outcome, Pending):
                return outcome
            self.cloud.advance(outcome.after or 30)
        raise AssertionError(f"{activity.name} is pending for ever: {outcome.note}")

    async def finish(self, begun: Any) -> Any:
        """Wait for the end of an operation in Azure."""
        assert isinstance(begun, Accepted), begun
        order = OperationOrder(tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, region=REGION, operation=begun)
        return await self.wait(POLL_OPERATION, order)


async def limited(cloud: Running) -> None:
    """Give the service's identity the role of `infra/customer.bicep`, with its condition, and nothing else in Azure.

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
                "prices_url": cloud.url,
                "metrics_url": f"{cloud.url}/metrics/{{region}}",
                "authority_url": cloud.url,
                "provider_tenant_id": TENANT_ID,
                "api_audience": api_client_id(),
            }
        )
        made: Any = Dependencies(settings, CloudClock(cloud))
        made.rate_limiters, made.tenants = MemoryRateLimiters(), Records({TENANT.id: TENANT})
        made.sites, made.connections, made.cloud_pcs = Records({SITE.id: SITE}), Records(), Records()
        made.pool_members = Records()
        made.cloud_pc_powers, made.power_schedules = Records(), Records()
        made.session_hosts, made.images, made.image_versions = Records(), Records(), Records()
        made.restores, made.orphan_scans = NoRestores(), Records()
        made.deleted_cloud_pcs = Records()
        before = use(made)
        try:
            await limited(cloud)
            found = await made.graph(TENANT).user(UPN)
            yield Worker(cloud, made, User(id=found.id, user_principal_name=found.user_principal_name))
        finally:
            use(before)
            await made.close()
