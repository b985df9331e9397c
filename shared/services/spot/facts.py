"""Facts and choices for the forms of Spot Groups."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from shared.clients.directory import existing_groups, members_of_groups
from shared.clients.pacing import retry_while_throttled
from shared.clients.vm_sizes import SizeOffer
from shared.domain.networks.connection import Connection
from shared.domain.planning.queueing import rights_used
from shared.domain.spot.engine.seeing import drift_of
from shared.domain.spot.groups.group import HARDWARE, USERS_PER_HOST, LicenseType, SpotGroup, host_hardware
from shared.domain.spot.groups.members import SeenMember, SpotMember, seen_users
from shared.domain.spot.hosts.host import windows_of
from shared.domain.spot.hosts.observed import SettingsDrift
from shared.domain.spot.images.image_set import HostPoolType
from shared.domain.tenants.directory import DirectoryUser
from shared.domain.wizards.forecast import Usage
from shared.domain.wizards.spot_group_steps import SpotGroupFacts, SpotImage, SpotLicences
from shared.errors import RefusedError, UnavailableError
from shared.services.directory.licenses import read_offers, size_problem
from shared.services.networks.rights import rights_of_members
from shared.services.operations.action_context import ActionContext
from shared.services.policies.facts import nothing, quota_of, texts_of


async def spot_images(context: ActionContext) -> tuple[SpotImage, ...]:
    """Return the image versions of the tenant, available or not."""
    deps, tenant_id = context.deps, context.tenant.id
    sets = {stored.value.id: stored.value async for stored in deps.image_sets.each(tenant_id)}
    versions = [stored.value async for stored in deps.image_versions.each(tenant_id)]
    return tuple(
        SpotImage(
            image_set_id=version.image_set_id,
            image_set_name=of.display_name,
            version=version.version,
            available=version.image is not None,
            status=version.status.value,
            multi_session=of.host_pool_type is HostPoolType.POOLED,
            regions=version.regions,
        )
        for version in versions
        if (of := sets.get(version.image_set_id)) is not None
    )


_log = logging.getLogger("deskwright.services")


async def spot_group_facts(context: ActionContext, form: Mapping[str, Any], *, with_forecast: bool) -> SpotGroupFacts:
    """Return the records and offers that a form is checked against.

    *with_forecast*: also members, quota and role assignments, for a review.
    """
    deps, tenant = context.deps, context.tenant
    groups = tuple([stored.value async for stored in deps.spot_groups.each(tenant.id)])
    connections = tuple([stored.value async for stored in deps.connections.each(tenant.id)])
    chosen = texts_of(form, "groups", "groupIds")
    found, members, used = await asyncio.gather(
        existing_groups(deps.graph(tenant), chosen) if chosen else nothing(()),
        _members(context, chosen or _assigned(form, groups)) if with_forecast else nothing(()),
        _usages(context, form, groups) if with_forecast else nothing(()),
    )
    return SpotGroupFacts(
        sites=tuple([stored.value async for stored in deps.sites.each(tenant.id)]),
        connections=connections,
        spot_groups=groups,
        images=await spot_images(context),
        licences=licences_of(context, groups),
        groups=found,
        members=members,
        known_members=await _known_members(context, _edited(form, groups)) if with_forecast else (),
        usages=used,
        rights_used=await _rights_used(context, connections, groups) if with_forecast else 0,
        rights_limit=tenant.settings.sign_in_rights_per_subscription,
        size_faults=await _size_faults(context, form, groups, connections),
        other_hosts=await _other_hosts(context, _edited(form, groups)),
    )


async def _size_faults(
    context: ActionContext, form: Mapping[str, Any], groups: Iterable[SpotGroup], connections: Iterable[Connection]
) -> dict[str, str]:
    """Return why hosts of the form's group cannot have the VM sizes that it names; unknown facts are no reason."""
    fields = form.get("hosts")
    given = fields.get("hosts", fields) if isinstance(fields, dict) else None
    sizes = texts_of({"hosts": given}, "hosts", "sizes")
    edited = _edited(form, groups)
    license_type = edited.license_type.value if edited else _text(form, "license", "licenseType")
    site_id = edited.site_id if edited else _text(form, "site", "siteId")
    site = await context.deps.sites.find(context.tenant.id, site_id) if site_id and sizes else None
    if site is None or license_type not in set(LicenseType):
        return {}
    wanted = edited.connection_id if edited else _text(form, "site", "connectionId")
    joins = next((each for each in connections if each.id == wanted), None)
    regions = site.value.regions if joins is None or joins.network.hosted else (site.value.region,)
    subscription_id = joins.subscription_id if joins else context.tenant.subscription_id
    offers = await read_offers(context, subscription_id, regions)
    hibernates = isinstance(given, dict) and given.get("hibernate") is True
    found = {size: size_fault(size, LicenseType(license_type), offers, hibernates=hibernates) for size in sizes}
    return {size: fault for size, fault in found.items() if fault}


def size_fault(
    size: str, license_type: LicenseType, offers: Mapping[str, Mapping[str, SizeOffer]], *, hibernates: bool
) -> str | None:
    """Return why hosts of a licence type cannot have a size, None if they can, or nothing is known of it."""
    if not offers:
        return None
    if fault := size_problem(size, host_hardware(license_type), offers):
        return fault
    if hibernates and not any(each[size.lower()].hibernates for each in offers.values() if size.lower() in each):
        return f"machines of {size} cannot hibernate; name another size, or leave hibernation out"
    return None


