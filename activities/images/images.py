"""Device images: generalise the temporary VM, capture it into the site's gallery, poll the replication."""

from __future__ import annotations

from typing import Any

from activities.machines.hibernation import FEATURE as HIBERNATES
from activities.machines.run_commands import assemble, begin_run_command, read_run_command, script
from activities.machines.shared_resources import of_a_site
from activities.machines.vms import compares_each, made_later, of_its_machine, of_machine, read_vm_health
from activities.operations.at_work import being_captured
from shared.clients.arm import begin, parse_id, properties
from shared.contracts.calls import moment, ordered_of, ordered_tag
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BEGIN_VALIDATION,
    DELETE_GALLERY_VERSION,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    READ_VALIDATION,
    REPLICAS,
    CaptureOrder,
    GalleryVersion,
    Validated,
    ValidationOrder,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, MissingError, NoCapacity, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Warn
from shared.domain.images.validation import VALIDATION_STEPS
from shared.errors import UnavailableError
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-generalize"
VALIDATION_COMMAND = "deskwright-validation"
_OFF = frozenset({"stopped", "deallocated"})


def gallery_name(tenant_id: str, resource_group: str) -> str:
    """Return the name of a site's gallery: Azure allows only letters, digits and underscores."""
    site = naming.derived_id("gallery", tenant_id, resource_group.lower())[:8]
    return f"deskwright_{naming.slug(tenant_id).replace('-', '_')}_{site}"


def definition_name(tenant_id: str, display_name: str) -> str:
    """Return the name of an image's definition; similar names get different definitions.

    It is another one than in 0.1.0: those definitions supported Trusted Launch, and Azure captures no machine with
    Trusted Launch into such a one, only into one whose SecurityType is TrustedLaunch
    (learn.microsoft.com/azure/virtual-machines/trusted-launch-portal; what has it cannot be changed).
    """
    short = naming.slug(display_name)[:60].strip("-") or "image"
    return f"{short}-{naming.derived_id('definition', tenant_id, display_name, 'TrustedLaunch')[:6]}"


def version_id(order: CaptureOrder) -> str:
    """Return the ARM id of the version of the order."""
    machine = order.machine
    definition = definition_in(machine, definition_name(machine.tenant_id, order.display_name))
    return f"{definition}/versions/{order.version}"


def definition_in(machine: Machine, name: str) -> str:
    """Return the ARM id of a definition in the gallery of a machine's site."""
    group = f"/subscriptions/{machine.subscription_id}/resourceGroups/{machine.resource_group}"
    gallery = f"{group}/providers/Microsoft.Compute/galleries/{gallery_name(machine.tenant_id, machine.resource_group)}"
    return f"{gallery}/images/{name}"


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_GENERALIZE, fence=of_machine)
async def begin_generalize(machine: Machine) -> Accepted | Refused:
    """Start sysprep, which ends with the VM shut down: so the operation ends when the script has started."""
    return await begin_run_command(machine, RUN_COMMAND, script("generalize") + "\n", None, asynchronous=True)


@bp.activity_trigger(input_name="payload")
@implements(POLL_STOPPED)
async def poll_stopped(machine: Machine) -> Done | Pending | Refused:
    """Read whether sysprep has shut down the VM; refused if the script has failed."""
    power = (await read_vm_health(machine)).power
    if power in _OFF:
        return Done()
    commands = dependencies().compute(machine.subscription_id).virtual_machine_run_commands
    ran = await commands.get_by_virtual_machine(
        machine.resource_group, machine.vm_name, RUN_COMMAND, expand="instanceView"
    )
    view = dict(properties(ran).get("instanceView") or {})
    if view.get("executionState") in {"Failed", "TimedOut", "Canceled"}:
        output = " ".join(str(view.get(key) or "") for key in ("error", "output")).strip()
        return Refused(
            code="generalizeFailed",
            message="Sysprep did not finish",
            evidence=output or f"the script has {view['executionState']}",
            advice="Remove what sysprep names from the source (often an app installed for one user), then build again.",
        )
    return Pending(note=f"the VM is {power or 'in an unknown state'}")


