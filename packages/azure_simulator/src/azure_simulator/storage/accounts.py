"""Storage accounts: names that are the world's, redundancy that a region has.

Sources: learn.microsoft.com/azure/templates/microsoft.storage/storageaccounts, the recordings of `az storage account
create` for the codes of refusals. Keys and data are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.reading import read, unsupported
from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

KINDS = ("Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS")
ZONAL = frozenset({"Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"})
SERVICES = ("blobServices", "fileServices", "queueServices", "tableServices")
"""Each account has one of each, named `default`, from its beginning."""
MOST = 250
"""Storage accounts of a subscription in a region, unless more were asked for."""
_ANY = Shape("any")
_ACCOUNT = "Microsoft.Storage/storageAccounts"


class Storage(ResourceProvider):
    """Microsoft.Storage."""

    namespace = "Microsoft.Storage"
    api_versions = "2023-01-01 2023-04-01 2023-05-01 2024-01-01 2025-01-01 2025-06-01 2025-08-01"


ACCOUNTS = ResourceType(
    name=_ACCOUNT,
    provider=Storage(),
    params=("account",),
    models=BodyModels(
        written=written("StorageAccount", location=TEXT, tags=TAGS, kind=TEXT, sku=_ANY, properties=_ANY)
    ),
    naming=NameRule(r"[a-z0-9]{3,24}"),
    latencies={"account.put": about(15, 30, 2), "account.delete": about(3, 10, 1)},
)
OPERATIONS = Operations(ACCOUNTS)


def _check(call: Call) -> None:
    body = call.object()
    name, sku, kind = call.param("account"), read(body, "sku.name", "string"), read(body, "kind", "string")
    if kind != "StorageV2":
        raise unsupported("kind", f"A storage account of the kind '{kind}'")
    if sku not in KINDS:
        raise unsupported("sku.name", f"The redundancy '{sku}'")
    region = normal(str(body.get("location")))
    if sku in ZONAL and not REGIONS.get(region):
        text = f"The value '{sku}' for 'sku.name' is not available in the location '{region}'."
        raise Problem(409, "SkuNotAvailableInLocation", text, target="sku.name")
    others = (each for each in call.world.resources.of_type(_ACCOUNT) if each.key != call.path.lower())
    if any(each.name == name for each in others):
        raise Problem(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
    for rule in read(body, "properties.networkAcls.virtualNetworkRules", "array", []):
        _check_subnet(call, str(read(rule, "id", "string")))


def _check_subnet(call: Call, wanted: str) -> None:
    """Refuse a rule for a subnet that has no way to storage accounts; the words are recorded in public trackers."""
    subnet = call.need(wanted)
    services = {str(each.get("service", "")).lower() for each in subnet.properties.get("serviceEndpoints") or ()}
    if not services & {"microsoft.storage", "microsoft.storage.global"}:
        text = "Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:Subnets "
        text += f"{subnet.name} of virtual network {subnet.id.rpartition('/subnets/')[0]} do not have ServiceEndpoints "
        text += "for Microsoft.Storage resources configured. Add Microsoft.Storage to subnet's ServiceEndpoints "
        text += "collection before trying to ACL Microsoft.Storage resources to these subnets.."
        raise Problem(400, "NetworkAclsValidationFailure", text)


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    host = f"https://{call.param('account')}.{{}}.core.windows.net/"
    services = ("blob", "file", "queue", "table", "web", "dfs")
    endpoints = {each: host.format(each) for each in services}
    given = read(call.object(), "properties", "object", {})
    return {"publicNetworkAccess": "Enabled", **given, "primaryEndpoints": endpoints}


def _beside(call: Call) -> Json:
    body = call.object()
    return {"sku": {**body["sku"], "tier": body["sku"]["name"].partition("_")[0]}, "kind": body["kind"]}


def _open_services(call: Call, account: Resource) -> None:
    for each in SERVICES:
        key = f"{account.id}/{each}/default"
        if call.world.resources.get(key) is None:
            body = {"id": key, "name": "default", "type": f"{_ACCOUNT}/{each}", "properties": {}}
            call.world.resources.add(Resource(key, f"{_ACCOUNT}/{each}", body, call.now_us))


plain_resources.serve(OPERATIONS, "account", "accounts", Plain(_check, _properties, _open_services, top_level=_beside))
