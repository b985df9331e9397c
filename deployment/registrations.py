"""The app registrations: of the API, of the sign-in, and of the app that enters customers' directories.

The API has its app roles, one delegated scope and tokens of version 2.0. People sign in with a second registration: a
single-page application (the portal) and a public client (a command line) in one, which the API trusts without another
consent. Source: https://learn.microsoft.com/entra/identity-platform/quickstart-configure-app-expose-web-apis
"""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment import ownership
from deployment.clients import Client, Json
from deployment.ownership import FEDERATED, Known
from deployment.report import Report

INFRA = Path(__file__).resolve().parents[1] / "infra"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI, in every directory: a token of the API for it then needs no consent."""
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
READ_ONESELF = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
"""Graph's delegated permission User.Read."""
SCOPE = "access_as_user"
_NAMESPACE = uuid.UUID("a5def53c-8a52-57d0-958b-978803923bad")
_NEW = "00000000-0000-0000-0000-000000000000"
"""The id, in a dry run, of a registration that does not exist yet."""
_CLIENT_ADDRESSES = ["http://localhost"]
"""Redirect addresses of a command line: any port, as https://learn.microsoft.com/entra/identity-platform/reply-url
says.
"""


@dataclass(frozen=True)
class Registered:
    """A registration: its client id, and the id of its object."""

    client_id: str
    id: str


def app_roles() -> list[Json]:
    """Return the app roles of the API."""
    roles: list[Json] = json.loads((INFRA / "app-roles.json").read_text("utf-8"))
    return roles


def ensure_api(graph: Client, name: str, known: Known, report: Report, *, audience: str) -> Registered:
    """Make or mend the registration of the API, with its service principal.

    Raises:
        DeploymentError: it is not this deployment's, or not in its hands alone.
    """
    made = _ensure(graph, name, known, audience, report)
    found = _application(graph, made)
    scopes = (found.get("api") or {}).get("oauth2PermissionScopes") or []
    wanted: Json = {
        "signInAudience": audience,
        "identifierUris": _with(found.get("identifierUris") or [], [f"api://{made.client_id}"]),
        "appRoles": _roles(found.get("appRoles") or []),
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [*(each for each in scopes if each["value"] != SCOPE), _scope(made, scopes)],
        },
    }
    _mend(graph, name, made, found, wanted, report)
    _ensure_principal(graph, name, made, report)
    return made


def ensure_sign_in(
    graph: Client, name: str, known: Known, api: Registered, report: Report, *, audience: str
) -> Registered:
    """Make or mend the registration with which people sign in, and let the API trust it."""
    made = _ensure(graph, name, known, audience, report)
    found = _application(graph, made)
    scope = _scope_id(graph, api)
    needed = [
        {"resourceAppId": api.client_id, "resourceAccess": [{"id": scope, "type": "Scope"}]},
        {"resourceAppId": MICROSOFT_GRAPH, "resourceAccess": [{"id": READ_ONESELF, "type": "Scope"}]},
    ]
    others = [each for each in found.get("requiredResourceAccess") or [] if each["resourceAppId"] not in _ids(needed)]
    addresses = (found.get("publicClient") or {}).get("redirectUris") or []
    wanted: Json = {
        "signInAudience": audience,
        "isFallbackPublicClient": True,
        "publicClient": {"redirectUris": _with(addresses, _CLIENT_ADDRESSES)},
        "requiredResourceAccess": [*others, *needed],
    }
    _mend(graph, name, made, found, wanted, report)
    _ensure_principal(graph, name, made, report)
    _trust(graph, api, [made.client_id, AZURE_CLI], scope, report)
    return made


def ensure_portal_address(graph: Client, client_id: str, app_url: str, report: Report) -> None:
    """Let the portal of an app be a place that sign-in leads back to."""
    found = graph.get(f"/v1.0/applications(appId='{client_id}')")
    have = (found.get("spa") or {}).get("redirectUris") or []
    made = Registered(client_id, found["id"])
    wanted = {"spa": {"redirectUris": _with(have, [f"{app_url.rstrip('/')}/portal/"])}}
    _mend(graph, found["displayName"], made, found, wanted, report)


def ensure_reader(graph: Client, name: str, known: Known, roles: dict[str, str], report: Report) -> Registered:
    """Make or mend the multi-tenant registration that enters customers' directories; `roles` are ids by value.

    Raises: DeploymentError, as above.
    """
    made = _ensure(graph, name, known, "AzureADMultipleOrgs", report)
    found = _application(graph, made)
    access = [{"id": each, "type": "Role"} for each in sorted(roles.values())]
    wanted = {"requiredResourceAccess": [{"resourceAppId": MICROSOFT_GRAPH, "resourceAccess": access}]}
    _mend(graph, name, made, found, wanted, report)
    _ensure_principal(graph, name, made, report)
    return made