@bp.activity_trigger(input_name="payload")
@implements(MARK_GENERALIZED, fence=of_machine)
async def mark_generalized(machine: Machine) -> Done | Refused:
    """Mark the VM as generalised in Azure; it cannot start any more. Safe to repeat."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    await vms.generalize(machine.resource_group, machine.vm_name)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_GALLERY, fence=of_a_site)
async def prepare_gallery(order: CaptureOrder) -> Done | Pending | Refused:
    """Create the site's gallery and then the image's definition in it, if they are missing."""
    definition = definition_name(order.machine.tenant_id, order.display_name)
    return await prepare_definition(order.machine, definition, order.display_name, "TrustedLaunch")


async def prepare_definition(machine: Machine, definition: str, about: str, security: str) -> Done | Pending:
    """Create the site's gallery and a definition in it, if they are missing. *security*: its feature SecurityType."""
    group, gallery = machine.resource_group, gallery_name(machine.tenant_id, machine.resource_group)
    compute = dependencies().compute(machine.subscription_id)
    common = {"location": machine.region, "tags": {naming.TENANT_TAG: machine.tenant_id}}
    body: dict[str, Any] = {**common, "properties": {"description": "Device images of Deskwright"}}
    state = await _ensure(compute.galleries, group, (gallery,), body)
    if state != "Succeeded":
        return Pending(note=f"the gallery {gallery} is {state}", after=10)
    facts = {
        "osType": "Windows",
        "osState": "Generalized",
        "hyperVGeneration": "V2",
        "identifier": {"publisher": "deskwright", "offer": machine.tenant_id, "sku": definition},
        "features": [{"name": "SecurityType", "value": security}, {"name": HIBERNATES, "value": "True"}],
        "description": about,
    }
    state = await _ensure(compute.gallery_images, group, (gallery, definition), {**common, "properties": facts})
    return Done() if state == "Succeeded" else Pending(note=f"the definition {definition} is {state}", after=10)


async def _ensure(operations: Any, group: str, names: tuple[str, ...], body: dict[str, Any]) -> str:  # noqa: ANN401 - SDK groups
    """Return the provisioning state of a resource; begin to create it if it is missing."""
    try:
        found = await operations.get(group, *names)
    except MissingError:
        begun = await operations.begin_create_or_update(group, *names, body, polling=False)
        found = await begun.result()
    return str(properties(found).get("provisioningState"))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CAPTURE, fence=being_captured)
async def begin_capture(order: CaptureOrder) -> Accepted | NoCapacity | Refused:
    """Begin to capture the VM as a version; a version captured from this VM by an earlier order is put again."""
    machine, identity = order.machine, version_id(order)
    version = parse_id(identity)
    gallery, definition, number = version.names
    versions = dependencies().compute(machine.subscription_id).gallery_image_versions
    targets = [
        {"name": region, "regionalReplicaCount": REPLICAS, "storageAccountType": "Standard_LRS"}
        for region in order.regions
    ]
    body: Any = {
        "location": machine.region,
        "tags": {**machine.tags, **ordered_tag(dependencies().clock.now())},
        "properties": {
            "publishingProfile": {"targetRegions": targets, "excludeFromLatest": order.exclude_from_latest},
            "storageProfile": {"source": {"virtualMachineId": machine.vm_id}},
        },
    }
    found = await find_version(versions, identity)
    if found is not None and _source_of(found) != machine.vm_id.casefold():
        return Refused(
            code="versionExists",
            message=f"Version {order.version} of {order.display_name} exists in the gallery already",
            evidence=identity,
            advice="Build the image with a higher version.",
            final=True,
        )
    if is_begun(found):
        return Accepted(resource_id=identity)
    return await begin(
        lambda hook: versions.begin_create_or_update(
            version.resource_group, gallery, definition, number, body, polling=False, raw_response_hook=hook
        ),
        resource_id=identity,
    )