async def _other_hosts(context: ActionContext, group: SpotGroup | None) -> bool:
    """Whether a group has hosts of another version than its own, as a cancelled release leaves them.

    So it has after an edit, until its hosts have the settings.
    """
    if group is None:
        return False
    hosts = await context.deps.session_hosts.of_group(context.tenant.id, group.id)
    connection = await context.deps.connections.find(group.tenant_id, group.connection_id)
    wanted = windows_of(group, connection.value.join_type) if connection else None
    if any(drift_of(host, wanted) is not SettingsDrift.NONE for host in hosts):
        return True
    images = {(host.image_set_id, host.image_version) for host in hosts}
    return bool(images - {(group.image_set_id, group.image_version)})


def licences_of(context: ActionContext, groups: Iterable[SpotGroup]) -> dict[LicenseType, SpotLicences]:
    """Return the tenant's licences of each type: how many there are, and how many its groups use."""
    used = Counter[LicenseType]()
    for group in groups:
        used[group.license_type] += group.quantity
    totals: Mapping[str, int] = {str(kind): total for kind, total in context.tenant.spot_licenses.items()}
    return {each: SpotLicences(total=totals.get(each.value), used=used[each]) for each in LicenseType}


async def _members(context: ActionContext, group_ids: Iterable[str]) -> tuple[SeenMember, ...] | None:
    """Return the members of the groups, or None if they cannot be read."""
    graph = context.deps.graph(context.tenant)

    async def of_group(group_id: str) -> list[DirectoryUser]:
        return await retry_while_throttled(partial(graph.group_users, group_id))

    try:
        read = await members_of_groups(of_group, group_ids)
    except (UnavailableError, RefusedError) as error:
        _log.warning("the directory could not be read: %s", error)
        return None
    return seen_users(read.people.values())


async def _known_members(context: ActionContext, group: SpotGroup | None) -> tuple[SpotMember, ...]:
    """Return the recorded members of a group."""
    if group is None:
        return ()
    known = context.deps.spot_members.each(group.tenant_id, group_id=group.id)
    return tuple([each.value async for each in known])


async def _usages(
    context: ActionContext, form: Mapping[str, Any], groups: Iterable[SpotGroup]
) -> tuple[Usage, ...] | None:
    """Return the quotas of the region in which the hosts are built, or None if they cannot be read."""
    edited = _edited(form, groups)
    site_id = edited.site_id if edited else _text(form, "site", "siteId")
    site = await context.deps.sites.find(context.tenant.id, site_id) if site_id else None
    if site is None:
        return ()
    return await quota_of(context, context.tenant.subscription_id, site.value.region)


async def _rights_used(context: ActionContext, connections: Iterable[Connection], groups: Iterable[SpotGroup]) -> int:
    """Return how many role assignments for signing in the tenant's subscription has: Cloud PCs' and members'."""
    deps, tenant = context.deps, context.tenant
    places = {connection.id: (connection.subscription_id,) for connection in connections}
    pcs = [pc.value async for pc in deps.cloud_pcs.each(tenant.id)]
    used = rights_used(pcs, places) + await rights_of_members(deps, tenant.id, connections, groups)
    return used[tenant.subscription_id]


def _assigned(form: Mapping[str, Any], groups: Iterable[SpotGroup]) -> tuple[str, ...]:
    edited = _edited(form, groups)
    return edited.group_ids if edited else ()


def _edited(form: Mapping[str, Any], groups: Iterable[SpotGroup]) -> SpotGroup | None:
    wanted = _text(form, "group", "spotGroupId")
    return next((group for group in groups if group.id == wanted), None)


def _text(form: Mapping[str, Any], step: str, name: str) -> str | None:
    fields = form.get(step)
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else None


_TITLES = {
    LicenseType.POOLED: "Pooled: up to ten users share a host",
    LicenseType.PERSONAL: "Personal: a host of one's own for a session",
    LicenseType.PERSONAL_DEDICATED: "Personal dedicated: always the same host",
}
Choice = dict[str, Any]


async def license_choices(context: ActionContext) -> list[Choice]:
    """Return the licence types, each with its total, how many are used and how many are available."""
    groups = [stored.value async for stored in context.deps.spot_groups.each(context.tenant.id)]
    found = []
    for kind, licences in licences_of(context, groups).items():
        cores, memory, disk = HARDWARE[kind]
        found.append(
            {
                "value": kind.value,
                "title": _TITLES[kind],
                "total": licences.total,
                "used": licences.used,
                "available": licences.available,
                "usersPerHost": USERS_PER_HOST if kind is LicenseType.POOLED else 1,
                "hardware": f"{cores} vCPU, {memory} GB memory, {disk} GB disk",
            }
        )
    return found


async def image_choices(context: ActionContext) -> list[Choice]:
    """Return the versions that hosts can be built from."""
    return [
        {
            "value": image.version,
            "title": f"{image.image_set_name} {image.version}",
            "imageSetId": image.image_set_id,
            "multiSession": image.multi_session,
            "regions": list(image.regions),
        }
        for image in await spot_images(context)
        if image.available
    ]


async def image_set_choices(context: ActionContext) -> list[Choice]:
    """Return the image sets that have a version to build from."""
    sets = {image.image_set_id: image.image_set_name for image in await spot_images(context) if image.available}
    return [{"value": each, "title": name} for each, name in sets.items()]


async def spot_group_choices(context: ActionContext) -> list[Choice]:
    """Return the Spot Groups, with the values that an edit begins with."""

    def choice(group: SpotGroup) -> Choice:
        return {
            "value": group.id,
            "title": f"{group.display_name} - {group.friendly_name}",
            "licenseType": group.license_type.value,
            "quantity": group.quantity,
            "groupIds": list(group.group_ids),
            "imageSetId": group.image_set_id,
            "imageVersion": group.image_version,
        }

    groups = context.deps.spot_groups.each(context.tenant.id)
    return [choice(stored.value) async for stored in groups if stored.value.deleting_since is None]
