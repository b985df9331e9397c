"""`/subscriptions`: who is told of which changes, and where.

Making, renewing and reauthorising one needs a handshake with the receiver (renewing does in life,
whatever the documentation says: microsoftgraph/msgraph-sdk-dotnet#2805; `config.graph.validateRenewals`
false spares it), so the request is checked, the receiver asked, and what came of it accepted as a
journalled request to ourselves.
`clientState` is kept encrypted and shown to nobody.
Sources: learn.microsoft.com/graph/api/subscription-post-subscriptions and
/graph/change-notifications-overview (lifetimes, limits), /graph/change-notifications-delivery-webhooks.
Unchecked against Graph: the wording of the 400s other than the handshake's and the lifetime's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.requests import Request
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso_z, parse_iso
from azure_simulator.graph import notifications, plane, queries, watching

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.graph.directory import Directory, Doc

_MINUTE_US = 60 * SECOND
LONGEST_MINUTES = 41_760
SHORTEST_MINUTES = 45
_PER_APP_AND_TENANT, _PER_TENANT, _PER_APP = 100, 1_000, 50_000
_NEEDED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_KNOWN = frozenset({*_NEEDED, "clientState", "lifecycleNotificationUrl", "latestSupportedTlsVersion"})
_ONLY_RICH = frozenset({"includeResourceData", "encryptionCertificate", "encryptionCertificateId"})
_TLS = frozenset({"v1_0", "v1_1", "v1_2", "v1_3"})
_LONGEST_STATE, _LONGEST_URL = 128, 2048
_COUNTED = "graph.subscription"
_EMPTY = 204
_CHANGES = frozenset({"updated", "deleted"})
_TOKEN = "Validation: Testing client application reachability for subscription Request-Id: {}"  # noqa: S105


def routes(cloud: Cloud) -> Routes:
    """Return the operations of both versions; handshakes go out through `cloud`."""
    found = Routes("graph")

    many, one = "/subscriptions", "/subscriptions/{id}"
    operations: list[tuple[str, str, str, Handler, bool]] = [
        ("create", "POST", many, lambda call: _make(call, cloud), False),
        ("update", "PATCH", one, lambda call: _renew(call, cloud), False),
        ("reauthorize", "POST", f"{one}/reauthorize", lambda call: _reauthorise(call, cloud), False),
        ("list", "GET", many, list_own, False),
        ("get", "GET", one, get_one, False),
        ("delete", "DELETE", one, delete_one, True),
    ]
    for version, tail in (("v1.0", ""), ("beta", ".beta")):
        for name, method, path, handler, mutates in operations:
            full = f"graph.subscription.{name}{tail}"
            how = {"throttle": "graph/1", "mutates": mutates, "redacted": False}
            found.operation(full, method, f"/{version}{path}", **how)(handler)  # type: ignore[arg-type]
    return found


def control() -> Routes:
    """Return what only the cloud asks of itself, and `POST /_sim/graph/challenge`."""
    found = Routes("sim")
    path = "/_sim/graph/subscriptions"
    found.operation("sim.graph.subscriptions", "POST", path, anonymous=True, redacted=False)(_accept)

    @found.operation("sim.graph.challenge", "POST", "/_sim/graph/challenge", anonymous=True)
    def challenge(call: Call) -> Answer:
        """Demand a reauthorisation of one subscription {subscription} or of all there are."""
        wanted, directory = call.object().get("subscription"), plane.directory(call.world)
        tenants = [str(each["tenantId"]) for each in directory.tenants()]
        every = [(tenant, each) for tenant in tenants for each in directory.all("subscription", tenant)]
        asked = [(tenant, each) for tenant, each in every if wanted in {None, each["id"]}]
        for tenant, each in asked:
            notifications.challenge(call.world, tenant, each["id"])
        return Answer({"challenged": [each["id"] for _, each in asked]})

    @found.operation("sim.graph.lapse", "POST", "/_sim/graph/lapse", anonymous=True)
    def lapse(call: Call) -> Answer:
        """Let all subscriptions end before their time; whoever made them is not told."""
        directory = plane.directory(call.world)
        every = [(str(each["tenantId"]), doc) for each in directory.tenants() for doc in _all_of(directory, each)]
        for tenant, doc in every:
            directory.remove("subscription", tenant, doc["id"])
        return Answer({"ended": [doc["id"] for _, doc in every]})

    return found


def _all_of(directory: Directory, tenant: Doc) -> list[Doc]:
    return list(directory.all("subscription", str(tenant["tenantId"])))


def _shown(call: Call, doc: Doc) -> Doc:
    body = {name: value for name, value in doc.items() if not name.startswith("_")}
    return {"@odata.context": queries.context(call, "subscriptions/$entity"), **body}


def _app(call: Call) -> str:
    return call.principal.client_id or call.principal.object_id


def _own(call: Call) -> Doc:
    """Return the subscription of the path; an app sees its own only."""
    found = plane.directory(call.world).get("subscription", plane.tenant_of(call), call.param("id"))
    if found is None or found["_app"] != _app(call):
        raise Problem(404, "ResourceNotFound", "The object was not found.")
    return found


def list_own(call: Call) -> Answer:
    """Answer with the subscriptions of the calling app."""
    everything = plane.directory(call.world).all("subscription", plane.tenant_of(call))
    own = [_shown(call, each) for each in everything if each["_app"] == _app(call)]
    value = [{name: item for name, item in each.items() if name[0] != "@"} for each in own]
    return Answer({"@odata.context": queries.context(call, "subscriptions"), "value": value})


def get_one(call: Call) -> Answer:
    """Answer one subscription of the calling app."""
    return Answer(_shown(call, _own(call)))


def delete_one(call: Call) -> Answer:
    """End a subscription."""
    plane.directory(call.world).remove("subscription", plane.tenant_of(call), _own(call)["id"])
    return Answer(status=204)


def _make(call: Call, cloud: Cloud) -> Answer:
    body = call.object()
    _check_fields(call, body)
    watched = watching.read(call, str(body["resource"]))
    expires_us = _expiry(call, body["expirationDateTime"])
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    _check_room(directory, tenant, _app(call), watched, body["changeType"])
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
    return _ask(call, cloud, doc, {"subscription": doc, "clientState": body.get("clientState")}, 201)


def _renew(call: Call, cloud: Cloud) -> Answer:
    doc, body = _own(call), call.object()
    wrong = sorted(set(body) - {"expirationDateTime", "notificationUrl"})
    if wrong or not body:
        raise _invalid(f"Property '{wrong[0]}' cannot be updated." if wrong else "Nothing to update was given.")
    changes: Doc = {}
    if "notificationUrl" in body:
        _check_url(call, "notificationUrl", body["notificationUrl"])
        changes["notificationUrl"] = body["notificationUrl"]
    if "expirationDateTime" in body:
        expires_us = _expiry(call, body["expirationDateTime"])
        changes |= {"expirationDateTime": iso_z(expires_us), "_expires_us": expires_us}
    watching.check_role(call, doc["_watches"])
    return _ask(call, cloud, {**doc, **changes}, {"known": doc["id"], "changes": changes}, 200)


def _reauthorise(call: Call, cloud: Cloud) -> Answer:
    doc = _own(call)
    watching.check_role(call, doc["_watches"])
    return _ask(call, cloud, doc, {"known": doc["id"]}, 204)


def _ask(call: Call, cloud: Cloud, doc: Doc, told: Doc, status: int) -> Answer:
    """Shake hands with the receivers, then let the cloud accept what it was told."""
    world, request_id = call.world, call.world.guid("handshake", doc["id"], call.now_us)
    told = {**told, "tenant": plane.tenant_of(call)}
    urls = dict.fromkeys(str(url) for url in (doc["notificationUrl"], doc["lifecycleNotificationUrl"]) if url)
    validates = "known" not in told or bool(call.world.config.get("graph", {}).get("validateRenewals", True))

    async def later() -> Answer:
        for url in urls if validates else ():
            await cloud.handshake(url, _TOKEN.format(request_id))
        if world is not cloud.world:
            raise Problem(503, "ServiceUnavailable", "The cloud was reset meanwhile.")
        reply = cloud.handle(Request("POST", "/_sim/graph/subscriptions", body=json.dumps(told).encode()))
        if reply.status != 200:  # noqa: PLR2004 - gone or full meanwhile
            error = json.loads(reply.body)["error"]
            raise Problem(reply.status, error["code"], error["message"])
        return Answer(None if status == _EMPTY else _shown(call, json.loads(reply.body)), status)

    return Answer(later=later)


def _accept(call: Call) -> Answer:
    """Take what a handshake allowed; nobody but the cloud itself asks this."""
    told, world = call.object(), call.world
    directory, tenant = plane.directory(world), told["tenant"]
    if "subscription" in told:
        doc = told["subscription"]
        _check_room(directory, tenant, doc["_app"], doc["_watches"], doc["changeType"])
        state = told["clientState"]
        secret = world.protector.cipher().encrypt(state.encode()) if state is not None else None
        doc = directory.put("subscription", tenant, doc["id"], {**doc, "_state": secret})
        world.attempt(_COUNTED, f"{tenant}/{doc['_app']}")
    else:
        key = told["known"]
        if directory.get("subscription", tenant, key) is None:
            raise Problem(404, "ResourceNotFound", "The object was not found.")
        doc = directory.change("subscription", tenant, key, **told.get("changes", {}))
    notifications.authorise(world, tenant, doc["id"])
    shown = {name: value for name, value in doc.items() if name != "_state"}
    return Answer(shown)


def _invalid(text: str) -> Problem:
    return Problem(400, "InvalidRequest", text)


def _check_fields(call: Call, body: Doc) -> None:
    rich = sorted(_ONLY_RICH & {name for name, value in body.items() if value})
    if rich:
        raise _invalid(f"Property '{rich[0]}' is not supported for users and groups.")
    unknown = sorted(set(body) - _KNOWN - _ONLY_RICH)
    if unknown:
        text = f"The property '{unknown[0]}' does not exist on type 'microsoft.graph.subscription'."
        raise Problem(400, "BadRequest", text)
    for name in _NEEDED:
        if not isinstance(body.get(name), str) or not body[name]:
            raise _invalid(f"Required property '{name}' is missing or is not a string.")
    changes = [each.strip() for each in body["changeType"].split(",")]
    if not set(changes) <= _CHANGES or len(set(changes)) < len(changes):
        raise _invalid(f"Users and groups support the change types updated and deleted, not '{body['changeType']}'.")
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        if body.get(name) is not None:
            _check_url(call, name, body[name])
    state = body.get("clientState")
    if state is not None and (not isinstance(state, str) or len(state) > _LONGEST_STATE):
        raise _invalid(f"The clientState must be a string of at most {_LONGEST_STATE} characters.")
    if body.get("latestSupportedTlsVersion", "v1_2") not in _TLS:
        raise _invalid("latestSupportedTlsVersion must be one of v1_0, v1_1, v1_2, v1_3.")


def _check_url(call: Call, name: str, url: object) -> None:
    insecure = bool(call.world.config.get("graph", {}).get("insecureNotificationUrls"))
    try:
        parts = urlsplit(str(url))
        whole = bool(parts.hostname) and (parts.port or 1) > 0 and not parts.fragment
    except ValueError:
        whole = False
    if not isinstance(url, str) or not whole or len(url) > _LONGEST_URL:
        raise _invalid(f"The {name} '{url}' is not an absolute URL of at most {_LONGEST_URL} characters.")
    if parts.scheme != "https" and not (insecure and parts.scheme == "http"):
        raise _invalid(f"The {name} must be an HTTPS URL.")


def _expiry(call: Call, text: object) -> int:
    """Read an expirationDateTime: in the future, not too far, and never under 45 minutes away."""
    try:
        wanted_us = parse_iso(str(text))
    except (ValueError, OverflowError) as error:
        raise _invalid(f"Invalid expirationDateTime '{text}'.") from error
    if wanted_us <= call.now_us:
        raise _invalid("The expirationDateTime must be in the future.")
    if wanted_us > call.now_us + LONGEST_MINUTES * _MINUTE_US:
        text = f"Subscription expiration can only be {LONGEST_MINUTES} minutes in the future."
        raise Problem(400, "ExtensionError", text)
    return max(wanted_us, call.now_us + SHORTEST_MINUTES * _MINUTE_US)


def _check_room(directory: Directory, tenant: str, app: str, watched: str, changes: str) -> None:
    """Refuse a duplicate (409), and more than an app or a tenant may have (403)."""
    here = directory.all("subscription", tenant)
    own = [each for each in here if each["_app"] == app]
    wanted = {each.strip() for each in changes.split(",")}
    for each in own:
        if each["_watches"] == watched and {one.strip() for one in each["changeType"].split(",")} == wanted:
            raise Problem(409, "Conflict", f"Subscription Id {each['id']} already exists for the requested combination")
    tenants = [str(each["tenantId"]) for each in directory.tenants()]
    everywhere = [each for one in tenants for each in directory.all("subscription", one) if each["_app"] == app]
    limits = (
        (len(own), _PER_APP_AND_TENANT, "app and tenant"),
        (len(here), _PER_TENANT, "tenant"),
        (len(everywhere), _PER_APP, "app"),
    )
    for number, most, what in limits:
        if number >= most:
            raise Problem(403, "QuotaExceeded", f"The limit of {most} subscriptions per {what} has been reached.")
