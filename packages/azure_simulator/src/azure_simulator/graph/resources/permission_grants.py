"""`/oauth2PermissionGrants`: the rights of a client in an API on behalf of signed-in users.

Source: learn.microsoft.com/graph/api/resources/oauth2permissiongrant, .../oauth2permissiongrant-{list,post,update,
delete}.
"""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.bodies import Body, Text
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.service_principals import find_principal

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_KIND = "oAuth2PermissionGrant"
_READ = "Directory.Read.All DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All"
_WRITE = "DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All"
_ID = Text(written="guid", nullable=False)
_BODY = Body(
    _KIND,
    {
        "clientId": _ID,
        "consentType": Text(choices=("AllPrincipals", "Principal"), nullable=False),
        "principalId": Text(written="guid"),
        "resourceId": _ID,
        "scope": Text(3850),
        "startTime": Text(written="date"),
        "expiryTime": Text(written="date"),
    },
    read_only=frozenset({"id"}),
)
_IGNORED = frozenset({"startTime", "expiryTime"})
"""Beta's: `az` of some versions sends them."""
_ITEM = "/oauth2PermissionGrants/{grant}"


@operation("permissionGrant.list", "GET", "/oauth2PermissionGrants", roles=_READ)
def list_grants(call: Call) -> Answer:
    """Answer with all grants."""
    options = queries.read_options(call, _KIND)
    return _page(call, queries.candidates(call, _KIND), options)


@operation("permissionGrant.ofPrincipal", "GET", "/servicePrincipals/{id}/oauth2PermissionGrants", roles=_READ)
def list_grants_of(call: Call) -> Answer:
    """Answer with the grants of a client."""
    principal, options = find_principal(call), queries.read_options(call, _KIND)
    found = directory_of(call.world).by(_KIND, operations.tenant_of(call), "clientId", principal["id"])
    return _page(call, found, options)


def _page(call: Call, found: list[Doc], options: queries.Options) -> Answer:
    return pages.page(
        call, found, options, lambda doc: projection.select(_KIND, doc, options.select), "oauth2PermissionGrants"
    )


def _find(call: Call) -> Doc:
    found = directory_of(call.world).get(_KIND, operations.tenant_of(call), call.param("grant"))
    if found is None:
        raise checks.not_found(call.param("grant"))
    return found


@operation("permissionGrant.get", "GET", _ITEM, roles=_READ)
def get_grant(call: Call) -> Answer:
    """Answer one grant."""
    wanted = queries.read_select(call, _KIND)
    shown = projection.select(_KIND, _find(call), wanted)
    return Answer({"@odata.context": pages.context(call, "oauth2PermissionGrants/$entity"), **shown})


@operation("permissionGrant.create", "POST", "/oauth2PermissionGrants", roles=_WRITE)
def create_grant(call: Call) -> Answer:
    """Grant a client scopes of a resource, for all users or for one; there is one grant for each of these."""
    body, directory, tenant = bodies.read(call.object(), _BODY), directory_of(call.world), operations.tenant_of(call)
    for name in ("clientId", "consentType", "resourceId"):
        if name not in body:
            raise checks.bad_request(f"A value is required for property '{name}' of resource 'OAuth2PermissionGrant'.")
    if (body.get("principalId") is None) == (body["consentType"] == "Principal"):
        raise checks.bad_request("Property principalId is needed with the consentType Principal, and with no other.")
    made: Doc = {name: (body.get(name) or "").lower() or None for name in ("clientId", "principalId", "resourceId")}
    for name, kind in (("clientId", "servicePrincipal"), ("resourceId", "servicePrincipal"), ("principalId", "user")):
        if made[name] is not None and directory.get(kind, tenant, made[name]) is None:
            raise checks.not_found(made[name])
    key = key_of(made)
    if directory.get(_KIND, tenant, key) is not None:
        raise Problem(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    made |= {"id": key, "consentType": body["consentType"], "scope": body.get("scope")}
    directory.put(_KIND, tenant, key, made)
    return Answer({"@odata.context": pages.context(call, "oauth2PermissionGrants/$entity"), **made}, 201)


def key_of(made: Doc) -> str:
    """Return the id of a grant: recorded ones are the ids of client, resource and user in base 64."""
    parts = [made[name] for name in ("clientId", "resourceId", "principalId") if made[name]]
    raw = b"".join(uuid.UUID(each).bytes_le for each in parts)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@operation("permissionGrant.update", "PATCH", _ITEM, roles=_WRITE)
def update_grant(call: Call) -> Answer:
    """Change the scopes of a grant."""
    grant, body = _find(call), bodies.read(call.object(), _BODY)
    fixed = sorted(name for name in set(body) - {"scope", *_IGNORED} if body[name] != grant[name])
    if fixed:
        raise checks.bad_request(f"Property '{fixed[0]}' is read-only and cannot be set.")
    directory_of(call.world).change(
        _KIND, operations.tenant_of(call), grant["id"], scope=body.get("scope", grant["scope"])
    )
    return Answer(status=204)


@operation("permissionGrant.delete", "DELETE", _ITEM, roles=_WRITE)
def delete_grant(call: Call) -> Answer:
    """Take a grant away."""
    directory_of(call.world).remove(_KIND, operations.tenant_of(call), _find(call)["id"])
    return Answer(status=204)
