"""Graph: cloudPcServicePlan, cloudPcSupportedRegion, cloudPcAuditEvent (docs/notes/windows365.md 1.7)."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Literal

from typing_extensions import TypedDict

from shared.domain.filtering import Scalar
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.regions import SupportedRegion
from shared.domain.operations.operation import NO_NAMES, AuditEvent, AuditNames
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of, row_of
from triggers.http.openapi_metadata import Entity

SERVICE_PLANS = Collection(
    name="servicePlans",
    kinds=kinds_of(
        "id", "displayName", "@deskwright.skuPartNumber", numbers="vCpuCount ramInGB storageInGB userProfileInGB"
    ),
    searched=("displayName", "@deskwright.skuPartNumber"),
)
SUPPORTED_REGIONS = Collection(
    name="supportedRegions",
    kinds=kinds_of("id", "displayName", "regionStatus", "regionGroup"),
    searched=("displayName", "regionGroup"),
    lacks="geographicLocationType",
)
AUDIT_EVENTS = Collection(
    name="auditEvents",
    kinds=kinds_of(
        *("id", "activity", "resourceId", "resources/type", "actor/userId", "actor/userPrincipalName", "correlationId"),
        moments="activityDateTime",
        numbers="@deskwright.refusedStatus",
    ),
    searched=("activity", "resourceId", "resources/type", "actor/userPrincipalName", "@deskwright.refusedReason"),
    order="activityDateTime desc",
)

SERVICE_AUDIT_EVENTS = replace(AUDIT_EVENTS, own=("tenantId",))

OperationType = Literal["create", "delete", "patch"]
_OPERATION_TYPES: dict[str, OperationType] = {"create": "create", "save": "create", "delete": "delete"}

_SkuPartNumber = TypedDict("_SkuPartNumber", {"@deskwright.skuPartNumber": str})


class ServicePlanView(_SkuPartNumber, TypedDict):
    """Graph's cloudPcServicePlan."""

    id: str
    displayName: str
    vCpuCount: int
    ramInGB: int
    storageInGB: int
    userProfileInGB: int
    type: Literal["enterprise"]
    provisioningType: Literal["dedicated"]
    supportedSolution: Literal["windows365"]


class SupportedRegionView(TypedDict):
    """Graph's cloudPcSupportedRegion."""

    id: str
    displayName: str
    regionStatus: str
    supportedSolution: Literal["windows365"]
    regionGroup: str
    regionRestrictionDetail: None


class AuditActorView(TypedDict):
    """Graph's cloudPcAuditActor."""

    type: str
    userId: str
    userPrincipalName: str | None
    applicationDisplayName: str | None
    userPermissions: list[str]


class AuditPropertyView(TypedDict):
    """Graph's cloudPcAuditProperty."""

    displayName: str | None
    oldValue: str | None
    newValue: str | None


class AuditResourceView(TypedDict):
    """Graph's cloudPcAuditResource."""

    resourceId: str
    displayName: str | None
    type: str
    modifiedProperties: list[AuditPropertyView]


_Refusal = TypedDict("_Refusal", {"@deskwright.refusedStatus": int | None, "@deskwright.refusedReason": str | None})


class AuditEventView(_Refusal, TypedDict):
    """Graph's cloudPcAuditEvent."""

    id: str
    displayName: str
    activity: str
    activityType: str
    activityDateTime: Timestamp
    activityOperationType: OperationType
    activityResult: Literal["success", "clientError", "failure"]
    category: Literal["cloudPC"]
    componentName: str
    correlationId: str | None
    actor: AuditActorView
    resources: list[AuditResourceView]


_Names = TypedDict("_Names", {"@odata.context": str})


class ActivityTypesView(_Names, TypedDict):
    """Names of activities."""

    value: list[str]


SERVICE_PLAN, SUPPORTED_REGION, AUDIT_EVENT = map(Entity, (ServicePlanView, SupportedRegionView, AuditEventView))


def service_plan_view(plan: ServicePlan) -> ServicePlanView:
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


def supported_region_view(region: SupportedRegion) -> SupportedRegionView:
    """Return a region as Graph's."""
    return {
        "id": region.id,
        "displayName": region.display_name,
        "regionStatus": region.region_status,
        "supportedSolution": "windows365",
        "regionGroup": region.region_group,
        "regionRestrictionDetail": None,
    }


def audit_event_view(event: AuditEvent, names: AuditNames = NO_NAMES) -> AuditEventView:
    """Return an audit event as Graph's, with the resource before and after. *names*: beside its ids."""
    verb = event.activity.rpartition("/")[2]
    actor = event.actor
    return {
        "id": event.id,
        "displayName": event.activity,
        "activity": event.activity,
        "activityType": event.activity,
        "activityDateTime": timestamp(event.activity_date_time),
        "activityOperationType": _OPERATION_TYPES.get(verb, "patch"),
        "activityResult": _result(event.refused_status),
        "category": "cloudPC",
        "componentName": event.resource_type,
        "correlationId": event.correlation_id,
        "actor": {
            "type": actor.kind,
            "userId": actor.id,
            "userPrincipalName": actor.name if actor.kind == "itPro" else None,
            "applicationDisplayName": names.applications.get(actor.id, actor.name) if actor.kind != "itPro" else None,
            "userPermissions": list(actor.roles),
        },
        "resources": [
            {
                "resourceId": event.resource_id,
                "displayName": _name(event.after or event.before or {}) or names.resources.get(event.resource_id),
                "type": event.resource_type,
                "modifiedProperties": _changes(event.before or {}, event.after or {}),
            }
        ],
        "@deskwright.refusedStatus": event.refused_status,
        "@deskwright.refusedReason": event.refused_why,
    }


def audit_row(event: AuditEventView) -> dict[str, Scalar]:
    """Return the comparable properties of an event: its resource is not a property of its own in Graph's view."""
    return {**row_of(event, AUDIT_EVENTS), "resourceId": event["resources"][0]["resourceId"]}


def _name(resource: dict[str, Any]) -> str | None:
    """Return the name that a resource had, where the event has kept it."""
    name = resource.get("displayName")
    return name if isinstance(name, str) else None


def _result(refused: int | None) -> Literal["success", "clientError", "failure"]:
    """Return Graph's cloudPcAuditActivityResult."""
    if refused is None:
        return "success"
    return "failure" if refused >= HTTPStatus.INTERNAL_SERVER_ERROR else "clientError"


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[AuditPropertyView]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        {"displayName": name, "oldValue": _text(before.get(name)), "newValue": _text(after.get(name))} for name in names
    ]


def _text(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """Return a value as Graph shows it, as text; other values are written as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
