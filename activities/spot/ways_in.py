"""A way in to the temporary machine of an image version: a public address, and one rule for one caller's address.

Where the network has a Bastion the machine gets no public address, and the rule lets in the Bastion's subnet.

The rule is in the security group of the hosted network, which has no other inbound rule, and names the machine's own
address as its destination. Without the rule nothing reaches the public address (docs/decisions/0048).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from activities.machines.machines import ADMINISTRATOR
from activities.machines.run_commands import assemble, begin_run_command, read_run_command
from activities.machines.vms import compares_each
from activities.operations.at_work import at_work, of_its_work
from shared.clients.arm import parse_id, properties
from shared.contracts.calls import is_overtaken, ordered_tag
from shared.contracts.image_versions import (
    BEGIN_ADMINISTRATOR,
    CLOSE_WAY_IN,
    FORGET_SECRET,
    OPEN_WAY_IN,
    READ_ADMINISTRATOR,
    AdministratorOrder,
    SecretOrder,
    WayIn,
    WayInOrder,
)
from shared.contracts.joining import CONNECT
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, DeclinedError, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.workflow import Blueprint, implements

bp = Blueprint()

STEP = "setAdministrator"
_REMOTE_DESKTOP = "3389"
_BASTION_SUBNET = "AzureBastionSubnet"  # learn.microsoft.com/azure/bastion/configuration-settings#subnet
_FIRST_PRIORITY, _LAST_PRIORITY = 1000, 4000
_PRIORITY_TAKEN = frozenset({"securityruleconflict"})
_SOON = 5


@dataclass(frozen=True, slots=True)
class _Bastion:
    """A Bastion in the machine's network, and the addresses of its subnet."""

    id: str
    prefixes: tuple[str, ...]


def address_name(machine: Machine) -> str:
    """Return the name of the public address of a machine."""
    return f"{machine.vm_name}-ip"


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_ADMINISTRATOR, fence=of_its_work)
async def begin_administrator(order: AdministratorOrder) -> Accepted | Refused:
    """Start the script; the password is passed from the vault in protected parameters only."""
    try:
        password = await dependencies().vault().read(order.secret_url)
    except MissingError:
        return Refused(
            code="passwordGone", message="the chosen password has been used already", advice="Connect once more."
        )
    values, secrets = {"User": ADMINISTRATOR}, {"Password": password}
    source = assemble((STEP,), frame="frame", below="connect/")
    return await begin_run_command(order.machine, CONNECT.name, source, values, secrets=secrets)


@bp.activity_trigger(input_name="payload")
@implements(READ_ADMINISTRATOR)
async def read_administrator(order: AdministratorOrder) -> Done | Pending | Refused:
    """Read whether Windows has accepted the password."""
    reported = await read_run_command(order.machine, CONNECT.name, (STEP,))
    if isinstance(reported, Pending):
        return reported
    ok, message = reported[STEP]
    advice = "Choose a longer password with capitals, digits and signs, then connect once more."
    return Done() if ok else Refused(code="administratorNotSet", message=message, advice=advice)


@bp.activity_trigger(input_name="payload")
@implements(FORGET_SECRET, fence=compares_each)
async def forget_secret(order: SecretOrder) -> Done | Refused:
    """Delete a password that Windows has received, unless it was set after the order was given. Safe to repeat."""
    vault = dependencies().vault()
    with suppress(MissingError):
        if not is_overtaken(await vault.set_at(order.secret_url), dependencies().clock.now()):
            await vault.delete(order.secret_url)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(OPEN_WAY_IN, fence=of_its_work)
async def open_way_in(order: WayInOrder) -> WayIn | Pending | Refused:
    """Let the Bastion of the machine's network in, or make a public address and let the caller's address in."""
    machine = order.machine
    network = dependencies().network(machine.subscription_id)
    nic = await network.network_interfaces.get(machine.resource_group, machine.nic_name)
    inner = dict(properties(nic)["ipConfigurations"][0]["properties"])
    bastion = await _bastion(network, str(inner["subnet"]["id"]))
    if bastion is None:
        return await _open_address(network, order, nic, inner)
    if (going := await _remove_address(network, machine)) is not None:  # of a way in from before there was a Bastion
        return going
    if not await _put_rule(network, machine, str(inner["privateIPAddress"]), bastion.prefixes):
        return _taken()
    return WayIn(bastion_id=bastion.id)


async def _open_address(network: Any, order: WayInOrder, nic: Any, inner: dict[str, Any]) -> WayIn | Pending:  # noqa: ANN401 - the SDK's
    """Create the public address, give it to the machine's interface, and let the caller's address in."""
    machine = order.machine
    public = await _public_address(network, machine)
    if public is None:
        return Pending(note="the public address is being created", after=_SOON)
    if str((inner.get("publicIPAddress") or {}).get("id", "")).casefold() != str(public.id).casefold():
        await _put_nic(network, machine, nic, {"id": public.id})
        return Pending(note="the address is being given to the machine", after=_SOON)
    if properties(nic).get("provisioningState") != "Succeeded":
        return Pending(note="the address is being given to the machine", after=_SOON)
    if not await _put_rule(network, machine, str(inner["privateIPAddress"]), (f"{order.address}/32",)):
        return _taken()
    return WayIn(public_address=str(properties(public)["ipAddress"]))


def _taken() -> Pending:
    return Pending(note="another way in is being opened", after=_SOON)


