"""Service principals: make one for an application, list, get, change, delete.

Sources: learn.microsoft.com/graph/api/serviceprincipal-{list,get,post-serviceprincipals,update,delete}; the refusals
are quoted in public issue trackers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory import recycle_bin, registrations
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import credentials, registration_bodies
from azure_simulator.graph.resources.applications import READ_ROLES, WRITE_ROLES, check_owned, find, own

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

_KIND = "servicePrincipal"
_ITEM, _BY_APP = "/servicePrincipals/{id}", "/servicePrincipals(appId='{app_id}')"


def find_principal(call: Call) -> Doc:
    """Return the service principal of the path, by its id or by `appId`; raise the 404."""
    return find(call, _KIND)


@operation("servicePrincipal.list", "GET", "/servicePrincipals", roles=READ_ROLES, units=2)
def list_service_principals(call: Call) -> Answer:
    """Answer `GET /servicePrincipals`."""
    options, found = queries.read_options(call, _KIND), queries.candidates(call, _KIND)
    return pages.page(
        call, found, options, lambda doc: projection.select(_KIND, doc, options.select), "servicePrincipals"
    )


@operation("servicePrincipal.get", "GET", _ITEM, roles=READ_ROLES)
@operation("servicePrincipal.getByAppId", "GET", _BY_APP, roles=READ_ROLES)
def get_service_principal(call: Call) -> Answer:
    """Answer one service principal."""
    wanted = queries.read_select(call, _KIND)
    body = projection.select(_KIND, find_principal(call), wanted)
    return Answer({"@odata.context": pages.context(call, "servicePrincipals/$entity"), **body})


@operation("servicePrincipal.create", "POST", "/servicePrincipals", roles=WRITE_ROLES)
def create_service_principal(call: Call) -> Answer:
    """Make the service principal of an application of this directory, or of one of another for several directories."""
    body, directory, tenant = call.object(), directory_of(call.world), operations.tenant_of(call)
    app_id = body.get("appId")
    if not isinstance(app_id, str) or not app_id:
        raise checks.bad_request("A value is required for property 'appId' of resource 'ServicePrincipal'.")
    credentials.refuse_passwords(body)
    given = {name: value for name, value in body.items() if name not in {"appId", "passwordCredentials"}}
    changes = bodies.read(given, registration_bodies.SERVICE_PRINCIPAL)
    if registrations.principal_of(directory, tenant, app_id) is not None:
        raise Problem(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service principal name "
            f"{app_id} is already in use.",
        )
    home, app = _backing(call, app_id)
    made = _new(call.world, tenant, home, app)
    made = _keep(call.world, tenant, {**made, **_read_keys(call, made, changes)})
    own(call, made["id"])
    shown = projection.select(_KIND, made, ())
    return Answer({"@odata.context": pages.context(call, "servicePrincipals/$entity"), **shown}, 201)


def ensure(world: World, tenant: str, home: str, app: Doc) -> Doc:
    """Return the service principal of an application in a directory; make it if there is none."""
    found = registrations.principal_of(directory_of(world), tenant, app["appId"])
    return found or _keep(world, tenant, _new(world, tenant, home, app))


def _new(world: World, tenant: str, home: str, app: Doc) -> Doc:
    number = world.attempts.get(("graph.servicePrincipal", f"{tenant}/{app['appId']}".lower()), 0)
    key = world.guid("service principal", tenant, app["appId"], number)
    made = registrations.service_principal(key, app["appId"], app["displayName"], world.now_us)
    return {**made, **registrations.copied(app, home)}


def _keep(world: World, tenant: str, made: Doc) -> Doc:
    world.attempt("graph.servicePrincipal", f"{tenant}/{made['appId']}")
    world.principals.add_assigned(made["id"], made["displayName"], made["appId"])
    return directory_of(world).put(_KIND, tenant, made["id"], made)


def _backing(call: Call, app_id: str) -> tuple[str, Doc]:
    """Return the application that a service principal would stand for, with its directory."""
    tenant, may_all = operations.tenant_of(call), call.principal.may("Application.ReadWrite.All", call.path)
    for home, app in registrations.homes(directory_of(call.world), app_id):
        if home == tenant:
            check_owned(call, [app["id"]])
            return home, app
        if app["signInAudience"] != registrations.MY_ORGANISATION:
            if may_all:
                return home, app
            text = "When using this permission, the backing application of the service principal being created must in"
            raise Problem(403, "Authorization_RequestDenied", f"{text} the local tenant")
    text = f"The appId '{app_id}' of the service principal does not reference a valid application object."
    raise Problem(400, "NoBackingApplicationObject", text)


def _read_keys(call: Call, holder: Doc, changes: Doc) -> Doc:
    if "keyCredentials" not in changes:
        return changes
    return {**changes, "keyCredentials": credentials.keys(call, holder, changes["keyCredentials"])}


@operation("servicePrincipal.update", "PATCH", _ITEM, roles=WRITE_ROLES)
@operation("servicePrincipal.updateByAppId", "PATCH", _BY_APP, roles=WRITE_ROLES)
def update_service_principal(call: Call) -> Answer:
    """Change a service principal; values of its application come back with the application's next change."""
    principal, body = find_principal(call), call.object()
    _check_owned(call, principal)
    credentials.refuse_passwords(body)
    given = {name: value for name, value in body.items() if name != "passwordCredentials"}
    changes = _read_keys(call, principal, bodies.read(given, registration_bodies.SERVICE_PRINCIPAL, principal))
    names = changes.get("servicePrincipalNames")
    if names is not None and principal["appId"] not in names:
        raise checks.bad_request("Property servicePrincipalNames must contain the appId.")
    directory_of(call.world).change(_KIND, operations.tenant_of(call), principal["id"], **changes)
    return Answer(status=204)


def _check_owned(call: Call, principal: Doc) -> None:
    homes = registrations.homes(directory_of(call.world), principal["appId"])
    here = [app["id"] for home, app in homes if home == operations.tenant_of(call)]
    check_owned(call, [principal["id"], *here])


@operation("servicePrincipal.delete", "DELETE", _ITEM, roles=WRITE_ROLES)
@operation("servicePrincipal.deleteByAppId", "DELETE", _BY_APP, roles=WRITE_ROLES)
def delete_service_principal(call: Call) -> Answer:
    """Delete a service principal, and its grants; its application stays."""
    principal = find_principal(call)
    _check_owned(call, principal)
    recycle_bin.delete(call.world, operations.tenant_of(call), _KIND, principal["id"])
    return Answer(status=204)


@operation("servicePrincipal.addPassword", "POST", f"{_ITEM}/addPassword", roles=WRITE_ROLES)
@operation("servicePrincipal.addPasswordByAppId", "POST", f"{_BY_APP}/addPassword", roles=WRITE_ROLES)
def add_password(call: Call) -> Answer:
    """Make a password of the service principal's own."""
    principal = find_principal(call)
    _check_owned(call, principal)
    return credentials.add_password(call, _KIND, principal)


@operation("servicePrincipal.removePassword", "POST", f"{_ITEM}/removePassword", roles=WRITE_ROLES)
@operation("servicePrincipal.removePasswordByAppId", "POST", f"{_BY_APP}/removePassword", roles=WRITE_ROLES)
def remove_password(call: Call) -> Answer:
    """Remove a password."""
    principal = find_principal(call)
    _check_owned(call, principal)
    return credentials.remove_password(call, _KIND, principal)
