"""Whether a new machine can be hibernated, and whether it has to be: the one home of that rule.

A machine hibernates if it was made with the capability, which its size and its image have to offer, and if its memory
fits on its OS disk (learn.microsoft.com/azure/virtual-machines/hibernate-resume). Machines of Cloud PCs whose power
schedule hibernates, and hosts of Spot Groups that say so, are made with it where that is possible.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from activities.machines.capacity import offers_of
from shared.caching import TtlCache
from shared.clients.arm import parse_id, properties
from shared.contracts.machines import VmOrder
from shared.contracts.outcomes import MissingError
from shared.dependencies import dependencies
from shared.domain.images.image import ImageSource
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.owner import OwnerKind
from shared.domain.power.settings import StopAction
from shared.services.power.applying import schedule_of

FEATURE = "IsHibernateSupported"
"""The feature of an image whose Windows can be hibernated."""

_WINDOWS_IN_GB = 32
"""Part of an OS disk that Windows and its apps need beside the memory."""

_IMAGES: TtlCache[bool] = TtlCache(timedelta(hours=6))


async def hibernates(order: VmOrder) -> bool:
    """Return whether the machine of an order is made with hibernation: somebody wants it, and it is possible."""
    if not (order.low_priority is not True and (order.hibernation or await _scheduled(order))):
        return False
    offer = (await offers_of(order.machine.subscription_id, order.place.region)).get(order.place.size.lower())
    if offer is None or not offer.hibernates:
        return False
    disk = max(order.disk_size_in_gb, LARGEST_IMAGE_IN_GB)
    return (offer.ram_in_gb or 0) + _WINDOWS_IN_GB <= disk and await _image_hibernates(order)


async def _scheduled(order: VmOrder) -> bool:
    """Return whether the power schedule of the order's Cloud PC hibernates."""
    machine = order.machine
    if machine.owner.kind is not OwnerKind.CLOUD_PC:
        return False
    found = await dependencies().cloud_pcs.find(machine.tenant_id, machine.owner.id)
    applied = await schedule_of(dependencies(), found.value) if found else None
    return applied is not None and applied.settings.stop_action is StopAction.HIBERNATE


async def _image_hibernates(order: VmOrder) -> bool:
    key = (order.machine.subscription_id, order.place.region, str(order.image.reference))
    return await _IMAGES.get_or(dependencies(), key, lambda: _read_image(order, order.image))


async def _read_image(order: VmOrder, image: ImageSource) -> bool:
    """Return whether an image has the feature, by its definition in a gallery or in the marketplace."""
    try:
        if image.gallery_version_id:
            version = parse_id(image.gallery_version_id)
            images = dependencies().compute(version.subscription_id).gallery_images
            features = properties(await images.get(version.resource_group, *version.names[:2])).get("features")
        else:
            features = await _of_marketplace(order, image)
    except MissingError:  # the machine's own request says so, in Azure's words
        return False
    return any(each.get("name") == FEATURE and str(each.get("value")).lower() == "true" for each in features or ())


async def _of_marketplace(order: VmOrder, image: ImageSource) -> Any:  # noqa: ANN401 - plain JSON
    named = image.reference
    images = dependencies().compute(order.machine.subscription_id).virtual_machine_images
    place = (order.place.region, named["publisher"], named["offer"], named["sku"])
    version = named.get("version", "latest")
    if version == "latest":
        newest = await images.list(*place, top=1, orderby="name desc")
        version = str(newest[0].name) if newest else version
    return properties(await images.get(*place, version)).get("features")