def ensure_federation(graph: Client, reader: Registered, issuer: str, subject: str, report: Report) -> None:
    """Let the service's identity be the reader, without a secret."""
    path = f"/v1.0/applications/{reader.id}/federatedIdentityCredentials"
    wanted: Json = {"issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}
    found = next((each for each in graph.rows(path) if each["name"] == FEDERATED), None)
    if found is None:
        what = f"let the identity {subject} act as {reader.client_id}"
        report.change(what, lambda: graph.send("POST", path, {"name": FEDERATED, **wanted}))
    elif any(found[name] != value for name, value in wanted.items()):
        what = f"let the identity {subject} act as {reader.client_id}, instead of {found['subject']}"
        report.change(what, lambda: graph.send("PATCH", f"{path}/{found['id']}", wanted))


def registered(graph: Client, client_id: str) -> Registered:
    """Return the registration of a client id."""
    return Registered(client_id, graph.get(f"/v1.0/applications(appId='{client_id}')?$select=id")["id"])


def _ensure(graph: Client, name: str, known: Known, audience: str, report: Report) -> Registered:
    found = ownership.find(graph, name, known)
    if found is not None:
        ownership.judge(graph, name, found, known)
        return Registered(found["appId"], found["id"])
    made: list[Json] = []
    body = {"displayName": name, "signInAudience": audience, "tags": [known.mark]}
    report.change(
        f"register the application '{name}'",
        lambda: made.append(graph.send("POST", "/v1.0/applications", body).json()),
    )
    if not made:
        return Registered(_NEW, _NEW)
    graph.awaited(f"/v1.0/applications/{made[0]['id']}?$select=id")
    return Registered(made[0]["appId"], made[0]["id"])


def _application(graph: Client, made: Registered) -> Json:
    found: Json = {} if made.id == _NEW else graph.get(f"/v1.0/applications/{made.id}")
    return found


def _ensure_principal(graph: Client, name: str, made: Registered, report: Report) -> None:
    path = f"/v1.0/servicePrincipals(appId='{made.client_id}')"
    if made.client_id == _NEW or graph.find(path) is None:
        body = {"appId": made.client_id}
        report.change(
            f"make the service principal of '{name}'", lambda: graph.send("POST", "/v1.0/servicePrincipals", body)
        )


def _mend(graph: Client, name: str, made: Registered, found: Json, wanted: Json, report: Report) -> None:
    """Write the properties that differ, in one request."""
    different = {key: value for key, value in wanted.items() if not _holds(found.get(key), value)}
    if different:
        what = f"set {', '.join(sorted(different))} of '{name}'"
        report.change(what, lambda: graph.send("PATCH", f"/v1.0/applications/{made.id}", different))


def _trust(graph: Client, api: Registered, clients: list[str], scope: str, report: Report) -> None:
    found = _application(graph, api)
    trusted = (found.get("api") or {}).get("preAuthorizedApplications") or []
    wanted = [each for each in trusted if each["appId"] not in clients]
    wanted += [{"appId": each, "delegatedPermissionIds": [scope]} for each in clients]
    if sorted(map(_key, trusted)) != sorted(map(_key, wanted)):
        body = {"api": {"preAuthorizedApplications": wanted}}
        what = f"let {len(clients)} clients call the API without another consent"
        report.change(what, lambda: graph.send("PATCH", f"/v1.0/applications/{api.id}", body))


def _key(trusted: Json) -> tuple[str, tuple[str, ...]]:
    return trusted["appId"], tuple(sorted(trusted.get("delegatedPermissionIds") or ()))


def _scope(api: Registered, have: list[Json]) -> Json:
    kept = next((each["id"] for each in have if each["value"] == SCOPE), None)
    return {
        "id": kept or str(uuid.uuid5(_NAMESPACE, f"{api.client_id}/{SCOPE}")),
        "value": SCOPE,
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Use Deskwright",
        "adminConsentDescription": "Use Deskwright as the signed-in user, with the roles that they have.",
        "userConsentDisplayName": "Use Deskwright",
        "userConsentDescription": "Use Deskwright as you, with the roles that you have.",
    }


def _scope_id(graph: Client, api: Registered) -> str:
    scopes = (_application(graph, api).get("api") or {}).get("oauth2PermissionScopes") or []
    return str(_scope(api, scopes)["id"])


def _roles(have: list[Json]) -> list[Json]:
    """Return our roles and those that somebody else has added: a role that is enabled cannot be taken away."""
    ours = {each["value"] for each in app_roles()}
    return [*(each for each in have if each["value"] not in ours), *app_roles()]


def _ids(access: list[Json]) -> set[str]:
    return {each["resourceAppId"] for each in access}


def _with(have: list[str], needed: list[str]) -> list[str]:
    return [*have, *(each for each in needed if each not in have)]


def _holds(shown: Any, wanted: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether a value has everything that is wanted; lists of objects in any order."""
    if isinstance(wanted, dict):
        return isinstance(shown, dict) and all(_holds(shown.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        have = list(shown or ())
        return len(have) == len(wanted) and all(any(_holds(one, each) for one in have) for each in wanted)
    return bool(shown == wanted)
