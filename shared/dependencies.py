"""The composition root: the clients and repositories of the service, in one object for each process.

The only module that reads the environment, the real time and real ids. Everything is created at its first use, so that
a cold start pays for nothing it does not use; clients belong to the event loop that is running then.
"""

from __future__ import annotations

import os
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from shared.clock import Clock, FileClock, SystemClock
from shared.config import Settings, read_settings
from shared.contracts.calls import BEHALF
from shared.contracts.outcomes import DeclinedError, Refused
from shared.domain.exporting import CONTAINER
from shared.metering import METER
from shared.storage.outbox import Outbox
from shared.storage.records import Records
from shared.storage.service_use import UseRecorder
from shared.storage.tables import Tables

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.mgmt.authorization.aio import AuthorizationManagementClient
    from azure.mgmt.compute.aio import ComputeManagementClient
    from azure.mgmt.desktopvirtualization.aio import DesktopVirtualizationMgmtClient
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.storage.queue.aio import QueueClient

    from shared.clients.arm import ArmClients
    from shared.clients.cost_export import CostExport
    from shared.clients.graph import Graph
    from shared.clients.key_vault import Vault
    from shared.clients.mail import CommunicationMail, SmtpMail
    from shared.clients.metrics import Metrics
    from shared.clients.notice_queue import NoticeQueue
    from shared.clients.pacing import Pacing
    from shared.clients.retail_prices import RetailPrices
    from shared.clients.storage import Blobs
    from shared.clients.webhooks import Webhooks
    from shared.domain.tenants.tenant import Tenant


_NO_APP = Refused.model_construct(
    code="noAppForCustomers",
    message="a customer's directory needs a multi-tenant app, and none is set",
    advice="Set DESKWRIGHT_APP_CLIENT_ID to the app that customers trust (docs/permissions.md).",
    final=True,
)


class Closable(Protocol):
    """An object with open connections."""

    async def close(self) -> None:
        """Close the connections."""


Closing = TypeVar("Closing", bound=Closable)


