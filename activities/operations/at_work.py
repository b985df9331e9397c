"""Fences by the record of a machine's owner: whether the work that gave an order still runs (decision 128)."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable
from datetime import datetime

from activities.machines.vms import OfMachine, of_machine
from shared.clients.arm import parse_id
from shared.contracts.calls import CLOCKS_DIFFER, ORDERED_AT, is_delayed, is_later, is_overtaken
from shared.contracts.image_versions import PublishOrder
from shared.contracts.images import CaptureOrder
from shared.contracts.machines import Machine, Place, VmOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Build, Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Phase
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.networks.connection import Connection
from shared.domain.owner import OwnerKind
from shared.domain.spot.hosts.host import HostStep, HostTask, SessionHost
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus
from shared.storage.repository import Stored

_CAPTURED = frozenset({VersionStatus.SEALING, VersionStatus.REPLICATING})
"""The statuses in which a version is captured: the first one of a set is replicating from the beginning."""

_BUILT = frozenset({VersionStatus.AVAILABLE, VersionStatus.FAILED, VersionStatus.DELETING})

_BEFORE = frozenset({Step.CLEAN_UP, Step.ALLOCATE_CAPACITY})
"""The steps of a build at which its record has the machine of an earlier attempt, if any."""

_LAST = Step.AWAIT_SIGN_IN_RIGHTS
"""The step in which a resumed attempt registers a machine that is not registered."""


async def being_made(order: OfMachine) -> str | None:
    """Fence an order to make a machine or its source: its record must say that it is being made, at this place.

    Else a machine would stand there that nobody owns.
    """
    machine = order.machine
    place = order.place if isinstance(order, VmOrder) else None
    return None if await _is_made(machine, place) else f"{machine.computer_name} is not being made any more"


async def _is_made(machine: Machine, place: Place | None) -> bool:
    deps, owner, tenant_id = dependencies(), machine.owner, machine.tenant_id
    match owner.kind:
        case OwnerKind.CLOUD_PC:
            pc = await deps.machines.find(tenant_id, owner.id)
            return pc is not None and _pc_is_made(pc.value, machine, place)
        case OwnerKind.SESSION_HOST:
            host = await deps.session_hosts.find(tenant_id, owner.id)
            return host is not None and _host_is_made(host.value, machine, place)
        case OwnerKind.DEVICE_IMAGE:
            image = await deps.images.find(tenant_id, owner.id)
            is_pending = image is not None and image.value.status is DeviceImageStatus.PENDING
            return is_pending and await _goes_on(machine, image)
        case OwnerKind.IMAGE_VERSION:
            version = await deps.image_versions.find(tenant_id, owner.id)
            is_made = version is not None and version.value.status not in _BUILT
            return is_made and await _goes_on(machine, version)
        case OwnerKind.CONNECTION_PROBE:
            connection = await deps.connections.find(tenant_id, owner.id)
            return connection is not None and _is_checked(connection.value)


def _is_checked(connection: Connection) -> bool:
    """Whether the checks of a connection go on that had begun when the running order was given, with their probe."""
    since = connection.checking_since
    return since is not None and not _is_past(since, connection.machine_removed_at)


async def _goes_on(machine: Machine, made: Stored[DeviceImage] | Stored[ImageVersion] | None) -> bool:
    """Whether the image work that gave the running order is still at the same step, with the same machine.

    One work makes two machines of one name: the one that is captured, and the one that tries the image.
    """
    if made is None:
        return False
    operation_id = made.value.operation_id
    found = await dependencies().operations.find(machine.tenant_id, operation_id) if operation_id else None
    if _is_past(found.value.step_began_at if found else None, made.value.machine_removed_at):
        return False
    return await of_machine(machine) is None


def _is_past(*moments: datetime | None) -> bool:
    """Whether the running order is minutes old, and one of some moments is later than it."""
    now = dependencies().clock.now()
    return any(is_overtaken(each, now) for each in moments)


def during(*steps: str, once: bool = False) -> Callable[[OfMachine], Awaitable[str | None]]:
    """Return the fence of orders that are part of one of *steps* of a build, by their names in the record.

    *once*: they are given while the machine is in no host pool; the machine of a pool member is at that step again when
    it is given to its user.
    """

    async def fence(order: OfMachine) -> str | None:
        machine = order.machine

        def pc_is_at(pc: CloudPc) -> bool:
            return any(
                pc.goes_on(build)
                and _is_named(build.resources, machine)
                and (build.step in steps or build.step is _LAST)
                and (build.resources.session_host is None or (not once and build.step in steps))
                for build in pc.builds
            )

        def host_is_at(host: SessionHost) -> bool:
            return _is_named(host.resources, machine) and host.step in steps

        return await _unless(machine, pc_is_at, host_is_at, else_why="{} is past that step")

    return fence


async def owned(order: OfMachine) -> str | None:
    """Fence an order to let a user in to a machine: it is theirs, or is being made for them."""
    machine = order.machine

    def is_theirs(pc: CloudPc) -> bool:
        return any(
            _is_named(build.resources, machine) and _is_used(pc, build) and build.step not in _BEFORE
            for build in pc.builds
        )

    return await _unless(machine, is_theirs, else_why="{} is nobody's any more")


async def at_work(machine: Machine) -> str | None:
    """Fence an order to the power of a machine: the work on it now had begun when the order was given.

    Else a user at work would lose their session to a restart that was made minutes ago.
    """

    def pc_goes_on(pc: CloudPc) -> bool:
        return _works_on(pc, machine)

    return await _unless(machine, pc_goes_on, _host_goes_on, else_why="the work on {} has ended")


async def being_captured(order: CaptureOrder) -> str | None:
    """Fence an order to capture a machine: its image has no version in the gallery yet.

    Else a version that has been published since would be excluded from latest again.
    """
    machine, deps = order.machine, dependencies()
    if (why := await of_machine(machine)) is not None:
        return why
    allowed = True
    if machine.owner.kind is OwnerKind.DEVICE_IMAGE:
        allowed = await _is_made(machine, None)
    elif machine.owner.kind is OwnerKind.IMAGE_VERSION:
        version = await deps.image_versions.find(machine.tenant_id, machine.owner.id)
        allowed = version is not None and version.value.status in _CAPTURED and not version.value.gallery_version_id
    return None if allowed else f"{machine.computer_name} is not being captured any more"


async def being_published(order: PublishOrder) -> str | None:
    """Fence an order to publish a version: it has not been published yet, or given up."""
    number = parse_id(order.gallery_version.version_id).name
    async for each in dependencies().image_versions.each(order.tenant_id, image_set_id=order.image_set_id):
        if each.value.version == number and each.value.status is VersionStatus.REPLICATING:
            return None
    return f"version {number} is not being replicated any more"


async def of_its_work(order: OfMachine) -> str | None:
    """Fence an order about the sessions of a machine: the work on it now had begun when the order was given.

    Else the sessions of users at work would end, or nobody could sign in any more.
    """
    return await at_work(order.machine)


async def being_given(order: OfMachine) -> str | None:
    """Fence an order to give a machine to its user: a build that makes or replaces it, or an action, still wants that.

    Else a machine that is drained for later work would be open again.
    """
    machine = order.machine

    def is_wanted(pc: CloudPc) -> bool:
        if is_overtaken(pc.provisioned_date_time, dependencies().clock.now()):
            return False  # the build that gave the order has come to its end
        is_known = any(
            _is_named(build.resources, machine) and (pc.status in WORKING or build.step not in {None, *_BEFORE})
            for build in pc.builds
        )
        return is_known and ((pc.action is None and _is_replaced(pc)) or _works_on(pc, machine))

    return await _unless(machine, is_wanted, else_why="the work that was to give {} to its user has ended")


async def being_replaced(order: OfMachine) -> str | None:
    """Fence an order to take a machine from its user: the machine that takes its place is still being made.

    Else a user whose replacement has failed since would lose the machine they were given back.
    """
    return await _unless(order.machine, _is_replaced, else_why="{} is not being replaced any more")


async def _unless(
    machine: Machine,
    pc_allows: Callable[[CloudPc], bool],
    host_allows: Callable[[SessionHost], bool] = lambda _: True,
    *,
    else_why: str,
) -> str | None:
    """Return why an order to a machine comes too late: by Azure, then by the record of its owner.

    A machine without a record, or of a probe, is judged by Azure alone; that of an image or a version also by its
    record, once an order is minutes old. *else_why*: the words for what the record does not allow, with {} for the
    computer name.
    """
    # At once: between a release and an assignment a user can sign in nowhere.
    why_other, allowed = await gather(of_machine(machine), _is_allowed(machine, pc_allows, host_allows))
    return why_other or (None if allowed else else_why.format(machine.computer_name))


async def _is_allowed(
    machine: Machine, pc_allows: Callable[[CloudPc], bool], host_allows: Callable[[SessionHost], bool]
) -> bool:
    deps, owner = dependencies(), machine.owner
    if owner.kind is OwnerKind.CLOUD_PC:
        pc = await deps.machines.find(machine.tenant_id, owner.id)
        return pc is None or pc_allows(pc.value)
    if owner.kind is OwnerKind.SESSION_HOST:
        host = await deps.session_hosts.find(machine.tenant_id, owner.id)
        return host is None or host_allows(host.value)
    if owner.kind is OwnerKind.IMAGE_VERSION and is_delayed(deps.clock.now()):
        version = await deps.image_versions.find(machine.tenant_id, owner.id)
        return version is None or await _version_goes_on(version.value)
    if owner.kind is OwnerKind.DEVICE_IMAGE and is_delayed(deps.clock.now()):
        image = await deps.images.find(machine.tenant_id, owner.id)
        return image is None or await _operation_goes_on(machine.tenant_id, image.value.operation_id)
    return True


async def _version_goes_on(version: ImageVersion) -> bool:
    """Whether the action or the operation of an image version that gave the running order is still running."""
    if version.action is not None:
        return _began_before(version.action.begun_at)
    return await _operation_goes_on(version.tenant_id, version.operation_id)


async def _operation_goes_on(tenant_id: str, operation_id: str | None) -> bool:
    """Whether an operation is still at the step in which the running order was given."""
    found = await dependencies().operations.find(tenant_id, operation_id) if operation_id else None
    return found is not None and not found.value.ended and not is_later(found.value.step_began_at)


def _is_used(pc: CloudPc, build: Build) -> bool:
    """Whether the user works with the machine of a build, or the build still runs; False once it was replaced."""
    return pc.goes_on(build) or (build is pc.current and pc.status in WORKING)


def _host_goes_on(host: SessionHost) -> bool:
    return host.work is not None and _began_before(host.work.begun_at)


def _is_replaced(pc: CloudPc) -> bool:
    return pc.replacement is not None and pc.replacement.unfinished


def _works_on(pc: CloudPc, machine: Machine) -> bool:
    """Whether a build, an action or the removal of a Cloud PC works on a machine; on one of earlier builds it may."""
    if not _is_named(pc.current.resources, machine):
        return True
    if pc.action is not None:
        return _began_before(pc.action.opened_at or pc.action.begun_at)
    return pc.status not in WORKING


def _pc_is_made(pc: CloudPc, machine: Machine, place: Place | None) -> bool:
    return any(
        pc.goes_on(build)
        and build.phase is Phase.BUILDING
        and build.step is Step.CREATE_VM
        and _is_there(build.resources, machine, place)
        for build in pc.builds
    )


def _host_is_made(host: SessionHost, machine: Machine, place: Place | None) -> bool:
    builds = host.work is not None and host.work.task is HostTask.BUILD and host.step == HostStep.CREATE_VM.value
    return builds and _is_there(host.resources, machine, place)


def _is_there(made: Resources, machine: Machine, place: Place | None) -> bool:
    """Whether a machine is made as the record says: under this name, at this place."""
    if not _is_named(made, machine) or made.region != machine.region:
        return False
    return place is None or (made.zone, made.size) == (place.zone, place.size)


def _is_named(made: Resources, machine: Machine) -> bool:
    return (made.computer_name or "").casefold() == machine.computer_name.casefold()


def _began_before(begun_at: datetime) -> bool:
    """Whether the running order may be of work that began then; an order of earlier work is older than that."""
    ordered = ORDERED_AT.get()
    return ordered is None or begun_at <= ordered + CLOCKS_DIFFER
