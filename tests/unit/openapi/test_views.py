"""Views show the properties of their types: every property, and nothing else."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.domain.cloud_pcs.build import Failure, Step, TimelineEntry, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, Removal, RemovalCause, Swap
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import FoundResource, Looked, Orphan, OrphanScan, OrphanType
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.operations.bulk import BulkAction, BulkItem
from shared.domain.operations.operation import SYSTEM, AuditEvent, Operation, OperationStep
from shared.domain.operations.pausing import ServiceState
from shared.domain.planning.drift import TenantPolicies
from shared.domain.planning.entitlements import AddressForecast
from shared.domain.policies.policy import image_source, snapshot_of
from shared.domain.spot.engine.state import Decision
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from shared.domain.spot.images.image_set import BuildSchedule, Recipe, RecipeStep
from shared.domain.spot.images.image_version import Access, VersionAction, VersionActionName, VersionUse, first_version
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Paused, Tenant, TenantSettings
from shared.domain.wizards.create_connection import CREATE_CONNECTION
from shared.domain.wizards.fields import OfferedChoices
from tests.cloud_pcs import cloud_pc as new_cloud_pc
from tests.unit.openapi.test_document import DOCUMENT
from tests.unit.wizards import office
from tests.unit.wizards.test_create_image_set import TEACHERS
from triggers.http.openapi_metadata import Derived, Entity, Node, Page
from triggers.http.views import (
    actions,
    catalogue,
    cloud_pcs,
    connections,
    images,
    operations,
    policies,
    session_hosts,
    tenants,
    wizards,
)
from triggers.http.views.openapi_components import Components

POLICY_HERE = office.policy("p1", "staff", name="Office").but(paused=Paused(by="Ada", at=office.NOW, reason="x"))
SNAPSHOT = snapshot_of(POLICY_HERE, {"c1": office.connection()}, image_source(POLICY_HERE, None), TenantSettings())
ADA = office.member("ada", "staff", plans=(office.plan(),)).user
EVENT = AuditEvent(
    id="a1",
    tenant_id="acme",
    activity="Microsoft.CloudPC/provisioningPolicies/update",
    activity_date_time=office.NOW,
    actor=SYSTEM,
    resource_type="provisioningPolicy",
    resource_id="p1",
    before={"displayName": "Old", "settings": {"a": 1}},
    after={"displayName": "New", "locale": "de-DE"},
)


def cloud_pc(status: Status, **more: Any) -> CloudPc:
    return new_cloud_pc(
        id="pc1",
        tenant_id="acme",
        user=ADA,
        plan=office.plan(),
        status=status,
        display_name="Office - Ada",
        snapshot=None if status is Status.NOT_PROVISIONED else SNAPSHOT,
        created_date_time=office.NOW,
        last_modified_date_time=office.NOW,
        **more,
    )


GRACE = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=office.NOW, ends_at=office.NOW + timedelta(days=7))
REMOVAL = Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=office.NOW, why="too many", confirmed_by="Bo")
BOOM = Failure(code="Boom", message="it broke", step=Step.CREATE_VM)
POINTS = (
    RestorePoint(id="r1", created_at=office.NOW, status="ready"),
    RestorePoint(id="r2", created_at=office.NOW, status="ready", automatic=True, last_restored_at=office.NOW),
)
SWAP = Swap(plan=office.plan(), until=office.NOW, hours=48, operation_id="o1")
IN_GRACE = cloud_pc(Status.IN_GRACE_PERIOD, grace=GRACE)
PROVISIONING = cloud_pc(Status.PROVISIONING, step=Step.CREATE_VM, step_started_at=office.NOW, attempt=1)
ENTRIES = [
    TimelineEntry(generation=1, attempt=1, step=Step.CREATE_VM, started_at=office.NOW, run="o1"),
    TimelineEntry(
        generation=1,
        attempt=1,
        step=Step.JOIN_DIRECTORY,
        started_at=office.NOW,
        ended_at=office.NOW,
        outcome="failed",
        resource_ids=("d1",),
        error=BOOM,
        note="x",
    ),
]
OPERATION = Operation(
    id="o1",
    tenant_id="acme",
    kind="retry",
    resource_id="pc1",
    steps=(OperationStep(name="a", title="A", started_at=office.NOW),),
    error=BOOM,
    requested_by="Ada",
    created_date_time=office.NOW,
    last_modified_date_time=office.NOW,
)
BULK = BulkAction(
    id="b1",
    tenant_id="acme",
    action="holdGrace",
    parameters={"held": True},
    requested_by=SYSTEM,
    total=2,
    counts={"pending": 2},
    max_concurrency=1,
    stop_at_failure_rate=10,
    created_date_time=office.NOW,
    last_modified_date_time=office.NOW,
)
ITEM = BulkItem(tenant_id="acme", bulk_id="b1", position=0, cloud_pc_id="pc1", user_principal_name="a@b")
ORPHAN = Orphan(
    id="x",
    tenant_id="acme",
    area="azure",
    found=FoundResource(type=OrphanType.DISK, resource_id="/disk", name="disk"),
    why="w",
    advice="a",
    since=office.NOW,
    last_seen_at=office.NOW,
)
SCAN = OrphanScan(id="last", tenant_id="acme", started_at=office.NOW, looked_at=(Looked(area="azure", problem="no"),))
RECIPE = Recipe(steps=(RecipeStep(name="Fonts", script="Get-Date"),), schedule=BuildSchedule(day_of_month=3))
USE = VersionUse(spot_group_id="g1", display_name="Class 7", version="0.0.0", hosts=2)
BROKEN = first_version(TEACHERS).but(
    notes=(Note(text="why", by="Ada", at=office.NOW),),
    recipe=RECIPE.steps,
    warnings=(Warn(step="x", message="y"),),
    failure=BOOM,
    left=(BOOM,),
    action=VersionAction(name=VersionActionName.REBOOT, operation_id="o1", begun_at=office.NOW),
    access=Access(address="20.50.2.10", public_address="20.50.2.99", until=office.NOW),
    shut_down_at=office.NOW,
)
TENANT = Tenant(
    id="acme", display_name="Acme", entra_tenant_id=office.SUBSCRIPTION, subscription_id=office.SUBSCRIPTION
)
ADDRESSES = AddressForecast(free=1, awaited=2, short=1)


def shown(pc: CloudPc) -> Any:
    return cloud_pcs.cloud_pc_view(
        pc, office.NOW, TenantPolicies({"p1": POLICY_HERE}, {}, TenantSettings()), Estimates()
    )


HOSTED = connections.connection_view(
    office.connection(), office.SITE, in_use=True, in_use_by_cloud_pc=False, addresses=ADDRESSES
)
HYBRID = connections.connection_view(office.hybrid_connection("c2", "a@b"), None, in_use=True, in_use_by_cloud_pc=True)


ORPHAN_PAGE = Page(actions.OrphanView, {"scan": actions.OrphanScanView})
DECIDED = Decision(
    session_host_id="h1", action=EngineAction.START, reason=next(iter(Reason)), text="why", at=office.NOW
)
SEEN: list[tuple[type[Any] | Derived, Any]] = [
    (cloud_pcs.CLOUD_PC, shown(cloud_pc(Status.NOT_PROVISIONED, reason="no policy"))),
    (cloud_pcs.CLOUD_PC, shown(PROVISIONING)),
    (cloud_pcs.CLOUD_PC, shown(cloud_pc(Status.FAILED, last_error=BOOM))),
    (cloud_pcs.CLOUD_PC, shown(cloud_pc(Status.PROVISIONED_WITH_WARNINGS, warnings=(Warn(step="x", message="y"),)))),
    (cloud_pcs.CLOUD_PC, shown(IN_GRACE)),
    (cloud_pcs.CLOUD_PC, shown(cloud_pc(Status.PROVISIONED, removal=REMOVAL, swap=SWAP))),
    (cloud_pcs.StatusCountsView, {"value": cloud_pcs.count_by_status([])}),
    (policies.POLICY, policies.policy_view(POLICY_HERE, TenantSettings())),
    (
        policies.POLICY,
        {
            **policies.policy_view(POLICY_HERE.but(paused=None), TenantSettings()),
            "@deskwright.warnings": [{"concern": "overlap", "message": "both"}],
        },
    ),
    (connections.CONNECTION, HOSTED),
    (connections.CONNECTION, HYBRID),
    (images.DEVICE_IMAGE, images.device_image_view(office.image())),
    (images.GALLERY_IMAGE, images.gallery_image_view(office.OFFERED)),
    (images.IMAGE_SET, images.image_set_view(TEACHERS, (), with_source=False)),
    (
        images.IMAGE_SET,
        images.image_set_view(TEACHERS.but(recipe=RECIPE, next_build_at=office.NOW), (USE,), with_source=True),
    ),
    (images.IMAGE_VERSION, images.image_version_view(first_version(TEACHERS), ())),
    (images.IMAGE_VERSION, images.image_version_view(BROKEN, (USE,))),
    (catalogue.SERVICE_PLAN, catalogue.service_plan_view(office.plan())),
    (catalogue.SUPPORTED_REGION, catalogue.supported_region_view(SUPPORTED_REGIONS[0])),
    (catalogue.AUDIT_EVENT, catalogue.audit_event_view(EVENT)),
    (actions.GraceChangeView, actions.grace_change_view(IN_GRACE, office.NOW)),
    (actions.PendingRemovalView, actions.pending_removal_view(cloud_pc(Status.PROVISIONED, removal=REMOVAL))),
    (actions.PendingRemovalView, actions.pending_removal_view(cloud_pc(Status.PROVISIONED))),
    (operations.OPERATION, operations.operation_view(OPERATION)),
    (operations.BulkActionView, operations.bulk_action_view(BULK)),
    (operations.BULK_ITEM, operations.bulk_item_view(ITEM)),
    (ORPHAN_PAGE, {"value": [actions.orphan_view(ORPHAN, office.NOW)], "scan": None}),
    (ORPHAN_PAGE, {"value": [], "scan": actions.orphan_scan_view(SCAN), "@odata.nextLink": "x"}),
    (session_hosts.DECISION, session_hosts.decision_view(DECIDED)),
    (
        actions.RestorePointsView,
        {"value": actions.restore_points_view(cloud_pc(Status.PROVISIONED, restore_points=POINTS))},
    ),
    (actions.ResizeVerdictsView, actions.resize_verdicts_view({"pc1": "success"})),
    (tenants.SITE, tenants.site_view(office.SITE)),
    (tenants.ServiceStateView, tenants.service_state_view(ServiceState())),
    (tenants.ServiceStateView, tenants.service_state_view(ServiceState(paused=POLICY_HERE.paused))),
    (
        tenants.MeView,
        tenants.me_view(
            SYSTEM, "d1", [tenants.own_tenant_view(TENANT, ["CloudPC.Reader"], [])], roles=["x"], verbs=["y"], cut=False
        ),
    ),
    (operations.TimelineView, operations.timeline_view(PROVISIONING, ENTRIES, office.NOW, Estimates())),
    (operations.TimelineView, operations.timeline_view(IN_GRACE, [], office.NOW, Estimates())),
    (
        wizards.WizardView,
        wizards.wizard_view(
            CREATE_CONNECTION,
            OfferedChoices(
                {"site/siteId": [{"value": "weu", "title": "West Europe"}]},
                {"site/siteId": "search"},
                {"site/subscriptionId": "away"},
            ),
            {"site": {"siteId": "weu"}},
        ),
    ),
]
IDS = [f"{node.name if isinstance(node, Derived) else node.__name__}-{n}" for n, (node, _) in enumerate(SEEN)]


def errors_of(view: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    document = {**schema, "components": {"schemas": schemas}}
    sent = json.loads(json.dumps(view))
    return [error.message for error in Draft202012Validator(document).iter_errors(sent)]


@pytest.mark.parametrize(("node", "view"), SEEN, ids=IDS)
def test_a_view_has_every_property_of_its_type_and_no_other(node: type[Any] | Derived, view: Any) -> None:
    whole: Node = node.view if isinstance(node, Entity) else node
    components = Components([whole])
    ref = components.ref(whole)
    assert errors_of(view, ref, components.used_in(ref)) == []


@pytest.mark.parametrize(("node", "view"), SEEN, ids=IDS)
def test_a_view_is_as_the_document_says(node: type[Any] | Derived, view: Any) -> None:
    schema = Components([node]).ref(node)
    assert errors_of(view, schema, DOCUMENT["components"]["schemas"]) == []