class Dependencies(Records):
    """The repositories of the service, and its clients of the clouds."""

    def __init__(self, settings: Settings, clock: Clock, tables: Tables | None = None) -> None:
        super().__init__(tables or Tables(settings.tables_url, lambda: self.credential))
        self.settings = settings
        self.clock = clock
        self._graphs: dict[str, Graph] = {}
        self._metrics: dict[str, Metrics] = {}
        self._apps: dict[str, AsyncTokenCredential] = {}
        self._queues: dict[str, QueueClient] = {}
        self._open: list[Closable] = []
        self.tables.announcer = self.outbox

    def new_id(self) -> str:
        """Return a new, unique id."""
        return str(uuid.uuid4())  # noqa: TID251 - the one place

    @cached_property
    def outbox(self) -> Outbox:
        """The outbox: events that were written with records and are not delivered yet."""
        return Outbox(self.tables, self.due, self.clock.now)

    @cached_property
    def exports(self) -> Blobs | None:
        """The container of the exports, None if none is set."""
        if self.settings.blobs_url is None:
            return None
        from shared.clients.storage import Blobs

        return self._closing(Blobs(self.settings.blobs_url, lambda: self.credential, CONTAINER))

    @cached_property
    def credential(self) -> AsyncTokenCredential:
        """The service's managed identity."""
        from shared.clients.credentials import own_credential

        endpoint = "IDENTITY_ENDPOINT" in os.environ  # noqa: TID251 - set by the platform, not a setting of ours
        return self._closing(own_credential(self.settings.client_id, identity_endpoint=endpoint))

    @cached_property
    def pacing(self) -> Pacing:
        """The clouds' rate limits."""
        from shared.clients.pacing import Pacing

        return Pacing(self.rate_limiters, self.clock)

    @cached_property
    def arm(self) -> ArmClients:
        """Azure Resource Manager, with tokens of each tenant's own directory."""
        from shared.clients.arm import ArmClients
        from shared.clients.credentials import TenantCredential

        made = ArmClients(
            lambda tenant_id: TenantCredential(tenant_id, self._credential_of),
            url=self.settings.arm_url,
            principal=self._principal,
            pacing=self.pacing,
        )
        return self._closing(made)

    def compute(self, subscription_id: str) -> ComputeManagementClient:
        """Return the client of Azure Compute for the tenant of the running call."""
        return self.arm.compute(_tenant_of_call(), subscription_id)

    def network(self, subscription_id: str) -> NetworkManagementClient:
        """Return the client of Azure's networks for the tenant of the running call."""
        return self.arm.network(_tenant_of_call(), subscription_id)

    def authorization(self, subscription_id: str) -> AuthorizationManagementClient:
        """Return the client of role assignments for the tenant of the running call."""
        return self.arm.authorization(_tenant_of_call(), subscription_id)

    def desktops(self, subscription_id: str) -> DesktopVirtualizationMgmtClient:
        """Return the client of Azure Virtual Desktop for the tenant of the running call."""
        return self.arm.desktops(_tenant_of_call(), subscription_id)

    def graph(self, tenant: Tenant) -> Graph:
        """Return the client of a tenant's directory.

        Raises: DeclinedError if it is a customer's and no multi-tenant app is set.
        """
        return self._graph_of(tenant.entra_tenant_id.lower())

    def provider_graph(self) -> Graph:
        """Return the client of the provider's directory."""
        return self._graph_of(self.settings.provider_tenant_id.lower())

    def _graph_of(self, directory: str) -> Graph:
        if directory not in self._graphs:
            from shared.clients.graph import Graph

            made = Graph(
                self._credential_in(directory),
                self.settings.graph_url,
                principal=self._principal,
                directory=directory,
                pacing=self.pacing,
            )
            self._graphs[directory] = self._closing(made)
        return self._graphs[directory]

    @cached_property
    def _vault(self) -> Vault:
        from shared.clients.key_vault import Vault

        return self._closing(Vault(self.credential, self.settings.key_vault_url, pacing=self.pacing))

    @cached_property
    def price_api(self) -> RetailPrices:
        """The Retail Prices API."""
        from shared.clients.retail_prices import RetailPrices

        return self._closing(RetailPrices(self.settings.prices_url, pacing=self.pacing))

    def metrics(self, tenant_id: str) -> Metrics:
        """Return Azure Monitor's metrics for a tenant, with tokens of its directory."""
        if tenant_id not in self._metrics:
            from shared.clients.credentials import TenantCredential
            from shared.clients.metrics import Metrics

            credential = TenantCredential(tenant_id, self._credential_of)
            made = Metrics(credential, self.settings.metrics_url, owner=self._principal, pacing=self.pacing)
            self._metrics[tenant_id] = self._closing(made)
        return self._metrics[tenant_id]

    async def cost_export(self, tenant_id: str, address: str) -> CostExport:
        """Return the reader of a tenant's export of costs, with a token of its directory; the caller closes it.

        Raises: NotFoundError, DeclinedError if no multi-tenant app is set.
        """
        from shared.clients.cost_export import CostExport, parts_of

        return CostExport(*parts_of(address), await self._credential_of(tenant_id))

    def vault(self) -> Vault:
        """Return the service's own vault."""
        return self._vault

    @cached_property
    def webhooks(self) -> Webhooks:
        """The sender of webhooks."""
        from ipaddress import ip_network

        from shared.clients.webhooks import Webhooks

        named = (self.settings.webhook_networks or "").split()
        return self._closing(Webhooks([ip_network(each) for each in named]))

    @cached_property
    def smtp(self) -> SmtpMail:
        """The sender of mail to the SMTP servers of tenants."""
        from ipaddress import ip_network

        from shared.clients.mail import SmtpMail

        return SmtpMail([ip_network(each) for each in (self.settings.webhook_networks or "").split()])

    @cached_property
    def communication_mail(self) -> CommunicationMail | None:
        """Azure Communication Services, with the service's own sender; None where the operator has set none."""
        from shared.clients.mail import CommunicationMail

        url, sender = self.settings.mail_url, self.settings.mail_sender
        if url is None or sender is None:
            return None
        return self._closing(CommunicationMail(self.credential, url, sender, pacing=self.pacing))

    @cached_property
    def notice_queue(self) -> NoticeQueue:
        """The queue of notices."""
        from shared.clients.notice_queue import NoticeQueue

        return NoticeQueue(self.queue)

    def queue(self, name: str) -> QueueClient:
        """Return the client of one queue."""
        if name not in self._queues:
            from shared.clients.storage import queue_client

            self._queues[name] = self._closing(queue_client(self.credential, self.settings.queues_url, name))
        return self._queues[name]

    async def close(self) -> None:
        """Close every connection; this object cannot be used afterwards."""
        await self.tables.close()
        while self._open:
            await self._open.pop().close()

    @property
    def _principal(self) -> str:
        return self.settings.client_id or "system"

    async def _credential_of(self, tenant_id: str) -> AsyncTokenCredential:
        """Return the credential for a tenant. Raises: NotFoundError, DeclinedError if no multi-tenant app is set."""
        tenant = (await self.tenants.get(tenant_id)).value
        return self._credential_in(tenant.entra_tenant_id.lower())

    def _credential_in(self, directory: str) -> AsyncTokenCredential:
        """Return the credential for a directory: the managed identity, or the multi-tenant app in a customer's."""
        if directory == self.settings.provider_tenant_id.lower():
            return self.credential
        if directory in self._apps:
            return self._apps[directory]
        if self.settings.app_client_id is None:
            raise DeclinedError(_NO_APP)
        from shared.clients.credentials import FederatedCredential

        made = FederatedCredential(
            self.credential,
            directory=directory,
            app_client_id=self.settings.app_client_id,
            authority_url=self.settings.authority_url,
        )
        self._apps[directory] = self._closing(made)
        return made

    def _closing(self, made: Closing) -> Closing:
        """Register *made* to be closed, after everything that was created from it."""
        self._open.append(made)
        return made


def _tenant_of_call() -> str:
    """Return the tenant of the running call. Raises: LookupError without one: every call to Azure has a tenant."""
    tenant_id = BEHALF.get().tenant_id
    if not tenant_id:
        message = "this call to Azure has no tenant: see on_behalf_of in shared.contracts.calls"
        raise LookupError(message)
    return tenant_id


_current: Dependencies | None = None


def dependencies() -> Dependencies:
    """Return the dependencies of this process. Raises: SettingsError if the settings are not valid."""
    global _current  # noqa: PLW0603 - one for each process
    if _current is None:
        settings = read_settings(os.environ)  # noqa: TID251 - the one place
        clock = FileClock(Path(settings.clock_file)) if settings.clock_file else SystemClock()
        _current = Dependencies(settings, clock)
        _current.tables.on_write = _current.latest_writes.note
        _current.outbox.sent = _current.notice_queue.tell
        METER.record = UseRecorder(_current.service_uses, clock.now, _current.new_id()).record
    return _current


def use(other: Dependencies | None) -> Dependencies | None:
    """Replace the dependencies for tests, or clear them with None; return the earlier ones."""
    global _current
    before, _current = _current, other
    return before
