"""Simulated Microsoft Graph: users, groups, licences, devices, Intune, batch, delta.

`SETTINGS` are the keys of `config.graph`; docs/cloud.md says what they do. Fault rules of kind `empty`
and `partial {share}` make a collection answer nothing, or too little without saying so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.latency import about
from azure_simulator.graph import (
    accounts,
    assigning,
    batches,
    control,
    deltas,
    devices,
    findings,
    groupchanges,
    groups,
    intune,
    joins,
    notifications,
    organisations,
    planting,
    recycling,
    shapes,
    subscriptions,
    users,
)
from azure_simulator.graph.directory import Directory
from azure_simulator.graph.plane import ROUTES, STATE, directory
from azure_simulator.graph.service import GraphPlane

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
"""Seconds on a real day (azure.md 1.1: a record is visible 1-30 minutes after the join; how long
notifications of users and groups take is documented as unknown)."""
KINDS = ("user", "group", "sku", "app", "device", "managedDevice", "computer", "subscription")
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
SERVED = (users, groups, devices, intune, deltas, organisations, accounts, groupchanges, assigning, recycling)


def install(cloud: Cloud) -> None:
    """Serve Graph, keep the directory, hear of joins, check for orphans."""
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
    cloud.invariant("directoryOrphans", findings.orphans)
    cloud.invariant("sameNames", findings.same_names)
    cloud.view("directory", show)
    joins.listen(cloud)
    notifications.listen(cloud)


def seed(world: World, tenants: list[Json]) -> None:
    """Plant tenants; apps whose `roles` are named become principals that have no others."""
    found = directory(world)
    planting.plant(found, tenants, world.protector.hash, world.now_us)
    for tenant in tenants:
        restricted = {each["displayName"] for each in tenant.get("apps", ()) if {"roles", "keyVault"} & set(each)}
        apps = [each for each in found.all("app", tenant["tenantId"]) if each["displayName"] in restricted]
        world.principals.seed([_principal(each) for each in apps])
        forest = tenant.get("onPremises")
        if forest:
            ous, accounts = forest.get("ous", []), forest.get("accounts", [])
            world.publish("domain_seeded", domain=forest["domain"], ous=ous, accounts=accounts)


def show(world: World, query: dict[str, str]) -> Json:
    """Show documents of a kind (`kind=device&tenant=...`), or how many of each there are."""
    found = directory(world)
    tenants = [str(each["tenantId"]) for each in found.tenants() if query.get("tenant", "") in {"", each["tenantId"]}]
    if "kind" in query:
        kind = query["kind"]
        return {tenant: [shapes.visible(each) for each in found.all(kind, tenant)] for tenant in tenants}
    return {tenant: {kind: found.count(kind, tenant) for kind in KINDS} for tenant in tenants}


def _principal(app: Json) -> Json:
    return {
        "id": app["objectId"],
        "name": app["displayName"],
        "appId": app["appId"],
        "roles": [*app["roles"], *(f"secrets.{each}" for each in app.get("keyVault", ["*"]))],
        "actions": app.get("actions", ["*"]),
    }
