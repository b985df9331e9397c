"""The job of a session host's task: read from the host's record, its group, its site and its connection."""

from __future__ import annotations

from datetime import timedelta

from activities.spot.host_records import recorded
from activities.spot.pools import spot_pool
from shared.contracts.calls import moment
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.session_hosts import (
    BEGIN_HOST_TASK,
    POLL_EARLIER_TASK,
    HostBuild,
    HostJob,
    HostTaskOrder,
    OfHostTask,
    instances_of_run,
)
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.orphans import ComputerName
from shared.domain.networks.connection import Connection
from shared.domain.owner import Owner, OwnerKind
from shared.domain.planning.queueing import regions_of
from shared.domain.spot.groups.group import LicenseType, SpotGroup, host_hardware
from shared.domain.spot.hosts.host import (
    HostEvent,
    HostStatus,
    HostTask,
    SessionHost,
    does,
    of_existing_host,
    settings_drift,
    windows_of,
)
from shared.domain.spot.hosts.observed import SettingsDrift
from shared.domain.tenants.tenant import Site, Tenant
from shared.errors import NotFoundError
from shared.services.spot.members import confirm_removal, removes_kept
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient, implements, is_alive

bp = Blueprint()

_BEGINNING = "SPOT-"
_NAMES = f"{_BEGINNING}%RAND:8%"
_CONFIGURES = frozenset({HostTask.CONFIGURE, HostTask.START})
"""The tasks that apply the group's settings to a host; no user may reach a host that started with older settings."""

_STOP_AFTER = timedelta(minutes=10)
"""Time for which an overtaken task may go on before it is terminated."""


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_HOST_TASK)
async def begin_host_task(order: HostTaskOrder) -> HostJob | NoCapacity | Superseded:
    """Return the job of a task, and begin the attempt of a build. Without a healthy connection a build waits."""
    deps = dependencies()
    stored = await deps.session_hosts.find(order.tenant_id, order.session_host_id)
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if stored is None or group is None or not does(stored.value, order.run):
        return Superseded()
    host = stored.value
    connection = await deps.connections.find(order.tenant_id, host.connection_id)
    site = await deps.sites.find(order.tenant_id, group.value.site_id)
    if connection is None or site is None:
        return _waits("connectionGone", "the connection or the site of the Spot Group is gone")
    tenant = (await deps.tenants.get(order.tenant_id)).value
    if order.task is not HostTask.BUILD:
        return await _confirmed(_job(host, group.value, connection.value, site.value, order), group.value, host)
    if not connection.value.usable:
        name = connection.value.display_name
        return _waits("connectionUnhealthy", f"the connection {name} is not healthy: see its health checks")
    attempt = order.attempt or max(1, host.attempt)
    begun = await _begin_attempt(stored, order.run, attempt)
    if begun is None:
        return Superseded()
    job = _job(begun, group.value, connection.value, site.value, order)
    await _keep_name(job)
    return job.but(build=_build(begun, group.value, connection.value, site.value, tenant))


async def _confirmed(job: HostJob, group: SpotGroup, host: SessionHost) -> HostJob | Superseded:
    """Ask again about the user of a dedicated host before it is removed; a user who is entitled again keeps it."""
    if not removes_kept(host):
        return job
    confirmation = await confirm_removal(dependencies(), group, host)
    return job.but(confirmation=confirmation) if confirmation else Superseded()


def _waits(code: str, message: str) -> NoCapacity:
    return NoCapacity(code=code, message=message, elsewhere=False)


async def _begin_attempt(stored: Stored[SessionHost], run: int, attempt: int) -> SessionHost | None:
    """Record that an attempt begins, and return the host; None if the host has another task now."""
    deps, at = dependencies(), dependencies().clock.now()

    def begun_again(host: SessionHost) -> SessionHost:
        if host.status is HostStatus.BUILDING:
            return host.but(attempt=attempt)
        return host.after(HostEvent.BUILD_BEGUN, at=at, attempt=attempt)

    def edit(host: SessionHost) -> SessionHost | None:
        return recorded(host, begun_again) if does(host, run) else None

    host = stored.value
    try:
        begun = await deps.session_hosts.change(host.tenant_id, host.id, edit, known=stored)
    except NotFoundError:
        return None
    return begun if does(begun, run) else None


