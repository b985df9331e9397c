"""Graph: cloudPcProvisioningPolicy (docs/notes/windows365.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.connection import Connection
from shared.domain.graph.bodies import Body
from shared.domain.graph.odata import Collection
from shared.domain.policy import Policy
from shared.domain.values import Value
from shared.errors import InvalidError, Problem

POLICIES = Collection(
    name="provisioningPolicies", columns={"displayName": "display_name"}, expands=frozenset({"assignments"})
)
_TARGET = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget"
POINTERS = {
    "/connection/connectionIds": "/domainJoinConfigurations",
    "/image": "",
    "/configuration/locale": "/windowsSetting/locale",
    "/configuration/namingTemplate": "/cloudPcNamingTemplate",
    "/configuration": "",
    "/detail": "",
}
"""Where the wizard's fields are in Graph's body."""
READ_ONLY = ("id", "createdDateTime", "lastModifiedDateTime", "createdBy", "lastModifiedBy")
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "enableSingleSignOn": (False,),
    "userExperienceType": ("cloudPc",),
    "managedBy": ("windows365",),
    "scopeIds": ([], ["0"]),
    "microsoftManagedDesktop": ({"managedType": "notManaged"}, {"managedType": "notManaged", "profile": ""}),
    "snapshotResetMode": ("notApplicable",),
    "autopatch": (),
    "autopilotConfiguration": (),
    "userSettingsPersistenceConfiguration": (),
    "cloudPcGroupDisplayName": (),
    "alternateResourceUrl": (),
}


class AssignBody(Value):
    """Which groups a policy is to be assigned to; it replaces the set there is."""

    group_ids: tuple[str, ...]


def policy_view(policy: Policy, grace_period_in_hours: int) -> dict[str, Any]:
    """Return a policy as Graph's; *grace_period_in_hours* is the tenant's, for a policy that says nothing."""
    return {
        "id": policy.id,
        "displayName": policy.display_name,
        "description": policy.description,
        "imageId": policy.image_id,
        "imageDisplayName": policy.image_display_name,
        "imageType": policy.image_type.value,
        "domainJoinConfigurations": [
            {
                "domainJoinType": join.domain_join_type.value,
                "type": join.domain_join_type.value,
                "onPremisesConnectionId": join.on_premises_connection_id,
                "regionName": None,
                "regionGroup": None,
            }
            for join in policy.domain_join_configurations
        ],
        "enableSingleSignOn": False,
        "localAdminEnabled": policy.local_admin_enabled,
        "cloudPcNamingTemplate": policy.cloud_pc_naming_template,
        "gracePeriodInHours": policy.grace_period_in_hours or grace_period_in_hours,
        "provisioningType": "dedicated",
        "userExperienceType": "cloudPc",
        "windowsSetting": {"locale": policy.locale},
        "microsoftManagedDesktop": {"managedType": "notManaged", "profile": ""},
        "managedBy": "windows365",
        "alternateResourceUrl": None,
        "cloudPcGroupDisplayName": None,
        "scopeIds": ["0"],
        "createdDateTime": policy.created_date_time.isoformat().replace("+00:00", "Z"),
        "lastModifiedDateTime": policy.last_modified_date_time.isoformat().replace("+00:00", "Z"),
        "assignments": assignments_view(policy),
        "@deskwright.paused": policy.paused.to_json() if policy.paused else None,
    }


def assignments_view(policy: Policy) -> list[dict[str, Any]]:
    """Return the assignments; ``@deskwright.assignedAt`` is ours: Graph hides the order that decides."""
    return [
        {
            "id": each.id,
            "target": {"@odata.type": _TARGET, "groupId": each.group_id, "servicePlanId": None},
            "@deskwright.assignedAt": each.assigned_at.isoformat().replace("+00:00", "Z"),
        }
        for each in policy.assignments
    ]


def policy_form(raw: Mapping[str, Any], connections: tuple[Connection, ...]) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. Raises: InvalidError."""
    body = Body(raw)
    refuse_unsupported(body)
    body.read_only(*READ_ONLY)
    body.only("assignments", ([],), "is set by assign")
    taken = {
        "locale": locale(body),
        "namingTemplate": body.take("cloudPcNamingTemplate"),
        "localAdminEnabled": body.take("localAdminEnabled"),
        "gracePeriodInHours": body.take("gracePeriodInHours"),
    }
    configuration = {name: value for name, value in taken.items() if value is not None}
    image = {name: value for name in ("imageType", "imageId") if (value := body.take(name)) is not None}
    detail = {name: value for name in ("displayName", "description") if (value := body.take(name)) is not None}
    ids = connection_ids(body, connections)
    body.settle()
    return {
        "connection": {"connectionIds": ids},
        "image": {"imageType": "gallery", **image},
        "configuration": configuration,
        "groups": {"groupIds": []},
        "detail": detail,
    }


