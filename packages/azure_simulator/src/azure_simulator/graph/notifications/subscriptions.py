"""`/subscriptions`: which changes an app is notified of, and where.

To create, renew or reauthorise one, Graph validates the receiver's address with a handshake. Renewing does so in
practice (https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2805), although the documentation does not say
it; `config.graph.validateRenewals` false turns this off. So the request is checked, the receiver is called, and the
result is accepted as a journalled request of the cloud to itself.
`clientState` is stored encrypted and is in no response.
Sources: learn.microsoft.com/graph/api/subscription-post-subscriptions, /graph/change-notifications-delivery-webhooks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.requests import Request
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.notifications import delivery, validation, watched_resources
from azure_simulator.graph.protocol import operations, pages

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.graph.directory.records import Directory, Doc

_COUNTED = "graph.subscription"
_EMPTY = 204
_TOKEN = "Validation: Testing client application reachability for subscription Request-Id: {}"  # noqa: S105


def routes(cloud: Cloud) -> Routes:
    """Return the operations of both versions; handshakes go out through `cloud`."""
    found = Routes("graph")

    many, one = "/subscriptions", "/subscriptions/{id}"
    declared: list[tuple[str, str, str, Handler, bool]] = [
        ("create", "POST", many, lambda call: _make(call, cloud), False),
        ("update", "PATCH", one, lambda call: _renew(call, cloud), False),
        ("reauthorize", "POST", f"{one}/reauthorize", lambda call: _reauthorize(call, cloud), False),
        ("list", "GET", many, list_own, False),
        ("get", "GET", one, get_one, False),
        ("delete", "DELETE", one, delete_one, True),
    ]
    for version, tail in (("v1.0", ""), ("beta", ".beta")):
        for name, method, path, handler, mutates in declared:
            full = f"graph.subscription.{name}{tail}"
            options = {"throttle": "graph/1", "mutates": mutates, "redacted": False}
            found.operation(full, method, f"/{version}{path}", **options)(handler)  # type: ignore[arg-type]
    return found


def control() -> Routes:
    """Return the route that the cloud itself calls, `POST /_sim/graph/challenge` and `POST /_sim/graph/lapse`."""
    found = Routes("sim")
    path = "/_sim/graph/subscriptions"
    found.operation("sim.graph.subscriptions", "POST", path, anonymous=True, redacted=False)(_accept)

    @found.operation("sim.graph.challenge", "POST", "/_sim/graph/challenge", anonymous=True)
    def challenge(call: Call) -> Answer:
        """Ask for a reauthorisation of one subscription {subscription} or of all."""
        key, directory = call.object().get("subscription"), directory_of(call.world)
        tenants = [str(each["tenantId"]) for each in directory.tenants()]
        every = [(tenant, each) for tenant in tenants for each in directory.all("subscription", tenant)]
        chosen = [(tenant, each) for tenant, each in every if key in {None, each["id"]}]
        for tenant, each in chosen:
            delivery.challenge(call.world, tenant, each["id"])
        return Answer({"challenged": [each["id"] for _, each in chosen]})

    @found.operation("sim.graph.lapse", "POST", "/_sim/graph/lapse", anonymous=True)
    def lapse(call: Call) -> Answer:
        """End all subscriptions before their time, without a notification to the apps that made them."""
        directory = directory_of(call.world)
        every = [(str(each["tenantId"]), doc) for each in directory.tenants() for doc in _all_of(directory, each)]
        for tenant, doc in every:
            directory.remove("subscription", tenant, doc["id"])
        return Answer({"ended": [doc["id"] for _, doc in every]})

    return found


def _all_of(directory: Directory, tenant: Doc) -> list[Doc]:
    return list(directory.all("subscription", str(tenant["tenantId"])))


def _shown(call: Call, doc: Doc) -> Doc:
    body = {name: value for name, value in doc.items() if not name.startswith("_")}
    return {"@odata.context": pages.context(call, "subscriptions/$entity"), **body}


def _app(call: Call) -> str:
    return call.principal.client_id or call.principal.object_id


def _own(call: Call) -> Doc:
    """Return the subscription of the path; an app sees its own only."""
    found = directory_of(call.world).get("subscription", operations.tenant_of(call), call.param("id"))
    if found is None or found["_app"] != _app(call):
        raise Problem(404, "ResourceNotFound", "The object was not found.")
    return found


def list_own(call: Call) -> Answer:
    """Answer with the subscriptions of the calling app."""
    everything = directory_of(call.world).all("subscription", operations.tenant_of(call))
    own = [_shown(call, each) for each in everything if each["_app"] == _app(call)]
    value = [{name: item for name, item in each.items() if name[0] != "@"} for each in own]
    return Answer({"@odata.context": pages.context(call, "subscriptions"), "value": value})


def get_one(call: Call) -> Answer:
    """Answer one subscription of the calling app."""
    return Answer(_shown(call, _own(call)))


def delete_one(call: Call) -> Answer:
    """End a subscription."""
    directory_of(call.world).remove("subscription", operations.tenant_of(call), _own(call)["id"])
    return Answer(status=204)


def _make(call: Call, cloud: Cloud) -> Answer:
    body = call.object()
    validation.check_body(call, body)
    watched = watched_resources.read(call, str(body["resource"]))
    expires_us = validation.expiry_us(call, body["expirationDateTime"])
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    validation.check_limits(directory, tenant, _app(call), watched, body["changeType"])
    accepted = call.world.attempts.get((_COUNTED, f"{tenant}/{_app(call)}".lower()), 0)
    doc = {
        "id": call.world.guid("subscription", tenant, _app(call), watched, body["changeType"], accepted),
        "resource": body["resource"],
        "applicationId": _app(call),
        "changeType": body["changeType"],
        "clientState": None,
        "notificationUrl": body["notificationUrl"],
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": body.get("lifecycleNotificationUrl"),
        "expirationDateTime": iso_z(expires_us),
        "creatorId": call.principal.object_id,
        "includeResourceData": None,
        "latestSupportedTlsVersion": body.get("latestSupportedTlsVersion", "v1_2"),
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
        "_app": _app(call),
        "_watches": watched,
        "_expires_us": expires_us,
    }
    return _validated(call, cloud, doc, {"subscription": doc, "clientState": body.get("clientState")}, 201)


def _renew(call: Call, cloud: Cloud) -> Answer:
    doc, body = _own(call), call.object()
    wrong = sorted(set(body) - {"expirationDateTime", "notificationUrl"})
    if wrong or not body:
        raise validation.invalid(
            f"Property '{wrong[0]}' cannot be updated." if wrong else "Nothing to update was given."
        )
    changes: Doc = {}
    if "notificationUrl" in body:
        validation.check_url(call, "notificationUrl", body["notificationUrl"])
        changes["notificationUrl"] = body["notificationUrl"]
    if "expirationDateTime" in body:
        expires_us = validation.expiry_us(call, body["expirationDateTime"])
        changes |= {"expirationDateTime": iso_z(expires_us), "_expires_us": expires_us}
    watched_resources.check_role(call, doc["_watches"])
    return _validated(call, cloud, {**doc, **changes}, {"known": doc["id"], "changes": changes}, 200)


def _reauthorize(call: Call, cloud: Cloud) -> Answer:
    doc = _own(call)
    watched_resources.check_role(call, doc["_watches"])
    return _validated(call, cloud, doc, {"known": doc["id"]}, 204)


def _validated(call: Call, cloud: Cloud, doc: Doc, request: Doc, status: int) -> Answer:
    """Shake hands with the receivers, then let the cloud accept the request."""
    world, request_id = call.world, call.world.guid("handshake", doc["id"], call.now_us)
    request = {**request, "tenant": operations.tenant_of(call)}
    urls = dict.fromkeys(str(url) for url in (doc["notificationUrl"], doc["lifecycleNotificationUrl"]) if url)
    validates = "known" not in request or bool(call.world.config.get("graph", {}).get("validateRenewals", True))

    async def later() -> Answer:
        for url in urls if validates else ():
            await cloud.handshake(url, _TOKEN.format(request_id))
        if world is not cloud.world:
            raise Problem(503, "ServiceUnavailable", "The cloud was reset meanwhile.")
        reply = cloud.handle(Request("POST", "/_sim/graph/subscriptions", body=json.dumps(request).encode()))
        if reply.status != 200:  # noqa: PLR2004 - deleted, or at the limit, meanwhile
            error = json.loads(reply.body)["error"]
            raise Problem(reply.status, error["code"], error["message"])
        return Answer(None if status == _EMPTY else _shown(call, json.loads(reply.body)), status)

    return Answer(later=later)


def _accept(call: Call) -> Answer:
    """Store a subscription after its handshake; only the cloud itself calls this."""
    request, world = call.object(), call.world
    directory, tenant = directory_of(world), request["tenant"]
    if "subscription" in request:
        doc = request["subscription"]
        validation.check_limits(directory, tenant, doc["_app"], doc["_watches"], doc["changeType"])
        state = request["clientState"]
        secret = world.protector.cipher().encrypt(state.encode()) if state is not None else None
        doc = directory.put("subscription", tenant, doc["id"], {**doc, "_state": secret})
        world.attempt(_COUNTED, f"{tenant}/{doc['_app']}")
    else:
        key = request["known"]
        if directory.get("subscription", tenant, key) is None:
            raise Problem(404, "ResourceNotFound", "The object was not found.")
        doc = directory.change("subscription", tenant, key, **request.get("changes", {}))
    delivery.authorize(world, tenant, doc["id"])
    shown = {name: value for name, value in doc.items() if name != "_state"}
    return Answer(shown)
