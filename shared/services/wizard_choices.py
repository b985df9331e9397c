"""Choices in the wizards; a cloud that does not answer leaves only its own fields without any."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.policies.locales import LOCALES
from shared.domain.spot.image_set import HostPoolType
from shared.domain.wizards import Wizard
from shared.domain.wizards.offers import Choice, Offer
from shared.errors import RefusedError, UnavailableError
from shared.services.action_context import ActionContext
from shared.services.directory_names import MOST_FOUND, search_groups
from shared.services.image_choices import (
    device_image_names,
    image_sets,
    image_versions,
    images_of_policies,
    managed_images,
    marketplace_images,
    own_gallery_versions,
    session_host_images,
)
from shared.services.licenses import licenses
from shared.services.network_choices import organizational_units, subnets, subscriptions, virtual_networks
from shared.services.spot_choices import image_choices, image_set_choices, license_choices, spot_group_choices

_MORE_GROUPS = (
    f"The directory has more groups than the first {MOST_FOUND} by name, of which these can be chosen:"
    " search by how the name begins."
)
_log = logging.getLogger("deskwright.services")

Read: TypeAlias = Callable[[ActionContext], Awaitable[list[Choice]]]


async def choices_of(context: ActionContext, wizard: Wizard, search: str) -> Offer:
    """Return the choices of the wizard's fields now; *search* looks for groups."""
    offer, reads = Offer(), _READS[wizard.name]

    async def fill(name: str, read: Read) -> None:
        try:
            offer.choices[name] = await read(context)
        except (UnavailableError, RefusedError) as error:
            offer.choices[name], offer.errors[name] = [], _told(error)
            _log.warning("the choices of %s of %s could not be read: %s", name, wizard.name, error)

    async def groups(context: ActionContext) -> list[Choice]:
        found, more = await search_groups(context, search)
        if more:
            offer.cut["groups/groupIds"] = _MORE_GROUPS
        return [{"value": g.id, "title": g.display_name, "kind": g.kind} for g in found if g.assignable]

    await asyncio.gather(*(fill(name, read or groups) for name, read in reads.items()))
    offer.choices = {name: offer.choices[name] for name in reads}  # in the order of the steps
    return offer


def _told(error: Exception) -> str:
    refused = f"The cloud refused to list these ({error.code})." if isinstance(error, RefusedError) else ""
    return f"{refused or 'The cloud does not answer now.'} Try again later, or write the value if you know it."


def _fixed(titles: Mapping[str, str]) -> Read:
    async def read(context: ActionContext) -> list[Choice]:
        del context
        return [{"value": value, "title": title} for value, title in titles.items()]

    return read


async def _connections(context: ActionContext) -> list[Choice]:
    return [
        {
            "value": stored.value.id,
            "title": stored.value.display_name,
            "usable": stored.value.usable,
            "healthCheckStatus": stored.value.health_check_status.value,
            "siteId": stored.value.site_id,
        }
        async for stored in context.deps.connections.each(context.tenant.id)
    ]


async def _sites(context: ActionContext) -> list[Choice]:
    return [
        {"value": s.value.id, "title": s.value.display_name, "regions": list(s.value.regions)}
        async for s in context.deps.sites.each(context.tenant.id)
    ]


async def _policies(context: ActionContext) -> list[Choice]:
    found = context.deps.policies.each(context.tenant.id)
    return [{"value": stored.value.id, "title": stored.value.display_name} async for stored in found]


async def _plans(context: ActionContext) -> list[Choice]:
    return [{"value": p.id, "title": p.display_name} for p in (await licenses(context)).values()]


_SEARCHED = None
"""Stands for the read of the groups that a request searches."""
_JOIN_TYPES = {"azureADJoin": "Microsoft Entra join", "hybridAzureADJoin": "Microsoft Entra hybrid join"}
_POOLS = {
    HostPoolType.POOLED.value: "Pooled: multi-session",
    HostPoolType.PERSONAL.value: "Personal: single-session",
}
_METHODS = {
    "opportunistic": "Opportunistic: as users sign in",
    "immediate": "Immediate: as soon as new hosts are there",
    "scheduled": "Scheduled: at a time",
}
_CONNECTION: Mapping[str, Read] = {
    "site/siteId": _sites,
    "site/subscriptionId": subscriptions,
    "credentials/joinType": _fixed(_JOIN_TYPES),
    "credentials/network": _fixed({"hosted": "Hosted network (Entra join only)"}),
    "credentials/network/virtualNetworkId": virtual_networks,
    "credentials/network/subnetIds": subnets,
    "credentials/domain/organizationalUnit": organizational_units,
}
_POLICY: Mapping[str, Read] = {
    "connection/connectionIds": _connections,
    "image/imageId": images_of_policies,
    "configuration/locale": _fixed({locale: locale for locale in LOCALES}),
}
_REGIONS = _fixed({region.id: region.display_name for region in SUPPORTED_REGIONS})
_SITE: Mapping[str, Read] = {"place/region": _REGIONS, "place/fallbackRegions": _REGIONS}
_SET_IMAGES: Mapping[str, Read] = {
    "source/galleryImageId": session_host_images,
    "source/galleryVersionId": own_gallery_versions,
    "source/managedImageId": managed_images,
}
_READS: Mapping[str, Mapping[str, Read | None]] = MappingProxyType(
    {
        "create-connection": _CONNECTION,
        "edit-connection": {
            "connection/connectionId": _connections,
            **{name: read for name, read in _CONNECTION.items() if name != "credentials/joinType"},
        },
        "create-device-image": {
            "name/displayName": device_image_names,
            "site/siteId": _sites,
            "source/galleryImageId": marketplace_images,
            "source/galleryVersionId": own_gallery_versions,
            "source/managedImageId": managed_images,
        },
        "create-provisioning-policy": {**_POLICY, "groups/groupIds": _SEARCHED, "groups/servicePlans": _plans},
        "edit-provisioning-policy": {"policy/policyId": _policies, **_POLICY},
        "create-image-set": {"site/siteId": _sites, "source/hostPoolType": _fixed(_POOLS), **_SET_IMAGES},
        "create-image-version": {"set/imageSetId": image_sets, "source/sourceVersion": image_versions, **_SET_IMAGES},
        "edit-image-set": {"set/imageSetId": image_sets},
        "create-spot-group": {
            "license/licenseType": license_choices,
            "site/siteId": _sites,
            "site/connectionId": _connections,
            "groups/groupIds": _SEARCHED,
            "image/imageSetId": image_set_choices,
            "image/imageVersion": image_choices,
        },
        "edit-spot-group": {
            "group/spotGroupId": spot_group_choices,
            "groups/groupIds": _SEARCHED,
        },
        "create-site": _SITE,
        "edit-site": {"site/siteId": _sites, **_SITE},
        "edit-tenant": {},
        "update-spot-group": {
            "group/spotGroupId": spot_group_choices,
            "image/imageSetId": image_set_choices,
            "image/imageVersion": image_choices,
            "method/method": _fixed(_METHODS),
        },
    }
)
"""Functions that read the choices of each field, each by itself."""
