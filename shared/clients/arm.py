"""Azure Resource Manager through the official SDKs: the clients, and long-running operations."""

import json
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import cache, cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.pacing import arm_limits
from shared.contracts.machines import Finished
from shared.contracts.outcomes import Accepted, DeclinedError, MissingError, Pending, Refused
from shared.domain.naming import TENANT_TAG
from shared.domain.values import Value

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport
    from azure.mgmt.authorization.aio import AuthorizationManagementClient
    from azure.mgmt.compute.aio import ComputeManagementClient
    from azure.mgmt.desktopvirtualization.aio import DesktopVirtualizationMgmtClient
    from azure.mgmt.network.aio import NetworkManagementClient

    from shared.clients.pacing import Pacing

Client = TypeVar("Client")

PUBLIC_SCOPE = "https://management.azure.com/.default"
_GROUP_VERSION = "2021-04-01"
_SUBSCRIPTION_VERSION = "2022-12-01"
_COMPUTE_VERSION = "2026-04-01"
_VERSIONS = {"galleries": "2026-03-03", "disks": "2026-03-02", "snapshots": "2026-03-02"}
"""API versions of resource types that Azure Compute versions separately; all others have _COMPUTE_VERSION."""

_ACCEPTED = 202


CredentialOf = Callable[[str], "AsyncTokenCredential"]
"""Returns the credential for the directory of a tenant id."""


class ArmClients:
    """One client for each tenant, subscription and resource provider, created at its first use.

    A client caches its token, so no two tenants share a client, even where they share a subscription: a tenant's calls
    are made with a token of its own directory, and a subscription of another directory refuses them.
    """

    def __init__(self, credential_of: CredentialOf, *, url: str, principal: str, pacing: "Pacing") -> None:
        self._credential_of, self._url, self._pacing = credential_of, url, pacing
        self._limits = arm_limits(principal)
        self._made: list[Any] = []
        # For the life of the process: each client has its token cache.
        self.compute = cache(self._compute)
        self.network = cache(self._network)
        self.authorization = cache(self._authorization)
        self.desktops = cache(self._desktops)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._made:
            await client.close()

    @cached_property
    def _transport(self) -> "AsyncHttpTransport[Any, Any]":
        """The connections, shared by all clients: they all call one host."""
        from shared.clients.pipeline import transport

        return transport()

    def _made_of(self, kind: Callable[..., Client], tenant_id: str, subscription_id: str) -> Client:
        """Create one of the SDK's clients, with our pipeline in place of its own."""
        from shared.clients.pipeline import cloud_policies

        credential, limits = self._credential_of(tenant_id), self._limits
        client = kind(
            credential,
            subscription_id,
            base_url=self._url,
            credential_scopes=[PUBLIC_SCOPE],
            policies=cloud_policies(credential, PUBLIC_SCOPE, pacing=self._pacing, limits=limits, arm=True),
            transport=self._transport,
        )
        self._made.append(client)
        return client

    def _compute(self, tenant_id: str, subscription_id: str) -> "ComputeManagementClient":
        from azure.mgmt.compute.aio import ComputeManagementClient

        return self._made_of(ComputeManagementClient, tenant_id, subscription_id)

    def _network(self, tenant_id: str, subscription_id: str) -> "NetworkManagementClient":
        from azure.mgmt.network.aio import NetworkManagementClient

        return self._made_of(NetworkManagementClient, tenant_id, subscription_id)

    def _authorization(self, tenant_id: str, subscription_id: str) -> "AuthorizationManagementClient":
        from azure.mgmt.authorization.aio import AuthorizationManagementClient

        return self._made_of(AuthorizationManagementClient, tenant_id, subscription_id)

    def _desktops(self, tenant_id: str, subscription_id: str) -> "DesktopVirtualizationMgmtClient":
        from azure.mgmt.desktopvirtualization.aio import DesktopVirtualizationMgmtClient

        return self._made_of(DesktopVirtualizationMgmtClient, tenant_id, subscription_id)


Hook = Callable[[Any], None]


async def begin(call: Callable[[Hook], Awaitable[Any]], *, resource_id: str, deletes: bool = False) -> Accepted:
    """Start a long-running operation and return where to poll it.

    *call* calls one of the SDK's ``begin_*`` with ``polling=False`` and its argument as ``raw_response_hook``.
    """
    headers: dict[str, str] = {}

    def remember(response: Any) -> None:  # noqa: ANN401 - azure-core's PipelineResponse
        headers.update({name.lower(): value for name, value in response.http_response.headers.items()})

    await call(remember)
    url = headers.get("azure-asyncoperation") or headers.get("location")
    return Accepted(resource_id=resource_id, operation_url=url, deletes=deletes)


