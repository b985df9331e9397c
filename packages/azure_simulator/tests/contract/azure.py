"""The clients of a contract test and the things most tests need first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import pytest
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.authorization.aio import AuthorizationManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient
from azure.mgmt.network.aio import NetworkManagementClient

from packages.azure_simulator.tests.bodies import REGION, TAGS, nic_body, version_for, vm_body

MARK = {"deskwright-contract": "delete-me"}
"""Tag of every resource group that a contract test creates, to find those that a killed run left."""


@dataclass
class Azure:
    """Clients of one subscription, and one resource group."""

    subscription: str
    compute: Any
    network: Any
    authorization: Any
    group: str

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, credential: AsyncTokenCredential, subscription: str, *, url: str = "", bundle: str = ""
    ) -> AsyncIterator[Self]:
        """Open the clients; `url` and `bundle` lead to a simulated cloud."""
        options: dict[str, Any] = {"retry_total": 0, "polling_interval": 5}
        if url:
            options |= {"base_url": url, "connection_verify": bundle, "polling_interval": 0}
        async with (
            ComputeManagementClient(credential, subscription, **options) as compute,
            NetworkManagementClient(credential, subscription, **options) as network,
            AuthorizationManagementClient(credential, subscription, **options) as authorization,
        ):
            group = f"deskwright-contract-{uuid4().hex[:10]}"
            yield cls(subscription, compute, network, authorization, group)

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as it is through the client's pipeline; a version that knows the path is added."""
        params = {} if "api-version=" in path else {"api-version": version_for(path)}
        request = HttpRequest(method, path, params=params, json=body)
        return await self.compute.send_request(request)

    async def make_group(self) -> None:
        answer = await self.send("PUT", self.group_id, {"location": REGION, "tags": MARK})
        assert answer.status_code == 201, answer.text()

    async def drop_group(self) -> None:
        answer = await self.send("DELETE", self.group_id)
        assert answer.status_code == 202, answer.text()

    async def make_subnet(self, prefix: str = "10.20.0.0/24", **properties: Any) -> str:
        """Make a network with one subnet and return the subnet's id."""
        body = {
            "location": REGION,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
                "subnets": [{"name": "cpc", "properties": {"addressPrefix": prefix}}],
                **properties,
            },
        }
        poller = await self.network.virtual_networks.begin_create_or_update(self.group, "vnet", body)
        vnet = await poller.result()
        return str(vnet.subnets[0].id)

    async def make_nic(self, subnet: str, name: str = "nic", tags: Any = None) -> Any:
        poller = await self.network.network_interfaces.begin_create_or_update(self.group, name, nic_body(subnet, tags))
        return await poller.result()

    async def make_vm(self, name: str = "vm", nic: str = "", **changes: Any) -> Any:
        """Make a machine with an interface of its own and wait for it."""
        if not nic:
            nic = (await self.make_nic(await self.make_subnet(), f"{name}-nic", TAGS)).id
        poller = await self.compute.virtual_machines.begin_create_or_update(self.group, name, vm_body(nic, **changes))
        return await poller.result()


@dataclass
class Failure:
    """Status, code and message of an error; the status of a failed operation is 200."""

    status: int
    code: str
    message: str


async def failure(awaitable: Any) -> Failure:
    """Return the error of a call, or of the operation that it starts."""
    try:
        poller = await awaitable
        if hasattr(poller, "result"):
            await poller.result()
    except HttpResponseError as problem:
        detail = problem.error
        code, message = (detail.code, detail.message) if detail else (None, None)
        return Failure(problem.status_code or 0, code or "", message or "")
    pytest.fail("it succeeded")
