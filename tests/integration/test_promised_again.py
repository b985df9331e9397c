"""Due rows written again by a restore: the due rows of every kind follow from the records, and operations end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.storage import Blobs
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.temporary_size import TemporarySize
from shared.domain.images.image import DeviceImageStatus
from shared.domain.notices.events import TELLERS
from shared.domain.operations.bulk import BulkAction
from shared.domain.operations.operation import SYSTEM, OperationStatus
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.power.record import CloudPcPower
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.hosts.host import HostTask, HostWork
from shared.services.maintenance.after_restore import watched_due
from shared.services.maintenance.exporting import export_tables
from shared.services.maintenance.restoring import restore_tables
from shared.storage.due import EVERYBODY, Due, DueKind, SpotLook, Watching
from shared.storage.tables import Tables
from tests.integration import image_things, things
from tests.integration.deleted_things import DELETED
from tests.integration.desks import session_host, spot_group
from tests.integration.notice_scenes import ENDPOINT
from tests.integration.services import IdleHost, PaperServices

NIGHT = datetime(2026, 11, 21, 1, 40, tzinfo=UTC)
DAY = "2026-11-21"
OF_TENANT = {
    DueKind.ORPHANS,
    DueKind.CHANGES,
    DueKind.CATCH_UP,
    DueKind.SUBSCRIBE,
    DueKind.RECONCILE,
    DueKind.SHUT_DOWN,
}
"""The kinds whose rows are about a tenant."""


@pytest.fixture
async def here(tables: Tables) -> Dependencies:
    """A service with a Cloud PC that is being built."""
    services = PaperServices(tables)
    await services.tenants.insert(things.tenant())
    await services.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONING, generation=7))
    return services


async def restored_from(services: Dependencies, blobs: Blobs, elsewhere: Tables) -> Dependencies:
    """Export the tables of *services*, and return another service that has them from the export."""
    await export_tables(services.tables, blobs, NIGHT)
    await restore_tables(elsewhere, blobs, DAY, merge=False, report=lambda _: None)
    return PaperServices(elsewhere)


def with_replacement(name: str, phase: Phase, generation: int) -> CloudPc:
    """A Cloud PC that works, and has another machine."""
    other = Build(generation=generation, phase=phase)
    return things.cloud_pc(name, status=Status.PROVISIONED, generation=4, replacement=other)


async def test_what_workflows_knew_is_promised_again(here: Dependencies, blobs: Blobs, elsewhere: Tables) -> None:
    failed = things.cloud_pc("eve", status=Status.FAILED, resources=Resources(computer_name="PC-1"))
    await here.cloud_pcs.insert(failed)
    await here.cloud_pcs.insert(with_replacement("gil", Phase.BUILDING, 7))
    await here.cloud_pcs.insert(with_replacement("hal", Phase.LEAVING, 1))
    restored = await restored_from(here, blobs, elsewhere)
    dues = {kind: await restored.due.due(kind, NIGHT) for kind in DueKind}
    watched = {(due.subject_id, due.generation) for due in dues[DueKind.WATCH]}
    assert watched == {(things.cloud_pc("ada").id, 7), (things.cloud_pc("gil").id, 7)}
    assert {due.subject_id for due in dues[DueKind.CLEAN_UP]} == {failed.id, things.cloud_pc("hal").id}
    assert [due.subject_id for due in dues[DueKind.REREAD]] == [EVERYBODY]


async def test_what_is_due_of_spot_groups_their_hosts_and_images_is_promised_again(
    here: Dependencies, blobs: Blobs, elsewhere: Tables
) -> None:
    """Records are read before the promises: one that was kept in between is in neither."""
    soon = NIGHT + timedelta(hours=3)
    group = spot_group()
    await here.spot_groups.insert(group)
    await here.spot_states.insert(
        SpotGroupState(id=group.id, tenant_id=group.tenant_id, planned_at=NIGHT, next_look_at=soon)
    )
    starts = session_host(1, run=4, work=HostWork(task=HostTask.START, run=4, begun_at=NIGHT))
    await here.session_hosts.insert(starts)
    await here.session_hosts.insert(session_host(2, run=3))
    await here.image_sets.insert(image_things.image_set())
    await here.image_versions.insert(image_things.version())
    restored = await restored_from(here, blobs, elsewhere)
    assert (await restored.session_hosts.get(group.tenant_id, starts.id)).value == starts
    kinds = (DueKind.SPOT, DueKind.HOST, DueKind.IMAGE_SET, DueKind.IMAGE_VERSION)
    found = await restored.due.due_among(kinds, soon)
    assert {(due.kind, due.subject_id, due.number, due.at) for due in found} == {
        (DueKind.SPOT, group.id, 0, NIGHT),
        (DueKind.SPOT, group.id, SpotLook.HOSTS, soon),
        (DueKind.HOST, starts.id, 4, NIGHT),
        (DueKind.IMAGE_SET, image_things.image_set().id, 0, NIGHT),
        (DueKind.IMAGE_VERSION, image_things.version().id, 0, NIGHT),
    }


LARGER = TemporarySize(plan=things.plan(), until=NIGHT, at=NIGHT - timedelta(days=1), by="eve", operation_id="op-size")


def of_every_kind() -> tuple[tuple[str, Any], ...]:
    """Records of which each kind of due rows has something to do, by the repository that keeps them."""
    work = HostWork(task=HostTask.START, run=4, begun_at=NIGHT)
    reboot = RemoteAction(name=Remote.REBOOT, operation_id="op-reboot", begun_at=NIGHT)
    begun = NIGHT - timedelta(days=7)
    grace = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=begun, ends_at=NIGHT)
    bulk = BulkAction(
        id="b1",
        tenant_id="contoso",
        action="reboot",
        requested_by=SYSTEM,
        total=1,
        max_concurrency=5,
        stop_at_failure_rate=50,
        created_date_time=NIGHT,
        last_modified_date_time=NIGHT,
    )
    return (
        ("tenants", things.tenant()),
        ("sites", things.site()),
        ("connections", things.connection()),
        ("images", things.image()),
        ("bulk_actions", bulk),
        ("operations", things.operation(id="op-rerun", kind="rerunStep", resource_id="x")),
        ("cloud_pcs", things.cloud_pc("ada")),
        ("cloud_pcs", things.cloud_pc("bob", status=Status.PROVISIONING)),
        ("cloud_pcs", things.cloud_pc("eve", status=Status.FAILED, resources=Resources(computer_name="PC-1"))),
        ("cloud_pcs", things.cloud_pc("gil", status=Status.IN_GRACE_PERIOD, grace=grace)),
        ("cloud_pcs", things.cloud_pc("hal", status=Status.PROVISIONED, action=reboot)),
        ("cloud_pcs", things.cloud_pc("ivy", status=Status.PROVISIONED, temporary_size=LARGER)),
        ("deleted_cloud_pcs", DELETED),
        ("cloud_pc_powers", CloudPcPower(id=things.cloud_pc("hal").id, tenant_id="contoso", since=NIGHT)),
        ("notice_endpoints", ENDPOINT),
        ("spot_groups", spot_group()),
        ("session_hosts", session_host(1, run=4, work=work)),
        ("image_sets", image_things.image_set()),
        ("image_versions", image_things.version()),
        ("policies", things.policy(pools=(WarmPool(plan=things.plan(), desired=1),), image_rings={"enabled": True})),
    )


async def test_records_without_any_due_row_lead_to_the_rows_of_every_kind(
    tables: Tables, blobs: Blobs, elsewhere: Tables
) -> None:
    services = PaperServices(tables)
    for name, value in of_every_kind():
        await getattr(services, name).insert(value)
    await services.changes.add("contoso", ["id-ada"], NIGHT)
    await services.requests.add("contoso", NIGHT)
    found = await (await restored_from(services, blobs, elsewhere)).due.due_among(DueKind, NIGHT)
    cloud_pc = {name: things.cloud_pc(name).id for name in ("ada", "bob", "eve", "gil", "hal", "ivy")}
    assert {(due.kind, due.subject_id) for due in found} == {
        (DueKind.START, cloud_pc["ada"]),
        (DueKind.WATCH, cloud_pc["bob"]),
        (DueKind.CLEAN_UP, cloud_pc["eve"]),
        (DueKind.DEPROVISION, cloud_pc["gil"]),
        (DueKind.REMIND, cloud_pc["gil"]),
        (DueKind.ACT, cloud_pc["hal"]),
        (DueKind.POWER, cloud_pc["hal"]),
        (DueKind.TEMPORARY_SIZE, cloud_pc["ivy"]),
        (DueKind.DELETED, DELETED.id),
        (DueKind.POOL, "p1"),
        (DueKind.IMAGE_RINGS, "p1"),
        (DueKind.POWER, EVERYBODY),
        (DueKind.REREAD, EVERYBODY),
        (DueKind.RESTORE_POINT, EVERYBODY),
        *((kind, "contoso") for kind in OF_TENANT),
        (DueKind.RECHECK, "c1"),
        (DueKind.BUILD, "i1"),
        (DueKind.REPLICATE, "west"),
        (DueKind.BULK, "b1"),
        (DueKind.HOST, session_host(1).id),
        (DueKind.SPOT, spot_group().id),
        (DueKind.IMAGE_SET, image_things.image_set().id),
        (DueKind.IMAGE_VERSION, image_things.version().id),
        (DueKind.PROGRESS, "op-rerun"),
        (DueKind.DELIVER, ENDPOINT.id),
        *((DueKind.EVENTS, table) for table in TELLERS),
    }
    assert {due.kind for due in found} == set(DueKind)


async def test_what_is_not_wanted_of_a_tenant_is_not_promised(tables: Tables, blobs: Blobs, elsewhere: Tables) -> None:
    services = PaperServices(tables)
    await services.tenants.insert(things.tenant())
    await services.operations.insert(things.operation(status=OperationStatus.SUCCEEDED))
    await services.images.insert(things.image(status=DeviceImageStatus.READY))
    found = await (await restored_from(services, blobs, elsewhere)).due.due_among(DueKind, NIGHT)
    marked = {DueKind.CHANGES, DueKind.RECONCILE}
    assert {due.kind for due in found} == {
        *(DueKind.POWER, DueKind.REREAD, DueKind.RESTORE_POINT, DueKind.EVENTS),
        *OF_TENANT,
    } - marked


WORKED_ON = things.cloud_pc("ada", status=Status.PROVISIONING, operation_id="op")


@pytest.mark.parametrize(
    ("record", "kind", "goes_on"),
    [
        (("cloud_pcs", WORKED_ON), "reprovision", True),
        (("cloud_pcs", things.cloud_pc("ada", status=Status.PROVISIONED, operation_id="op")), "reprovision", False),
        (("cloud_pcs", things.cloud_pc("ada", status=Status.PROVISIONED)), "rerunStep", False),
        (("images", things.image(operation_id="op")), "buildDeviceImage", True),
        (("images", things.image(operation_id="op", status=DeviceImageStatus.READY)), "forgetDeviceImage", False),
        (("image_versions", image_things.version(operation_id="op")), "buildImageVersion", True),
        (("image_versions", image_things.version(operation_id="earlier")), "sealImageVersion", False),
        (("connections", things.connection()), "checkConnection", True),
        (("spot_groups", spot_group()), "editSpotGroup", True),
        (("spot_groups", spot_group()), "updateSpotGroup", False),
        (("session_hosts", session_host(1)), "restartSessionHost", False),
        (("orphans", None), "removeOrphan", False),
        (("orphans", None), "reconcile", True),
    ],
)
async def test_a_restored_operation_goes_on_by_a_record_or_ends(
    tables: Tables, record: tuple[str, Any], kind: str, *, goes_on: bool
) -> None:
    services, (name, value) = PaperServices(tables), record
    client: Any = IdleHost()
    if value is not None:
        await getattr(services, name).insert(value)
    about = "gone" if value is None else value.id
    operation = things.operation(id="op", kind=kind, resource_id=about, status=OperationStatus.RUNNING)
    await services.operations.insert(operation)
    again = await watched_due(services, client, Due(DueKind.PROGRESS, NIGHT, "contoso", "op", Watching.RESTORED))
    after = (await services.operations.get("contoso", "op")).value
    assert (again is not None, after.ended) == (goes_on, not goes_on)
    if not goes_on:
        assert after.error is not None
        assert (after.error.code, after.status) == ("restored", OperationStatus.FAILED)
        assert "restored from an export" in after.error.message
