"""Choices in the wizards of Spot Groups."""

from __future__ import annotations

from typing import Any

from shared.domain.spot.group import HARDWARE, USERS_PER_HOST, LicenseType, SpotGroup
from shared.services.action_context import ActionContext
from shared.services.spot_facts import licences_of
from shared.services.spot_images import spot_images

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
