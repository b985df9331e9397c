"""Components of the OpenAPI document: schemas, responses and their examples.

``docs/api.md`` has most of the bodies too, and a test sends those to their routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import ComputedField, CoreSchema, ModelField, TypedDictField, TypedDictSchema

from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import Derived, Node
from triggers.http.statuses import STATUSES, UNEXPECTED

_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_IMAGE = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
_TRACE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_CONNECTION_FORM: Json = {
    "site": {"siteId": "weu"},
    "credentials": {"joinType": "azureADJoin", "network": "hosted"},
    "name": {"displayName": "West Europe, Entra join"},
}

BODIES: Mapping[str, Json] = {
    "add_power_schedule": {"displayName": "Office hours", "timeZone": "Europe/Berlin"},
    "create_notice_endpoint": {"displayName": "Service desk", "address": "https://hooks.example.com/deskwright"},
    "update_notice_endpoint": {"eventTypes": ["cloudpc.failed", "removals.held"]},
    "change_own_notices": {
        "optedOut": ["cloudpc.provisioned"],
        "quietHours": {"startTime": "20:00", "endTime": "07:00"},
        "timeZone": "Europe/Berlin",
    },
    "replay_notices": {"since": "2026-11-20T08:00:00Z", "onlyFailed": True},
    "create_role_definition": {
        "displayName": "Help desk",
        "rolePermissions": [
            {"allowedResourceActions": ["Microsoft.CloudPC/cloudPCs/read", "Microsoft.CloudPC/cloudPCs/reboot"]}
        ],
    },
    "update_role_definition": {"description": "Restarts Cloud PCs"},
    "create_access_grant": {"displayName": "Help desk", "roleDefinitionId": "CloudPC.Operator", "principalIds": [_ID]},
    "create_support_access": {
        "reason": "Ticket 4711",
        "roleDefinitionId": "CloudPC.Operator",
        "principalIds": [_ID],
        "endDateTime": "2026-12-01T18:00:00Z",
    },
    "add_user_setting": {"displayName": "Self-service", "selfServiceEnabled": True},
    "assign_user_settings": {"assignments": [{"target": {"groupId": _ID}}]},
    "change_own_account_type": {"userAccountType": "standardUser"},
    "change_power_schedule": {"signedOffInMinutes": 20},
    "add_script": {"displayName": "Time server", "scriptContent": "dzMydG0gL2NvbmZpZw=="},
    "change_script": {"description": "Sets the time server of the office."},
    "add_maintenance_window": {
        "displayName": "Nights",
        "schedules": [{"scheduleType": "weekday", "startTime": "22:00", "endTime": "04:00"}],
    },
    "change_alert_rule": {"enabled": True, "threshold": {"target": 3}},
    "assign_maintenance_windows": {"assignments": [{"target": {"groupId": _ID}}]},
    "change_maintenance_window": {"notificationLeadTimeInMinutes": 30},
    "change_user_setting": {"selfServiceEnabled": False},
    "change_my_account_type": {"userAccountType": "standardUser"},
    "rename_my_cloud_pc": {"displayName": "My Cloud PC"},
    "restore_my_cloud_pc": {"cloudPcSnapshotId": _ID},
    "reprovision_my_cloud_pc": {"osVersion": "windows11"},
    "rename_own_cloud_pc": {"displayName": "My Cloud PC"},
    "restore_own_cloud_pc": {"cloudPcSnapshotId": _ID},
    "assign_policy": {"assignments": [{"target": {"groupId": _ID}}]},
    "begin_bulk_action": {"action": "reboot", "cloudPcIds": [_ID], "dryRun": True},
    "change_user_account_type": {"userAccountType": "standardUser"},
    "connect_image_version": {"password": "Chosen-by-you-7", "address": "20.50.2.10", "minutes": 60},
    "create_connection": {"displayName": "Entra join", "connectionType": "azureADJoin", "siteId": "weu"},
    "create_device_image": {"displayName": "Desktop", "version": "1.0.0", "galleryImageId": _IMAGE, "siteId": "weu"},
    "create_policy": {
        "displayName": "Lab",
        "imageType": "gallery",
        "imageId": _IMAGE,
        "domainJoinConfigurations": [{"onPremisesConnectionId": _ID}],
    },
    "create_tenant": {
        "id": "contoso",
        "displayName": "Contoso",
        "entraTenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
        "subscriptionId": "11111111-2222-3333-4444-555555555555",
    },
    "review_tenant_wizard": {"name": {"id": "contoso", "displayName": "Contoso"}, "throughStep": "name"},
    "save_tenant_wizard": {
        "name": {"id": "contoso", "displayName": "Contoso"},
        "directory": {
            "entraTenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
            "subscriptionId": "11111111-2222-3333-4444-555555555555",
        },
    },
    "extend_grace": {"hours": 48},
    "dismiss_service_health": {"section": "queues", "dismissedUntilDateTime": None},
    "dismiss_tenant_health": {"section": "quota", "dismissedUntilDateTime": None},
    "update_health_thresholds": {"storageLatencyWarningInMilliseconds": 400},
    "foresee_change": {"assign": {"policyId": _ID, "groupIds": []}},
    "hold_grace": {"held": True},
    "keep_cloud_pc_awake": {"hours": 2},
    "override_power_schedule": {"stopAction": "none", "untilDateTime": "2026-12-24T18:00:00Z"},
    "keep_own_cloud_pc_awake": {"hours": 2},
    "keep_my_cloud_pc_awake": {"hours": 2},
    "log_off_sessions": {"sessionIds": [_ID]},
    "message_sessions": {"title": "Maintenance", "body": "Please save your work."},
    "pause_policy": {"reason": "new image"},
    "pause_service": {"reason": "maintenance"},
    "pause_tenant": {"reason": "maintenance"},
    "hand_over_cloud_pc": {"deletedCloudPcId": "5d0c1b7e4f3a2968d1c0"},
    "undelete_cloud_pc": {"deletedCloudPcId": "5d0c1b7e4f3a2968d1c0"},
    "move_cloud_pc_to_policy": {"provisioningPolicyId": "0d6a6a4e-3f5b-4c58-9d1e-5b1a4b7f0c11"},
    "retrieve_recommendation_reports": {
        "reportType": "cloudPcUsageCategoryReport",
        "select": ["CloudPcId", "ServicePlanName", "UsageInsight", "RecommendedPlanName"],
        "top": 15,
    },
    "set_reclaim_rule": {"mode": "simulate", "idleDays": 45, "graceDays": 14},
    "set_budget": {"displayName": "All desks", "scope": "tenant", "amount": 5000, "brakes": True},
    "set_rate_card": {
        "currency": "EUR",
        "discountInPercent": 12,
        "hourlyPrices": {"Standard_D2s_v5": 0.09},
    },
    "set_policy_pools": {"pools": [{"servicePlanId": _ID, "desired": 2}]},
    "put_site": {"displayName": "West Europe", "region": "westeurope", "resourceGroup": "deskwright-contoso-weu"},
    "receive_notifications": {
        "value": [
            {
                "subscriptionId": _ID,
                "clientState": "as it was agreed",
                "changeType": "updated",
                "resource": f"groups/{_ID}",
                "tenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
            }
        ]
    },
    "rename_cloud_pc": {"displayName": "Ada's Cloud PC"},
    "reprovision_cloud_pc": {"userAccountType": "standardUser"},
    "reprovision_with_options": {"buildFirst": True, "userAccountType": "administrator"},
    "rerun_step": {"step": "hidePowerIcons"},
    "resize_cloud_pc": {"targetServicePlanId": _ID},
    "resize_cloud_pc_temporarily": {"targetServicePlanId": _ID, "untilDateTime": "2026-12-01T18:00:00Z"},
    "restore_cloud_pc": {"cloudPcSnapshotId": _ID},
    "review_wizard": {**_CONNECTION_FORM, "throughStep": "name"},
    "save_wizard": _CONNECTION_FORM,
    "seal_customized_version": {"confirm": "0.0.1"},
    "update_ad_domain_password": {"adDomainPassword": "of the join account"},
    "update_connection": {"displayName": "Head office"},
    "update_device_image": {"displayName": "Office desktop"},
    "update_image_set": {"description": "For all schools", "notes": "Fonts are in the recipe now"},
    "update_image_version": {"notes": "Tested by the teachers"},
    "update_policy": {"description": "Everybody"},
    "update_tenant": {"displayName": "Contoso Ltd", "settings": {"gracePeriodInHours": 72}},
    "validate_bulk_resize": {"cloudPcIds": [_ID], "targetServicePlanId": _ID},
}
"""By the name of the operation; a body that may be left out is by default empty."""

ANSWERS: Mapping[tuple[str, int], Json] = {
    ("health", 200): {"status": "healthy"},
    ("health", 503): {"status": "unhealthy"},
    ("get_configuration", 200): {
        "authority": "https://login.microsoftonline.com/organizations",
        "clientId": "44444444-4444-4444-4444-444444444444",
        "scope": "api://deskwright/access_as_user",
        "version": "0.1.0",
    },
    ("get_me", 200): {
        "id": _ID,
        "name": "ada@contoso.example",
        "kind": "itPro",
        "directoryId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
        "roles": ["CloudPC.Reader"],
        "verbs": ["Microsoft.CloudPC/cloudPCs/read", "Microsoft.CloudPC/me/read"],
        "tenants": [{"id": "contoso", "displayName": "Contoso", "roles": ["CloudPC.Reader"], "scopedVerbs": []}],
        "tenantsCut": False,
    },
}
"""By the name of the operation, and the status."""

_BY_STATUS = {int(each.status): each for each in (*STATUSES.values(), UNEXPECTED)}


def error_example(status: int, *, graph: bool) -> Json:
    """Return an error of *status* as it may look."""
    kind = _BY_STATUS[status]
    if graph:
        inner = {"request-id": _TRACE, "client-request-id": _TRACE, "date": "2026-03-02T09:00:00"}
        return {"error": {"code": kind.code, "message": kind.title, "innerError": inner}}
    return {"type": kind.type, "title": kind.title, "status": status, "detail": kind.title, "traceId": _TRACE}


_REFS = "#/components/schemas/"


class Components:
    """The schemas that a document may refer to.

    pydantic makes those of all types at once, so that what two of them have in common is one schema.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        found = list(_parts(tuple(nodes)))
        derived = [each for each in found if isinstance(each, Derived)]
        types = list(dict.fromkeys(each for each in found if isinstance(each, type)))
        refs, document = TypeAdapter.json_schemas(
            [(n, "validation", TypeAdapter(each)) for n, each in enumerate(types)],
            ref_template=_REFS + "{model}",
            schema_generator=_Generator,
        )
        definitions: Mapping[str, Json] = document.get("$defs", {})
        taken = {each.name for each in derived}
        names = {key: _name(key, taken) for key in definitions}
        if len(set(names.values())) < len(names):
            message = f"two types have one name: {sorted(names.values())}"
            raise ValueError(message)
        self._refs: dict[type[Any], Json] = {of: _renamed(refs[n, "validation"], names) for n, of in enumerate(types)}
        self._schemas: dict[str, Json] = {names[key]: _renamed(each, names) for key, each in definitions.items()}
        for each in derived:
            schema = each.schema(self)
            if self._schemas.setdefault(each.name, schema) != schema:
                message = f"two schemas are called {each.name}"
                raise ValueError(message)

    def ref(self, node: Node) -> Json:
        """Return a schema that refers to *node*."""
        if isinstance(node, Derived):
            return {"$ref": _REFS + node.name}
        return {"anyOf": [self.ref(each) for each in node]} if isinstance(node, tuple) else self._refs[node]

    def whole(self, of: type[Any]) -> Json:
        """Return the schema of a type itself."""
        return self._schemas[_target(self.ref(of))]

    def used_in(self, paths: Json) -> dict[str, Json]:
        """Return every schema that *paths* refer to, or one of these does, by name; a title is the name."""
        found: dict[str, Json] = {}
        waiting = set(_references(paths))
        while waiting:
            name = waiting.pop()
            found[name] = {**self._schemas[name], "title": name}
            waiting |= set(_references(found[name])) - found.keys()
        return dict(sorted(found.items()))


