"""Imports of managed images: a version in the site's gallery, from which a machine with Trusted Launch is made.

All imports of a gallery are versions of one definition, which supports Trusted Launch: a managed image is one of the
sources that Azure takes for that (learn.microsoft.com/azure/virtual-machines/trusted-launch-portal).
"""

from __future__ import annotations

from typing import Any

from activities.images.images import definition_in, find_version, is_begun, prepare_definition, remove_version
from activities.machines.shared_resources import of_a_site
from activities.machines.vms import compares_each
from activities.operations.at_work import being_made
from shared.clients.arm import begin, ensure_group, parse_id
from shared.contracts.calls import ordered_tag
from shared.contracts.images import BEGIN_IMPORT, DELETE_IMPORT, PREPARE_IMPORT, ImportOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.workflow import Blueprint, implements

bp = Blueprint()

_DIGITS = 7
"""Hexadecimal digits of each part of the number of a version: no part may have more than 31 bits."""


def import_id(machine: Machine) -> str:
    """Return the ARM id of the version that is imported for a machine."""
    unique = naming.derived_id("import", machine.tenant_id, machine.owner.id).replace("-", "")
    parts = (unique[at : at + _DIGITS] for at in range(0, 3 * _DIGITS, _DIGITS))
    number = ".".join(str(int(part, 16)) for part in parts)
    return f"{definition_in(machine, naming.IMPORTS)}/versions/{number}"


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_IMPORT, fence=of_a_site)
async def prepare_import(order: ImportOrder) -> Done | Pending | Refused:
    """Create the site's resource group, its gallery and the definition of imports in it, if they are missing."""
    machine = order.machine
    compute, tags = dependencies().compute(machine.subscription_id), {naming.TENANT_TAG: machine.tenant_id}
    await ensure_group(compute, machine.subscription_id, machine.resource_group, machine.region, tags)
    return await prepare_definition(
        machine, naming.IMPORTS, "Managed images, while images are built from them", "TrustedLaunchSupported"
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_IMPORT, fence=being_made)
async def begin_import(order: ImportOrder) -> Accepted | NoCapacity | Refused:
    """Begin to copy the managed image into the gallery, in the region of the machine."""
    machine, identity = order.machine, import_id(order.machine)
    version = parse_id(identity)
    gallery, definition, number = version.names
    versions = dependencies().compute(machine.subscription_id).gallery_image_versions
    target = {"name": machine.region, "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"}
    body: Any = {
        "location": machine.region,
        "tags": {**machine.tags, **ordered_tag(dependencies().clock.now())},
        "properties": {
            "publishingProfile": {"targetRegions": [target], "excludeFromLatest": True},
            "storageProfile": {"source": {"id": order.managed_image_id}},
        },
    }
    if is_begun(await find_version(versions, identity)):
        return Accepted(resource_id=identity)
    return await begin(
        lambda hook: versions.begin_create_or_update(
            version.resource_group, gallery, definition, number, body, polling=False, raw_response_hook=hook
        ),
        resource_id=identity,
    )


@bp.activity_trigger(input_name="payload")
@implements(DELETE_IMPORT, fence=compares_each)
async def delete_import(order: ImportOrder) -> Done | Refused:
    """Delete the import and check that it is gone. Raises: UnavailableError while it is being deleted."""
    return await remove_version(order.machine.subscription_id, import_id(order.machine))