def _job(host: SessionHost, group: SpotGroup, connection: Connection, site: Site, order: HostTaskOrder) -> HostJob:
    pool = spot_pool(group, connection)
    attempt = order.attempt or max(1, host.attempt)
    seed = f"{host.tenant_id}/{host.id}/{order.run}/{attempt}"
    machine = Machine(
        tenant_id=host.tenant_id,
        owner=Owner(kind=OwnerKind.SESSION_HOST, id=host.id),
        subscription_id=host.resources.subscription_id or pool.subscription_id,
        resource_group=host.resources.resource_group or pool.resource_group,
        region=host.resources.region or site.region,
        computer_name=naming.computer_name(_NAMES, "", seed=seed),
        more_tags={**group.tags, naming.SPOT_GROUP_TAG: group.id},
    )
    wanted = windows_of(group, connection.join_type)
    drift = settings_drift(host.applied, wanted) if order.task in _CONFIGURES else SettingsDrift.NONE
    return HostJob(
        tenant_id=host.tenant_id,
        session_host_id=host.id,
        run=order.run,
        attempt=attempt,
        spot_group_id=group.id,
        task=order.task,
        machine=machine,
        host_pool_id=pool.host_pool_id,
        application_group_id=pool.application_group_id,
        join_type=connection.join_type,
        domain=connection.domain,
        connection_id=connection.id,
        made=host.resources,
        assigned_user_id=host.assigned_user_id,
        by_hand=bool(host.work and host.work.operation_id),
        windows=None if drift is SettingsDrift.NONE else of_existing_host(wanted, host.applied),
        when_empty=drift is not SettingsDrift.AT_ONCE or order.task is HostTask.START,
    )


def _build(host: SessionHost, group: SpotGroup, connection: Connection, site: Site, tenant: Tenant) -> HostBuild:
    settings = tenant.settings
    plan, sizes = host_hardware(group.license_type), host.sizes or group.hosts.sizes
    if sizes:  # what a group names counts, also where it is less than its licence promises
        plan = plan.but(vm_sizes=sizes, v_cpu_count=1, ram_in_gb=1)
    return HostBuild(
        plan=plan,
        image=host.image,
        regions=regions_of(site, connection),
        zones=site.zones,
        network=connection.network,
        network_group=site.resource_group,
        address_space=site.address_space,
        low_priority=host.low_priority,
        hibernation=group.hosts.hibernate and not host.low_priority,
        enroll=group.hosts.intune_enrollment,
        dedicated=group.license_type is LicenseType.PERSONAL_DEDICATED,
        windows=windows_of(group, connection.join_type),
        attempts=settings.attempts,
        hybrid_join_wait=timedelta(minutes=settings.hybrid_join_wait_in_minutes),
        enrollment_wait=timedelta(minutes=settings.enrollment_wait_in_minutes),
        parking_limit=settings.parking_limit,
    )


async def _keep_name(job: HostJob) -> None:
    """Record the computer name before anything is created under it, so that clean-up finds these things by name."""
    deps = dependencies()
    given = ComputerName(
        tenant_id=job.tenant_id,
        name=job.machine.computer_name,
        beginning=_BEGINNING,
        cloud_pc_id=job.session_host_id,
        of_host=True,
        generation=job.run,
        attempt=job.attempt,
        given_at=moment(deps.clock.now()),
    )
    await deps.computer_names.save_all([Stored(given, "*")])


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(POLL_EARLIER_TASK)
async def poll_earlier_task(order: OfHostTask, client: DurableClient) -> Done | Pending | Refused:
    """Check whether the task before this one still runs; terminate it if it does not stop in time."""
    deps = dependencies()
    ids = instances_of_run(order.tenant_id, order.session_host_id, order.run - 1)
    alive = [each for each in ids if await is_alive(client, each)]
    if not alive:
        return Done()
    stored = await deps.session_hosts.find(order.tenant_id, order.session_host_id)
    work = stored.value.work if stored else None
    if work is not None and deps.clock.now() - work.begun_at >= _STOP_AFTER:
        for instance_id in alive:
            await client.terminate(instance_id, "the host is being removed")
        return Pending(note="what runs is being ended", after=60)  # the activity that it runs ends meanwhile
    return Pending(note="what runs comes to its end")
