"""Names and ids, all derived: one thing always gets one name, so a repeated call finds the result of the first."""

from __future__ import annotations

import hashlib
import itertools
import re
import uuid
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from types import MappingProxyType
from typing import Literal

from shared.domain.owner import Owner, OwnerKind

TENANT_TAG = "deskwright:tenant"
SPOT_GROUP_TAG = "deskwright:spotgroup"
ORDERED_TAG = "deskwright:ordered"  # when the order was given by which it was made
KEPT_UNTIL_TAG = "deskwright:keptuntil"  # when the copy of a deleted Cloud PC's disk is removed
REPLACES_TAG = "deskwright:replaces"  # the VM beside which this one was built, to take its place

IMPORTS = "imported-managed-images"
"""Name of the definition in a site's gallery whose versions are managed images, while images are built from them."""

Slot = Literal["a", "b"]
"""Slot of a machine of a Cloud PC; the replacement of a machine is built in the other slot."""

_SLOTS: Mapping[Slot, str] = MappingProxyType({"a": "", "b": "-b"})
_NAMESPACE = uuid.UUID("8f0f6a52-6c0f-5b67-9b8e-5b8e1b7a3a10")
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no I, L, O, 0, 1: people read these names aloud
_USERNAME = re.compile(r"%USERNAME:([0-9]{1,3})%")
_RAND = re.compile(r"%RAND:([0-9]{1,3})%")
_COMPUTER_NAME_LENGTH = 15  # NetBIOS
_PREFIX_LENGTH = 10
_RAND_LEAST = 5


GENERATIONS_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
"""The first generation of a record is the number of seconds since then, so that none comes twice."""


def derived_id(*parts: str) -> str:
    """Return a UUID that is always the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def cloud_pc_id(tenant_id: str, user_id: str, sku_id: str, nth: int = 0) -> str:
    """Return the id of a Cloud PC made for (user, licence): 20 hex digits, safe in every name Azure has.

    *nth*: how many Cloud PCs made for the same two keep their ids and claim another licence now.
    """
    again = (str(nth),) if nth else ()
    return derived_id("cloudpc", tenant_id, user_id, sku_id, *again).replace("-", "")[:20]


def pool_id(tenant_id: str, policy_id: str, plan_id: str, region: str = "") -> str:
    """Return the id of the warm pool of a policy, a service plan and, unless it has none, a region."""
    return derived_id("pool", tenant_id, policy_id, plan_id, *filter(None, [region]))


def pool_member_id(pool_id: str, planned_at: datetime, number: int) -> str:
    """Return the id of a member of a pool, which its Cloud PC has later; *number*: among those planned together."""
    return derived_id("poolmember", pool_id, planned_at.isoformat(), str(number)).replace("-", "")[:20]


def new_cloud_pc_id(tenant_id: str, user_id: str, sku_id: str, taken: Container[str]) -> str:
    """Return the id for a new Cloud PC of a user and a licence; *taken*: ids that other Cloud PCs have."""
    ids = (cloud_pc_id(tenant_id, user_id, sku_id, nth) for nth in itertools.count())
    return next(each for each in ids if each not in taken)


def instance_id(tenant_id: str, subject: str, kind: str, generation: int) -> str:
    """Return the orchestration instance id of one piece of work: the same whenever it is started again."""
    return f"{tenant_id}-{subject}-{kind}-{generation}"


def slug(text: str) -> str:
    """Return *text* as lower-case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def vm_name(owner: Owner, slot: Slot = "a") -> str:
    """Return the VM's name: one per slot of an owner, so that Azure itself refuses a second machine there."""
    return f"{owner.base_name}{_SLOTS[slot]}"


def nic_name(owner: Owner, slot: Slot = "a") -> str:
    """Return the network interface's name."""
    return f"{vm_name(owner, slot)}-nic"


def disk_name(owner: Owner, slot: Slot = "a") -> str:
    """Return the OS disk's name."""
    return f"{vm_name(owner, slot)}-os"


def way_in_rule(owner: Owner) -> str:
    """Return the name of the security rule that lets a caller in to the machine of *owner* for a time."""
    return f"{vm_name(owner)}-way-in"


def owner_of_way_in(rule: str) -> Owner | None:
    """Return the owner of the machine that a security rule opens, or None if the rule is no way in of ours."""
    beginning = vm_name(Owner(kind=OwnerKind.IMAGE_VERSION, id=""))
    name = rule.casefold()
    if not name.startswith(beginning) or not name.endswith("-way-in"):
        return None
    return Owner(kind=OwnerKind.IMAGE_VERSION, id=name.removeprefix(beginning).removesuffix("-way-in"))


def other_slot(slot: Slot) -> Slot:
    """Return the other one of the two slots of an owner."""
    return "b" if slot == "a" else "a"


def cloud_pc_of_vm(name: str) -> str | None:
    """Return the id of the Cloud PC in a VM's name, or None for other names. Azure may change the case of letters."""
    beginning, folded = vm_name(Owner.cloud_pc("")), name.casefold()
    return folded.removeprefix(beginning).removesuffix(_SLOTS["b"]) if folded.startswith(beginning) else None


def restored_disk_name(cloud_pc: str, operation_id: str) -> str:
    """Return the name of the OS disk that an operation makes of a restore point."""
    return f"{vm_name(Owner.cloud_pc(cloud_pc))}-os-{derived_id('disk', operation_id)[:8]}"


def restore_point_name(cloud_pc: str, restore_point_id: str) -> str:
    """Return the name of the disk snapshot that is a restore point."""
    return f"{vm_name(Owner.cloud_pc(cloud_pc))}-rp-{restore_point_id}"


