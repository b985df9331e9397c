"""Whatever is sent, the directory half of the cloud answers as a service would: never with a crash."""

import asyncio
import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from azure_simulator.assembly import build
from azure_simulator.core.calls import Route
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import OwnClock
from azure_simulator.desktops import (
    application_groups,
    broker_control,
    host_pools,
    scaling_plans,
    session_hosts,
    user_sessions,
    workspaces,
)
from azure_simulator.desktops.provider import SESSION_HOST
from azure_simulator.graph import control
from azure_simulator.graph.notifications import subscriptions
from azure_simulator.graph.protocol import batches
from azure_simulator.graph.protocol.operations import ROUTES
from azure_simulator.seeds import TENANT_ID, demo_seed
from azure_simulator.vault import secrets
from hypothesis import given, settings
from hypothesis import strategies as st

from packages.azure_simulator.tests.bodies import version_for

START_US = 1_795_000_000_000_000
SUB = "11111111-1111-4111-8111-111111111111"
PROVIDER = f"/subscriptions/{SUB}/resourceGroups/desks/providers/Microsoft.DesktopVirtualization"
KINDS = {"managedDevices": "managedDevice", "/devices": "device", "/users/{id}": "user"}
OURS = [
    *ROUTES.found,
    *batches.routes(build(OwnClock(START_US, 0), Keys(), Options())).found,
    *subscriptions.routes(build(OwnClock(START_US, 0), Keys(), Options())).found,
    *control.ROUTES.found,
    *secrets.ROUTES.found,
    *host_pools.OPERATIONS.found,
    *application_groups.OPERATIONS.found,
    *application_groups.DESKTOP_OPERATIONS.found,
    *workspaces.OPERATIONS.found,
    *scaling_plans.OPERATIONS.found,
    *session_hosts.OPERATIONS.found,
    *user_sessions.OPERATIONS.found,
    *broker_control.CONTROL.found,
]
AUDIENCES = {
    "graph": "https://graph.microsoft.com",
    "vault": "https://vault.azure.net",
    "arm": "https://management.azure.com",
    "sim": "https://management.azure.com",
}
NAMES = st.sampled_from(
    [
        *("properties", "registrationInfo", "registrationTokenOperation", "expirationTime", "assignedUser"),
        *("applicationGroupReferences", "hostPoolType", "location", "tags", "attributes", "value", "enabled"),
        *("requests", "id", "url", "method", "headers", "body", "dependsOn", "groupIds", "ids", "types"),
        *("hostPool", "users", "visits", "from", "until", "share", "stay", "leave", "how", "staySeconds", "retry"),
        *("group", "user", "add", "remove", "give", "sku", "delete", "sessionHost", "userPrincipalName"),
        *("accountEnabled", "extensionAttributes", "@odata.id", "displayName", "members", "licences"),
        *("notificationUrl", "resource", "changeType", "expirationDateTime", "clientState", "passwordProfile"),
        *("addLicenses", "removeLicenses", "skuId", "members@odata.bind", "mailNickname", "groupTypes", "nbf", "exp"),
    ]
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "Update", "Personal", "GET", "/users"])
)
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
QUERIES = st.dictionaries(
    st.sampled_from(["$filter", "$top", "$skiptoken", "$select", "$deltatoken", "$orderby", "maxresults", "pageSize"]),
    st.sampled_from(["", "x", "id", "-1", "5", "id eq 'x'", "eyJ4IjogMX0=", "a,b", "displayName desc"]),
    max_size=3,
)


@cache
def keys() -> Keys:
    return Keys()


def seed() -> dict[str, Any]:
    """Return a tenant in which our identity may do everything."""
    found = demo_seed(5)
    found["tenants"][0]["apps"][0]["roles"] = ["*"]
    return found


