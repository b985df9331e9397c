"""Answers of Graph: entities and collections of them, errors, the ids of the request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.conformity.entities import Entities
    from azure_simulator.core.answers import Answer
    from azure_simulator.core.calls import Call

SETS = {
    "users": "user",
    "groups": "group",
    "devices": "device",
    "directoryObjects": "directoryObject",
    "subscriptions": "subscription",
    "subscribedSkus": "subscribedSku",
    "organization": "organization",
    "managedDevices": "managedDevice",
    "deviceEnrollmentConfigurations": "deviceEnrollmentConfiguration",
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
    "appRoleAssignments": "appRoleAssignment",
    "appRoleAssignedTo": "appRoleAssignment",
    "oauth2PermissionGrants": "oAuth2PermissionGrant",
    "federatedIdentityCredentials": "federatedIdentityCredential",
}
"""The last part of a context without `/$entity` -> the type of an entity, unless it names its own."""
INNER = frozenset({"date", "request-id", "client-request-id"})
_FAILED = 400
_KEY = re.compile(r"\('[^']*'\)")


def wrong(entities: Entities, call: Call, answer: Answer) -> list[str]:
    """List the faults of one answer."""
    found = [
        f"{call.route.name}: no {name}" for name in ("request-id", "client-request-id") if name not in answer.headers
    ]
    if answer.status >= _FAILED:
        return [*found, *_wrong_error(answer.body, call.route.name)]
    if not isinstance(answer.body, dict) or "@odata.context" not in answer.body:
        return found
    what = str(answer.body["@odata.context"]).partition("#")[2].removesuffix("/$entity").removesuffix("/$delta")
    kind = SETS.get(_KEY.sub("", what).partition("(")[0].rpartition("/")[2], "")
    rows = answer.body.get("value") if isinstance(answer.body.get("value"), list) else [answer.body]
    return [*found, *(text for row in rows or [] for text in _wrong_row(entities, row, kind))]


def _wrong_row(entities: Entities, row: Any, kind: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if not isinstance(row, dict):
        return
    own = str(row.get("@odata.type", "")).removeprefix("#microsoft.graph.") or kind
    if entities.knows(own):
        yield from entities.wrong(own, row)
    elif own:
        yield f"there is no type {own}"


def _wrong_error(body: object, where: str) -> Iterator[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not {"code", "message"} <= error.keys():
        yield f"{where}: an error without code and message"
    elif not error.get("innerError", {}).keys() >= INNER:
        yield f"{where}: an error without {', '.join(sorted(INNER))} in innerError"