class _Generator(GenerateJsonSchema):
    """A ``TypedDict`` has just its properties; a property needs no title beside its name."""

    def typed_dict_schema(self, schema: TypedDictSchema) -> Json:
        """Return the schema; it allows no other properties unless the type says so."""
        return {"additionalProperties": False, **super().typed_dict_schema(schema)}

    def field_title_should_be_set(self, schema: CoreSchema | ModelField | TypedDictField | ComputedField) -> bool:
        """Return False: fields have no titles."""
        del schema
        return False


def _parts(node: Node) -> Iterator[type[Any] | Derived]:
    """Yield every type and everything derived in *node*, some of them more than once."""
    if isinstance(node, type | Derived):
        yield node
    if not isinstance(node, type):
        for part in node.parts if isinstance(node, Derived) else node:
            yield from _parts(part)


def _name(key: str, taken: set[str]) -> str:
    """Return the name for pydantic's *key*: a class, with its module in front where two classes have the same name.

    *taken*: the names of what is derived of the classes.
    """
    *modules, cls = key.split("__")
    name = "".join(part.title() for part in modules[-1].split("_")) + cls if modules else cls
    shown = name.removesuffix("View")
    if shown not in taken:
        return shown
    return name if name != shown else f"Whole{name}"


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        return {
            key: _REFS + names[_target(schema)] if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith(_REFS):
            yield _target(schema)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _target(schema: Json) -> str:
    return str(schema["$ref"]).removeprefix(_REFS)
