"""Values to store, all alike except for those that a test gives."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage, ImageSource, ImageType, MarketplaceImage
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.naming import cloud_pc_id
from shared.domain.networks.connection import Connection, HealthStatus, JoinType
from shared.domain.operations.operation import SYSTEM, AuditEvent, Operation
from shared.domain.policies.configuration import DecidedConfiguration
from shared.domain.policies.policy import Assignment, DomainJoinConfiguration, Policy, Snapshot
from shared.domain.policies.script import DeviceManagementScript, ScriptForm
from shared.domain.power.settings import PowerSchedule
from shared.domain.tenants.tenant import Site, Tenant
from tests import cloud_pcs

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FOR_A_WEEK = {"targetServicePlanId": "sku-2", "untilDateTime": "2026-11-28T09:00:00Z"}
TENANT_ID = "contoso"
DIRECTORY = "5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SOURCE = ImageSource(marketplace=MarketplaceImage(publisher="Windows", offer="desktop", sku="win11-ent"))


def plan(part_number: str = "CPC_E_2C_8GB_128GB", sku_id: str = "sku-1") -> ServicePlan:
    found = service_plan(sku_id, part_number, {})
    assert found is not None
    return found


def tenant(**changes: Any) -> Tenant:
    value = Tenant(id=TENANT_ID, display_name="Contoso", entra_tenant_id=DIRECTORY, subscription_id=SUBSCRIPTION)
    return value.but(**changes)


def site(**changes: Any) -> Site:
    value = Site(id="west", tenant_id=TENANT_ID, display_name="West", region="westeurope", resource_group="desks")
    return value.but(**changes)


def _named(value: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Return *changes* with a name of its own for a second one: no two of a tenant have the same."""
    other = changes.get("id", value.id) != value.id
    return {"display_name": f"{value.display_name} {changes['id']}", **changes} if other else changes


def connection(**changes: Any) -> Connection:
    value = Connection(
        id="c1",
        tenant_id=TENANT_ID,
        display_name="Hosted",
        site_id="west",
        subscription_id=SUBSCRIPTION,
        join_type=JoinType.AZURE_AD_JOIN,
        health_check_status=HealthStatus.PASSED,
        created_date_time=NOW,
    )
    return value.but(**_named(value, changes))


def image(**changes: Any) -> DeviceImage:
    value = DeviceImage(
        id="i1",
        tenant_id=TENANT_ID,
        display_name="Office",
        version="1.0.0",
        site_id="west",
        source=SOURCE,
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return value.but(**_named(value, changes))


def policy(**changes: Any) -> Policy:
    value = Policy(
        id="p1",
        tenant_id=TENANT_ID,
        display_name="Everybody",
        domain_join_configurations=(
            DomainJoinConfiguration(domain_join_type=JoinType.AZURE_AD_JOIN, on_premises_connection_id="c1"),
        ),
        image_type=ImageType.GALLERY,
        image_id="windows_desktop_win11-ent",
        assignments=(Assignment(id="a1", group_id="g1", assigned_at=NOW),),
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return value.but(**_named(value, changes))


def snapshot(**changes: Any) -> Snapshot:
    value = Snapshot(
        policy_id="p1",
        policy_name="Everybody",
        connection_id="c1",
        connection_name="Hosted",
        join_type=JoinType.AZURE_AD_JOIN,
        image=SOURCE,
        image_display_name="Windows 11",
        configuration=DecidedConfiguration(
            locale="en-US",
            local_admin_enabled=False,
            naming_template="CPC-%USERNAME:4%-%RAND:5%",
            grace_period_in_hours=168,
        ),
    )
    return value.but(**changes)


def user(name: str = "ada", **changes: Any) -> User:
    return User(id=f"id-{name}", user_principal_name=f"{name}@contoso.example", display_name=name.title()).but(
        **changes
    )


def cloud_pc(name: str = "ada", **changes: Any) -> CloudPc:
    value = cloud_pcs.cloud_pc(
        id=cloud_pc_id(TENANT_ID, f"id-{name}", "sku-1"),
        tenant_id=TENANT_ID,
        user=user(name),
        plan=plan(),
        status=Status.PENDING_PROVISION,
        display_name=f"Everybody - {name.title()}",
        generation=1,
        snapshot=snapshot(),
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return cloud_pcs.edited(value, **changes)


def operation(**changes: Any) -> Operation:
    value = Operation(
        id="o1",
        tenant_id=TENANT_ID,
        kind="buildDeviceImage",
        resource_id="i1",
        requested_by="admin",
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return value.but(**changes)


def audit_event(number: int = 1, **changes: Any) -> AuditEvent:
    value = AuditEvent(
        id=f"e{number}",
        tenant_id=TENANT_ID,
        activity="Microsoft.CloudPC/cloudPCs/provision",
        activity_date_time=NOW + timedelta(seconds=number),
        actor=SYSTEM,
        resource_type="cloudPC",
        resource_id="pc1",
    )
    return value.but(**changes)


def power_schedule() -> PowerSchedule:
    return PowerSchedule(
        id="ps1",
        tenant_id=TENANT_ID,
        display_name="Office hours",
        time_zone="Europe/Berlin",
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )


def clock() -> DeviceManagementScript:
    """A script that sets the clock."""
    form = ScriptForm(display_name="Clock", script_content="dzMydG0gL3Jlc3luYw==")
    return DeviceManagementScript(
        id="sc1",
        tenant_id=TENANT_ID,
        digest=form.content_digest,
        created_date_time=NOW,
        last_modified_date_time=NOW,
        **dict(form),
    )
