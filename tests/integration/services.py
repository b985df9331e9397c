"""The service on real tables, with a clock that a test moves and a directory that a test fills."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from azure.mgmt.compute.models import VirtualMachine
from azure_simulator.prices.items import all_items

from shared.config import Settings
from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.dependencies import Dependencies, use
from shared.domain.cloud_pcs.load import MachineMetrics
from shared.domain.notices.delivery import Tried
from shared.domain.tenants.directory import DirectoryUser, Group, SubscribedSku
from shared.domain.tenants.needs import VIRTUAL_DESKTOP
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError, UnavailableError
from shared.storage.tables import Tables
from tests.implementations import implementation
from tests.integration import things


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class PaperDirectory:
    """A directory of a few lines: groups of user names, licences by user name.

    *unlisted*: users that the lists of their groups lack; *silent*: it answers no question about these users.
    *mail*: the addresses of users who have another one than their principal name; empty for users without one.
    *renamed*: the principal names of users who have another one than at first.
    *starts_machines*: it has Azure Virtual Desktop.
    """

    def __init__(self) -> None:
        self.groups: dict[str, set[str]] = {}
        self.licences: dict[str, tuple[str, ...]] = {}
        self.unlisted: set[str] = set()
        self.silent: set[str] = set()
        self.disabled: set[str] = set()
        self.renamed: dict[str, str] = {}
        self.countries: dict[str, str] = {}
        self.mail: dict[str, str] = {}
        self.switched_off: dict[str, dict[str, frozenset[str]]] = {}
        self.skus = [SubscribedSku(sku_id="sku-1", sku_part_number="CPC_E_2C_8GB_128GB", enabled=100, consumed=1)]
        self.reads: list[str] = []
        self.applications: dict[str, str] = {}
        self.starts_machines = True

    def _user(self, name: str) -> DirectoryUser:
        return DirectoryUser(
            id=f"id-{name}",
            user_principal_name=self.renamed.get(name, f"{name}@contoso.example"),
            display_name=name.title(),
            account_enabled=name not in self.disabled,
            sku_ids=self.licences.get(name, ()),
            disabled=self.switched_off.get(name, {}),
        )

    async def request(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        """Raise MissingError: the directory has no application."""
        raise MissingError(Refused(code="Request_ResourceNotFound", message=f"{method} {path}"))

    async def service_principal_id(self, client_id: str) -> str | None:
        """Return an id for Azure Virtual Desktop, unless the directory lacks it; there are no other applications."""
        return "virtual-desktop" if client_id == VIRTUAL_DESKTOP and self.starts_machines else None

    async def group(self, group_id: str) -> Group:
        if group_id not in self.groups:
            raise NotFoundError(group_id)
        return Group(id=group_id, display_name=group_id, security_enabled=True)

    async def service_principal_name(self, object_id: str) -> str:
        self.reads.append(f"application {object_id}")
        if object_id not in self.applications:
            raise NotFoundError(object_id)
        return self.applications[object_id]

    async def group_users(self, group_id: str) -> list[DirectoryUser]:
        self.reads.append(f"group {group_id}")
        if group_id not in self.groups:
            raise NotFoundError(group_id)
        return [self._user(name) for name in sorted(self.groups[group_id] - self.unlisted)]

    async def licensed_users(self, sku_ids: Iterable[str]) -> list[DirectoryUser]:
        self.reads.append("licensed users")
        wanted = set(sku_ids)
        return [self._user(name) for name, held in self.licences.items() if wanted & set(held)]

    async def user(self, id_or_upn: str) -> DirectoryUser:
        self.reads.append(f"user {id_or_upn}")
        name = id_or_upn.removeprefix("id-")
        if name not in self.licences and all(name not in members for members in self.groups.values()):
            raise NotFoundError(id_or_upn)
        return self._user(name)

    async def mail_address(self, user_id: str) -> str:
        self.reads.append(f"mail of {user_id}")
        self._answer(user_id)
        found = await self.user(user_id)
        return self.mail.get(user_id.removeprefix("id-"), found.user_principal_name)

    async def usage_location(self, user_id: str) -> str:
        self._answer(user_id)
        return self.countries.get(user_id.removeprefix("id-"), "")

    async def users_by_id(self, user_ids: list[str]) -> dict[str, DirectoryUser]:
        """As Graph's client asks: one request for twenty users."""
        self.reads += [f"{len(user_ids[at : at + 20])} users" for at in range(0, len(user_ids), 20)]
        self._answer(*user_ids)
        there = {*self.licences, *(name for members in self.groups.values() for name in members)}
        among = {user_id: user_id.removeprefix("id-") for user_id in user_ids}
        return {user_id: self._user(name) for user_id, name in among.items() if name in there}

    async def users(self, search: str, most: int) -> list[DirectoryUser]:
        self.reads.append(f"users {search}")
        names = sorted({*self.licences, *(name for members in self.groups.values() for name in members)})
        return [self._user(name) for name in names if name.startswith(search)][:most]

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        self.reads.append(f"groups of {user_id}")
        self._answer(user_id)
        return frozenset(g for g in group_ids if user_id.removeprefix("id-") in self.groups.get(g, ()))

    async def groups_of_users(self, user_ids: list[str], group_ids: list[str]) -> dict[str, frozenset[str]]:
        """As Graph's client asks: one request for twenty users."""
        self.reads += [f"groups of {len(user_ids[at : at + 20])} users" for at in range(0, len(user_ids), 20)]
        self._answer(*user_ids)
        among = {user_id: user_id.removeprefix("id-") for user_id in user_ids}
        return {
            user_id: frozenset(g for g in group_ids if name in self.groups.get(g, ()))
            for user_id, name in among.items()
        }

    def _answer(self, *user_ids: str) -> None:
        if self.silent & {user_id.removeprefix("id-") for user_id in user_ids}:
            raise UnavailableError("Graph answered 503")

    async def holders(self, names: Sequence[str]) -> dict[str, str]:
        self.reads.append(f"holders of {', '.join(names)}")
        if self.silent:
            raise UnavailableError("Graph answered 503")
        everybody = {*self.licences, *(name for members in self.groups.values() for name in members)}
        now = {self._user(name).user_principal_name.casefold(): f"id-{name}" for name in everybody}
        return {name: now[name.casefold()] for name in names if name.casefold() in now}

    async def subscribed_skus(self) -> list[SubscribedSku]:
        self.reads.append("skus")
        return self.skus