def cloud() -> Cloud:
    """Make a cloud with one of everything: each route that changes something has its own."""
    found = build(OwnClock(START_US, 0), keys(), Options(begin_with=seed()))
    pool = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
    group = {"hostPoolArmPath": f"{PROVIDER}/hostPools/pool", "applicationGroupType": "Desktop"}
    send(found, "PUT", f"/subscriptions/{SUB}/resourceGroups/desks", "arm", {"location": "westeurope"})
    furniture: dict[str, Any] = {
        f"{PROVIDER}/hostPools/pool": pool,
        f"{PROVIDER}/applicationGroups/group": group,
        f"{PROVIDER}/workspaces/space": {},
        f"{PROVIDER}/scalingPlans/plan": {"timeZone": "UTC", "hostPoolType": "Personal"},
    }
    for path, properties in furniture.items():
        assert send(found, "PUT", path, "arm", {"location": "westeurope", "properties": properties}) < 300
    host = f"{PROVIDER}/hostPools/pool/sessionHosts/h"
    properties = {"sessions": 0, "status": "Available", "resourceId": "vm", "lastHeartBeat": ""}
    shown = {"id": host, "name": "pool/h", "properties": properties}
    found.world.resources.add(Resource(host, SESSION_HOST, shown, START_US))
    send(found, "POST", "/_sim/desktops/sessions", "sim", {"sessionHost": host, "userPrincipalName": "a"})
    send(found, "PUT", "/secrets/x", "vault", {"value": "x"})
    found.world.resources.add(Resource("/vm", "vm", {"properties": {"vmId": "1"}}, START_US))
    found.world.publish("entra_joined", vm_id="/vm", computer_name="x", mdm=True, vm_uuid="1")
    found.clock.advance(timedelta(hours=1))
    return found


@cache
def unchanged() -> Cloud:
    """Make the cloud of all routes that only read."""
    return cloud()


@cache
def token(plane: str) -> str:
    request = Request("GET", "/msi/token", f"resource={AUDIENCES[plane]}", {"x-identity-header": "x"})
    empty = build(OwnClock(START_US, 0), keys(), Options(begin_with=seed()))
    return str(json.loads(empty.handle(request).body)["access_token"])


def send(there: Cloud, method: str, path: str, plane: str, body: Any, query: str = "") -> int:
    if plane in {"arm", "vault"}:
        query = f"{query}&api-version={version_for(path) if plane == 'arm' else '7.4'}"
    request = Request(
        method=method,
        path=path,
        query_string=query,
        headers={"authorization": f"Bearer {token(plane)}", "host": "127.0.0.1:1"},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    reply = there.handle(request)
    return (asyncio.run(awaited(reply)) if reply.later is not None else reply).status


async def awaited(reply: Reply) -> Reply:
    assert reply.later is not None
    return await reply.later()


def path_of(route: Route, there: Cloud) -> str:
    """Fill a template with names that exist."""
    directory = there.world.state("directory")
    kind = next((name for word, name in KINDS.items() if word in route.template), "group")
    some: list[dict[str, Any]] = directory.all(kind, TENANT_ID)
    key = some[0]["id"] if some else "gone"
    names = {"id": key, "device_id": "x", "name": "x", "sub": SUB, "rg": "desks", "pool": "pool", "host": "h"}
    names |= {"session": "2", "group": "group", "workspace": "space", "desktop": "SessionDesktop", "version": "v"}
    path = route.template
    for name, value in {**names, "cast": "microsoft.graph.user"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


@pytest.mark.hypothesis
@pytest.mark.parametrize("route", OURS, ids=lambda route: route.name)
def test_no_request_makes_it_crash(route: Route) -> None:
    there = cloud() if route.mutates else unchanged()

    # Inside, because Hypothesis nests the settings of a function once for each parameter: a thousand are too deep.
    @settings(max_examples=settings().max_examples // 10)
    @given(body=BODIES, query=QUERIES)
    def never_crashes(body: Any, query: dict[str, str]) -> None:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        assert 200 <= send(there, route.method, path_of(route, there), route.plane, body, text) < 500

    never_crashes()
