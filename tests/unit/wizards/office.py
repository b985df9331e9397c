"""A small tenant for the wizards."""

from datetime import UTC, datetime
from typing import Any

from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.images.image import (
    DeviceImage,
    DeviceImageStatus,
    GalleryImage,
    ImageSource,
    ImageType,
    OwnImage,
    gallery_image,
)
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.networks.connection import Connection, Domain, HealthStatus, JoinType
from shared.domain.planning.drift import TenantPolicies
from shared.domain.planning.entitlements import Entitlement
from shared.domain.policies.policy import Assignment, DomainJoinConfiguration, Policy
from shared.domain.tenants.directory import Group
from shared.domain.tenants.tenant import Site, TenantSettings
from shared.domain.wizards.reviews import Review

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp"
GALLERY_ID = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
VERSION_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/pcs/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
)

SITE = Site(id="weu", tenant_id="acme", display_name="West", region="westeurope", resource_group="pcs")


def _offered() -> GalleryImage:
    found = gallery_image("windows-ent-cpc", "win11-24h2-ent-cpc-m365")
    assert found is not None
    return found


OFFERED = _offered()
READY_VERSION = OwnImage(id=VERSION_ID, display_name="i 1.0.0", regions=("westeurope",))


def plan(part_number: str = "CPC_E_2C_8GB_128GB") -> ServicePlan:
    found = service_plan(f"sku-{part_number}", part_number, {})
    assert found is not None
    return found


def connection(name: str = "c1", status: HealthStatus = HealthStatus.PASSED, **more: Any) -> Connection:
    facts = {"display_name": f"Connection {name}", "site_id": "weu", "join_type": JoinType.AZURE_AD_JOIN, **more}
    return Connection(
        id=name,
        tenant_id="acme",
        subscription_id=SUBSCRIPTION,
        health_check_status=status,
        created_date_time=NOW,
        **facts,
    )


def hybrid_connection(name: str, account: str) -> Connection:
    domain = Domain(
        ad_domain_name="corp.example", ad_domain_username=account, password_secret_url="https://v/secrets/x"
    )
    return connection(name, join_type=JoinType.HYBRID_AZURE_AD_JOIN, domain=domain)


def image(name: str = "i1", status: DeviceImageStatus = DeviceImageStatus.READY, **more: Any) -> DeviceImage:
    facts = {"display_name": "Desktop", "version": "1.0.0", "regions": ("westeurope",), **more}
    return DeviceImage(
        id=name,
        tenant_id="acme",
        site_id="weu",
        source=ImageSource(gallery_version_id=VERSION_ID),
        status=status,
        created_date_time=NOW,
        last_modified_date_time=NOW,
        **facts,
    )


def policy(key: str, *group_ids: str, at: datetime = NOW, name: str = "") -> Policy:
    return Policy(
        id=key,
        tenant_id="acme",
        display_name=name or f"Policy {key}",
        domain_join_configurations=(
            DomainJoinConfiguration(domain_join_type=JoinType.AZURE_AD_JOIN, on_premises_connection_id="c1"),
        ),
        image_type=ImageType.GALLERY,
        image_id=GALLERY_ID,
        assignments=tuple(Assignment(id=f"{key}-{g}", group_id=g, assigned_at=at) for g in group_ids),
        created_date_time=at,
        last_modified_date_time=at,
    )


def today(*policies: Policy, **settings: Any) -> TenantPolicies:
    return TenantPolicies({p.id: p for p in policies}, {"i1": image()}, TenantSettings(**settings))


def group(name: str, **more: Any) -> Group:
    return Group(**{"id": name, "display_name": f"Group {name}", "security_enabled": True, **more})


def member(name: str, *group_ids: str, plans: tuple[ServicePlan, ...] = (), enabled: bool = True) -> Entitlement:
    user = User(id=name, user_principal_name=f"{name}@acme.example", display_name=name.title(), account_enabled=enabled)
    return Entitlement(user=user, plans=plans, group_ids=frozenset(group_ids))


def errors(review: Review) -> dict[str, dict[str, str]]:
    """Return the errors, by step and JSON pointer."""
    return {step.name: {error.pointer: error.message for error in step.errors} for step in review.steps if step.errors}


def codes(review: Review) -> list[str]:
    return [warning.concern.value for warning in review.warnings]
