"""Shared resources of a tenant's machines: hosted networks, galleries, host pools. Their use and removal.

Each costs money or clutters a subscription, and is made again by the next build that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from activities.machines.vms import OfMachine, made_later
from shared.clients.arm import parse_id, properties
from shared.contracts.calls import is_delayed
from shared.contracts.outcomes import Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import (
    NETWORK_PARTS,
    POOL_PARTS,
    FoundResource,
    Judgement,
    Orphan,
    OrphanType,
    judge_shared,
)
from shared.domain.networks.connection import Connection
from shared.domain.owner import ROLE_TAG
from shared.domain.tenants.tenant import Site

_NOT_OURS = Refused.model_construct(code="notOurs", message="it no longer carries the tag of this tenant", final=True)
_ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Uses:
    """Resources of a resource group that are used, by the records and by Azure's list."""

    tenant_id: str
    kept: timedelta
    sites: tuple[Site, ...]  # those of this resource group
    any_site: bool
    regions: frozenset[str]  # in which something of the group is built, or is; _ANYWHERE: it may be in any
    images: bool
    pools: frozenset[str]  # names of pools with session hosts
    keeps_security_groups: bool = True

    def judge(self, found: FoundResource) -> Judgement | None:
        """Return why something shared is an orphan, None when it is none."""
        if found.type is OrphanType.NETWORK_SECURITY_GROUP and self.keeps_security_groups:
            return None  # it costs nothing, and others may rely on its rules
        if found.type in NETWORK_PARTS:
            region = naming.region_of_hosted(self.tenant_id, found.name)
            needed = any(region in site.regions for site in self.sites)
            used = bool({region, _ANYWHERE} & self.regions)
        elif found.type in POOL_PARTS:
            used = _ANYWHERE in self.regions or pool_of(found.name) in self.pools
            needed = self.any_site or used
        else:
            needed, used = bool(self.sites), self.images
        return judge_shared(found, used=used, needed=needed, kept=self.kept)


class _InGroup(Protocol):
    """An order that names a tenant and one of its resource groups."""

    @property
    def tenant_id(self) -> str: ...

    @property
    def resource_group(self) -> str: ...


async def of_a_site(order: _InGroup | OfMachine) -> str | None:
    """Fence an order to make a shared resource: minutes later, the tenant must still have a site in its region."""
    deps = dependencies()
    if not is_delayed(deps.clock.now()):
        return None
    place: Any = getattr(order, "machine", order)
    tenant_id, group = str(place.tenant_id), str(place.resource_group).casefold()
    groups = {stored.value.resource_group.casefold() async for stored in deps.sites.each(tenant_id)}
    allowed = groups | ({naming.tenant_resource_group(tenant_id).casefold()} if groups else set())
    is_there = await deps.tenants.find(tenant_id) is not None and group in allowed
    return None if is_there else f"{tenant_id} has no site in {group} any more"


def pool_of(name: str) -> str:
    """Return the name of the pool to which the pool, application group or workspace *name* belongs."""
    return name.casefold().removesuffix("-dag").removesuffix("-ws")


async def uses_of(tenant_id: str, subscription_id: str, resource_group: str) -> Uses:
    """Return the resources of a resource group that the tenant uses."""
    deps = dependencies()
    tenant = (await deps.tenants.get(tenant_id)).value
    sites = [stored.value async for stored in deps.sites.each(tenant_id)]
    here = tuple(site for site in sites if site.resource_group.casefold() == resource_group.casefold())
    ids = {site.id for site in here}
    image_sites = [stored.value.site_id async for stored in deps.images.each(tenant_id)]
    image_sites += [stored.value.home_site_id async for stored in deps.image_sets.each(tenant_id)]
    connections = [stored.value async for stored in deps.connections.each(tenant_id)]
    regions, pools = await _of_cloud_pcs(tenant_id, resource_group, {c.id: c for c in connections}, ids)
    at = deps.clock.now()
    if any(c.being_checked(at) and c.site_id in ids and c.network.hosted for c in connections):
        regions |= {site.region for site in here}
    regions |= {site.region for site in here if site.id in image_sites}
    regions |= await _attached(tenant_id, subscription_id, resource_group)
    pools |= await _with_hosts(subscription_id, resource_group)
    return Uses(
        tenant_id=tenant_id,
        kept=tenant.settings.unused_kept,
        sites=here,
        any_site=bool(sites),
        regions=frozenset(regions),
        images=bool(ids & set(image_sites)),
        pools=frozenset(pools),
        keeps_security_groups=not tenant.settings.remove_security_groups,
    )


async def _of_cloud_pcs(
    tenant_id: str, group: str, connections: dict[str, Connection], site_ids: set[str]
) -> tuple[set[str], set[str]]:
    """Return the regions of a group's Cloud PCs, and their pools; a Cloud PC being built may be in any region."""
    regions: set[str] = set()
    pools: set[str] = set()
    async for stored in dependencies().machines.each(tenant_id):
        pc = stored.value
        if pc.status is Status.NOT_PROVISIONED:
            continue
        made, snapshot = pc.current.resources, pc.current.snapshot
        if made.host_pool_id:
            pools.add(pool_of(parse_id(made.host_pool_id).name))
        connection = connections.get(snapshot.connection_id) if snapshot else None
        tenants_own = group.casefold() == naming.tenant_resource_group(tenant_id).casefold()
        if made.region and made.resource_group and made.resource_group.casefold() == group.casefold():
            regions.add(made.region)
        elif connection is None or connection.site_id in site_ids or (tenants_own and made.host_pool_id is None):
            regions.add(_ANYWHERE)
    return regions, pools