class PaperAzure:
    """Machines in Azure: all but those that are named as *gone*; nothing is known while it is *silent*.

    *machines*: those that lists show, by resource group; *listed*: which groups were listed.
    """

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.silent = False
        self.machines: dict[str, list[Any]] = {}
        self.listed: list[str] = []


class PaperMachines:
    """The operations of machines: a machine is asked for on paper, all else of the client, which reaches nothing."""

    def __init__(self, paper: PaperAzure, client: Any) -> None:
        self._paper, self._client = paper, client

    async def list(self, resource_group: str) -> AsyncIterator[Any]:
        """Yield the machines that were put into the resource group."""
        self._paper.listed.append(resource_group)
        if self._paper.silent:
            raise UnavailableError("no answer")
        for each in self._paper.machines.get(resource_group, ()):
            yield each

    async def get(self, resource_group: str, name: str) -> VirtualMachine:
        del resource_group
        if self._paper.silent:
            raise UnavailableError("no answer")
        if {name, "*"} & self._paper.gone:
            raise MissingError(Refused(code="ResourceNotFound", message=name))
        return VirtualMachine(location="westeurope", tags={})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client.virtual_machines, name)


class PaperCompute:
    """The client of Azure Compute, with machines on paper."""

    def __init__(self, paper: PaperAzure, client: Any) -> None:
        self._client, self.virtual_machines = client, PaperMachines(paper, client)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class PaperPrices:
    """The Retail Prices API, with the simulator's items. *away*: it does not answer. *factor*: of all amounts."""

    def __init__(self) -> None:
        self.away = False
        self.factor = 1.0
        self.asked: list[str] = []

    async def of_size(self, size: str, region: str, currency: str) -> list[dict[str, Any]]:
        return self._items(size, region, currency, armSkuName=size)

    async def of_disks(self, region: str, currency: str) -> list[dict[str, Any]]:
        return self._items("disks", region, currency, productName="Premium SSD Managed Disks")

    async def of_service(self, region: str) -> list[dict[str, Any]]:
        found = self._items("Functions", region, "USD", productName="Flex Consumption")
        return found + self._items("tables", region, "USD", productName="Tables")

    def _items(self, what: str, region: str, currency: str, **wanted: str) -> list[dict[str, Any]]:
        self.asked.append(f"{what} in {region} in {currency}")
        if self.away:
            raise UnavailableError("prices.azure.com does not answer")
        wanted = {**wanted, "armRegionName": region, "type": "Consumption"}
        chosen = (each for each in all_items() if all(each[name] == value for name, value in wanted.items()))
        return [{**each, "retailPrice": each["retailPrice"] * self.factor} for each in chosen]