async def request(
    client: Any,  # noqa: ANN401 - compute or network
    method: str,
    path: str,
    version: str,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Send a request to ARM that none of the installed SDKs supports; return the JSON of the response."""
    from azure.core.rest import HttpRequest

    joint = "&" if "?" in path else "?"
    response = await client.send_request(HttpRequest(method, f"{path}{joint}api-version={version}", json=body))
    text = response.text()
    return dict(json.loads(text)) if text.strip() else {}


async def ensure_group(client: Any, subscription_id: str, name: str, region: str, tags: dict[str, str]) -> None:  # noqa: ANN401 - compute or network
    """Create a resource group if it does not exist; an existing one is left unchanged.

    Raises: DeclinedError if it carries the tag of another tenant: tenants may share a subscription.
    """
    path = f"/subscriptions/{subscription_id}/resourceGroups/{name}"
    try:
        found = await request(client, "GET", path, _GROUP_VERSION)
    except MissingError:
        await request(client, "PUT", path, _GROUP_VERSION, {"location": region, "tags": tags})
        return
    if (found.get("tags") or {}).get(TENANT_TAG) not in {None, tags.get(TENANT_TAG)}:
        message = f"the resource group {name} carries the tag {TENANT_TAG} of another tenant"
        advice = "Let the site name a group of its own, or remove the tag if nobody else uses the group."
        raise DeclinedError(Refused(code="anothersGroup", message=message, advice=advice, final=True))


async def subscription_state(client: Any, subscription_id: str) -> str:  # noqa: ANN401 - compute or network
    """Return the state of a subscription: Enabled, Warned, PastDue, Disabled or Deleted."""
    body = await request(client, "GET", f"/subscriptions/{subscription_id}", _SUBSCRIPTION_VERSION)
    return str(body.get("state", ""))


async def poll(client: Any, operation: Accepted, *, arm_url: str) -> Finished | Pending:  # noqa: ANN401 - compute
    """Read the state of a long-running operation: from its URL, or if that is gone, from the resource.

    Raises: DeclinedError with Azure's code and message if it failed.
    """
    url = operation.operation_url
    # The bearer token is sent to no other host, whatever a response names.
    if url is None or not url.lower().startswith(f"{arm_url.lower()}/"):
        return await _poll_resource(client, operation)
    from azure.core.rest import HttpRequest

    try:
        response = await client.send_request(HttpRequest("GET", url))
    except MissingError:
        return await _poll_resource(client, operation)
    text = response.text()
    body = json.loads(text) if text.strip() else {}
    if response.status_code == _ACCEPTED:
        return _pending(response)
    status = str(body.get("status", "Succeeded")) if isinstance(body, dict) else "Succeeded"
    return _outcome(status, body.get("error") if isinstance(body, dict) else None) or _pending(response)


def _outcome(status: str, error: dict[str, Any] | None) -> Finished | None:
    """Return Finished, or None while the operation runs. Raises: DeclinedError if it failed."""
    from shared.clients.pipeline import decide, read_error

    match status.lower():
        case "succeeded":
            return Finished()
        case "failed" | "canceled":
            code, message = read_error(json.dumps({"error": error or {}}))
            code, message = code or status, message or f"the operation has {status.lower()}"
            ended = decide(200, code, message)
            # Its state is final: what may succeed later is left to the next attempt.
            raise ended if isinstance(ended, DeclinedError) else DeclinedError(Refused(code=code, message=message))
    return None


def _pending(response: Any) -> Pending:  # noqa: ANN401 - azure-core's response
    after = response.headers.get("Retry-After", "")
    return Pending(
        note="Azure is working on it",
        after=max(1, round(float(after))) if after.replace(".", "", 1).isdigit() else None,
    )


async def _poll_resource(client: Any, operation: Accepted) -> Finished | Pending:  # noqa: ANN401 - compute
    kind = operation.resource_id.lower().partition("/providers/microsoft.compute/")[2].partition("/")[0]
    try:
        body = await request(client, "GET", operation.resource_id, _VERSIONS.get(kind, _COMPUTE_VERSION))
    except MissingError:
        if operation.deletes:
            return Finished()
        raise
    state = str(body.get("properties", {}).get("provisioningState", "Succeeded"))
    if operation.deletes and state.lower() == "succeeded":
        return Pending(note="the resource still exists")
    error = None
    if state.lower() == "failed" and body.get("type", "").lower() == "microsoft.compute/virtualmachines":
        error = await _failure_of_vm(client, operation.resource_id)
    return _outcome(state, error) or Pending(note=f"the resource is {state}")


async def _failure_of_vm(client: Any, vm_id: str) -> dict[str, Any]:  # noqa: ANN401 - compute
    """Return why a VM failed: its instance view has a status ``ProvisioningState/failed/AllocationFailed``."""
    view = await request(client, "GET", f"{vm_id}/instanceView", _COMPUTE_VERSION)
    for status in view.get("statuses", ()):
        state, _, code = str(status.get("code", "")).partition("/failed")
        if state == "ProvisioningState":
            return {"code": code.strip("/") or "Failed", "message": status.get("message", "")}
    return {}


class ResourceId(Value):
    """A parsed ARM id."""

    subscription_id: str
    resource_group: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]


def parse_id(resource_id: str) -> ResourceId:
    """Parse an ARM id. Raises: ValueError if it is not the id of a resource."""
    parts = resource_id.strip("/").split("/")
    if len(parts) < 8 or parts[0].lower() != "subscriptions" or parts[2].lower() != "resourcegroups":  # noqa: PLR2004 - the shortest id of a resource
        message = f"not the id of an Azure resource: {resource_id}"
        raise ValueError(message)
    return ResourceId(subscription_id=parts[1], resource_group=parts[3], names=tuple(parts[7::2]))


def properties(resource: Any) -> dict[str, Any]:  # noqa: ANN401 - a compute or network model
    """Return a resource's properties as ARM sent them: the models of these SDKs are mappings over the JSON."""
    return dict(resource.get("properties") or {})


def word(value: object) -> str:
    """Return the value of an SDK enum as Azure writes it: ``str()`` would return the name of the constant."""
    return str(value.value if isinstance(value, Enum) else value or "")


def as_content(body: dict[str, Any]) -> BytesIO:
    """Return *body* as the bytes that the older SDKs accept instead of a model: their models rename properties."""
    return BytesIO(json.dumps(body).encode())