def kept_disk_name(cloud_pc: str, deleted_id: str) -> str:
    """Return the name of the disk snapshot that is kept of a deleted Cloud PC."""
    return f"{vm_name(Owner.cloud_pc(cloud_pc))}-kept-{deleted_id}"


def is_kept_disk(name: str) -> bool:
    """Whether a disk snapshot has a name that the copies of deleted Cloud PCs have."""
    beginning = vm_name(Owner.cloud_pc(""))
    return name.casefold().startswith(beginning) and "-kept-" in name


def hosted_network_name(tenant_id: str, region: str) -> str:
    """Return the name of the tenant's hosted network in a region; its parts append -nsg, -nat, -ip."""
    return f"dw-{tenant_id}-{region}"


def region_of_hosted(tenant_id: str, name: str) -> str | None:
    """Return the region in the name of a part of the tenant's hosted network, or None for other names."""
    beginning = hosted_network_name(tenant_id, "")
    return name.removeprefix(beginning).partition("-")[0] or None if name.startswith(beginning) else None


def regional_address_space(address_space: str, position: int) -> str:
    """Return the /20 that the region at *position* in its site takes of the site's address space."""
    slices = list(ip_network(address_space).subnets(new_prefix=max(20, ip_network(address_space).prefixlen)))
    return str(slices[position % len(slices)])


def regional_address_spaces(address_space: str, count: int) -> tuple[str, ...]:
    """Return the parts of a site's address space for each of its regions, in their order."""
    return tuple(regional_address_space(address_space, position) for position in range(count))


def host_pool_name(tenant_id: str, join: str, *, single_sign_on: bool = True) -> str:
    """Return the name of the tenant's personal host pool.

    One pool has one join type (docs/notes/spotpc-avd.md 2.3), and its connections sign in one way: with single sign-on,
    or with a password that Windows asks for.
    """
    joined = "hybrid" if join.startswith("hybrid") else "entra"
    return f"dw-{tenant_id}-personal-{joined}{'' if single_sign_on else '-password'}"


def host_pool_names(tenant_id: str) -> tuple[str, ...]:
    """Return the names of all personal host pools that a tenant may have."""
    return tuple(
        host_pool_name(tenant_id, join, single_sign_on=sso) for join in ("entra", "hybrid") for sso in (True, False)
    )


def spot_group_id(*seed: str) -> str:
    """Return the id of a Spot Group: 20 hex digits, safe in every name Azure has."""
    return derived_id("spotGroup", *seed).replace("-", "")[:20]


def spot_resource_group(tenant_id: str, group_id: str) -> str:
    """Return the resource group of a Spot Group's hosts and pool.

    Its own, because members get their right to sign in to Entra-joined hosts there, once for all hosts.
    """
    return f"deskwright-{tenant_id}-spot-{group_id}"


def spot_host_pool_name(group_id: str) -> str:
    """Return the name of a Spot Group's host pool."""
    return f"spot-{group_id}"


def desktop_application_group(host_pool_name: str) -> str:
    """Return the name of the application group of a host pool that publishes its desktop."""
    return f"{host_pool_name}-dag"


def desktop_workspace(host_pool_name: str) -> str:
    """Return the name of the workspace in which the desktop of a host pool is published."""
    return f"{host_pool_name}-ws"


def naming_template_problem(template: str) -> str | None:
    """Return the problem of a naming template, None when it is right (docs/notes/windows365.md 2.12)."""
    rest = _RAND.sub("", _USERNAME.sub("", template))
    if stray := re.search(r"[^A-Za-z0-9-]", rest):
        return (
            f"the character {stray.group()!r} is not allowed; use letters, digits, hyphens, %USERNAME:x% and %RAND:y%"
        )
    rand = _RAND.search(template)
    if rand is None or int(rand.group(1)) < _RAND_LEAST:
        return "it must contain %RAND:y% with y at least 5, so that names stay unique"
    if len(rest) > _PREFIX_LENGTH:
        return "its fixed part may have at most 10 characters"
    length = len(rest) + sum(int(n) for n in _RAND.findall(template) + _USERNAME.findall(template))
    if not _RAND_LEAST <= length <= _COMPUTER_NAME_LENGTH:
        return f"the computer names would have {length} characters; Windows allows 5 to 15"
    return None


def computer_name(template: str, user_principal_name: str, *, seed: str) -> str:
    """Return the computer name a template gives; *seed* decides the %RAND% part (Cloud PC, generation, attempt).

    A new attempt gets a new name: the directory refuses a second device of the same name.
    """
    local = re.sub(r"[^A-Za-z0-9]", "", user_principal_name.split("@", 1)[0])
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")

    def rand(found: re.Match[str]) -> str:
        nonlocal digest
        letters = []
        for _ in range(int(found.group(1))):
            digest, index = divmod(digest, len(_ALPHABET))
            letters.append(_ALPHABET[index])
        return "".join(letters)

    named = _USERNAME.sub(lambda m: local[: int(m.group(1))], template)
    name = _RAND.sub(rand, named).upper().strip("-")[:_COMPUTER_NAME_LENGTH]
    return f"C{name[1:]}" if name.isdigit() else name


def names_user(template: str) -> bool:
    """Whether computer names by *template* have a part of the user's name."""
    return _USERNAME.search(template) is not None


def fixed_beginning(template: str) -> str:
    """Return the fixed beginning of a template's computer names, in capitals; empty: they may begin with anything."""
    return template.partition("%")[0].upper()


def tenant_resource_group(tenant_id: str) -> str:
    """Return the resource group of resources that belong to the tenant and to no site: its desktop host pools."""
    return f"deskwright-{tenant_id}"