async def _bastion(network: Any, subnet_id: str) -> _Bastion | None:  # noqa: ANN401 - the SDK's client
    """Return the Bastion in the network of a subnet, or None if the network has no Bastion subnet in use.

    That subnet names who uses it, so that nothing but the network has to be read.
    """
    at = parse_id(subnet_id.rpartition("/subnets/")[0])
    try:
        inside = properties(await network.subnets.get(at.resource_group, at.name, _BASTION_SUBNET))
    except MissingError:
        return None
    users = [str(each.get("id")) for each in inside.get("ipConfigurations") or ()]
    bastions = [each.rpartition("/bastionHostIpConfigurations/")[0] for each in users]
    prefixes = inside.get("addressPrefixes") or [inside.get("addressPrefix")]
    return next((_Bastion(each, tuple(map(str, prefixes))) for each in bastions if each), None)


async def _public_address(network: Any, machine: Machine) -> Any | None:  # noqa: ANN401 - the SDK's client and model
    """Return the public address when it exists; begin to create it if it is missing."""
    addresses, name = network.public_ip_addresses, address_name(machine)
    try:
        found = await addresses.get(machine.resource_group, name)
    except MissingError:
        body: Any = {
            "location": machine.region,
            "tags": {**machine.tags, **ordered_tag(dependencies().clock.now())},
            "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"},
        }
        await addresses.begin_create_or_update(machine.resource_group, name, body, polling=False)
        return None
    there = properties(found)
    return found if there.get("provisioningState") == "Succeeded" and there.get("ipAddress") else None


async def _put_nic(network: Any, machine: Machine, nic: Any, public: dict[str, str] | None) -> None:  # noqa: ANN401 - the SDK's
    """Begin to give the interface *public*, or none; all else stays."""
    inside = properties(nic)
    configurations = [dict(each) for each in inside.get("ipConfigurations") or ()]
    inner = {k: v for k, v in dict(configurations[0]["properties"]).items() if k != "publicIPAddress"}
    if public is not None:
        inner["publicIPAddress"] = public
    configurations[0]["properties"] = inner
    body: Any = {
        "location": nic.location,
        "tags": nic.tags,
        "properties": {**inside, "ipConfigurations": configurations},
    }
    name = machine.nic_name
    await network.network_interfaces.begin_create_or_update(machine.resource_group, name, body, polling=False)


def _security_group(machine: Machine) -> str:
    return f"{naming.hosted_network_name(machine.tenant_id, machine.region)}-nsg"


async def _put_rule(network: Any, machine: Machine, private: str, sources: tuple[str, ...]) -> bool:  # noqa: ANN401 - the SDK's client
    """Let *sources* in to the machine's address; return False while another rule has taken the number."""
    group = machine.resource_group
    rules = [each async for each in network.security_rules.list(group, _security_group(machine))]
    name = naming.way_in_rule(machine.owner)
    taken = {int(properties(each)["priority"]) for each in rules if each.name != name}
    priority = next(each for each in range(_FIRST_PRIORITY, _LAST_PRIORITY) if each not in taken)
    body: Any = {
        "properties": {
            "description": "Deskwright: a way in for a time",
            "protocol": "Tcp",
            "access": "Allow",
            "direction": "Inbound",
            "priority": priority,
            **({"sourceAddressPrefix": sources[0]} if len(sources) == 1 else {"sourceAddressPrefixes": list(sources)}),
            "sourcePortRange": "*",
            "destinationAddressPrefix": f"{private}/32",
            "destinationPortRange": _REMOTE_DESKTOP,
        }
    }
    try:
        begun = await network.security_rules.begin_create_or_update(
            group, _security_group(machine), name, body, polling=False
        )
        await begun.result()
    except DeclinedError as declined:
        if declined.code.lower() not in _PRIORITY_TAKEN:
            raise
        return False
    return True


@bp.activity_trigger(input_name="payload")
@implements(CLOSE_WAY_IN, fence=at_work)
async def close_way_in(machine: Machine) -> Done | Pending | Refused:
    """Take the rule away first, then the address from the interface, then the address; done when all are gone."""
    network, group = dependencies().network(machine.subscription_id), machine.resource_group
    try:
        rule = naming.way_in_rule(machine.owner)
        await network.security_rules.get(group, _security_group(machine), rule)
        await network.security_rules.begin_delete(group, _security_group(machine), rule, polling=False)
        return Pending(note="the rule is being taken away", after=_SOON)
    except MissingError:
        return await _remove_address(network, machine) or Done()


async def _remove_address(network: Any, machine: Machine) -> Pending | None:  # noqa: ANN401 - the SDK's client
    """Begin the next step of removing the public address; None when there is no address."""
    group = machine.resource_group
    try:
        found = await network.public_ip_addresses.get(group, address_name(machine))
    except MissingError:
        return None
    if properties(found).get("ipConfiguration") and await _take_from_nic(network, machine):
        return Pending(note="the address is being taken from the machine", after=_SOON)
    await network.public_ip_addresses.begin_delete(group, address_name(machine), polling=False)
    return Pending(note="the address is being deleted", after=_SOON)


async def _take_from_nic(network: Any, machine: Machine) -> bool:  # noqa: ANN401 - the SDK's client
    """Begin to take the public address from the interface; return whether the interface has one."""
    try:
        nic = await network.network_interfaces.get(machine.resource_group, machine.nic_name)
    except MissingError:
        return False
    configurations: list[dict[str, Any]] = list(properties(nic).get("ipConfigurations") or ())
    if not any((each.get("properties") or {}).get("publicIPAddress") for each in configurations):
        return False
    await _put_nic(network, machine, nic, None)
    return True