@dataclass
class PaperQueue:
    """The messages of the queue of notices: endpoints that were woken, and after which time."""

    woken: list[tuple[str, timedelta]] = field(default_factory=list)

    async def wake(self, tenant_id: str, endpoint_id: str, after: timedelta = timedelta()) -> None:
        assert tenant_id == things.TENANT_ID
        self.woken.append((endpoint_id, after))


class PaperSender:
    """A sender of webhooks whose receivers take everything."""

    async def post(self, address: str, body: bytes, headers: Mapping[str, str], now: datetime) -> Tried:
        del address, body, headers, now
        return Tried(ok=True, status=204)


class PaperMetrics:
    """Metrics of machines on paper. *loads*: CPU in per cent and free bytes of each machine that has any.

    *refused*: machines of which a request is refused, with the code. *asked*: the number of machines of each request.
    """

    def __init__(self) -> None:
        self.loads: dict[str, tuple[float, float]] = {}
        self.refused: dict[str, str] = {}
        self.asked: list[int] = []

    async def of_machines(
        self, _subscription: str, _region: str, vm_ids: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, MachineMetrics]:
        self.asked.append(len(vm_ids))
        for each in vm_ids:
            if each in self.refused:
                raise DeclinedError(Refused(code=self.refused[each], message="no"))
        quarters = [
            start + number * timedelta(minutes=15) for number in range(round((end - start).total_seconds()) // 900)
        ]
        return {
            each.lower(): MachineMetrics(
                dict.fromkeys(quarters, self.loads[each][0]), dict.fromkeys(quarters, self.loads[each][1])
            )
            for each in vm_ids
            if each in self.loads
        }


class PaperServices(Dependencies):
    """The service with a directory and machines on paper."""

    def __init__(self, tables: Tables, hand: HandClock | None = None) -> None:
        settings = Settings(
            tables_url="https://tables.invalid",
            queues_url="https://queues.invalid",
            key_vault_url="https://vault.invalid",
            provider_tenant_id=things.DIRECTORY,
            api_audience=things.DIRECTORY,
        )
        self.hand = hand or HandClock(things.NOW)
        self.directory = PaperDirectory()
        self.azure = PaperAzure()
        self.prices = PaperPrices()
        self.paper_metrics = PaperMetrics()
        self.paper_queue = PaperQueue()
        super().__init__(settings, self.hand, tables)

    @property
    def price_api(self) -> Any:
        return self.prices

    def metrics(self, tenant_id: str) -> Any:
        del tenant_id
        return self.paper_metrics

    @property
    def notice_queue(self) -> Any:
        return self.paper_queue

    @property
    def webhooks(self) -> Any:
        return PaperSender()

    def graph(self, tenant: Tenant) -> Any:
        assert tenant.id == things.TENANT_ID
        return self.directory

    def provider_graph(self) -> Any:
        return self.directory

    def compute(self, subscription_id: str) -> Any:
        return PaperCompute(self.azure, super().compute(subscription_id))


class IdleHost:
    """A host that only records the started instances, their workflows and their orders."""

    def __init__(self) -> None:
        self.workflows: list[str] = []
        self.started: list[str] = []
        self.orders: list[dict[str, Any]] = []

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        self.workflows.append(name)
        self.started.append(instance_id)
        self.orders.append(order)
        return instance_id

    async def get_status(self, instance_id: str, *, show_input: bool = False) -> None:
        del instance_id, show_input


@contextmanager
def in_place(services: Dependencies) -> Iterator[None]:
    before = use(services)
    yield
    use(before)


async def perform(contract: Any, order: Any, *arguments: Any) -> Any:
    """Perform an activity as the host would, but without the wire."""
    return await implementation(contract)(order, *arguments)
