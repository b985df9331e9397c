"""Building device images: generalising a machine, capturing it into the site's gallery, replication."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.clients.arm import begin, ensure_group, parse_id
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_DEALLOCATE,
    BEGIN_GENERALIZE,
    FORGET_GALLERY_VERSION,
    LOOK_AT_REPLICATION,
    LOOK_FOR_STOPPED,
    MARK_GENERALIZED,
    PREPARE_GALLERY,
    CaptureOrder,
    GalleryVersion,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoRoom, Pending, Refused
from shared.contracts.refusals import MissingError
from shared.domain import naming
from shared.wiring import services
from shared.workflow import Blueprint, implements

bp = Blueprint()

_SCRIPT = Path(__file__).parent.parent / "shared" / "scripts" / "generalize.ps1"
_RUN_COMMAND = "generalize"
_STOPPED = {"powerstate/stopped", "powerstate/deallocated"}
_REPLICAS = 1
_OFFER = "deskwright"


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_GENERALIZE)
async def begin_generalize(machine: Machine) -> Accepted | Refused:
    """Run sysprep, which shuts the machine down when it is done."""
    compute = services().compute(machine.subscription_id)
    body: Any = {
        "location": machine.region,
        "tags": machine.tags,
        "properties": {
            "source": {"script": _SCRIPT.read_text(encoding="utf-8")},
            # Ended as soon as it has begun: the machine goes down under it.
            "asyncExecution": True,
            "timeoutInSeconds": 3600,
        },
    }
    return await begin(
        lambda hook: compute.virtual_machine_run_commands.begin_create_or_update(
            machine.resource_group,
            machine.vm_name,
            _RUN_COMMAND,
            body,
            polling=False,
            raw_response_hook=hook,
        ),
        resource_id=f"{machine.vm_id}/runCommands/{_RUN_COMMAND}",
    )


@bp.activity_trigger(input_name="payload")
@implements(LOOK_FOR_STOPPED)
async def look_for_stopped(machine: Machine) -> Done | Pending | Refused:
    """Look whether sysprep has shut the machine down."""
    compute = services().compute(machine.subscription_id)
    view = await compute.virtual_machines.instance_view(machine.resource_group, machine.vm_name)
    states = [s.code.lower() for s in view.statuses or () if s.code and s.code.lower().startswith("powerstate/")]
    if _STOPPED.intersection(states):
        return Done()
    return Pending(note=f"the machine is {states[0].partition('/')[2] if states else 'in no known state'}")


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DEALLOCATE)
async def begin_deallocate(machine: Machine) -> Accepted | Done | Refused:
    """Give the hardware back; only then may the machine be generalised."""
    compute = services().compute(machine.subscription_id)
    view = await compute.virtual_machines.instance_view(machine.resource_group, machine.vm_name)
    if any((s.code or "").lower() == "powerstate/deallocated" for s in view.statuses or ()):
        return Done()
    return await begin(
        lambda hook: compute.virtual_machines.begin_deallocate(
            machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(MARK_GENERALIZED)
async def mark_generalized(machine: Machine) -> Done | Refused:
    """Tell Azure that the machine is a template now; it can never start again."""
    compute = services().compute(machine.subscription_id)
    await compute.virtual_machines.generalize(machine.resource_group, machine.vm_name)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_GALLERY)
async def prepare_gallery(order: CaptureOrder) -> Done | Pending | Refused:
    """Make the tenant's gallery, then the image's definition; each call looks, and issues what is missing."""
    machine = order.machine
    compute = services().compute(machine.subscription_id)
    gallery, definition = gallery_name(machine.tenant_id), definition_name(order.display_name)
    group = machine.resource_group
    await ensure_group(compute, machine.subscription_id, group, machine.region, _tags(machine))
    try:
        there = await compute.galleries.get(group, gallery)
    except MissingError:
        body: Any = {"location": machine.region, "tags": _tags(machine)}
        await compute.galleries.begin_create_or_update(group, gallery, body, polling=False)
        return Pending(note="the gallery is being made")
    if _state(there) != "succeeded":
        return Pending(note=f"the gallery is {_state(there)}")
    try:
        image = await compute.gallery_images.get(group, gallery, definition)
    except MissingError:
        body = _definition(order)
        await compute.gallery_images.begin_create_or_update(group, gallery, definition, body, polling=False)
        return Pending(note="the image definition is being made")
    return Done() if _state(image) == "succeeded" else Pending(note=f"the image definition is {_state(image)}")


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CAPTURE)
async def begin_capture(order: CaptureOrder) -> Accepted | NoRoom | Refused:
    """Capture the generalised machine as a version, with a replica in every region of the site."""
    machine = order.machine
    compute = services().compute(machine.subscription_id)
    gallery, definition = gallery_name(machine.tenant_id), definition_name(order.display_name)
    body: Any = {
        "location": machine.region,
        "tags": machine.tags,
        "properties": {
            "publishingProfile": {
                "targetRegions": [{"name": r, "regionalReplicaCount": _REPLICAS} for r in order.regions],
                "excludeFromLatest": False,
            },
            "storageProfile": {"source": {"virtualMachineId": machine.vm_id}},
        },
    }
    version_id = (
        f"/subscriptions/{machine.subscription_id}/resourceGroups/{machine.resource_group}"
        f"/providers/Microsoft.Compute/galleries/{gallery}/images/{definition}/versions/{order.version}"
    )
    return await begin(
        lambda hook: compute.gallery_image_versions.begin_create_or_update(
            machine.resource_group,
            gallery,
            definition,
            order.version,
            body,
            polling=False,
            raw_response_hook=hook,
        ),
        resource_id=version_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(LOOK_AT_REPLICATION)
async def look_at_replication(order: GalleryVersion) -> Done | Pending | Refused:
    """Look whether the version has reached every region: before that no VM can be made of it there."""
    at = parse_id(order.version_id)
    gallery, definition, version = at.names
    compute = services().compute(order.subscription_id)
    found = await compute.gallery_image_versions.get(
        at.resource_group, gallery, definition, version, expand="ReplicationStatus"
    )
    status = found.properties.replication_status if found.properties else None
    state = str(status.aggregated_state if status else "Unknown")
    regions = [f"{r.region} {r.progress or 0} %" for r in (status.summary if status else None) or ()]
    if state == "Completed":
        return Done()
    if state == "Failed":
        return Refused(code="ReplicationFailed", message=f"the image did not reach {', '.join(regions)}")
    return Pending(note=", ".join(regions))


@bp.activity_trigger(input_name="payload")
@implements(FORGET_GALLERY_VERSION)
async def forget_gallery_version(order: GalleryVersion) -> Done | Refused:
    """Delete the version of a build that failed; one that is gone is a success."""
    at = parse_id(order.version_id)
    gallery, definition, version = at.names
    compute = services().compute(order.subscription_id)
    try:
        await compute.gallery_image_versions.begin_delete(
            at.resource_group, gallery, definition, version, polling=False
        )
    except MissingError:
        return Done()
    return Done()


def gallery_name(tenant_id: str) -> str:
    """Return the name of a tenant's gallery; galleries allow no hyphens."""
    return f"deskwright_{tenant_id.replace('-', '_')}"


def definition_name(display_name: str) -> str:
    """Return the name of an image's definition: versions of one display name belong together."""
    return naming.slug(display_name) or "image"


def _definition(order: CaptureOrder) -> dict[str, Any]:
    return {
        "location": order.machine.region,
        "tags": _tags(order.machine),
        "properties": {
            "osType": "Windows",
            "osState": "Generalized",
            "hyperVGeneration": "V2",
            "identifier": {
                "publisher": order.machine.tenant_id,
                "offer": _OFFER,
                "sku": definition_name(order.display_name),
            },
            "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
        },
    }


def _tags(machine: Machine) -> dict[str, str]:
    return {naming.TENANT_TAG: machine.tenant_id, naming.ROLE_TAG: "gallery"}


def _state(resource: object) -> str:
    properties = getattr(resource, "properties", None)
    state = getattr(properties, "provisioning_state", None) or getattr(resource, "provisioning_state", None)
    return str(getattr(state, "value", state) or "Succeeded").lower()
