"""Applications: register, list, get, change, delete.

The permission `Application.ReadWrite.OwnedBy` reaches what the caller owns, and lets it own what it registers.
Sources: learn.microsoft.com/graph/api/application-{list,get,post-applications,update,delete}; the refusals of
identifier URIs and of enabled permissions are quoted in public issue trackers
(learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory import recycle_bin, registrations
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import credentials, registration_bodies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

READ_ROLES = "Application.Read.All Application.ReadWrite.All Application.ReadWrite.OwnedBy Directory.Read.All"
WRITE_ROLES = "Application.ReadWrite.All Application.ReadWrite.OwnedBy Directory.ReadWrite.All"
_ALL = "Application.ReadWrite.All Directory.ReadWrite.All"
_VERSION_2 = 2
_MOST_PERMISSIONS = 400
_ITEM, _BY_APP = "/applications/{id}", "/applications(appId='{app_id}')"


def find(call: Call, kind: str = "application") -> Doc:
    """Return the application, or service principal, of the path, by its id or by `appId`; raise the 404."""
    replica = operations.replica_of(call)
    if "app_id" in call.params:
        name = call.param("app_id")
        found = next(iter(replica.by(kind, "appId", name)), None)
    else:
        name = checks.check_id(call.param("id"))
        found = replica.get(kind, name)
    if found is None:
        raise checks.not_found(name)
    return found


def check_owned(call: Call, owned: Iterable[str]) -> None:
    """Refuse a caller that may write only its own objects, and owns none of these."""
    if call.principal.may(_ALL, call.path):
        return
    owners = directory_of(call.world).owners[operations.tenant_of(call)]
    if not any(owners.has(each, call.principal.object_id, call.now_us) for each in owned):
        raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def own(call: Call, key: str) -> None:
    """Make a caller that may write only its own objects the owner of the object that it has just created."""
    if not call.principal.may(_ALL, call.path):
        directory_of(call.world).set_owner(
            operations.tenant_of(call), key, call.principal.object_id.lower(), present=True
        )


@operation("application.list", "GET", "/applications", roles=READ_ROLES, units=2)
def list_applications(call: Call) -> Answer:
    """Answer `GET /applications`."""
    options, found = queries.read_options(call, "application"), queries.candidates(call, "application")
    return pages.page(
        call, found, options, lambda doc: projection.select("application", doc, options.select), "applications"
    )


@operation("application.get", "GET", _ITEM, roles=READ_ROLES)
@operation("application.getByAppId", "GET", _BY_APP, roles=READ_ROLES)
def get_application(call: Call) -> Answer:
    """Answer one application."""
    wanted = queries.read_select(call, "application")
    body = projection.select("application", find(call), wanted)
    return Answer({"@odata.context": pages.context(call, "applications/$entity"), **body})


@operation("application.create", "POST", "/applications", roles=WRITE_ROLES)
def create_application(call: Call) -> Answer:
    """Register an application; its service principal is made by another request."""
    body, directory, tenant = call.object(), directory_of(call.world), operations.tenant_of(call)
    if not body.get("displayName"):
        raise checks.bad_request("A value is required for property 'displayName' of resource 'Application'.")
    number = call.world.attempts.get(("graph.application", tenant), 0)
    key, app_id = call.world.guid("application", tenant, number), call.world.guid("app id", tenant, number)
    domain = str((directory.get("tenant", tenant, "") or {}).get("domain", ""))
    made = registrations.application(key, app_id, str(body["displayName"]), domain, call.now_us)
    if body.get("signInAudience") in registrations.AUDIENCES[:2]:
        made["api"] = {**made["api"], "requestedAccessTokenVersion": None}
    made = _changed(call, made, body)
    call.world.attempt("graph.application", tenant)
    directory.put("application", tenant, key, made)
    own(call, key)
    shown = projection.select("application", made, ())
    return Answer({"@odata.context": pages.context(call, "applications/$entity"), **shown}, 201)


@operation("application.update", "PATCH", _ITEM, roles=WRITE_ROLES)
@operation("application.updateByAppId", "PATCH", _BY_APP, roles=WRITE_ROLES)
def update_application(call: Call) -> Answer:
    """Change an application, and the service principal of the same directory with it."""
    app, directory, tenant = find(call), directory_of(call.world), operations.tenant_of(call)
    check_owned(call, [app["id"]])
    changed = directory.put("application", tenant, app["id"], _changed(call, app, call.object()))
    registrations.refresh_principal(directory, tenant, changed)
    return Answer(status=204)


@operation("application.delete", "DELETE", _ITEM, roles=WRITE_ROLES)
@operation("application.deleteByAppId", "DELETE", _BY_APP, roles=WRITE_ROLES)
def delete_application(call: Call) -> Answer:
    """Delete an application and its service principal here; both can be restored for 30 days, each by itself."""
    app = find(call)
    check_owned(call, [app["id"]])
    recycle_bin.delete(call.world, operations.tenant_of(call), "application", app["id"])
    return Answer(status=204)


def _changed(call: Call, app: Doc, body: Doc) -> Doc:
    """Return an application with the changes of a body; raise the 400."""
    credentials.refuse_passwords(body)
    given = {name: value for name, value in body.items() if name != "passwordCredentials"}
    changes = bodies.read(given, registration_bodies.APPLICATION, app)
    if "keyCredentials" in changes:
        changes["keyCredentials"] = credentials.keys(call, app, changes["keyCredentials"])
    changed = {**app, **changes}
    redirects = changed["web"]["redirectUris"]
    changed["web"] = {
        **changed["web"],
        "redirectUriSettings": [{"uri": uri, "index": number} for number, uri in enumerate(redirects)],
    }
    _check_uris(call, app, changed)
    _check_permissions(app, changed)
    _check_audience(changed)
    key = changed.get("tokenEncryptionKeyId")
    if key and key not in {each["keyId"] for each in changed["keyCredentials"]}:
        raise checks.bad_request(f"The tokenEncryptionKeyId '{key}' is the keyId of no key credential.")
    return changed


def _check_audience(app: Doc) -> None:
    version = app["api"].get("requestedAccessTokenVersion")
    if app["signInAudience"] not in registrations.AUDIENCES[:2] and version != _VERSION_2:
        text = "Property api.requestedAccessTokenVersion is invalid: personal Microsoft accounts need version 2."
        raise checks.bad_request(text)


def _check_uris(call: Call, before: Doc, app: Doc) -> None:
    """Check identifier URIs that are new: unique in the directory, and of the forms that its policy allows."""
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    uris, lower = app["identifierUris"], [uri.lower() for uri in app["identifierUris"]]
    others = [each for each in directory.all("application", tenant) if each["id"] != app["id"]]
    taken = {uri.lower() for each in others for uri in each["identifierUris"]}
    if len(set(lower)) < len(lower) or taken & set(lower):
        raise checks.bad_request("Another object with the same value for property identifierUris already exists.")
    domain = str((directory.get("tenant", tenant, "") or {}).get("domain", "")).lower()
    own_ids = {tenant, app["appId"].lower()}
    for uri in uris:
        if uri in before["identifierUris"] or app["api"].get("requestedAccessTokenVersion") == _VERSION_2:
            continue
        host = _host(uri)
        if own_ids & set(uri.lower().replace("://", "/").split("/")) or _is_of(host, domain):
            continue
        if not uri.lower().startswith("api://"):
            text = "Values of identifierUris property must use a verified domain of the organization or its subdomain"
            raise Problem(400, "HostNameNotOnVerifiedDomain", f"{text}: '{uri}'")
        raise Problem(
            400,
            "InvalidUniqueTenantIdentifierAsPerAppPolicy",
            f"Failed to add identifier URI {uri}. All newly added URIs must contain a tenant verified domain, tenant "
            "ID, or app ID, as per the default tenant policy of your organization. See "
            "https://aka.ms/identifier-uri-addition-error for more information on this error.",
        )


def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).hostname or "").lower()
    except ValueError as error:
        raise checks.bad_request(f"Invalid value specified for property 'identifierUris': '{uri}'.") from error


def _is_of(host: str, domain: str) -> bool:
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _check_permissions(before: Doc, app: Doc) -> None:
    """Check app roles and scopes: ids and values are unique, an enabled one does not go."""
    roles, scopes = app["appRoles"], app["api"]["oauth2PermissionScopes"]
    for rows, name in ((roles, "appRoles"), (scopes, "api.oauth2PermissionScopes")):
        for field in ("id", "value"):
            values = [each.get(field) for each in rows if each.get(field)]
            if len(set(values)) < len(values):
                raise checks.bad_request(f"Property '{name}' contains the {field} of a permission more than once.")
    kept = {each["id"].lower() for each in [*roles, *scopes]}
    for each in [*before["appRoles"], *before["api"]["oauth2PermissionScopes"]]:
        if each.get("isEnabled", True) and each["id"].lower() not in kept:
            raise Problem(
                400,
                "CannotDeleteOrUpdateEnabledEntitlement",
                "Permission (scope or role) cannot be deleted or updated unless disabled first.",
            )
    for rows in (roles, scopes):
        for each in rows:
            each.setdefault("isEnabled", True)
    for each in roles:
        each["origin"] = "Application"
    wanted = sum(len(each.get("resourceAccess", ())) for each in app.get("requiredResourceAccess", ()))
    if wanted > _MOST_PERMISSIONS:
        raise checks.bad_request(f"The total number of required permissions exceeds {_MOST_PERMISSIONS}.")


@operation("application.addPassword", "POST", f"{_ITEM}/addPassword", roles=WRITE_ROLES)
@operation("application.addPasswordByAppId", "POST", f"{_BY_APP}/addPassword", roles=WRITE_ROLES)
def add_password(call: Call) -> Answer:
    """Make a password."""
    app = find(call)
    check_owned(call, [app["id"]])
    return credentials.add_password(call, "application", app)


@operation("application.removePassword", "POST", f"{_ITEM}/removePassword", roles=WRITE_ROLES)
@operation("application.removePasswordByAppId", "POST", f"{_BY_APP}/removePassword", roles=WRITE_ROLES)
def remove_password(call: Call) -> Answer:
    """Remove a password."""
    app = find(call)
    check_owned(call, [app["id"]])
    return credentials.remove_password(call, "application", app)