async def _attached(tenant_id: str, subscription_id: str, group: str) -> set[str]:
    """Return the regions whose hosted network has network interfaces, including interfaces that others attached."""
    found: set[str] = set()
    try:
        async for each in dependencies().network(subscription_id).virtual_networks.list(group):
            region = naming.region_of_hosted(tenant_id, str(each.name))
            subnets = properties(each).get("subnets") or ()
            if region and any((subnet.get("properties") or {}).get("ipConfigurations") for subnet in subnets):
                found.add(region)
    except MissingError:
        pass  # the group does not exist (yet)
    return found


async def _with_hosts(subscription_id: str, group: str) -> set[str]:
    """Return the names of the pools that have session hosts, including hosts that others registered."""
    desktops, found = dependencies().desktops(subscription_id), set[str]()
    try:
        async for pool in desktops.host_pools.list_by_resource_group(group):
            async for _ in desktops.session_hosts.list(group, str(pool.name)):
                found.add(pool_of(str(pool.name)))
                break
    except MissingError:
        pass  # the group does not exist (yet), or the pool has just been deleted
    return found


def shared_lists(subscription_id: str, group: str) -> dict[OrphanType, Any]:
    """Return the lists of shareable resources in a resource group."""
    network, desktops = dependencies().network(subscription_id), dependencies().desktops(subscription_id)
    return {
        OrphanType.VIRTUAL_NETWORK: network.virtual_networks.list(group),
        OrphanType.NAT_GATEWAY: network.nat_gateways.list(group),
        OrphanType.NETWORK_SECURITY_GROUP: network.network_security_groups.list(group),
        OrphanType.GALLERY: dependencies().compute(subscription_id).galleries.list_by_resource_group(group),
        OrphanType.WORKSPACE: desktops.workspaces.list_by_resource_group(group),
        OrphanType.APPLICATION_GROUP: desktops.application_groups.list_by_resource_group(group),
        OrphanType.HOST_POOL: desktops.host_pools.list_by_resource_group(group),
    }


def is_shared(tenant_id: str, kind: OrphanType, resource: Any) -> bool:  # noqa: ANN401 - the SDK's models
    """Return whether we made it, by its role or its name; it has the tenant's tag."""
    if kind in NETWORK_PARTS:
        ours = naming.region_of_hosted(tenant_id, str(resource.name)) is not None
        return ours and (resource.tags or {}).get(ROLE_TAG) == "network"
    if kind in POOL_PARTS:
        return str(resource.name).startswith(naming.host_pool_names(tenant_id))
    return kind is OrphanType.GALLERY and str(resource.name).startswith("deskwright_")


async def remove_shared(orphan: Orphan) -> Done | Pending | Refused:
    """Begin to remove something shared; Azure refuses while something uses it. Raises: MissingError when it is gone."""
    resource, kind = parse_id(orphan.found.resource_id), orphan.found.type
    network, desktops = (
        dependencies().network(resource.subscription_id),
        dependencies().desktops(resource.subscription_id),
    )
    compute = dependencies().compute(resource.subscription_id)
    operations: Any = {
        OrphanType.VIRTUAL_NETWORK: network.virtual_networks,
        OrphanType.NAT_GATEWAY: network.nat_gateways,
        OrphanType.PUBLIC_IP_ADDRESS: network.public_ip_addresses,
        OrphanType.NETWORK_SECURITY_GROUP: network.network_security_groups,
        OrphanType.GALLERY: compute.galleries,
        OrphanType.WORKSPACE: desktops.workspaces,
        OrphanType.APPLICATION_GROUP: desktops.application_groups,
        OrphanType.HOST_POOL: desktops.host_pools,
    }[kind]
    there = await operations.get(resource.resource_group, resource.name)
    if (there.tags or {}).get(naming.TENANT_TAG) != orphan.tenant_id:
        return _NOT_OURS
    if made_later(there):
        return Done()
    if kind in POOL_PARTS:
        await operations.delete(resource.resource_group, resource.name)
        return Pending(note=f"{resource.name} is being deleted", after=5)
    if kind is OrphanType.GALLERY and await _definitions_go(compute, resource.resource_group, resource.name):
        return Pending(note=f"the definitions in {resource.name} are being deleted", after=15)
    await operations.begin_delete(resource.resource_group, resource.name, polling=False)
    return Pending(note=f"{resource.name} is being deleted", after=15)


async def _definitions_go(compute: Any, group: str, gallery: str) -> bool:  # noqa: ANN401 - the SDK's client
    """Begin to delete a gallery's definitions; return whether it has any. Azure refuses definitions with versions."""
    definitions = [str(each.name) async for each in compute.gallery_images.list_by_gallery(group, gallery)]
    for name in definitions:
        await compute.gallery_images.begin_delete(group, gallery, name, polling=False)
    return bool(definitions)