async def find_version(versions: Any, identity: str) -> Any:  # noqa: ANN401 - SDK group
    """Return a version of a gallery by its ARM id, None if there is none."""
    version = parse_id(identity)
    try:
        return await versions.get(version.resource_group, *version.names)
    except MissingError:
        return None


def is_begun(version: Any) -> bool:  # noqa: ANN401 - a resource of the SDK
    """Whether the running order, or a later one, has begun to make *version*, which may be missing.

    Put again it would be updating again, and no machine is made from it meanwhile.
    """
    now = dependencies().clock.now()
    begun_at = ordered_of(getattr(version, "tags", None))
    return begun_at is not None and begun_at >= moment(now)


def _source_of(version: Any) -> str:  # noqa: ANN401 - a resource of the SDK
    source = properties(version).get("storageProfile", {}).get("source") or {}
    return str(source.get("virtualMachineId") or source.get("id") or "").casefold()


@bp.activity_trigger(input_name="payload")
@implements(POLL_REPLICATION)
async def poll_replication(order: GalleryVersion) -> Done | Pending | Refused:
    """Read whether the version is replicated to all its regions."""
    version = parse_id(order.version_id)
    versions = dependencies().compute(order.subscription_id).gallery_image_versions
    found = await versions.get(version.resource_group, *version.names, expand="ReplicationStatus")
    status = dict(properties(found).get("replicationStatus") or {})
    regions = [f"{r.get('region')} {r.get('state')} {r.get('progress', 0)} %" for r in status.get("summary") or ()]
    match status.get("aggregatedState"):
        case "Completed":
            return Done()
        case "Failed":
            return Refused(
                code="replicationFailed",
                message="The image was not replicated to all regions of the site",
                evidence="; ".join(regions),
                advice="See the region's service health and disk quota, then build the image again.",
            )
    return Pending(note="; ".join(regions) or "replication has not begun")


@bp.activity_trigger(input_name="payload")
@implements(DELETE_GALLERY_VERSION, fence=compares_each)
async def delete_gallery_version(order: GalleryVersion) -> Done | Refused:
    """Delete the version and check that it is gone; a version that was made after the order was given stays.

    Raises: UnavailableError while it is being deleted.
    """
    return await remove_version(order.subscription_id, order.version_id)


async def remove_version(subscription_id: str, identity: str) -> Done:
    """Delete a version that was not made after the running order was given. Raises: as ``delete_gallery_version``."""
    version = parse_id(identity)
    versions = dependencies().compute(subscription_id).gallery_image_versions
    try:
        found = await versions.get(version.resource_group, *version.names)
        if made_later(found):
            return Done()
        if properties(found).get("provisioningState") != "Deleting":
            await versions.begin_delete(version.resource_group, *version.names, polling=False)
        await versions.get(version.resource_group, *version.names)
    except MissingError:
        return Done()
    raise UnavailableError(f"{identity} is still being deleted")


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_VALIDATION, fence=of_its_machine)
async def begin_validation(order: ValidationOrder) -> Accepted | Refused:
    """Start the script that reports on the test machine's Windows."""
    source = assemble(tuple(VALIDATION_STEPS), frame="frame", below="validation/")
    return await begin_run_command(order.machine, VALIDATION_COMMAND, source, {})


@bp.activity_trigger(input_name="payload")
@implements(READ_VALIDATION)
async def read_validation(order: ValidationOrder) -> Validated | Pending | Refused:
    """Read the validation report: refuse an image that cannot be used, otherwise return the warnings."""
    reported = await read_run_command(order.machine, VALIDATION_COMMAND, tuple(VALIDATION_STEPS))
    if isinstance(reported, Pending):
        return reported
    failed = {step: message for step, (ok, message) in reported.items() if not ok}
    for step, message in failed.items():
        if VALIDATION_STEPS.get(step):
            return Refused(
                code="sourceImageInvalid",
                message=f"{step}: {message}",
                advice="Correct the source of the image, then build it again with a higher version.",
                final=True,
            )
    return Validated(warnings=tuple(Warn(step=step, message=message) for step, message in failed.items()))
