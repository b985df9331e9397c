"""Graph: cloudPcServicePlan, cloudPcSupportedRegion, cloudPcAuditEvent (docs/notes/windows365.md 1.7)."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.graph.odata import Collection
from shared.domain.operation import AuditEvent
from shared.domain.regions import SupportedRegion
from shared.domain.service_plan import ServicePlan

SERVICE_PLANS = Collection(name="servicePlans", columns={"displayName": "displayName"})
SUPPORTED_REGIONS = Collection(
    name="supportedRegions",
    columns={"displayName": "displayName", "regionStatus": "regionStatus", "regionGroup": "regionGroup"},
)
AUDIT_EVENTS = Collection(name="auditEvents", columns={"resourceId": "resource_id"})

_KINDS = {"create": "create", "save": "create", "delete": "delete"}


def service_plan_view(plan: ServicePlan) -> dict[str, Any]:
    """Return a service plan as Graph's; its id is the licence's skuId."""
    return {
        "id": plan.id,
        "displayName": plan.display_name,
        "vCpuCount": plan.v_cpu_count,
        "ramInGB": plan.ram_in_gb,
        "storageInGB": plan.storage_in_gb,
        "userProfileInGB": 0,
        "type": "enterprise",
        "provisioningType": "dedicated",
        "supportedSolution": "windows365",
        "@deskwright.skuPartNumber": plan.sku_part_number,
    }


def supported_region_view(region: SupportedRegion) -> dict[str, Any]:
    """Return a region as Graph's."""
    return {
        "id": region.id,
        "displayName": region.display_name,
        "regionStatus": region.region_status,
        "supportedSolution": region.supported_solution,
        "regionGroup": region.region_group,
        "regionRestrictionDetail": None,
    }


def audit_event_view(event: AuditEvent) -> dict[str, Any]:
    """Return an audit event as Graph's, with what the resource was before and is after."""
    verb = event.activity.rpartition("/")[2]
    actor = event.actor
    return {
        "id": event.id,
        "displayName": event.activity,
        "activity": event.activity,
        "activityType": event.activity,
        "activityDateTime": event.activity_date_time.isoformat().replace("+00:00", "Z"),
        "activityOperationType": _KINDS.get(verb, "patch"),
        "activityResult": "success",
        "category": "cloudPC",
        "componentName": event.resource_type,
        "correlationId": event.correlation_id,
        "actor": {
            "type": actor.kind,
            "userId": actor.id,
            "userPrincipalName": actor.name if actor.kind == "itPro" else None,
            "applicationDisplayName": actor.name if actor.kind != "itPro" else None,
            "userPermissions": list(actor.roles),
        },
        "resources": [
            {
                "resourceId": event.resource_id,
                "type": event.resource_type,
                "modifiedProperties": _changes(event.before or {}, event.after or {}),
            }
        ],
    }


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        {"displayName": name, "oldValue": _text(before.get(name)), "newValue": _text(after.get(name))} for name in names
    ]


def _text(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """Return a value as Graph shows it: a text; what is none is written as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
