"""Change notifications: from a change of the directory to the requests that its subscribers are sent.

Lifecycle: a subscription with a `lifecycleNotificationUrl` is challenged (`reauthorizationRequired`) three hours, one
hour, and then every 15 minutes before its end. With `config.graph.authorizationMinutes` its authorisation lapses so
long after it was last given: it is challenged at three quarters of that time. Once lapsed, changes are lost until the
app reauthorises or renews it.
Fault rules match the operation `graph.notification`; `name` is the id of the object, `path` its resource:
`lose_notification`, `duplicate_notification {copies}`, `reorder {by}` (later ones are sent before it),
`wrong_client_state {value}`, `delay {add}`.
Sources: learn.microsoft.com/graph/change-notifications-lifecycle-events, /graph/api/resources/changenotification.
The bodies of directory objects follow recorded notifications in
https://github.com/microsoftgraph/microsoft-graph-docs/issues/9915 (`members@delta` comes with /groups too).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.core import webhooks
from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.core.webhooks import Post
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.notifications import watched_resources

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

KIND = "graph.notification"
_MINUTE_US = 60 * SECOND
_BEFORE_END = (180, 60, 45, 30, 15)
_REORDER_S = 60


def listen(cloud: Cloud) -> None:
    """Listen to changes of the directory."""

    def changed(world: World, **change: Any) -> None:  # noqa: ANN401 - what the directory publishes
        if webhooks.outbox(world).watched:
            _notify_subscribers(cloud, world, change)

    cloud.on("directory_changed", changed)


def authorize(world: World, tenant: str, key: str) -> None:
    """Record the authorisation of a subscription; schedule its end and its challenges."""
    directory = directory_of(world)
    doc = directory.change("subscription", tenant, key, _authorized_us=world.now_us)
    webhooks.outbox(world).watched = True
    expires_us, given_us = doc["_expires_us"], world.now_us
    world.at(expires_us, lambda: _expire(world, tenant, key, expires_us))
    for minutes in _BEFORE_END:
        at_us = expires_us - minutes * _MINUTE_US
        if at_us > world.now_us:
            world.at(at_us, lambda: _remind(world, tenant, key, "_expires_us", expires_us))
    if _authorized_minutes(world):
        at_us = given_us + int(_authorized_minutes(world) * _MINUTE_US * 3 / 4)
        world.at(at_us, lambda: _remind(world, tenant, key, "_authorized_us", given_us))


def _authorized_minutes(world: World) -> float:
    return float(world.config.get("graph", {}).get("authorizationMinutes", 0))


def _expire(world: World, tenant: str, key: str, expires_us: int) -> None:
    doc = directory_of(world).get("subscription", tenant, key)
    if doc is not None and doc["_expires_us"] == expires_us:
        directory_of(world).remove("subscription", tenant, key)


def _remind(world: World, tenant: str, key: str, field: str, value: int) -> None:
    doc = directory_of(world).get("subscription", tenant, key)
    if doc is not None and doc[field] == value:
        challenge(world, tenant, key)


def challenge(world: World, tenant: str, key: str) -> None:
    """Ask for a reauthorisation, if the subscription has an address for it."""
    doc = directory_of(world).get("subscription", tenant, key)
    if doc is None or not doc["lifecycleNotificationUrl"]:
        return
    body = {**_head(doc, tenant), "lifecycleEvent": "reauthorizationRequired", "resource": None, "resourceData": None}
    number = world.attempt("graph.lifecycle", key)
    post_id = world.guid("lifecycle", key, number)
    post = Post(post_id, doc["lifecycleNotificationUrl"], body, _encrypted(doc), world.now_us, world.now_us)
    webhooks.outbox(world).add(post, world.now_us)


def _notify_subscribers(cloud: Cloud, world: World, change: Json) -> None:
    directory, tenant, kind = directory_of(world), change["tenant"], change["change"]
    for resource in watched_resources.containing(change["kind"], change["key"], members=bool(change["members"])):
        for doc in directory.by("subscription", tenant, "_watches", resource):
            if kind in [each.strip() for each in doc["changeType"].split(",")] and not _lapsed(world, doc):
                _queue(cloud, world, doc, change)


def _lapsed(world: World, doc: Doc) -> bool:
    minutes = _authorized_minutes(world)
    return bool(minutes) and world.now_us > doc["_authorized_us"] + minutes * _MINUTE_US


def _queue(cloud: Cloud, world: World, doc: Doc, change: Json) -> None:
    body = _body(world, doc, change)
    fault = _fault(cloud, world, doc, body)
    kind = fault.get("kind")
    if kind == "lose_notification":
        return
    copies = int(fault.get("copies", 2)) if kind == "duplicate_notification" else 1
    encrypted = _encrypted(doc)
    if kind == "wrong_client_state":
        encrypted = {}
        body["clientState"] = str(fault.get("value", "not what was agreed"))
    late_us = int(float(fault.get("by", _REORDER_S) if kind == "reorder" else fault.get("add", 0)) * SECOND)
    for _ in range(copies):
        number = world.attempt(KIND, doc["id"])
        post_id = world.guid(KIND, doc["id"], number)
        due_us = world.now_us + world.duration_us(KIND, post_id) + late_us
        post = Post(post_id, doc["notificationUrl"], dict(body), encrypted, world.now_us, due_us)
        webhooks.outbox(world).add(post, world.now_us)


def _fault(cloud: Cloud, world: World, doc: Doc, body: Json) -> Json:
    if not cloud.faults.rules:
        return {}
    path = f"/{body['resource']}"
    facts = {
        "op": KIND,
        "plane": "graph",
        "method": "POST",
        "path": path,
        "name": body["resourceData"]["id"],
        "principal": doc["_app"],
        "attempt": world.attempt("graph.notification.fault", path),
    }
    chosen = cloud.faults.choose(facts, world.now_us, world.rng)
    return chosen[1] if chosen else {}


def _encrypted(doc: Doc) -> dict[str, bytes]:
    return {"clientState": doc["_state"]} if doc["_state"] is not None else {}


def _head(doc: Doc, tenant: str) -> Json:
    return {
        "subscriptionId": doc["id"],
        "subscriptionExpirationDateTime": doc["expirationDateTime"],
        "clientState": None,
        "tenantId": tenant,
    }


def _body(world: World, doc: Doc, change: Json) -> Json:
    name, key, tenant = change["kind"].capitalize(), change["key"], change["tenant"]
    data: Json = {
        "@odata.type": f"#Microsoft.Graph.{name}",
        "@odata.id": f"{name}s/{key}",
        "id": key,
        "organizationId": tenant,
        "eventTime": iso_z(world.now_us),
        "sequenceNumber": directory_of(world).sequence,
    }
    if change["members"]:
        data["members@delta"] = [
            {"id": member} if present else {"id": member, "@removed": "deleted"}
            for member, present in change["members"]
        ]
    return {**_head(doc, tenant), "changeType": change["change"], "resource": f"{name}s/{key}", "resourceData": data}
