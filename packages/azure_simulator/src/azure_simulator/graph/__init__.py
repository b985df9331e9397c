"""Simulated Microsoft Graph: users, groups, licences, devices, Intune, subscriptions, batch, delta.

From below: `directory` (documents), `protocol` (OData, errors, limits) and `enrollment` (what a joined machine
causes), `resources` (routes) and `notifications`; `control` has the routes of `/_sim/graph`, `invariants` what the
cloud checks of itself. `SETTINGS` are the keys of `config.graph`; docs/reference.md explains them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.latency import about
from azure_simulator.graph import control, invariants
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.entities import ENTITIES
from azure_simulator.graph.directory.records import STATE, Directory, derived_id, directory_of
from azure_simulator.graph.directory.seeding import seed_tenants
from azure_simulator.graph.enrollment import registration
from azure_simulator.graph.notifications import delivery, subscriptions
from azure_simulator.graph.protocol import batches, projection
from azure_simulator.graph.protocol.operations import ROUTES
from azure_simulator.graph.protocol.service import GraphPlane
from azure_simulator.graph.resources import (
    app_role_assignments,
    applications,
    authorization_policy,
    counts,
    deleted_items,
    deltas,
    devices,
    directory_objects,
    federated_credentials,
    group_writes,
    groups,
    licenses,
    managed_devices,
    member_of,
    organization,
    owners,
    permission_grants,
    remote_desktop,
    send_mail,
    service_principals,
    user_writes,
    users,
)

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World

LATENCIES = {
    "intune.enrol": about(300, 1_800, 60, 3_600),
    "intune.register": about(600, 1_800),
    "intune.checkin": about(300, 3_600),
    "graph.notification": about(20, 180, 2, 600),
}
"""Seconds (docs/notes.md 1.1: a record is visible 1-30 minutes after the join; Microsoft documents the delay of
notifications of users and groups as unknown)."""
_NUMBER = (int, float)
SETTINGS: dict[str, Shape] = {
    "lagSeconds": _NUMBER,
    "replicaLagSeconds": _NUMBER,
    "syncMinutes": _NUMBER,
    "lastSyncMinutes": _NUMBER,
    "enrolment": str,
    "enrolments": {"*": str},
    "primaryUserLagSeconds": _NUMBER,
    "windowsBlocked": [str],
    "delta": {
        "pageSize": int,
        "emptyPages": int,
        "duplicates": bool,
        "tokenDays": _NUMBER,
        "generation": int,
    },
    "silentThrottleShare": _NUMBER,
    "fractionalRetryAfter": bool,
    "insecureNotificationUrls": bool,
    "validateRenewals": bool,
    "authorizationMinutes": _NUMBER,
}
RESOURCES = (
    *(users, user_writes, groups, group_writes, licenses, devices, managed_devices, deltas, organization),
    *(applications, federated_credentials, service_principals, app_role_assignments, permission_grants, owners),
    *(authorization_policy, remote_desktop, send_mail, directory_objects, member_of, deleted_items, counts),
)
"""Modules that declare their operations in `ROUTES` when they are imported."""


def install(cloud: Cloud) -> None:
    """Serve Graph, store the directory, listen to joins, check for orphans."""
    cloud.plane(GraphPlane(cloud))
    cloud.state(STATE, Directory)
    cloud.setting("graph", SETTINGS, f"the directory and Intune: {', '.join(SETTINGS)}")
    cloud.add(ROUTES)
    cloud.add(batches.routes(cloud))
    cloud.add(subscriptions.routes(cloud))
    cloud.add(subscriptions.control())
    cloud.add(control.ROUTES)
    cloud.latencies(LATENCIES)
    cloud.seeder("tenants", seed)
    cloud.invariant("directoryOrphans", invariants.orphans)
    cloud.invariant("sameNames", invariants.same_names)
    cloud.view("directory", show)
    cloud.on("ask_subscriptions", _tell_subscriptions)
    registration.listen(cloud)
    delivery.listen(cloud)


def seed(world: World, tenants: list[Json]) -> None:
    """Write tenants; apps with `roles` of their own become principals that have no other rights."""
    found = directory_of(world)
    seed_tenants(found, tenants, world.protector.hash, world.now_us)
    for tenant in tenants:
        restricted = [each for each in tenant.get("apps", ()) if {"roles", "keyVault"} & set(each)]
        world.principals.seed([_principal(found, tenant["tenantId"], each) for each in restricted])
        forest = tenant.get("onPremises")
        if forest:
            ous, accounts = forest.get("ous", []), forest.get("accounts", [])
            world.publish("domain_seeded", domain=forest["domain"], ous=ous, accounts=accounts)


def show(world: World, query: dict[str, str]) -> Json:
    """Show the documents of a kind (`kind=device&tenant=...`), or how many of each kind exist."""
    found = directory_of(world)
    tenants = [str(each["tenantId"]) for each in found.tenants() if query.get("tenant", "") in {"", each["tenantId"]}]
    if "kind" in query:
        kind = query["kind"]
        return {tenant: [projection.visible(each) for each in found.all(kind, tenant)] for tenant in tenants}
    return {tenant: {kind: found.count(kind, tenant) for kind in ENTITIES} for tenant in tenants}


def _tell_subscriptions(world: World, tenant: str, answers: list[str]) -> None:
    """Add a directory's subscriptions to *answers*."""
    answers += [str(each) for each in (directory_of(world).tenant(tenant) or {}).get("subscriptions", ())]


def _principal(directory: Directory, tenant: str, app: Json) -> Json:
    app_id = app.get("appId") or derived_id(tenant, "app", app["displayName"])
    found = registrations.principal_of(directory, tenant, app_id) or {}
    return {
        "id": found["id"],
        "name": app["displayName"],
        "appId": app_id,
        "roles": [*app.get("roles", ()), *(f"secrets.{each}" for each in app.get("keyVault", ["*"]))],
        "actions": app.get("actions", ["*"]),
    }