def refuse_unsupported(body: Body) -> None:
    """Take what Cloud PCs of ours cannot be; anything but its default is wrong."""
    kind = body.take("provisioningType") or "dedicated"
    if kind != "dedicated":
        body.wrong("/provisioningType", f"{kind} (Frontline) is not offered; only dedicated Cloud PCs are")
    for name, defaults in _UNSUPPORTED.items():
        body.only(name, defaults)
    body.take("imageDisplayName")  # Graph's clients send it along; the image's own is shown


def assign_body(raw: Mapping[str, Any]) -> AssignBody:
    """Return whom Graph's ``assign`` body names. Raises: InvalidError."""
    body = Body(raw)
    assignments = body.take("assignments")
    if not isinstance(assignments, list):
        body.wrong("/assignments", "a list is needed")
        assignments = []
    group_ids: list[str] = []
    for n, each in enumerate(assignments):
        target = each.get("target") if isinstance(each, dict) else None
        group_id = target.get("groupId") if isinstance(target, dict) else None
        if not isinstance(target, dict) or not isinstance(group_id, str):
            body.wrong(f"/assignments/{n}/target/groupId", "required")
            continue
        if target.get("servicePlanId") is not None:
            body.wrong(f"/assignments/{n}/target/servicePlanId", "must be null for dedicated Cloud PCs")
        group_ids.append(group_id)
    body.settle()
    return AssignBody(group_ids=tuple(dict.fromkeys(group_ids)))


def locale(body: Body) -> Any:  # noqa: ANN401 - JSON
    """Take the display language."""
    setting, older = body.take("windowsSetting"), body.take("windowsSettings")
    if isinstance(setting, dict):
        return setting.get("locale")
    if isinstance(older, dict):
        return older.get("language")
    if setting is not None or older is not None:
        body.wrong("/windowsSetting", "must be an object")
    return None


def connection_ids(body: Body, connections: tuple[Connection, ...]) -> list[str]:
    """Take the connections that the ways in name."""
    joins = body.take("domainJoinConfigurations")
    if not isinstance(joins, list) or not joins:
        body.wrong("/domainJoinConfigurations", "name at least one onPremisesConnectionId")
        return []
    known = {c.id: c for c in connections}
    found: list[str] = []
    for n, join in enumerate(joins):
        try:
            found.append(_connection_id(join, known))
        except InvalidError as error:
            for problem in error.problems:
                body.wrong(f"/domainJoinConfigurations/{n}{problem.pointer}", problem.message)
    return found


def _connection_id(join: Any, known: Mapping[str, Connection]) -> str:  # noqa: ANN401 - JSON
    said = Body(join if isinstance(join, dict) else {})
    kind, older, connection_id = said.take("domainJoinType"), said.take("type"), said.take("onPremisesConnectionId")
    for name, defaults in {
        "regionName": ("",),
        "regionGroup": ("default",),
        "geographicLocationType": ("default",),
    }.items():
        said.only(name, defaults, "is decided by the connection's site")
    said.settle()
    if not isinstance(connection_id, str):
        raise InvalidError(Problem("/onPremisesConnectionId", "required; a connection also names hosted networks"))
    connection, wanted = known.get(connection_id), kind or older
    if connection and wanted not in {None, connection.join_type.value}:
        raise InvalidError(Problem("/domainJoinType", f"the connection joins by {connection.join_type.value}"))
    return connection_id
