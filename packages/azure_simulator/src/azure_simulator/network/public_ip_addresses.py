"""Public IP addresses, and which NAT gateway or network interface one is allocated to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources, references
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import location_of, read, unsupported
from azure_simulator.arm.resource_types import FIXED, Immutable, ResourceType
from azure_simulator.arm.value_rules import between, matching
from azure_simulator.core.answers import Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Index
from azure_simulator.network.provider import GATEWAY, NAMING, NETWORK, SDK, check_short_name, check_zones

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

TYPE = "Microsoft.Network/publicIPAddresses"
LABEL = "[a-z][a-z0-9-]{1,61}[a-z0-9]"
"""Quoted in github.com/deis/deis/issues/4854."""
PUBLIC_IP_ADDRESSES = ResourceType(
    name=TYPE,
    provider=NETWORK,
    params=("public_ip",),
    models=BodyModels(SDK, "PublicIPAddress", "TagsObject"),
    naming=NAMING,
    latencies={"public_ip.put": about(1, 2, 0.3), "public_ip.delete": about(8, 15, 1)},
    limit=1000,
    immutable={
        "properties.publicIPAddressVersion": FIXED,
        "properties.publicIPPrefix.id": FIXED,
        "properties.ipTags": Immutable([]),
        "sku.tier": Immutable("Regional"),
    },
    unshown=("properties.ipAddress",),
    links={"properties.natGateway.id": GATEWAY},
    values={
        "properties.idleTimeoutInMinutes": between(4, 30),
        "properties.dnsSettings.domainNameLabel": matching(
            LABEL,
            "The domain name label {value} is invalid. It must conform to the following regular expression: "
            f"^{LABEL}$.",
            "InvalidDomainNameLabel",
        ),
        "properties.dnsSettings.reverseFqdn": matching(
            r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[A-Za-z0-9-]{2,63}\.?", "The reverse FQDN {value} is invalid."
        ),
    },
)
OPERATIONS = Operations(PUBLIC_IP_ADDRESSES)
_DEFAULTS: Json = {
    "publicIPAddressVersion": "IPv4",
    "publicIPAllocationMethod": "Dynamic",
    "idleTimeoutInMinutes": 4,
    "ipTags": [],
}
OWNERS = ("natGateway", "ipConfiguration")
"""The properties that name the owner of an address."""
OTHERS = {
    "natGateway": "An address that names its NAT gateway, instead of the gateway that names its addresses,",
    "linkedPublicIPAddress": "An address that is linked to another",
    "servicePublicIPAddress": "The address of a service",
}


def owner_of(address: Resource) -> str:
    """Return the id of the resource that has an address; empty without one."""
    return next((str(address.properties[name]["id"]) for name in OWNERS if name in address.properties), "")


def _holder(address: Resource) -> str | None:
    """Return the gateway or interface that has an address, without the configuration."""
    return (
        owner_of(address).lower().partition("/ipconfigurations/")[0].partition("/bastionhostipconfigurations/")[0]
        or None
    )


BY_HOLDER = Index(TYPE, _holder)


def check_free(call: Call, address_id: str, owner: str) -> None:
    """Refuse an address that does not exist or that something else has."""
    address = references.need(call, address_id)
    now = owner_of(address)
    if now and now.lower() != owner.lower():
        raise Problem(
            400,
            "PublicIPAddressInUse",
            f"Resource {owner} is referencing public IP address {address.id} that is already allocated to resource "
            f"{now}.",
        )


def allocate(world: World, address_id: str, name: str, owner: str) -> None:
    """Give an address to its owner; `name` is the property that shows it."""
    address = world.resources.get(address_id)
    if address is not None:
        address.set(world.now_us, **{name: {"id": owner}, "ipAddress": _number(world, address.id)})
        world.resources.refile(address)


def release(world: World, holder: str) -> None:
    """Free the addresses of a gateway or an interface."""
    for address in world.resources.find(BY_HOLDER, holder.lower()):
        number = address.properties["ipAddress"] if _is_static(address.properties) else None
        address.set(world.now_us, natGateway=None, ipConfiguration=None, ipAddress=number)
        world.resources.refile(address)


def _properties(call: Call, found: Resource | None) -> Json:
    owners = {name: found.properties[name] for name in OWNERS if name in found.properties} if found else {}
    wanted = read(call.object(), "properties", "object", {})
    given = {**_DEFAULTS, **{name: value for name, value in wanted.items() if name not in OWNERS}}
    number = {"ipAddress": _number(call.world, call.path)} if owners or _is_static(given) else {}
    if label := read(given, "dnsSettings.domainNameLabel", "string", ""):
        full = f"{label}.{location_of(call)}.cloudapp.azure.com"
        given["dnsSettings"] = {**given["dnsSettings"], "fqdn": full}
    return {**given, **number, **owners}


def _number(world: World, address_id: str) -> str:
    """Return the address itself."""
    dice = world.rng("public-ip", address_id)
    return f"20.{dice.randint(4, 250)}.{dice.randint(1, 250)}.{dice.randint(1, 250)}"


def _is_static(properties: Json) -> bool:
    """Return whether an address is known before a resource uses it."""
    return bool(properties["publicIPAllocationMethod"] == "Static")


def _top_level(call: Call) -> Json:
    """Return the sku in full, and the zones."""
    body = call.object()
    sku = {"name": "Basic", "tier": "Regional", **read(body, "sku", "object", {})}
    return {"sku": sku, **{key: body[key] for key in ("zones",) if key in body}}


def _check_unused(address: Resource) -> None:
    owner = owner_of(address)
    if owner:
        raise Problem(
            400,
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {address.id} can not be deleted since it is still allocated to resource {owner}. In "
            "order to delete the public IP, disassociate/detach the Public IP address from the resource.",
        )


def _check_allocation(call: Call, sku: str) -> None:
    """Refuse a way to allocate that a sku does not have.

    Sources: github.com/MicrosoftDocs/azure-docs/issues/42889, hashicorp/terraform-provider-azurerm/issues/14762.
    """
    properties = {**_DEFAULTS, **read(call.object(), "properties", "object", {})}
    static = properties["publicIPAllocationMethod"] == "Static"
    if sku != "Basic" and not static:
        raise Problem(
            400,
            "StandardSkuPublicIPAddressesMustBeStatic",
            f"Standard sku publicIp {call.path} must have AllocationMethod set to Static.",
        )
    if sku == "Basic" and static and properties["publicIPAddressVersion"] == "IPv6":
        raise Problem(
            400,
            "CannotSpecifyPublicIpAllocationMethodAsStaticForIpV6PublicIp",
            "Cannot specify publicIpAllocationMethod as Static for IPv6 PublicIp.",
        )


def _check(call: Call) -> None:
    check_short_name(call.param("public_ip"))
    found, wanted = call.world.resources.get(call.path), read(call.object(), "properties", "object", {})
    for name, what in OTHERS.items():
        if name in wanted and (found is None or wanted[name] != found.properties.get(name)):
            raise unsupported(name, what)
    sku = _top_level(call)["sku"]
    if sku["name"] == "Basic" and read(call.object(), "zones", "array", []):
        text = f"Zones not allowed in basic SKU resource {call.path} in this region. Please use standard SKU."
        raise Problem(400, "ZonesNotAllowedInBasicSkuResource", text)  # github.com/Azure/azure-cli/issues/8933
    check_zones(call, found)
    _check_allocation(call, sku["name"])
    if found is not None and found.body["sku"]["name"] != "Basic" and sku["name"] == "Basic":
        raise NETWORK.unchangeable("sku.name")
    if sku["tier"] == "Global" and sku["name"] == "Basic":
        raise Problem(
            400,
            "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress",
            f"Public IP address {call.path} of the sku Basic cannot be of the tier Global.",
        )


plain_resources.serve(
    OPERATIONS,
    "public_ip",
    "publicIPAddresses",
    Plain(check=_check, properties=_properties, check_unused=_check_unused, top_level=_top_level),
)
