"""Vaults as Resource Manager sees them: names that are the world's, soft delete, protection that nobody takes back.

Source: learn.microsoft.com/azure/templates/microsoft.keyvault/vaults and
/azure/key-vault/general/soft-delete-overview. The secrets of every vault are one store (`secrets`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import name_availability, plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.arm.value_rules import GUID, between, matching, one_of
from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

DELETED = "deletedVaults"
_VAULT = "Microsoft.KeyVault/vaults"


class KeyVault(ResourceProvider):
    """Microsoft.KeyVault."""

    namespace = "Microsoft.KeyVault"
    api_versions = "2023-02-01 2023-07-01 2024-11-01 2025-05-01"


def _keep_name(world: World, vault: Resource) -> None:
    world.state(DELETED)[vault.name.lower()] = vault.id


VAULTS = ResourceType(
    name=_VAULT,
    provider=KeyVault(),
    params=("vault",),
    models=BodyModels(written=written("Vault", location=TEXT, tags=TAGS, properties=Shape("any"))),
    naming=NameRule(r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])*"),
    values={
        "properties.tenantId": matching(GUID, "The value '{value}' of '{name}' is no GUID."),
        "properties.softDeleteRetentionInDays": between(7, 90),
        "properties.sku.family": one_of(("A",)),
        "properties.sku.name": one_of(("standard", "premium")),
    },
    latencies={"key_vault.put": about(20, 40, 5), "key_vault.delete": about(3, 10, 1)},
    removed=_keep_name,
    state={DELETED: dict},
)
OPERATIONS = Operations(VAULTS)
ROUTES = Routes("arm")


def _check(call: Call) -> None:
    name, body = call.param("vault").lower(), call.object()
    for path in ("properties.tenantId", "properties.sku.family", "properties.sku.name"):
        if not read(body, path, "string", ""):
            raise invalid(path, f"The parameter {path} is required.")
    others = (each for each in call.world.resources.of_type(_VAULT) if each.key != call.path.lower())
    if any(each.name.lower() == name for each in others):
        raise Problem(409, "VaultAlreadyExists", f"The vault name '{call.param('vault')}' is already in use.")
    if call.world.resources.get(call.path) is None and name in call.world.state(DELETED):
        text = f"A vault with the same name already exists in deleted state: '{call.param('vault')}'."
        raise Problem(409, "ConflictError", text)


def _properties(call: Call, found: Resource | None) -> Json:
    given = dict(read(call.object(), "properties", "object", {}))
    protected = found is not None and found.properties.get("enablePurgeProtection")
    if protected and given.get("enablePurgeProtection") is False:
        text = 'The property "enablePurgeProtection" cannot be set to false.'
        raise invalid("properties.enablePurgeProtection", text)
    return {**given, "vaultUri": f"https://{call.param('vault').lower()}.vault.azure.net/"}


plain_resources.serve(OPERATIONS, "key_vault", "key_vaults", Plain(check=_check, properties=_properties))


def _taken(call: Call, name: str) -> str:
    deleted = name.lower() in call.world.state(DELETED)
    if deleted or any(each.name.lower() == name.lower() for each in call.world.resources.of_type(_VAULT)):
        where = " or is in a recoverable state (soft deleted)" if deleted else ""
        return f"The vault name '{name}' is already in use{where}. Vault names are globally unique."
    return ""


name_availability.serve(ROUTES, "Microsoft.KeyVault", _taken)
