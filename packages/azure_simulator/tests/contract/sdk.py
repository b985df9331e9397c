"""The official clients, sync or aio, and a resource group for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt import authorization, compute, desktopvirtualization, network
from azure.mgmt.authorization import aio as authorization_aio
from azure.mgmt.compute import aio as compute_aio
from azure.mgmt.desktopvirtualization import aio as desktopvirtualization_aio
from azure.mgmt.network import aio as network_aio

from packages.azure_simulator.tests.bodies import REGION, TAGS, nic_body, version_for, vm_body
from packages.azure_simulator.tests.contract.azure import MARK, Failure
from packages.azure_simulator.tests.contract.blocking import BlockingClients

CLIENTS: dict[str, dict[str, Any]] = {
    "sync": {
        "compute": compute.ComputeManagementClient,
        "network": network.NetworkManagementClient,
        "authorization": authorization.AuthorizationManagementClient,
        "desktops": desktopvirtualization.DesktopVirtualizationMgmtClient,
    },
    "aio": {
        "compute": compute_aio.ComputeManagementClient,
        "network": network_aio.NetworkManagementClient,
        "authorization": authorization_aio.AuthorizationManagementClient,
        "desktops": desktopvirtualization_aio.DesktopVirtualizationMgmtClient,
    },
}
Contract = TypeVar("Contract", bound=Callable[..., None])


def covers(*operations: str) -> Callable[[Contract], Contract]:
    """Declare the operations of the clients that a test covers; the `sdk` fixture checks that it called them."""

    def mark(contract: Contract) -> Contract:
        contract.covers = operations  # type: ignore[attr-defined]
        return contract

    return mark


@dataclass
class Sdk:
    """The clients, and one resource group."""

    blocking: BlockingClients
    subscription: str
    compute: Any
    network: Any
    authorization: Any
    desktops: Any
    group: str = ""

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as it is through the client's pipeline; a version that knows the path is added."""
        params = {} if "api-version=" in path else {"api-version": version_for(path)}
        return self.compute.send_request(HttpRequest(method, path, params=params, json=body))

    def subnet(self, prefix: str = "10.20.0.0/24", vnet: str = "vnet") -> str:
        """Make a network with one subnet and return the subnet's id."""
        space = {"addressPrefixes": ["10.20.0.0/16"]}
        rows = [{"name": "cpc", "properties": {"addressPrefix": prefix}}]
        body: Any = {"location": REGION, "properties": {"addressSpace": space, "subnets": rows}}
        begun = self.network.virtual_networks.begin_create_or_update(self.group, vnet, body)
        return str(begun.result().subnets[0].id)

    def nic(self, subnet: str = "", name: str = "nic") -> Any:
        body = nic_body(subnet or self.subnet(), TAGS)
        return self.network.network_interfaces.begin_create_or_update(self.group, name, body).result()

    def vm(self, name: str = "cpc-1", **changes: Any) -> Any:
        nic = self.nic(name=f"{name}-nic").id
        # the directory of a tenant takes a computer's name once
        changes.setdefault("computer", f"CPC-{self.group[-6:]}".upper())
        return self.compute.virtual_machines.begin_create_or_update(self.group, name, vm_body(nic, **changes)).result()


def open_clients(blocking: BlockingClients, credential: Any, subscription: str, **options: Any) -> Sdk:
    """Open the clients of a flavour."""
    made: dict[str, Any] = {
        name: blocking.wrap(name, client(credential, subscription, retry_total=0, **options))
        for name, client in CLIENTS[blocking.flavour].items()
    }
    return Sdk(blocking, subscription, **made)


@contextmanager
def group_of_its_own(sdk: Sdk) -> Iterator[Sdk]:
    """Create a resource group for one test, and delete it with everything in it."""
    sdk.group = f"deskwright-contract-{uuid4().hex[:10]}"
    made = sdk.send("PUT", sdk.group_id, {"location": REGION, "tags": MARK})
    assert made.status_code == 201, made.text()
    try:
        yield sdk
    finally:
        gone = sdk.send("DELETE", sdk.group_id)
        assert gone.status_code == 202, gone.text()


def refused(call: Callable[[], Any]) -> Failure:
    """Return the error of a call, or of the operation that it starts."""
    with pytest.raises(HttpResponseError) as caught:
        _finish(call())
    problem = caught.value
    code, message = (problem.error.code, problem.error.message) if problem.error else ("", "")
    return Failure(problem.status_code or 0, code or "", message or "")


def _finish(begun: Any) -> None:
    if hasattr(begun, "result"):
        begun.result()
    elif hasattr(begun, "__iter__"):
        list(begun)
