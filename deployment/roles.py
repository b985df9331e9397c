"""The service's role in a subscription in which Cloud PCs are built, as `infra/customer.bicep` makes it, by requests.

Whoever may assign roles there runs it. What is there is found by its name and by its holder, whichever of the two
has made it; `tests/deployment` compares both.
"""

import json
import uuid
from collections.abc import Sequence
from functools import partial

from deployment.clients import Client, Json
from deployment.registrations import INFRA
from deployment.report import Report
from shared.domain.tenants.customer_role import BUILDER, DESCRIPTION, condition

VERSION = "2022-04-01"
_NAMESPACE = uuid.UUID("5f4c6b0a-6f0f-5a55-a0ff-0b7c7f8f6a11")
_ASSIGNMENTS, _DEFINITIONS = (
    f"/providers/Microsoft.Authorization/role{each}" for each in ("Assignments", "Definitions")
)
READER = "Deskwright reader"
DESCRIPTIONS = {
    BUILDER: DESCRIPTION,
    READER: "Reads what a subscription offers to Cloud PCs. infra/README.md says what for.",
}


def actions(title: str) -> list[str]:
    """Return the actions of one of the two roles."""
    name = "actions.json" if title == BUILDER else "subscription-actions.json"
    found: list[str] = json.loads((INFRA / name).read_text("utf-8"))
    return found


def ensure(arm: Client, subscription: str, principal: str, groups: Sequence[str], report: Report) -> None:
    """Give a principal the builder's role: at the subscription, or in resource groups and the reader's beside it."""
    scope = f"/subscriptions/{subscription}"
    builder = _ensure_definition(arm, subscription, BUILDER, report)
    if not groups:
        _ensure_assignment(arm, scope, builder, principal, condition(), report)
        return
    for group in groups:
        _ensure_assignment(arm, f"{scope}/resourceGroups/{group}", builder, principal, condition(), report)
    reader = _ensure_definition(arm, subscription, READER, report)
    _ensure_assignment(arm, scope, reader, principal, "", report)


def remove(arm: Client, subscription: str, principal: str, report: Report) -> None:
    """Take every role of a principal in a subscription, and our roles where nobody else has them."""
    scope = f"/subscriptions/{subscription}"
    for each in _assignments(arm, scope, principal):
        if each["properties"]["scope"].lower().startswith(scope.lower()):
            report.change(
                f"take the role {_last(each['properties']['roleDefinitionId'])} at {each['properties']['scope']}",
                partial(arm.send, "DELETE", _versioned(each["id"])),
            )
    for title in (BUILDER, READER):
        found = _definition(arm, subscription, title)
        others = found and [
            each
            for each in arm.rows(_versioned(f"{scope}{_ASSIGNMENTS}"))
            if _last(each["properties"]["roleDefinitionId"]) == _last(found["id"])
            and each["properties"]["principalId"] != principal
        ]
        if found and not others:
            report.change(
                f"delete the role '{found['properties']['roleName']}'",
                partial(arm.send, "DELETE", _versioned(found["id"])),
            )


def _ensure_definition(arm: Client, subscription: str, title: str, report: Report) -> str:
    scope = f"/subscriptions/{subscription}"
    found = _definition(arm, subscription, title)
    name = found["name"] if found else str(uuid.uuid5(_NAMESPACE, f"{subscription}/{title}"))
    path = f"{scope}{_DEFINITIONS}/{name}"
    body = definition(subscription, title)
    have = (found or {}).get("properties", {}).get("permissions") or [{}]
    if sorted(have[0].get("actions") or ()) != sorted(actions(title)):
        what = f"{'change' if found else 'make'} the role '{body['properties']['roleName']}'"
        report.change(what, lambda: arm.send("PUT", _versioned(path), body))
    return path


def definition(subscription: str, title: str) -> Json:
    """Return the body of one of the two roles."""
    permissions = {"actions": actions(title), "notActions": [], "dataActions": [], "notDataActions": []}
    return {
        "properties": {
            "roleName": f"{title} {subscription}",
            "description": DESCRIPTIONS[title],
            "type": "CustomRole",
            "permissions": [permissions],
            "assignableScopes": [f"/subscriptions/{subscription}"],
        }
    }


def _definition(arm: Client, subscription: str, title: str) -> Json | None:
    wanted = f"{title} {subscription}"
    path = f"/subscriptions/{subscription}{_DEFINITIONS}?$filter=roleName eq '{wanted}'"
    return next((each for each in arm.rows(_versioned(path)) if each["properties"]["roleName"] == wanted), None)


def _ensure_assignment(arm: Client, scope: str, role: str, principal: str, wanted: str, report: Report) -> None:
    held = [
        each for each in _assignments(arm, scope, principal) if each["properties"]["scope"].lower() == scope.lower()
    ]
    found = next((each for each in held if _last(each["properties"]["roleDefinitionId"]) == _last(role)), None)
    if found is not None and (found["properties"].get("condition") or "") == wanted:
        return
    name = found["name"] if found else str(uuid.uuid5(_NAMESPACE, f"{scope}/{principal}/{role}".lower()))
    properties: Json = {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}
    if wanted:
        properties |= {"condition": wanted, "conditionVersion": "2.0"}
    path = _versioned(f"{scope}{_ASSIGNMENTS}/{name}")
    report.change(
        f"give {principal} the role {_last(role)} at {scope}", lambda: arm.send("PUT", path, {"properties": properties})
    )


def _assignments(arm: Client, scope: str, principal: str) -> list[Json]:
    return list(arm.rows(_versioned(f"{scope}{_ASSIGNMENTS}?$filter=principalId eq '{principal}'")))


def _versioned(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}api-version={VERSION}"


def _last(resource_id: str) -> str:
    return resource_id.lower().rpartition("/")[2]
