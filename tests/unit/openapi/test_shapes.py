"""What the views show is what the document says of them: every property, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.domain.cloud_pc import Failure, Grace, Removal, RemovalCause, Warn
from shared.domain.describing import Shape
from shared.domain.drift import TenantPolicies
from shared.domain.graph.catalogue import audit_event_view, service_plan_view, supported_region_view
from shared.domain.graph.cloud_pcs import cloud_pc_view, count_by_status
from shared.domain.graph.connections import connection_view
from shared.domain.graph.images import device_image_view, gallery_image_view
from shared.domain.graph.policies import policy_view
from shared.domain.graph.shapes import (
    AUDIT_EVENT,
    CLOUD_PC,
    CONNECTION,
    DEVICE_IMAGE,
    GALLERY_IMAGE,
    POLICY,
    SERVICE_PLAN,
    STATUS_COUNTS,
    SUPPORTED_REGION,
)
from shared.domain.lifecycle import Status
from shared.domain.operation import SYSTEM, AuditEvent
from shared.domain.policy import image_source, snapshot_of
from shared.domain.regions import SUPPORTED_REGIONS
from shared.domain.steps import Step
from shared.domain.tenant import Paused, TenantSettings
from tests.cloud_pcs import cloud_pc as new_cloud_pc
from tests.unit.openapi.test_document import DOCUMENT
from tests.unit.wizards import office

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


def cloud_pc(status: Status, **more: Any) -> dict[str, Any]:
    pc = new_cloud_pc(
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
    return cloud_pc_view(pc, office.NOW, TenantPolicies({"p1": POLICY_HERE}, {}, TenantSettings()))


GRACE = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=office.NOW, ends_at=office.NOW + timedelta(days=7))
SEEN = [
    (CLOUD_PC, cloud_pc(Status.NOT_PROVISIONED, reason="no policy")),
    (CLOUD_PC, cloud_pc(Status.PROVISIONING, step=Step.CREATE_VM, step_started_at=office.NOW, attempt=1)),
    (CLOUD_PC, cloud_pc(Status.FAILED, last_error=Failure(code="Boom", message="it broke", step=Step.CREATE_VM))),
    (CLOUD_PC, cloud_pc(Status.PROVISIONED_WITH_WARNINGS, warnings=(Warn(step="x", message="y"),))),
    (CLOUD_PC, cloud_pc(Status.IN_GRACE_PERIOD, grace=GRACE)),
    (
        CLOUD_PC,
        cloud_pc(Status.PROVISIONED, removal=Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=office.NOW)),
    ),
    (STATUS_COUNTS, {"value": count_by_status([])}),
    (POLICY, policy_view(POLICY_HERE, 168)),
    (POLICY, {**policy_view(POLICY_HERE.but(paused=None), 168), "@deskwright.warnings": [{"concern": "overlap"}]}),
    (CONNECTION, connection_view(office.connection(), office.SITE, in_use=True, in_use_by_cloud_pc=False)),
    (CONNECTION, connection_view(office.hybrid_connection("c2", "a@b"), None, in_use=True, in_use_by_cloud_pc=True)),
    (DEVICE_IMAGE, device_image_view(office.image())),
    (GALLERY_IMAGE, gallery_image_view(office.OFFERED)),
    (SERVICE_PLAN, service_plan_view(office.plan())),
    (SUPPORTED_REGION, supported_region_view(SUPPORTED_REGIONS[0])),
    (AUDIT_EVENT, audit_event_view(EVENT)),
]
OUTSIDE = {"@odata.context", "@odata.etag", "@deskwright.warnings"}
"""What the answer adds to the view."""


@pytest.mark.parametrize(("shape", "view"), SEEN, ids=[f"{shape.name}-{n}" for n, (shape, _) in enumerate(SEEN)])
def test_a_view_is_as_it_is_described(shape: Shape, view: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{shape.name}", "components": DOCUMENT["components"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(view)]
    assert errors == []
    assert shape.properties.keys() - OUTSIDE - view.keys() == set()
